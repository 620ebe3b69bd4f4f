import { describe, expect, onTestFinished, test } from "vitest";
import { epochMs } from "../../src/base/clock.ts";
import { MadeContent, Numeral } from "../../src/primitive/content.ts";
import type { RequestPrimitive } from "../../src/primitive/primitive.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { AE, codecs, content, held, letter, received, request, told } from "./held.ts";
import { type OpenHoldStore, openHoldStore } from "./open-hold-store.ts";

const NOTHING: ReadonlySet<number> = new Set();

function opened(): OpenHoldStore {
  const it = openHoldStore(tempDir());
  onTestFinished(() => it.close());
  return it;
}

describe("a request comes back as it was received:", () => {
  const xml =
    '<?xml version="1.0" encoding="UTF-8"?>\n<m2m:ae xmlns:m2m="http://www.onem2m.org/xml/protocols"' +
    ' rn="a"><lbl/>\n  <apn>1.10</apn></m2m:ae>\n';
  const cases: readonly (readonly [string, RequestPrimitive])[] = [
    [
      "JSON",
      request({
        content: content("json", '{ "m2m:cin" : {"con":1.10,"big":1e400,"a":"\\u00fc"} }\n'),
      }),
    ],
    ["XML", request({ operation: "create", resourceType: 2, content: content("xml", xml) })],
    [
      "CBOR",
      request({
        content: content(
          "cbor",
          Buffer.from("a1676d326d3a63696ea163636f6efb3ff199999999999a", "hex"),
        ),
      }),
    ],
    [
      "an Update in XML, in which empty elements are null",
      request({
        operation: "update",
        content: codecs.xml.decodeContent(Buffer.from(xml), { emptyIsNull: true }),
      }),
    ],
    [
      "XML out of a message",
      received(
        "xml",
        '<m2m:rqp xmlns:m2m="http://www.onem2m.org/xml/protocols"><op>5</op><to>/id-in/CAE7</to>' +
          "<fr>/id-in</fr><rqi>r1</rqi><pc><m2m:sgn><sur>cse-in/ä</sur></m2m:sgn></pc></m2m:rqp>",
      ),
    ],
    ["no content", request({ operation: "retrieve", content: undefined })],
    [
      "content made here",
      request({ content: new MadeContent({ "m2m:sgn": { vrq: true, n: 2n ** 60n } }) }),
    ],
  ];

  test.each(cases)("%s", async (_, it) => {
    const { store } = opened();
    await store.put(held({ request: it }));
    const found = store.first(AE, NOTHING);
    expect(found && told(found)).toEqual(told(held({ request: it })));
    expect(found?.request.content?.tree()).toEqual(it.content?.tree());
    expect(found?.request.content?.exact()).toEqual(it.content?.exact());
  });

  test("content that was edited comes back edited", async () => {
    const { store } = opened();
    const edits = [{ path: ["m2m:ae", "apn"], value: "new" }] as const;
    const it = request({ operation: "update", content: content("xml", xml).edited(edits) });
    await store.put(held({ request: it }));
    expect(store.first(AE, NOTHING)?.request.content?.tree()).toMatchObject({
      "m2m:ae": { apn: "new" },
    });
  });

  test("the trace it is a part of", async () => {
    const { store } = opened();
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    for (const trace of [{ traceparent }, { traceparent, tracestate: "a=1" }, undefined]) {
      await store.put(held({ request: request({ trace }) }));
      expect(store.first(AE, NOTHING)?.request.trace).toEqual(trace);
    }
  });

  test("parameters keep their numbers, with all digits", async () => {
    const { store } = opened();
    const carried = new Map<string, unknown>([
      ["a", { list: [new Numeral("1.10"), new Numeral("1e400"), 2n ** 64n, 2 ** 60, 0.1] }],
      ["b", -5],
    ]);
    await store.put(held({ request: request({ carried }) }));
    expect(store.first(AE, NOTHING)?.request.carried).toEqual(carried);
  });
});

describe("a record that cannot be read", () => {
  const spoilt = async (spoil: (record: Buffer) => Buffer) => {
    const it = opened();
    await it.store.put(held({ sequence: 1, latest: "a", expires: epochMs(5) }));
    await it.store.put(held({ sequence: 2 }));
    const table = it.root.openDB<Uint8Array, Uint8Array>({
      name: "hold-entries",
      keyEncoding: "binary",
      encoding: "binary",
    });
    const [first] = table.getKeys({ limit: 1 });
    if (first === undefined) throw new Error("nothing was put");
    table.putSync(first, spoil(Buffer.from(table.get(first) ?? [])));
    return it;
  };
  const broken = (record: Buffer) => record.fill("{", 50);

  test("is passed over by all reads and reported once, outside of the read", async () => {
    const { store, unreadable } = await spoilt(broken);
    expect(store.first(AE, NOTHING)?.sequence).toBe(2);
    expect(unreadable).toEqual([]);
    await Promise.resolve();
    const report = { kind: "held", registree: AE, sequence: 1, bytes: 300 };
    expect(unreadable).toEqual([report]);
    expect([...store.list()].map(({ sequence }) => sequence)).toEqual([2]);
    expect(store.due(epochMs(9_000), 1).map(({ sequence }) => sequence)).toEqual([2]);
    expect(store.nextExpiry()).toBe(2_000);
    expect(store.findLatest(AE, "a")).toBeUndefined();
    await Promise.resolve();
    expect(unreadable).toEqual([report]);
  });

  test("is still counted, until it is removed", async () => {
    const { store } = await spoilt(broken);
    expect([...store.usageAtStart()]).toEqual([[AE, { count: 2, bytes: 600 }]]);
    await store.remove(AE, 1);
    expect([...store.usageAtStart()]).toEqual([[AE, { count: 1, bytes: 300 }]]);
  });

  test("is read again when another was put in its place", async () => {
    const { store } = await spoilt(broken);
    expect(store.first(AE, NOTHING)?.sequence).toBe(2);
    await store.put(held({ sequence: 1 }));
    expect(store.first(AE, NOTHING)?.sequence).toBe(1);
  });

  test("harms nobody, wherever it was cut or overwritten", async () => {
    const whole = 500;
    for (const [cut, fill] of [0, 1, 20, 37, 38, 60, whole].flatMap((at) => [
      [at, false] as const,
      [at, true] as const,
    ])) {
      const { store } = await spoilt((record) =>
        fill ? record.fill(0xff, cut) : record.subarray(0, cut),
      );
      expect(store.first(AE, new Set([1]))?.sequence).toBe(2);
      expect([...store.list()].length).toBeGreaterThanOrEqual(1);
      expect(store.due(epochMs(9_000), 5).some(({ sequence }) => sequence === 2)).toBe(true);
      await store.remove(AE, 1);
      await store.put(held({ sequence: 3 }));
      expect([...store.list()].map(({ sequence }) => sequence)).toEqual([2, 3]);
      expect(store.nextExpiry()).toBe(2_000);
    }
  });

  test("of a dead letter is passed over and reported too", async () => {
    const { root, store, unreadable } = opened();
    await store.remove(AE, 1, letter(held({ sequence: 1 }), 10));
    await store.remove(AE, 2, letter(held({ sequence: 2 }), 20));
    const table = root.openDB<Uint8Array, Uint8Array>({
      name: "hold-letters",
      keyEncoding: "binary",
      encoding: "binary",
    });
    const [first] = table.getKeys({ limit: 1 });
    table.putSync(first ?? Buffer.alloc(0), Buffer.alloc(3));
    expect([...store.deadLetters(AE)].map(({ at }) => at)).toEqual([20]);
    expect([...store.deadLetters(AE)].map(({ at }) => at)).toEqual([20]);
    await Promise.resolve();
    expect(unreadable).toEqual([{ kind: "deadLetter", registree: AE, sequence: 1, bytes: 0 }]);
    await store.sweepDeadLetters(epochMs(2_000));
    expect([...store.deadLetters(AE)]).toEqual([]);
  });
});

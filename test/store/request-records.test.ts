import { describe, expect, test } from "vitest";
import { epochMs } from "../../src/base/clock.ts";
import type { RequestRecord } from "../../src/core/request-resource.ts";
import { Numeral } from "../../src/primitive/content.ts";
import { memoryTable } from "../../src/store/memory-table.ts";
import { requestTable, type StoredRequest } from "../../src/store/request-records.ts";
import { entity, received, requestOf, responseOf } from "../core/primitives.ts";
import { codecs } from "./held.ts";

const record = (more: Partial<RequestRecord> = {}): RequestRecord => ({
  request: requestOf({
    op: "update",
    to: "/id-mn/x",
    rt: { rtv: 1 },
    pc: { "m2m:cnt": { mni: 1 } },
  }),
  registree: entity("/id-mn"),
  sequence: 7,
  created: epochMs(1_000),
  changed: epochMs(2_000),
  expires: epochMs(3_000),
  result: undefined,
  notifies: true,
  untold: true,
  ...more,
});

const BROKEN = Buffer.from("{");

const unexpected = (_id: string, error: unknown): void => {
  throw error;
};

describe("a <request> that was stored", () => {
  test("is the same when it is read again, without and with its result", async () => {
    const table = requestTable(memoryTable(), codecs, unexpected);
    for (const result of [undefined, responseOf(2004, { "m2m:cnt": { mni: 1 } })]) {
      await table.put("a", record({ result }));
      const read = table.get("a");
      expect(read).toMatchObject({
        registree: "/id-mn",
        sequence: 7,
        created: 1_000,
        changed: 2_000,
        expires: 3_000,
        notifies: true,
        untold: true,
      });
      expect(read?.request.content?.tree()).toEqual({ "m2m:cnt": { mni: 1 } });
      expect(read?.request.carried.get("rt")).toEqual({ rtv: 1 });
      expect(read?.result?.responseStatusCode).toBe(result?.responseStatusCode);
      expect(read?.result?.content?.tree()).toEqual(result?.content?.tree());
    }
  });

  test("keeps every digit of its result", async () => {
    const table = requestTable(memoryTable(), codecs, unexpected);
    const content = received('{"m2m:cin":{"con":1.10}}');
    await table.put("a", record({ result: { ...responseOf(2000), content } }));
    const tree = table.get("a")?.result?.content?.exact("digits");
    expect(tree).toEqual({ "m2m:cin": { con: new Numeral("1.10") } });
  });

  test("is listed, and gone when it is removed", async () => {
    const table = requestTable(memoryTable(), codecs, unexpected);
    await table.put("a", record());
    expect(Array.from(table.entries(), ([id]) => id)).toEqual(["a"]);
    await table.remove("a");
    expect(table.get("a")).toBeUndefined();
  });

  test.each<[string, Partial<StoredRequest>]>([
    ["its request", { request: Buffer.alloc(50) }],
    ["its result", { result: { rsc: 2000, rqi: "a", serialization: "json", content: BROKEN } }],
  ])("is as if it were not there when %s is damaged, and told of", async (_what, damage) => {
    const stored = memoryTable<StoredRequest>();
    const told: string[] = [];
    const table = requestTable(stored, codecs, (id) => told.push(id));
    await table.put("a", record());
    await table.put("b", record());
    const [, a] = [...stored.entries()].find(([id]) => id === "a") ?? [];
    if (a === undefined) throw new Error("it was not stored");
    await stored.put("a", { ...a, ...damage });
    expect(Array.from(table.entries(), ([id]) => id)).toEqual(["b"]);
    expect(table.get("a")).toBeUndefined();
    expect(told).toEqual(["a", "a"]);
  });
});

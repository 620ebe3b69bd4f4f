import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { type Front, inStep, ok, startFront } from "../gateway/front.ts";
import { startStandalone } from "../gateway/http-standalone.ts";
import { connectRegistree } from "../helpers/fake-registree.ts";
import { Opcode, rawUpgrade } from "../helpers/raw-upgrade.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const M2M = 'xmlns:m2m="http://www.onem2m.org/xml/protocols"';
const lol = Array.from(
  { length: 10 },
  (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`,
).join("");
const bytes = (hex: string): Buffer => Buffer.from(hex, "hex");
const text = (value: string): Buffer => Buffer.from(value);
/** Each nested as often as 600 kB allow. */
const DEEP = 100_000;

/** What no reader may spend time or memory on, by media type; every one is refused. */
const HOSTILE: readonly (readonly [string, "json" | "xml" | "cbor", Buffer])[] = [
  ["deep lists", "json", text(`{"m2m:sgn":${"[".repeat(DEEP)}${"]".repeat(DEEP)}}`)],
  ["deep objects", "json", text('{"m2m:sgn":'.repeat(DEEP / 2))],
  ["deep lists without end", "json", text("[".repeat(DEEP))],
  ["a member twice", "json", text('{"m2m:sgn":{"sur":"a","sur":"b"}}')],
  ["a member twice, once escaped", "json", text('{"m2m:sgn":{"sur":"a","\\u0073ur":"b"}}')],
  ["__proto__ twice", "json", text('{"m2m:sgn":{"__proto__":{},"__proto__":{}}}')],
  ["a second root", "json", text('{"m2m:sgn":{}}{"m2m:sgn":{}}')],
  ["its end early, to inject a member", "json", text('{"m2m:sgn":{}},"fr":"CEvil","x":{}')],
  [
    "bytes that are no UTF-8",
    "json",
    Buffer.concat([text('{"m2m:sgn":"'), bytes("c328ff"), text('"}')]),
  ],
  ["a comment", "json", text('{"m2m:sgn":{}/**/}')],
  ["NaN", "json", text('{"m2m:sgn":{"st":NaN}}')],
  [
    "billions of laughs",
    "xml",
    text(`<!DOCTYPE x [<!ENTITY l0 "lol">${lol}]><m2m:sgn ${M2M}><sur>&l10;</sur></m2m:sgn>`),
  ],
  [
    "quadratic entities",
    "xml",
    text(
      `<!DOCTYPE x [<!ENTITY a "${"a".repeat(50_000)}">]><m2m:sgn ${M2M}><sur>${"&a;".repeat(50_000)}</sur></m2m:sgn>`,
    ),
  ],
  [
    "a file as entity",
    "xml",
    text(
      `<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><m2m:sgn ${M2M}><sur>&f;</sur></m2m:sgn>`,
    ),
  ],
  [
    "a URL as entity",
    "xml",
    text(`<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd"><m2m:sgn ${M2M}/>`),
  ],
  [
    "parameter entities",
    "xml",
    text(`<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:1/"> %p;]><m2m:sgn ${M2M}/>`),
  ],
  ["DOCTYPE in lower case", "xml", text(`<!doctype x [<!ENTITY a "b">]><m2m:sgn ${M2M}/>`)],
  ["an entity of nobody", "xml", text(`<m2m:sgn ${M2M}><sur>&lol;</sur></m2m:sgn>`)],
  [
    "a character that is none",
    "xml",
    text(`<m2m:sgn ${M2M}><sur>&#0;&#xFFFFFFFF;</sur></m2m:sgn>`),
  ],
  ["deep elements", "xml", text(`<m2m:sgn ${M2M}>${"<a>".repeat(DEEP)}`)],
  ["an attribute twice", "xml", text(`<m2m:sgn ${M2M} a="1" a="2"/>`)],
  [
    "an attribute twice by two prefixes",
    "xml",
    text(`<m2m:sgn ${M2M} xmlns:a="urn:x" xmlns:b="urn:x" a:c="1" b:c="2"/>`),
  ],
  ["a prefix of nobody", "xml", text(`<m2m:sgn ${M2M}><evil:sur/></m2m:sgn>`)],
  ["UTF-16", "xml", Buffer.from(`\ufeff<m2m:sgn ${M2M}/>`, "utf16le")],
  ["another encoding", "xml", text(`<?xml version="1.0" encoding="utf-7"?><m2m:sgn ${M2M}/>`)],
  ["an element without end", "xml", text(`<m2m:sgn ${M2M}><sur>`)],
  ["a second root element", "xml", text(`<m2m:sgn ${M2M}/><m2m:sgn ${M2M}/>`)],
  [
    "deep lists",
    "cbor",
    Buffer.concat([bytes("a1676d326d3a73676e"), Buffer.alloc(DEEP, 0x81), bytes("00")]),
  ],
  ["deep maps", "cbor", Buffer.concat(Array.from({ length: DEEP / 4 }, () => bytes("a16161")))],
  [
    "deep tags",
    "cbor",
    Buffer.concat([bytes("a1676d326d3a73676e"), Buffer.alloc(DEEP, 0xc6), bytes("00")]),
  ],
  ["deep lists of indefinite length", "cbor", Buffer.alloc(DEEP, 0x9f)],
  ["a list of 2^64 - 1", "cbor", bytes("9bffffffffffffffff")],
  ["a map of 2^53", "cbor", bytes("bb0020000000000000")],
  ["a text of 2^32 - 1", "cbor", bytes("7affffffff61")],
  ["bytes of 2^64 - 1", "cbor", bytes("5bffffffffffffffff61")],
  ["an integer of 2^64 bytes", "cbor", bytes("c25bffffffffffffffff")],
  ["chunks of chunks", "cbor", bytes("a1676d326d3a73676e7f7f6161ffff")],
  ["chunks of another type", "cbor", bytes("a1676d326d3a73676e7f4161ff")],
  ["an end without a beginning", "cbor", bytes("ff")],
  ["a key twice", "cbor", bytes("a1676d326d3a73676ea26161006161f5")],
  ["a key that is a map", "cbor", bytes("a1a000")],
  [
    "__proto__ twice",
    "cbor",
    bytes("a1676d326d3a73676ea2695f5f70726f746f5f5f00695f5f70726f746f5f5f00"),
  ],
  ["a second item", "cbor", bytes("a0a0")],
];

/** Names that every object has, as members; none may become anything else than a member. */
const INHERITED =
  '"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":1';

/** As CBOR writes the number. */
const CBOR_4000 = bytes("190fa0");

const MEDIA = { json: "application/json", xml: "application/xml", cbor: "application/cbor" };

async function expectServed(front: Front, point: string): Promise<void> {
  expect(await front.notify(point, { rqi: "good" })).toMatchObject({ status: 200, rsc: 2000 });
  expect(Reflect.ownKeys(Object.prototype)).toHaveLength(12);
  expect(Object({}).polluted).toBe(undefined);
}

test("hostile bodies over HTTP are refused with 4000, at once, and nothing of them is sent on", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1", { answer: ok });
  for (const [what, serialization, body] of HOSTILE) {
    const answer = await front.http({
      method: "POST",
      target: point,
      headers: {
        "X-M2M-Origin": "CApp",
        "X-M2M-RI": "n1",
        "X-M2M-RVI": "3",
        "Content-Type": MEDIA[serialization],
      },
      body,
    });
    expect(answer, `${serialization}: ${what}`).toMatchObject({ status: 400, rsc: 4000 });
  }
  await inStep(ae);
  expect(ae.frames).toHaveLength(1);
  await expectServed(front, point);
});

test("hostile messages over WebSocket are no primitives, and the CSE sees nothing of them", async () => {
  const front = await startFront();
  const { point } = await front.ae("CAE1", { answer: ok });
  for (const [what, serialization, body] of HOSTILE) {
    const { peer } = await rawUpgrade(front.gateway.ws, {
      headers: { "Sec-WebSocket-Protocol": `oneM2M.${serialization}` },
    });
    const opcode = serialization === "cbor" ? Opcode.BINARY : Opcode.TEXT;
    peer.sendFrame({ opcode, payload: body });
    const { opcode: came, payload } = await peer.nextFrame();
    // 4000 in its own serialization, or the end of the connection.
    if (came === Opcode.CLOSE) expect([1003, 1007], what).toContain(payload.readUInt16BE());
    else expect(payload.includes("4000") || payload.includes(CBOR_4000), what).toBe(true);
    peer.socket.destroy();
  }
  expect(front.cse.requests).toHaveLength(1);
  await expectServed(front, point);
});

test("names that every object has are members like any other, in each serialization and on to each other", async () => {
  const front = await startFront();
  const xml = `<m2m:sgn ${M2M}><sur>a</sur><__proto__><polluted>1</polluted></__proto__><constructor><prototype><polluted>1</polluted></prototype></constructor></m2m:sgn>`;
  const cbor = bytes(
    "a1676d326d3a73676ea2695f5f70726f746f5f5fa168706f6c6c75746564016b636f6e7374727563746f7201",
  );
  const bodies = { json: text(`{"m2m:sgn":{"sur":"a",${INHERITED}}}`), xml: text(xml), cbor };
  for (const to of ["oneM2M.json", "oneM2M.xml", "oneM2M.cbor"]) {
    const { peer } = await rawUpgrade(front.gateway.ws, {
      headers: { "Sec-WebSocket-Protocol": to, "X-M2M-Origin": "CAE1" },
    });
    peer.socket.destroy();
    for (const [serialization, body] of Object.entries(bodies)) {
      const { point } = await front.ae("CAE1", { answer: ok });
      const answer = await front.notify(point, {
        headers: { "Content-Type": MEDIA[serialization as keyof typeof MEDIA] },
        body: body as unknown as string,
      });
      expect([2000, 4000]).toContain(answer.rsc);
      await expectServed(front, point);
    }
  }
  const { ae, point } = await front.ae("CAE1", { answer: ok });
  ae.send(`{"op":2,"to":"cse-in","fr":"CAE1","rqi":"p",${INHERITED}}`);
  expect(await ae.nextResponse()).toMatchObject({ rqi: "p" });
  ae.send('{"__proto__":{"op":2,"to":"cse-in","fr":"CAE1","rqi":"q"}}');
  ae.send('{"m2m:rqp":{"__proto__":{"op":2},"to":"cse-in","fr":"CAE1","rqi":"r"}}');
  expect(await ae.nextResponse()).toMatchObject({ rsc: 4000 });
  await expectServed(front, point);
});

test("names that every object has register an AE with attributes of these names, and nothing else (built-in registrar)", async () => {
  const { ask, gateway } = await startStandalone();
  const body = `{"m2m:ae":{"rn":"a","api":"N.a","rr":true,"srv":["3"],${INHERITED}}}`;
  const headers = { "Content-Type": "application/json;ty=2" };
  const created = await ask("CA", "POST", "/cse-in", { headers, body });
  expect(created.rsc).toBe(4000);
  const one = await connectRegistree(gateway.ws);
  expect(await one.register("__proto__")).toMatchObject({ rsc: expect.any(Number) });
  expect(await one.register("constructor", { rn: "__proto__" })).toMatchObject({
    rsc: expect.any(Number),
  });
  for (const target of ["/__proto__", "/constructor", "/cse-in/__proto__", "/cse-in/toString"]) {
    expect((await ask("CB", "GET", target)).rsc).toBeLessThan(6000);
  }
  expect(Reflect.ownKeys(Object.prototype)).toHaveLength(12);
});

test("a configuration with names that every object has is refused, and changes no object", () => {
  const path = join(tempDir(), "gateway.yaml");
  for (const yaml of [
    "__proto__: { polluted: 1 }",
    "constructor: { prototype: { polluted: 1 } }",
    "http: { __proto__: { listen: '0.0.0.0:1', insecure: true } }",
    "toString: 1",
    "hold: { hasOwnProperty: 1 }",
  ]) {
    writeFileSync(path, yaml);
    const loaded = loadConfig({ env: {}, file: path });
    expect(loaded, yaml).toHaveProperty("faults");
  }
  for (const flag of [
    "__proto__",
    "__proto__.polluted",
    "constructor.prototype.polluted",
    "http.__proto__",
  ]) {
    expect(loadConfig({ env: {}, flags: new Map([[flag, "1"]]) }), flag).toHaveProperty("faults");
  }
  expect(Object({}).polluted).toBe(undefined);
});

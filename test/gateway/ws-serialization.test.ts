import { expect, test } from "vitest";
import type { Message, Registree } from "../helpers/fake-registree.ts";
import { Opcode, type RawPeer, rawUpgrade } from "../helpers/raw-upgrade.ts";
import { ok, startFront } from "./front.ts";

const AE = { api: "N.test", rr: true, srv: ["3"] };
const CREATE_AE = { op: 1, to: "cse-in", fr: "CAE1", rvi: "3", ty: 2, pc: { "m2m:ae": AE } };
const RETRIEVE = { op: 2, to: "cse-in", fr: "CAE1", rqi: "q", rvi: "3" };

/** The frame that came last. */
const lastFrame = ({ frames }: Registree): { text: string; isBinary: boolean } =>
  frames.at(-1) ?? { text: "", isBinary: false };

/** The outermost member names of the frame that came last. */
const lastRoots = (ae: Registree): string[] => Object.keys(JSON.parse(lastFrame(ae).text));

test("a flat request gets a flat response in a text frame with its identifier (SZ-01; TS-0004, 8.4.2)", async () => {
  const front = await startFront();
  const { ae } = await front.ae();
  expect(await ae.request({ ...RETRIEVE, rqi: "r-7" })).toMatchObject({ rsc: 2000, rqi: "r-7" });
  expect(lastFrame(ae).isBinary).toBe(false);
  expect(lastRoots(ae)).toEqual(expect.arrayContaining(["rsc", "rqi", "pc"]));
});

test.each([
  ["SZ-02; TS-0020 V2, Annex A", "oneM2M.R2.0.json"],
  ["SZ-05", "oneM2M.json"],
])("a wrapped request gets a wrapped response (%s) on %s", async (_case, subprotocol) => {
  const front = await startFront();
  const ae = await front.connect({ subprotocols: [subprotocol] });
  ae.send({ "m2m:rqp": { ...CREATE_AE, rqi: "r1" } });
  expect(await ae.nextResponse()).toMatchObject({ rsc: 2001, rqi: "r1" });
  expect(lastRoots(ae)).toEqual(["m2m:rsp"]);
});

test("a flat request on oneM2M.R2.0.json gets a flat response (SZ-03; TS-0004, 8.4.2)", async () => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1", { subprotocols: ["oneM2M.R2.0.json"] });
  await ae.request(RETRIEVE);
  expect(lastRoots(ae)).toContain("rsc");
});

test("a Notify to a peer whose last request was wrapped is wrapped too, and a flat one ends that (SZ-04)", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1", { subprotocols: ["oneM2M.R2.0.json"], answer: ok });
  ae.send({ "m2m:rqp": { ...RETRIEVE, rqi: "r1" } });
  await ae.nextResponse();
  expect(await front.notify(point)).toMatchObject({ status: 200, rsc: 2000 });
  await ae.nextRequest();
  expect(lastRoots(ae)).toEqual(["m2m:rqp"]);

  await ae.request(RETRIEVE);
  await front.notify(point, { rqi: "n2" });
  await ae.nextRequest();
  expect(lastRoots(ae)).toEqual(expect.arrayContaining(["op", "pc"]));
});

test("a wrapped answer to a Notify is understood (SZ-04)", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae();
  const notified = front.notify(point);
  const { rqi } = await ae.nextRequest();
  ae.send({ "m2m:rsp": { rsc: 2000, rqi } });
  expect(await notified).toMatchObject({ status: 200, rsc: 2000 });
});

test.each([
  ["oneM2M.json", {}, false],
  ["oneM2M.R2.0.json", {}, false],
  ["oneM2M-pro-v1.0", { "ws.proV1": "true" }, true],
])(
  "before any request on a socket of %s, a Notify is in the style that its name stands for",
  async (subprotocol, settings, wrapped) => {
    const front = await startFront(settings);
    const { ae: before, point } = await front.ae();
    await before.disconnect();
    const ae = await front.connect({ subprotocols: [subprotocol], origin: "CAE1", answer: ok });
    expect(await front.notify(point)).toMatchObject({ status: 200 });
    await ae.nextRequest();
    expect(lastRoots(ae).includes("m2m:rqp")).toBe(wrapped);
  },
);

test("JSON in binary frames is handled, answered and asked in kind (SZ-08; architecture, S16)", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1", { answer: ok });
  ae.send(Buffer.from(JSON.stringify({ ...RETRIEVE, rqi: "r1" })));
  expect(await ae.nextResponse()).toMatchObject({ rsc: 2000, rqi: "r1" });
  expect(lastFrame(ae).isBinary).toBe(true);
  expect(await front.notify(point)).toMatchObject({ status: 200 });
  await ae.nextRequest();
  expect(lastFrame(ae).isBinary).toBe(true);
  await ae.request(RETRIEVE);
  expect(lastFrame(ae).isBinary).toBe(false);
});

test.each([
  ["bytes that are no text", Buffer.from([0xa1, 0x62, 0xff, 0x00])],
  ["text that is no JSON", Buffer.from("hello")],
])("a binary frame holding %s closes with 1003 (SZ-08; RFC 6455, 7.4.1)", async (_what, bytes) => {
  const front = await startFront();
  const { ae } = await front.ae();
  ae.send(bytes);
  expect(await ae.closed).toMatchObject({ code: 1003 });
});

test("invalid UTF-8 in a text frame closes with 1007 (SZ-10; RFC 6455, 8.1)", async () => {
  const peer = await registeredPeer();
  peer.sendFrame({ opcode: Opcode.TEXT, payload: Buffer.from([0x22, 0xc3, 0x28, 0x22]) });
  expect(await peer.closeCode()).toBe(1007);
});

test("what cannot be parsed is answered 4000 once, the socket stays, and the tenth closes it with 1008 (SZ-11)", async () => {
  const front = await startFront();
  const { ae } = await front.ae();
  ae.send('{"op":');
  expect(await ae.nextResponse()).toMatchObject({ rsc: 4000, rqi: "" });
  for (let sent = 1; sent < 9; sent += 1) ae.send('{"op":');
  const before = ae.frames.length;
  expect(await ae.request(RETRIEVE)).toMatchObject({ rsc: 2000 });
  // Only the answer to the request: a peer might take any other for a request and answer it in turn.
  expect(ae.frames.length).toBe(before + 1);
  ae.send('{"op":');
  expect(await ae.closed).toMatchObject({ code: 1008 });
  await front.gateway.metricIs("m2mgw_malformed_messages_total", 10);
});

test.each<[string, string, Message]>([
  ["duplicate member names (SZ-12)", '{"op":2,"op":2,"to":"cse-in","fr":"CAE1","rqi":"1"}', {}],
  [
    "a duplicate member inside its content (SZ-12)",
    '{"op":5,"to":"CAE1","fr":"CAE1","rqi":"1","pc":{"m2m:sgn":{"sur":"a","sur":"b"}}}',
    {},
  ],
  [
    "ri instead of rqi (SZ-14; TS-0004, table 7.2.1.1-1)",
    '{"op":2,"to":"cse-in","fr":"CAE1","ri":"1"}',
    {},
  ],
  [
    "both op and rsc (SZ-15; TS-0004, 8.4.3)",
    '{"op":2,"rsc":2000,"to":"cse-in","fr":"CAE1","rqi":"1"}',
    { rqi: "1" },
  ],
  ["neither op nor rsc (TS-0004, 8.4.3)", '{"to":"cse-in","fr":"CAE1","rqi":"1"}', { rqi: "1" }],
  [
    "two primitives in an array (SZ-16; TS-0020, 6.1)",
    `[${JSON.stringify(RETRIEVE)},${JSON.stringify({ ...RETRIEVE, rqi: "q2" })}]`,
    {},
  ],
  [
    "two primitives one after the other (TS-0020, 6.1)",
    `${JSON.stringify(RETRIEVE)}${JSON.stringify(RETRIEVE)}`,
    {},
  ],
  [
    "an operation that does not exist",
    '{"op":6,"to":"cse-in","fr":"CAE1","rqi":"1"}',
    { rqi: "1" },
  ],
  ["no target", '{"op":2,"fr":"CAE1","rqi":"1"}', { rqi: "1" }],
])("a message with %s is answered 4000 and not carried on", async (_what, text, answer) => {
  const front = await startFront();
  const { ae } = await front.ae();
  const asked = front.cse.requests.length;
  ae.send(text);
  expect(await ae.nextResponse()).toMatchObject({ rsc: 4000, ...answer });
  expect(await ae.request(RETRIEVE)).toMatchObject({ rsc: 2000 });
  expect(front.cse.requests.length).toBe(asked + 1);
});

test.each([
  ["neither op nor rsc", '{"to":"cse-in","fr":"CAE1"}'],
  ["both op and rsc", '{"op":2,"rsc":2000,"to":"cse-in","fr":"CAE1"}'],
  ["only a status code", '{"rsc":2000}'],
])(
  "a message with %s and no identifier is not answered, but counted (section 6)",
  async (_what, text) => {
    const front = await startFront();
    const { ae } = await front.ae();
    const before = ae.frames.length;
    ae.send(text);
    expect(await ae.request(RETRIEVE)).toMatchObject({ rsc: 2000 });
    expect(ae.frames.length).toBe(before + 1);
    expect(await front.gateway.metric("m2mgw_malformed_messages_total")).toBe(1);
  },
);

test("numbers and booleans written as strings are accepted from a peer and normalised for the CSE (SZ-13)", async () => {
  const front = await startFront();
  const ae = await front.connect();
  ae.send({
    ...CREATE_AE,
    op: "1",
    ty: "2",
    rqi: "r1",
    pc: { "m2m:ae": { ...AE, rr: "true" } },
  } as unknown as Message);
  expect(await ae.nextResponse()).toMatchObject({ rsc: 2001, rqi: "r1" });
  const [create] = front.cse.requests;
  expect(create?.headers["content-type"]).toContain("ty=2");
  expect(JSON.parse(create?.body ?? "{}")).toMatchObject({ "m2m:ae": { rr: true } });
  ae.send({ ...RETRIEVE, op: "2", rqi: "r2" } as unknown as Message);
  expect(await ae.nextResponse()).toMatchObject({ rsc: 2000, rqi: "r2" });
});

test("in strict mode a number written as a string is answered 4000 (SZ-13; TS-0004, 6.3.4.2.5)", async () => {
  const front = await startFront({ "ws.lenient": "false" });
  const { ae } = await front.ae();
  const asked = front.cse.requests.length;
  ae.send({ ...RETRIEVE, op: "2", rqi: "r2" } as unknown as Message);
  expect(await ae.nextResponse()).toMatchObject({ rsc: 4000 });
  expect(front.cse.requests.length).toBe(asked);
});

test("in strict mode a registration whose rr is a string is answered 4000 (SZ-13; TS-0004, 6.3.4.2.5)", async () => {
  const front = await startFront({ "ws.lenient": "false" });
  const ae = await front.connect();
  expect(await ae.register("CAE1", { rr: "true" })).toMatchObject({ rsc: 4000 });
  expect(front.cse.requests).toHaveLength(0);
  expect(await ae.register("CAE1")).toMatchObject({ rsc: 2001 });
});

test("a primitive in three frames with a ping between them is one message (SZ-17; RFC 6455, 5.4)", async () => {
  const front = await startFront();
  const peer = await registered(front.gateway.ws);
  const asked = front.cse.requests.length;
  const text = Buffer.from(JSON.stringify({ ...RETRIEVE, rqi: "r2" }));
  peer.sendFrame({ opcode: Opcode.TEXT, fin: false, payload: text.subarray(0, 9) });
  peer.sendFrame({ opcode: Opcode.CONTINUATION, fin: false, payload: text.subarray(9, 21) });
  peer.sendFrame({ opcode: Opcode.PING, payload: "between" });
  peer.sendFrame({ opcode: Opcode.CONTINUATION, payload: text.subarray(21) });
  expect(await peer.nextFrame()).toMatchObject({
    opcode: Opcode.PONG,
    payload: Buffer.from("between"),
  });
  expect(await peer.nextMessage()).toMatchObject({ rsc: 2000, rqi: "r2" });
  expect(await peer.request({ ...RETRIEVE, rqi: "r3" })).toMatchObject({ rsc: 2000 });
  expect(front.cse.requests.length).toBe(asked + 2);
});

test("content goes to the CSE, and back, as it was written (architecture, D1)", async () => {
  const front = await startFront();
  const { ae } = await front.ae();
  const content = '{ "m2m:cin": {"con": 12345678901234567890.10, "b":1e2, "a":"\\u00e9"} }';
  ae.send(`{"op":1,"to":"cse-in/c","fr":"CAE1","rqi":"r9","rvi":"3","ty":4,"pc":${content}}`);
  front.cse.answer(({ body }) => ({ rsc: 2001, body }));
  expect(await ae.nextResponse()).toMatchObject({ rsc: 2001, rqi: "r9" });
  expect(front.cse.requests.at(-1)?.body).toBe(content);
  expect(lastFrame(ae).text).toContain(content);
});

test("an unmasked frame closes with 1002 (SZ-18; RFC 6455, 5.1)", async () => {
  const peer = await registeredPeer();
  peer.sendFrame({ opcode: Opcode.TEXT, unmasked: true, payload: JSON.stringify(RETRIEVE) });
  expect(await peer.closeCode()).toBe(1002);
});

test("RSV1 without compression agreed on closes with 1002 (SZ-19; RFC 6455, 5.2)", async () => {
  const peer = await registeredPeer();
  peer.sendFrame({ opcode: Opcode.TEXT, rsv1: true, payload: JSON.stringify(RETRIEVE) });
  expect(await peer.closeCode()).toBe(1002);
});

async function registeredPeer(): Promise<RawPeer> {
  return registered((await startFront()).gateway.ws);
}

async function registered(url: string): Promise<RawPeer> {
  const { peer } = await rawUpgrade(url);
  expect(await peer.request({ ...CREATE_AE, rqi: "r1" })).toMatchObject({ rsc: 2001 });
  return peer;
}

import { describe, expect, test } from "vitest";
import { CBOR, cborOf, fromCbor, WRAPPED_CBOR } from "../helpers/coders.ts";
import type { Coder, Message, Registree } from "../helpers/fake-registree.ts";
import third from "../vectors/cbor-example-3.json" with { type: "json" };
import examples from "../vectors/primitive-examples.json" with { type: "json" };
import { gate, inStep, ok, SGN, startFront } from "./front.ts";

const LABORATORY = { "ws.allowCseOnPlain": "true" };
const RETRIEVE = { op: 2, to: "cse-in", fr: "CAE1", rvi: "3" };
const MALFORMED = "m2mgw_malformed_messages_total";

/** As nCube-Thyme does: CBOR as hex digits in text frames; what comes in binary is read too. */
const HEX: Coder = {
  encode: (message) => cborOf(message).toString("hex"),
  decode: (bytes) => {
    const isHex = /^[0-9a-f]+$/i.test(bytes.toString());
    return fromCbor(isHex ? Buffer.from(bytes.toString(), "hex") : bytes) as Message;
  },
};

const last = ({ frames }: Registree): { text: string; bytes: Buffer; isBinary: boolean } =>
  frames.at(-1) ?? { text: "", bytes: Buffer.of(), isBinary: false };

/** The outermost names of the message that came last. */
const lastNames = (ae: Registree): string[] => Object.keys(fromCbor(last(ae).bytes) as object);

test("a Notify to a CBOR registree is one binary frame of text strings and numbers (SZ-07, W-26)", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1", { ...CBOR, answer: ok });
  expect(await front.notify(point)).toMatchObject({ status: 200, rsc: 2000 });
  expect(await ae.nextRequest()).toEqual({
    op: 5,
    to: "CAE1",
    fr: "/id-in",
    rqi: "n1",
    rvi: "3",
    pc: JSON.parse(SGN),
  });
  expect(last(ae).isBinary).toBe(true);
  expect(last(ae).bytes.includes(cborOf("/id-in/sub1"))).toBe(true);
});

describe("the samples of TS-0004, 8.5.2, whose names and texts are byte strings, are read (SZ-06, Q-35)", () => {
  const printed = (name: string): { json: Message; bytes: Buffer } => {
    const example = [...examples, third].find((candidate) => candidate.name === name) as {
      json: Message;
      cborHexPrinted: string;
      cborHexPrintedCorrected?: string;
    };
    const hex = example.cborHexPrintedCorrected ?? example.cborHexPrinted;
    return { json: example.json, bytes: Buffer.from(hex, "hex") };
  };

  test("the request reaches the CSE as the printed JSON, and its answer has text strings", async () => {
    const front = await startFront();
    const { json, bytes } = printed("spec-cbor-1-create-ae");
    const sent = json.pc?.["m2m:ae"] as object;
    const answer = { "m2m:ae": { ...sent, aei: "CAE1", ri: "CAE1", ty: 2 } };
    front.cse.answer(() => ({ rsc: 2001, body: answer }));
    const ae = await front.connect(CBOR);
    ae.send(bytes);
    expect(await ae.nextResponse()).toMatchObject({ rsc: 2001, rqi: "A1000", pc: answer });
    const [create] = front.cse.requests;
    expect(create).toMatchObject({ method: "POST", target: "/_/example.net/mncse1234?rcn=7" });
    expect(create?.headers["content-type"]).toBe("application/json;ty=2");
    expect(JSON.parse(create?.body ?? "")).toMatchObject(json.pc ?? {});
  });

  test("the container request has no originator, which is 4000; with one it reaches the CSE as the printed JSON", async () => {
    const front = await startFront();
    const registered = printed("spec-cbor-2-create-ae-response").json.pc?.["m2m:ae"] as Message;
    // Its printed et has passed, and the registration with it.
    const { et: _, ...created } = registered;
    front.cse.answer(() => ({ rsc: 2001, body: { "m2m:ae": created } }));
    const ae = await front.connect(CBOR);
    ae.send(printed("spec-cbor-1-create-ae").bytes);
    expect(await ae.nextResponse()).toMatchObject({ rsc: 2001, rqi: "A1000" });

    const { json, bytes } = printed("spec-cbor-3-create-cnt");
    ae.send(bytes);
    expect(await ae.nextResponse()).toMatchObject({ rsc: 4000, rqi: "A1001" });
    expect(front.cse.requests).toHaveLength(1);

    const answer = printed("spec-cbor-4-create-cnt-response").json;
    front.cse.answer(() => ({ rsc: 2001, body: answer.pc }));
    // One member more in the map: fr S_SAH25, the AE-ID of the second sample, as byte strings.
    ae.send(Buffer.concat([hex("a7"), bytes.subarray(1), hex("42 6672 47 535f5341483235")]));
    expect(await ae.nextResponse()).toMatchObject({ rsc: 2001, rqi: "A1001", pc: answer.pc });
    const target = "/_/example.net/mncse1234/SmartHomeApplication?rcn=7";
    expect(front.cse.requests.at(-1)).toMatchObject({ method: "POST", target });
    expect(JSON.parse(front.cse.requests.at(-1)?.body ?? "")).toEqual(json.pc);
  });

  test.each(["spec-cbor-2-create-ae-response", "spec-cbor-4-create-cnt-response"])(
    "%s becomes the printed JSON",
    async (name) => {
      const front = await startFront(LABORATORY);
      const { json, bytes } = printed(name);
      const { ae, point } = await front.registreeCse("/id-mn", CBOR);
      const answer = front.http({
        method: "POST",
        target: `${point}/cse`,
        headers: {
          "X-M2M-Origin": "CApp",
          "X-M2M-RI": json.rqi ?? "",
          "X-M2M-RVI": "3",
          "Content-Type": "application/json;ty=3",
        },
        body: '{"m2m:cnt":{}}',
      });
      await ae.nextRequest();
      ae.send(bytes);
      expect(await answer).toMatchObject({ status: 201, rsc: 2001 });
      expect(JSON.parse((await answer).body)).toEqual(json.pc);
    },
  );
});

test("a peer that wraps its CBOR is answered and asked wrapped, and bare once it leaves that (SZ-04, SZ-05; Q-04)", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1", { ...WRAPPED_CBOR, answer: ok });
  expect(lastNames(ae)).toEqual(["m2m:rsp"]);
  expect(await front.notify(point)).toMatchObject({ status: 200, rsc: 2000 });
  await ae.nextRequest();
  expect(lastNames(ae)).toEqual(["m2m:rqp"]);
  ae.send(cborOf({ ...RETRIEVE, rqi: "bare" }));
  await ae.nextResponse();
  expect(lastNames(ae)).toContain("rsc");
});

test("a bare primitive that holds another in pc is no wrapped one (primitives, 1.3)", async () => {
  const front = await startFront(LABORATORY);
  const inner = { "m2m:rqp": { op: 5, to: "CAE9", fr: "/in", rqi: "p7", rvi: "3" } };
  const { point } = await front.registreeCse("/id-mn", {
    ...CBOR,
    answer: () => ({ rsc: 2000, pc: inner }),
  });
  const answer = await front.http({
    target: `${point}/cse/pch/pcu`,
    headers: { "X-M2M-Origin": "CApp", "X-M2M-RI": "h1", "X-M2M-RVI": "3" },
  });
  expect(JSON.parse(answer.body)).toEqual(inner);
});

test("CBOR as hex digits in text frames is handled, answered and asked in kind, until binary comes (SZ-09, S16)", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1", {
    subprotocols: ["onem2m.r2.0.cbor"],
    coder: HEX,
    answer: ok,
  });
  expect(last(ae)).toMatchObject({ isBinary: false, text: expect.stringMatching(/^[0-9a-f]+$/) });
  expect(await front.notify(point)).toMatchObject({ status: 200, rsc: 2000 });
  expect(await ae.nextRequest()).toMatchObject({ op: 5, pc: JSON.parse(SGN) });
  expect(last(ae)).toMatchObject({ isBinary: false, text: expect.stringMatching(/^[0-9a-f]+$/) });
  ae.send(cborOf({ ...RETRIEVE, rqi: "binary" }));
  expect(await ae.nextResponse()).toMatchObject({ rsc: 2000, rqi: "binary" });
  expect(last(ae).isBinary).toBe(true);
});

test("hex digits in capitals are digits too", async () => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1", { ...CBOR, coder: HEX });
  ae.send(
    cborOf({ ...RETRIEVE, rqi: "up" })
      .toString("hex")
      .toUpperCase(),
  );
  expect(await ae.nextResponse()).toMatchObject({ rsc: 2000, rqi: "up" });
});

test.each([
  ["text that is no hex", "hello"],
  ["an odd number of digits", "a16"],
  ["digits that hold no CBOR", "a161"],
  ["JSON", '{"op":2,"to":"cse-in","fr":"CAE1","rqi":"1"}'],
])("a text frame with %s on a CBOR socket closes it with 1003 (SZ-09)", async (_what, text) => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1", CBOR);
  ae.send(text);
  expect(await ae.closed).toMatchObject({ code: 1003 });
});

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

/** What stands for the value of `vsi` in a request that is sound but for it; CBOR of primitives.md, section 10. */
const REFUSED: readonly [string, string][] = [
  ["undefined", "f7"],
  ["a bignum", "c2 42 0102"],
  ["a text that is not UTF-8", "61 ff"],
  ["a surrogate in UTF-8", "63 eda080"],
  ["a map with a key twice", "a2 6161 01 6161 02"],
  ["a key that is no text", "a1 01 02"],
  ["a reserved length", "7c"],
  ["a length beyond the end", "7b 7fffffffffffffff"],
  ["an array longer than the message", "9b 7fffffffffffffff"],
  ["a nesting without end", "81".repeat(10_000)],
  ["a break without a beginning", "ff"],
];

test("CBOR that is not one unambiguous primitive is 4000, goes nowhere, and keeps the socket open (primitives, 10)", async () => {
  const front = await startFront();
  await front.ae("CAE1", CBOR);
  const asked = front.cse.requests.length;
  for (const [what, value] of REFUSED) {
    const ae = await front.connect({ ...CBOR, origin: "CAE1" });
    const request = cborOf({ ...RETRIEVE, rqi: "q" });
    // cbor-x writes a 16-bit count of members: one more.
    request.writeUInt16BE(request.readUInt16BE(1) + 1, 1);
    ae.send(Buffer.concat([request, cborOf("vsi"), hex(value)]));
    expect(await ae.nextResponse(), what).toMatchObject({ rsc: 4000 });
    await inStep(ae);
    expect(ae.socket.readyState, what).toBe(ae.socket.OPEN);
  }
  expect(front.cse.requests.length).toBe(asked);
});

test("what cannot be read is answered 4000 once, the socket stays, and the tenth closes it with 1008 (SZ-11)", async () => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1", CBOR);
  const whole = cborOf({ ...RETRIEVE, rqi: "1" });
  const trailing = Buffer.concat([whole, Buffer.of(0)]);
  ae.send(whole.subarray(0, 9));
  expect(await ae.nextResponse()).toMatchObject({ rsc: 4000, rqi: "" });
  for (let sent = 1; sent < 9; sent += 1) ae.send(sent % 2 ? trailing : whole.subarray(0, 9));
  const before = ae.frames.length;
  expect(await ae.request(RETRIEVE)).toMatchObject({ rsc: 2000 });
  expect(ae.frames.length).toBe(before + 1);
  ae.send(trailing);
  expect(await ae.closed).toMatchObject({ code: 1008 });
  await front.gateway.metricIs(MALFORMED, 10);
});

test.each<[string, Record<string, unknown>, Message]>([
  ["no op and no rsc", { to: "cse-in", fr: "CAE1", rqi: "1" }, { rqi: "1" }],
  ["both op and rsc (SZ-15)", { ...RETRIEVE, rsc: 2000, rqi: "1" }, { rqi: "1" }],
  ["an operation that does not exist", { ...RETRIEVE, op: 6, rqi: "1" }, { rqi: "1" }],
  ["no target", { op: 2, fr: "CAE1", rqi: "1" }, { rqi: "1" }],
  ["ri instead of rqi (SZ-14)", { ...RETRIEVE, ri: "1" }, {}],
])("a CBOR message with %s is answered 4000 and goes nowhere", async (_what, message, answer) => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1", CBOR);
  const asked = front.cse.requests.length;
  ae.send(cborOf(message));
  expect(await ae.nextResponse()).toMatchObject({ rsc: 4000, ...answer });
  expect(front.cse.requests.length).toBe(asked);
});

test("indefinite lengths, half floats and standard tags are read, tags dropped (primitives, 10; S20)", async () => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1", CBOR);
  const pc = hex(
    "bf 67 6d326d3a63696e bf 63 636f6e 7f 61 61 61 62 ff 62 6373 f9 4000 62 6374 c0 61 78 ff ff",
  );
  const envelope = cborOf({ op: 1, ty: 4, to: "cse-in/c", fr: "CAE1", rvi: "3", rqi: "1" });
  envelope.writeUInt16BE(envelope.readUInt16BE(1) + 1, 1);
  ae.send(Buffer.concat([envelope, cborOf("pc"), pc]));
  expect(await ae.nextResponse()).toMatchObject({ rsc: 2001 });
  expect(JSON.parse(front.cse.requests.at(-1)?.body ?? "")).toEqual({
    "m2m:cin": { con: "ab", cs: 2, ct: "x" },
  });
});

test("answers in CBOR may come in any order (section 6)", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1", CBOR);
  const sent = ["n1", "n2", "n3"].map((rqi) => front.notify(point, { rqi }));
  const rqis = [await ae.nextRequest(), await ae.nextRequest(), await ae.nextRequest()];
  for (const { rqi = "" } of rqis.reverse()) {
    ae.send({ rsc: 2000, rvi: "3", rqi, pc: { "m2m:seci": { sit: 1, x: rqi } } });
  }
  for (const [at, answer] of (await Promise.all(sent)).entries()) {
    expect(answer).toMatchObject({ status: 200, headers: { "x-m2m-ri": `n${at + 1}` } });
    expect(answer.body).toContain(`"x":"n${at + 1}"`);
  }
});

test("requests go both ways at once on one CBOR socket, with the same identifier", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1", CBOR);
  const held = gate();
  front.cse.answer(async () => {
    await held.opened;
    return { rsc: 2000, body: { "m2m:cb": { ty: 5 } } };
  });
  const own = ae.request({ ...RETRIEVE, rqi: "same" });
  const notified = front.notify(point, { rqi: "same" });
  expect(await ae.nextRequest()).toMatchObject({ op: 5, rqi: "same" });
  ae.send({ rsc: 2000, rqi: "same" });
  expect(await notified).toMatchObject({ status: 200, rsc: 2000 });
  held.open();
  expect(await own).toMatchObject({ rsc: 2000, rqi: "same", pc: { "m2m:cb": { ty: 5 } } });
});

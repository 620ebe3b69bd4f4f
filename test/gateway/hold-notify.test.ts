import { expect, test } from "vitest";
import { CBOR, cborOf, fromCbor, XML, XMLNS } from "../helpers/coders.ts";
import type { RegistreeOptions } from "../helpers/fake-registree.ts";
import { asked, ok, SGN } from "./front.ts";
import {
  answer,
  away,
  back,
  expectConserved,
  HELD,
  leave,
  quiet,
  rqisOf,
  SERVED,
  sgnOf,
  startHolding,
} from "./hold-in.ts";
import { notifyIn } from "./notify-in.ts";

test("a subscription's Notify for a registree that is away is held and answered 202 with 1000 at once (BF-01; TS-0020, 6.5)", async () => {
  const front = await startHolding();
  const point = await away(front);
  const answered = await front.notify(point);
  expect(answered).toMatchObject(HELD);
  expect(answered.headers).toHaveProperty("x-m2m-ri", "n1");
  expect(asked(front.cse)).toEqual(["POST /cse-in"]);
  await expectConserved(front.gateway, { entries: 1 });
});

test("it is delivered once when the registree is back, with its own rqi, and gone with its answer (BF-02)", async () => {
  const front = await startHolding();
  const point = await away(front);
  await front.notify(point);
  const ae = await back(front);
  const request = await ae.nextRequest();
  expect(request).toEqual({
    op: 5,
    to: "CAE1",
    fr: "/id-in",
    rqi: "n1",
    rvi: "3",
    pc: JSON.parse(SGN),
  });
  await expectConserved(front.gateway, { entries: 1 });
  answer(ae, request);
  await expectConserved(front.gateway, { delivered: 1 });
  await leave(front, ae);
  const again = await back(front);
  await quiet(front, again);
  expect(rqisOf(again)).toEqual([]);
});

test.each([2000, 4004, 5205])(
  "an answer of any status ends it: %i (BF-02, 5.4; architecture, S10)",
  async (rsc) => {
    const front = await startHolding();
    await front.notify(await away(front));
    await back(front, "CAE1", { answer: () => ({ rsc }) });
    await expectConserved(front.gateway, { delivered: 1 });
  },
);

const JSON_BODY =
  '{ "m2m:sgn" :\t{"nev":{"rep":{"x:y":{"con":"\\u00e9\\/","v":[1.0,1e+05,-0]}}},"sur":"/id-in/sub1"}}';
const XML_BODY = `<m2m:sgn ${XMLNS}><nev><rep><m2m:cin><con> a  b </con></m2m:cin></rep><net>3</net></nev><sur>/id-in/sub1</sur></m2m:sgn>`;
const CBOR_BODY = cborOf({
  "m2m:sgn": { nev: { rep: { "x:y": { v: [1.5, 2 ** 40] } } }, sur: "s" },
});

test.each<[string, RegistreeOptions, string, string | Uint8Array]>([
  ["JSON", {}, "application/json", JSON_BODY],
  ["XML", XML, "application/xml", XML_BODY],
  ["CBOR", CBOR, "application/cbor", CBOR_BODY],
])(
  "what was held in %s comes out byte for byte as it would have gone out live (architecture, D1)",
  async (_serialization, options, contentType, body) => {
    const front = await startHolding();
    const { ae, point } = await front.ae("CAE1", { ...options, answer: ok });
    expect(await notifyIn(front, point, contentType, body)).toMatchObject(SERVED);
    const live = ae.frames.at(-1)?.bytes;
    await leave(front, ae);
    expect(await notifyIn(front, point, contentType, body)).toMatchObject(HELD);
    const again = await back(front, "CAE1", { ...options, answer: ok });
    await again.nextRequest();
    expect(again.frames[0]?.bytes).toEqual(live);
    if (contentType === "application/json") expect(String(live)).toContain(body);
    await expectConserved(front.gateway, { delivered: 1 });
  },
);

test("every parameter that came with it goes out with it (9.3)", async () => {
  const front = await startHolding();
  const { ae, point } = await front.ae("CAE1", { answer: ok });
  const headers = {
    "X-M2M-OT": "20260101T120000",
    "X-M2M-RET": "20260101T170000",
    "X-M2M-RST": "20260101T180000",
    "X-M2M-OET": "20260101T110000",
    "X-M2M-EC": "100",
    "X-M2M-GID": "g1",
    "X-M2M-VSI": "acme;v=1",
  };
  expect(await front.notify(point, { headers })).toMatchObject(SERVED);
  const live = await ae.nextRequest();
  expect(live).toMatchObject({ ec: 100, gid: "g1", vsi: "acme;v=1", rset: "20260101T180000" });
  await leave(front, ae);
  expect(await front.notify(point, { headers })).toMatchObject(HELD);
  const again = await back(front, "CAE1", { answer: ok });
  expect(await again.nextRequest()).toEqual(live);
  await expectConserved(front.gateway, { delivered: 1 });
});

test("what came in XML reaches a registree that returns speaking JSON or CBOR in its own serialization", async () => {
  const front = await startHolding();
  const point = await away(front);
  const content = {
    "m2m:sgn": { nev: { rep: { "m2m:cin": { con: " a  b " } }, net: 3 }, sur: "/id-in/sub1" },
  };
  for (const options of [{}, CBOR]) {
    expect(await notifyIn(front, point, "application/xml", XML_BODY)).toMatchObject(HELD);
    const ae = await back(front, "CAE1", { ...options, answer: ok });
    expect(await ae.nextRequest()).toMatchObject({ rqi: "n1", pc: content });
    await leave(front, ae);
  }
  await expectConserved(front.gateway, { delivered: 2 });
});

test("what came in JSON reaches a registree that returns speaking CBOR", async () => {
  const front = await startHolding();
  await front.notify(await away(front));
  const ae = await back(front, "CAE1", { ...CBOR, answer: ok });
  await ae.nextRequest();
  expect(fromCbor(ae.frames[0]?.bytes ?? Buffer.of())).toMatchObject({ pc: JSON.parse(SGN) });
  await expectConserved(front.gateway, { delivered: 1 });
});

const one = JSON.parse(SGN) as { "m2m:sgn": object };
test.each([
  ["the end of a subscription (5.4)", { "m2m:sgn": { sud: true, sur: "/id-in/sub1" } }],
  [
    "the result of a non-blocking request (5.4)",
    { "m2m:rsp": { rsc: 2000, rqi: "r0", to: "CAE1", fr: "/id-in", rvi: "3" } },
  ],
  ["vrq false", { "m2m:sgn": { vrq: false, sur: "/id-in/sub1" } }],
  ["an event other than a blocking update", { "m2m:sgn": { nev: { net: 1 }, sur: "/id-in/s" } }],
  [
    "an aggregated notification of 4, in one message (BF-39)",
    { "m2m:agn": { "m2m:sgn": ["1", "2", "3", "4"].map((n) => ({ ...one["m2m:sgn"], cr: n })) } },
  ],
  [
    "an event whose representation only looks like something to decide",
    { "m2m:sgn": { nev: { rep: { "x:y": { vrq: true, net: 7 } }, net: 1 }, sur: "/id-in/s" } },
  ],
])("%s is held and delivered as a plain Notify", async (_what, content) => {
  const front = await startHolding();
  const point = await away(front);
  expect(await front.notify(point, { body: JSON.stringify(content) })).toMatchObject(HELD);
  const ae = await back(front, "CAE1", { answer: ok });
  expect(await ae.nextRequest()).toMatchObject({ op: 5, rqi: "n1", pc: content });
  await expectConserved(front.gateway, { delivered: 1 });
  expect(rqisOf(ae)).toEqual(["n1"]);
});

test.each(["/CAE1", "/~/id-in/CAE1"])(
  "a Notify to %s without a token is held too, To as it was (architecture, 2)",
  async (target) => {
    const front = await startHolding();
    await away(front);
    expect(await front.notify(target)).toMatchObject(HELD);
    const ae = await back(front, "CAE1", { answer: ok });
    expect(await ae.nextRequest()).toMatchObject({ to: target.replace(/^\/~|^\/(?=C)/, "") });
    await expectConserved(front.gateway, { delivered: 1 });
  },
);

test("another registree's Notify is held, and answered 1000 on its socket (5.4)", async () => {
  const front = await startHolding();
  await away(front);
  const { ae: sender } = await front.ae("CAE2");
  const pc = JSON.parse(SGN);
  const response = await sender.request({ op: 5, to: "/id-in/CAE1", fr: "CAE2", pc });
  expect(response).toMatchObject({ rsc: 1000, rqi: "r2" });
  const ae = await back(front, "CAE1", { answer: ok });
  expect(await ae.nextRequest()).toMatchObject({ op: 5, to: "/id-in/CAE1", fr: "CAE2", pc });
  await expectConserved(front.gateway, { delivered: 1 });
});

test("a sender that uses one rqi for all its Notify loses none of them (architecture, S14)", async () => {
  const front = await startHolding();
  const point = await away(front);
  const bodies = ["1", "2", "3"].map((value) => sgnOf("/id-in/sub1", value));
  for (const body of bodies) expect(await front.notify(point, { body })).toMatchObject(HELD);
  const ae = await back(front, "CAE1", { answer: ok });
  for (const body of bodies) {
    expect(await ae.nextRequest()).toMatchObject({ op: 5, pc: JSON.parse(body) });
  }
  await expectConserved(front.gateway, { delivered: 3 });
});

test("a Notify that wants no response is held, and answered 204 without X-M2M-RSC (5.4; architecture, S14)", async () => {
  const front = await startHolding();
  const point = await away(front);
  const answered = await front.notify(`${point}?rt=5`);
  expect(answered).toMatchObject({ status: 204, rsc: undefined, body: "" });
  const ae = await back(front, "CAE1", { answer: ok });
  const delivered = await ae.nextRequest();
  expect(delivered).toMatchObject({ op: 5, rqi: "n1" });
  // The registree is to answer, so that it is known that it has it.
  expect(delivered).not.toHaveProperty("rt");
  await expectConserved(front.gateway, { delivered: 1 });
});

test("with http.disposition off nothing but the status says that it is held", async () => {
  const front = await startHolding({ "http.disposition": "false" });
  const answered = await front.notify(await away(front));
  expect(answered).toMatchObject({ status: 202, rsc: 1000 });
  expect(answered.headers).not.toHaveProperty("x-m2mgw-disposition");
  await expectConserved(front.gateway, { entries: 1 });
});

import { describe, expect, test } from "vitest";
import { cborOf, fromCbor } from "../helpers/coders.ts";
import { asked, ok, SGN } from "./front.ts";
import {
  answer,
  ask,
  away,
  back,
  cut,
  expectConserved,
  LABORATORY,
  NOT_FOUND,
  quiet,
  rqisOf,
  startHolding,
  type Timed,
} from "./hold-in.ts";
import { askFor, referenceIn, requestOf, SYNCH, statusIs } from "./non-blocking-in.ts";

const HOUR = 3_600_000;
const DENIED = { status: 403, rsc: 4103 };
const FORWARDED = { status: 409, rsc: 5220 };

/** CAE1 is away, and a Notify n1 with rt 1 of /id-in waits for it. */
async function startPending(
  query = "",
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly front: Timed; readonly point: string; readonly reference: string }> {
  const front = await startHolding();
  const point = await away(front);
  const accepted = await front.notify(`${point}?rt=1${query}`, { headers });
  expect(accepted).toMatchObject(SYNCH);
  return { front, point, reference: referenceIn(accepted) };
}

test("rt 1 is answered 202 with 1001 and a reference, under which its originator finds it pending and then completed (BF-28; TS-0001, 8.2.2.2)", async () => {
  const { front, reference } = await startPending();
  expect(await requestOf(front, reference)).toMatchObject({ rs: 3 });
  await back(front, "CAE1", { answer: () => ({ rsc: 2000, pc: { "m2m:dbg": "mine" } }) });
  await statusIs(front, reference, 1);
  expect((await requestOf(front, reference)).ors).toMatchObject({
    rsc: 2000,
    rqi: "n1",
    pc: { "m2m:dbg": "mine" },
  });
  await expectConserved(front.gateway, { delivered: 1 });
});

test.each([
  ["application/cbor", (bytes: Buffer) => fromCbor(bytes)],
  [
    "application/xml",
    (bytes: Buffer) => ({
      "m2m:uri": />(m2mgw-req-[^<]+)<\/m2m:uri>$/.exec(bytes.toString())?.[1],
    }),
  ],
])("the reference is said in what the originator reads: %s", async (Accept, read) => {
  const front = await startHolding();
  const point = await away(front);
  const accepted = await front.notify(`${point}?rt=1`, { headers: { Accept } });
  expect(accepted).toMatchObject({ ...SYNCH, headers: { "content-type": Accept } });
  expect(read(accepted.bytes)).toEqual({ "m2m:uri": expect.stringMatching(/^m2mgw-req-.+/) });
});

test("the <request> has the attributes of ty 17 (TS-0004, 7.4.12; architecture, S6)", async () => {
  const { front, reference } = await startPending("", {
    "X-M2M-RET": "20260101T170000",
    "X-M2M-EC": "100",
  });
  const request = await requestOf(front, reference);
  expect(request).toMatchObject({
    ty: 17,
    ri: reference,
    op: 5,
    tg: "CAE1",
    org: "/id-in",
    rid: "n1",
    rs: 3,
    mi: { rt: { rtv: 1 }, rqet: "20260101T170000", ec: 100, rvi: "3" },
    pc: JSON.parse(SGN),
  });
  for (const name of ["ct", "lt", "et"]) expect(request[name], name).toMatch(/^\d{8}T\d{6}/);
  expect(request).not.toHaveProperty("ors");
});

test("it is found under its SP-relative address too, and the CSE is not asked (architecture, S6)", async () => {
  const { front, reference } = await startPending();
  expect(await askFor(front, `~/id-in/${reference}`)).toMatchObject({ status: 200, rsc: 2000 });
  expect(asked(front.cse)).toEqual(["POST /cse-in"]);
});

test.each([
  ["application/xml", (bytes: Buffer) => /<rs>3<\/rs>/.exec(bytes.toString()) !== null],
  ["application/cbor", (bytes: Buffer) => bytes.includes(cborOf("m2m:req")) && fromCbor(bytes)],
])("it is read in the serialization its originator accepts: %s", async (accept, isRequest) => {
  const { front, reference } = await startPending();
  const headers = { "X-M2M-Origin": "/id-in", Accept: accept };
  const answered = await ask(front, { target: `/${reference}`, headers });
  expect(answered).toMatchObject({ status: 200, rsc: 2000, headers: { "content-type": accept } });
  expect(isRequest(answered.bytes)).toBeTruthy();
});

test.each([
  ["3", 1001],
  ["4", 1001],
  ["2a", 1000],
  ["2", 1000],
  ["1", 1000],
])("an originator of release %s is acknowledged with %i (D-5.3)", async (rvi, rsc) => {
  const front = await startHolding();
  const point = await away(front);
  const accepted = await front.notify(`${point}?rt=1`, { headers: { "X-M2M-RVI": rvi } });
  expect(accepted).toMatchObject({ status: 202, rsc });
  expect(await requestOf(front, referenceIn(accepted))).toMatchObject({ rs: 3 });
});

test("a connected registree does not change that: 202 with 1001, forwarded until it answers, then completed (5.4, D-5.5)", async () => {
  const front = await startHolding();
  const { ae, point } = await front.ae("CAE1");
  const accepted = await front.notify(`${point}?rt=1`);
  expect(accepted).toMatchObject({ status: 202, rsc: 1001 });
  const reference = referenceIn(accepted);
  const request = await ae.nextRequest();
  expect(request).toMatchObject({ op: 5, to: "CAE1", fr: "/id-in", rqi: "n1" });
  await statusIs(front, reference, 4);
  answer(ae, request);
  await statusIs(front, reference, 1);
  await expectConserved(front.gateway, { delivered: 1 });
});

test.each([4004, 5205])(
  "a registree's refusal is the result: %i (TS-0004, 7.4.12)",
  async (rsc) => {
    const { front, reference } = await startPending();
    await back(front, "CAE1", { answer: () => ({ rsc }) });
    await expectConserved(front.gateway, { delivered: 1 });
    const { ors } = await requestOf(front, reference);
    expect(ors).toMatchObject({ rsc, rqi: "n1" });
  },
);

describe.each([
  ["Create", 1, "POST", "/~/id-mn/cse", { "Content-Type": "application/json;ty=3" }, 2001],
  ["Retrieve", 2, "GET", "/~/id-mn/cse/c", {}, 2000],
  ["Update", 3, "PUT", "/~/id-mn/cse/c", { "Content-Type": "application/json" }, 2004],
  ["Delete", 4, "DELETE", "/~/id-mn/cse/c", {}, 2002],
] as const)(
  "a %s with rt 1 to a registree CSE that is away",
  (_what, op, method, path, type, rsc) => {
    const content = { "m2m:cnt": { lbl: ["a"] } };
    const body = "Content-Type" in type ? { body: JSON.stringify(content) } : {};
    const call = { method, target: `${path}?rt=1`, headers: { ...type, "X-M2M-Origin": "/id-in" } };

    test("is kept, delivered, and its result is found (5.4)", async () => {
      const front = await startHolding(LABORATORY);
      await away(front, "/id-mn");
      const accepted = await ask(front, { ...call, ...body });
      expect(accepted).toMatchObject(SYNCH);
      const reference = referenceIn(accepted);
      expect(await requestOf(front, reference)).toMatchObject({ op, rs: 3, rid: "h1" });
      const cse = await back(front, "/id-mn", { answer: () => ({ rsc, pc: content }) });
      const to = path.slice("/~".length);
      expect(await cse.nextRequest()).toMatchObject({ op, to, fr: "/id-in", rqi: "h1" });
      await statusIs(front, reference, 1);
      expect((await requestOf(front, reference)).ors).toMatchObject({
        rsc,
        rqi: "h1",
        pc: content,
      });
      await expectConserved(front.gateway, { delivered: 1 });
    });
  },
);

test("a Create whose socket is cut before its answer has failed with 4008 and is not sent again (BF-25)", async () => {
  const front = await startHolding(LABORATORY);
  await away(front, "/id-mn");
  const accepted = await ask(front, {
    method: "POST",
    target: "/~/id-mn/cse?rt=1",
    headers: { "Content-Type": "application/json;ty=3", "X-M2M-Origin": "/id-in" },
    body: '{"m2m:cnt":{}}',
  });
  const cse = await back(front, "/id-mn");
  await cse.nextRequest();
  await cut(front, cse);
  const reference = referenceIn(accepted);
  await statusIs(front, reference, 2);
  expect((await requestOf(front, reference)).ors).toMatchObject({ rsc: 4008, rqi: "h1" });
  const again = await back(front, "/id-mn");
  await quiet(front, again);
  expect(rqisOf(again)).toEqual([]);
  await expectConserved(front.gateway);
});

test("one that expires has failed with 4008 (BF-29)", async () => {
  const { front, reference } = await startPending("", { "X-M2M-RET": "20000" });
  front.clock.advance(20_000);
  await statusIs(front, reference, 2);
  expect((await requestOf(front, reference)).ors).toMatchObject({ rsc: 4008, rqi: "n1" });
  await expectConserved(front.gateway, { expired: 1 });
});

test("it waits past the ceiling (5.4)", async () => {
  const { front, reference } = await startPending();
  front.clock.advance(HOUR);
  expect(await requestOf(front, reference)).toMatchObject({ rs: 3 });
  await back(front, "CAE1", { answer: ok });
  await expectConserved(front.gateway, { delivered: 1 });
});

describe("a DELETE of the <request> by its originator", () => {
  test("cancels one that is pending (BF-30, D-5.5)", async () => {
    const { front, reference } = await startPending();
    const deleted = await askFor(front, reference, "/id-in", "DELETE");
    expect(deleted).toMatchObject({ status: 200, rsc: 2002, headers: { "x-m2m-ri": "look" } });
    expect(await askFor(front, reference)).toMatchObject(NOT_FOUND);
    await expectConserved(front.gateway, { cancelled: 1 });
    const ae = await back(front);
    await quiet(front, ae);
    expect(rqisOf(ae)).toEqual([]);
    expect(asked(front.cse)).toEqual(["POST /cse-in"]);
  });

  test("is 409 with 5220 while it is forwarded, which it then remains (BF-30, D-5.5)", async () => {
    const { front, reference } = await startPending();
    const ae = await back(front);
    const request = await ae.nextRequest();
    await statusIs(front, reference, 4);
    expect(await askFor(front, reference, "/id-in", "DELETE")).toMatchObject(FORWARDED);
    answer(ae, request);
    await statusIs(front, reference, 1);
    await expectConserved(front.gateway, { delivered: 1 });
  });

  test("removes one that is completed (D-5.5)", async () => {
    const { front, reference } = await startPending();
    await back(front, "CAE1", { answer: ok });
    await statusIs(front, reference, 1);
    expect(await askFor(front, reference, "/id-in", "DELETE")).toMatchObject({ rsc: 2002 });
    expect(await askFor(front, reference)).toMatchObject(NOT_FOUND);
    await expectConserved(front.gateway, { delivered: 1 });
  });
});

test.each(["GET", "DELETE"])(
  "%s of it by anybody else is 403 with 4103, and changes nothing (architecture, S6)",
  async (method) => {
    const { front, reference } = await startPending();
    expect(await askFor(front, reference, "CApp", method)).toMatchObject(DENIED);
    expect(await requestOf(front, reference)).toMatchObject({ rs: 3 });
    await expectConserved(front.gateway, { entries: 1 });
  },
);

test("a reference that was never given is 404 with 4004, and the CSE is not asked (architecture, S6)", async () => {
  const front = await startHolding();
  expect(await askFor(front, "m2mgw-req-AAAAAAAAAAAAAAAAAAAAAA")).toMatchObject(NOT_FOUND);
  expect(asked(front.cse)).toEqual([]);
});

test.each([
  ["20260101T120100", 60_000],
  ["60000", 60_000],
])("the result is kept until rp: %s (5.2; architecture, S15)", async (rp, kept) => {
  const front = await startHolding(LABORATORY);
  await away(front, "/id-mn");
  const headers = { "X-M2M-Origin": "/id-in" };
  const accepted = await ask(front, { target: `/~/id-mn/cse/c?rt=1&rp=${rp}`, headers });
  const reference = referenceIn(accepted);
  await back(front, "/id-mn", { answer: ok });
  await statusIs(front, reference, 1);
  front.clock.advance(kept - 1);
  expect(await requestOf(front, reference)).toMatchObject({ rs: 1 });
  front.clock.advance(1);
  expect(await askFor(front, reference)).toMatchObject(NOT_FOUND);
});

test("without rp it is kept for hold.resultKept after its completion", async () => {
  const front = await startHolding({ "hold.resultKept": "10s" });
  const point = await away(front);
  const reference = referenceIn(await front.notify(`${point}?rt=1`));
  front.clock.advance(60_000);
  expect(await requestOf(front, reference)).toMatchObject({ rs: 3 });
  await back(front, "CAE1", { answer: ok });
  await statusIs(front, reference, 1);
  front.clock.advance(9_999);
  expect(await requestOf(front, reference)).toMatchObject({ rs: 1 });
  front.clock.advance(1);
  expect(await askFor(front, reference)).toMatchObject(NOT_FOUND);
});

test("two requests with one rqi have references of their own (architecture, S14)", async () => {
  const { front, point, reference } = await startPending();
  const second = referenceIn(await front.notify(`${point}?rt=1`));
  expect(second).not.toBe(reference);
  await askFor(front, reference, "/id-in", "DELETE");
  expect(await requestOf(front, second)).toMatchObject({ rs: 3 });
  await expectConserved(front.gateway, { cancelled: 1, entries: 1 });
});

test("deregistration fails what waits: status 2 with 4004 (4.4)", async () => {
  const { front, reference } = await startPending();
  await ask(front, { method: "DELETE", target: "/cse-in/ae-CAE1" });
  await statusIs(front, reference, 2);
  expect((await requestOf(front, reference)).ors).toMatchObject({ rsc: 4004, rqi: "n1" });
  await expectConserved(front.gateway, { cancelled: 1 });
});

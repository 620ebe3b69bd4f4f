import { describe, expect, test } from "vitest";
import { asked, ok } from "./front.ts";
import {
  answer,
  ask,
  away,
  back,
  expectConserved,
  heldIs,
  LABORATORY,
  NOT_REACHABLE,
  quiet,
  rqisOf,
  SERVED,
  startHolding,
  stillOpen,
  TIMED_OUT,
} from "./hold-in.ts";

const TARGET = "/~/id-mn/cse/c";
const JSON_TYPE = { "Content-Type": "application/json" };
const CNT = '{"m2m:cnt":{"lbl":["a"]}}';

const CALLS = [
  {
    op: 1,
    method: "POST",
    target: "/~/id-mn/cse",
    headers: { "Content-Type": "application/json;ty=3" },
    body: CNT,
  },
  { op: 2, method: "GET", target: TARGET },
  { op: 3, method: "PUT", target: TARGET, headers: JSON_TYPE, body: CNT },
  { op: 4, method: "DELETE", target: TARGET },
] as const;

describe.each(CALLS)(
  "a request of operation $op to a registree CSE that is away",
  ({ op, ...call }) => {
    test("waits for it, and its own answer is relayed (5.4)", async () => {
      const front = await startHolding(LABORATORY);
      await away(front, "/id-mn");
      const answered = ask(front, call);
      await heldIs(front, 1);
      front.clock.advance(7_999);
      await stillOpen(front, answered);
      const cse = await back(front, "/id-mn");
      const request = await cse.nextRequest();
      const pc = "body" in call ? { pc: JSON.parse(call.body) } : {};
      const ty = op === 1 ? { ty: 3 } : {};
      const to = call.target.slice("/~".length);
      expect(request).toEqual({ op, to, fr: "CApp", rqi: "h1", rvi: "3", ...ty, ...pc });
      answer(cse, request, { rsc: 4105, pc: { "m2m:dbg": "mine" } });
      expect(await answered).toMatchObject({ status: 409, rsc: 4105, body: '{"m2m:dbg":"mine"}' });
      expect(asked(front.cse)).toEqual(["POST /cse-in", "GET /cse-in"]);
      await expectConserved(front.gateway, { delivered: 1 });
    });

    test("is 404 with 5103 at the ceiling, and never delivered (BF-36)", async () => {
      const front = await startHolding(LABORATORY);
      await away(front, "/id-mn");
      const answered = ask(front, call);
      await heldIs(front, 1);
      front.clock.advance(8_000);
      expect(await answered).toMatchObject(NOT_REACHABLE);
      const cse = await back(front, "/id-mn");
      await quiet(front, cse);
      expect(rqisOf(cse)).toEqual([]);
      await expectConserved(front.gateway, { expired: 1 });
    });
  },
);

test("rt 3 says the same as no rt (5.4)", async () => {
  const front = await startHolding(LABORATORY);
  await away(front, "/id-mn");
  const answered = ask(front, { target: `${TARGET}?rt=3` });
  await heldIs(front, 1);
  await stillOpen(front, answered);
  await back(front, "/id-mn", { answer: ok });
  expect(await answered).toMatchObject(SERVED);
  await expectConserved(front.gateway, { delivered: 1 });
});

test("one with 30 s of its own is held past the ceiling, and the result is relayed (BF-41)", async () => {
  const front = await startHolding(LABORATORY);
  await away(front, "/id-mn");
  const answered = ask(front, { target: TARGET, headers: { "X-M2M-RET": "30000" } });
  await heldIs(front, 1);
  front.clock.advance(20_000);
  await stillOpen(front, answered);
  const pc = { "m2m:cnt": { rn: "c" } };
  await back(front, "/id-mn", { answer: () => ({ rsc: 2000, pc }) });
  expect(await answered).toMatchObject({ ...SERVED, body: JSON.stringify(pc) });
  await expectConserved(front.gateway, { delivered: 1 });
});

test("its own time passing is 504 with 4008 even though nothing was sent (architecture, S14)", async () => {
  const front = await startHolding(LABORATORY);
  await away(front, "/id-mn");
  const answered = ask(front, { target: TARGET, headers: { "X-M2M-RET": "30000" } });
  await heldIs(front, 1);
  front.clock.advance(30_000);
  expect(await answered).toMatchObject({
    ...TIMED_OUT,
    headers: { "x-m2mgw-disposition": "expired" },
  });
  await expectConserved(front.gateway, { expired: 1 });
});

test("no exchange waits for longer than request.openMax; 5103 then, since nothing was sent (5.3)", async () => {
  const front = await startHolding(LABORATORY);
  await away(front, "/id-mn");
  const answered = ask(front, { target: TARGET, headers: { "X-M2M-RET": "3600000" } });
  await heldIs(front, 1);
  front.clock.advance(599_999);
  await stillOpen(front, answered);
  front.clock.advance(1);
  expect(await answered).toMatchObject(NOT_REACHABLE);
});

test("relative times of a held request become absolute on arrival (BF-07)", async () => {
  const front = await startHolding(LABORATORY);
  await away(front, "/id-mn");
  const headers = { "X-M2M-RET": "5000", "X-M2M-RST": "7000" };
  const answered = ask(front, { target: TARGET, headers });
  await heldIs(front, 1);
  front.clock.advance(2_000);
  const cse = await back(front, "/id-mn");
  const request = await cse.nextRequest();
  expect(request["rqet"]).toMatch(/^20260101T120005(,0+)?$/);
  expect(request["rset"]).toMatch(/^20260101T120007(,0+)?$/);
  answer(cse, request);
  expect(await answered).toMatchObject(SERVED);
  await expectConserved(front.gateway, { delivered: 1 });
});

test("a Notify to a registree CSE that is away is held as one to an AE is (5.4)", async () => {
  const front = await startHolding(LABORATORY);
  await away(front, "/id-mn");
  expect(await front.notify("/~/id-mn/CAE9")).toMatchObject({ status: 202, rsc: 1000 });
  const cse = await back(front, "/id-mn", { answer: ok });
  expect(await cse.nextRequest()).toMatchObject({ op: 5, to: "/id-mn/CAE9" });
  await expectConserved(front.gateway, { delivered: 1 });
});

test("a request at the token of a CSE that is away waits as one under its CSE-ID does (RG-22)", async () => {
  const front = await startHolding(LABORATORY);
  const point = await away(front, "/id-mn");
  const answered = ask(front, { target: `${point}/~/mn2/x` });
  await heldIs(front, 1);
  const cse = await back(front, "/id-mn", { answer: ok });
  expect(await answered).toMatchObject(SERVED);
  expect(await cse.nextRequest()).toMatchObject({ op: 2, to: "/mn2/x" });
  await expectConserved(front.gateway, { delivered: 1 });
});

test.each([
  ["GET", {}],
  ["POST", { "Content-Type": "application/json;ty=3" }],
  ["PUT", JSON_TYPE],
  ["DELETE", {}],
])(
  "%s at the token of an AE that is away is 405 with 4005, as when it is there (RW-07)",
  async (method, headers) => {
    const front = await startHolding();
    const point = await away(front);
    const body = "Content-Type" in headers ? { body: CNT } : {};
    expect(await ask(front, { method, target: point, headers, ...body })).toMatchObject({
      status: 405,
      rsc: 4005,
    });
    await expectConserved(front.gateway, {});
  },
);

test("an originator's rqi that is pending already is 400 with 4000 while its client waits (D-5.2, EX-10)", async () => {
  const front = await startHolding(LABORATORY);
  await away(front, "/id-mn");
  const first = ask(front, { target: TARGET });
  await heldIs(front, 1);
  const second = await ask(front, { target: `${TARGET}2` });
  expect(second).toMatchObject({ status: 400, rsc: 4000 });
  expect(await ask(front, { target: TARGET })).toMatchObject({ status: 400, rsc: 4000 });
  await back(front, "/id-mn", { answer: ok });
  expect(await first).toMatchObject(SERVED);
  await expectConserved(front.gateway, { delivered: 1 });
});

test("different originators may use the same rqi; each gets its own answer (EX-09)", async () => {
  const front = await startHolding(LABORATORY);
  await away(front, "/id-mn");
  const one = ask(front, { target: TARGET, headers: { "X-M2M-Origin": "CApp1" } });
  await heldIs(front, 1);
  const two = ask(front, { target: TARGET, headers: { "X-M2M-Origin": "CApp2" } });
  await heldIs(front, 2);
  await back(front, "/id-mn", { answer: ({ fr }) => ({ rsc: 2000, vsi: `for ${fr}` }) });
  expect((await one).headers).toMatchObject({ "x-m2m-ri": "h1", "x-m2m-vsi": "for CApp1" });
  expect((await two).headers).toMatchObject({ "x-m2m-ri": "h1", "x-m2m-vsi": "for CApp2" });
  await expectConserved(front.gateway, { delivered: 2 });
});

import { expect, test } from "vitest";
import { ok, SGN } from "./front.ts";
import {
  away,
  back,
  cut,
  expectConserved,
  heldIs,
  LABORATORY,
  quiet,
  rqisOf,
  startHolding,
  stillOpen,
} from "./hold-in.ts";

const RETRIEVE = { op: 2, to: "/id-mn/cse/c", fr: "CAE2" };

test("a registree's request to a CSE that is away waits for it, and its answer comes back on the socket (5.4)", async () => {
  const front = await startHolding(LABORATORY);
  await away(front, "/id-mn");
  const { ae } = await front.ae("CAE2");
  const response = ae.request(RETRIEVE);
  await heldIs(front, 1);
  front.clock.advance(7_999);
  await stillOpen(front, response);
  await back(front, "/id-mn", { answer: () => ({ rsc: 2000, pc: { "m2m:cnt": {} } }) });
  expect(await response).toMatchObject({ rsc: 2000, rqi: "r2", pc: { "m2m:cnt": {} } });
  await expectConserved(front.gateway, { delivered: 1 });
});

test("at the ceiling it is 5103, and past its own time 4008 (5.3, 5.4)", async () => {
  const front = await startHolding(LABORATORY);
  await away(front, "/id-mn");
  const { ae } = await front.ae("CAE2");
  const [untimed, timed] = [ae.request(RETRIEVE), ae.request({ ...RETRIEVE, rqet: "2000" })];
  await heldIs(front, 2);
  front.clock.advance(2_000);
  expect(await timed).toMatchObject({ rsc: 4008 });
  front.clock.advance(6_000);
  expect(await untimed).toMatchObject({ rsc: 5103 });
  await expectConserved(front.gateway, { expired: 2 });
});

test("a verification for one that is away is 5103 at once on a socket too (BF-13)", async () => {
  const front = await startHolding();
  await away(front, "CAE1");
  const { ae } = await front.ae("CAE2");
  const pc = { "m2m:sgn": { vrq: true, sur: "/id-in/sub1" } };
  const response = await ae.request({ op: 5, to: "/id-in/CAE1", fr: "CAE2", pc });
  expect(response).toMatchObject({ rsc: 5103 });
  await expectConserved(front.gateway, {});
});

test("a registree's Notify with rt 2 is answered 1002, and its result comes to it as a Notify (W-64, BF-32)", async () => {
  const front = await startHolding();
  await away(front, "CAE1");
  const { ae } = await front.ae("CAE2", { answer: ok });
  const pc = JSON.parse(SGN);
  const response = await ae.request({ op: 5, to: "/id-in/CAE1", fr: "CAE2", rt: { rtv: 2 }, pc });
  expect(response).toMatchObject({ rsc: 1002 });
  await back(front, "CAE1", { answer: ok });
  const result = await ae.nextRequest();
  expect(result.pc?.["m2m:rsp"]).toMatchObject({ rsc: 2000, rqi: response.rqi });
  await expectConserved(front.gateway);
});

test("a registree that is gone when its Notify would be acknowledged has it delivered all the same (BF-01)", async () => {
  const front = await startHolding();
  await away(front, "CAE1");
  const { ae } = await front.ae("CAE2");
  ae.send({ op: 5, to: "/id-in/CAE1", fr: "CAE2", rqi: "x1", rvi: "3", pc: JSON.parse(SGN) });
  await heldIs(front, 1);
  await cut(front, ae);
  const other = await back(front, "CAE1", { answer: ok });
  await expectConserved(front.gateway, { delivered: 1 });
  expect(rqisOf(other)).toEqual(["x1"]);
});

test("a registree's Retrieve goes with its socket when it has no time of its own, as with an HTTP client (5.4)", async () => {
  const front = await startHolding(LABORATORY);
  await away(front, "/id-mn");
  const { ae } = await front.ae("CAE2");
  ae.send({ ...RETRIEVE, rqi: "x1", rvi: "3" });
  await heldIs(front, 1);
  await cut(front, ae);
  await quiet(front);
  front.clock.advance(8_000);
  await expectConserved(front.gateway);
  await heldIs(front, 0);
});

import { expect, test } from "vitest";
import type { HttpAnswer } from "../helpers/http-client.ts";
import { ok } from "./front.ts";
import {
  answer,
  away,
  back,
  expectConserved,
  HELD,
  heldIs,
  holdAll,
  LOW_PRIORITY_100,
  NOT_REACHABLE,
  rqisOf,
  SERVED,
  sgnOf,
  startHolding,
  stillOpen,
  type Timed,
} from "./hold-in.ts";

const REFUSED = { ...NOT_REACHABLE, headers: { "x-m2mgw-disposition": "refused" } };
const OVERLOADED = {
  status: 503,
  rsc: 5103,
  headers: { "retry-after": expect.stringMatching(/^\d+$/), "x-m2mgw-disposition": "refused" },
};
const FAILED = (code: string): string => `m2mgw_failures_total{code="${code}"}`;
const LOW = { "X-M2M-EC": "100" };

/** An exchange that is kept open because its originator wants the registree's own answer. */
async function open(
  front: Timed,
  point: string,
  rqi: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly answered: Promise<HttpAnswer> }> {
  const held = await front.gateway.metric("m2mgw_hold_entries");
  const answered = front.notify(`${point}?rt=3`, { rqi, headers });
  await heldIs(front, held + 1);
  return { answered };
}

test("past hold.maxEntries of one registree a newcomer is refused with 5103; others are served (BF-23; architecture, S19)", async () => {
  const front = await startHolding({ "hold.maxEntries": "2" });
  const [point, other] = [await away(front, "CAE1"), await away(front, "CAE2")];
  await holdAll(front, point, ["n1", "n2"]);
  expect(await front.notify(point, { rqi: "n3" })).toMatchObject(REFUSED);
  expect(await front.gateway.metric(FAILED("GW_HOLD_FULL"))).toBe(1);
  expect(await front.notify(other, { rqi: "o1" })).toMatchObject(HELD);
  await expectConserved(front.gateway, { entries: 3 });
  const ae = await back(front, "CAE1", { answer: ok });
  await expectConserved(front.gateway, { delivered: 2, entries: 1 });
  expect(rqisOf(ae)).toEqual(["n1", "n2"]);
});

test("an entry that has gone makes room for another", async () => {
  const front = await startHolding({ "hold.maxEntries": "2" });
  const point = await away(front);
  await holdAll(front, point, ["n1", "n2"]);
  const ae = await back(front);
  answer(ae, await ae.nextRequest());
  await heldIs(front, 1);
  expect(await front.notify(point, { rqi: "n3" })).toMatchObject(HELD);
  expect(await front.notify(point, { rqi: "n4" })).toMatchObject(NOT_REACHABLE);
  await expectConserved(front.gateway, { delivered: 1, entries: 2 });
});

test("one that has expired makes room too", async () => {
  const front = await startHolding({ "hold.maxEntries": "1" });
  const point = await away(front);
  await front.notify(point, { rqi: "n1", headers: { "X-M2M-RET": "2000" } });
  expect(await front.notify(point, { rqi: "n2" })).toMatchObject(NOT_REACHABLE);
  front.clock.advance(2_000);
  await heldIs(front, 0);
  expect(await front.notify(point, { rqi: "n3" })).toMatchObject(HELD);
  await expectConserved(front.gateway, { expired: 1, entries: 1 });
});

test("past hold.maxBytes of one registree a newcomer is refused, and a smaller one that fits is not (BF-23)", async () => {
  const front = await startHolding({ "hold.maxBytes": "64KiB" });
  const [point, other] = [await away(front, "CAE1"), await away(front, "CAE2")];
  const body = sgnOf("/id-in/sub1", "x".repeat(40_000));
  expect(await front.notify(point, { rqi: "n1", body })).toMatchObject(HELD);
  expect(await front.notify(point, { rqi: "n2", body })).toMatchObject(REFUSED);
  expect(await front.notify(point, { rqi: "n3" })).toMatchObject(HELD);
  expect(await front.notify(other, { rqi: "o1", body })).toMatchObject(HELD);
  await expectConserved(front.gateway, { entries: 3 });
  const ae = await back(front, "CAE1", { answer: ok });
  await expectConserved(front.gateway, { delivered: 2, entries: 1 });
  expect(rqisOf(ae)).toEqual(["n1", "n3"]);
});

test("a primitive larger than all the room there is is refused", async () => {
  const front = await startHolding({ "hold.maxBytes": "64KiB" });
  const point = await away(front);
  const body = sgnOf("/id-in/sub1", "x".repeat(80_000));
  expect(await front.notify(point, { body })).toMatchObject(REFUSED);
  await expectConserved(front.gateway, {});
});

test("past hold.totalEntries a newcomer for any registree is refused with 503 and 5103 (5.4; architecture, S19)", async () => {
  const front = await startHolding({ "hold.totalEntries": "2" });
  const [one, two] = [await away(front, "CAE1"), await away(front, "CAE2")];
  await holdAll(front, one, ["n1"]);
  await holdAll(front, two, ["n2"]);
  expect(await front.notify(one, { rqi: "n3" })).toMatchObject(OVERLOADED);
  expect(await front.notify(two, { rqi: "n4" })).toMatchObject(OVERLOADED);
  expect(await front.gateway.metric(FAILED("GW_OVERLOADED"))).toBe(2);
  await back(front, "CAE1", { answer: ok });
  await heldIs(front, 1);
  expect(await front.notify(two, { rqi: "n5" })).toMatchObject(HELD);
  await expectConserved(front.gateway, { delivered: 1, entries: 2 });
});

test("past hold.totalBytes a newcomer for any registree is refused with 503 and 5103 (5.4; architecture, S19)", async () => {
  const front = await startHolding({ "hold.totalBytes": "64KiB" });
  const [one, two] = [await away(front, "CAE1"), await away(front, "CAE2")];
  const body = sgnOf("/id-in/sub1", "x".repeat(40_000));
  expect(await front.notify(one, { body })).toMatchObject(HELD);
  expect(await front.notify(two, { body })).toMatchObject(OVERLOADED);
  await expectConserved(front.gateway, { entries: 1 });
});

test("a connected registree whose queue is full is refused too, until it has answered", async () => {
  const front = await startHolding({ "hold.maxEntries": "1" });
  const point = await away(front);
  await holdAll(front, point, ["n1"]);
  const ae = await back(front);
  const request = await ae.nextRequest();
  expect(await front.notify(point, { rqi: "n2" })).toMatchObject(REFUSED);
  answer(ae, request);
  await heldIs(front, 0);
  const relayed = front.notify(point, { rqi: "n3" });
  answer(ae, await ae.nextRequest());
  expect(await relayed).toMatchObject(SERVED);
  await expectConserved(front.gateway, { delivered: 1 });
});

test("a full queue takes a newer one of category 4 in the place of its predecessor", async () => {
  const front = await startHolding({ "hold.maxEntries": "1" });
  const point = await away(front);
  const headers = { "X-M2M-EC": "4" };
  expect(await front.notify(point, { rqi: "n1", headers })).toMatchObject(HELD);
  expect(await front.notify(point, { rqi: "n2", headers })).toMatchObject(HELD);
  await expectConserved(front.gateway, { superseded: 1, entries: 1 });
});

test("a full queue of open exchanges gives up the youngest of lower priority for a newcomer (BF-22)", async () => {
  const front = await startHolding({ ...LOW_PRIORITY_100, "hold.maxEntries": "3" });
  const point = await away(front);
  const oldest = await open(front, point, "low1", LOW);
  const youngest = await open(front, point, "low2", LOW);
  const equal = await open(front, point, "mid");
  expect(await front.notify(point, { rqi: "n1" })).toMatchObject(HELD);
  expect(await youngest.answered).toMatchObject(NOT_REACHABLE);
  await stillOpen(front, Promise.race([oldest.answered, equal.answered]));
  await expectConserved(front.gateway, { evicted: 1, entries: 3 });
  const ae = await back(front, "CAE1", { answer: ok });
  expect(await oldest.answered).toMatchObject(SERVED);
  expect(await equal.answered).toMatchObject(SERVED);
  await expectConserved(front.gateway, { evicted: 1, delivered: 3 });
  expect(rqisOf(ae)).toEqual(["low1", "mid", "n1"]);
});

test("an open exchange can be the newcomer that others give way to (BF-22)", async () => {
  const front = await startHolding({ ...LOW_PRIORITY_100, "hold.maxEntries": "1" });
  const point = await away(front);
  const low = await open(front, point, "low", LOW);
  const newcomer = front.notify(`${point}?rt=3`, { rqi: "mid" });
  expect(await low.answered).toMatchObject(NOT_REACHABLE);
  await back(front, "CAE1", { answer: ok });
  expect(await newcomer).toMatchObject(SERVED);
  await expectConserved(front.gateway, { evicted: 1, delivered: 1 });
});

test.each([
  ["equal", {}, {}],
  ["higher", {}, LOW],
])(
  "open exchanges of %s priority stay, and the newcomer is refused (BF-23)",
  async (_what, held, newcomer) => {
    const front = await startHolding({ ...LOW_PRIORITY_100, "hold.maxEntries": "1" });
    const point = await away(front);
    const { answered } = await open(front, point, "first", held);
    expect(await front.notify(point, { rqi: "n1", headers: newcomer })).toMatchObject(REFUSED);
    await stillOpen(front, answered);
    await back(front, "CAE1", { answer: ok });
    expect(await answered).toMatchObject(SERVED);
    await expectConserved(front.gateway, { delivered: 1 });
  },
);

test("what was acknowledged is never given up, whatever its priority: the newcomer is refused (architecture, S10)", async () => {
  const front = await startHolding({ ...LOW_PRIORITY_100, "hold.maxEntries": "2" });
  const point = await away(front);
  for (const rqi of ["n1", "n2"]) {
    expect(await front.notify(point, { rqi, headers: LOW })).toMatchObject(HELD);
  }
  expect(await front.notify(point, { rqi: "n3" })).toMatchObject(REFUSED);
  expect(await front.notify(`${point}?rt=3`, { rqi: "n4" })).toMatchObject(REFUSED);
  const ae = await back(front, "CAE1", { answer: ok });
  await expectConserved(front.gateway, { delivered: 2 });
  expect(rqisOf(ae)).toEqual(["n1", "n2"]);
});

test("past hold.maxRequests a non-blocking request is refused with 503 and 5103 (architecture, S19)", async () => {
  const front = await startHolding({ "hold.maxRequests": "1" });
  const point = await away(front);
  expect(await front.notify(`${point}?rt=1`, { rqi: "n1" })).toMatchObject({ rsc: 1001 });
  expect(await front.notify(`${point}?rt=1`, { rqi: "n2" })).toMatchObject(OVERLOADED);
  expect(await front.notify(point, { rqi: "n3" })).toMatchObject(HELD);
  await expectConserved(front.gateway, { entries: 2 });
});

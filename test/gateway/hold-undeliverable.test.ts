import { expect, test } from "vitest";
import { XML } from "../helpers/coders.ts";
import type { Message } from "../helpers/fake-registree.ts";
import { ok } from "./front.ts";
import {
  answer,
  away,
  back,
  cut,
  expectConserved,
  HELD,
  heldIs,
  holdAll,
  leave,
  NOT_REACHABLE,
  quiet,
  rqisOf,
  sgnOf,
  startHolding,
} from "./hold-in.ts";

test("what cannot be said in the serialization its registree returns with does not hold up what follows", async () => {
  const front = await startHolding();
  const point = await away(front);
  const unsayable = '{"m2m:sgn":{"nev":{"rep":{"x:y":{"a b":"\\u0000"}},"net":1},"sur":"s"}}';
  expect(await front.notify(point, { rqi: "n1", body: unsayable })).toMatchObject(HELD);
  expect(await front.notify(point, { rqi: "n2" })).toMatchObject(HELD);
  const ae = await back(front, "CAE1", { ...XML, answer: ok });
  let request = await ae.nextRequest();
  if (request.rqi === "n1") request = await ae.nextRequest();
  expect(request).toMatchObject({ rqi: "n2" });
  await expectConserved(front.gateway);
});

test("what is larger than may be buffered for a connection does not hold up what follows", async () => {
  const front = await startHolding({ "ws.maxBuffered": "16KiB" });
  const point = await away(front);
  const body = sgnOf("/id-in/sub1", "x".repeat(40_000));
  expect(await front.notify(point, { rqi: "n1", body })).toMatchObject({ rsc: expect.anything() });
  expect(await front.notify(point, { rqi: "n2" })).toMatchObject(HELD);
  const ae = await back(front, "CAE1", { answer: ok });
  await expect.poll(() => rqisOf(ae)).toContain("n2");
  await expectConserved(front.gateway);
});

test("for an AE that takes no requests nothing is held (RG-21, D-4.1)", async () => {
  const front = await startHolding();
  const { ae, point } = await front.ae("CAE1", { attributes: { rr: false } });
  expect(await front.notify(point)).toMatchObject(NOT_REACHABLE);
  await leave(front, ae);
  expect(await front.notify(point)).toMatchObject(NOT_REACHABLE);
  await expectConserved(front.gateway, {});
});

const update = (rr: boolean): Message => ({
  op: 3,
  to: "CAE1",
  fr: "CAE1",
  pc: { "m2m:ae": { rr } },
});

test("an AE that says it takes no requests any more gets no more of what is held until it says it does (RG-21, D-4.1)", async () => {
  const front = await startHolding();
  await holdAll(front, await away(front), ["n1", "n2"]);
  const ae = await back(front);
  const request = await ae.nextRequest();
  expect(await ae.request(update(false))).toMatchObject({ rsc: 2004 });
  answer(ae, request);
  await quiet(front, ae);
  expect(rqisOf(ae)).toEqual(["n1"]);
  await expectConserved(front.gateway, { delivered: 1, entries: 1 });
  expect(await ae.request(update(true))).toMatchObject({ rsc: 2004 });
  expect(await ae.nextRequest()).toMatchObject({ rqi: "n2" });
});

test("an AE that takes no requests any more gets nothing of what is held on its next socket either (RG-21, D-4.1)", async () => {
  const front = await startHolding();
  await holdAll(front, await away(front), ["n1"]);
  const ae = await back(front);
  await ae.nextRequest();
  expect(await ae.request(update(false))).toMatchObject({ rsc: 2004 });
  await cut(front, ae);
  const again = await back(front);
  await quiet(front, again);
  expect(rqisOf(again)).toEqual([]);
  await expectConserved(front.gateway, { entries: 1 });
});

test("an AE that comes back to say that it takes no requests any more gets none (RG-21, D-4.1)", async () => {
  const front = await startHolding({ "ws.trustOrigin": "never" });
  await holdAll(front, await away(front), ["n1"]);
  const ae = await front.connect({ answer: ok });
  expect(await ae.request(update(false))).toMatchObject({ rsc: 2004 });
  await quiet(front, ae);
  expect(rqisOf(ae)).toEqual([]);
});

test("how much is held adds nothing to how many timers wait (architecture, D8)", async () => {
  const front = await startHolding();
  const point = await away(front);
  await holdAll(front, point, ["n1"]);
  const before = front.clock.waiting;
  await holdAll(
    front,
    point,
    Array.from({ length: 50 }, (_, index) => `m${index}`),
  );
  expect(front.clock.waiting).toBeLessThanOrEqual(before + 2);
  const ae = await back(front);
  answer(ae, await ae.nextRequest());
  await heldIs(front, 50);
});

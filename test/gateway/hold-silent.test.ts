import { expect, test } from "vitest";
import { ManualClock } from "../helpers/manual-clock.ts";
import { ok, startFront } from "./front.ts";
import {
  answer,
  ask,
  away,
  back,
  expectConserved,
  HELD,
  heldIs,
  holdAll,
  LABORATORY,
  quiet,
  rqisOf,
  SERVED,
  startHolding,
} from "./hold-in.ts";

test("a live registree that never answers gets a held Notify 3 times, 10 s apart; it is dropped then, and the next follows (BF-37)", async () => {
  const front = await startHolding();
  await holdAll(front, await away(front), ["n1", "n2"]);
  const ae = await back(front);
  const first = await ae.nextRequest();
  for (const rqis of [["n1"], ["n1", "n1"]]) {
    await quiet(front, ae);
    front.clock.advance(9_999);
    await quiet(front, ae);
    expect(rqisOf(ae)).toEqual(rqis);
    front.clock.advance(1);
    expect(await ae.nextRequest()).toEqual(first);
  }
  await quiet(front, ae);
  front.clock.advance(9_999);
  await quiet(front, ae);
  await expectConserved(front.gateway, { entries: 2 });
  front.clock.advance(1);
  const second = await ae.nextRequest();
  expect(second).toMatchObject({ rqi: "n2" });
  answer(ae, second);
  await expectConserved(front.gateway, { dropped: 1, delivered: 1 });
  expect(rqisOf(ae)).toEqual(["n1", "n1", "n1", "n2"]);
  expect(ae.socket.readyState).toBe(ae.socket.OPEN);
});

test("an answer to any of its repetitions ends it (5.4)", async () => {
  const front = await startHolding();
  await holdAll(front, await away(front), ["n1", "n2"]);
  const ae = await back(front);
  const request = await ae.nextRequest();
  await quiet(front, ae);
  front.clock.advance(10_000);
  await ae.nextRequest();
  answer(ae, request);
  const second = await ae.nextRequest();
  expect(second).toMatchObject({ rqi: "n2" });
  answer(ae, second);
  await expectConserved(front.gateway, { delivered: 2 });
  expect(rqisOf(ae)).toEqual(["n1", "n1", "n2"]);
});

test("a second answer to what was sent twice is taken for no other (D-3.4)", async () => {
  const front = await startHolding();
  await holdAll(front, await away(front), ["n1", "n2"]);
  const ae = await back(front);
  const request = await ae.nextRequest();
  await quiet(front, ae);
  front.clock.advance(10_000);
  await ae.nextRequest();
  answer(ae, request);
  await ae.nextRequest();
  answer(ae, request);
  await front.gateway.metricIs("m2mgw_unmatched_responses_total", 1);
  await expectConserved(front.gateway, { delivered: 1, entries: 1 });
});

test("how long and how often is configuration", async () => {
  const front = await startHolding({ "hold.answerWithin": "2s", "hold.attempts": "1" });
  await holdAll(front, await away(front), ["n1", "n2"]);
  const ae = await back(front);
  await ae.nextRequest();
  await quiet(front, ae);
  front.clock.advance(2_000);
  expect(await ae.nextRequest()).toMatchObject({ rqi: "n2" });
  await expectConserved(front.gateway, { dropped: 1, entries: 1 });
});

test("once what it was silent about is gone it is asked live again (architecture, S11)", async () => {
  const front = await startHolding({ "hold.answerWithin": "2s", "hold.attempts": "1" });
  const point = await away(front);
  await holdAll(front, point, ["n1"]);
  const ae = await back(front);
  await ae.nextRequest();
  await quiet(front, ae);
  front.clock.advance(2_000);
  await heldIs(front, 0);
  const relayed = front.notify(point, { rqi: "n2" });
  answer(ae, await ae.nextRequest());
  expect(await relayed).toMatchObject(SERVED);
  await expectConserved(front.gateway, { dropped: 1 });
});

test("a stored Create is sent once, however long its registree is silent (5.4, Q-26)", async () => {
  const front = await startHolding(LABORATORY);
  await away(front, "/id-mn");
  const call = {
    method: "POST",
    target: "/~/id-mn/cse?rt=1",
    headers: { "Content-Type": "application/json;ty=3" },
    body: '{"m2m:cnt":{}}',
  };
  expect(await ask(front, call)).toMatchObject({ status: 202 });
  const cse = await back(front, "/id-mn");
  await cse.nextRequest();
  for (let turn = 0; turn < 6; turn += 1) {
    await quiet(front, cse);
    front.clock.advance(10_000);
  }
  await quiet(front, cse);
  expect(rqisOf(cse)).toEqual(["h1"]);
  await expectConserved(front.gateway);
});

test("a registree whose socket is found dead at 35 s is away: a Notify for it is held (CL-02)", async () => {
  const clock = new ManualClock();
  const front = await startFront({}, { clock });
  const { ae, point } = await front.ae("CAE1", { autoPong: false });
  const pinged = new Promise((resolve) => ae.socket.once("ping", resolve));
  clock.advance(25_000);
  await pinged;
  clock.advance(10_000);
  await ae.closed;
  await front.gateway.metricIs("m2mgw_links", 0);
  expect(await front.notify(point)).toMatchObject(HELD);
  await back(front, "CAE1", { answer: ok });
  await expectConserved(front.gateway, { delivered: 1 });
});

test("a live Notify that awaits its answer when the socket is found dead is held and acknowledged (CL-02, BF-24)", async () => {
  const clock = new ManualClock();
  const front = await startFront({ "request.ceiling": "10m" }, { clock });
  const { ae, point } = await front.ae("CAE1", { autoPong: false });
  const answered = front.notify(point);
  await ae.nextRequest();
  clock.advance(35_000);
  expect(await answered).toMatchObject(HELD);
  await back(front, "CAE1", { answer: ok });
  await expectConserved(front.gateway, { delivered: 1 });
});

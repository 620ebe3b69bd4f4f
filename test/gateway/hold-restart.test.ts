import { expect, test } from "vitest";
import { epochMs } from "../../src/base/clock.ts";
import { type FakeCse, startCse } from "../helpers/fake-cse.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { startGateway } from "../helpers/start-gateway.ts";
import { damageStored } from "../helpers/stored-in.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { type Front, frontOf, inStep, ok } from "./front.ts";
import {
  answer,
  ask,
  away,
  back,
  cut,
  expectConserved,
  HELD,
  heldIs,
  holdAll,
  LABORATORY,
  quiet,
  rqisOf,
  startHolding,
} from "./hold-in.ts";

const NOON = Date.UTC(2026, 0, 1, 12);

/** Gateways one after the other on one state, in front of one CSE. */
async function startRuns(
  settings: Readonly<Record<string, string>> = {},
): Promise<{ readonly cse: FakeCse; run(secondsAfterNoon?: number): Promise<Front> }> {
  const [cse, stateDir] = [await startCse(), tempDir()];
  const all = { "cse.url": cse.url, "ws.pingAfter": "1h", ...settings };
  const run = async (seconds = 0): Promise<Front> => {
    const clock = new ManualClock(epochMs(NOON + seconds * 1_000));
    return frontOf(await startGateway(all, { stateDir, clock }), cse);
  };
  return { cse, run };
}

test("what was held when the gateway stopped is delivered by the next one, in order and byte for byte (BF-26, D-5.1)", async () => {
  const { run } = await startRuns();
  const before = await run();
  const point = await away(before);
  const body = '{ "m2m:sgn": {"nev":{"rep":{"x:y":{"v":[1.0,1e+05]}}} ,"sur":"/id-in/sub1"}}';
  expect(await before.notify(point, { rqi: "n1", body })).toMatchObject(HELD);
  await holdAll(before, point, ["n2", "n3"]);
  await expectConserved(before.gateway, { entries: 3 });
  await before.gateway.stop();

  const front = await run(60);
  await expectConserved(front.gateway, { entries: 3 });
  expect(await front.gateway.metric("m2mgw_hold_restored_total")).toBe(3);
  expect(await front.notify(point, { rqi: "n4" })).toMatchObject(HELD);
  const ae = await back(front, "CAE1", { answer: ok });
  await expectConserved(front.gateway, { delivered: 4 });
  expect(rqisOf(ae)).toEqual(["n1", "n2", "n3", "n4"]);
  expect(ae.frames[0]?.text).toContain(body);
});

test("what was delivered before stays delivered (BF-02, BF-26)", async () => {
  const { run } = await startRuns();
  const before = await run();
  await holdAll(before, await away(before), ["n1"]);
  const ae = await back(before, "CAE1", { answer: ok });
  await expectConserved(before.gateway, { delivered: 1 });
  await cut(before, ae);
  await before.gateway.stop();

  const front = await run();
  const again = await back(front);
  await quiet(front, again);
  expect(again.frames).toEqual([]);
  await expectConserved(front.gateway, {});
});

test("what expired while no gateway ran is counted and not delivered (BF-09, BF-26)", async () => {
  const { run } = await startRuns();
  const before = await run();
  const point = await away(before);
  await before.notify(point, { rqi: "n1", headers: { "X-M2M-RET": "30000" } });
  await before.notify(point, { rqi: "n2" });
  await before.gateway.stop();

  const front = await run(30);
  const ae = await back(front, "CAE1", { answer: ok });
  await expectConserved(front.gateway, { expired: 1, delivered: 1 });
  expect(rqisOf(ae)).toEqual(["n2"]);
});

test("a Notify that was sent and not answered when the gateway stopped is sent again, same rqi (BF-26, 5.4)", async () => {
  const { run } = await startRuns({ "shutdown.drain": "0s" });
  const before = await run();
  await holdAll(before, await away(before), ["n1", "n2"]);
  const ae = await back(before);
  const sent = await ae.nextRequest();
  await cut(before, ae);
  await before.gateway.stop();

  const front = await run();
  const again = await back(front);
  const resent = await again.nextRequest();
  expect(resent).toEqual(sent);
  answer(again, resent);
  answer(again, await again.nextRequest());
  await expectConserved(front.gateway, { delivered: 2 });
});

test("a newer Notify of category 4 supersedes what an earlier gateway held (BF-18, BF-26)", async () => {
  const { run } = await startRuns();
  const before = await run();
  const point = await away(before);
  const headers = { "X-M2M-EC": "4" };
  expect(await before.notify(point, { rqi: "n1", headers })).toMatchObject(HELD);
  await before.gateway.stop();

  const front = await run();
  expect(await front.notify(point, { rqi: "n2", headers })).toMatchObject(HELD);
  const ae = await back(front, "CAE1", { answer: ok });
  await expectConserved(front.gateway, { superseded: 1, delivered: 1 });
  expect(rqisOf(ae)).toEqual(["n2"]);
});

test("what an earlier gateway held counts towards the limits (BF-23, BF-26)", async () => {
  const { run } = await startRuns({ "hold.maxEntries": "2" });
  const before = await run();
  const point = await away(before);
  await holdAll(before, point, ["n1", "n2"]);
  await before.gateway.stop();

  const front = await run();
  expect(await front.notify(point, { rqi: "n3" })).toMatchObject({ status: 404, rsc: 5103 });
  await expectConserved(front.gateway, { entries: 2 });
});

test("a stored Create that was sent before the gateway stopped is not sent again; its request has failed with 4008 (BF-25; architecture, S12)", async () => {
  const { run } = await startRuns({ ...LABORATORY, "shutdown.drain": "0s" });
  const before = await run();
  await away(before, "/id-mn");
  const accepted = await ask(before, {
    method: "POST",
    target: "/~/id-mn/cse?rt=1",
    headers: { "Content-Type": "application/json;ty=3" },
    body: '{"m2m:cnt":{}}',
  });
  expect(accepted).toMatchObject({ status: 202, rsc: 1001 });
  const cse = await back(before, "/id-mn");
  await cse.nextRequest();
  await inStep(cse);
  await cut(before, cse);
  await before.gateway.stop();

  const front = await run();
  const again = await back(front, "/id-mn");
  await quiet(front, again);
  expect(rqisOf(again)).toEqual([]);
  const target = `/${JSON.parse(accepted.body)["m2m:uri"]}`;
  const { body } = await ask(front, { target, rqi: "h2" });
  expect(JSON.parse(body)).toMatchObject({ "m2m:req": { rs: 2, ors: { rsc: 4008 } } });
  await expectConserved(front.gateway);
  await heldIs(front, 0);
});

test("a non-blocking request outlives the gateway: its result is kept by the next one (BF-28, D-5.1)", async () => {
  const { run } = await startRuns();
  const before = await run();
  const point = await away(before);
  const accepted = await before.notify(`${point}?rt=1`);
  expect(accepted).toMatchObject({ status: 202, rsc: 1001 });
  await before.gateway.stop();

  const front = await run();
  const request = async (): Promise<unknown> => {
    const target = `/${JSON.parse(accepted.body)["m2m:uri"]}`;
    const { body } = await ask(front, { target, headers: { "X-M2M-Origin": "/id-in" } });
    return JSON.parse(body)["m2m:req"];
  };
  expect(await request()).toMatchObject({ rs: 3, rid: "n1" });
  await back(front, "CAE1", { answer: ok });
  await expectConserved(front.gateway, { delivered: 1 });
  expect(await request()).toMatchObject({ rs: 1, ors: { rsc: 2000, rqi: "n1" } });
});

test("a completed non-blocking request and its result outlive the gateway too (BF-28)", async () => {
  const { run } = await startRuns();
  const before = await run();
  const point = await away(before);
  const accepted = await before.notify(`${point}?rt=1`);
  const ae = await back(before, "CAE1", { answer: () => ({ rsc: 5205 }) });
  await expectConserved(before.gateway, { delivered: 1 });
  await cut(before, ae);
  await before.gateway.stop();

  const front = await run();
  const target = `/${JSON.parse(accepted.body)["m2m:uri"]}`;
  const { body } = await ask(front, { target, headers: { "X-M2M-Origin": "/id-in" } });
  expect(JSON.parse(body)["m2m:req"]).toMatchObject({ ors: { rsc: 5205, rqi: "n1" } });
});

test("an open exchange does not survive its gateway: nobody waits for it, and it is not delivered (5.4)", async () => {
  const { run } = await startRuns({ "shutdown.drain": "0s" });
  const before = await run();
  const point = await away(before);
  const answered = before.notify(`${point}?rt=3`);
  await heldIs(before, 1);
  await before.gateway.stop();
  await answered.catch(() => {});

  const front = await run();
  const ae = await back(front);
  await quiet(front, ae);
  expect(rqisOf(ae)).toEqual([]);
  await expectConserved(front.gateway);
});

test("one that cannot be read any more is counted as dropped, and the others are delivered in order (architecture, D4)", async () => {
  const { run } = await startRuns();
  const before = await run();
  await holdAll(before, await away(before), ["n1", "n2", "n3"]);
  await before.gateway.stop();
  await damageStored(before.gateway.stateDir, 1);

  const front = await run();
  expect(await front.gateway.metric("m2mgw_hold_restored_total")).toBe(3);
  const ae = await back(front, "CAE1", { answer: ok });
  await expectConserved(front.gateway, { delivered: 2, dropped: 1 });
  expect(rqisOf(ae)).toEqual(["n1", "n3"]);
});

test("a gateway on a state without anything held has accepted, restored and settled nothing", async () => {
  const front = await startHolding();
  await expectConserved(front.gateway, {});
  expect(await front.gateway.metric("m2mgw_hold_restored_total")).toBe(0);
});

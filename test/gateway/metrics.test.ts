import { expect, test } from "vitest";
import { connectRegistree } from "../helpers/fake-registree.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { rawUpgrade } from "../helpers/raw-upgrade.ts";
import { startGateway } from "../helpers/start-gateway.ts";
import { BASIC, startGuarded, WRONG } from "./credentials-in.ts";
import { ok, startFront, UNANSWERED } from "./front.ts";

const STAGE = (stage: string): string => `m2mgw_overhead_duration_seconds_count{stage="${stage}"}`;

test("each exchange shows what the gateway itself did for it, and what had to wait for its turn", async () => {
  const front = await startFront({ "ws.window": "1" });
  const { ae, point } = await front.ae("CAE1");
  const { metric } = front.gateway;
  const before = {
    read: await metric(STAGE("read")),
    forward: await metric(STAGE("forward")),
    answer: await metric(STAGE("answer")),
  };
  const [first, second] = [front.notify(point, { rqi: "1" }), front.notify(point, { rqi: "2" })];
  await front.gateway.metricIs(UNANSWERED, 2);
  for (let turn = 0; turn < 2; turn += 1) {
    const { rqi = "" } = await ae.nextRequest();
    ae.send({ rsc: 2000, rqi, rvi: "3" });
  }
  await Promise.all([first, second]);
  // Of each: its content, and the answer of the registree.
  expect(await metric(STAGE("read"))).toBe(before.read + 4);
  expect(await metric(STAGE("forward"))).toBe(before.forward + 2);
  expect(await metric(STAGE("answer"))).toBe(before.answer + 2);
  expect(await metric(STAGE("queue"))).toBe(1);
});

test("what cannot be read is counted by its serialization", async () => {
  const front = await startFront();
  const { point } = await front.ae("CAE1");
  expect(await front.notify(point, { body: "{" })).toMatchObject({ rsc: 4000 });
  expect(
    await front.gateway.metric('m2mgw_codec_errors_total{serialization="json",act="read"}'),
  ).toBe(1);
});

test("how long what is held has waited is shown while it waits, and when it was delivered", async () => {
  const clock = new ManualClock();
  const front = await startFront({}, { clock });
  const { ae, point } = await front.ae("CAE1");
  await ae.disconnect();
  await front.gateway.metricIs("m2mgw_links", 0);
  const arrived = clock.now() / 1000;
  await front.notify(point);
  const { metric } = front.gateway;
  const { metricIs } = front.gateway;
  await metricIs("m2mgw_hold_oldest_arrival_timestamp_seconds", arrived);
  await metricIs('m2mgw_registrees{state="away"}', 1);
  expect(await metric("m2mgw_hold_storing")).toBe(0);
  expect(await metric("m2mgw_store_write_duration_seconds_count")).toBeGreaterThan(0);
  expect(await metric("m2mgw_store_free_bytes")).toBeGreaterThan(0);
  clock.advance(90_000);
  await front.connect({ origin: "CAE1", answer: ok });
  await metricIs('m2mgw_hold_settled_total{outcome="delivered"}', 1);
  expect(await metric("m2mgw_hold_wait_seconds_sum")).toBe(90);
  await metricIs("m2mgw_hold_oldest_arrival_timestamp_seconds", 0);
});

test("what peers show to prove who they are is counted with what came of it", async () => {
  const front = await startGuarded();
  for (const authorization of [BASIC, WRONG, undefined]) {
    const headers: Record<string, string> =
      authorization === undefined ? {} : { Authorization: authorization };
    await rawUpgrade(front.gateway.ws, { headers });
    await front.http({
      target: "/cse-in",
      headers: { ...headers, "X-M2M-Origin": "CAE1", "X-M2M-RI": "1" },
    });
  }
  const proofs = (shown: string, result: string): Promise<number> =>
    front.gateway.metric(`m2mgw_authentications_total{shown="${shown}",result="${result}"}`);
  expect(await proofs("basic", "proven")).toBe(2);
  expect(await proofs("basic", "refused")).toBe(2);
  expect(await proofs("nothing", "none")).toBe(2);
  expect(await front.gateway.metric('m2mgw_denied_total{face="http",act="retrieve"}')).toBe(1);
});

test("where nobody can prove anything, nothing of that is counted", async () => {
  const gateway = await startGateway();
  await connectRegistree(gateway.ws, { headers: { Authorization: BASIC } });
  expect(await gateway.metric("m2mgw_authentications_total")).toBe(0);
});

test("a gateway that stops says so as long as its admin listener is there", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1");
  const underWay = front.notify(point);
  const { rqi = "" } = await ae.nextRequest();
  expect(await front.gateway.metric("m2mgw_draining")).toBe(0);
  const stopped = front.gateway.stopAtOnce();
  expect(await front.gateway.metric("m2mgw_draining")).toBe(1);
  ae.send({ rsc: 2000, rqi, rvi: "3" });
  await Promise.all([underWay, stopped]);
});

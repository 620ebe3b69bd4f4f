import { expect, test } from "vitest";
import { ManualClock } from "../helpers/manual-clock.ts";
import { asked, inStep, ok, startFront } from "./front.ts";

const RETRIEVE = { op: 2, to: "cse-in/x", fr: "CAE1" };
const SERVED = { status: 200, rsc: 2000 };

test("from a trusted network a newcomer takes an identity over, and the old socket is closed with 4001 (ID-08, D-3.3)", async () => {
  const front = await startFront();
  const { ae: old, point } = await front.ae("CAE1");
  const newcomer = await front.connect({ answer: ok });
  expect(await newcomer.request(RETRIEVE)).toMatchObject({ rsc: 2000 });
  expect(await old.closed).toMatchObject({ code: 4001 });
  expect(await front.notify(point)).toMatchObject(SERVED);
  expect(await newcomer.nextRequest()).toMatchObject({ op: 5, to: "CAE1" });
});

test("a trusted X-M2M-Origin takes over at the handshake (ID-03, D-3.3)", async () => {
  const front = await startFront();
  const { ae: old, point } = await front.ae("CAE1");
  await front.connect({ origin: "CAE1", answer: ok });
  expect(await old.closed).toMatchObject({ code: 4001 });
  expect(await front.notify(point)).toMatchObject(SERVED);
});

test("on plain ws without trust the newcomer is answered 4106 and the first socket stays (ID-09, D-3.3)", async () => {
  const front = await startFront({ "ws.trustOrigin": "never" });
  const { ae: first, point } = await front.ae("CAE1", { answer: ok });
  const newcomer = await front.connect({ origin: "CAE1" });
  expect(await newcomer.request(RETRIEVE)).toMatchObject({ rsc: 4106, rqi: "r1" });
  expect(asked(front.cse)).toEqual(["POST /cse-in"]);
  expect(await front.notify(point)).toMatchObject(SERVED);
  expect(await first.request(RETRIEVE)).toMatchObject({ rsc: 2000 });
  await inStep(newcomer);
  expect(newcomer.frames).toHaveLength(1);
  await front.gateway.metricIs('m2mgw_takeovers_total{result="refused"}', 1);
});

test("a registration of the same AE on another socket does not displace without trust either (D-3.3, D-3.6)", async () => {
  const front = await startFront({ "ws.trustOrigin": "never" });
  const { ae: first, point } = await front.ae("CAE1", { answer: ok });
  front.cse.answer(() => ({ rsc: 4117 }));
  const newcomer = await front.connect();
  expect(await newcomer.register("CAE1")).toMatchObject({ rsc: 4117 });
  expect(await front.notify(point)).toMatchObject(SERVED);
  expect(await first.nextRequest()).toMatchObject({ op: 5 });
});

test("without trust the newcomer waits until the old socket has failed a ping, and wins (D-3.3)", async () => {
  const clock = new ManualClock();
  const front = await startFront({ "ws.trustOrigin": "never" }, { clock });
  const { ae: old, point } = await front.ae("CAE1", { autoPong: false });
  const pinged = new Promise((resolve) => old.socket.once("ping", resolve));
  const newcomer = await front.connect({ answer: ok });
  const answers = Promise.all([newcomer.request(RETRIEVE), newcomer.request(RETRIEVE)]);
  await pinged;
  await inStep(newcomer);
  expect(newcomer.frames).toHaveLength(0);
  clock.advance(10_000);
  expect(await old.closed).toMatchObject({ code: 1006 });
  expect(await answers).toMatchObject([{ rsc: 2000 }, { rsc: 2000 }]);
  expect(await front.notify(point)).toMatchObject(SERVED);
  expect(await front.gateway.metric('m2mgw_takeovers_total{result="refused"}')).toBe(0);
});

test("without trust an old socket that answers the ping keeps its identity (D-3.3)", async () => {
  const clock = new ManualClock();
  const front = await startFront({ "ws.trustOrigin": "never" }, { clock });
  const { point } = await front.ae("CAE1", { answer: ok });
  const newcomer = await front.connect();
  expect(await newcomer.request(RETRIEVE)).toMatchObject({ rsc: 4106 });
  clock.advance(10_000);
  expect(await newcomer.request(RETRIEVE)).toMatchObject({ rsc: 4106 });
  expect(await front.notify(point)).toMatchObject(SERVED);
});

test("an old socket that carries another identity is not closed (D-3.2, D-3.3)", async () => {
  const front = await startFront();
  const { ae: old, point } = await front.ae("CAE1", { answer: ok });
  await old.register("CAE2");
  const newcomer = await front.connect({ answer: ok });
  await newcomer.request(RETRIEVE);
  expect(await front.notify(point)).toMatchObject(SERVED);
  expect(await newcomer.nextRequest()).toMatchObject({ to: "CAE1" });
  expect(await front.notify("/CAE2")).toMatchObject(SERVED);
  expect(await old.nextRequest()).toMatchObject({ to: "CAE2" });
  expect(old.socket.readyState).toBe(old.socket.OPEN);
});

test.each(["new", "old"] as const)(
  "after a take-over, the answer to what was asked before counts on the %s socket (ID-10, D-3.4)",
  async (which) => {
    const front = await startFront();
    const { ae: old, point } = await front.ae("CAE1");
    const answer = front.notify(point, { rqi: "n1" });
    expect(await old.nextRequest()).toMatchObject({ rqi: "n1" });
    const newcomer = await front.connect();
    await newcomer.request(RETRIEVE);
    (which === "new" ? newcomer : old).send({ rsc: 2000, rqi: "n1", pc: { "m2m:dbg": which } });
    expect(await answer).toMatchObject({ ...SERVED, body: `{"m2m:dbg":"${which}"}` });
    expect(await old.closed).toMatchObject({ code: 4001 });
  },
);

test("an unanswered request keeps the displaced socket open until it is answered (D-3.3, W-65)", async () => {
  const front = await startFront();
  const { ae: old, point } = await front.ae("CAE1");
  const answer = front.notify(point);
  await old.nextRequest();
  const newcomer = await front.connect({ answer: ok });
  await newcomer.request(RETRIEVE);
  await inStep(old);
  expect(old.socket.readyState).toBe(old.socket.OPEN);
  old.send({ rsc: 2000, rqi: "n1" });
  expect(await answer).toMatchObject(SERVED);
  expect(await old.closed).toMatchObject({ code: 4001 });
});

test("a request of the displaced socket that the CSE has yet to answer is answered there before it closes (W-65)", async () => {
  const front = await startFront();
  const { ae: old } = await front.ae("CAE1");
  let release = (): void => {};
  front.cse.answer(async ({ target }) => {
    if (target === "/cse-in/slow") await new Promise<void>((go) => (release = go));
    return { rsc: 2000, body: { "m2m:cb": {} } };
  });
  const slow = old.request({ ...RETRIEVE, to: "cse-in/slow" });
  await inStep(old);
  const newcomer = await front.connect();
  await newcomer.request(RETRIEVE);
  release();
  expect(await slow).toMatchObject({ rsc: 2000 });
  expect(await old.closed).toMatchObject({ code: 4001 });
});

test("the identity passes to a third socket and back, each time to the newest", async () => {
  const front = await startFront();
  const { point } = await front.ae("CAE1");
  for (const turn of [1, 2, 3]) {
    const next = await front.connect({
      answer: () => ({ rsc: 2000, pc: { "m2m:dbg": `${turn}` } }),
    });
    await next.request(RETRIEVE);
    expect(await front.notify(point)).toMatchObject({ body: `{"m2m:dbg":"${turn}"}` });
  }
});

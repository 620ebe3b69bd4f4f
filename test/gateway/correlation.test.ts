import { expect, test } from "vitest";
import type { Message, Registree } from "../helpers/fake-registree.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { asked, type Front, gate, inStep, ok, startFront, UNANSWERED, VERIFY } from "./front.ts";

const LABORATORY = { "ws.allowCseOnPlain": "true" };

const get = (front: Front, target: string, rqi: string, origin = "CApp") =>
  front.http({
    target,
    headers: { "X-M2M-Origin": origin, "X-M2M-RI": rqi, "X-M2M-RVI": "3" },
  });

/** The next `count` requests, in the order in which they came. */
async function take(registree: Registree, count: number): Promise<Message[]> {
  const taken: Message[] = [];
  while (taken.length < count) taken.push(await registree.nextRequest());
  return taken;
}

/** An answer that says which request it is for. */
const answerTo = ({ rqi, to }: Message): Message => ({
  rsc: 2000,
  rqi: rqi ?? "",
  pc: { "m2m:dbg": String(to) },
});

test("50 concurrent requests answered in reverse order: each originator gets its own answer (EX-08)", async () => {
  const front = await startFront(LABORATORY);
  const { ae: cse, point } = await front.registreeCse("/id-mn");
  const answers = Array.from({ length: 50 }, (_, n) => get(front, `${point}/cse/r${n}`, `q${n}`));
  for (const request of (await take(cse, 50)).reverse()) cse.send(answerTo(request));
  for (const [n, answer] of (await Promise.all(answers)).entries()) {
    expect(answer).toMatchObject({ rsc: 2000, body: `{"m2m:dbg":"cse/r${n}"}` });
    expect(answer.headers["x-m2m-ri"]).toBe(`q${n}`);
  }
});

test("two originators with one rqi at the same time have different ones on the wire (EX-09)", async () => {
  const front = await startFront(LABORATORY);
  const { ae: cse, point } = await front.registreeCse("/id-mn");
  const answers = [get(front, `${point}/a`, "same", "CA"), get(front, `${point}/b`, "same", "CB")];
  const requests = await take(cse, 2);
  expect(requests.map(({ rqi }) => rqi)).toContain("same");
  expect(new Set(requests.map(({ rqi }) => rqi)).size).toBe(2);
  for (const request of requests) cse.send(answerTo(request));
  const [a, b] = await Promise.all(answers);
  expect(a).toMatchObject({ rsc: 2000, body: '{"m2m:dbg":"a"}', headers: { "x-m2m-ri": "same" } });
  expect(b).toMatchObject({ rsc: 2000, body: '{"m2m:dbg":"b"}', headers: { "x-m2m-ri": "same" } });
});

test("an originator that repeats the rqi of a request still pending gets 400 with 4000 (EX-10)", async () => {
  const front = await startFront(LABORATORY);
  const { ae: cse, point } = await front.registreeCse("/id-mn");
  const first = get(front, `${point}/a`, "same");
  const request = await cse.nextRequest();
  expect(await get(front, `${point}/b`, "same")).toMatchObject({ status: 400, rsc: 4000 });
  cse.send(answerTo(request));
  expect(await first).toMatchObject({ rsc: 2000, body: '{"m2m:dbg":"a"}' });
  await inStep(cse);
  expect(cse.frames).toHaveLength(2);
});

test("a Notify that repeats a pending rqi is never refused: it gets another one on the wire (S14, D-5.2)", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1");
  const bodies = ["1", "2", "3"].map((n) => `{"m2m:sgn":{"sur":"${n}"}}`);
  const answers = bodies.map((body) => front.notify(point, { rqi: "same", body }));
  const requests = await take(ae, 3);
  expect(new Set(requests.map(({ rqi }) => rqi)).size).toBe(3);
  for (const { rqi, pc } of requests.reverse()) {
    ae.send({ rsc: 2000, rqi: rqi ?? "", pc: { "m2m:dbg": JSON.stringify(pc) } });
  }
  for (const [n, answer] of (await Promise.all(answers)).entries()) {
    expect(answer).toMatchObject({ rsc: 2000, headers: { "x-m2m-ri": "same" } });
    expect(JSON.parse(answer.body)).toEqual({ "m2m:dbg": bodies[n] });
  }
});

test("the rqi of a completed request may be used again (EX-11)", async () => {
  const front = await startFront(LABORATORY);
  const { ae: cse, point } = await front.registreeCse("/id-mn", { answer: answerTo });
  for (const to of ["a", "b"]) {
    expect(await get(front, `${point}/${to}`, "same")).toMatchObject({
      body: `{"m2m:dbg":"${to}"}`,
    });
    expect(await cse.nextRequest()).toMatchObject({ rqi: "same", to });
  }
});

test("the two directions of a socket have rqi spaces of their own (EX-12)", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1");
  const atCse = gate();
  front.cse.answer(async () => {
    await atCse.opened;
    return { rsc: 2000, body: { "m2m:cb": {} } };
  });
  const retrieved = ae.request({ op: 2, to: "cse-in", fr: "CAE1", rqi: "1" });
  const notified = front.notify(point, { rqi: "1" });
  expect(await ae.nextRequest()).toMatchObject({ op: 5, rqi: "1" });
  ae.send({ rsc: 2000, rqi: "1", pc: { "m2m:dbg": "from the AE" } });
  expect(await notified).toMatchObject({ rsc: 2000, body: '{"m2m:dbg":"from the AE"}' });
  atCse.open();
  expect(await retrieved).toMatchObject({ rsc: 2000, rqi: "1", pc: { "m2m:cb": {} } });
});

test("a response that nobody waits for is ignored and counted (EX-13)", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1", { answer: ok });
  ae.send({ rsc: 2000, rqi: "never-asked" });
  await front.gateway.metricIs("m2mgw_unmatched_responses_total", 1);
  expect(await front.notify(point)).toMatchObject({ status: 200, rsc: 2000 });
  expect(ae.frames).toHaveLength(2);
});

test("a second answer to the same request is ignored and counted (EX-13)", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1");
  const answer = front.notify(point);
  await ae.nextRequest();
  ae.send({ rsc: 2000, rqi: "n1" });
  ae.send({ rsc: 4000, rqi: "n1" });
  expect(await answer).toMatchObject({ rsc: 2000 });
  await front.gateway.metricIs("m2mgw_unmatched_responses_total", 1);
});

test("a late answer is not taken for that to another originator under the same rqi (EX-14)", async () => {
  const clock = new ManualClock();
  const front = await startFront({}, { clock });
  const { ae, point } = await front.ae("CAE1");
  const ask = (origin: string) =>
    front.notify(point, { ...VERIFY, rqi: "same", headers: { "X-M2M-Origin": origin } });
  const first = ask("/id-in/CA");
  const { rqi: late = "" } = await ae.nextRequest();
  clock.advance(8_000);
  expect(await first).toMatchObject({ rsc: 4008 });
  const second = ask("/id-in/CB");
  const { rqi = "" } = await ae.nextRequest();
  ae.send({ rsc: 2000, rqi: late, pc: { "m2m:dbg": "for CA" } });
  ae.send({ rsc: 2000, rqi, pc: { "m2m:dbg": "for CB" } });
  const answer = await second;
  expect(answer).toMatchObject({ rsc: 2000, body: '{"m2m:dbg":"for CB"}' });
  expect(answer.headers["x-m2m-ri"]).toBe("same");
  expect(await front.gateway.metric("m2mgw_unmatched_responses_total")).toBe(1);
});

test("a response from another registree does not count, whatever its rqi (ID-11, D-3.4)", async () => {
  const front = await startFront();
  const { ae: one, point } = await front.ae("CAE1");
  const { ae: two } = await front.ae("CAE2");
  const answer = front.notify(point);
  await one.nextRequest();
  two.send({ rsc: 5000, rqi: "n1" });
  await front.gateway.metricIs("m2mgw_unmatched_responses_total", 1);
  one.send({ rsc: 2000, rqi: "n1" });
  expect(await answer).toMatchObject({ status: 200, rsc: 2000 });
});

test("of a flood of 200 requests at most 64 are in flight to the CSE, and all are answered (EX-23)", async () => {
  const front = await startFront({ "cse.connections": "300" });
  const { ae } = await front.ae("CAE1");
  let inFlight = 0;
  let most = 0;
  const full = gate();
  const release = gate();
  front.cse.answer(async ({ target }) => {
    if (target === "/cse-in/probe") return { rsc: 2000 };
    inFlight += 1;
    most = Math.max(most, inFlight);
    if (inFlight === 64) full.open();
    await release.opened;
    inFlight -= 1;
    return { rsc: 2000, body: { "m2m:dbg": target } };
  });
  const responses = Array.from({ length: 200 }, (_, n) =>
    ae.request({ op: 2, to: `cse-in/r${n}`, fr: "CAE1" }),
  );
  await inStep(ae);
  await full.opened;
  await get(front, "/cse-in/probe", "probe");
  release.open();
  for (const [n, response] of (await Promise.all(responses)).entries()) {
    expect(response).toMatchObject({ rsc: 2000, pc: { "m2m:dbg": `/cse-in/r${n}` } });
  }
  expect(most).toBe(64);
  expect(asked(front.cse)).toHaveLength(202);
});

test("a registree has at most 64 requests unanswered, the rest wait and all are answered (EX-23)", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1");
  const answers = Array.from({ length: 100 }, (_, n) => front.notify(point, { rqi: `n${n}` }));
  await front.gateway.metricIs(UNANSWERED, 100);
  await inStep(ae);
  expect(ae.frames).toHaveLength(1 + 64);
  for (let served = 0; served < 100; served += 1) {
    const { rqi = "" } = await ae.nextRequest();
    ae.send({ rsc: 2000, rqi });
  }
  for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ rsc: 2000 });
});

test("past the window and the queue a request that is never held is refused with 5103 at once", async () => {
  const clock = new ManualClock();
  const front = await startFront({ "ws.window": "1", "ws.queue": "1" }, { clock });
  const { ae, point } = await front.ae("CAE1");
  const [sent, queued] = [front.notify(point, { rqi: "a" }), front.notify(point, { rqi: "b" })];
  await front.gateway.metricIs(UNANSWERED, 2);
  expect(await front.notify(point, { ...VERIFY, rqi: "c" })).toMatchObject({
    status: 404,
    rsc: 5103,
  });
  for (let served = 0; served < 2; served += 1) {
    const { rqi = "" } = await ae.nextRequest();
    ae.send({ rsc: 2000, rqi });
  }
  expect(await sent).toMatchObject({ rsc: 2000 });
  expect(await queued).toMatchObject({ rsc: 2000 });
});

test("a connection that is lost before the answer gives 504 with 4008 at once to what is never held (5.3)", async () => {
  const clock = new ManualClock();
  const front = await startFront({}, { clock });
  const { ae, point } = await front.ae("CAE1");
  const answer = front.notify(point, VERIFY);
  await ae.nextRequest();
  ae.socket.terminate();
  expect(await answer).toMatchObject({ status: 504, rsc: 4008 });
});

import { expect, test } from "vitest";
import type { Message, Registree } from "../helpers/fake-registree.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { type Front, gate, gatewayUrlIn, inStep, startFront, UNANSWERED, VERIFY } from "./front.ts";

const LABORATORY = { "ws.allowCseOnPlain": "true", "cse.connections": "300" };
/** No time passes, so nothing ends because it took too long. */
const stopped = (): { clock: ManualClock } => ({ clock: new ManualClock() });

/** Registers AEs on one connection; gives the path of the point of access of each. */
async function registerAll(
  front: Front,
  registree: Registree,
  originators: readonly string[],
): Promise<string[]> {
  const points = [];
  for (const originator of originators) {
    expect(await registree.register(originator)).toMatchObject({ rsc: 2001 });
    points.push(new URL(gatewayUrlIn(front.poaAtCse(), front.gateway)).pathname);
  }
  return points;
}

const answerAllBut =
  (silent: string) =>
  ({ to }: Message): Message | undefined =>
    to === silent ? undefined : { rsc: 2000 };

test("of several AEs on one connection a silent one keeps no request for the others waiting (section 6)", async () => {
  const front = await startFront({}, stopped());
  const registree = await front.connect({ answer: answerAllBut("CSilent") });
  const originators = ["CSilent", "CLamp", "CDoor"];
  const [silent = "", ...others] = await registerAll(front, registree, originators);
  const flood = Array.from({ length: 200 }, (_, n) => front.notify(silent, { rqi: `s${n}` }));
  await front.gateway.metricIs(UNANSWERED, 200);
  for (let round = 0; round < 20; round += 1) {
    for (const point of others) {
      expect(await front.notify(point, { rqi: `n${round}` })).toMatchObject({ rsc: 2000 });
    }
  }
  expect(await front.gateway.metric(UNANSWERED)).toBe(200);
  // Each of the others' was sent at once: 40 of them behind the 64 that nobody answers.
  expect(await sentTo(registree, "CSilent")).toHaveLength(64);
  registree.socket.terminate();
  await Promise.all(flood);
});

test("a silent AE whose requests fill the queue leaves room in it for those of others (section 6)", async () => {
  const front = await startFront({ "ws.window": "4", "ws.queue": "4" }, stopped());
  const registree = await front.connect();
  const [silent = "", lamp = ""] = await registerAll(front, registree, ["CSilent", "CLamp"]);
  const flood = Array.from({ length: 8 }, (_, n) => front.notify(silent, { rqi: `s${n}` }));
  await front.gateway.metricIs(UNANSWERED, 8);
  expect(await front.notify(silent, VERIFY)).toMatchObject({ rsc: 5103 });
  // One is sent, one waits, and neither is refused or held.
  const answers = ["l1", "l2"].map((rqi) => front.notify(lamp, { rqi }));
  await front.gateway.metricIs(UNANSWERED, 10);
  for (const rqi of ["l1", "l2"]) {
    for (;;) if ((await registree.nextRequest()).rqi === rqi) break;
    registree.send({ rsc: 2000, rqi });
  }
  for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ rsc: 2000 });
  registree.socket.terminate();
  await Promise.all(flood);
});

test("of several AEs behind one CSE one that floods a slow target keeps no request of the others waiting (section 6)", async () => {
  const front = await startFront(LABORATORY, stopped());
  const { ae: cse } = await front.registreeCse("/id-mn");
  const slow = gate();
  const full = gate();
  let kept = 0;
  front.cse.answer(async ({ target }) => {
    if (target === "/cse-in/slow") {
      kept += 1;
      if (kept === 64) full.open();
      await slow.opened;
    }
    return { rsc: 2000, body: { "m2m:dbg": target } };
  });
  const flood = Array.from({ length: 200 }, (_, n) =>
    cse.request({ op: 2, to: "cse-in/slow", fr: "/id-mn/CFlood", rqi: `s${n}` }),
  );
  await full.opened;
  for (let round = 0; round < 20; round += 1) {
    for (const fr of ["/id-mn/CLamp", "/id-mn/CDoor"]) {
      const to = `cse-in/r${round}`;
      expect(await cse.request({ op: 2, to, fr })).toMatchObject({
        rsc: 2000,
        pc: { "m2m:dbg": `/${to}` },
      });
    }
  }
  expect(kept).toBe(64);
  slow.open();
  for (const answer of await Promise.all(flood)) expect(answer).toMatchObject({ rsc: 2000 });
  expect(kept).toBe(200);
});

test("an AE whose requests fill the queue leaves room in it for those of others (section 6)", async () => {
  const settings = { ...LABORATORY, "ws.window": "2", "ws.queue": "4" };
  const front = await startFront(settings, stopped());
  const { ae: cse } = await front.registreeCse("/id-mn");
  const slow = gate();
  front.cse.answer(async () => {
    await slow.opened;
    return { rsc: 2000 };
  });
  const ask = (fr: string, count: number): Promise<Message>[] =>
    Array.from({ length: count }, (_, n) =>
      cse.request({ op: 2, to: "cse-in/slow", fr, rqi: `${fr} ${n}` }),
    );
  const flood = ask("/id-mn/CFlood", 7);
  expect(await flood[6]).toMatchObject({ rsc: 5103 });
  const others = ask("/id-mn/CLamp", 2);
  await inStep(cse);
  slow.open();
  for (const answer of await Promise.all([...flood.slice(0, 6), ...others])) {
    expect(answer).toMatchObject({ rsc: 2000 });
  }
});

test("two AEs on one connection are sent one identifier at the same time under different ones, and each originator gets its answer (EX-09)", async () => {
  const front = await startFront();
  const registree = await front.connect();
  const points = await registerAll(front, registree, ["CLamp", "CDoor"]);
  const answers = points.map((point) =>
    front.notify(point, { rqi: "same", headers: { "X-M2M-Origin": `/id-in/app${point.at(-1)}` } }),
  );
  const requests = [await registree.nextRequest(), await registree.nextRequest()];
  expect(requests.map(({ rqi }) => rqi)).toContain("same");
  expect(new Set(requests.map(({ rqi }) => rqi)).size).toBe(2);
  for (const { rqi = "", to } of requests.reverse()) {
    registree.send({ rsc: 2000, rqi, pc: { "m2m:dbg": String(to) } });
  }
  const [lamp, door] = await Promise.all(answers);
  expect(lamp).toMatchObject({ body: '{"m2m:dbg":"CLamp"}', headers: { "x-m2m-ri": "same" } });
  expect(door).toMatchObject({ body: '{"m2m:dbg":"CDoor"}', headers: { "x-m2m-ri": "same" } });
});

test("two AEs behind one CSE may ask under one identifier at the same time, and both are answered with theirs (EX-09)", async () => {
  const front = await startFront(LABORATORY);
  const { ae: cse } = await front.registreeCse("/id-mn");
  const first = gate();
  front.cse.answer(async ({ target, headers }) => {
    if (target === "/cse-in/a") await first.opened;
    expect(headers["x-m2m-ri"]).toBe("same");
    return { rsc: 2000, body: { "m2m:dbg": `${target} for ${headers["x-m2m-origin"]}` } };
  });
  for (const [fr, to] of [
    ["/id-mn/CLamp", "cse-in/a"],
    ["/id-mn/CDoor", "cse-in/b"],
  ]) {
    cse.send({ op: 2, to, fr, rqi: "same", rvi: "3" } as Message);
  }
  expect(await cse.nextResponse()).toMatchObject({
    rqi: "same",
    pc: { "m2m:dbg": "/cse-in/b for /id-mn/CDoor" },
  });
  first.open();
  expect(await cse.nextResponse()).toMatchObject({
    rqi: "same",
    pc: { "m2m:dbg": "/cse-in/a for /id-mn/CLamp" },
  });
});

/** The requests for `to` that have reached the registree. */
async function sentTo(registree: Registree, to: string): Promise<Message[]> {
  await inStep(registree);
  const messages = registree.frames.map(({ text }) => JSON.parse(text) as Message);
  return messages.filter((message) => message.op !== undefined && message.to === to);
}

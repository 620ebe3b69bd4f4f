import { expect, test } from "vitest";
import { later, millis } from "../../../src/base/clock.ts";
import { Outbox } from "../../../src/binding/ws/outbox.ts";
import type { EntityId } from "../../../src/primitive/identifiers.ts";
import type { RequestId, ResponsePrimitive } from "../../../src/primitive/primitive.ts";
import { entity, requestOf, responseOf } from "../../core/primitives.ts";
import { ManualClock } from "../../helpers/manual-clock.ts";

const SILENT = entity("/id-in/CSilent");
const LAMP = entity("/id-in/CLamp");
const DOOR = entity("/id-in/CDoor");

interface Limits {
  readonly window: number;
  readonly queue: number;
  readonly maxBuffered: number;
}

/** An outbox, and what was sent: by registree and Request Identifier, the one on the wire behind it. */
function open(limits: Partial<Limits> = {}) {
  const clock = new ManualClock();
  const sent: { readonly from: string; readonly rqi: string; readonly wireId: RequestId }[] = [];
  let isSlow = false;
  const outbox: Outbox = new Outbox({
    limits: { window: 64, queue: 1024, maxBuffered: 1_000_000, ...limits },
    clock,
    send: ({ from = "", requestIdentifier }, wireId) =>
      sent.push({ from, rqi: requestIdentifier, wireId }),
    isSlow: () => isSlow,
    waited: () => {},
    ended: () => outbox.progress(),
  });
  /** In the name of the registree, as on a link to a registrar. */
  const deliver = (
    registree: EntityId,
    rqi: string,
    { wait = 8_000, pc = undefined as unknown } = {},
  ) => {
    const request = requestOf({ op: "notify", fr: registree, rqi, pc });
    const answer = outbox.deliver(request, later(clock.now(), millis(wait)), registree);
    answer.catch(() => {});
    return answer;
  };
  const flood = (registree: EntityId, count: number) =>
    Array.from({ length: count }, (_, n) => deliver(registree, `f${n}`));
  const sentOf = (registree: EntityId): number =>
    sent.filter(({ from }) => from === registree).length;
  const answer = (wireId: string, pc?: unknown) => outbox.settle(responseOf(2000, pc, wireId));
  const slow = (now: boolean): void => {
    isSlow = now;
  };
  return { clock, outbox, sent, deliver, flood, sentOf, answer, slow };
}

test("a registree that shares the link with nobody has the whole window", () => {
  const { flood, sentOf } = open();
  flood(LAMP, 100);
  expect(sentOf(LAMP)).toBe(64);
});

test("a silent registree with any number of requests keeps none of another's waiting", async () => {
  const { flood, deliver, sent, answer, sentOf } = open();
  flood(SILENT, 500);
  for (let n = 0; n < 200; n += 1) {
    const answered = deliver(LAMP, `n${n}`);
    expect(sent.at(-1)).toMatchObject({ from: LAMP, rqi: `n${n}` });
    answer(`n${n}`);
    expect(await answered).toMatchObject({ responseStatusCode: 2000 });
  }
  expect(sentOf(SILENT)).toBe(64);
});

test("a silent registree takes no place of others while these have requests under way", () => {
  const { flood, deliver, sentOf, answer } = open();
  void deliver(LAMP, "n");
  flood(SILENT, 500);
  expect(sentOf(SILENT)).toBe(32);
  flood(DOOR, 500);
  expect(sentOf(DOOR)).toBe(16);
  // Nobody answers for it, and it gets no more than it had.
  answer("n");
  expect(sentOf(SILENT)).toBe(32);
});

test("those who flood alike are sent the same number, in turn", () => {
  const { flood, sent, answer, outbox } = open({ window: 4 });
  const three = [SILENT, LAMP, DOOR];
  for (const registree of three) flood(registree, 40);
  for (let answered = 0; answered < 60; answered += 1) answer(sent[answered]?.wireId ?? "");
  const turns = sent.slice(12, 60).map(({ from }) => from);
  for (let at = 0; at < turns.length; at += 3) {
    expect(new Set(turns.slice(at, at + 3))).toEqual(new Set(three));
  }
  expect(outbox.isIdle).toBe(false);
});

test("the requests of one registree stay in order", () => {
  const { flood, sent, answer } = open({ window: 4 });
  for (const registree of [LAMP, DOOR]) flood(registree, 50);
  for (let answered = 0; answered < sent.length; answered += 1)
    answer(sent[answered]?.wireId ?? "");
  for (const registree of [LAMP, DOOR]) {
    expect(sent.filter(({ from }) => from === registree).map(({ rqi }) => rqi)).toEqual(
      Array.from({ length: 50 }, (_, n) => `f${n}`),
    );
  }
});

test("what a silent registree was sent frees its places when it goes unanswered, and the next of it go out", () => {
  const { clock, flood, deliver, sentOf, answer } = open();
  flood(SILENT, 64);
  void deliver(SILENT, "late", { wait: 60_000 });
  void deliver(LAMP, "n", { wait: 60_000 });
  clock.advance(8_000);
  expect(sentOf(SILENT)).toBe(65);
  expect(answer("late")).toBe(true);
  expect(answer("n")).toBe(true);
});

test("a registree that fills the queue leaves room in it for others, which are refused only past their own share", async () => {
  const { clock, flood, deliver, slow, sent } = open({ queue: 4 });
  slow(true);
  const [, , , , fifth] = flood(SILENT, 5);
  await expect(fifth).rejects.toMatchObject({ code: "GW_LINK_BUSY" });
  const [first, second] = [deliver(LAMP, "a"), deliver(LAMP, "b")];
  await expect(second).rejects.toMatchObject({ code: "GW_LINK_BUSY" });
  clock.advance(8_000);
  await expect(first).rejects.toMatchObject({ code: "GW_NOT_SENT_IN_TIME" });
  expect(sent).toEqual([]);
});

test("a registree that fills the queue in bytes leaves room in it for others", async () => {
  const { deliver, slow, outbox, sent } = open({ maxBuffered: 1_000 });
  slow(true);
  const large = { pc: { "m2m:dbg": "x".repeat(900) } };
  void deliver(SILENT, "a", large);
  await expect(deliver(SILENT, "b", large)).rejects.toMatchObject({ code: "GW_LINK_BUSY" });
  void deliver(LAMP, "n", { pc: { "m2m:dbg": "x".repeat(300) } });
  slow(false);
  outbox.progress();
  expect(sent.map(({ rqi }) => rqi)).toEqual(["a", "n"]);
});

test("a request overtakes none of the same registree that waits, though the peer reads again", () => {
  const { deliver, slow, outbox, sent } = open();
  slow(true);
  void deliver(LAMP, "a");
  slow(false);
  void deliver(LAMP, "b");
  outbox.progress();
  expect(sent.map(({ rqi }) => rqi)).toEqual(["a", "b"]);
});

test("the same identifier of several originators under way or waiting is one for each on the wire, and each gets its own answer (EX-09; TS-0001, 7.1.7)", async () => {
  const { deliver, sent, answer } = open({ window: 2 });
  const originators = [LAMP, DOOR, SILENT];
  const answers = originators.map((originator) => deliver(originator, "same"));
  expect(sent.map(({ from }) => from)).toEqual([LAMP, DOOR]);
  expect(new Set(sent.map(({ wireId }) => wireId)).size).toBe(2);
  answer(sent[1]?.wireId ?? "", { to: DOOR });
  expect(sent[2]).toMatchObject({ from: SILENT, rqi: "same" });
  answer(sent[2]?.wireId ?? "", { to: SILENT });
  answer(sent[0]?.wireId ?? "", { to: LAMP });
  for (const [at, response] of (await Promise.all(answers)).entries()) {
    expect(response.requestIdentifier).toBe("same");
    expect(contentOf(response)).toEqual({ to: originators[at] });
  }
});

const contentOf = ({ content }: ResponsePrimitive): unknown => content?.tree();

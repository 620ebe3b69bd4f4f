import fc from "fast-check";
import { expect, test } from "vitest";
import WebSocket from "ws";
import type { Registree, RegistreeOptions } from "../helpers/fake-registree.ts";
import type { HttpAnswer } from "../helpers/http-client.ts";
import { ok } from "./front.ts";
import {
  away,
  back,
  cut,
  expectConserved,
  holdAll,
  NOT_REACHABLE,
  quiet,
  SERVED,
  startHolding,
} from "./hold-in.ts";

/** Answers every request, and keeps its rqi. */
const noting = (got: { add(rqi: string): unknown }): RegistreeOptions => ({
  answer: ({ rqi = "" }) => {
    got.add(rqi);
    return ok();
  },
});

const numbered = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `n${index}`);

/** Answers that the originators of plain Notify may get while registrees come and go. */
const isFine = ({ status, rsc }: HttpAnswer): boolean =>
  (status === 200 && rsc === 2000) || (status === 202 && rsc === 1000);

test("Notify that come all at once for a registree that is away are all held and all delivered", async () => {
  const front = await startHolding();
  const point = await away(front);
  const rqis = numbered(200);
  const answered = await Promise.all(rqis.map((rqi) => front.notify(point, { rqi })));
  expect(new Set(answered.map(({ rsc }) => rsc))).toEqual(new Set([1000]));
  const got = new Set<string>();
  await back(front, "CAE1", noting(got));
  await expectConserved(front.gateway, { delivered: 200 });
  expect(got).toEqual(new Set(rqis));
});

test("a Notify that comes while its registree returns needs nothing further to be delivered", async () => {
  const front = await startHolding();
  const point = await away(front);
  const got = new Set<string>();
  for (const rqi of numbered(30)) {
    const answered = front.notify(point, { rqi });
    const returned = back(front, "CAE1", noting(got));
    expect(isFine(await answered)).toBe(true);
    const ae = await returned;
    await expect.poll(() => got.has(rqi)).toBe(true);
    await front.gateway.metricIs("m2mgw_hold_entries", 0);
    await cut(front, ae);
  }
  await expectConserved(front.gateway);
});

test("a Notify that comes while its registree leaves is answered or held, never refused or lost", async () => {
  const front = await startHolding();
  const point = await away(front);
  const got = new Set<string>();
  const rqis = numbered(30);
  for (const rqi of rqis) {
    const ae = await back(front, "CAE1", noting(got));
    const answered = front.notify(point, { rqi });
    ae.socket.terminate();
    const { status, rsc, body } = await answered;
    expect([status, rsc, body]).toEqual(
      status === 200 ? [SERVED.status, SERVED.rsc, ""] : [202, 1000, expect.anything()],
    );
    await front.gateway.metricIs("m2mgw_links", 0);
  }
  await back(front, "CAE1", noting(got));
  await front.gateway.metricIs("m2mgw_hold_entries", 0);
  expect(got).toEqual(new Set(rqis));
  await expectConserved(front.gateway);
});

test("a dozen registrees that come back together each get their own, in order", async () => {
  const front = await startHolding();
  const ids = Array.from({ length: 12 }, (_, index) => `CAE${index + 1}`);
  const points = new Map<string, string>();
  for (const id of ids) points.set(id, await away(front, id));
  for (const [id, point] of points) await holdAll(front, point, [`${id}-1`, `${id}-2`, `${id}-3`]);
  const got = new Map(ids.map((id) => [id, new Set<string>()]));
  await Promise.all(ids.map((id) => back(front, id, noting(got.get(id) ?? new Set()))));
  await expectConserved(front.gateway, { delivered: 36 });
  for (const id of ids) expect([...(got.get(id) ?? [])]).toEqual([`${id}-1`, `${id}-2`, `${id}-3`]);
});

const STEPS = ["notify", "blocking", "return", "cut", "mute", "answer"] as const;
type Step = (typeof STEPS)[number];
const steps = fc.array(fc.constantFrom<Step>("notify", "notify", ...STEPS), {
  minLength: 5,
  maxLength: 20,
});

test("whatever the order in which all come, go, answer and keep silent: what was acknowledged is delivered, and the books balance", async () => {
  const script = async (taken: readonly Step[]): Promise<void> => {
    const front = await startHolding({ "hold.answerWithin": "1h" });
    const point = await away(front);
    const [held, got] = [new Set<string>(), new Set<string>()];
    const open: Promise<unknown>[] = [];
    const unanswered: string[] = [];
    let registree: Registree | undefined;
    let isMute = false;
    const come = async (): Promise<void> => {
      registree = await back(front, "CAE1", {
        answer: ({ rqi = "" }) => {
          got.add(rqi);
          if (!isMute) return ok();
          unanswered.push(rqi);
          return undefined;
        },
      });
    };
    const isThere = (): boolean => registree?.socket.readyState === WebSocket.OPEN;
    const answerAll = (): void => {
      if (!isThere()) return;
      for (const rqi of unanswered.splice(0)) registree?.send({ rsc: 2000, rvi: "3", rqi });
    };
    const send = (target: string, rqi: string): void => {
      const answered = front.notify(target, { rqi });
      open.push(answered.then(({ rsc }) => rsc === 1000 && held.add(rqi)));
    };
    const carryOut: Readonly<Record<Step, (rqi: string) => void | Promise<void>>> = {
      notify: (rqi) => send(point, rqi),
      blocking: (rqi) => send(`${point}?rt=3`, rqi),
      return: come,
      answer: answerAll,
      cut: () => registree?.socket.terminate(),
      mute: () => {
        isMute = !isMute;
      },
    };
    for (const [index, step] of taken.entries()) {
      await carryOut[step](`${step}${index}`);
      await quiet(front);
    }
    isMute = false;
    await come();
    answerAll();
    await front.gateway.metricIs("m2mgw_hold_entries", 0);
    front.clock.advance(8_000);
    await Promise.all(open);
    await front.gateway.metricIs("m2mgw_hold_entries", 0);
    expect([...held].filter((rqi) => !got.has(rqi))).toEqual([]);
    await expectConserved(front.gateway);
  };
  await fc.assert(fc.asyncProperty(steps, script), {
    numRuns: 5,
    timeout: 8_000,
    endOnFailure: true,
  });
});

test("an exchange that nobody can be told about any more is no reason to refuse the next", async () => {
  const front = await startHolding({ "hold.maxEntries": "1" });
  const point = await away(front);
  const first = front.notify(`${point}?rt=3`, { rqi: "o1" });
  await front.gateway.metricIs("m2mgw_hold_entries", 1);
  front.clock.advance(8_000);
  expect(await first).toMatchObject(NOT_REACHABLE);
  await holdAll(front, point, ["n1"]);
  await expectConserved(front.gateway, { expired: 1, entries: 1 });
});

import { setTimeout as delay } from "node:timers/promises";
import { type HoldBench, ratios } from "./hold-bench.ts";
import type { HoldGateway } from "./hold-gateway.ts";
import { type Away, fillState } from "./hold-state.ts";
import { median, printRows, spreadOf } from "./report.ts";

export interface ScaleOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly bytes: number;
  readonly held: number;
  readonly registrees: number;
  /** How many expire at once. */
  readonly due: number;
  /** How long after they were put there. */
  readonly leadSeconds: number;
}

/** A gateway and what was measured of it while nothing else went on. */
interface Standing {
  readonly gateway: HoldGateway;
  readonly held: number;
  readonly filledMs: number;
  /** What a start takes behind a clean stop; `gateway` started behind a kill. */
  readonly cleanReadyMs: number;
  readonly startPause: number;
  /** RssAnon in MiB. */
  readonly atRest: number;
  readonly expiredMs: number;
  readonly expiryPause: number;
}

interface Round {
  readonly taken: number;
  readonly delivered: number;
  readonly pause: number;
}

const IN_FLIGHT = 32;
const SETTLE_MS = 1_000;
const POLL_MS = 50;
const EACH = 100;

/** Measures a gateway whose store is full beside one whose store is nearly empty. */
export async function measureScale(bench: HoldBench, options: ScaleOptions): Promise<void> {
  const { due, held, registrees, rounds } = options;
  const { processes } = bench;
  const group = Math.max(1, Math.min(100, Math.floor(registrees / 10)));
  // What the rounds deliver is for others than the great mass, and the same in both.
  const returning = { prefix: "CM", registrees: group * (rounds + 1), each: EACH };
  const mass = { prefix: "CH", registrees };
  // As many registrees have something: what grows is what is held for each.
  const few = [{ ...mass, each: 1 }, returning];
  const many = [{ ...mass, each: Math.floor(held / registrees) }, returning];
  const ending = { prefix: "CX", registrees: due, each: 1 };
  const ofNone = await anonymousOfNone(bench, [...few, ending], options);
  const small = await stand(bench, "small", few, ending, options);
  const full = await stand(bench, "full", many, ending, options);
  const results: { readonly small: Round; readonly full: Round }[] = [];
  for (let turn = 0; turn <= rounds; turn += 1) {
    const run = ({ gateway }: Standing) =>
      measureRound(bench, gateway, turn * group, group, options);
    // Neither always comes first, and the first of all is warm-up.
    const earlier = turn % 2 === 0 ? undefined : await run(full);
    const result = { small: await run(small), full: earlier ?? (await run(full)) };
    if (turn > 0) results.push(result);
  }
  const once = (title: string, of: (one: Standing) => number): string[] => [
    title,
    of(small).toFixed(0),
    of(full).toFixed(0),
    (of(full) / of(small)).toFixed(2),
  ];
  const often = (title: string, of: (one: Round) => number): string[] => {
    const [less, more] = [results.map((one) => of(one.small)), results.map((one) => of(one.full))];
    return [title, median(less).toFixed(0), median(more).toFixed(0), spreadOf(ratios(more, less))];
  };
  printRows(`${held} held for ${registrees} registrees, beside a small store`, [
    ["", "small", "full", "full × small"],
    once("held", (one) => one.held),
    once("filled within, ms", ({ filledMs }) => filledMs),
    once("takes connections after, ms", ({ cleanReadyMs }) => cleanReadyMs),
    once("after kill -9, ms", ({ gateway }) => gateway.readyMs),
    once("longest pause behind that, ms", ({ startPause }) => startPause),
    [
      `RssAnon at rest, MiB; ${ofNone.toFixed(0)} with nothing held`,
      ...once("", (one) => one.atRest).slice(1),
    ],
    once("RssAnon at the end, MiB", ({ gateway }) => gateway.anonymous()),
    once(`${due} due at once have ended after, ms`, ({ expiredMs }) => expiredMs),
    once("longest pause meanwhile, ms", ({ expiryPause }) => expiryPause),
    often(`taken in/s, ${IN_FLIGHT} in flight`, ({ taken }) => taken),
    often(`delivered/s, ${group} registrees with ${EACH} each`, ({ delivered }) => delivered),
    often("longest pause meanwhile, ms", ({ pause }) => pause),
  ]);
  for (const { gateway } of [small, full]) await processes.end(gateway.pid);
}

/** RssAnon of a gateway that knows the same registrees and holds nothing for them. */
async function anonymousOfNone(
  bench: HoldBench,
  groups: readonly Away[],
  { bytes }: ScaleOptions,
): Promise<number> {
  const dir = bench.processes.folder();
  await fillState(
    dir,
    bytes,
    groups.map((group) => ({ ...group, each: 0 })),
  );
  const gateway = await bench.start("none", dir);
  await delay(SETTLE_MS);
  const anonymous = gateway.anonymous();
  await bench.processes.end(gateway.pid);
  return anonymous;
}

async function stand(
  bench: HoldBench,
  name: string,
  groups: readonly Away[],
  ending: Away,
  { bytes, due, leadSeconds }: ScaleOptions,
): Promise<Standing> {
  const dir = bench.processes.folder();
  const from = performance.now();
  await fillState(dir, bytes, groups);
  const filledMs = performance.now() - from;
  const dueAt = Date.now() + 1_000 * leadSeconds;
  await fillState(dir, bytes, [{ ...ending, expires: dueAt }]);
  const killed = await bench.start(name, dir);
  process.kill(killed.pid, "SIGKILL");
  await bench.processes.end(killed.pid);
  const gateway = await bench.start(name, dir);
  await delay(SETTLE_MS);
  if (Date.now() > dueAt - SETTLE_MS) throw new Error(`${name} was too late: --lead`);
  const startPause = await gateway.longestPause();
  const atRest = gateway.anonymous();
  await delay(dueAt - SETTLE_MS / 2 - Date.now());
  await gateway.longestPause();
  while ((await gateway.metric('m2mgw_hold_settled_total{outcome="expired"}')) < due) {
    await delay(POLL_MS);
  }
  const expiredMs = Date.now() - dueAt;
  const expiryPause = await gateway.longestPause();
  const held = await gateway.metric("m2mgw_hold_entries");
  const cleanReadyMs = killed.readyMs;
  return { gateway, held, filledMs, cleanReadyMs, startPause, atRest, expiredMs, expiryPause };
}

/** @param first number of the first registree that returns */
async function measureRound(
  bench: HoldBench,
  gateway: HoldGateway,
  first: number,
  count: number,
  { registrees, seconds }: ScaleOptions,
): Promise<Round> {
  await gateway.longestPause();
  const away = { prefix: "CH", away: true, registrees, connections: IN_FLIGHT };
  const { perSecond: taken } = await bench.notify(gateway, away, seconds);
  const group = { prefix: "CM", first, count, each: EACH };
  const delivered = await bench.deliveryRate(gateway, group);
  return { taken, delivered, pause: await gateway.longestPause() };
}

/** Thousands of registrees return at once to what was held for them, while requests to others go on. */
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { buildBench } from "./build.ts";
import { type Answered, quantile } from "./closed-loop.ts";
import { HoldBench } from "./hold-bench.ts";
import type { HoldGateway } from "./hold-gateway.ts";
import { fillState } from "./hold-state.ts";
import { printHeader, printRows } from "./report.ts";
import type { Return } from "./returning.ts";
import { FIRST_WARMUP_SECONDS, runBench } from "./rounds.ts";

const { values } = parseArgs({
  options: {
    registrees: { type: "string", default: "2000" },
    each: { type: "string", default: "10" },
    /** Processes that they return from. */
    processes: { type: "string", default: "4" },
    rounds: { type: "string", default: "3" },
    bytes: { type: "string", default: "500" },
    /** HTTP connections, and registrees, of the requests that go on. */
    connections: { type: "string", default: "32" },
    before: { type: "string", default: "4" },
    /** Of the requests that go on: before, during and after the return. */
    seconds: { type: "string", default: "30" },
    flags: { type: "string", default: "" },
    main: { type: "string", default: "" },
  },
});
const registrees = Number(values.registrees);
const each = Number(values.each);
const rounds = Number(values.rounds);
const bytes = Number(values.bytes);
const connections = Number(values.connections);
const before = 1_000 * Number(values.before);
const seconds = Number(values.seconds);

const LEAST_AFTER_MS = 2_000;

interface Homecoming {
  readonly returns: readonly Return[];
  readonly before: Live;
  readonly during: Live;
  readonly after: Live;
  readonly pauseBefore: number;
  readonly pauseDuring: number;
}

/** Of the requests that go on. */
interface Live {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
}

async function comeHome(bench: HoldBench, gateway: HoldGateway, turn: number): Promise<Homecoming> {
  await gateway.longestPause();
  const live = bench.notify(
    gateway,
    { connections, registrees: connections, traced: true },
    seconds,
  );
  // Told when it is waited for.
  live.catch(() => {});
  const start = Date.now();
  const at = start + before;
  // The processes that they come from have to be there first, but not long.
  await delay(before - 1_500);
  const pauseBefore = await gateway.longestPause();
  const group = { prefix: `CR${turn}-`, first: 0, count: registrees, each };
  const returns = await bench.comeBack(gateway, group, at, Number(values.processes));
  const pauseDuring = await gateway.longestPause();
  const { answered = [] } = await live;
  const end = at + Math.max(...returns.map(({ last }) => last));
  const over = answered.at(-1)?.at ?? start;
  if (over < end + LEAST_AFTER_MS) throw new Error("the requests ended too early: --seconds");
  return {
    returns,
    // While the processes start they take the processors for themselves.
    before: liveOf(answered, answered[0]?.at ?? start, at - 1_500),
    during: liveOf(answered, at, end),
    after: liveOf(answered, end + 500, over),
    pauseBefore,
    pauseDuring,
  };
}

function liveOf(answered: readonly Answered[], from: number, to: number): Live {
  const some = answered.filter(({ at }) => at >= from && at < to).map(({ ms }) => ms);
  const ordered = some.sort((a, b) => a - b);
  return {
    perSecond: (1_000 * some.length) / (to - from),
    p50: quantile(ordered, 0.5),
    p99: quantile(ordered, 0.99),
    longest: ordered.at(-1) ?? Number.NaN,
  };
}

const text = (value: number): string => value.toFixed(value < 10 ? 2 : 0);

function report(homecomings: readonly Homecoming[]): void {
  const row = (title: string, of: (one: Homecoming) => string): string[] => [
    title,
    ...homecomings.map(of),
  ];
  const spread = (title: string, of: (one: Return) => number): string[] =>
    row(title, ({ returns }) => {
      const ordered = returns.map(of).sort((a, b) => a - b);
      const [middle, slowest] = [quantile(ordered, 0.5), quantile(ordered, 1)];
      return `${text(middle)}, ${text(slowest)} (× ${(slowest / middle).toFixed(2)})`;
    });
  const phases = (title: string, of: (live: Live) => number): string[] =>
    row(title, (one) => {
      const [first, second, third] = [of(one.before), of(one.during), of(one.after)];
      return `${text(first)}, ${text(second)} (× ${(second / first).toFixed(2)}), ${text(third)} (× ${(third / first).toFixed(2)})`;
    });
  printRows(`${registrees} registrees return at once to ${each} each`, [
    row("", (one) => `round ${homecomings.indexOf(one) + 1}`),
    row("all delivered within, s", ({ returns }) => text(tookMs(returns) / 1_000)),
    row("delivered/s", ({ returns }) => text((1_000 * registrees * each) / tookMs(returns))),
    row("refused by the kernel, tried again", ({ returns }) =>
      String(returns.reduce((sum, { refused }) => sum + refused, 0)),
    ),
    spread("connected, ms: median, slowest", ({ opened }) => opened),
    spread("the first one, ms: median, slowest", ({ first }) => first),
    spread("the last one, ms: median, slowest", ({ last }) => last),
    phases("live req/s: before, during, after", ({ perSecond }) => perSecond),
    phases("live p50, ms", ({ p50 }) => p50),
    phases("live p99, ms", ({ p99 }) => p99),
    phases("live slowest, ms", ({ longest }) => longest),
    row(
      "longest pause, ms: before, during",
      ({ pauseBefore, pauseDuring }) => `${text(pauseBefore)}, ${text(pauseDuring)}`,
    ),
  ]);
}

const tookMs = (returns: readonly Return[]): number => Math.max(...returns.map(({ last }) => last));

await runBench(async (processes) => {
  const bench = new HoldBench(processes, buildBench(), bytes, values);
  const parameters = {
    rounds: `${rounds}; a gateway that was warmed by one of a tenth`,
    returning: `each on a WebSocket of its own, from ${values.processes} processes`,
    figures: "of each round; in brackets the slowest × the median, and × before",
    live: `Notify, ${bytes} B of content, ${connections} HTTP connections with one under way to as many registrees`,
  };
  printHeader("A homecoming", parameters);
  const dir = processes.folder();
  const turns = Array.from({ length: rounds }, (_, turn) => turn);
  const groups = turns.map((turn) => ({ prefix: `CR${turn}-`, registrees, each }));
  const tenth = Math.ceil(registrees / 10);
  await fillState(dir, bytes, [...groups, { prefix: "CW", registrees: tenth, each }]);
  const gateway = await bench.start("gateway", dir);
  await bench.connectLive(gateway, connections);
  await bench.notify(gateway, { connections, registrees: connections }, 1, FIRST_WARMUP_SECONDS);
  await bench.deliveryRate(gateway, { prefix: "CW", first: 0, count: tenth, each });
  const homecomings: Homecoming[] = [];
  for (const turn of turns) homecomings.push(await comeHome(bench, gateway, turn));
  report(homecomings);
});

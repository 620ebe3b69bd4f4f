import { setTimeout as delay } from "node:timers/promises";
import { Device } from "./device.ts";
import { GatewayProcess } from "./gateway-process.ts";
import { type Happening, Journal } from "./journal.ts";
import { ORIGIN, Originator } from "./originator.ts";
import { Random } from "./random.ts";
import { type Ending, judge, type Letter, letterKey, type Verdict } from "./verdict.ts";

export interface CrashOptions {
  /** The built `main.js`. */
  readonly program: string;
  readonly stateDir: string;
  readonly rounds: number;
  readonly seed: number;
  /** AEs that come and go, beside the one that is told results. */
  readonly aes: number;
  /** Told after each round. */
  readonly onRound?: (round: number) => void;
}

export interface CrashReport extends Verdict {
  readonly kills: Readonly<Record<Moment, number>>;
  readonly seconds: number;
}

/** When the gateway is killed, and how often in so many rounds. */
const MOMENTS = { starting: 3, working: 6, receiving: 5, delivering: 4, draining: 2 } as const;
export type Moment = keyof typeof MOMENTS;

/** Longest time under load before that moment, and longest time between it and the kill, in ms. */
const LOAD = 400;
const AFTER = { working: 0, receiving: 4, delivering: 4, draining: 40 } as const;
/** Longest time in which everything comes to rest. */
const DRAIN_LIMIT = 60_000;

const CSE = "/id-mn";

const FLAGS = [
  ...["--ws.allowCseOnPlain", "true", "--log.level", "warn", "--shutdown.drain", "1s"],
  ...["--request.ceiling", "300ms", "--hold.answerWithin", "300ms", "--hold.attempts", "5"],
  ...["--hold.maxEntries", "1000000", "--hold.maxBytes", "1GiB", "--hold.maxRequests", "1000000"],
  ...["--hold.deadLetters", "1000000", "--hold.resultKept", "10m"],
];

/** Kills the gateway in every round, then lets everything come to rest and judges what its peers have seen. */
export async function runRounds(options: CrashOptions): Promise<CrashReport> {
  const { program, stateDir, rounds, seed, aes, onRound } = options;
  const startedAt = Date.now();
  const random = new Random(seed);
  const journal = new Journal();
  const gateway = new GatewayProcess(program, stateDir, FLAGS);
  const common = { gateway, journal };
  const ids = Array.from({ length: aes }, (_, n) => `Cdev${n + 1}`);
  const devices = [...ids, ORIGIN, CSE].map(
    (id) => new Device({ ...common, id, random: random.stream(`device ${id}`) }),
  );
  const originators = [...ids, CSE].map((registree, n) => {
    const id = `q${n + 1}`;
    return new Originator({ ...common, id, registree, random: random.stream(`originator ${id}`) });
  });
  const kills: Record<Moment, number> = {
    ...{ starting: 0, working: 0, receiving: 0, delivering: 0, draining: 0 },
  };
  try {
    await gateway.spawn();
    const spawnedAt = Date.now();
    await gateway.listening();
    const startTime = Date.now() - spawnedAt;
    for (const device of devices) await device.register();
    const lives = devices.map((device) => device.run());
    const loads = originators.map((originator) => originator.run());
    const killer = random.stream("killer");
    for (let round = 1; round <= rounds; round += 1) {
      const moment = killer.pick(MOMENTS);
      if (round > 1) await gateway.spawn();
      await killAt(moment, { gateway, journal, random: killer, startTime });
      kills[moment] += 1;
      onRound?.(round);
    }
    await gateway.spawn();
    await gateway.listening();
    const ending = await comeToRest({ gateway, devices, originators, loads });
    const exit = await gateway.stop();
    for (const device of devices) device.stop();
    await Promise.all(lives);
    const { figures, violations } = judge(journal, ending);
    const seconds = (Date.now() - startedAt) / 1_000;
    const more = [
      ...gateway.accidents,
      ...originators.flatMap(({ faults }) => faults),
      ...(exit === 0 ? [] : [`the last process ended with ${exit}`]),
    ];
    return { figures, violations: [...violations, ...more], kills, seconds };
  } finally {
    for (const device of devices) device.stop();
    for (const originator of originators) {
      originator.stop();
      originator.close();
    }
    await gateway.kill();
  }
}

interface Killing {
  readonly gateway: GatewayProcess;
  readonly journal: Journal;
  readonly random: Random;
  /** How long the gateway takes to start, about. */
  readonly startTime: number;
}

async function killAt(
  moment: Moment,
  { gateway, journal, random, startTime }: Killing,
): Promise<void> {
  // As many numbers in every round, whatever the moment: the rounds after it stay what they are.
  const [when, after] = [random.next(), random.next()];
  if (moment === "starting") {
    await delay(when * startTime);
    return await gateway.kill();
  }
  await gateway.listening();
  await delay(when * LOAD);
  if (moment === "draining") gateway.terminate();
  if (moment === "receiving") await happened(journal, "sent");
  if (moment === "delivering") await happened(journal, "delivered");
  await delay(after * AFTER[moment]);
  await gateway.kill();
}

const happened = (journal: Journal, happening: Happening): Promise<unknown> =>
  Promise.race([journal.next(happening), delay(LOAD)]);

/** Stops the load, has every device there and answering, and waits until nothing is held any more. */
async function comeToRest(world: {
  readonly gateway: GatewayProcess;
  readonly devices: readonly Device[];
  readonly originators: readonly Originator[];
  readonly loads: readonly Promise<void>[];
}): Promise<Ending> {
  const { gateway, devices, originators, loads } = world;
  for (const device of devices) device.calm();
  for (const originator of originators) originator.stop();
  await Promise.all(loads);
  const giveUpAt = Date.now() + DRAIN_LIMIT;
  let metrics = await metricsOf(gateway);
  const isBusy = () => metrics.entries > 0 || originators.some(({ open }) => open > 0);
  while (isBusy() && Date.now() < giveUpAt) {
    for (const originator of originators) while (await originator.look());
    await delay(50);
    metrics = await metricsOf(gateway);
  }
  const letters = new Map<string, Letter[]>();
  for (const { id } of devices) {
    for (const { requestIdentifier, outcome, at } of await lettersOf(gateway, id)) {
      const key = letterKey(id, requestIdentifier);
      letters.set(key, [...(letters.get(key) ?? []), { outcome, at: Date.parse(at) }]);
    }
  }
  return { letters, ...metrics };
}

async function metricsOf({ faces }: GatewayProcess): Promise<{ entries: number; balance: number }> {
  const text = await (await fetch(`${faces?.admin}/metrics`)).text();
  const sample = (name: string): number => {
    const lines = [...text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, "gm"))];
    if (lines.length === 0) throw new Error(`there is no ${name}`);
    return lines.reduce((sum, [, value]) => sum + Number(value), 0);
  };
  const entries = sample("m2mgw_hold_entries");
  const came = sample("m2mgw_hold_restored_total") + sample("m2mgw_hold_accepted_total");
  return { entries, balance: came - sample("m2mgw_hold_settled_total") - entries };
}

interface PrintedLetter {
  readonly requestIdentifier: string;
  readonly outcome: string;
  /** ISO 8601. */
  readonly at: string;
}

async function lettersOf(
  { faces }: GatewayProcess,
  registree: string,
): Promise<readonly PrintedLetter[]> {
  const query = new URLSearchParams({ registree, limit: "1000" });
  const response = await fetch(`${faces?.admin}/api/v1/dead-letters?${query}`);
  const { items } = (await response.json()) as { items: PrintedLetter[] };
  return items;
}

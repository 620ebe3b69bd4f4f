import { cpus, loadavg, release, totalmem, type } from "node:os";
import type { Sample } from "./closed-loop.ts";
import { MEASURE } from "./contenders.ts";

/** The samples of one setting by contender, one for each round. */
export type Rounds = ReadonlyMap<string, readonly Sample[]>;

interface Column {
  readonly title: string;
  readonly of: (sample: Sample) => number;
  readonly digits: number;
  /** Whether it is compared with the measure. */
  readonly compared: boolean;
}

const COLUMNS: readonly Column[] = [
  { title: "req/s", of: ({ perSecond }) => perSecond, digits: 0, compared: true },
  { title: "req/CPU s", of: ({ perCpuSecond }) => perCpuSecond, digits: 0, compared: true },
  { title: "p50 ms", of: ({ p50 }) => p50, digits: 2, compared: true },
  { title: "p99 ms", of: ({ p99 }) => p99, digits: 2, compared: true },
  // A server well below one CPU was waiting for the load or for the machine: then only its CPU seconds tell.
  {
    title: "CPUs",
    of: (sample) => sample.perSecond / sample.perCpuSecond,
    digits: 2,
    compared: false,
  },
];
const RATIO_TITLE = `× ${MEASURE}`;

/** What the numbers depend on, for whoever reads them elsewhere. */
export function printHeader(title: string, parameters: Readonly<Record<string, string>>): void {
  const [cpu] = cpus();
  const gibibytes = (totalmem() / 2 ** 30).toFixed(0);
  const load = loadavg()[0]?.toFixed(2);
  const facts = {
    machine: `${cpu?.model ?? process.arch}, ${cpus().length} CPUs, ${gibibytes} GiB, ${type()} ${release()}`,
    load: `${load} at the start`,
    node: process.version,
    ...parameters,
  };
  console.log(title);
  for (const [name, value] of Object.entries(facts)) console.log(`  ${name.padEnd(12)}${value}`);
  console.log(
    `  ${"figures".padEnd(12)}medians of the rounds; ${RATIO_TITLE}: median (least..greatest) of the ratios within a round`,
  );
}

export function printTable(title: string, rounds: Rounds): void {
  const measure = rounds.get(MEASURE);
  const head = [
    "",
    ...COLUMNS.flatMap((column) =>
      column.compared ? [column.title, RATIO_TITLE] : [column.title],
    ),
  ];
  const rows = [...rounds].map(([name, samples]) => [
    name,
    ...COLUMNS.flatMap(({ of, digits, compared }) => {
      const value = median(samples.map(of)).toFixed(digits);
      if (!compared) return [value];
      const ratios = measure && samples.map((sample, n) => of(sample) / of(measure[n] as Sample));
      return [value, ratios === undefined ? "" : spreadOf(ratios)];
    }),
  ]);
  const widths = head.map((_, n) =>
    Math.max(...[head, ...rows].map((cells) => cells[n]?.length ?? 0)),
  );
  console.log(`\n${title}`);
  for (const cells of [head, ...rows]) {
    const padded = cells.map((cell, n) =>
      n === 0 ? cell.padEnd(widths[n] ?? 0) : cell.padStart(widths[n] ?? 0),
    );
    console.log(`  ${padded.join("  ").trimEnd()}`);
  }
}

function spreadOf(ratios: readonly number[]): string {
  const [least, greatest] = [Math.min(...ratios), Math.max(...ratios)];
  return `${median(ratios).toFixed(2)} (${least.toFixed(2)}..${greatest.toFixed(2)})`;
}

function median(values: readonly number[]): number {
  const ordered = [...values].sort((a, b) => a - b);
  const middle = ordered.length >> 1;
  const upper = ordered[middle] as number;
  return ordered.length % 2 === 1 ? upper : (upper + (ordered[middle - 1] as number)) / 2;
}

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
/**
 * What the numbers depend on, for whoever reads them elsewhere.
 *
 * @param parameters say what the `figures` are where they are not medians of rounds
 * @param measure what the ratios are ratios to
 */
export function printHeader(
  title: string,
  parameters: Readonly<Record<string, string>>,
  measure = MEASURE,
): void {
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
  if ("figures" in parameters) return;
  console.log(
    `  ${"figures".padEnd(12)}medians of the rounds; × ${measure}: median (least..greatest) of the ratios within a round`,
  );
}

/** @param measure the contender that all others are compared with */
export function printTable(title: string, rounds: Rounds, measure = MEASURE): void {
  const compared = rounds.get(measure);
  const head = [
    "",
    ...COLUMNS.flatMap((column) =>
      column.compared ? [column.title, `× ${measure}`] : [column.title],
    ),
  ];
  const rows = [...rounds].map(([name, samples]) => [
    name,
    ...COLUMNS.flatMap(({ of, digits, compared: isCompared }) => {
      const value = median(samples.map(of)).toFixed(digits);
      if (!isCompared) return [value];
      const ratios = compared && samples.map((sample, n) => of(sample) / of(compared[n] as Sample));
      return [value, ratios === undefined ? "" : spreadOf(ratios)];
    }),
  ]);
  printRows(title, [head, ...rows]);
}

/** The first row is the head, the first column on the left. */
export function printRows(title: string, rows: readonly (readonly string[])[]): void {
  const widths = rows[0]?.map((_, n) => Math.max(...rows.map((cells) => cells[n]?.length ?? 0)));
  console.log(`\n${title}`);
  for (const cells of rows) {
    const padded = cells.map((cell, n) =>
      n === 0 ? cell.padEnd(widths?.[n] ?? 0) : cell.padStart(widths?.[n] ?? 0),
    );
    console.log(`  ${padded.join("  ").trimEnd()}`);
  }
}

/** The median, the least and the greatest. */
export function spreadOf(values: readonly number[], digits = 2): string {
  const [least, greatest] = [Math.min(...values), Math.max(...values)];
  return `${median(values).toFixed(digits)} (${least.toFixed(digits)}..${greatest.toFixed(digits)})`;
}

export function median(values: readonly number[]): number {
  const ordered = [...values].sort((a, b) => a - b);
  const middle = ordered.length >> 1;
  const upper = ordered[middle] as number;
  return ordered.length % 2 === 1 ? upper : (upper + (ordered[middle - 1] as number)) / 2;
}

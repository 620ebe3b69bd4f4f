import { Registry } from "prom-client";
import type { Buckets, CountsBy } from "./hot-counters.ts";

/** One number, and the labels that it stands under. */
export interface Sample {
  readonly value: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** Figures in buckets, and the labels that they stand under. */
export interface Histogram {
  readonly buckets: Buckets;
  readonly labels: Readonly<Record<string, string>>;
}

type Type = "counter" | "gauge" | "histogram";

/**
 * What is shown to Prometheus: counts and figures of our own, asked for when it scrapes, beside metrics of prom-client.
 *
 * Ours are asked in one turn of the event loop, so that they fit together, and written here: prom-client counts, and
 * writes, with objects and hashes.
 */
export class Exposition {
  readonly registry = new Registry();
  readonly #written: (() => string)[] = [];

  /** A counter for each combination of label values, present from the start. @param names of the labels, in order */
  counts(
    name: string,
    help: string,
    counts: Pick<CountsBy<never>, "entries">,
    ...names: readonly string[]
  ): void {
    this.samples("counter", name, help, () =>
      Array.from(counts.entries(), ({ labels, count }) => ({
        value: count,
        labels: Object.fromEntries(names.map((label, index) => [label, labels[index] ?? ""])),
      })),
    );
  }

  /** A metric without labels. @param value gives undefined where it does not apply: it is left out then */
  single(
    type: "counter" | "gauge",
    name: string,
    help: string,
    value: () => number | undefined,
  ): void {
    this.samples(type, name, help, () => {
      const now = value();
      return now === undefined ? [] : [{ value: now, labels: {} }];
    });
  }

  samples(
    type: "counter" | "gauge",
    name: string,
    help: string,
    samples: () => readonly Sample[],
  ): void {
    this.#add(type, name, help, () =>
      samples().map(({ labels, value }) => lineOf(name, labels, value)),
    );
  }

  histograms(name: string, help: string, histograms: readonly Histogram[]): void {
    this.#add("histogram", name, help, () =>
      histograms.flatMap(({ buckets, labels }) => linesOf(name, buckets, labels)),
    );
  }

  /** In the text format of Prometheus. */
  async text(): Promise<string> {
    const own = this.#written.map((write) => write()).join("");
    return `${await this.registry.metrics()}${own}`;
  }

  #add(type: Type, name: string, help: string, lines: () => readonly string[]): void {
    const head = `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
    this.#written.push(() => `${head}${lines().join("")}\n`);
  }
}

function linesOf(name: string, buckets: Buckets, labels: Histogram["labels"]): string[] {
  const cumulative = buckets.cumulative();
  const total = cumulative.at(-1) ?? 0;
  return [
    ...cumulative.map((count, index) => {
      const le = String(buckets.bounds[index] ?? "+Inf");
      return lineOf(`${name}_bucket`, { ...labels, le }, count);
    }),
    lineOf(`${name}_sum`, labels, buckets.sum),
    lineOf(`${name}_count`, labels, total),
  ];
}

function lineOf(name: string, labels: Sample["labels"], value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}${pairs.length === 0 ? "" : `{${pairs.join()}}`} ${value}\n`;
}

const escaped = (text: string): string =>
  text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

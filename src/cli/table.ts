import type { Terminal } from "./terminal.ts";

const GAP = 2;
/** Narrower columns say nothing any more. */
const NARROWEST = 6;

/**
 * Rows below their headings, in columns; cut to the width of the terminal, where there is one: the widest columns
 * give way first.
 */
export function tableOf(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  { columns }: Pick<Terminal, "columns">,
): string[] {
  const all = [headings, ...rows];
  const widths = headings.map((_, at) => Math.max(...all.map((row) => (row[at] ?? "").length)));
  const room = (columns ?? Number.POSITIVE_INFINITY) - GAP * (headings.length - 1);
  for (let over = sumOf(widths) - room; over > 0; over -= 1) {
    const widest = widths.indexOf(Math.max(...widths));
    if ((widths[widest] ?? 0) <= NARROWEST) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return all.map((row) =>
    row
      .map((cell, at) => cut(cell, widths[at] ?? 0).padEnd((widths[at] ?? 0) + GAP))
      .join("")
      .trimEnd(),
  );
}

/** The same text, or its beginning where it is too long. */
export const cut = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, width - 1)}…`;

const sumOf = (numbers: readonly number[]): number =>
  numbers.reduce((sum, number) => sum + number, 0);

/** A length of time as a person says it: `3m`, `2h`. */
export function spanOf(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1_000));
  for (const [unit, length] of UNITS) {
    if (seconds >= length) return `${Math.floor(seconds / length)}${unit}`;
  }
  return `${seconds}s`;
}

const UNITS = [
  ["d", 86_400],
  ["h", 3_600],
  ["m", 60],
] as const;

import { type Millis, millis } from "../base/clock.ts";

const TIME_UNITS = new Map([
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
]);
const SIZE_UNITS = new Map([
  ["GiB", 1024 ** 3],
  ["MiB", 1024 ** 2],
  ["KiB", 1024],
  ["B", 1],
]);
const AMOUNT = /^(\d{1,16})([A-Za-z]{1,3})$/;

/** A length of time with its unit, `25s`, `10m`, `24h`, `500ms`, `7d`; undefined when `text` is none. */
export function parseDuration(text: string): Millis | undefined {
  const value = parseAmount(text, TIME_UNITS);
  return value === undefined ? undefined : millis(value);
}

/** The shortest spelling that `parseDuration` reads back as the same length. */
export const formatDuration = (length: Millis): string => formatAmount(length, TIME_UNITS, "s");

/** A size with its unit, `64KiB`, `1MiB`, `512B`, in bytes; undefined when `text` is none. */
export const parseSize = (text: string): number | undefined => parseAmount(text, SIZE_UNITS);

/** The spelling with the largest unit that `parseSize` reads back as the same number of bytes. */
export const formatSize = (bytes: number): string => formatAmount(bytes, SIZE_UNITS, "B");

function parseAmount(text: string, units: ReadonlyMap<string, number>): number | undefined {
  const [, digits, unit] = AMOUNT.exec(text) ?? [];
  const factor = units.get(unit ?? "");
  if (digits === undefined || factor === undefined) return undefined;
  const value = Number(digits) * factor;
  return Number.isSafeInteger(value) ? value : undefined;
}

function formatAmount(value: number, units: ReadonlyMap<string, number>, zero: string): string {
  if (value === 0) return `0${zero}`;
  for (const [unit, factor] of units) {
    if (value % factor === 0) return `${value / factor}${unit}`;
  }
  return `${value}`;
}

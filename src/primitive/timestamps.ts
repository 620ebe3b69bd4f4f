import { type EpochMs, epochMs } from "../base/clock.ts";

const ABSOLUTE = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})(?:,(\d{1,6}))?$/;
const RELATIVE = /^\d{1,16}$/;

/** m2m:timestamp, `YYYYMMDDThhmmss` with up to six decimals after a comma, UTC; undefined when it is none (TS-0004, 6.3.3). */
export function parseTimestamp(text: string): EpochMs | undefined {
  const parts = ABSOLUTE.exec(text);
  if (parts === null) return undefined;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  // Date.UTC takes the years 0 to 99 for 1900 to 1999, and lets the 31st of February run over into March.
  const at = new Date(0);
  at.setUTCFullYear(year, month - 1, day);
  if (at.getUTCMonth() !== month - 1 || at.getUTCDate() !== day) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  at.setUTCHours(hour, minute, second);
  const fraction = parts[7] === undefined ? 0 : Math.floor(Number(`0.${parts[7]}`) * 1000);
  return epochMs(at.getTime() + fraction);
}

/** Writes m2m:timestamp with milliseconds: `20261121T061500,250`. */
export function formatTimestamp(at: EpochMs): string {
  const iso = new Date(at).toISOString();
  return `${iso.slice(0, 4)}${iso.slice(5, 7)}${iso.slice(8, 13)}${iso.slice(14, 16)}${iso.slice(17, 19)},${iso.slice(20, 23)}`;
}

/**
 * m2m:absRelTimestamp: a timestamp, or milliseconds from `base`, as text or number.
 *
 * @returns undefined when it is neither (TS-0004, 6.3.3)
 */
export function parseAbsRel(
  value: unknown,
  base: EpochMs,
): { at: EpochMs; relative: boolean } | undefined {
  if (typeof value === "number") return relativeTo(base, value);
  if (typeof value !== "string") return undefined;
  if (RELATIVE.test(value)) return relativeTo(base, Number(value));
  const at = parseTimestamp(value);
  return at === undefined ? undefined : { at, relative: false };
}

/** The last point in time that a timestamp can name. */
const LAST: EpochMs = epochMs(Date.UTC(9999, 11, 31, 23, 59, 59, 999));

function relativeTo(base: EpochMs, by: number): { at: EpochMs; relative: true } | undefined {
  const at = epochMs(base + by);
  return Number.isSafeInteger(by) && by >= 0 && at <= LAST ? { at, relative: true } : undefined;
}

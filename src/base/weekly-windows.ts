import { type EpochMs, epochMs } from "./clock.ts";

/** Part of every week: milliseconds since Monday 00:00 UTC. `until` may lie in the week after. */
export interface WeeklyWindow {
  readonly from: number;
  readonly until: number;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const WEEK = 7 * DAY;
/** 1970-01-01 was a Thursday. */
const FIRST_MONDAY = 4 * DAY;

/** Whether `now` lies in one of the windows, and when that changes; `changes` is undefined where it never does. */
export function windowAt(
  windows: readonly WeeklyWindow[],
  now: EpochMs,
): { readonly isOpen: boolean; readonly changes: EpochMs | undefined } {
  const at = now - FIRST_MONDAY;
  const isOpen = covers(windows, at);
  const waits = windows
    .flatMap(({ from, until }) => [from, until])
    .filter((edge) => covers(windows, edge) !== isOpen)
    .map((edge) => modulo(edge - at, WEEK));
  return { isOpen, changes: waits.length === 0 ? undefined : epochMs(now + Math.min(...waits)) };
}

/** The end of a window is not in it. */
const covers = (windows: readonly WeeklyWindow[], at: number): boolean =>
  windows.some(({ from, until }) => modulo(at - from, WEEK) < until - from);

const modulo = (value: number, divisor: number): number => ((value % divisor) + divisor) % divisor;

const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const NAMES = DAYS.join("|");
const WINDOW = new RegExp(
  `^(?:(${NAMES})(?:-(${NAMES}))? )?([01]\\d|2[0-3]):([0-5]\\d)-([01]\\d|2[0-4]):([0-5]\\d)$`,
);

/**
 * `Mon-Fri 02:00-04:00`, `Sun 22:00-06:00` (which ends on Monday) or `02:00-04:00` for every day, one window for each
 * day; undefined when `text` is none. An end of 24:00 is midnight; an end at the beginning is none.
 */
export function parseWindows(text: string): readonly WeeklyWindow[] | undefined {
  const [, first, last = first, ...digits] = WINDOW.exec(text) ?? [];
  const [fromHour = 0, fromMinute = 0, untilHour = 0, untilMinute = 0] = digits.map(Number);
  const from = (fromHour * 60 + fromMinute) * MINUTE;
  const until = (untilHour * 60 + untilMinute) * MINUTE;
  if (digits.length === 0 || until === from || until > DAY) return undefined;
  const length = modulo(until - from, DAY) || DAY;
  return daysFrom(first, last).map((day) => {
    const begin = day * DAY + from;
    return { from: begin, until: begin + length };
  });
}

/** Days of the week from `first` to `last`, over its end where need be; all of them where none is named. */
function daysFrom(first: string | undefined, last: string | undefined): readonly number[] {
  if (first === undefined || last === undefined) return DAYS.map((_, day) => day);
  const begin = DAYS.indexOf(first);
  const count = modulo(DAYS.indexOf(last) - begin, DAYS.length) + 1;
  return Array.from({ length: count }, (_, index) => (begin + index) % DAYS.length);
}

import type { EpochMs } from "../../base/clock.ts";
import { type Finding, note, ok } from "./finding.ts";

/** What the time was there, by something that came from there `at` our time. */
export interface ClockReading {
  readonly at: EpochMs;
  readonly theirs: number;
  /** What told it. */
  readonly by: string;
}

/** Our choice: expirations are rarely nearer than that; and a Date is of whole seconds, and old by the way it came. */
const TOLERATED = 5_000;

/** How far the clocks are apart, by the best reading. @param readings the best first */
export function clockFinding(readings: readonly (ClockReading | undefined)[]): Finding {
  const reading = readings.find((one) => one !== undefined);
  if (reading === undefined)
    return note("clock", "nothing that came from the CSE told the time there");
  const { at, by, theirs } = reading;
  const apart = theirs - at;
  const seconds = Math.round(Math.abs(apart) / 1_000);
  if (Math.abs(apart) <= TOLERATED) {
    return ok("clock", `the clocks are less than ${Math.max(seconds, 1) + 1} s apart, by ${by}`);
  }
  return apart > 0
    ? note(
        "clock",
        `the CSE's clock is ${seconds} s ahead of this one, by ${by}: requests from here that expire within that time have expired there (4008), and what the CSE sends waits here for so long after it has expired`,
        CHANGE,
      )
    : note(
        "clock",
        `the CSE's clock is ${seconds} s behind this one, by ${by}: what the CSE sends with an expiration within that time has expired here and is not delivered (4008), and the CSE still carries out what has expired here`,
        CHANGE,
      );
}

const CHANGE = "set both clocks, by NTP for example; no key of the configuration makes up for it";

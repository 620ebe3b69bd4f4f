import { type Millis, millis } from "../base/clock.ts";

/** How long the store is left alone before what it could not write is written again. */
export const STORE_PAUSE = millis(5_000);

const FIRST = 1_000;
const LONGEST = 60_000;

/** How long a registree is left alone that could not be reached: doubled each time. @param failures in a row, from 1 */
export function backOffAfter(failures: number): Millis {
  // More doublings than that would leave the numbers that are exact.
  return millis(Math.min(FIRST * 2 ** Math.min(failures - 1, 16), LONGEST));
}

import { type Millis, millis } from "../base/clock.ts";

/** How many dead letters are kept, and how long. */
export interface DeadLetterLimits {
  /** The oldest leave for newer ones. */
  readonly perRegistree: number;
  /** From when the primitive was given up. */
  readonly keptFor: Millis;
}

export const DEFAULT_DEAD_LETTERS: DeadLetterLimits = {
  perRegistree: 100,
  keptFor: millis(7 * 24 * 3_600_000),
};

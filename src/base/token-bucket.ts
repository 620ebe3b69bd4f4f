import { type EpochMs, type Millis, millis } from "./clock.ts";

/** So much per second in the long run, and so much at once. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** Less than this is what doubles make of fractions. */
const NOTHING = 1e-6;

/**
 * A token bucket: full at first, filled at its rate, emptied by what passes.
 *
 * The rate comes with each call, so that another one holds from the next call on.
 */
export class TokenBucket {
  /** Below zero where more was spent than there was. */
  #level = Number.POSITIVE_INFINITY;
  #at: EpochMs;

  constructor(now: EpochMs) {
    this.#at = now;
  }

  /** Takes `amount` if there is as much. */
  take(amount: number, rate: Rate, now: EpochMs): boolean {
    this.#fill(rate, now);
    if (this.#level < amount - NOTHING) return false;
    this.#level -= amount;
    return true;
  }

  /**
   * Takes `amount`, there or not: what has come already is only counted. What is missing is owed.
   *
   * @returns how long until nothing is owed, zero when nothing is
   */
  spend(amount: number, rate: Rate, now: EpochMs): Millis {
    this.#fill(rate, now);
    this.#level -= amount;
    return millis(this.#level >= -NOTHING ? 0 : Math.ceil((-this.#level * 1000) / rate.perSecond));
  }

  /** Whether it is as if nothing had ever been taken. */
  isFull(rate: Rate, now: EpochMs): boolean {
    this.#fill(rate, now);
    return this.#level >= rate.burst;
  }

  #fill({ perSecond, burst }: Rate, now: EpochMs): void {
    // A clock that is set back adds nothing, and takes nothing away.
    const passed = Math.max(now - this.#at, 0);
    this.#at = now;
    this.#level = Math.min(this.#level + (passed * perSecond) / 1000, burst);
  }
}

import {
  type Clock,
  type EpochMs,
  epochMs,
  later,
  type Millis,
  type Timer,
} from "../../src/base/clock.ts";

interface Waiting {
  readonly at: EpochMs;
  readonly fire: () => void;
}

/** Time that stands still until a test moves it. */
export class ManualClock implements Clock {
  #now: EpochMs;
  #waiting: Waiting[] = [];

  constructor(start: EpochMs = epochMs(Date.UTC(2026, 0, 1, 12))) {
    this.#now = start;
  }

  now(): EpochMs {
    return this.#now;
  }

  at(at: EpochMs, fire: () => void): Timer {
    const waiting = { at, fire };
    this.#waiting.push(waiting);
    return {
      cancel: () => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting);
      },
    };
  }

  /** How many timers wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Moves time on and fires what falls due, in order, each at its own time. */
  advance(by: number): void {
    const end = later(this.#now, by as Millis);
    for (;;) {
      const [next] = this.#waiting.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#waiting = this.#waiting.filter((other) => other !== next);
      this.#now = epochMs(Math.max(next.at, this.#now));
      next.fire();
    }
    this.#now = end;
  }
}

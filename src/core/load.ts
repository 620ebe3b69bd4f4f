import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Limits } from "./limits.ts";
import type { Observer } from "./ports.ts";

/** Whether the event loop keeps up, and how many looks in a row have said otherwise. */
export interface LoadState {
  readonly isOverloaded: boolean;
  readonly contrary: number;
}

export const KEEPS_UP: LoadState = { isOverloaded: false, contrary: 0 };

/** Looks that make it overloaded: a single late one may be a garbage collection. */
const LATE_LOOKS = 2;
/** Looks that end that. */
const TIMELY_LOOKS = 5;
/** Milliseconds between looks, at least. */
const PERIOD = 100;
/** Milliseconds between the timers whose lateness is measured. */
const RESOLUTION = 50;

/**
 * @param late how late timers were since the last look, on the average; overloaded begins above `limit`, and ends below half of it
 * @param looks as many looks have passed in which nobody asked
 */
export function nextLoad(state: LoadState, late: number, limit: number, looks = 1): LoadState {
  const { isOverloaded } = state;
  const isContrary = isOverloaded ? late < limit / 2 : late > limit;
  if (!isContrary) return { isOverloaded, contrary: 0 };
  // A long time in which nothing was late is as many looks, whatever was late before counts once.
  const contrary = state.contrary + (isOverloaded ? looks : 1);
  const isEnough = contrary >= (isOverloaded ? TIMELY_LOOKS : LATE_LOOKS);
  return isEnough ? { isOverloaded: !isOverloaded, contrary: 0 } : { isOverloaded, contrary };
}

/**
 * Watches how late the event loop is. New work is turned away while it drowns, so that what is under way is finished.
 *
 * It is looked at when somebody asks: who asks for nothing need not be turned away.
 */
export class Load {
  readonly #limits: Limits;
  readonly #observer: Pick<Observer, "warn">;
  readonly #delays = monitorEventLoopDelay({ resolution: RESOLUTION });
  #state = KEEPS_UP;
  #lookedAt = performance.now();
  /** Timers until the last look, and the milliseconds between them in total. */
  #timers = 0;
  #total = 0;

  constructor(limits: Limits, observer: Pick<Observer, "warn">) {
    this.#limits = limits;
    this.#observer = observer;
    this.#delays.enable();
  }

  get isOverloaded(): boolean {
    const looks = Math.floor((performance.now() - this.#lookedAt) / PERIOD);
    if (looks > 0) this.#look(looks);
    return this.#state.isOverloaded;
  }

  stop(): void {
    this.#delays.disable();
  }

  #look(looks: number): void {
    const { count } = this.#delays;
    const timers = count - this.#timers;
    // No timer has come since: whoever asks was read before it in the same turn.
    if (timers === 0) return;
    // Never reset: that would lose what passes until the next timer, of a late loop all of it.
    const total = (this.#delays.mean * count) / 1e6;
    const late = Math.max((total - this.#total) / timers - RESOLUTION, 0);
    this.#lookedAt = performance.now();
    this.#timers = count;
    this.#total = total;
    const before = this.#state.isOverloaded;
    this.#state = nextLoad(this.#state, late, this.#limits.current.eventLoopDelay, looks);
    if (this.#state.isOverloaded === before) return;
    const what = before
      ? "the event loop keeps up again"
      : "the event loop is late: new work is turned away";
    this.#observer.warn(what, { ms: Math.round(late) });
  }
}

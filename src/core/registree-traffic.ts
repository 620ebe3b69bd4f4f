import type { Clock } from "../base/clock.ts";
import type { EntityId } from "../primitive/identifiers.ts";
import type { RequestPrimitive } from "../primitive/primitive.ts";
import type { Observer } from "./ports.ts";
import type { Step } from "./steps.ts";

/** What a registree was sent, since it was sent something first or the gateway started. */
export interface Traffic {
  readonly sent: number;
  readonly answered: number;
  readonly failed: number;
  /** Sent in the last minute, about. */
  readonly perMinute: number;
}

/** Registrees that are counted for: those that were sent something first give way. */
const REGISTREES = 10_000;
const MINUTE = 60_000;

interface Counts {
  sent: number;
  answered: number;
  failed: number;
  /** The minute that is counted now, and how many were sent in it and in the one before. */
  minute: number;
  now: number;
  before: number;
}

/** Counts what registrees are sent and how they answer. In memory, and bounded. */
export class RegistreeTraffic implements Partial<Observer> {
  readonly #clock: Clock;
  readonly #counts = new Map<EntityId, Counts>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  of(registree: EntityId): Traffic {
    const counts = this.#counts.get(registree);
    if (counts === undefined) return { sent: 0, answered: 0, failed: 0, perMinute: 0 };
    const now = this.#clock.now();
    turn(counts, Math.floor(now / MINUTE));
    const { sent, answered, failed } = counts;
    // As much of the minute before as still lies within the last sixty seconds.
    const perMinute = counts.now + counts.before * (1 - (now % MINUTE) / MINUTE);
    return { sent, answered, failed, perMinute: Math.round(perMinute) };
  }

  stepped(_request: RequestPrimitive, step: Step): void {
    switch (step.is) {
      case "sent": {
        const counts = this.#countsOf(step.registree);
        turn(counts, Math.floor(this.#clock.now() / MINUTE));
        counts.sent += 1;
        counts.now += 1;
        return;
      }
      case "answered":
        this.#countsOf(step.registree).answered += 1;
        return;
      case "failed":
        this.#countsOf(step.registree).failed += 1;
        return;
      case "received":
      case "routed":
      case "held":
      case "settled":
      case "replied":
        return;
    }
  }

  #countsOf(registree: EntityId): Counts {
    const known = this.#counts.get(registree);
    if (known !== undefined) return known;
    const counts = { sent: 0, answered: 0, failed: 0, minute: 0, now: 0, before: 0 };
    this.#counts.set(registree, counts);
    const [oldest] = this.#counts.keys();
    if (this.#counts.size > REGISTREES && oldest !== undefined) this.#counts.delete(oldest);
    return counts;
  }
}

/** Begins another minute, if it is one. */
function turn(counts: Counts, minute: number): void {
  if (counts.minute === minute) return;
  counts.before = counts.minute === minute - 1 ? counts.now : 0;
  counts.now = 0;
  counts.minute = minute;
}

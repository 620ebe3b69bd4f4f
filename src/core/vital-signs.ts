import type { Clock, EpochMs } from "../base/clock.ts";
import { veiled } from "../base/veiled.ts";
import type { Direction, Observer } from "./ports.ts";

/** What the log has warned of. */
export interface Warning {
  readonly at: EpochMs;
  readonly message: string;
}

/** How it goes with the CSE. */
export interface Reachable {
  readonly reachable: boolean;
  readonly since: EpochMs;
  readonly why: string | undefined;
}

/** Warnings that are remembered: the latest. */
const WARNINGS = 20;

/** What says at a glance how the gateway is. */
export class VitalSigns implements Partial<Observer> {
  readonly #clock: Clock;
  readonly #warnings: Warning[] = [];
  readonly #inFlight = { "to-registree": 0, "to-cse": 0 };
  #cse: Reachable | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The newest first. */
  get warnings(): readonly Warning[] {
    return this.#warnings.toReversed();
  }

  /** Undefined until it was tried. */
  get cse(): Reachable | undefined {
    return this.#cse;
  }

  get inFlight(): Readonly<Record<Direction, number>> {
    return this.#inFlight;
  }

  exchangeStarted(direction: Direction): void {
    this.#inFlight[direction] += 1;
  }

  exchangeEnded({ direction }: Parameters<Observer["exchangeEnded"]>[0]): void {
    this.#inFlight[direction] -= 1;
  }

  cseReachable(reachable: boolean, why?: string): void {
    const since = this.#cse?.reachable === reachable ? this.#cse.since : this.#clock.now();
    this.#cse = { reachable, since, why: why && veiled(why) };
  }

  warn(message: string): void {
    this.#warnings.push({ at: this.#clock.now(), message });
    if (this.#warnings.length > WARNINGS) this.#warnings.shift();
  }
}

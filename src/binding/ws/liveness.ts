import { type Clock, type EpochMs, later, type Millis, type Timer } from "../../base/clock.ts";

/**
 * Watches one connection for signs of life: after a silence it pings, and without any sign soon after, the
 * connection is dead. NATs and proxies drop idle connections without a word, so silence proves nothing.
 */
export class Liveness {
  readonly #clock: Clock;
  readonly #limits: { readonly pingAfter: Millis; readonly pongWithin: Millis };
  readonly #act: { readonly ping: () => void; readonly dead: () => void };
  #heardAt: EpochMs;
  #pingedAt: EpochMs | undefined;
  #timer: Timer;

  constructor(
    clock: Clock,
    limits: { readonly pingAfter: Millis; readonly pongWithin: Millis },
    act: { readonly ping: () => void; readonly dead: () => void },
  ) {
    this.#clock = clock;
    this.#limits = limits;
    this.#act = act;
    this.#heardAt = clock.now();
    this.#timer = this.#arm(later(this.#heardAt, limits.pingAfter));
  }

  /** Anything came from the peer. */
  heard(): void {
    this.#heardAt = this.#clock.now();
    if (this.#pingedAt === undefined) return;
    this.#pingedAt = undefined;
    this.#timer.cancel();
    this.#timer = this.#arm(later(this.#heardAt, this.#limits.pingAfter));
  }

  /** Pings now, whatever was heard before. */
  probe(): void {
    if (this.#pingedAt !== undefined) return;
    this.#timer.cancel();
    this.#ping();
  }

  stop(): void {
    this.#timer.cancel();
  }

  #arm(at: EpochMs): Timer {
    return this.#clock.at(at, () => this.#check());
  }

  #check(): void {
    if (this.#pingedAt !== undefined) {
      this.#act.dead();
      return;
    }
    const due = later(this.#heardAt, this.#limits.pingAfter);
    if (this.#clock.now() >= due) this.#ping();
    else this.#timer = this.#arm(due);
  }

  #ping(): void {
    const now = this.#clock.now();
    this.#pingedAt = now;
    this.#timer = this.#arm(later(now, this.#limits.pongWithin));
    this.#act.ping();
  }
}

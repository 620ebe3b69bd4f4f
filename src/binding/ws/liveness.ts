import { type Clock, type EpochMs, later, type Millis, type Timer } from "../../base/clock.ts";

/** A ping that somebody wants the outcome of. */
interface Probe {
  /** What its pong has to repeat (RFC 6455, 5.5.3). */
  readonly mark: string;
  readonly timer: Timer;
  readonly waiting: ((lives: boolean) => void)[];
  /** Something came since, though it may have been on its way for long. */
  heard: boolean;
}

/**
 * Watches one connection for signs of life: after a silence it pings, and without any sign soon after, the
 * connection is dead. NATs and proxies drop idle connections without a word, so silence proves nothing.
 */
export class Liveness {
  readonly #clock: Clock;
  readonly #limits: { readonly pingAfter: Millis; readonly pongWithin: Millis };
  readonly #act: { readonly ping: (mark: string) => void; readonly dead: () => void };
  #heardAt: EpochMs;
  #pingedAt: EpochMs | undefined;
  #timer: Timer;
  #probe: Probe | undefined;
  #probes = 0;
  #stopped = false;

  constructor(
    clock: Clock,
    limits: { readonly pingAfter: Millis; readonly pongWithin: Millis },
    act: { readonly ping: (mark: string) => void; readonly dead: () => void },
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
    if (this.#probe !== undefined) this.#probe.heard = true;
    if (this.#pingedAt === undefined) return;
    this.#pingedAt = undefined;
    this.#timer.cancel();
    this.#timer = this.#arm(later(this.#heardAt, this.#limits.pingAfter));
  }

  /** A pong came. @param mark what it repeats of its ping */
  ponged(mark: string): void {
    this.heard();
    if (this.#probe?.mark === mark) this.#endProbe(true);
  }

  /**
   * Pings now, whatever was heard before. Resolves with whether the peer lives: when the pong of just this ping comes,
   * when its time is over, or when the connection ends. What else comes may be what a dead connection left behind on
   * its way, and counts only once the time is over.
   */
  probe(): Promise<boolean> {
    if (this.#stopped) return Promise.resolve(false);
    this.#probe ??= this.#startProbe();
    const { waiting } = this.#probe;
    return new Promise((resolve) => waiting.push(resolve));
  }

  stop(): void {
    this.#stopped = true;
    this.#timer.cancel();
    this.#endProbe(false);
  }

  #startProbe(): Probe {
    const until = later(this.#clock.now(), this.#limits.pongWithin);
    const timer = this.#clock.at(until, () => {
      if (this.#probe?.heard === true) this.#endProbe(true);
      else this.#die();
    });
    this.#probes += 1;
    const mark = `probe ${this.#probes}`;
    this.#act.ping(mark);
    return { mark, timer, waiting: [], heard: false };
  }

  #endProbe(lives: boolean): void {
    const probe = this.#probe;
    this.#probe = undefined;
    probe?.timer.cancel();
    for (const tell of probe?.waiting ?? []) tell(lives);
  }

  /** Whoever waits for a probe is told by `stop`, when the connection has ended. */
  #die(): void {
    this.#timer.cancel();
    this.#probe?.timer.cancel();
    this.#act.dead();
  }

  #arm(at: EpochMs): Timer {
    return this.#clock.at(at, () => this.#check());
  }

  #check(): void {
    if (this.#pingedAt !== undefined) {
      this.#die();
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
    this.#act.ping("");
  }
}

import { type Clock, later, type Millis, millis, type Timer } from "../../base/clock.ts";

export interface ThrottleOptions {
  readonly clock: Clock;
  /** Counts what came, and says how long nothing more should be read. */
  readonly charge: (primitives: number, bytes: number) => Millis;
  /** Stops and starts reading. */
  readonly pause: () => void;
  readonly resume: () => void;
  /** Called from time to time while nothing is read: what the peer sends cannot be heard, its silence proves nothing. */
  readonly deaf: () => void;
  /** How often. */
  readonly every: Millis;
}

/**
 * Slows down the reading of a connection whose peer sends more than it may.
 *
 * What is not read stays with the peer (TCP), so nothing is lost and nobody has to ask again: the better limit, where
 * there is a connection that can wait.
 */
export class Throttle {
  readonly #options: ThrottleOptions;
  #timer: Timer | undefined;
  #isStopped = false;

  constructor(options: ThrottleOptions) {
    this.#options = options;
  }

  count(primitives: number, bytes: number): void {
    const wait = this.#options.charge(primitives, bytes);
    if (wait === 0 || this.#timer !== undefined || this.#isStopped) return;
    this.#options.pause();
    this.#wait(wait);
  }

  /** The connection closes: the end of it must be read. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    if (this.#timer !== undefined) this.#options.resume();
    this.#timer = undefined;
  }

  #wait(wait: Millis): void {
    const { clock, charge, deaf, every, resume } = this.#options;
    const until = later(clock.now(), millis(Math.min(wait, every)));
    this.#timer = clock.at(until, () => {
      deaf();
      // More may have come out of what had been read before it was paused.
      const left = charge(0, 0);
      if (left > 0) this.#wait(left);
      else {
        this.#timer = undefined;
        resume();
      }
    });
  }
}

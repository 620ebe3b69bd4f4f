import type { Millis } from "../base/clock.ts";
import type { Rate } from "../base/token-bucket.ts";

/** What strangers and registrees are granted; see the configuration keys of the same names. */
export interface LimitValues {
  readonly connectionsPerAddress: number;
  readonly connectionsPerCredential: number;
  /** Per second. */
  readonly handshakes: number;
  /** Per second. */
  readonly handshakesPerAddress: number;
  /** Per second. */
  readonly primitives: number;
  /** Per second. */
  readonly bytes: number;
  readonly burst: Millis;
  readonly inFlight: number;
  readonly pipelined: number;
  readonly headTimeout: Millis;
  readonly bodyTimeout: Millis;
  readonly requestTimeout: Millis;
  readonly tlsTimeout: Millis;
  readonly writeTimeout: Millis;
  readonly headSize: number;
  readonly headerFields: number;
  readonly targetSize: number;
  readonly registrees: number;
  readonly points: number;
  readonly targets: number;
  readonly watchers: number;
  readonly traces: number;
  readonly nesting: number;
  readonly eventLoopDelay: Millis;
  /** Whether many stand behind an address, such as that of a proxy: it is not limited by itself. */
  readonly isExempt: (address: string) => boolean;
}

/** The limits in force, one object for all that keep to them. */
export class Limits {
  #current: LimitValues;

  constructor(values: LimitValues) {
    this.#current = values;
  }

  /** To be asked each time, and kept nowhere. */
  get current(): LimitValues {
    return this.#current;
  }

  /** Puts others in force, from the next thing on that is counted. */
  configure(values: LimitValues): void {
    this.#current = values;
  }

  /** So much per second, and at once what that is in `burst`, at least one. */
  rateOf(perSecond: number): Rate {
    return { perSecond, burst: Math.max((perSecond * this.#current.burst) / 1000, 1) };
  }
}

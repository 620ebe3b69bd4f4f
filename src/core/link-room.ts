import { type Clock, later, type Millis, type Timer } from "../base/clock.ts";
import { GatewayError } from "../base/errors.ts";
import type { EntityId } from "../primitive/identifiers.ts";

/** How many messages of one link are kept back while who speaks on it is being found out. */
const KEPT_BACK = 16;

/** Where a link waits until who speaks on it is known; what is known of it besides its identities. */
export class LinkRoom {
  readonly #clock: Clock;
  readonly #unboundTimeout: Millis;
  /** Registrations and adoptions under way, whose outcome later messages wait for. */
  #settling = 0;
  #waiting: (() => void)[] = [];
  /** Who has come back on the link and has not been sent what was held in the meantime. */
  readonly returned = new Set<EntityId>();
  #idle: Timer | undefined;

  /** The gateway has opened the link itself. */
  readonly isOurs: boolean;

  /** @param unboundTimeout how long a link may stay without an identity */
  constructor(clock: Clock, unboundTimeout: Millis, isOurs = false) {
    this.#clock = clock;
    this.#unboundTimeout = unboundTimeout;
    this.isOurs = isOurs;
  }

  get isSettling(): boolean {
    return this.#settling > 0;
  }

  /** Does work that decides who speaks. */
  async settle<T>(work: () => Promise<T>): Promise<T> {
    this.#settling += 1;
    try {
      return await work();
    } finally {
      this.#settling -= 1;
      if (this.#settling === 0) {
        for (const go of this.#waiting.splice(0)) go();
      }
    }
  }

  /** Resolves when what is under way has settled. @throws GatewayError GW_OVERLOADED */
  settled(): Promise<void> {
    if (this.#waiting.length >= KEPT_BACK) {
      throw new GatewayError(
        "GW_OVERLOADED",
        "too many requests before the registration was answered",
      );
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Has `tooLate` called unless `identified` comes within the time allowed. */
  awaitIdentity(tooLate: () => void): void {
    this.identified();
    this.#idle = this.#clock.at(later(this.#clock.now(), this.#unboundTimeout), tooLate);
  }

  /** Somebody speaks on the link, or it is gone. */
  identified(): void {
    this.#idle?.cancel();
    this.#idle = undefined;
  }
}

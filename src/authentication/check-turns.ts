import { GatewayError } from "../base/errors.ts";

/** Checks under way at a time: the disk and name look-ups need threads of the pool of four, too. */
const AT_A_TIME = 2;

/** Lets costly checks run a few at a time, and refuses them where too many wait. */
export class CheckTurns {
  #mostWaiting: number;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(mostWaiting: number) {
    this.#mostWaiting = mostWaiting;
  }

  configure(mostWaiting: number): void {
    this.#mostWaiting = mostWaiting;
  }

  /** @throws GatewayError GW_OVERLOADED; else as `check` does */
  async run<T>(check: () => Promise<T>): Promise<T> {
    if (this.#running < AT_A_TIME) this.#running += 1;
    else await this.#turn();
    try {
      return await check();
    } finally {
      const next = this.#waiting.shift();
      // Whoever is next has the turn from now on.
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  #turn(): Promise<void> {
    if (this.#waiting.length >= this.#mostWaiting) throw new GatewayError("GW_OVERLOADED");
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

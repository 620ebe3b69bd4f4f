import { type Clock, later, type Millis, type Timer } from "../../base/clock.ts";

/** Watches a peer that leaves more unread than it is granted: tolerated for a while, then it is too slow to serve. */
export class SlowReader {
  readonly #options: {
    readonly clock: Clock;
    readonly within: () => Millis;
    readonly isBehind: () => boolean;
    readonly tooLong: () => void;
  };
  #timer: Timer | undefined;

  /** @param options `isBehind`: whether there is too much unread now; `tooLong`: called when it was for `within` */
  constructor(options: {
    readonly clock: Clock;
    readonly within: () => Millis;
    readonly isBehind: () => boolean;
    readonly tooLong: () => void;
  }) {
    this.#options = options;
  }

  /** Whether there is too much unread now. */
  isBehind(): boolean {
    const is = this.#options.isBehind();
    if (!is) this.stop();
    else this.#timer ??= this.#watch();
    return is;
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #watch(): Timer {
    const { clock, within, tooLong } = this.#options;
    return clock.at(later(clock.now(), within()), () => {
      this.#timer = undefined;
      if (this.#options.isBehind()) tooLong();
    });
  }
}

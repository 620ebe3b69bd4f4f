import type { Logger } from "pino";
import { type Clock, type EpochMs, later, type Millis, type Timer } from "../base/clock.ts";
import type { LogLevelName } from "../base/log-levels.ts";

/** How much is logged, for ever or for a while. */
export class LogLevel {
  readonly #log: Logger;
  readonly #clock: Clock;
  /** What holds again when the while is over. */
  #usual: LogLevelName;
  #timer: Timer | undefined;
  #until: EpochMs | undefined;

  constructor(log: Logger, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
    this.#usual = levelOf(log);
  }

  get level(): LogLevelName {
    return levelOf(this.#log);
  }

  /** Undefined where it holds until somebody sets another one. */
  get until(): EpochMs | undefined {
    return this.#until;
  }

  /** @param lasts undefined for ever */
  set(level: LogLevelName, lasts: Millis | undefined): void {
    this.#timer?.cancel();
    this.#until = undefined;
    this.#log.level = level;
    if (lasts === undefined) {
      this.#usual = level;
      return;
    }
    this.#until = later(this.#clock.now(), lasts);
    this.#timer = this.#clock.at(this.#until, () => this.set(this.#usual, undefined));
  }

  /** Sets nothing any more. */
  close(): void {
    this.#timer?.cancel();
  }
}

/** pino has one more, `fatal`, which nobody can set here. */
const levelOf = ({ level }: Logger): LogLevelName => level as LogLevelName;

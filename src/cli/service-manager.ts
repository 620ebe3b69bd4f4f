import { execFile } from "node:child_process";
import { later, type Millis, millis, type Timer } from "../base/clock.ts";
import type { Terminal } from "./terminal.ts";

/** How long closing may take once nothing is under way any more. */
const CLOSING = 10_000;
const GIVE_UP = 5_000;

/**
 * The service manager that started this process, told how it is (sd_notify(3)); without one nothing happens.
 *
 * It is told by the program systemd-notify, since Node opens no local datagram sockets: a unit needs `NotifyAccess=all`.
 * A message that does not arrive is complained about and no reason to stop. No method rejects.
 */
export class ServiceManager {
  readonly #terminal: Terminal;
  #watch: Timer | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Takes requests, or takes them again. From the first call on, the watchdog hears that timers fire. */
  async ready(): Promise<void> {
    await this.#tell("READY=1");
    this.#watch ??= this.#nextSign();
  }

  /** Reads its configuration anew; `ready` has to follow, also when it stays with the old one. */
  async reloading(): Promise<void> {
    // systemd knows by the time, of the monotonic clock, which reload this is about.
    const now = process.hrtime.bigint() / 1000n;
    await this.#tell("RELOADING=1", `MONOTONIC_USEC=${now}`);
  }

  /** Finishes what is under way within `drain`, so that `TimeoutStopSec` need not know it. */
  async stopping(drain: Millis): Promise<void> {
    await this.#tell("STOPPING=1", `EXTEND_TIMEOUT_USEC=${(drain + CLOSING) * 1000}`);
  }

  /** Says no more that timers fire. */
  close(): void {
    this.#watch?.cancel();
  }

  /** Twice in each period of the watchdog, as sd_watchdog_enabled(3) advises. */
  #nextSign(): Timer | undefined {
    const { clock, env } = this.#terminal;
    const period = Number(env["WATCHDOG_USEC"] ?? 0) / 1000;
    if (!(period > 0)) return undefined;
    return clock.at(later(clock.now(), millis(period / 2)), () => {
      this.#watch = this.#nextSign();
      void this.#tell("WATCHDOG=1");
    });
  }

  #tell(...assignments: readonly string[]): Promise<void> {
    const { env, complain } = this.#terminal;
    if (env["NOTIFY_SOCKET"] === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      execFile("systemd-notify", [...assignments], { env, timeout: GIVE_UP }, (error) => {
        if (error !== null) complain(`${assignments[0]} did not reach systemd: ${error.message}`);
        resolve();
      });
    });
  }
}

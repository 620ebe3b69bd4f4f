import { onTestFinished } from "vitest";
import { type Clock, SystemClock } from "../../src/base/clock.ts";
import type { Terminal } from "../../src/cli/terminal.ts";

/** A terminal that remembers what a command said, and can wait for it to say something. */
export class TestTerminal implements Terminal {
  readonly printed: string[] = [];
  readonly complained: string[] = [];
  readonly env: Terminal["env"] = {};
  /** A screen of this width, or none. */
  columns: number | undefined;
  readonly program = "m2mgw";
  readonly clock: Clock;
  readonly #stopping = new AbortController();
  #listeners: (() => void)[] = [];
  readonly #hangUps: (() => void)[] = [];

  constructor(clock: Clock = new SystemClock()) {
    this.clock = clock;
    onTestFinished(() => this.#stopping.abort());
  }

  get stop(): AbortSignal {
    return this.#stopping.signal;
  }

  readonly print = (line: string): void => this.#said(this.printed, line);
  readonly complain = (line: string): void => this.#said(this.complained, line);

  readonly onHangUp = (listener: () => void): void => void this.#hangUps.push(listener);

  /** What SIGHUP does. */
  hangUp(): void {
    for (const listener of this.#hangUps) listener();
  }

  /** What Ctrl-C does. */
  interrupt(): void {
    this.#stopping.abort();
  }

  /** Resolves with the first line that `pattern` fits, said before or from now on. */
  async line(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = [...this.printed, ...this.complained].find((line) => pattern.test(line));
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#listeners.push(resolve));
    }
  }

  #said(lines: string[], line: string): void {
    lines.push(line);
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener();
  }
}

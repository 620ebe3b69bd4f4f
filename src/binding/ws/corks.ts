import type { Duplex } from "node:stream";

/**
 * Holds back what is written to streams until the end of the tick, so that all frames of one tick are one write
 * per stream. The system call is the dearest part of a small message.
 */
export class Corks {
  readonly #corked = new Set<Duplex>();
  readonly #flush = (): void => {
    for (const stream of this.#corked) stream.uncork();
    this.#corked.clear();
  };

  /** To be called before each write to `stream`. */
  cork(stream: Duplex): void {
    if (this.#corked.has(stream)) return;
    stream.cork();
    if (this.#corked.size === 0) setImmediate(this.#flush);
    this.#corked.add(stream);
  }
}

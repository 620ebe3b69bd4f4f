import type { Duplex } from "node:stream";

/**
 * Holds back what is written to a stream until the end of the tick, so that all frames of one tick are one write.
 * The system call is the dearest part of a small message.
 */
export class Corked {
  readonly #stream: Duplex;
  #corked = false;

  constructor(stream: Duplex) {
    this.#stream = stream;
  }

  /** To be called before each write. */
  cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#stream.cork();
    setImmediate(() => {
      this.#corked = false;
      this.#stream.uncork();
    });
  }
}

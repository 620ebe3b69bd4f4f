/**
 * Keeps connections to the CSE from all waiting for clients: half of them at most, or the one that there is.
 *
 * Bodies that stream up wait for their turn; of the answers that are read slowly those that began first are cut.
 */
export class SlowClients {
  readonly #most: number;
  #uploads = 0;
  readonly #waiting = new Set<() => void>();
  /** What cuts each, earliest first. */
  readonly #readers = new Set<() => void>();

  /** @param connections to the CSE at most */
  constructor(connections: number) {
    this.#most = Math.max(Math.floor(connections / 2), 1);
  }

  /** Resolves when a body may stream up, with what to call when it has; may be called twice. Rejects when given up. */
  async beginUpload(signal: AbortSignal): Promise<() => void> {
    if (this.#uploads < this.#most) this.#uploads += 1;
    else await this.#turn(signal);
    let isUnderWay = true;
    return () => {
      if (isUnderWay) this.#endUpload();
      isUnderWay = false;
    };
  }

  /** An answer waits for its client. @returns to be called when it is over, however it ended */
  addReader(cut: () => void): () => void {
    this.#readers.add(cut);
    return () => void this.#readers.delete(cut);
  }

  /** Cuts one reader where clients have more than their share. */
  relieve(): void {
    const [first] = this.#readers;
    if (first === undefined || this.#uploads + this.#readers.size <= this.#most) return;
    this.#readers.delete(first);
    first();
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const begin = (): void => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      const leave = (): void => {
        this.#waiting.delete(begin);
        reject(new Error("given up before its turn", { cause: signal.reason }));
      };
      this.#waiting.add(begin);
      if (signal.aborted) leave();
      else signal.addEventListener("abort", leave, { once: true });
    });
  }

  #endUpload(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#uploads -= 1;
    else {
      this.#waiting.delete(next);
      next();
    }
  }
}

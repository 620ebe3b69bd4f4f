export interface LineLimits {
  /** How many may wait. */
  readonly queue: number;
  /** How many bytes may wait. */
  readonly maxBuffered: number;
}

/** What waits for its turn on a link, oldest first, bounded in number and bytes. */
export class WaitingLine<T extends { readonly bytes: number }> implements Iterable<T> {
  readonly #limits: LineLimits;
  readonly #entries = new Set<T>();
  #bytes = 0;

  constructor(limits: LineLimits) {
    this.#limits = limits;
  }

  get length(): number {
    return this.#entries.size;
  }

  /** In the order they came; entries may be taken out on the way. */
  [Symbol.iterator](): Iterator<T> {
    return this.#entries.values();
  }

  /** Whether something of this size may join. */
  hasRoom(bytes: number): boolean {
    const { queue, maxBuffered } = this.#limits;
    return this.#entries.size < queue && this.#bytes + bytes <= maxBuffered;
  }

  join(entry: T): void {
    this.#entries.add(entry);
    this.#bytes += entry.bytes;
  }

  /** Takes one out, wherever it stands. False when it has left before. */
  leave(entry: T): boolean {
    const was = this.#entries.delete(entry);
    if (was) this.#bytes -= entry.bytes;
    return was;
  }

  /** Takes out the oldest. */
  next(): T | undefined {
    const [oldest] = this.#entries;
    if (oldest !== undefined) this.leave(oldest);
    return oldest;
  }
}

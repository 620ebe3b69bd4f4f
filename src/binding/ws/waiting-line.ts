export interface LineLimits {
  /** How many may wait. */
  readonly queue: number;
  /** How many bytes may wait. */
  readonly maxBuffered: number;
}

/** What waits for its turn on a link, oldest first, bounded in number and bytes. Whoever joins gets a ticket. */
export class WaitingLine<T extends { readonly bytes: number }> implements Iterable<[number, T]> {
  readonly #limits: LineLimits;
  /** By ticket. Asked for by their numbers only: from the front, a map walks over all that has left it. */
  readonly #entries = new Map<number, T>();
  #first = 0;
  #tickets = 0;
  #bytes = 0;

  constructor(limits: LineLimits) {
    this.#limits = limits;
  }

  get length(): number {
    return this.#entries.size;
  }

  /** Tickets and entries in the order they came; they may leave on the way. */
  [Symbol.iterator](): Iterator<[number, T]> {
    return this.#entries.entries();
  }

  /** Whether something of this size may join. */
  hasRoom(bytes: number): boolean {
    const { queue, maxBuffered } = this.#limits;
    return this.#entries.size < queue && this.#bytes + bytes <= maxBuffered;
  }

  join(entry: T): number {
    const ticket = this.#tickets;
    this.#tickets += 1;
    this.#entries.set(ticket, entry);
    this.#bytes += entry.bytes;
    return ticket;
  }

  /** Takes out whoever has the ticket; undefined when it has left before. */
  leave(ticket: number): T | undefined {
    const entry = this.#entries.get(ticket);
    if (entry === undefined) return undefined;
    this.#entries.delete(ticket);
    this.#bytes -= entry.bytes;
    return entry;
  }

  /** Takes out the oldest. */
  next(): T | undefined {
    while (this.#first < this.#tickets) {
      const entry = this.leave(this.#first);
      this.#first += 1;
      if (entry !== undefined) return entry;
    }
    return undefined;
  }
}

import { Shares } from "./shares.ts";

export interface LineLimits {
  /** How many may wait. */
  readonly queue: number;
  /** How many bytes may wait. */
  readonly maxBuffered: number;
}

/** What waits of one key. */
interface Waiters<T> {
  readonly key: string;
  /** By number. Asked for by their numbers only: from the front, a map walks over all that has left it. */
  readonly entries: Map<number, T>;
  /** The number of nobody before the oldest. */
  first: number;
  joined: number;
}

/**
 * What waits for its turn on a link, bounded in number and bytes, which the keys share.
 *
 * The keys take turns; of one key the oldest is next, so that what one originator sends stays in order.
 */
export class WaitingLine<T extends { readonly bytes: number }> {
  readonly #count: Shares;
  readonly #bytes: Shares;
  readonly #waiters = new Map<string, Waiters<T>>();
  /** The same in the order of their turns. */
  readonly #turns: Waiters<T>[] = [];

  constructor({ queue, maxBuffered }: LineLimits) {
    this.#count = new Shares(queue);
    this.#bytes = new Shares(maxBuffered);
  }

  get length(): number {
    return this.#count.total;
  }

  /** Whether anything of this key waits. */
  waits(key: string): boolean {
    return this.#waiters.has(key);
  }

  /** Whether something of this key and size may join. */
  hasRoom(key: string, bytes: number): boolean {
    return this.#count.allows(key) && this.#bytes.allows(key, bytes);
  }

  /** @returns takes the entry out again; false when it has left before */
  join(key: string, entry: T): () => boolean {
    const waiters = this.#waiters.get(key) ?? this.#open(key);
    const number = waiters.joined;
    waiters.joined += 1;
    waiters.entries.set(number, entry);
    this.#count.take(key);
    this.#bytes.take(key, entry.bytes);
    return () => {
      const left = this.#takeOut(waiters, number) !== undefined;
      if (left && waiters.entries.size === 0) this.#close(waiters);
      return left;
    };
  }

  /** Takes out the oldest of the key whose turn it is among those that may. */
  next(may: (key: string) => boolean): T | undefined {
    const at = this.#turns.findIndex(({ key }) => may(key));
    const waiters = this.#turns[at];
    if (waiters === undefined) return undefined;
    const entry = this.#oldest(waiters);
    if (waiters.entries.size === 0) {
      this.#close(waiters);
    } else if (this.#turns.length > 1) {
      this.#turns.splice(at, 1);
      this.#turns.push(waiters);
    }
    return entry;
  }

  /** Takes out all that waits, or all of one key, each key's in the order they came. */
  takeAll(key?: string): T[] {
    const all = this.#turns.filter((waiters) => key === undefined || waiters.key === key);
    return all.flatMap((waiters) => {
      const entries = [...waiters.entries.values()];
      for (const number of [...waiters.entries.keys()]) this.#takeOut(waiters, number);
      this.#close(waiters);
      return entries;
    });
  }

  #open(key: string): Waiters<T> {
    const waiters = { key, entries: new Map<number, T>(), first: 0, joined: 0 };
    this.#waiters.set(key, waiters);
    this.#turns.push(waiters);
    return waiters;
  }

  #close(waiters: Waiters<T>): void {
    this.#waiters.delete(waiters.key);
    this.#turns.splice(this.#turns.indexOf(waiters), 1);
  }

  #oldest(waiters: Waiters<T>): T | undefined {
    let entry: T | undefined;
    while (entry === undefined && waiters.first < waiters.joined) {
      entry = this.#takeOut(waiters, waiters.first);
      waiters.first += 1;
    }
    return entry;
  }

  #takeOut({ key, entries }: Waiters<T>, number: number): T | undefined {
    const entry = entries.get(number);
    if (entry === undefined) return undefined;
    entries.delete(number);
    this.#count.give(key);
    this.#bytes.give(key, entry.bytes);
    return entry;
  }
}

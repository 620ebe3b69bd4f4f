/**
 * What several share, such as places in a window: the one that is alone may have all of it, and of several nobody more
 * than it leaves free for the others.
 *
 * Our choice. Equal parts would need to be told who may still come, and go unused when somebody does not; what is free
 * tells itself: two get a third each, three a quarter, and the rest is there for whoever comes next. What the one that
 * was alone has beyond half of the limit counts for itself only, since those who come after it would find nothing. So
 * the total can be up to half as much again as the limit, while one that took all of it alone gives nothing back.
 */
export class Shares {
  readonly #limit: number;
  readonly #half: number;
  /** By key; nothing for those that have nothing. */
  readonly #taken = new Map<string, number>();
  #total = 0;
  /** Of the total, what counts for others: of nobody more than half of the limit. */
  #counted = 0;

  constructor(limit: number) {
    this.#limit = limit;
    this.#half = Math.ceil(limit / 2);
  }

  get total(): number {
    return this.#total;
  }

  /** Whether nobody may take anything. The converse does not hold for everybody: ask `allows`. */
  get isUsedUp(): boolean {
    return this.#counted >= this.#limit;
  }

  /** Whether `key` may take so much more. */
  allows(key: string, amount = 1): boolean {
    const own = this.#taken.get(key) ?? 0;
    const isAlone = own === this.#total;
    return own + amount <= (isAlone ? this.#limit : this.#limit - this.#counted);
  }

  /** Takes for `key`, allowed or not: what others decided counts too. */
  take(key: string, amount = 1): void {
    this.#change(key, amount);
  }

  /** Gives back what was taken for `key`. */
  give(key: string, amount = 1): void {
    this.#change(key, -amount);
  }

  #change(key: string, by: number): void {
    const before = this.#taken.get(key) ?? 0;
    const after = before + by;
    if (after === 0) this.#taken.delete(key);
    else this.#taken.set(key, after);
    this.#total += by;
    this.#counted += Math.min(after, this.#half) - Math.min(before, this.#half);
  }
}

/** How many are let go in one turn of the event loop, so that live traffic has its share of each. */
const PER_TURN = 32;

/**
 * Who wants to go, one after the other and round again: thousands that come home at once are served alike, and in
 * portions between which the event loop serves everybody else.
 */
export class HoldTurns<T> {
  readonly #go: (who: T) => boolean;
  readonly #mayGo: () => boolean;
  /** In the order of their turns. */
  readonly #queued = new Set<T>();
  #running = false;

  /**
   * @param go takes one turn; true when there is another one to take at once
   * @param mayGo whether there is room for one more; when it becomes true again, `resume` has to be called
   */
  constructor(go: (who: T) => boolean, mayGo: () => boolean) {
    this.#go = go;
    this.#mayGo = mayGo;
  }

  /** Puts somebody at the end, unless there already. */
  schedule(who: T): void {
    this.#queued.add(who);
    this.resume();
  }

  /** Goes on, if there is anybody to go. */
  resume(): void {
    if (this.#running || this.#queued.size === 0) return;
    this.#running = true;
    setImmediate(() => this.#run());
  }

  #run(): void {
    this.#running = false;
    let left = PER_TURN;
    for (const who of this.#queued) {
      if (left === 0 || !this.#mayGo()) break;
      left -= 1;
      this.#queued.delete(who);
      if (this.#go(who)) this.#queued.add(who);
    }
    if (this.#mayGo()) this.resume();
  }
}

/** Above this many, names are looked up in a set instead of compared one by one. */
const FEW = 12;

/** The names of the members of one map. */
export class MemberNames {
  readonly #names: string[] = [];
  #many: Set<string> | undefined;

  get count(): number {
    return this.#names.length;
  }

  /** The only one, if there is exactly one. */
  get sole(): string | undefined {
    return this.#names.length === 1 ? this.#names[0] : undefined;
  }

  /** False when it is there already. */
  add(name: string): boolean {
    if (this.#many === undefined ? this.#names.includes(name) : this.#many.has(name)) return false;
    this.#names.push(name);
    this.#many?.add(name);
    if (this.#names.length === FEW) this.#many = new Set(this.#names);
    return true;
  }
}

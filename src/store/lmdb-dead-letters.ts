import {
  ageIn,
  BEFORE_ALL,
  behind,
  digestOf,
  letterAgeKey,
  letterIn,
  letterSequenceIn,
  numberKey,
  registreeIn,
} from "./hold-keys.ts";
import { type ByteTable, keysBetween, openByteTable } from "./lmdb-bytes.ts";
import type { LmdbHoldUsage } from "./lmdb-hold-usage.ts";
import type { LmdbRoot } from "./lmdb-root.ts";

const READ_AT_ONCE = 32;

/** Records of what was not delivered, by registree and by age. All that writes belongs into a transaction. */
export class LmdbDeadLetters {
  readonly #usage: LmdbHoldUsage;
  readonly #records: ByteTable;
  readonly #byAge: ByteTable;

  constructor(root: LmdbRoot, usage: LmdbHoldUsage) {
    this.#usage = usage;
    this.#records = openByteTable(root, "hold-letters");
    this.#byAge = openByteTable(root, "hold-letters-by-age");
  }

  /** Keeps a record; the oldest of its registree make room when there are more than `perRegistree`. */
  put(registree: string, key: Uint8Array, record: Uint8Array, perRegistree: number): void {
    const isNew = !this.#records.doesExist(key);
    this.#records.putSync(key, record);
    this.#byAge.putSync(letterAgeKey(key), Buffer.alloc(0));
    if (isNew) this.#usage.add(registreeIn(key), registree, { letters: 1 });
    const kept = this.#usage.find(registreeIn(key))?.letters ?? 0;
    const surplus = kept - perRegistree;
    if (surplus <= 0) return;
    const oldest = this.#records.getKeys({ ...this.#rangeOf(registree), limit: surplus });
    for (const old of Array.from(oldest)) this.#remove(registree, old);
  }

  /** Oldest first. */
  *of(registree: string): Generator<readonly [key: Buffer, record: Uint8Array]> {
    const { start, end } = this.#rangeOf(registree);
    for (const key of keysBetween(this.#records, start, end, READ_AT_ONCE)) {
      const record = this.#records.get(key);
      if (record !== undefined) yield [key, record];
    }
  }

  /** Takes out those with this sequence. */
  removeOf(registree: string, sequence: number): void {
    for (const key of Array.from(this.#records.getKeys(this.#rangeOf(registree)))) {
      if (letterSequenceIn(key) === sequence) this.#remove(registree, key);
    }
  }

  /** Whether there is any from `until` or before. */
  hasOld(until: number): boolean {
    const [oldest] = this.#byAge.getKeys({ start: BEFORE_ALL, limit: 1 });
    return oldest !== undefined && ageIn(oldest) <= until;
  }

  /** Takes out some of those from `until` or before. */
  removeOld(until: number, limit: number): void {
    const end = behind(numberKey(until));
    const old = Array.from(this.#byAge.getKeys({ start: BEFORE_ALL, end, limit }));
    for (const age of old) {
      const key = letterIn(age);
      const registree = this.#usage.find(registreeIn(key))?.registree;
      if (registree === undefined) this.#byAge.removeSync(age);
      else this.#remove(registree, key);
    }
  }

  #remove(registree: string, key: Uint8Array): void {
    this.#records.removeSync(key);
    this.#byAge.removeSync(letterAgeKey(key));
    this.#usage.add(registreeIn(key), registree, { letters: -1 });
  }

  #rangeOf(registree: string): { readonly start: Buffer; readonly end: Buffer } {
    const digest = digestOf(registree);
    return { start: digest, end: behind(digest) };
  }
}

import { headOf, type RecordHead, withSent } from "./held-record.ts";
import {
  BEFORE_ALL,
  BEHIND_ALL,
  behind,
  digestOf,
  entryIn,
  entryKey,
  expiresIn,
  expiryKey,
  numberIn,
  numberKey,
  registreeIn,
  sequenceIn,
} from "./hold-keys.ts";
import { type ByteTable, keysBetween, openByteTable } from "./lmdb-bytes.ts";
import type { LmdbHoldUsage } from "./lmdb-hold-usage.ts";
import type { LmdbRoot } from "./lmdb-root.ts";

const NOTHING = Buffer.alloc(0);

/** Records of what is held, with their indexes. All that writes belongs into a transaction. */
export class LmdbHoldEntries {
  readonly #usage: LmdbHoldUsage;
  readonly #records: ByteTable;
  readonly #byExpiry: ByteTable;
  /** Sequences, by registree and text. */
  readonly #byLatest: ByteTable;

  constructor(root: LmdbRoot, usage: LmdbHoldUsage) {
    this.#usage = usage;
    this.#records = openByteTable(root, "hold-entries");
    this.#byExpiry = openByteTable(root, "hold-by-expiry");
    this.#byLatest = openByteTable(root, "hold-by-latest");
  }

  /** Takes a record in, in the place of the one under the same key. */
  put(registree: string, key: Uint8Array, record: Uint8Array): void {
    this.take(registree, key);
    const { expires, bytes, latest } = headOf(record);
    this.#records.putSync(key, record);
    this.#byExpiry.putSync(expiryKey(expires, key), NOTHING);
    if (latest !== undefined)
      this.#byLatest.putSync(latestKey(key, latest), numberKey(sequenceIn(key)));
    this.#usage.add(registreeIn(key), registree, { count: 1, bytes });
    this.#usage.reached(sequenceIn(key));
  }

  markSent(key: Uint8Array): void {
    const record = this.#records.get(key);
    if (record !== undefined) this.#records.putSync(key, withSent(record));
  }

  /** Takes a record out, if there is one. */
  take(registree: string, key: Uint8Array): void {
    const record = this.#records.get(key);
    if (record === undefined) return;
    const { expires, bytes, latest } = headOf(record);
    this.#records.removeSync(key);
    this.#byExpiry.removeSync(expiryKey(expires, key));
    this.#forgetLatest(key, latest);
    this.#usage.add(registreeIn(key), registree, { count: -1, bytes: -bytes });
  }

  find(key: Uint8Array): Uint8Array | undefined {
    return this.#records.get(key);
  }

  /** Key of the one that was put last with this text. */
  findLatest(registree: string, text: string): Buffer | undefined {
    const sequence = this.#byLatest.get(latestKey(digestOf(registree), digestOf(text)));
    return sequence && entryKey(registree, numberIn(sequence));
  }

  /** All keys, or those of one registree (behind `after`, if that is given), in order of sequence within each. */
  keys(registree: string | undefined, portion: number, after?: number): Generator<Buffer> {
    if (registree === undefined) {
      return keysBetween(this.#records, BEFORE_ALL, BEHIND_ALL, portion);
    }
    const digest = digestOf(registree);
    const start = after === undefined ? digest : behind(entryKey(registree, after));
    return keysBetween(this.#records, start, behind(digest), portion);
  }

  /** Those whose time is not after `until`, earliest first. */
  *keysByExpiry(
    until: number,
    portion: number,
  ): Generator<{ readonly key: Buffer; readonly expires: number }> {
    const end = behind(numberKey(until));
    for (const index of keysBetween(this.#byExpiry, BEFORE_ALL, end, portion)) {
      yield { key: entryIn(index), expires: expiresIn(index) };
    }
  }

  #forgetLatest(key: Uint8Array, latest: RecordHead["latest"]): void {
    if (latest === undefined) return;
    const index = latestKey(key, latest);
    const sequence = this.#byLatest.get(index);
    if (sequence !== undefined && numberIn(sequence) === sequenceIn(key)) {
      this.#byLatest.removeSync(index);
    }
  }
}

/** @param key of an entry, or digest of its registree; @param text its digest */
const latestKey = (key: Uint8Array, text: Uint8Array): Buffer =>
  Buffer.concat([registreeIn(key), text]);

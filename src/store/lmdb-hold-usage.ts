import type { HoldUsage } from "../core/hold-store.ts";
import { BEFORE_ALL, BEHIND_ALL, bytesOf, digestOf, numberIn, numberKey } from "./hold-keys.ts";
import { type ByteTable, keysBetween, openByteTable } from "./lmdb-bytes.ts";
import type { LmdbRoot } from "./lmdb-root.ts";
import { storeFailed } from "./lmdb-writes.ts";

/** What there is of one registree, counted along in each transaction so that nobody has to read it all. */
export interface UsageRow extends HoldUsage {
  readonly registree: string;
  readonly letters: number;
}

/** Key of the greatest sequence, before all digests of registrees. */
const LAST_SEQUENCE = Buffer.alloc(1);
const ROWS_AT_ONCE = 256;

/** What is held and kept of each registree, and the greatest sequence. All that writes belongs into a transaction. */
export class LmdbHoldUsage {
  readonly #table: ByteTable;

  constructor(root: LmdbRoot) {
    this.#table = openByteTable(root, "hold-usage");
  }

  get lastSequence(): number {
    const value = this.#table.get(LAST_SEQUENCE);
    return value === undefined ? 0 : numberIn(value);
  }

  reached(sequence: number): void {
    if (sequence > this.lastSequence) this.#table.putSync(LAST_SEQUENCE, numberKey(sequence));
  }

  /** @param digest of the registree @throws GatewayError GW_STORE_FAILED when the row is damaged */
  find(digest: Uint8Array): UsageRow | undefined {
    const value = this.#table.get(digest);
    return value && rowOf(bytesOf(value).toString(), bytesOf(digest));
  }

  /** @throws GatewayError GW_STORE_FAILED when a row is damaged */
  *rows(): Generator<UsageRow> {
    for (const digest of keysBetween(this.#table, BEFORE_ALL, BEHIND_ALL, ROWS_AT_ONCE)) {
      const row = digest.length === LAST_SEQUENCE.length ? undefined : this.find(digest);
      if (row !== undefined) yield row;
    }
  }

  /** Counts what came in, or went out where numbers are below 0. @param digest of the registree */
  add(digest: Uint8Array, registree: string, change: Partial<Omit<UsageRow, "registree">>): void {
    const row = this.find(digest);
    const count = (row?.count ?? 0) + (change.count ?? 0);
    // A damaged record may have gone out with another size than it came in with.
    const bytes = count === 0 ? 0 : Math.max((row?.bytes ?? 0) + (change.bytes ?? 0), 0);
    const letters = Math.max((row?.letters ?? 0) + (change.letters ?? 0), 0);
    if (count === 0 && letters === 0) this.#table.removeSync(digest);
    else {
      const value = JSON.stringify([count, bytes, letters, registree]);
      this.#table.putSync(digest, Buffer.from(value));
    }
  }
}

function rowOf(text: string, digest: Buffer): UsageRow {
  try {
    const [count, bytes, letters, registree] = JSON.parse(text);
    const isRow =
      [count, bytes, letters].every(Number.isFinite) && digestOf(registree).equals(digest);
    if (isRow) return { registree, count, bytes, letters };
  } catch (cause) {
    throw storeFailed(cause);
  }
  throw storeFailed("a row of usage is damaged");
}

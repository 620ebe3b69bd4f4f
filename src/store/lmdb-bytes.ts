import type { Database } from "lmdb";
import { bytesOf } from "./hold-keys.ts";
import type { LmdbRoot } from "./lmdb-root.ts";

/** A named database of an LMDB file in which keys and values are bytes as they are. */
export type ByteTable = Database<Uint8Array, Uint8Array>;

/** Opens the byte table of that name, and makes it when it does not exist. */
export function openByteTable(root: LmdbRoot, name: string): ByteTable {
  return root.openDB({ name, keyEncoding: "binary", encoding: "binary" });
}

/** Behind a key there is nothing before this one. */
const next = (key: Uint8Array): Buffer => Buffer.concat([key, Buffer.alloc(1)]);

/**
 * The keys from `start` to before `end`, read in portions: whoever goes through them may write meanwhile, and may stop.
 *
 * @param portion about how many are wanted
 */
export function* keysBetween(
  table: ByteTable,
  start: Uint8Array,
  end: Uint8Array,
  portion: number,
): Generator<Buffer> {
  for (let from = start; ; ) {
    const keys = Array.from(table.getKeys({ start: from, end, limit: portion }), bytesOf);
    yield* keys;
    const last = keys.at(-1);
    // Keys that do not ascend, on pages that are damaged, would lead in a circle.
    const goesOn = last !== undefined && Buffer.compare(last, from) >= 0;
    if (!goesOn || keys.length < portion) return;
    from = next(last);
  }
}

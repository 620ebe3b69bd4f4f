import type { Database } from "lmdb";
import type { Table } from "../core/ports.ts";
import type { LmdbRoot } from "./lmdb-root.ts";
import { type LmdbWrites, storeFailed } from "./lmdb-writes.ts";

/** In bytes; lmdb takes no longer ones. */
const LONGEST_KEY = 1978;

/** A Table in a named database of an open LMDB file. Values are plain objects, written as MessagePack. */
export class LmdbTable<V> implements Table<V> {
  readonly #name: string;
  readonly #database: Database<V, string>;
  readonly #writes: LmdbWrites;

  constructor(root: LmdbRoot, name: string, writes: LmdbWrites) {
    this.#name = name;
    this.#database = root.openDB<V, string>({ name });
    this.#writes = writes;
  }

  /** @throws GatewayError GW_STORE_FAILED when a value cannot be read */
  entries(): Iterable<readonly [string, V]> {
    try {
      return Array.from(this.#database.getRange(), ({ key, value }) => [key, value] as const);
    } catch (cause) {
      throw storeFailed(cause);
    }
  }

  get(key: string): V | undefined {
    if (Buffer.byteLength(key) > LONGEST_KEY) return undefined;
    try {
      return this.#database.get(key);
    } catch (cause) {
      throw storeFailed(cause);
    }
  }

  async put(key: string, value: V): Promise<void> {
    if (Buffer.byteLength(key) > LONGEST_KEY) throw storeFailed("the key is too long");
    await this.#writes.write({ kind: "put", table: this.#name, key, value });
  }

  async remove(key: string): Promise<void> {
    if (Buffer.byteLength(key) > LONGEST_KEY) return;
    await this.#writes.write({ kind: "remove", table: this.#name, key });
  }
}

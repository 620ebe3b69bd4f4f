import { join } from "node:path";
import { open, type RootDatabase } from "lmdb";
import { LmdbHoldStore, type UnreadableRecord } from "../../src/store/lmdb-hold-store.ts";
import { LmdbWrites } from "../../src/store/lmdb-writes.ts";
import { codecs } from "./held.ts";
import { LIMITS } from "./hold-store-contract.ts";

/** An LMDB file that holds primitives, without the check that a start makes. */
export interface OpenHoldStore {
  readonly root: RootDatabase<unknown, string>;
  readonly store: LmdbHoldStore;
  /** For tables beside it. */
  readonly writes: LmdbWrites;
  readonly unreadable: UnreadableRecord[];
  close(): Promise<void>;
}

/** @param around stands between the store and the transactions of the file */
export function openHoldStore(
  dir: string,
  around: (root: RootDatabase<unknown, string>) => RootDatabase<unknown, string> = (root) => root,
  freeBytes: () => number = () => Number.POSITIVE_INFINITY,
): OpenHoldStore {
  const path = join(dir, "hold.mdb");
  const root = open<unknown, string>({ path, noSubdir: true, maxDbs: 16, overlappingSync: false });
  const writes = new LmdbWrites(around(root));
  const unreadable: UnreadableRecord[] = [];
  const store = new LmdbHoldStore(root, writes, {
    codecs,
    deadLetters: LIMITS,
    freeBytes,
    onUnreadable: (record) => void unreadable.push(record),
  });
  return {
    root,
    store,
    writes,
    unreadable,
    close() {
      writes.close();
      return root.close();
    },
  };
}

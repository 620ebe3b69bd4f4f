import { join } from "node:path";
import { LmdbChanges } from "../../src/store/lmdb-changes.ts";
import { LmdbHoldStore, type UnreadableRecord } from "../../src/store/lmdb-hold-store.ts";
import { type LmdbRoot, openRoot } from "../../src/store/lmdb-root.ts";
import { type LmdbWriter, startWriter } from "../../src/store/lmdb-writer.ts";
import { LmdbWrites } from "../../src/store/lmdb-writes.ts";
import { codecs } from "./held.ts";
import { LIMITS } from "./hold-store-contract.ts";

/** An LMDB file that holds primitives, without the check that a start makes. */
export interface OpenHoldStore {
  readonly root: LmdbRoot;
  readonly store: LmdbHoldStore;
  /** For tables beside it. */
  readonly writes: LmdbWrites;
  readonly unreadable: UnreadableRecord[];
  close(): Promise<void>;
}

/** Writes in the thread that calls: the same changes, for tests that open too many files for a thread each. */
export function directWriter(path: string): LmdbWriter {
  const root = openRoot(path);
  const changes = new LmdbChanges(root);
  return {
    write(batch, settled) {
      let failure: unknown;
      try {
        changes.commit(structuredClone(batch));
      } catch (error) {
        failure = error;
      }
      setImmediate(() => settled(failure));
    },
    close: () => root.close(),
  };
}

export function openHoldStore(
  dir: string,
  writerOf: (path: string) => LmdbWriter = startWriter,
  freeBytes: () => number = () => Number.POSITIVE_INFINITY,
): OpenHoldStore {
  const path = join(dir, "hold.mdb");
  const root = openRoot(path);
  const writes = new LmdbWrites(writerOf(path), () => root.resetReadTxn());
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
    async close() {
      await writes.close();
      await root.close();
    },
  };
}

import { open, type RootDatabase } from "lmdb";
import { MAX_TABLES } from "./lmdb-check.ts";

/** An open LMDB file. Each thread opens it for itself. */
export type LmdbRoot = RootDatabase<unknown, string>;

/** Opens the file at `path`, and makes it when it does not exist. Whoever opened it closes it. */
export function openRoot(path: string): LmdbRoot {
  // A transaction is on disk when it returns, not some time later.
  return open<unknown, string>({
    path,
    noSubdir: true,
    maxDbs: MAX_TABLES,
    overlappingSync: false,
  });
}

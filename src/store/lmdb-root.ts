import { open, type RootDatabase } from "lmdb";

/** Version of what the tables hold; a file of another version is not touched. */
export const SCHEMA = 1;
/** Key in the unnamed database, beside the names of the tables. */
export const SCHEMA_KEY = "m2mgw-schema";
/** As many tables as the file may have. */
export const MAX_TABLES = 16;

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

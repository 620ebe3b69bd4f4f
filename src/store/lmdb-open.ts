import { statfsSync } from "node:fs";
import { mkdir, open as openFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { GatewayError } from "../base/errors.ts";
import type { HoldStore } from "../core/hold-store.ts";
import type { Table } from "../core/ports.ts";
import { checkStateFile, SCHEMA, SCHEMA_KEY, stateFault } from "./lmdb-check.ts";
import { type LmdbHoldOptions, LmdbHoldStore } from "./lmdb-hold-store.ts";
import { type LmdbRoot, openRoot } from "./lmdb-root.ts";
import { LmdbTable } from "./lmdb-table.ts";
import { startWriter } from "./lmdb-writer.ts";
import { LmdbWrites } from "./lmdb-writes.ts";

/** What outlives the process. Whoever opened it closes it. */
export interface State {
  /** The table of that name, made when it does not exist. @throws GatewayError GW_STORE_FAILED */
  table<V>(name: string): Table<V>;
  /** The one hold store of the file, made when it does not exist. @throws GatewayError GW_STORE_FAILED */
  holdStore(options: Omit<LmdbHoldOptions, "freeBytes">): HoldStore;
  /** Resolves when all writes are durable and the file is closed; writes that come later fail. May be called twice. */
  close(): Promise<void>;
}

/**
 * Opens `m2mgw.mdb` in `dir`, making both when they do not exist; `dir` then is for its owner only.
 *
 * A file that is damaged, truncated or not ours is reported and not touched. One process at a time: tables are
 * read at start, and what another process writes later is not seen.
 *
 * @throws GatewayError GW_STORE_FAILED, naming the file and what is wrong with it
 */
export async function openState(dir: string): Promise<State> {
  const path = join(dir, "m2mgw.mdb");
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    if (await exists(path)) await checkStateFile(path);
    else await createStateFile(path);
    return new LmdbState(openRoot(path), path);
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    throw stateFault(path, "cannot be opened", cause);
  }
}

class LmdbState implements State {
  readonly #root: LmdbRoot;
  readonly #writes: LmdbWrites;
  readonly #path: string;
  #closing: Promise<void> | undefined;

  constructor(root: LmdbRoot, path: string) {
    this.#root = root;
    this.#writes = new LmdbWrites(startWriter(path), () => root.resetReadTxn());
    this.#path = path;
  }

  table<V>(name: string): Table<V> {
    try {
      return new LmdbTable(this.#root, name, this.#writes);
    } catch (cause) {
      throw stateFault(this.#path, `has no room for the table ${name}`, cause);
    }
  }

  holdStore(options: Omit<LmdbHoldOptions, "freeBytes">): HoldStore {
    try {
      return new LmdbHoldStore(this.#root, this.#writes, {
        ...options,
        freeBytes: () => {
          const { bavail, bsize } = statfsSync(this.#path);
          return bavail * bsize;
        },
      });
    } catch (cause) {
      throw stateFault(this.#path, "cannot be used for what is held", cause);
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#writes.close().then(() => this.#root.close());
    return this.#closing;
  }
}

/**
 * Makes the file under another name first: a crash on the way leaves nothing that the next start must refuse.
 */
async function createStateFile(path: string): Promise<void> {
  const fresh = `${path}.new`;
  await discard(fresh);
  const root = openRoot(fresh);
  root.transactionSync(() => root.putSync(SCHEMA_KEY, SCHEMA));
  await root.close();
  await rename(fresh, path);
  await discard(fresh);
  await flushDirectory(dirname(path));
}

async function discard(path: string): Promise<void> {
  await rm(path, { force: true });
  await rm(`${path}-lock`, { force: true });
}

/** A file's name is durable only when its directory is. */
async function flushDirectory(dir: string): Promise<void> {
  // Windows neither can nor needs to flush a directory.
  if (process.platform === "win32") return;
  const directory = await openFile(dir, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw error;
  }
}

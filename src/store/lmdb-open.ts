import { statfsSync } from "node:fs";
import { chmod, mkdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { GatewayError } from "../base/errors.ts";
import type { HoldStore } from "../core/hold-store.ts";
import type { Observer, Table } from "../core/ports.ts";
import { flushDirectory } from "./flush-directory.ts";
import { checkStateFile, stateFault } from "./lmdb-check.ts";
import { type LmdbHoldOptions, LmdbHoldStore } from "./lmdb-hold-store.ts";
import { putMark, removeMark } from "./lmdb-mark.ts";
import { type LmdbRoot, openRoot, SCHEMA, SCHEMA_KEY } from "./lmdb-root.ts";
import { LmdbTable } from "./lmdb-table.ts";
import { startWriter } from "./lmdb-writer.ts";
import { LmdbWrites } from "./lmdb-writes.ts";

/** What outlives the process. Whoever opened it closes it. */
export interface State {
  /** The table of that name, made when it does not exist. @throws GatewayError GW_STORE_FAILED */
  table<V>(name: string): Table<V>;
  /** The one hold store of the file, made when it does not exist. @throws GatewayError GW_STORE_FAILED */
  holdStore(options: Omit<LmdbHoldOptions, "freeBytes">): HoldStore;
  /** Bytes that are free on its disk; undefined when that cannot be told. */
  freeBytes(): number | undefined;
  /** Resolves when all writes are durable and the file is closed; writes that come later fail. May be called twice. */
  close(): Promise<void>;
}

/**
 * Opens `m2mgw.mdb` in `dir`, making both when they do not exist; `dir` then is for its owner only.
 *
 * A file that is damaged, truncated or not ours is reported and not touched. One process at a time: tables are
 * read at start, and what another process writes later is not seen.
 *
 * @param observer is told of each transaction
 * @throws GatewayError GW_STORE_FAILED, naming the file and what is wrong with it
 */
export async function openState(dir: string, observer?: Pick<Observer, "written">): Promise<State> {
  const path = join(dir, "m2mgw.mdb");
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    if (await exists(path)) await checkStateFile(path);
    else await createStateFile(path);
    await removeMark(path);
    return new LmdbState(openRoot(path), path, observer);
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

  constructor(root: LmdbRoot, path: string, observer: Pick<Observer, "written"> | undefined) {
    this.#root = root;
    this.#writes = new LmdbWrites(
      startWriter(path),
      () => root.resetReadTxn(),
      (seconds, failed) => observer?.written(seconds, failed),
    );
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
        freeBytes: () => freeBytesAt(this.#path),
      });
    } catch (cause) {
      throw stateFault(this.#path, "cannot be used for what is held", cause);
    }
  }

  freeBytes(): number | undefined {
    try {
      return freeBytesAt(this.#path);
    } catch {
      // The folder is gone, or its disk: whoever writes is told.
      return undefined;
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#writes.close();
    await this.#root.close();
    // A disk that has failed once is read before it is believed again.
    if (this.#writes.hasFailed) return;
    try {
      await putMark(this.#path);
    } catch {
      // All is durable; the next start only takes longer.
    }
  }
}

function freeBytesAt(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
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
  // For its owner only, also in a directory that was there before.
  await chmod(fresh, 0o600);
  await rename(fresh, path);
  await discard(fresh);
  await flushDirectory(dirname(path));
}

async function discard(path: string): Promise<void> {
  await rm(path, { force: true });
  await rm(`${path}-lock`, { force: true });
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

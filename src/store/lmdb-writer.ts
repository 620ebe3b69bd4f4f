import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import type { Change } from "./lmdb-changes.ts";

/** Makes changes to one LMDB file: batch by batch, in the order they are given. */
export interface LmdbWriter {
  /**
   * Makes all changes of a batch or none.
   *
   * @param settled is called when they are on disk, or with what went wrong when none of them was made; never at once
   * @throws DataCloneError when one cannot be sent; nothing is done then
   */
  write(batch: readonly Change[], settled: (failure: unknown) => void): void;
  /** Resolves when all that was given is settled and the file is closed. Call once. */
  close(): Promise<void>;
}

/**
 * Starts a thread that writes to the LMDB file at `path`, which exists.
 *
 * lmdb's own asynchronous commits do not survive a full disk: they reject promises that nobody can catch. Its
 * synchronous ones throw, and are undone, but wait for the disk: in a thread nobody else waits with them. What this
 * thread cannot catch ends the process, as what happens in no thread does.
 */
export function startWriter(path: string): LmdbWriter {
  // As it was built, wherever this runs from: a thread has no use for what may load other languages here.
  const program = createRequire(import.meta.url).resolve("#lmdb-thread");
  const thread = new Worker(program, { workerData: path, execArgv: [] });
  const waiting: ((failure: unknown) => void)[] = [];
  thread.on("message", (failure: unknown) => waiting.shift()?.(failure));
  return {
    write(batch, settled) {
      thread.postMessage(batch);
      waiting.push(settled);
    },
    close: () =>
      new Promise((resolve) => {
        thread.once("exit", () => resolve());
        thread.postMessage("close");
      }),
  };
}

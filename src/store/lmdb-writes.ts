import type { RootDatabase } from "lmdb";
import { GatewayError } from "../base/errors.ts";

interface Write {
  readonly apply: () => void;
  readonly done: () => void;
  readonly failed: (error: GatewayError) => void;
}

/**
 * Writes to one LMDB file: all of one turn of the event loop in one transaction, on disk when it returns.
 *
 * lmdb's own asynchronous commits do not survive a full disk: they reject promises that nobody can catch. Its
 * synchronous ones throw, and are undone; they cost the event loop one flush for each turn that writes.
 */
export class LmdbWrites {
  readonly #root: RootDatabase<unknown, string>;
  #waiting: Write[] = [];
  #open = true;

  constructor(root: RootDatabase<unknown, string>) {
    this.#root = root;
  }

  /**
   * Resolves when what `apply` writes is durable.
   *
   * @param apply calls putSync or removeSync of databases of this file, and may read what the writes before it wrote
   * @throws GatewayError GW_STORE_FAILED, for all writes of a turn when one fails: then none of them was made
   */
  write(apply: () => void): Promise<void> {
    if (!this.#open) return Promise.reject(storeFailed("the state is closed"));
    return new Promise((done, failed) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#commit());
      this.#waiting.push({ apply, done, failed });
    });
  }

  /** Writes what waits, and refuses what comes later. */
  close(): void {
    this.#commit();
    this.#open = false;
  }

  #commit(): void {
    const writes = this.#waiting;
    this.#waiting = [];
    if (writes.length === 0) return;
    try {
      this.#root.transactionSync(() => {
        for (const { apply } of writes) apply();
      });
    } catch (cause) {
      const error = storeFailed(cause);
      for (const { failed } of writes) failed(error);
      return;
    }
    for (const { done } of writes) done();
  }
}

/** What happened stays in `cause`: this error may become an answer to an originator. */
export function storeFailed(cause: unknown): GatewayError {
  return new GatewayError("GW_STORE_FAILED", { cause });
}

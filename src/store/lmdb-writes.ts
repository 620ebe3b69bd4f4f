import { GatewayError } from "../base/errors.ts";
import type { Change } from "./lmdb-changes.ts";
import type { LmdbWriter } from "./lmdb-writer.ts";

interface Write {
  readonly change: Change;
  readonly done: () => void;
  readonly failed: (error: GatewayError) => void;
}

/**
 * Writes to one LMDB file: all of one turn of the event loop in one transaction, and with them those of the turns that
 * passed while the transaction before was on its way to the disk.
 */
export class LmdbWrites {
  readonly #writer: LmdbWriter;
  readonly #written: () => void;
  readonly #tell: (seconds: number, failed: boolean) => void;
  #waiting: Write[] = [];
  #isUnderWay = false;
  #hasFailed = false;
  #closed: Promise<void> | undefined;

  /**
   * @param written makes what the writer has written visible to those who read
   * @param tell how long a transaction took, and whether it failed
   */
  constructor(
    writer: LmdbWriter,
    written: () => void,
    tell: (seconds: number, failed: boolean) => void = () => {},
  ) {
    this.#writer = writer;
    this.#written = written;
    this.#tell = tell;
  }

  /** Whether a transaction has failed so far. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /**
   * Resolves when the change is durable, and seen by those who read.
   *
   * @throws GatewayError GW_STORE_FAILED, for all changes of a transaction when it fails: then none of them was made
   */
  write(change: Change): Promise<void> {
    if (this.#closed !== undefined) return Promise.reject(storeFailed("the state is closed"));
    return new Promise((done, failed) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#isUnderWay || this.#commit());
      this.#waiting.push({ change, done, failed });
    });
  }

  /** Writes what waits, and refuses what comes later. Resolves when the writer has closed; may be called twice. */
  close(): Promise<void> {
    if (this.#closed === undefined) {
      this.#commit();
      this.#closed = this.#writer.close();
    }
    return this.#closed;
  }

  #commit(): void {
    const writes = this.#waiting;
    this.#waiting = [];
    if (writes.length === 0) return;
    const started = performance.now();
    const settled = (failure: unknown) => {
      this.#tell((performance.now() - started) / 1000, failure !== undefined);
      this.#isUnderWay = false;
      this.#hasFailed ||= failure !== undefined;
      // The disk shall not wait for what follows from this.
      this.#commit();
      settle(writes, failure, this.#written);
    };
    try {
      this.#isUnderWay = true;
      this.#writer.write(
        writes.map(({ change }) => change),
        settled,
      );
    } catch (error) {
      settled(error);
    }
  }
}

function settle(writes: readonly Write[], failure: unknown, written: () => void): void {
  if (failure === undefined) {
    written();
    for (const { done } of writes) done();
    return;
  }
  const error = storeFailed(failure);
  for (const { failed } of writes) failed(error);
}

/** What happened stays in `cause`: this error may become an answer to an originator. */
export function storeFailed(cause: unknown): GatewayError {
  return new GatewayError("GW_STORE_FAILED", { cause });
}

import { statSync } from "node:fs";
import { stat } from "node:fs/promises";
import { type Clock, later, type Millis, millis, type Timer } from "../../base/clock.ts";
import type { TlsParty, TlsSource } from "../../base/tls.ts";
import type { Observer } from "../../core/ports.ts";

export interface TlsFilesOptions<T, U> {
  readonly party: TlsParty;
  readonly source: TlsSource<T>;
  /** What is made of them; may throw an Error of OpenSSL. */
  readonly make: (tls: T) => U;
  /** Called whenever something else is in use. */
  readonly changed?: (made: U) => void;
  readonly clock: Clock;
  readonly observer: Observer;
}

/** How often it is looked whether a file has changed. */
const EVERY: Millis = millis(5_000);

/**
 * What files of TLS hold, read again when they change: checked first, and all replaced or nothing.
 *
 * Our choice: the files are looked at now and then, and read once they have stayed the same from one look to the next.
 * A link that is put elsewhere (as Kubernetes does), a file in a network and one that is written in several pieces are
 * all alike then; what watches folders misses some of these.
 */
export class TlsFiles<T, U> {
  readonly #options: TlsFilesOptions<T, U>;
  #source: TlsSource<T>;
  #current: U;
  /** What the files looked like when they were read, and at the last look. */
  #read: string;
  #seen: string;
  #timer: Timer;
  #closed = false;

  /** @throws Error with a sentence for the person who runs the gateway */
  constructor(options: TlsFilesOptions<T, U>) {
    this.#options = options;
    this.#source = options.source;
    this.#read = lookNow(options.source.files);
    this.#seen = this.#read;
    this.#current = this.#make(options.source);
    this.#timer = this.#next();
  }

  get current(): U {
    return this.#current;
  }

  /** Reads all files again. @returns why nothing has changed, when something is wrong with one */
  reload(): string | undefined {
    const { observer, party } = this.#options;
    // Only another change is worth another try.
    this.#read = lookNow(this.#source.files);
    let why: string | undefined;
    try {
      this.prepare(this.#source)();
    } catch (error) {
      why = error instanceof Error ? error.message : String(error);
      observer.tlsReloaded(party, why);
    }
    return why;
  }

  /**
   * Reads other files, or the same again.
   *
   * @returns what puts them to use, which cannot fail
   * @throws Error with a sentence, when something is wrong with one; the old ones stay in use
   */
  prepare(source: TlsSource<T>): () => void {
    const looked = lookNow(source.files);
    const made = this.#make(source);
    return () => {
      this.#source = source;
      this.#read = looked;
      this.#current = made;
      this.#options.changed?.(made);
      if (source.files.length > 0)
        this.#options.observer.tlsReloaded(this.#options.party, undefined);
    };
  }

  close(): void {
    this.#closed = true;
    this.#timer.cancel();
  }

  #make(source: TlsSource<T>): U {
    const read = source.read();
    if ("tls" in read) return this.#options.make(read.tls);
    throw new Error(read.faults.map(({ key, sentence }) => `${key}: ${sentence}`).join("; "));
  }

  #next(): Timer {
    const { clock } = this.#options;
    return clock.at(later(clock.now(), EVERY), () => void this.#look());
  }

  async #look(): Promise<void> {
    const looks = await Promise.all(
      this.#source.files.map((path) => stat(path).then(lookOf, () => ABSENT)),
    );
    if (this.#closed) return;
    const now = looks.join();
    if (now !== this.#read && now === this.#seen) this.reload();
    this.#seen = now;
    this.#timer = this.#next();
  }
}

const ABSENT = "absent";

const lookOf = ({ ctimeMs, dev, ino, mtimeMs, size }: Awaited<ReturnType<typeof stat>>): string =>
  [dev, ino, size, mtimeMs, ctimeMs].join(":");

function lookNow(files: readonly string[]): string {
  return files
    .map((path) => {
      try {
        return lookOf(statSync(path));
      } catch {
        return ABSENT;
      }
    })
    .join();
}

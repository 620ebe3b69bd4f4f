import { type EpochMs, epochMs } from "../base/clock.ts";
import type { Codecs } from "../codec/codec.ts";
import type { DeadLetter, HeldRequest, HoldStore, HoldUsage } from "../core/hold-store.ts";
import type { EntityId } from "../primitive/identifiers.ts";
import type { DeadLetterLimits } from "./dead-letter-limits.ts";
import { headOf, heldOf, letterOf, letterRecordOf, recordOf } from "./held-record.ts";
import { entryKey, letterSequenceIn, letterTimeIn, registreeIn, sequenceIn } from "./hold-keys.ts";
import { LmdbDeadLetters } from "./lmdb-dead-letters.ts";
import { LmdbHoldEntries } from "./lmdb-hold-entries.ts";
import { LmdbHoldUsage } from "./lmdb-hold-usage.ts";
import type { LmdbRoot } from "./lmdb-root.ts";
import { type LmdbWrites, storeFailed } from "./lmdb-writes.ts";

export interface LmdbHoldOptions {
  readonly codecs: Codecs;
  readonly deadLetters: DeadLetterLimits;
  /** Bytes that are free on the disk of the file. */
  readonly freeBytes: () => number;
  /** Told once of each record that cannot be read any more, outside of the call that met it. Must not throw. */
  readonly onUnreadable: (record: UnreadableRecord, error: unknown) => void;
}

/**
 * A record that is damaged, or that the codecs do not read any more. Reads pass over it.
 *
 * A held request stays in the store, and in what usageAtStart counts, until it is removed or replaced.
 */
export interface UnreadableRecord {
  readonly kind: "held" | "deadLetter";
  readonly registree: EntityId;
  readonly sequence: number;
  /** What it counts for against limits; 0 for a dead letter. */
  readonly bytes: number;
}

/**
 * What newcomers leave free on the disk: taking entries out needs room, too, and LMDB spoils the heap where a page
 * cannot be written any more.
 */
const RESERVE = 16 * 1024 * 1024;
/** Entries that are listed without looking whether others have come or gone. */
const LIST_PORTION = 64;
/** Dead letters that leave in one transaction: others wait for it. */
const SWEEP_PORTION = 256;

/** A HoldStore in an open LMDB file. In memory it has nothing but the keys of what could not be read. */
export class LmdbHoldStore implements HoldStore {
  readonly #options: LmdbHoldOptions;
  readonly #writes: LmdbWrites;
  // Read here, and written by `writes`.
  readonly #usage: Pick<LmdbHoldUsage, "find" | "lastSequence" | "rows">;
  readonly #entries: Pick<LmdbHoldEntries, "find" | "findLatest" | "keys" | "keysByExpiry">;
  readonly #letters: Pick<LmdbDeadLetters, "hasOld" | "of">;
  /** Keys, in hex. */
  readonly #unreadable = new Set<string>();

  /** @throws GatewayError GW_STORE_FAILED when what is counted of registrees is damaged, and errors of LMDB */
  constructor(root: LmdbRoot, writes: LmdbWrites, options: LmdbHoldOptions) {
    this.#options = options;
    this.#writes = writes;
    const usage = new LmdbHoldUsage(root);
    this.#usage = usage;
    this.#entries = new LmdbHoldEntries(root, usage);
    this.#letters = new LmdbDeadLetters(root, usage);
    // Found now, or by the first write that meets it, which could not be made.
    for (const _ of this.#usage.rows());
  }

  get lastSequence(): number {
    return this.#usage.lastSequence;
  }

  get hasRoom(): boolean {
    return this.#options.freeBytes() >= RESERVE;
  }

  *usageAtStart(): Iterable<readonly [EntityId, HoldUsage]> {
    for (const { registree, count, bytes } of this.#usage.rows()) {
      if (count > 0) yield [registree as EntityId, { count, bytes }];
    }
  }

  async put(held: HeldRequest): Promise<void> {
    const { registree, sequence } = held;
    const record = this.#encoded(() => recordOf(held, this.#options.codecs));
    await this.#writes.write({ kind: "hold", registree, sequence, record });
    this.#readableAgain(registree, sequence);
  }

  first(registree: EntityId, skip: ReadonlySet<number>): HeldRequest | undefined {
    for (const key of this.#entries.keys(registree, skip.size + this.#unreadable.size + 1)) {
      const held = skip.has(sequenceIn(key)) ? undefined : this.#read(key);
      if (held !== undefined) return held;
    }
    return undefined;
  }

  find(registree: EntityId, sequence: number): HeldRequest | undefined {
    return this.#read(entryKey(registree, sequence));
  }

  findLatest(registree: EntityId, latest: string): HeldRequest | undefined {
    const key = this.#entries.findLatest(registree, latest);
    return key && this.#read(key);
  }

  async markSent(registree: EntityId, sequence: number): Promise<void> {
    await this.#writes.write({ kind: "markSent", registree, sequence });
  }

  async remove(registree: EntityId, sequence: number, letter?: DeadLetter): Promise<void> {
    const { perRegistree } = this.#options.deadLetters;
    const record = letter && this.#encoded(() => letterRecordOf(letter, this.#options.codecs));
    await this.#writes.write({
      kind: "letGo",
      registree,
      sequence,
      letter: letter && record && { at: letter.at, record, perRegistree },
    });
    this.#readableAgain(registree, sequence);
  }

  due(now: EpochMs, limit: number): readonly HeldRequest[] {
    const due: HeldRequest[] = [];
    if (limit <= 0) return due;
    for (const { key, expires } of this.#entries.keysByExpiry(now, limit)) {
      const held = this.#read(key);
      // An index is not believed against the entry itself.
      if (held !== undefined && held.expires === expires) due.push(held);
      if (due.length === limit) break;
    }
    return due;
  }

  nextExpiry(): EpochMs | undefined {
    const portion = this.#unreadable.size + 1;
    for (const { key, expires } of this.#entries.keysByExpiry(Number.POSITIVE_INFINITY, portion)) {
      if (this.#isUnreadable(key)) continue;
      const record = this.#entries.find(key);
      if (record !== undefined && headOf(record).expires === expires) return epochMs(expires);
    }
    return undefined;
  }

  *list(registree?: EntityId, after?: number): Iterable<HeldRequest> {
    for (const key of this.#entries.keys(registree, LIST_PORTION, after)) {
      const held = this.#read(key);
      if (held !== undefined) yield held;
    }
  }

  *deadLetters(registree: EntityId): Iterable<DeadLetter> {
    for (const [key, record] of this.#letters.of(registree)) {
      const place = { at: letterTimeIn(key), sequence: letterSequenceIn(key) };
      const letter = this.#decoded(
        key,
        () => letterOf(record, place, this.#options.codecs),
        () => ({ kind: "deadLetter", registree, sequence: place.sequence, bytes: 0 }),
      );
      if (letter !== undefined) yield letter;
    }
  }

  async removeDeadLetter(registree: EntityId, sequence: number): Promise<void> {
    await this.#writes.write({ kind: "removeLetter", registree, sequence });
  }

  async sweepDeadLetters(now: EpochMs): Promise<void> {
    const until = now - this.#options.deadLetters.keptFor;
    while (this.#letters.hasOld(until)) {
      await this.#writes.write({ kind: "removeOldLetters", until, limit: SWEEP_PORTION });
    }
  }

  /** The entry under a key; undefined when there is none, or none that can be read. */
  #read(key: Buffer): HeldRequest | undefined {
    const record = this.#isUnreadable(key) ? undefined : this.#entries.find(key);
    if (record === undefined) return undefined;
    const sequence = sequenceIn(key);
    return this.#decoded(
      key,
      () => heldOf(record, sequence, this.#options.codecs),
      () => {
        const registree = (this.#usage.find(registreeIn(key))?.registree ?? "") as EntityId;
        return { kind: "held", registree, sequence, bytes: headOf(record).bytes };
      },
    );
  }

  #decoded<T>(key: Buffer, decode: () => T, describe: () => UnreadableRecord): T | undefined {
    try {
      return decode();
    } catch (error) {
      if (this.#isUnreadable(key)) return undefined;
      this.#unreadable.add(nameOf(key));
      const record = describe();
      // Whoever reads is in the middle of something.
      queueMicrotask(() => this.#options.onUnreadable(record, error));
      return undefined;
    }
  }

  #readableAgain(registree: EntityId, sequence: number): void {
    if (this.#unreadable.size > 0) this.#unreadable.delete(nameOf(entryKey(registree, sequence)));
  }

  #isUnreadable(key: Buffer): boolean {
    return this.#unreadable.size > 0 && this.#unreadable.has(nameOf(key));
  }

  #encoded(encode: () => Buffer): Buffer {
    try {
      return encode();
    } catch (cause) {
      throw storeFailed(cause);
    }
  }
}

const nameOf = (key: Buffer): string => key.toString("hex");

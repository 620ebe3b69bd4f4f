import type { EpochMs } from "../../src/base/clock.ts";
import { GatewayError } from "../../src/base/errors.ts";
import type { DeadLetter, HeldRequest, HoldStore, HoldUsage } from "../../src/core/hold-store.ts";
import type { Table } from "../../src/core/ports.ts";
import type { EntityId } from "../../src/primitive/identifiers.ts";

export type Write = "put" | "markSent" | "remove";

/** What a process does to its disk: may be watched, fails when told so, and ends when the process does. */
export class Disk {
  /** Writes begun so far. */
  begun = 0;
  /** Writes that have neither succeeded nor failed yet. */
  underWay = 0;
  /** So many writes of a kind fail from now on. */
  readonly failing = new Map<Write, number>();
  /** Newcomers have to stay out. */
  isFull = false;
  /** Turns of the event loop that each write takes before it is made, and again before it is known to be. */
  slowness = 0;
  #crashed = false;

  /** The process is no more: nothing it does from now on happens, or resolves. */
  crash(): void {
    this.#crashed = true;
    this.underWay = 0;
  }

  async write(kind: Write, work: () => Promise<void>): Promise<void> {
    if (this.#crashed) return await new Promise(() => {});
    this.begun += 1;
    this.underWay += 1;
    try {
      await this.#turns();
      const failures = this.failing.get(kind) ?? 0;
      if (failures > 0) {
        this.failing.set(kind, failures - 1);
        throw new GatewayError("GW_STORE_FAILED");
      }
      if (!this.#crashed) await work();
      await this.#turns();
    } finally {
      if (!this.#crashed) this.underWay -= 1;
    }
    if (this.#crashed) await new Promise(() => {});
  }

  async #turns(): Promise<void> {
    for (let turn = 0; turn < this.slowness; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

/** A HoldStore whose writes go through a Disk. */
export class WatchedStore implements HoldStore {
  readonly #store: HoldStore;
  readonly #disk: Disk;

  constructor(store: HoldStore, disk: Disk) {
    this.#store = store;
    this.#disk = disk;
  }

  get lastSequence(): number {
    return this.#store.lastSequence;
  }

  get hasRoom(): boolean {
    return !this.#disk.isFull && this.#store.hasRoom;
  }

  usageAtStart(): Iterable<readonly [EntityId, HoldUsage]> {
    return this.#store.usageAtStart();
  }

  put(held: HeldRequest): Promise<void> {
    return this.#disk.write("put", () => this.#store.put(held));
  }

  first(registree: EntityId, skip: ReadonlySet<number>): HeldRequest | undefined {
    return this.#store.first(registree, skip);
  }

  find(registree: EntityId, sequence: number): HeldRequest | undefined {
    return this.#store.find(registree, sequence);
  }

  findLatest(registree: EntityId, latest: string): HeldRequest | undefined {
    return this.#store.findLatest(registree, latest);
  }

  markSent(registree: EntityId, sequence: number): Promise<void> {
    return this.#disk.write("markSent", () => this.#store.markSent(registree, sequence));
  }

  remove(registree: EntityId, sequence: number, letter?: DeadLetter): Promise<void> {
    return this.#disk.write("remove", () => this.#store.remove(registree, sequence, letter));
  }

  due(now: EpochMs, limit: number): readonly HeldRequest[] {
    return this.#store.due(now, limit);
  }

  nextExpiry(): EpochMs | undefined {
    return this.#store.nextExpiry();
  }

  list(registree?: EntityId): Iterable<HeldRequest> {
    return this.#store.list(registree);
  }

  deadLetters(registree: EntityId): Iterable<DeadLetter> {
    return this.#store.deadLetters(registree);
  }

  removeDeadLetter(registree: EntityId, sequence: number): Promise<void> {
    return this.#store.removeDeadLetter(registree, sequence);
  }

  sweepDeadLetters(now: EpochMs): Promise<void> {
    return this.#store.sweepDeadLetters(now);
  }
}

/** The same for a Table. */
export function watchedTable<V>(table: Table<V>, disk: Disk): Table<V> {
  return {
    entries: () => table.entries(),
    get: (key) => table.get(key),
    put: (key, value) => disk.write("put", () => table.put(key, value)),
    remove: (key) => disk.write("remove", () => table.remove(key)),
  };
}

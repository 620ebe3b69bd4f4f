import { type EpochMs, earliest } from "../base/clock.ts";
import type { DeadLetter, HeldRequest, HoldStore, HoldUsage } from "../core/hold-store.ts";
import type { EntityId } from "../primitive/identifiers.ts";
import { DEFAULT_DEAD_LETTERS, type DeadLetterLimits } from "./dead-letter-limits.ts";

/**
 * A HoldStore that a restart empties, for gateways that were asked to keep nothing.
 *
 * What expires next it finds by looking at all that is held.
 */
export class MemoryHoldStore implements HoldStore {
  readonly hasRoom = true;
  readonly #limits: DeadLetterLimits;
  /** Each in order of sequence. */
  readonly #held = new Map<EntityId, HeldRequest[]>();
  /** Sequence of the one put last with that text. */
  readonly #latest = new Map<EntityId, Map<string, number>>();
  /** Each oldest first. */
  readonly #letters = new Map<EntityId, DeadLetter[]>();
  #lastSequence = 0;

  constructor(limits: DeadLetterLimits = DEFAULT_DEAD_LETTERS) {
    this.#limits = limits;
  }

  get lastSequence(): number {
    return this.#lastSequence;
  }

  *usageAtStart(): Iterable<readonly [EntityId, HoldUsage]> {
    for (const [registree, line] of this.#held) {
      const bytes = line.reduce((sum, held) => sum + held.bytes, 0);
      yield [registree, { count: line.length, bytes }];
    }
  }

  async put(held: HeldRequest): Promise<void> {
    const { registree, sequence, latest } = held;
    this.#take(registree, sequence);
    const line = this.#held.get(registree) ?? [];
    this.#held.set(registree, line);
    // Nearly all come in order.
    const before = line.findLastIndex((other) => other.sequence < sequence);
    line.splice(before + 1, 0, held);
    if (latest !== undefined) {
      const sequences = this.#latest.get(registree) ?? new Map<string, number>();
      this.#latest.set(registree, sequences.set(latest, sequence));
    }
    this.#lastSequence = Math.max(this.#lastSequence, sequence);
  }

  first(registree: EntityId, skip: ReadonlySet<number>): HeldRequest | undefined {
    return this.#held.get(registree)?.find(({ sequence }) => !skip.has(sequence));
  }

  find(registree: EntityId, sequence: number): HeldRequest | undefined {
    return this.#held.get(registree)?.find((held) => held.sequence === sequence);
  }

  findLatest(registree: EntityId, latest: string): HeldRequest | undefined {
    const sequence = this.#latest.get(registree)?.get(latest);
    return sequence === undefined ? undefined : this.find(registree, sequence);
  }

  async markSent(registree: EntityId, sequence: number): Promise<void> {
    const line = this.#held.get(registree) ?? [];
    const at = line.findIndex((held) => held.sequence === sequence);
    const held = line[at];
    if (held !== undefined) line[at] = { ...held, sent: true };
  }

  async remove(registree: EntityId, sequence: number, letter?: DeadLetter): Promise<void> {
    this.#take(registree, sequence);
    if (letter === undefined) return;
    const others = (this.#letters.get(registree) ?? []).filter(
      ({ at, held }) => at !== letter.at || held.sequence !== letter.held.sequence,
    );
    const letters = [...others, letter].sort(
      (a, b) => a.at - b.at || a.held.sequence - b.held.sequence,
    );
    this.#letters.set(registree, letters.slice(-this.#limits.perRegistree));
  }

  due(now: EpochMs, limit: number): readonly HeldRequest[] {
    return [...this.list()]
      .filter(({ expires }) => expires <= now)
      .sort((a, b) => a.expires - b.expires || a.sequence - b.sequence)
      .slice(0, limit);
  }

  nextExpiry(): EpochMs | undefined {
    let next: EpochMs | undefined;
    for (const { expires } of this.list()) next = earliest(expires, next);
    return next;
  }

  *list(registree?: EntityId, after = -1): Iterable<HeldRequest> {
    const lines =
      registree === undefined ? [...this.#held.values()] : [this.#held.get(registree) ?? []];
    for (const line of lines) yield* line.filter(({ sequence }) => sequence > after);
  }

  deadLetters(registree: EntityId): Iterable<DeadLetter> {
    return [...(this.#letters.get(registree) ?? [])];
  }

  async removeDeadLetter(registree: EntityId, sequence: number): Promise<void> {
    const left = (this.#letters.get(registree) ?? []).filter(
      ({ held }) => held.sequence !== sequence,
    );
    this.#letters.set(registree, left);
  }

  async sweepDeadLetters(now: EpochMs): Promise<void> {
    for (const [registree, letters] of this.#letters) {
      const kept = letters.filter(({ at }) => at + this.#limits.keptFor > now);
      if (kept.length > 0) this.#letters.set(registree, kept);
      else this.#letters.delete(registree);
    }
  }

  #take(registree: EntityId, sequence: number): void {
    const line = this.#held.get(registree) ?? [];
    const at = line.findIndex((held) => held.sequence === sequence);
    const held = line[at];
    if (held === undefined) return;
    line.splice(at, 1);
    if (line.length === 0) this.#held.delete(registree);
    const latest = this.#latest.get(registree);
    if (held.latest === undefined || latest?.get(held.latest) !== sequence) return;
    latest.delete(held.latest);
    if (latest.size === 0) this.#latest.delete(registree);
  }
}

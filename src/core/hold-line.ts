import type { EpochMs, Timer } from "../base/clock.ts";
import type { GatewayError } from "../base/errors.ts";
import type { EntityId } from "../primitive/identifiers.ts";
import type { RequestPrimitive, ResponsePrimitive } from "../primitive/primitive.ts";
import type { HeldRequest, HoldStore, HoldUsage } from "./hold-store.ts";

/**
 * A request whose originator waits for the answer while its registree is away. In memory only: its originator was
 * promised nothing.
 */
export interface OpenRequest {
  /** Its place in the order of arrival, among those that are stored. */
  readonly sequence: number;
  /** Before all others (event category "immediate"). */
  readonly first: boolean;
  readonly request: RequestPrimitive;
  readonly arrived: EpochMs;
  readonly deadline: EpochMs;
  /** The originator's own time, if it named one. */
  readonly expires: EpochMs | undefined;
  readonly bytes: number;
  /** Storage priority. */
  readonly priority: number;
  readonly latest: string | undefined;
  /** Fires at the deadline. */
  readonly timer: Timer;
  /** It went out on a link that closed before the answer came. */
  wasSent: boolean;
  /** Tells its originator; undefined while nobody waits, because the originator has left. */
  settle: ((result: Result) => void) | undefined;
}

/** A registree's answer, or why there is none. */
export type Result = ResponsePrimitive | GatewayError;

export type HeldItem =
  | { readonly kind: "stored"; readonly held: HeldRequest }
  | { readonly kind: "open"; readonly open: OpenRequest };

/**
 * What waits for one registree, in its order: what is in the store, and the exchanges that are kept open.
 *
 * Of what is stored it knows the number only; which one is next is read when its turn comes.
 */
export class HoldLine {
  readonly registree: EntityId;
  readonly #store: HoldStore;
  /** In order. */
  readonly #open: OpenRequest[] = [];
  /** Sequences under way on a link, and whether they still take room in the window. */
  readonly #sending = new Map<number, boolean>();
  /** Stored ones that are being settled or replaced: not to be read. */
  readonly #hidden = new Set<number>();
  #stored: number;
  #count: number;
  #bytes: number;

  /** @param stored what the store holds for it already */
  constructor(registree: EntityId, store: HoldStore, stored: HoldUsage = { count: 0, bytes: 0 }) {
    this.registree = registree;
    this.#store = store;
    this.#stored = stored.count;
    this.#count = stored.count;
    this.#bytes = stored.bytes;
  }

  /** All that counts against its limits. */
  get usage(): HoldUsage {
    return { count: this.#count, bytes: this.#bytes };
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** How many sent ones the registree still has to answer before it is sent another. */
  get unanswered(): number {
    let unanswered = 0;
    for (const counts of this.#sending.values()) if (counts) unanswered += 1;
    return unanswered;
  }

  /** Takes room for one of this size. */
  reserve(bytes: number): void {
    this.#count += 1;
    this.#bytes += bytes;
  }

  /** Gives the room back. */
  release(bytes: number): void {
    this.#count -= 1;
    this.#bytes -= bytes;
  }

  /**
   * Whether the next may go: not while one before it is got ready to be sent (`preparing`), nor while a registree that
   * takes nothing is left alone for a moment (`pausing`).
   */
  gate: "open" | "preparing" | "pausing" = "open";

  /** One more is in the store. */
  wasStored(): void {
    this.#stored += 1;
  }

  wasRemoved(): void {
    this.#stored -= 1;
  }

  /** The next in order that is not under way. */
  next(): HeldItem | undefined {
    const open = this.#open.find(({ sequence }) => !this.#sending.has(sequence));
    if (open?.first) return { kind: "open", open };
    const held =
      this.#stored === 0 ? undefined : this.#store.first(this.registree, this.#skipped());
    if (open !== undefined && (held === undefined || open.sequence < held.sequence)) {
      return { kind: "open", open };
    }
    return held && { kind: "stored", held };
  }

  /** A sequence goes out on a link. */
  sending(sequence: number): void {
    this.#sending.set(sequence, true);
  }

  /** It has taken its time: the next may go out while its answer is still waited for. */
  overdue(sequence: number): void {
    if (this.#sending.has(sequence)) this.#sending.set(sequence, false);
  }

  /** It is not under way any more. */
  sent(sequence: number): void {
    this.#sending.delete(sequence);
  }

  isSending(sequence: number): boolean {
    return this.#sending.has(sequence);
  }

  /** Whether it waits, and is neither under way nor being settled. */
  isIdle(sequence: number): boolean {
    return !this.#sending.has(sequence) && !this.#hidden.has(sequence);
  }

  /** A stored one is being settled or replaced, and not to be read. */
  hide(sequence: number): void {
    this.#hidden.add(sequence);
  }

  show(sequence: number): void {
    this.#hidden.delete(sequence);
  }

  isHidden(sequence: number): boolean {
    return this.#hidden.has(sequence);
  }

  join(open: OpenRequest): void {
    const behind = this.#open.findIndex((other) => goesBefore(open, other));
    if (behind < 0) this.#open.push(open);
    else this.#open.splice(behind, 0, open);
  }

  /** False when it has left before. */
  leave(open: OpenRequest): boolean {
    const at = this.#open.indexOf(open);
    if (at >= 0) this.#open.splice(at, 1);
    return at >= 0;
  }

  get openCount(): number {
    return this.#open.length;
  }

  /** The open ones, in order; a copy. */
  opened(): readonly OpenRequest[] {
    return [...this.#open];
  }

  #skipped(): ReadonlySet<number> {
    if (this.#sending.size === 0) return this.#hidden;
    return new Set([...this.#hidden, ...this.#sending.keys()]);
  }
}

function goesBefore(one: OpenRequest, other: OpenRequest): boolean {
  return one.first === other.first ? one.sequence < other.sequence : one.first;
}

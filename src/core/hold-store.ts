import type { EpochMs } from "../base/clock.ts";
import type { EntityId } from "../primitive/identifiers.ts";
import type { RequestPrimitive } from "../primitive/primitive.ts";

/** A request primitive that is kept for a registree; its originator has been told that it is. */
export interface HeldRequest {
  readonly registree: EntityId;
  /** Its place in the order of arrival, the same over all registrees. Names the entry. */
  readonly sequence: number;
  readonly request: RequestPrimitive;
  readonly arrived: EpochMs;
  /** From then on it is not delivered any more. */
  readonly expires: EpochMs;
  /** What it counts for against limits. */
  readonly bytes: number;
  /** A later one with the same text takes its place (event category "latest"); undefined for all others. */
  readonly latest: string | undefined;
  /** The gateway's `<request>` that tells what becomes of it, if there is one. */
  readonly reference: string | undefined;
  /** It may have reached the registree, and is one that must not reach it twice. */
  readonly sent: boolean;
}

/** What became of a primitive that was held; every one ends in exactly one of these. */
export const OUTCOMES = [
  /** The registree answered, whatever it said. */
  "delivered",
  "expired",
  /** A newer one of event category "latest" took its place. */
  "superseded",
  /** Its originator took it back or went away, or the registree deregistered. */
  "cancelled",
  /** A live registree stayed silent, or it could not be said whether it arrived, or an operator dropped it. */
  "dropped",
  /** Made room for one of higher storage priority; never one whose originator was told that it is held. */
  "evicted",
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** A primitive that was not delivered, kept for a while for whoever looks for it. */
export interface DeadLetter {
  readonly held: HeldRequest;
  readonly outcome: Outcome;
  /** In words, for an operator. */
  readonly reason: string;
  readonly at: EpochMs;
}

export interface HoldUsage {
  readonly count: number;
  readonly bytes: number;
}

export const NOTHING_HELD: HoldUsage = { count: 0, bytes: 0 };

/**
 * Keeps primitives in the order they came, by registree, over restarts.
 *
 * Promises resolve when what they did would survive a crash, and reject with GatewayError GW_STORE_FAILED only; then
 * nothing was changed. Reads see what was written as soon as its promise resolved. Whoever opened it closes it.
 */
export interface HoldStore {
  /** The greatest sequence that was ever put, 0 for none: newcomers come behind it. */
  readonly lastSequence: number;
  /** What is held, by registree, as it was when the store was opened: counted there, not remembered. */
  usageAtStart(): Iterable<readonly [EntityId, HoldUsage]>;
  /** False when the disk is so full that newcomers have to stay out: what is there needs the rest to be let go. */
  readonly hasRoom: boolean;
  /** Takes an entry in, or puts it in the place of the one with the same registree and sequence. */
  put(held: HeldRequest): Promise<void>;
  /** The entry with the lowest sequence of `registree` that is not in `skip`. */
  first(registree: EntityId, skip: ReadonlySet<number>): HeldRequest | undefined;
  /** The entry of `registree` with this sequence. */
  find(registree: EntityId, sequence: number): HeldRequest | undefined;
  /** The entry of `registree` whose `latest` is this text. */
  findLatest(registree: EntityId, latest: string): HeldRequest | undefined;
  /** Sets `sent` of an entry. */
  markSent(registree: EntityId, sequence: number): Promise<void>;
  /** Takes an entry out, and keeps `letter` if there is one. Nothing to take out is no error. */
  remove(registree: EntityId, sequence: number, letter?: DeadLetter): Promise<void>;
  /** Those whose `expires` is not after `now`, earliest first. */
  due(now: EpochMs, limit: number): readonly HeldRequest[];
  /** The earliest `expires` of all. */
  nextExpiry(): EpochMs | undefined;
  /**
   * All that is held, or all for one registree, in order of sequence within each; reads the store, one by one.
   *
   * @param after of one registree, those behind this sequence only
   */
  list(registree?: EntityId, after?: number): Iterable<HeldRequest>;
  /** Oldest first. */
  deadLetters(registree: EntityId): Iterable<DeadLetter>;
  /** Takes one out. Nothing to take out is no error. */
  removeDeadLetter(registree: EntityId, sequence: number): Promise<void>;
  /** Takes out dead letters that are older than the store keeps them. */
  sweepDeadLetters(now: EpochMs): Promise<void>;
}

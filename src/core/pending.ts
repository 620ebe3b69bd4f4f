import { GatewayError } from "../base/errors.ts";
import type { EntityId } from "../primitive/identifiers.ts";
import {
  type RequestId,
  type RequestPrimitive,
  type ResponsePrimitive,
  requestId,
} from "../primitive/primitive.ts";

type Outcome = ResponsePrimitive | GatewayError;

/** Notify and Retrieve may be repeated, under the same Request Identifier; others are not idempotent (TS-0004, 5.4.3). */
export const isOnce = ({ operation }: RequestPrimitive): boolean =>
  operation !== "notify" && operation !== "retrieve";

/** Identifiers of a link that may still be answered late: so many are remembered, the latest. */
const OWED = 128;

/** The link closed before the answer: whoever sends the request again does so under the identifier it had there. */
export class SentAndLost extends GatewayError {
  readonly sentAs: RequestId;

  constructor(sentAs: RequestId) {
    super("GW_LINK_LOST");
    this.sentAs = sentAs;
  }
}

/** A request that was sent and awaits its response primitive. */
export class Waiting {
  readonly request: RequestPrimitive;
  readonly registree: EntityId;
  #settled: ((outcome: Outcome) => void) | undefined;
  #sentOn: PendingRequests | undefined;
  /** Where an answer may arrive, and under which identifier: nearly always one link, after a take-over two. */
  readonly #homes: { readonly table: PendingRequests; readonly wireId: RequestId }[] = [];

  /** @param settled called once, with the response or with why none came */
  constructor(request: RequestPrimitive, registree: EntityId, settled: (outcome: Outcome) => void) {
    this.request = request;
    this.registree = registree;
    this.#settled = settled;
  }

  /** Stands in `table` from now on. */
  enter(table: PendingRequests, wireId: RequestId): void {
    this.#sentOn ??= table;
    this.#homes.push({ table, wireId });
  }

  /**
   * Leaves a table whose link is gone; true when nobody waits there for an answer any more: none can arrive elsewhere,
   * or it was sent on that link and may be sent again, which serves its originator better than to hope.
   */
  leave(table: PendingRequests): boolean {
    const at = this.#homes.findIndex((home) => home.table === table);
    if (at >= 0) this.#homes.splice(at, 1);
    const isRepeatable = this.#sentOn === table && !isOnce(this.request);
    return at >= 0 && (this.#homes.length === 0 || isRepeatable);
  }

  /** Ends the waiting. Does nothing the second time. */
  settle(outcome: Outcome): void {
    const settled = this.#settled;
    if (settled === undefined) return;
    this.#settled = undefined;
    const { requestIdentifier } = this.request;
    const own = outcome instanceof GatewayError || outcome.requestIdentifier === requestIdentifier;
    settled(own ? outcome : { ...outcome, requestIdentifier });
    const isAnswered = !(outcome instanceof GatewayError);
    for (const { table, wireId } of this.#homes.splice(0)) table.remove(wireId, isAnswered);
  }
}

/**
 * The requests on one link that await their answer, by the identifier used on the wire.
 *
 * Request Identifiers are unique per originator only (TS-0001, 7.1.7), so one that is taken on the link is
 * substituted. After a take-over an answer may come on the old link or the new one: both tables then share a request.
 */
export class PendingRequests {
  readonly #waiting = new Map<RequestId, Waiting>();
  readonly #removed: (registree: EntityId) => void;
  readonly #entered: (registree: EntityId) => void;
  /** Who sent what was given up without an answer, the latest last. */
  readonly #owed = new Map<RequestId, string | undefined>();
  #substitutes = 0;

  /**
   * @param removed called after each request that was settled, wherever its answer came from
   * @param entered called when a request is taken in, or its answer may arrive here too
   */
  constructor(
    removed: (registree: EntityId) => void = () => {},
    entered: (registree: EntityId) => void = () => {},
  ) {
    this.#removed = removed;
    this.#entered = entered;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /**
   * Takes a request in and gives the identifier it has on the wire.
   *
   * @throws GatewayError GW_REQUEST_IDENTIFIER_IN_USE when the same originator already waits under it; a Notify is
   *   never refused for that, since some hosts use one identifier for all of them
   */
  add(waiting: Waiting): RequestId {
    const { operation, requestIdentifier } = waiting.request;
    const taken = this.#waiting.has(requestIdentifier) || this.#isOwedToAnother(waiting);
    if (operation !== "notify" && (taken || this.#substitutes > 0) && this.#repeats(waiting)) {
      throw new GatewayError("GW_REQUEST_IDENTIFIER_IN_USE");
    }
    const wireId = taken ? this.#substitute() : requestIdentifier;
    this.#enter(waiting, wireId);
    return wireId;
  }

  /** The request that waits under an identifier of the wire. */
  asked(wireId: string): RequestPrimitive | undefined {
    return this.#waiting.get(wireId as RequestId)?.request;
  }

  /** Returns false when nobody waits for it: late, repeated or never asked for. */
  settle(response: ResponsePrimitive): boolean {
    const waiting = this.#waiting.get(response.requestIdentifier);
    this.#owed.delete(response.requestIdentifier);
    waiting?.settle(response);
    return waiting !== undefined;
  }

  /** Takes out what was settled. */
  remove(wireId: RequestId, isAnswered: boolean): void {
    const waiting = this.#waiting.get(wireId);
    if (waiting === undefined) return;
    this.#waiting.delete(wireId);
    if (!isAnswered) this.#owe(wireId, waiting);
    this.#removed(waiting.registree);
  }

  /** Lets the answers of `registree` that `other` awaits arrive here too. */
  inherit(other: PendingRequests, registree: EntityId): void {
    for (const [wireId, waiting] of other.#waiting) {
      if (waiting.registree === registree && !this.#waiting.has(wireId))
        this.#enter(waiting, wireId);
    }
  }

  /** The registree is no more, and nobody will answer for it. */
  abandon(registree: EntityId): void {
    for (const waiting of [...this.#waiting.values()]) {
      if (waiting.registree === registree) waiting.settle(new GatewayError("GW_TARGET_UNKNOWN"));
    }
  }

  /** The link is gone: what cannot be answered on another one fails. */
  lose(): void {
    const lost = [...this.#waiting];
    this.#waiting.clear();
    for (const [wireId, waiting] of lost) {
      if (waiting.leave(this)) waiting.settle(new SentAndLost(wireId));
    }
  }

  #enter(waiting: Waiting, wireId: RequestId): void {
    this.#waiting.set(wireId, waiting);
    this.#entered(waiting.registree);
    waiting.enter(this, wireId);
  }

  #owe(wireId: RequestId, { request }: Waiting): void {
    this.#owed.delete(wireId);
    const [oldest] = this.#owed.keys();
    if (this.#owed.size >= OWED && oldest !== undefined) this.#owed.delete(oldest);
    this.#owed.set(wireId, request.from);
  }

  /** A late answer to one originator must not be taken for the answer to another. */
  #isOwedToAnother({ request: { from, requestIdentifier } }: Waiting): boolean {
    return this.#owed.has(requestIdentifier) && this.#owed.get(requestIdentifier) !== from;
  }

  #repeats({ request }: Waiting): boolean {
    for (const { request: pending } of this.#waiting.values()) {
      const { from, requestIdentifier } = pending;
      if (from === request.from && requestIdentifier === request.requestIdentifier) return true;
    }
    return false;
  }

  #substitute(): RequestId {
    for (;;) {
      this.#substitutes += 1;
      const candidate = requestId(`m2mgw-${this.#substitutes}`);
      if (!this.#waiting.has(candidate)) return candidate;
    }
  }
}

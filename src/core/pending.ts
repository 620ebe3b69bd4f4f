import { type FailureCode, GatewayError } from "../base/errors.ts";
import type { EntityId } from "../primitive/identifiers.ts";
import {
  type RequestId,
  type RequestPrimitive,
  type ResponsePrimitive,
  requestId,
} from "../primitive/primitive.ts";

/** A request that was sent and awaits its response primitive. */
export class Waiting {
  readonly request: RequestPrimitive;
  readonly registree: EntityId;
  readonly #settled: (outcome: ResponsePrimitive | GatewayError) => void;
  /** The tables it stands in, nearly always one: one for each link on which the answer may arrive. */
  readonly #homes: { readonly table: Map<RequestId, Waiting>; readonly wireId: RequestId }[] = [];

  /** @param settled called once, with the response or with why none came */
  constructor(
    request: RequestPrimitive,
    registree: EntityId,
    settled: (outcome: ResponsePrimitive | GatewayError) => void,
  ) {
    this.request = request;
    this.registree = registree;
    this.#settled = settled;
  }

  enter(table: Map<RequestId, Waiting>, wireId: RequestId): void {
    table.set(wireId, this);
    this.#homes.push({ table, wireId });
  }

  /** Leaves a table whose link is gone; true when no answer can arrive any more. */
  leave(table: Map<RequestId, Waiting>): boolean {
    const at = this.#homes.findIndex((home) => home.table === table);
    if (at >= 0) this.#homes.splice(at, 1);
    return at >= 0 && this.#homes.length === 0;
  }

  /** Ends the waiting. Does nothing the second time. */
  settle(outcome: ResponsePrimitive | GatewayError): void {
    for (const { table, wireId } of this.#homes) table.delete(wireId);
    this.#homes.length = 0;
    this.#settled(
      outcome instanceof GatewayError ||
        outcome.requestIdentifier === this.request.requestIdentifier
        ? outcome
        : { ...outcome, requestIdentifier: this.request.requestIdentifier },
    );
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
  #substitutes = 0;

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
    const { request } = waiting;
    const taken = this.#waiting.get(request.requestIdentifier);
    const repeated = taken !== undefined && taken.request.from === request.from;
    if (repeated && request.operation !== "notify") {
      throw new GatewayError("GW_REQUEST_IDENTIFIER_IN_USE");
    }
    const wireId = taken === undefined ? request.requestIdentifier : this.#substitute();
    waiting.enter(this.#waiting, wireId);
    return wireId;
  }

  /** Returns false when nobody waits for it: late, repeated or never asked for. */
  settle(response: ResponsePrimitive): boolean {
    const waiting = this.#waiting.get(response.requestIdentifier);
    waiting?.settle(response);
    return waiting !== undefined;
  }

  /** Lets the answers of `registree` that `other` awaits arrive here too. */
  inherit(other: PendingRequests, registree: EntityId): void {
    for (const [wireId, waiting] of other.#waiting) {
      if (waiting.registree === registree && !this.#waiting.has(wireId)) {
        waiting.enter(this.#waiting, wireId);
      }
    }
  }

  /** The link is gone: what cannot be answered on another one fails. */
  lose(code: FailureCode): void {
    for (const waiting of [...this.#waiting.values()]) {
      if (waiting.leave(this.#waiting)) waiting.settle(new GatewayError(code));
    }
    this.#waiting.clear();
  }

  #substitute(): RequestId {
    for (;;) {
      this.#substitutes += 1;
      const candidate = requestId(`m2mgw-${this.#substitutes}`);
      if (!this.#waiting.has(candidate)) return candidate;
    }
  }
}

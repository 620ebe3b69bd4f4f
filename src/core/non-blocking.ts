import {
  type Clock,
  type EpochMs,
  earliest,
  later,
  type Millis,
  type Timer,
} from "../base/clock.ts";
import { GatewayError } from "../base/errors.ts";
import { Rsc } from "../base/response-status-code.ts";
import { type ExactObject, MadeContent } from "../primitive/content.ts";
import {
  addressOf,
  type Domain,
  type EntityId,
  entityIdOf,
  relativeToProvider,
} from "../primitive/identifiers.ts";
import type { RequestPrimitive, ResponsePrimitive } from "../primitive/primitive.ts";
import { respond, respondFailure } from "../primitive/respond.ts";
import { parseTimestamp } from "../primitive/timestamps.ts";
import type { Result } from "./hold-line.ts";
import type { HeldRequest } from "./hold-store.ts";
import type { Observer, Table } from "./ports.ts";
import { type RequestRecord, requestResource, responseOf } from "./request-resource.ts";
import { isSameRequest } from "./same-request.ts";
import type { RequestOfHeld, ToHold } from "./to-hold.ts";

export interface NonBlockingParts {
  readonly domain: Domain;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly table: Table<RequestRecord>;
  /** How long a result is kept for an originator that does not say (`rp`). */
  readonly keptFor: Millis;
  /** How long any request may be held. */
  readonly waitsFor: Millis;
  readonly maxRequests: number;
  /** Random text for an identifier. */
  readonly newId: () => string;
  /** What is held for it goes out no more; false when it is on its way or gone. */
  readonly cancel: (registree: EntityId, sequence: number, reference: string) => boolean;
  /** Whether the store holds it. */
  readonly isHeld: (registree: EntityId, sequence: number, reference: string) => boolean;
  /** Whether it has gone out and is not answered. */
  readonly isUnderWay: (reference: string) => boolean;
  readonly notifications: ResultTellers;
}

/** Who tells results to those that are to be told. */
export interface ResultTellers {
  /** Resolves when it would survive a crash. @throws GatewayError GW_HOLD_FAILED */
  hold(request: RequestPrimitive, result: ExactObject): Promise<void>;
  concernsOthers(request: RequestPrimitive): boolean;
  tellOthers(request: RequestPrimitive, result: ExactObject): Promise<void>;
}

/** A request that has a `<request>` and no result. */
interface Accepted {
  readonly id: string;
  readonly state: "arriving" | "held";
}

/** What the first segment of its address begins with. */
const PREFIX = "m2mgw-req-";

/** The `<request>` that an address means; undefined when it means none of ours. */
export function requestAddressed(to: string, domain: Domain): string | undefined {
  if (!to.includes(PREFIX)) return undefined;
  const address = relativeToProvider(addressOf(to, domain), domain);
  const id = address.slice(domain.cseId.length + 1);
  return address === `${domain.cseId}/${id}` && id.startsWith(PREFIX) && !id.includes("/")
    ? id
    : undefined;
}

/**
 * Requests to registrees whose originator does not wait (TS-0001, 8.2.2): keeps what became of them, tells it to whoever
 * asks, and notifies those who are to be told.
 */
export class NonBlocking {
  readonly #parts: NonBlockingParts;
  readonly #expiries = new Map<string, Timer>();
  /** Those without a result, by originator and Request Identifier; of a Notify the latest. */
  readonly #accepted = new Map<string, Accepted>();
  /** Those whose result may not have been told when the last process ended. */
  readonly #untold: string[] = [];

  constructor(parts: NonBlockingParts) {
    this.#parts = parts;
    for (const [id, { expires, request, result, untold }] of parts.table.entries()) {
      this.#expireAt(id, expires);
      if (untold) this.#untold.push(id);
      if (result === undefined) this.#accepted.set(this.#keyOf(request), { id, state: "held" });
    }
  }

  /**
   * Makes the `<request>` of one that is to be held, and has it stored. One that its originator sends again while the
   * first is held is that one (TS-0001, 7.1.7).
   *
   * @param request as it came
   * @param store resolves when the request is durable, and its `<request>`
   * @returns the address of the `<request>`
   * @throws GatewayError GW_ORIGINATOR_MISSING, GW_REQUEST_IDENTIFIER_IN_USE, GW_HOLD_FULL, GW_OVERLOADED, GW_HOLD_FAILED
   */
  async accept(
    toHold: ToHold,
    request: RequestPrimitive,
    result: "kept" | "notified",
    store: (about: RequestOfHeld) => Promise<void>,
  ): Promise<string> {
    const key = this.#keyOf(request);
    const earlier = this.#accepted.get(key);
    if (earlier !== undefined && request.operation !== "notify") {
      if (this.#isHeld(earlier, request)) return earlier.id;
      throw new GatewayError("GW_REQUEST_IDENTIFIER_IN_USE");
    }
    if (this.#expiries.size >= this.#parts.maxRequests) throw new GatewayError("GW_OVERLOADED");
    const id = PREFIX + this.#parts.newId();
    this.#accepted.set(key, { id, state: "arriving" });
    const record = this.#recordOf(toHold, request, result);
    this.#expireAt(id, record.expires);
    try {
      await store({
        id,
        put: async (sequence) => await this.#parts.table.put(id, { ...record, sequence }),
      });
    } catch (error) {
      this.#done(key, id);
      await this.#remove(id).catch((also: unknown) => this.#warn(id, also));
      throw error;
    }
    if (this.#accepted.get(key)?.id === id) this.#accepted.set(key, { id, state: "held" });
    return id;
  }

  /**
   * The request has ended. Resolves when its result would survive a crash, with what is left to do once its end does
   * too. @throws GatewayError GW_STORE_FAILED
   */
  async settled({ reference = "" }: HeldRequest, result: Result): Promise<() => void> {
    const { clock, notifications, table } = this.#parts;
    const before = table.get(reference);
    if (before === undefined || before.result !== undefined) return () => {};
    // Its originator has taken it back and is told so by the answer to that.
    if (result instanceof GatewayError && result.code === "GW_ORIGINATOR_GONE") return () => {};
    const { notifies, request } = before;
    const response = result instanceof GatewayError ? respondFailure(request, result) : result;
    const now = clock.now();
    const expires = this.#keptUntil(request, now);
    const untold = notifies && notifications.concernsOthers(request);
    const record = { ...before, changed: now, expires, result: response, untold };
    // In one turn with each other and with the end of what was held.
    await Promise.all([
      notifies ? notifications.hold(request, responseOf(record, response)) : undefined,
      table.put(reference, record),
    ]);
    this.#done(this.#keyOf(request), reference);
    this.#expireAt(reference, expires);
    return () => this.#tellOthers(reference, record);
  }

  /** Tells what may not have been told when the last process ended. */
  resume(): void {
    for (const id of this.#untold.splice(0)) {
      const record = this.#parts.table.get(id);
      if (record !== undefined) this.#tellOthers(id, record);
    }
  }

  #tellOthers(id: string, record: RequestRecord): void {
    const { notifications, table } = this.#parts;
    if (!record.untold || record.result === undefined) return;
    notifications
      .tellOthers(record.request, responseOf(record, record.result))
      .then(() =>
        this.#expiries.has(id) ? table.put(id, { ...record, untold: false }) : undefined,
      )
      .catch((error: unknown) => this.#warn(id, error));
  }

  /** Answers a request for a `<request>` (TS-0004, 7.4.12). Never rejects. */
  async receive(id: string, request: RequestPrimitive): Promise<ResponsePrimitive> {
    try {
      return await this.#answer(id, request);
    } catch (error) {
      return respondFailure(request, error);
    }
  }

  close(): void {
    for (const timer of this.#expiries.values()) timer.cancel();
    this.#expiries.clear();
  }

  async #answer(id: string, request: RequestPrimitive): Promise<ResponsePrimitive> {
    const { cancel, clock, domain, table } = this.#parts;
    const { operation, from } = request;
    if (operation !== "retrieve" && operation !== "delete") {
      throw new GatewayError("GW_REQUEST_NOT_CHANGED");
    }
    const record = table.get(id);
    if (record === undefined || clock.now() >= record.expires) {
      throw new GatewayError("GW_REQUEST_UNKNOWN");
    }
    const owner = record.request.from ?? "";
    if (from === undefined || entityIdOf(from, domain) !== entityIdOf(owner, domain)) {
      throw new GatewayError("GW_REQUEST_OF_ANOTHER");
    }
    if (operation === "retrieve") {
      return respond(
        request,
        Rsc.OK,
        new MadeContent({ "m2m:req": requestResource(id, record, this.#parts) }),
      );
    }
    if (record.result === undefined && !cancel(record.registree, record.sequence, id)) {
      throw new GatewayError("GW_REQUEST_ON_ITS_WAY");
    }
    this.#done(this.#keyOf(record.request), id);
    await this.#remove(id);
    return respond(request, Rsc.DELETED);
  }

  /** Result Persistence, or else what is configured. */
  #keptUntil({ carried }: RequestPrimitive, now: EpochMs): EpochMs {
    const rp = carried.get("rp");
    const asked = typeof rp === "string" ? parseTimestamp(rp) : undefined;
    const { keptFor, waitsFor } = this.#parts;
    // Not for ever: it would take the room of others.
    return asked === undefined ? later(now, keptFor) : earliest(asked, later(now, waitsFor));
  }

  #recordOf(
    { registree, timedRequest: { arrived, expires } }: ToHold,
    request: RequestPrimitive,
    result: "kept" | "notified",
  ): Omit<RequestRecord, "sequence"> {
    const { keptFor, waitsFor } = this.#parts;
    return {
      request,
      registree,
      created: arrived,
      changed: arrived,
      expires: later(earliest(later(arrived, waitsFor), expires), keptFor),
      result: undefined,
      notifies: result === "notified",
      untold: false,
    };
  }

  /** @throws GatewayError GW_ORIGINATOR_MISSING */
  #keyOf({ from, requestIdentifier }: RequestPrimitive): string {
    if (from === undefined) throw new GatewayError("GW_ORIGINATOR_MISSING");
    return JSON.stringify([entityIdOf(from, this.#parts.domain), requestIdentifier]);
  }

  /** Whether an earlier request of the same originator and identifier is the same one, and held. */
  #isHeld({ id, state }: Accepted, request: RequestPrimitive): boolean {
    const first = state === "arriving" ? undefined : this.#parts.table.get(id);
    if (first === undefined || !isSameRequest(first.request, request)) return false;
    // What was held may have been found unreadable.
    return this.#parts.isHeld(first.registree, first.sequence, id);
  }

  /** It waits for a result no more. */
  #done(key: string, id: string): void {
    if (this.#accepted.get(key)?.id === id) this.#accepted.delete(key);
  }

  #expireAt(id: string, at: EpochMs): void {
    this.#expiries.get(id)?.cancel();
    const expire = (): void => {
      this.#remove(id).catch((error: unknown) => this.#warn(id, error));
    };
    this.#expiries.set(id, this.#parts.clock.at(at, expire));
  }

  async #remove(id: string): Promise<void> {
    this.#forget(id);
    await this.#parts.table.remove(id);
  }

  #forget(id: string): void {
    this.#expiries.get(id)?.cancel();
    this.#expiries.delete(id);
  }

  #warn(id: string, error: unknown): void {
    this.#parts.observer.warn("a <request> could not be stored or removed", { request: id, error });
  }
}

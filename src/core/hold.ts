import { GatewayError } from "../base/errors.ts";
import type { EntityId } from "../primitive/identifiers.ts";
import type { RequestPrimitive, ResponsePrimitive } from "../primitive/primitive.ts";
import type { TimedRequest } from "./deadline.ts";
import { HoldDelivery, type HoldDeliveryParts } from "./hold-delivery.ts";
import { HoldExpiry } from "./hold-expiry.ts";
import { isStored, LatestTurns, predecessorOf, supersede } from "./hold-latest.ts";
import { type HoldCounts, HoldLedger, type LedgerParts } from "./hold-ledger.ts";
import type { HoldLine, OpenRequest } from "./hold-line.ts";
import { type HoldTimes, latestOf, openUntil, storedUntil, type Turn } from "./hold-policy.ts";
import { type HoldLimits, HoldQuota } from "./hold-quota.ts";
import type { HeldRequest, HoldStore, HoldUsage } from "./hold-store.ts";
import { isSameRequest } from "./same-request.ts";

export interface HoldParts extends Omit<LedgerParts, "quota">, Omit<HoldDeliveryParts, "ledger"> {
  readonly times: HoldTimes;
  readonly limits: HoldLimits;
  /** Storage priority, 1 to 10, of an event category; undefined stands for a request that names none. */
  readonly priorityOf: (eventCategory: number | undefined) => number;
}

/** A request that is to be held. */
export interface ToHold {
  readonly registree: EntityId;
  /** From `nextSequence`, when it arrived. */
  readonly sequence: number;
  /** Of the registration it is for: who registers under the same ID later has no business with it. */
  readonly token: string;
  readonly timedRequest: TimedRequest;
  /** It takes nobody's place, whatever its event category: it is older than it looks. */
  readonly isReplay?: true;
}

/** Calls `left` when the originator of a request has gone and waits no more; at once when it has gone already. */
export type WhenGone = (left: () => void) => void;

/** What a primitive takes beside its content, about. */
const ENVELOPE_BYTES = 256;

/**
 * Keeps what cannot be delivered now until it can be, or until it expires (TS-0020, 6.5; TS-0001, 10.2.5.17).
 *
 * Every primitive that is accepted ends in exactly one outcome, and is counted: what was restored and accepted is what
 * has ended and what is still held.
 */
export class Hold {
  readonly #parts: HoldParts;
  readonly #quota: HoldQuota;
  readonly #ledger: HoldLedger;
  readonly #delivery: HoldDelivery;
  readonly #expiry: HoldExpiry;
  readonly #turns = new LatestTurns();
  readonly #held: { readonly ledger: HoldLedger; readonly store: HoldStore };
  #sequence: number;
  #storeFails = false;
  #draining = false;

  constructor(parts: HoldParts) {
    this.#parts = parts;
    this.#quota = new HoldQuota(parts.limits);
    this.#ledger = new HoldLedger({ ...parts, quota: this.#quota });
    this.#delivery = new HoldDelivery({ ...parts, ledger: this.#ledger });
    this.#expiry = new HoldExpiry({ ...parts, ledger: this.#ledger });
    this.#held = { ledger: this.#ledger, store: parts.store };
    this.#sequence = parts.store.lastSequence;
  }

  get counts(): HoldCounts {
    return this.#ledger.counts;
  }

  get usage(): HoldUsage {
    return this.#quota.usage;
  }

  /** How many of what is held are exchanges that are kept open. */
  get openExchanges(): number {
    return this.#ledger.lines().reduce((sum, line) => sum + line.openCount, 0);
  }

  /** False while the store takes nothing in, as when the disk is full. */
  get accepting(): boolean {
    return !this.#storeFails;
  }

  /** The place of a request in the order of arrival; taken when it arrives, since it may have to be held only later. */
  nextSequence(): number {
    this.#sequence += 1;
    return this.#sequence;
  }

  /** Whether anything waits for `registree`. */
  isWaiting(registree: EntityId): boolean {
    return this.#ledger.find(registree) !== undefined;
  }

  /**
   * Stores a request. Once this resolves its originator may be told so: it would survive a crash.
   *
   * @param reference of the `<request>` that tells what becomes of it
   * @throws GatewayError GW_HOLD_FULL, GW_OVERLOADED, GW_HOLD_FAILED, GW_TARGET_UNKNOWN, GW_SUPERSEDED
   */
  async store(toHold: ToHold, reference: string | undefined): Promise<void> {
    const latest = toHold.isReplay ? undefined : latestOf(toHold.timedRequest.request);
    if (latest === undefined) return await this.#put(toHold, reference, undefined);
    await this.#turns.take(toHold.registree, latest, () => this.#put(toHold, reference, latest));
  }

  /**
   * Keeps an exchange open until its registree answers; in memory only, since its originator was promised nothing.
   *
   * @param wasSent it went out on a link that closed before the answer came
   * @throws GatewayError GW_HOLD_FULL, GW_OVERLOADED, GW_TARGET_OFFLINE and others of 5103 when nothing was sent, GW_REQUEST_EXPIRED
   *   when the originator's own time passed, GW_NO_ANSWER, GW_LINK_LOST, GW_TARGET_UNKNOWN
   */
  async open(
    { registree, sequence, token, timedRequest }: ToHold,
    turn: Turn,
    wasSent: boolean,
    whenGone: WhenGone | undefined,
  ): Promise<ResponsePrimitive> {
    const { clock, priorityOf, times } = this.#parts;
    const { request, arrived, expires } = timedRequest;
    if (this.#draining) throw new GatewayError("GW_DRAINING");
    this.#checkRegistration(registree, token);
    const same = this.#sameOpen(registree, request);
    if (same !== undefined) return await this.#answerOf(same.line, same.open, whenGone);
    const latest = latestOf(request);
    const before = predecessorOf({ registree, sequence, arrived, latest }, this.#held);
    const bytes = sizeOf(request);
    const priority = priorityOf(eventCategoryOf(request));
    const line = this.#ledger.reserve(registree, { bytes, priority }, before);
    supersede(this.#ledger, line, before);
    const deadline = openUntil(timedRequest, turn, times);
    const open: OpenRequest = {
      // Not the one of a stored predecessor, which may take a while to leave.
      sequence: before === undefined || isStored(before) ? sequence : before.sequence,
      first: turn === "first",
      request,
      arrived,
      deadline,
      expires,
      bytes,
      priority,
      latest,
      timer: clock.at(deadline, () => this.#delivery.tooLate(line, open)),
      wasSent,
      settle: undefined,
    };
    line.join(open);
    this.#ledger.accepted();
    this.#delivery.advance(line);
    return await this.#answerOf(line, open, whenGone);
  }

  /** The registree can be reached: what waits for it goes out. */
  returned(registree: EntityId): void {
    const line = this.#ledger.find(registree);
    if (line !== undefined) this.#delivery.resume(line);
  }

  /** Ends all that waits for a registree that is no more. */
  forget(registree: EntityId): void {
    const line = this.#ledger.find(registree);
    if (line === undefined) return;
    const gone = new GatewayError("GW_TARGET_UNKNOWN");
    for (const open of line.opened()) this.#ledger.endOpen(line, open, "cancelled", gone);
    for (const held of this.#parts.store.list(registree)) {
      void this.#ledger.end(line, held, "cancelled", gone);
    }
  }

  /** A stored request cannot be read any more, and ends as dropped. @throws GatewayError GW_STORE_FAILED */
  lost(registree: EntityId, sequence: number, bytes: number): Promise<void> {
    return this.#ledger.lost(registree, sequence, bytes);
  }

  /** Takes a stored request back. False when it is on its way, or has ended. */
  cancel(registree: EntityId, reference: string): boolean {
    const line = this.#ledger.find(registree);
    if (line === undefined || this.isUnderWay(reference)) return false;
    for (const held of this.#parts.store.list(registree)) {
      if (held.reference !== reference) continue;
      if (held.sent || !line.isIdle(held.sequence)) return false;
      void this.#ledger.end(line, held, "cancelled", new GatewayError("GW_ORIGINATOR_GONE"));
      return true;
    }
    return false;
  }

  /** Whether a request with this reference is stored. Reads all that is held for the registree. */
  isHeld(registree: EntityId, reference: string): boolean {
    for (const held of this.#parts.store.list(registree)) {
      if (held.reference === reference) return true;
    }
    return false;
  }

  /** Whether the stored request with this reference has gone out and is not answered. */
  isUnderWay(reference: string): boolean {
    return this.#delivery.isUnderWay(reference);
  }

  /**
   * Sends nothing more, and tells those who wait with an open exchange that they wait in vain.
   *
   * Resolves when nothing is under way.
   */
  drain(): Promise<void> {
    this.#draining = true;
    this.#delivery.stop();
    for (const line of this.#ledger.lines()) {
      for (const open of line.opened().filter(({ sequence }) => line.isIdle(sequence))) {
        this.#ledger.endOpen(line, open, "cancelled", new GatewayError("GW_DRAINING"));
      }
    }
    return this.#delivery.rest();
  }

  close(): void {
    this.#delivery.stop();
    this.#expiry.stop();
  }

  async #put(
    { registree, sequence, token, timedRequest }: ToHold,
    reference: string | undefined,
    latest: string | undefined,
  ): Promise<void> {
    const { priorityOf, store, times } = this.#parts;
    this.#checkRegistration(registree, token);
    const { request, arrived } = timedRequest;
    const before = predecessorOf({ registree, sequence, arrived, latest }, this.#held);
    const bytes = sizeOf(request);
    const priority = priorityOf(eventCategoryOf(request));
    const line = this.#ledger.reserve(registree, { bytes, priority }, before);
    const held: HeldRequest = {
      registree,
      sequence: before?.sequence ?? sequence,
      request,
      arrived,
      expires: storedUntil(timedRequest, times),
      bytes,
      latest,
      reference,
      sent: false,
    };
    // Neither it nor the one in whose place it is put may go out meanwhile.
    line.hide(held.sequence);
    if (!isStored(before)) supersede(this.#ledger, line, before);
    let told: (() => void) | undefined;
    try {
      // In one turn: the one that is replaced leaves the store with it.
      [told] = await Promise.all([
        isStored(before) ? this.#ledger.tellReplaced(before) : undefined,
        store.put(held),
      ]);
      this.#storeFails = false;
    } catch (cause) {
      this.#storeFails = true;
      line.show(held.sequence);
      this.#ledger.release(line, bytes);
      // The one whose place it was to take is still there.
      this.#delivery.advance(line);
      throw new GatewayError("GW_HOLD_FAILED", { cause });
    }
    line.show(held.sequence);
    told?.();
    this.#ledger.accepted();
    if (isStored(before)) this.#ledger.replaced(line, before);
    else line.wasStored();
    if (!this.#isRegistered(registree, token)) {
      // Nobody was promised anything, so nobody is told what became of it but the originator, now.
      void this.#ledger.end(line, held, "cancelled", new GatewayError("GW_ORIGINATOR_GONE"));
      throw new GatewayError("GW_TARGET_UNKNOWN");
    }
    this.#expiry.watch(held.expires);
    this.#delivery.advance(line);
  }

  #isRegistered(registree: EntityId, token: string): boolean {
    return this.#parts.registry.registration(registree)?.token === token;
  }

  /** @throws GatewayError GW_TARGET_UNKNOWN */
  #checkRegistration(registree: EntityId, token: string): void {
    if (!this.#isRegistered(registree, token)) throw new GatewayError("GW_TARGET_UNKNOWN");
  }

  /**
   * An exchange of the same request that is still open. One whose originator has left takes another originator in
   * its place (TS-0001, 7.1.7 has no second request with the identifier of a pending one).
   *
   * @throws GatewayError GW_REQUEST_IDENTIFIER_IN_USE; never for a Notify, since some hosts use one identifier for all
   */
  #sameOpen(
    registree: EntityId,
    request: RequestPrimitive,
  ): { readonly line: HoldLine; readonly open: OpenRequest } | undefined {
    const line = this.#ledger.find(registree);
    if (line === undefined) return undefined;
    const { from, requestIdentifier, operation } = request;
    for (const open of line.opened()) {
      const other = open.request;
      if (other.from !== from || other.requestIdentifier !== requestIdentifier) continue;
      if (open.settle === undefined && isSameRequest(other, request)) return { line, open };
      if (operation !== "notify") throw new GatewayError("GW_REQUEST_IDENTIFIER_IN_USE");
    }
    return undefined;
  }

  /** Waits as the originator of an open exchange. One that names its own time stays when its originator leaves. */
  #answerOf(
    line: HoldLine,
    open: OpenRequest,
    whenGone: WhenGone | undefined,
  ): Promise<ResponsePrimitive> {
    return new Promise((resolve, reject) => {
      const settle: OpenRequest["settle"] = (result) => {
        if (result instanceof GatewayError) reject(result);
        else resolve(result);
      };
      open.settle = settle;
      whenGone?.(() => {
        if (open.settle !== settle) return;
        open.settle = undefined;
        const stays = open.expires !== undefined || !line.isIdle(open.sequence);
        const gone = new GatewayError("GW_ORIGINATOR_GONE");
        if (!stays) this.#ledger.endOpen(line, open, "cancelled", gone);
        reject(gone);
      });
    });
  }
}

const sizeOf = ({ content }: RequestPrimitive): number => ENVELOPE_BYTES + (content?.size ?? 0);

function eventCategoryOf({ carried }: RequestPrimitive): number | undefined {
  const ec = carried.get("ec");
  return ec === undefined ? undefined : Number(ec);
}

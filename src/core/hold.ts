import { GatewayError } from "../base/errors.ts";
import type { EntityId } from "../primitive/identifiers.ts";
import type { ResponsePrimitive } from "../primitive/primitive.ts";
import { HoldDelivery, type HoldDeliveryParts } from "./hold-delivery.ts";
import { HoldExpiry } from "./hold-expiry.ts";
import { isStored, LatestTurns, predecessorOf, supersede } from "./hold-latest.ts";
import { type HoldCounts, HoldLedger, type LedgerParts } from "./hold-ledger.ts";
import type { OpenRequest } from "./hold-line.ts";
import { type OpenExchangeParts, OpenExchanges } from "./hold-open.ts";
import { latestOf, storedUntil, type Turn } from "./hold-policy.ts";
import { demandOf, type HoldLimits, HoldQuota } from "./hold-quota.ts";
import { type HeldRequest, type HoldUsage, NOTHING_HELD } from "./hold-store.ts";
import type { RequestOfHeld, ToHold, WhenGone } from "./to-hold.ts";
import { failed, type Tracing } from "./tracing.ts";

export interface HoldParts
  extends Omit<LedgerParts, "quota">,
    Omit<HoldDeliveryParts, "ledger">,
    Omit<OpenExchangeParts, "ledger" | "delivery"> {
  readonly limits: HoldLimits;
  readonly tracing?: Tracing | undefined;
}

/**
 * Keeps what cannot be delivered now until it can be, or until it expires (TS-0020, 6.5; TS-0001, 10.2.5.17).
 *
 * Every primitive that is accepted ends in exactly one outcome, and is counted: what was restored and accepted is what
 * has ended and what is still held, but for what is on its way to the store.
 */
export class Hold {
  readonly #parts: HoldParts;
  readonly #quota: HoldQuota;
  readonly #ledger: HoldLedger;
  readonly #delivery: HoldDelivery;
  readonly #expiry: HoldExpiry;
  readonly #turns = new LatestTurns();
  readonly #exchanges: OpenExchanges;
  #sequence: number;
  #storeFails = false;
  #storing = 0;

  constructor(parts: HoldParts) {
    this.#parts = parts;
    this.#quota = new HoldQuota(parts.limits);
    this.#ledger = new HoldLedger({ ...parts, quota: this.#quota });
    this.#delivery = new HoldDelivery({ ...parts, ledger: this.#ledger });
    this.#expiry = new HoldExpiry({ ...parts, ledger: this.#ledger });
    this.#exchanges = new OpenExchanges({
      ...parts,
      ledger: this.#ledger,
      delivery: this.#delivery,
    });
    this.#sequence = parts.store.lastSequence;
  }

  get counts(): HoldCounts {
    return this.#ledger.counts;
  }

  get usage(): HoldUsage {
    return this.#quota.usage;
  }

  /** What is held for one registree. */
  usageOf(registree: EntityId): HoldUsage {
    return this.#ledger.find(registree)?.usage ?? NOTHING_HELD;
  }

  /** For whom something is held. */
  get registrees(): readonly EntityId[] {
    return this.#ledger.lines().map(({ registree }) => registree);
  }

  /** The exchanges that are kept open for a registree, in order. */
  openedFor(registree: EntityId): readonly OpenRequest[] {
    return this.#ledger.find(registree)?.opened() ?? [];
  }

  /** Whether what is held under this sequence waits, and is not on its way. */
  isIdle(registree: EntityId, sequence: number): boolean {
    return this.#ledger.find(registree)?.isIdle(sequence) === true;
  }

  /**
   * Drops what is held under this sequence; whoever waits for its answer is told. Resolves when that is written.
   *
   * @returns false when there is nothing, or it is on its way
   */
  async drop(registree: EntityId, sequence: number): Promise<boolean> {
    const line = this.#ledger.find(registree);
    if (line === undefined || !line.isIdle(sequence)) return false;
    const dropped = new GatewayError("GW_DROPPED");
    const open = line.opened().find((other) => other.sequence === sequence);
    if (open !== undefined) {
      this.#ledger.endOpen(line, open, "dropped", dropped);
      return true;
    }
    const held = this.#parts.store.find(registree, sequence);
    if (held === undefined) return false;
    await this.#ledger.end(line, held, "dropped", dropped);
    return true;
  }

  /** How many of what is held are exchanges that are kept open. */
  get openExchanges(): number {
    return this.#ledger.lines().reduce((sum, line) => sum + line.openCount, 0);
  }

  /** How many of what is held are on their way to the store: not accepted yet, and nobody has been told so. */
  get storing(): number {
    return this.#storing;
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
   * @param about the `<request>` that tells what becomes of it
   * @throws GatewayError GW_HOLD_FULL, GW_OVERLOADED, GW_HOLD_FAILED, GW_TARGET_UNKNOWN, GW_SUPERSEDED
   */
  async store(toHold: ToHold, about: RequestOfHeld | undefined): Promise<void> {
    const { tracing } = this.#parts;
    if (tracing === undefined) return await this.#store(toHold, about);
    const { registree, timedRequest } = toHold;
    const { request } = timedRequest;
    const span = tracing.start({ kind: "hold", parent: request.trace, request, registree });
    const traced = { ...timedRequest, request: { ...request, trace: span.trace } };
    try {
      await this.#store({ ...toHold, timedRequest: traced }, about);
      span.end({});
    } catch (error) {
      span.end(failed(error));
      throw error;
    }
  }

  async #store(toHold: ToHold, about: RequestOfHeld | undefined): Promise<void> {
    const latest = toHold.isReplay ? undefined : latestOf(toHold.timedRequest.request);
    if (latest === undefined) return await this.#put(toHold, about, undefined);
    await this.#turns.take(toHold.registree, latest, () => this.#put(toHold, about, latest));
  }

  /** Keeps an exchange open; see `OpenExchanges`. */
  open(
    toHold: ToHold,
    turn: Turn,
    wasSent: boolean,
    whenGone: WhenGone | undefined,
  ): Promise<ResponsePrimitive> {
    return this.#exchanges.open(toHold, turn, wasSent, whenGone);
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
  cancel(registree: EntityId, sequence: number, reference: string): boolean {
    const line = this.#ledger.find(registree);
    const held = this.#find(registree, sequence, reference);
    if (line === undefined || held === undefined || held.sent) return false;
    if (!line.isIdle(sequence) || this.isUnderWay(reference)) return false;
    void this.#ledger.end(line, held, "cancelled", new GatewayError("GW_ORIGINATOR_GONE"));
    return true;
  }

  /** Whether a request with this reference is stored. */
  isHeld(registree: EntityId, sequence: number, reference: string): boolean {
    return this.#find(registree, sequence, reference) !== undefined;
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
    this.#delivery.stop();
    this.#exchanges.drain();
    return this.#delivery.rest();
  }

  close(): void {
    this.#delivery.stop();
    this.#expiry.stop();
  }

  /** Undefined also when a later one has taken its place, and has its sequence. */
  #find(registree: EntityId, sequence: number, reference: string): HeldRequest | undefined {
    const held = this.#parts.store.find(registree, sequence);
    return held?.reference === reference ? held : undefined;
  }

  async #put(
    { registree, sequence, token, timedRequest }: ToHold,
    about: RequestOfHeld | undefined,
    latest: string | undefined,
  ): Promise<void> {
    const { priorityOf, registry, store, times } = this.#parts;
    if (!registry.isCurrent(registree, token)) throw new GatewayError("GW_TARGET_UNKNOWN");
    // Before anything is written: nobody shall be told that a newcomer took its place that was then refused.
    this.#storeFails = !store.hasRoom;
    if (this.#storeFails) throw new GatewayError("GW_HOLD_FAILED");
    const { request, arrived } = timedRequest;
    const before = predecessorOf(
      { registree, sequence, arrived, latest },
      { ledger: this.#ledger, store },
    );
    const demand = demandOf(request, priorityOf);
    const line = this.#ledger.reserve(registree, demand, before);
    this.#storing += 1;
    const { bytes } = demand;
    const held: HeldRequest = {
      registree,
      sequence: before?.sequence ?? sequence,
      request,
      arrived,
      expires: storedUntil(timedRequest, times),
      bytes,
      latest,
      reference: about?.id,
      sent: false,
    };
    // Neither it nor the one in whose place it is put may go out meanwhile.
    line.hide(held.sequence);
    if (!isStored(before)) supersede(this.#ledger, line, before);
    let told: (() => void) | undefined;
    try {
      // In one turn: its `<request>` comes into the store with it, and the one that is replaced leaves it.
      [told] = await Promise.all([
        isStored(before) ? this.#ledger.tellReplaced(before) : undefined,
        store.put(held),
        about?.put(held.sequence),
      ]);
    } catch (cause) {
      this.#storeFails = true;
      this.#storing -= 1;
      line.show(held.sequence);
      this.#ledger.release(line, bytes);
      // The one whose place it was to take is still there.
      this.#delivery.advance(line);
      throw new GatewayError("GW_HOLD_FAILED", { cause });
    }
    line.show(held.sequence);
    told?.();
    this.#storing -= 1;
    this.#ledger.accepted();
    if (isStored(before)) this.#ledger.replaced(line, before);
    else line.wasStored();
    if (!registry.isCurrent(registree, token)) {
      // Nobody was promised anything, so nobody is told what became of it but the originator, now.
      void this.#ledger.end(line, held, "cancelled", new GatewayError("GW_ORIGINATOR_GONE"));
      throw new GatewayError("GW_TARGET_UNKNOWN");
    }
    const { expires } = held;
    const step = { is: "held", registree, sequence: held.sequence, expires, stored: true } as const;
    this.#parts.observer.stepped(request, step);
    this.#expiry.watch(expires);
    this.#delivery.advance(line);
  }
}

import { type Clock, later } from "../base/clock.ts";
import { GatewayError, saysUnsent } from "../base/errors.ts";
import type { EntityId } from "../primitive/identifiers.ts";
import { STORE_PAUSE } from "./back-off.ts";
import { HoldLine, type OpenRequest, type Result } from "./hold-line.ts";
import type { Demand, HoldQuota } from "./hold-quota.ts";
import type { DeadLetter, HeldRequest, HoldStore, Outcome } from "./hold-store.ts";
import type { Observer } from "./ports.ts";

export interface LedgerParts {
  readonly store: HoldStore;
  readonly quota: HoldQuota;
  readonly clock: Clock;
  readonly observer: Observer;
  /** Told what came of a stored request that has a reference. Resolves with what is left to do when that has left the store. */
  readonly onResult: (held: HeldRequest, result: Result) => Promise<() => void>;
}

export type HoldCounts = Readonly<Record<Outcome | "accepted" | "restored", number>>;

/** What has ended, on disk or as an open exchange. */
type Ended = Pick<HeldRequest, "request" | "arrived">;

const ANSWERED_WITH_ERROR = 4000;

/** Everything that is held, and how each of it ends: once, counted, and out of the store. */
export class HoldLedger {
  readonly #parts: LedgerParts;
  readonly #lines = new Map<EntityId, HoldLine>();
  readonly #counts = {
    accepted: 0,
    restored: 0,
    delivered: 0,
    expired: 0,
    superseded: 0,
    cancelled: 0,
    dropped: 0,
    evicted: 0,
  };

  constructor(parts: LedgerParts) {
    this.#parts = parts;
    for (const [registree, usage] of parts.store.usageAtStart()) {
      this.#lines.set(registree, new HoldLine(registree, parts.store, usage));
      parts.quota.add(usage);
      this.#counts.restored += usage.count;
    }
  }

  get counts(): HoldCounts {
    return this.#counts;
  }

  /** What waits for `registree`; undefined when nothing does. */
  find(registree: EntityId): HoldLine | undefined {
    return this.#lines.get(registree);
  }

  lines(): readonly HoldLine[] {
    return [...this.#lines.values()];
  }

  /**
   * Takes room for a newcomer; those that have to make room for it are evicted.
   *
   * @param replaced will leave when the newcomer is in
   * @throws GatewayError GW_HOLD_FULL, GW_OVERLOADED
   */
  reserve(
    registree: EntityId,
    newcomer: Demand,
    replaced: { readonly bytes: number } | undefined,
  ): HoldLine {
    const { quota, store } = this.#parts;
    const line = this.#lines.get(registree) ?? new HoldLine(registree, store);
    const leaving = replaced && { count: 1, bytes: replaced.bytes };
    const victims = quota.reserve(line, this.#lines.values(), newcomer, leaving);
    this.#lines.set(registree, line);
    for (const { line: other, open } of victims) {
      this.endOpen(other, open, "evicted", new GatewayError("GW_EVICTED"));
    }
    return line;
  }

  /** Gives the room of one back that did not come in. */
  release(line: HoldLine, bytes: number): void {
    this.#parts.quota.release(line, bytes);
    if (line.isEmpty) this.#lines.delete(line.registree);
  }

  /** One for which room was taken is held from now on. */
  accepted(): void {
    this.#counts.accepted += 1;
  }

  /** An exchange that was kept open ends. Does nothing the second time. */
  endOpen(line: HoldLine, open: OpenRequest, outcome: Outcome, result: Result): void {
    if (!line.leave(open)) return;
    open.timer.cancel();
    this.#counts[outcome] += 1;
    this.#settled(line.registree, open, outcome, result);
    this.release(line, open.bytes);
    // Nothing may say that it was not sent.
    open.settle?.(open.wasSent && saysUnsent(result) ? new GatewayError("GW_LINK_LOST") : result);
    if (outcome !== "evicted") return;
    const { registree } = line;
    const { sequence, request, arrived, deadline, bytes, latest, wasSent } = open;
    const about = { registree, sequence, request, arrived, bytes, latest, reference: undefined };
    const held = { ...about, expires: deadline, sent: wasSent };
    this.#parts.store
      .remove(registree, sequence, this.#letter(held, outcome, result))
      .catch((error: unknown) => this.#warn("a dead letter could not be stored", held, error));
  }

  /** A stored request ends. Does nothing the second time. Resolves when that is written, or has failed to be. */
  async end(line: HoldLine, held: HeldRequest, outcome: Outcome, result: Result): Promise<void> {
    const { clock, store } = this.#parts;
    const { registree, sequence, bytes } = held;
    if (line.isHidden(sequence)) return;
    line.hide(sequence);
    line.sent(sequence);
    try {
      // In one turn, so that all of it comes to the disk or nothing: nobody is told two results.
      const [after] = await Promise.all([
        this.#tellResult(held, result),
        store.remove(registree, sequence, this.#letter(held, outcome, result)),
      ]);
      after?.();
    } catch (error) {
      this.#warn("what became of a held primitive could not be written yet", held, error);
      clock.at(later(clock.now(), STORE_PAUSE), () => {
        line.show(sequence);
        void this.end(line, held, outcome, result);
      });
      return;
    }
    line.wasRemoved();
    line.show(sequence);
    this.#counts[outcome] += 1;
    this.#settled(registree, held, outcome, result);
    this.release(line, bytes);
  }

  /** A stored request cannot be read any more, whatever it was. */
  async lost(registree: EntityId, sequence: number, bytes: number): Promise<void> {
    const line = this.#lines.get(registree);
    if (line === undefined || line.isHidden(sequence)) return;
    line.hide(sequence);
    try {
      await this.#parts.store.remove(registree, sequence);
    } finally {
      line.show(sequence);
    }
    line.wasRemoved();
    this.#counts.dropped += 1;
    this.release(line, bytes);
  }

  /** A stored request has been replaced in the store by its successor. */
  replaced(line: HoldLine, held: HeldRequest): void {
    this.#counts.superseded += 1;
    const superseded = new GatewayError("GW_SUPERSEDED");
    this.#settled(held.registree, held, "superseded", superseded);
    this.release(line, held.bytes);
  }

  /** Tells what comes of one that is being replaced. Resolves when it would survive a crash. @throws GatewayError */
  async tellReplaced(held: HeldRequest): Promise<(() => void) | undefined> {
    return await this.#tellResult(held, new GatewayError("GW_SUPERSEDED"));
  }

  async #tellResult(held: HeldRequest, result: Result): Promise<(() => void) | undefined> {
    return held.reference === undefined ? undefined : await this.#parts.onResult(held, result);
  }

  /** Kept for whoever wants to know why something did not arrive, or was refused where it arrived. */
  #letter(held: HeldRequest, outcome: Outcome, result: Result): DeadLetter | undefined {
    const at = this.#parts.clock.now();
    if (result instanceof GatewayError) {
      const isMissed = outcome === "expired" || outcome === "dropped" || outcome === "evicted";
      return isMissed ? { held, outcome, reason: result.message, at } : undefined;
    }
    const { responseStatusCode } = result;
    if (responseStatusCode < ANSWERED_WITH_ERROR) return undefined;
    return { held, outcome, reason: whyOf(result), at };
  }

  #settled(registree: EntityId, ended: Ended, outcome: Outcome, result: Result): void {
    const { clock, observer } = this.#parts;
    const { request, arrived } = ended;
    observer.stepped(request, { is: "settled", registree, outcome, why: whyOf(result) });
    observer.settled(outcome, Math.max(clock.now() - arrived, 0) / 1000);
  }

  #warn(message: string, { registree, sequence }: HeldRequest, error: unknown): void {
    this.#parts.observer.warn(message, { registree, sequence, error });
  }
}

const whyOf = (result: Result): string =>
  result instanceof GatewayError
    ? result.message
    : `the registree answered ${result.responseStatusCode}`;

import type { Clock } from "../base/clock.ts";
import { GatewayError } from "../base/errors.ts";
import type { EntityId } from "../primitive/identifiers.ts";
import type { RequestPrimitive, ResponsePrimitive } from "../primitive/primitive.ts";
import type { HoldDelivery } from "./hold-delivery.ts";
import { isStored, predecessorOf, supersede } from "./hold-latest.ts";
import type { HoldLedger } from "./hold-ledger.ts";
import type { HoldLine, OpenRequest } from "./hold-line.ts";
import { type HoldTimes, latestOf, openUntil, type Turn } from "./hold-policy.ts";
import { demandOf, type PriorityOf } from "./hold-quota.ts";
import type { HoldStore } from "./hold-store.ts";
import type { Observer } from "./ports.ts";
import type { Registry } from "./registry.ts";
import { isSameRequest } from "./same-request.ts";
import type { ToHold, WhenGone } from "./to-hold.ts";

export interface OpenExchangeParts {
  readonly ledger: HoldLedger;
  readonly delivery: HoldDelivery;
  readonly store: HoldStore;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly times: HoldTimes;
  readonly priorityOf: PriorityOf;
}

/** Exchanges that are kept open while their registree is away: whoever waits for the answer has been promised nothing. */
export class OpenExchanges {
  readonly #parts: OpenExchangeParts;
  #draining = false;

  constructor(parts: OpenExchangeParts) {
    this.#parts = parts;
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
    const { clock, delivery, ledger, observer, priorityOf, registry, times } = this.#parts;
    const { request, arrived, expires } = timedRequest;
    if (this.#draining) throw new GatewayError("GW_DRAINING");
    if (!registry.isCurrent(registree, token)) throw new GatewayError("GW_TARGET_UNKNOWN");
    const same = this.#sameOpen(registree, request);
    if (same !== undefined) return await this.#answerOf(same.line, same.open, whenGone);
    const latest = latestOf(request);
    const before = predecessorOf({ registree, sequence, arrived, latest }, this.#parts);
    const demand = demandOf(request, priorityOf);
    const line = ledger.reserve(registree, demand, before);
    supersede(ledger, line, before);
    const deadline = openUntil(timedRequest, turn, times);
    const open: OpenRequest = {
      // Not the one of a stored predecessor, which may take a while to leave.
      sequence: before === undefined || isStored(before) ? sequence : before.sequence,
      first: turn === "first",
      request,
      arrived,
      deadline,
      expires,
      ...demand,
      latest,
      timer: clock.at(deadline, () => delivery.tooLate(line, open)),
      wasSent,
      settle: undefined,
    };
    line.join(open);
    ledger.accepted();
    const held = { is: "held", registree, sequence: open.sequence } as const;
    observer.stepped(request, { ...held, expires: deadline, stored: false });
    delivery.advance(line);
    return await this.#answerOf(line, open, whenGone);
  }

  /** Takes none in any more, and tells those who wait that they wait in vain; what is under way may finish. */
  drain(): void {
    this.#draining = true;
    const { ledger } = this.#parts;
    for (const line of ledger.lines()) {
      for (const open of line.opened().filter(({ sequence }) => line.isIdle(sequence))) {
        ledger.endOpen(line, open, "cancelled", new GatewayError("GW_DRAINING"));
      }
    }
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
    const line = this.#parts.ledger.find(registree);
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
        if (!stays) this.#parts.ledger.endOpen(line, open, "cancelled", gone);
        reject(gone);
      });
    });
  }
}

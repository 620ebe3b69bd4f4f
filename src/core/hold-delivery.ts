import { type Clock, earliest, later, type Millis, millis } from "../base/clock.ts";
import { GatewayError } from "../base/errors.ts";
import type { RequestPrimitive, ResponsePrimitive } from "../primitive/primitive.ts";
import { asGatewayError } from "../primitive/respond.ts";
import type { HoldLedger } from "./hold-ledger.ts";
import type { HeldItem, HoldLine, OpenRequest, Result } from "./hold-line.ts";
import type { HeldRequest, HoldStore, Outcome } from "./hold-store.ts";
import { HoldTurns } from "./hold-turns.ts";
import { type NextStep, stepAfter } from "./next-step.ts";
import { isOnce } from "./pending.ts";
import type { Observer, Way } from "./ports.ts";
import type { Reach } from "./reach.ts";
import type { Registry } from "./registry.ts";
import { deliverOn } from "./steps.ts";
import { type Tracing, traced } from "./tracing.ts";

export interface HoldDeliveryParts {
  readonly store: HoldStore;
  readonly ledger: HoldLedger;
  readonly registry: Registry;
  readonly reach: Reach;
  readonly clock: Clock;
  /** How long a live registree may take to answer before it is asked again. */
  readonly answerWithin: Millis;
  /** How often it is asked. */
  readonly attempts: number;
  readonly observer: Observer;
  readonly tracing?: Tracing | undefined;
}

/** Held ones that are under way at a time, over all registrees. */
const MAX_UNDER_WAY = 1024;
/** What an AE has to answer before it is sent more; a CSE, which serves many, four. */
const WINDOW = { ae: 1, cse: 4 } as const;
/** How long a registree that takes nothing more is left alone. */
const BUSY_PAUSE = millis(1_000);

/** Sends what is held to registrees that are back: in order, few at a time, each within its time. */
export class HoldDelivery {
  readonly #parts: HoldDeliveryParts;
  readonly #turns: HoldTurns<HoldLine>;
  readonly #references = new Set<string>();
  #underWay = 0;
  #stopped = false;
  #atRest: (() => void) | undefined;

  constructor(parts: HoldDeliveryParts) {
    this.#parts = parts;
    this.#turns = new HoldTurns(
      (line) => this.#next(line),
      () => this.#underWay < MAX_UNDER_WAY,
    );
  }

  /** Sends what may be sent of a line, soon. */
  advance(line: HoldLine): void {
    if (this.#mayDeliver(line)) this.#turns.schedule(line);
  }

  /** The same, and it is not left alone any longer. */
  resume(line: HoldLine): void {
    // What goes out next has to wait for the disk whatever happens.
    if (line.gate === "pausing") line.gate = "open";
    this.advance(line);
  }

  /** Sends nothing more: what is under way is not sent again. */
  stop(): void {
    this.#stopped = true;
  }

  /** Resolves when nothing is under way; to be called once, after `stop`. */
  async rest(): Promise<void> {
    if (this.#underWay === 0) return;
    await new Promise<void>((resolve) => {
      this.#atRest = resolve;
    });
  }

  /** Whether a stored request with this reference has been sent and is not answered. */
  isUnderWay(reference: string): boolean {
    return this.#references.has(reference);
  }

  /** The deadline of an open exchange has come. */
  tooLate(line: HoldLine, open: OpenRequest): void {
    // One that is under way has the same deadline on its link, which knows more of it.
    if (line.isIdle(open.sequence))
      this.#parts.ledger.endOpen(line, open, "expired", lateness(open));
  }

  /** Whether there may be a way, before it is known for which request. */
  #mayDeliver({ registree }: HoldLine): boolean {
    return !this.#stopped && this.#parts.reach.mayFind(registree);
  }

  /** Undefined once nothing is to be sent any more, too. */
  #wayOf({ registree }: HoldLine, { to }: RequestPrimitive): Way | undefined {
    return this.#stopped ? undefined : this.#parts.reach.find(registree, to);
  }

  /** Sends one; true when another may follow. */
  #next(line: HoldLine): boolean {
    const { clock, ledger, registry } = this.#parts;
    const kind = registry.registration(line.registree)?.kind ?? "ae";
    if (line.gate !== "open" || !this.#mayDeliver(line)) return false;
    if (line.unanswered >= WINDOW[kind]) return false;
    const item = line.next();
    if (item === undefined) return false;
    const way = this.#wayOf(line, item.kind === "open" ? item.open.request : item.held.request);
    if (way === undefined) return false;
    if (item.kind === "stored" && clock.now() >= item.held.expires) {
      void ledger.end(line, item.held, "expired", new GatewayError("GW_REQUEST_EXPIRED"));
      return true;
    }
    if (item.kind === "open" && clock.now() >= item.open.deadline) {
      this.tooLate(line, item.open);
      return true;
    }
    this.#send(line, item, way);
    return true;
  }

  #send(line: HoldLine, item: HeldItem, way: Way): void {
    const { clock, answerWithin } = this.#parts;
    const { sequence } = item.kind === "open" ? item.open : item.held;
    const reference = item.kind === "open" ? undefined : item.held.reference;
    if (reference !== undefined) this.#references.add(reference);
    line.sending(sequence);
    const giveRoom = this.#takeRoom();
    // Whoever is slow, or silent with a long deadline, shall not keep all behind it waiting, nor all others.
    const patience = clock.at(later(clock.now(), answerWithin), () => {
      if (item.kind === "open") {
        line.overdue(sequence);
        giveRoom();
      }
      this.#turns.schedule(line);
    });
    const sent =
      item.kind === "open"
        ? this.#sendOpen(line, item.open, way)
        : this.#sendStored(line, item.held);
    sent
      .then((step) => {
        line.sent(sequence);
        if (step !== "pause") return this.advance(line);
        line.gate = "pausing";
        clock.at(later(clock.now(), BUSY_PAUSE), () => this.resume(line));
      })
      .finally(() => {
        patience.cancel();
        if (reference !== undefined) this.#references.delete(reference);
        giveRoom();
      })
      .catch((error: unknown) => {
        this.#parts.observer.warn("a held primitive was not sent", { sequence, error });
      });
  }

  /** Gives what gives the room back; a second call does nothing. */
  #takeRoom(): () => void {
    this.#underWay += 1;
    let taken = true;
    return () => {
      if (!taken) return;
      taken = false;
      this.#underWay -= 1;
      if (this.#underWay === 0) this.#atRest?.();
      this.#turns.resume();
    };
  }

  /** Never rejects. */
  async #sendOpen(line: HoldLine, open: OpenRequest, way: Way): Promise<NextStep> {
    const { clock, ledger, observer } = this.#parts;
    try {
      const { request, deadline } = open;
      const response = await deliverOn(way, request, deadline, line.registree, observer);
      ledger.endOpen(line, open, "delivered", response);
      return "end";
    } catch (thrown) {
      const error = asGatewayError(thrown);
      const step = stepAfter(error.code, isOnce(open.request), 0);
      if (error.code === "GW_LINK_LOST") open.wasSent = true;
      const isLate = clock.now() >= open.deadline;
      if (step === "end") ledger.endOpen(line, open, isLate ? "expired" : "dropped", error);
      else if (isLate) ledger.endOpen(line, open, "expired", lateness(open));
      else if (this.#stopped)
        ledger.endOpen(line, open, "cancelled", new GatewayError("GW_DRAINING"));
      return step;
    }
  }

  /** Never rejects. */
  async #sendStored(line: HoldLine, stored: HeldRequest): Promise<NextStep> {
    const { attempts } = this.#parts;
    if (stored.sent) {
      // A process ended after it went out: nobody knows whether it arrived, and twice would be worse than never.
      this.#end(line, stored, "dropped", new GatewayError("GW_LINK_LOST"));
      return "end";
    }
    for (let left = attempts - 1; ; left -= 1) {
      const way = this.#wayOf(line, stored.request);
      if (way === undefined) return "back";
      try {
        this.#end(line, stored, "delivered", await this.#attempt(line, stored, way));
        return "end";
      } catch (thrown) {
        const step = await this.#failed(line, stored, asGatewayError(thrown), left);
        if (step !== "again") return step;
      }
    }
  }

  /** @throws GatewayError of the way, GW_STORE_FAILED, GW_REQUEST_EXPIRED */
  async #attempt(line: HoldLine, stored: HeldRequest, way: Way): Promise<ResponsePrimitive> {
    const { answerWithin, clock, observer, tracing } = this.#parts;
    const { registree, request, expires } = stored;
    if (isOnce(request)) await this.#mark(line, stored);
    if (!line.isSending(stored.sequence)) throw new GatewayError("GW_TARGET_UNKNOWN");
    if (this.#stopped) throw new GatewayError("GW_TARGET_OFFLINE");
    // As late as can be: it may have waited for the disk.
    const now = clock.now();
    if (now >= expires) throw new GatewayError("GW_REQUEST_EXPIRED");
    const deadline = earliest(expires, later(now, answerWithin));
    const outgoing = tracing === undefined ? way : underDelivery(way, tracing);
    return await deliverOn(outgoing, request, deadline, registree, observer);
  }

  async #failed(
    line: HoldLine,
    stored: HeldRequest,
    error: GatewayError,
    attemptsLeft: number,
  ): Promise<NextStep> {
    const { clock } = this.#parts;
    // Ended meanwhile: its registree has deregistered.
    if (!line.isSending(stored.sequence)) return "end";
    if (clock.now() >= stored.expires) {
      this.#end(line, stored, "expired", error);
      return "end";
    }
    if (error.code === "GW_STORE_FAILED") return "pause";
    const once = isOnce(stored.request);
    const step = stepAfter(error.code, once, attemptsLeft);
    if (step === "end") {
      const { registree, request } = stored;
      this.#parts.observer.warn("a held primitive was not delivered", {
        registree,
        rqi: request.requestIdentifier,
        code: error.code,
      });
      this.#end(line, stored, "dropped", error);
    }
    // Nothing was sent after all.
    else if (once) await this.#unmark(stored);
    return step;
  }

  /** Ends one that is under way, unless that has ended already: its registree may have deregistered. */
  #end(line: HoldLine, stored: HeldRequest, outcome: Outcome, result: Result): void {
    if (line.isSending(stored.sequence)) {
      void this.#parts.ledger.end(line, stored, outcome, result);
    }
  }

  /** A crash after this and before the answer must not send it again. @throws GatewayError GW_STORE_FAILED */
  async #mark(line: HoldLine, { registree, sequence }: HeldRequest): Promise<void> {
    line.gate = "preparing";
    try {
      await this.#parts.store.markSent(registree, sequence);
    } finally {
      line.gate = "open";
      this.advance(line);
    }
  }

  async #unmark(stored: HeldRequest): Promise<void> {
    await this.#parts.store.put(stored).catch(() => {
      // Left marked it will not be sent again, and its originator is told that it may have been.
    });
  }
}

/** Why an open exchange that waited has ended at its deadline. */
function lateness({ wasSent, expires, deadline }: OpenRequest): GatewayError {
  if (expires !== undefined && expires <= deadline) return new GatewayError("GW_REQUEST_EXPIRED");
  return new GatewayError(wasSent ? "GW_LINK_LOST" : "GW_TARGET_OFFLINE");
}

/** What began when a primitive came in has ended when it is delivered: the span of that goes back to it. */
const underDelivery = (way: Way, tracing: Tracing): Way => ({
  ...(way.id !== undefined && { id: way.id }),
  deliver: (request, deadline, registree) => {
    const start = { kind: "deliver", parent: undefined, linked: request.trace } as const;
    return traced(tracing, { ...start, request, registree }, (under) =>
      way.deliver(under, deadline, registree),
    );
  },
});

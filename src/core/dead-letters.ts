import type { Clock } from "../base/clock.ts";
import type { EntityId } from "../primitive/identifiers.ts";
import type { RequestPrimitive } from "../primitive/primitive.ts";
import type { Hold } from "./hold.ts";
import type { DeadLetter, HoldStore } from "./hold-store.ts";

/** Times that a request which is sent anew must not carry: they have passed. */
const TIMES: ReadonlySet<string> = new Set(["rqet", "rset", "oet"]);

/** What was not delivered, for whoever looks for it and wants it delivered after all. */
export class DeadLetters {
  readonly #store: HoldStore;
  readonly #hold: Hold;
  readonly #clock: Clock;

  constructor(parts: { readonly store: HoldStore; readonly hold: Hold; readonly clock: Clock }) {
    this.#store = parts.store;
    this.#hold = parts.hold;
    this.#clock = parts.clock;
  }

  /** Those of one registree, the oldest first. */
  list(registree: EntityId): Iterable<DeadLetter> {
    return this.#store.deadLetters(registree);
  }

  /**
   * Holds a dead letter again, as if it had just arrived without a time of its own; from then on it is none.
   *
   * @returns false when there is none with this sequence
   * @throws GatewayError GW_HOLD_FULL, GW_OVERLOADED, GW_HOLD_FAILED, GW_STORE_FAILED
   */
  async replay(registree: EntityId, sequence: number): Promise<boolean> {
    for (const { held } of this.#store.deadLetters(registree)) {
      if (held.sequence !== sequence) continue;
      const timedRequest = {
        request: withoutTimes(held.request),
        expires: undefined,
        arrived: this.#clock.now(),
      };
      const hold = this.#hold;
      await hold.store({ registree, sequence: hold.nextSequence(), timedRequest }, undefined);
      await this.#store.removeDeadLetter(registree, sequence);
      return true;
    }
    return false;
  }
}

function withoutTimes(request: RequestPrimitive): RequestPrimitive {
  const carried = new Map([...request.carried].filter(([name]) => !TIMES.has(name)));
  return { ...request, carried };
}

import type { Clock } from "../base/clock.ts";
import type { EntityId } from "../primitive/identifiers.ts";
import type { RequestPrimitive } from "../primitive/primitive.ts";
import type { Hold } from "./hold.ts";
import type { DeadLetter, HoldStore } from "./hold-store.ts";
import type { Observer } from "./ports.ts";
import type { Registry } from "./registry.ts";

/** Times that a request which is sent anew must not carry: they have passed. */
const TIMES: ReadonlySet<string> = new Set(["rqet", "rset", "oet"]);

/** What was not delivered, for whoever looks for it and wants it delivered after all. */
export class DeadLetters {
  readonly #store: HoldStore;
  readonly #hold: Hold;
  readonly #clock: Clock;
  /** Replays under way. */
  readonly #replaying = new Set<string>();
  readonly #registry: Pick<Registry, "registration">;
  readonly #observer: Pick<Observer, "warn">;

  constructor(parts: {
    readonly store: HoldStore;
    readonly hold: Hold;
    readonly clock: Clock;
    readonly registry: Pick<Registry, "registration">;
    readonly observer: Pick<Observer, "warn">;
  }) {
    this.#store = parts.store;
    this.#hold = parts.hold;
    this.#clock = parts.clock;
    this.#registry = parts.registry;
    this.#observer = parts.observer;
  }

  /** Those of one registree, the oldest first. */
  list(registree: EntityId): Iterable<DeadLetter> {
    return this.#store.deadLetters(registree);
  }

  /** The registree is no more: whoever registers under its ID later has no business with them. */
  forget(registree: EntityId): void {
    const sequences = new Set(
      Array.from(this.#store.deadLetters(registree), ({ held }) => held.sequence),
    );
    for (const sequence of sequences) {
      this.#store
        .removeDeadLetter(registree, sequence)
        .catch((error: unknown) =>
          this.#observer.warn("a dead letter could not be removed", { registree, sequence, error }),
        );
    }
  }

  /**
   * Holds a dead letter again, as if it had just arrived without a time of its own; from then on it is none.
   *
   * @returns false when there is none with this sequence, or nobody is registered to get it
   * @throws GatewayError GW_HOLD_FULL, GW_OVERLOADED, GW_HOLD_FAILED, GW_STORE_FAILED
   */
  async replay(registree: EntityId, sequence: number): Promise<boolean> {
    const token = this.#registry.registration(registree)?.token;
    const key = `${registree} ${sequence}`;
    if (token === undefined || this.#replaying.has(key)) return false;
    this.#replaying.add(key);
    try {
      return await this.#replay(registree, token, sequence);
    } finally {
      this.#replaying.delete(key);
    }
  }

  async #replay(registree: EntityId, token: string, sequence: number): Promise<boolean> {
    for (const { held } of this.#store.deadLetters(registree)) {
      if (held.sequence !== sequence) continue;
      const timedRequest = {
        request: withoutTimes(held.request),
        expires: undefined,
        arrived: this.#clock.now(),
      };
      const hold = this.#hold;
      const next = hold.nextSequence();
      await hold.store(
        { registree, token, sequence: next, timedRequest, isReplay: true },
        undefined,
      );
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

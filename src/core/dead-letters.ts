import type { Clock } from "../base/clock.ts";
import type { EntityId } from "../primitive/identifiers.ts";
import type { RequestPrimitive } from "../primitive/primitive.ts";
import type { Hold } from "./hold.ts";
import type { DeadLetter, HoldStore } from "./hold-store.ts";
import type { Page } from "./page.ts";
import type { Observer } from "./ports.ts";
import type { Registry } from "./registry.ts";

/** Times that a request which is sent anew must not carry: they have passed. */
const TIMES: ReadonlySet<string> = new Set(["rqet", "rset", "oet"]);

/** Registrees that are looked through for one page: others wait for it. */
const REGISTREES_AT_ONCE = 1_000;

/** What was not delivered, for whoever looks for it and wants it delivered after all. */
export class DeadLetters {
  readonly #store: HoldStore;
  readonly #hold: Hold;
  readonly #clock: Clock;
  /** Replays under way. */
  readonly #replaying = new Set<string>();
  readonly #registry: Pick<Registry, "all" | "registration">;
  readonly #observer: Pick<Observer, "warn">;

  constructor(parts: {
    readonly store: HoldStore;
    readonly hold: Hold;
    readonly clock: Clock;
    readonly registry: Pick<Registry, "all" | "registration">;
    readonly observer: Pick<Observer, "warn">;
  }) {
    this.#store = parts.store;
    this.#hold = parts.hold;
    this.#clock = parts.clock;
    this.#registry = parts.registry;
    this.#observer = parts.observer;
  }

  /**
   * Those of one registree, or of all in the order of their IDs, the oldest of each first.
   *
   * @param after `next` of the page before; a page may have fewer than `limit`, or none, and have one behind it
   */
  page(
    registree: EntityId | undefined,
    after: string | undefined,
    limit: number,
  ): Page<DeadLetter> {
    const [, at, sequence, from] = /^(\d{1,16})\.(\d{1,15})@(.+)$/.exec(after ?? "") ?? [];
    const ids = registree === undefined ? this.#registreesFrom(from) : [registree];
    const looked = ids.slice(0, REGISTREES_AT_ONCE);
    const items: DeadLetter[] = [];
    for (const id of looked) {
      for (const letter of this.#store.deadLetters(id)) {
        if (id === from && !isBehind(letter, Number(at), Number(sequence))) continue;
        const last = items.at(-1);
        if (items.length === limit && last !== undefined) return { items, next: placeOf(last) };
        items.push(letter);
      }
    }
    const isAll = looked.length === ids.length;
    return { items, next: isAll ? undefined : `${Number.MAX_SAFE_INTEGER}.0@${looked.at(-1)}` };
  }

  find(registree: EntityId, sequence: number): DeadLetter | undefined {
    for (const letter of this.#store.deadLetters(registree)) {
      if (letter.held.sequence === sequence) return letter;
    }
    return undefined;
  }

  /** False when there is none. @throws GatewayError GW_STORE_FAILED */
  async remove(registree: EntityId, sequence: number): Promise<boolean> {
    if (this.find(registree, sequence) === undefined) return false;
    await this.#store.removeDeadLetter(registree, sequence);
    return true;
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

  #registreesFrom(first: string | undefined): EntityId[] {
    const ids = Array.from(this.#registry.all(), ({ id }) => id);
    return ids.filter((id) => first === undefined || id >= first).sort();
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

/** A place in the list: when, which, and whose. */
const placeOf = ({ at, held: { registree, sequence } }: DeadLetter): string =>
  `${at}.${sequence}@${registree}`;

const isBehind = (letter: DeadLetter, at: number, sequence: number): boolean =>
  letter.at > at || (letter.at === at && letter.held.sequence > sequence);

import {
  type Clock,
  type EpochMs,
  earliest,
  later,
  type Millis,
  type Timer,
} from "../base/clock.ts";
import type { EntityId } from "../primitive/identifiers.ts";
import type { RequestPrimitive, ResponsePrimitive } from "../primitive/primitive.ts";
import { parseAbsRel } from "../primitive/timestamps.ts";

/** An answer to a request whose connection has closed. */
export interface LateAnswer {
  readonly request: RequestPrimitive;
  readonly response: ResponsePrimitive;
}

interface Kept extends LateAnswer {
  readonly registree: EntityId;
  /** Of both contents, and about what is around them. */
  readonly bytes: number;
  readonly timer: Timer;
}

/** For one registree; of more the earliest is given up. */
const MAX_KEPT = 64;
/** For all; of more the earliest are given up, whosever they are. */
const MAX_BYTES = 16 * 1024 * 1024;
/** What two primitives take beside their contents, about. */
const ENVELOPES = 512;

/**
 * Answers to requests of registrees that lost their connection in between, until they return: Result Expiration
 * Timestamp, or a short while (TS-0004, H.2.4).
 */
export class LateAnswers {
  readonly #clock: Clock;
  readonly #keptFor: Millis;
  readonly #kept = new Map<EntityId, Kept[]>();
  /** The same, earliest first. */
  readonly #all = new Set<Kept>();
  #bytes = 0;

  constructor({ clock, keptFor }: { readonly clock: Clock; readonly keptFor: Millis }) {
    this.#clock = clock;
    this.#keptFor = keptFor;
  }

  /** @param arrived when the request did: relative times count from then */
  keep(registree: EntityId, { request, response }: LateAnswer, arrived: EpochMs): void {
    const now = this.#clock.now();
    const own = parseAbsRel(request.carried.get("rset"), arrived)?.at;
    const until = earliest(later(now, this.#keptFor), own);
    if (now >= until) return;
    const all = this.#kept.get(registree) ?? [];
    const timer = this.#clock.at(until, () => this.#drop(kept));
    const bytes = ENVELOPES + (request.content?.size ?? 0) + (response.content?.size ?? 0);
    const kept: Kept = { request, response, registree, bytes, timer };
    all.push(kept);
    this.#kept.set(registree, all);
    this.#all.add(kept);
    this.#bytes += bytes;
    const [first] = all;
    if (all.length > MAX_KEPT && first !== undefined) this.#drop(first);
    for (const next of this.#all) {
      if (this.#bytes <= MAX_BYTES) break;
      this.#drop(next);
    }
  }

  /** Gives those of a registree that is back, oldest first, once. */
  take(registree: EntityId): readonly LateAnswer[] {
    const all = this.#kept.get(registree) ?? [];
    this.#kept.delete(registree);
    for (const kept of all) this.#forget(kept);
    return all;
  }

  #drop(dropped: Kept): void {
    const { registree } = dropped;
    this.#forget(dropped);
    const left = this.#kept.get(registree)?.filter((kept) => kept !== dropped) ?? [];
    if (left.length === 0) this.#kept.delete(registree);
    else this.#kept.set(registree, left);
  }
  #forget(kept: Kept): void {
    kept.timer.cancel();
    this.#all.delete(kept);
    this.#bytes -= kept.bytes;
  }
}

import type { Clock, EpochMs, Millis } from "../base/clock.ts";
import type { EntityId } from "../primitive/identifiers.ts";
import type { Operation, RequestPrimitive } from "../primitive/primitive.ts";
import type { Hold } from "./hold.ts";
import type { OpenRequest } from "./hold-line.ts";
import type { HeldRequest, HoldStore } from "./hold-store.ts";
import type { Page } from "./page.ts";
import type { Reach } from "./reach.ts";

/** One primitive that is held, as whoever runs the gateway sees it. */
export interface HeldFacts {
  readonly registree: EntityId;
  readonly sequence: number;
  readonly request: RequestPrimitive;
  readonly arrived: EpochMs;
  readonly expires: EpochMs;
  readonly bytes: number;
  /** On disk; else an exchange that is kept open, whose originator waits. */
  readonly stored: boolean;
  /** It may have reached the registree, and is one that must not reach it twice. */
  readonly sent: boolean;
  /** It has gone out, and its answer is awaited. */
  readonly underWay: boolean;
}

/** Which of what is held; what is undefined does not matter. */
export interface HeldFilter {
  readonly registree?: EntityId | undefined;
  readonly originator?: string | undefined;
  readonly operation?: Operation | undefined;
  /** Those that have waited for so long at least. */
  readonly olderThan?: Millis | undefined;
}

/** What of a purge has been done, or would be. */
export interface Purged {
  readonly matched: number;
  readonly bytes: number;
  /** Those that were on their way are not; 0 in a dry run. */
  readonly dropped: number;
}

export interface HeldListParts {
  readonly store: HoldStore;
  readonly hold: Hold;
  readonly reach: Pick<Reach, "mayFind" | "returned">;
  readonly clock: Clock;
}

/** Looked at in one turn: others wait for it. */
const PORTION = 64;

/** What is held, for whoever runs the gateway. */
export class HeldList {
  readonly #parts: HeldListParts;

  constructor(parts: HeldListParts) {
    this.#parts = parts;
  }

  /** In order of arrival, one registree after the other. @param after `next` of the page before */
  page(registree: EntityId | undefined, after: string | undefined, limit: number): Page<HeldFacts> {
    const items: HeldFacts[] = [];
    const from = placeIn(after);
    for (const id of this.#registreesFrom(registree, from?.registree)) {
      const behind = id === from?.registree ? from.sequence : undefined;
      for (const held of this.#of(id, behind)) {
        const last = items.at(-1);
        if (items.length === limit && last !== undefined) return { items, next: placeOf(last) };
        items.push(held);
      }
    }
    return { items, next: undefined };
  }

  find(registree: EntityId, sequence: number): HeldFacts | undefined {
    const open = this.#parts.hold.openedFor(registree).find((one) => one.sequence === sequence);
    if (open !== undefined) return this.#opened(registree, open);
    const held = this.#parts.store.find(registree, sequence);
    return held && this.#stored(held);
  }

  /** When what is held longest arrived. Looks at the first of each registree. */
  oldest(): EpochMs | undefined {
    let oldest: EpochMs | undefined;
    for (const registree of this.#parts.hold.registrees) {
      const [first] = this.#of(registree, undefined);
      if (first !== undefined && (oldest === undefined || first.arrived < oldest)) {
        oldest = first.arrived;
      }
    }
    return oldest;
  }

  /**
   * Tries again to deliver what is held for a registree, in its order, without waiting for a sign of life.
   *
   * @returns false when there is no way to it
   */
  retry(registree: EntityId): boolean {
    const { hold, reach } = this.#parts;
    reach.returned(registree);
    if (!reach.mayFind(registree)) return false;
    hold.returned(registree);
    return true;
  }

  /** @returns false when there is nothing under this sequence, or it is on its way */
  drop(registree: EntityId, sequence: number): Promise<boolean> {
    return this.#parts.hold.drop(registree, sequence);
  }

  /** Drops all that a filter fits. @param dryRun only counts them */
  async purge(filter: HeldFilter, dryRun: boolean): Promise<Purged> {
    const purged = { matched: 0, bytes: 0, dropped: 0 };
    const now = this.#parts.clock.now();
    for (let after: string | undefined; ; ) {
      const { items, next } = this.page(filter.registree, after, PORTION);
      const matching = items.filter((held) => fits(held, filter, now));
      purged.matched += matching.length;
      purged.bytes += matching.reduce((sum, { bytes }) => sum + bytes, 0);
      if (!dryRun) {
        const dropping = matching.map(({ registree, sequence }) => this.drop(registree, sequence));
        purged.dropped += (await Promise.all(dropping)).filter(Boolean).length;
      }
      if (next === undefined) return purged;
      after = next;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #registreesFrom(wanted: EntityId | undefined, first: string | undefined): readonly EntityId[] {
    if (wanted !== undefined) return [wanted];
    const { registrees } = this.#parts.hold;
    return registrees.filter((id) => first === undefined || id >= first).sort();
  }

  /** Stored and open ones, in order of arrival. */
  *#of(registree: EntityId, after = -1): Iterable<HeldFacts> {
    const { hold, store } = this.#parts;
    const opened = hold
      .openedFor(registree)
      .filter(({ sequence }) => sequence > after)
      .sort((a, b) => a.sequence - b.sequence);
    for (const held of store.list(registree, after)) {
      while (opened[0] !== undefined && opened[0].sequence < held.sequence) {
        yield this.#opened(registree, opened[0]);
        opened.shift();
      }
      yield this.#stored(held);
    }
    for (const open of opened) yield this.#opened(registree, open);
  }

  #stored({ registree, sequence, request, arrived, expires, bytes, sent }: HeldRequest): HeldFacts {
    const underWay = !this.#parts.hold.isIdle(registree, sequence);
    return { registree, sequence, request, arrived, expires, bytes, stored: true, sent, underWay };
  }

  #opened(registree: EntityId, open: OpenRequest): HeldFacts {
    const { sequence, request, arrived, deadline: expires, bytes, wasSent: sent } = open;
    const underWay = !this.#parts.hold.isIdle(registree, sequence);
    return { registree, sequence, request, arrived, expires, bytes, stored: false, sent, underWay };
  }
}

/** A place in the list: `42@/id-in/CAE7`. */
const placeOf = ({ registree, sequence }: HeldFacts): string => `${sequence}@${registree}`;

function placeIn(
  text: string | undefined,
): { readonly sequence: number; readonly registree: string } | undefined {
  const [, sequence, registree] = /^(\d{1,15})@(.+)$/.exec(text ?? "") ?? [];
  return registree === undefined ? undefined : { sequence: Number(sequence), registree };
}

function fits({ request, arrived }: HeldFacts, filter: HeldFilter, now: EpochMs): boolean {
  const { originator, operation, olderThan } = filter;
  return (
    (originator === undefined || request.from === originator) &&
    (operation === undefined || request.operation === operation) &&
    (olderThan === undefined || now - arrived >= olderThan)
  );
}

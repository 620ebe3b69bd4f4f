import type { EpochMs } from "../base/clock.ts";
import { GatewayError } from "../base/errors.ts";
import type { EntityId } from "../primitive/identifiers.ts";
import type { HoldLedger } from "./hold-ledger.ts";
import type { HoldLine, OpenRequest } from "./hold-line.ts";
import type { HeldRequest, HoldStore } from "./hold-store.ts";

/** The one whose place a request of event category "latest" takes. */
export type Predecessor = HeldRequest | OpenRequest | undefined;

export const isStored = (held: Predecessor): held is HeldRequest =>
  held !== undefined && "registree" in held;

/** A request of event category "latest" that is to be held. */
interface Newcomer {
  readonly registree: EntityId;
  readonly sequence: number;
  readonly arrived: EpochMs;
  /** See latestOf; undefined for every other category. */
  readonly latest: string | undefined;
}

/**
 * Whom a newcomer of event category "latest" replaces: it shares what is latest, and has not gone out (TS-0004, H.2.4).
 *
 * @throws GatewayError GW_SUPERSEDED when that is the later of the two: the newcomer was on a link that has been lost
 */
export function predecessorOf(
  { registree, sequence, arrived, latest }: Newcomer,
  { ledger, store }: { readonly ledger: HoldLedger; readonly store: HoldStore },
): Predecessor {
  const line = latest === undefined ? undefined : ledger.find(registree);
  if (latest === undefined || line === undefined) return undefined;
  const open = line.opened().find((it) => it.latest === latest && line.isIdle(it.sequence));
  const held = open ?? store.findLatest(registree, latest);
  if (held === undefined || !line.isIdle(held.sequence)) return undefined;
  // One that took another's place has the sequence of that.
  const isLater = held.arrived === arrived ? held.sequence > sequence : held.arrived > arrived;
  if (isLater) throw new GatewayError("GW_SUPERSEDED");
  return held;
}

/** Ends the one that is replaced. */
export function supersede(ledger: HoldLedger, line: HoldLine, before: Predecessor): void {
  const error = new GatewayError("GW_SUPERSEDED");
  if (isStored(before)) void ledger.end(line, before, "superseded", error);
  else if (before !== undefined) ledger.endOpen(line, before, "superseded", error);
}

/** Lets those that take each other's place come in one after the other: each has to find the one before it. */
export class LatestTurns {
  readonly #last = new Map<string, Promise<void>>();

  async take(registree: EntityId, latest: string, work: () => Promise<void>): Promise<void> {
    const key = JSON.stringify([registree, latest]);
    const before = this.#last.get(key);
    const turn = before === undefined ? work() : before.catch(() => {}).then(work);
    this.#last.set(key, turn);
    try {
      await turn;
    } finally {
      if (this.#last.get(key) === turn) this.#last.delete(key);
    }
  }
}

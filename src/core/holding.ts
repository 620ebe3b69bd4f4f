import type { AcceptedRequests } from "./accepted.ts";
import { DeadLetters } from "./dead-letters.ts";
import { Deliveries } from "./deliveries.ts";
import { Exchanges, type Patience } from "./exchange.ts";
import { Hold, type HoldParts } from "./hold.ts";
import type { HoldProfile } from "./hold-policy.ts";
import { NonBlocking, type NonBlockingParts } from "./non-blocking.ts";
import type { PointsOfAccess } from "./points-of-access.ts";
import type { Port } from "./ports.ts";
import { Reach, type ReachParts } from "./reach.ts";
import { ResultNotifications } from "./result-notifications.ts";

export interface HoldingParts
  extends Omit<HoldParts, "onResult" | "reach">,
    ReachParts,
    Omit<NonBlockingParts, "cancel" | "isHeld" | "isUnderWay" | "notifications"> {
  readonly cse: Port;
  readonly patience: Patience;
  readonly accepted: AcceptedRequests;
  /** Exchanges under way at most, asked for each. */
  readonly maxInFlight: () => number;
  readonly profile: HoldProfile;
  readonly points: Pick<PointsOfAccess, "base">;
  /** From whom results of non-blocking requests come. */
  readonly originator: string;
}

/** The way of a request to whom it concerns, with all that may be kept on it. */
export interface Holding {
  readonly exchanges: Exchanges;
  readonly hold: Hold;
  readonly reach: Reach;
  readonly deadLetters: DeadLetters;
  /** Sends what was held when the process ended last to those who can be reached without coming back. */
  resume(): void;
  /** Fires no timer any more. What is stored stays. */
  close(): void;
}

/** Joins what depends on each other in a circle: the end of a held request may be news that has to be held. */
export function createHolding(parts: HoldingParts): Holding {
  const { registry } = parts;
  const reach = new Reach(parts);
  const hold: Hold = new Hold({
    ...parts,
    reach,
    onResult: (held, result) => nonBlocking.settled(held, result),
  });
  const nonBlocking: NonBlocking = new NonBlocking({
    ...parts,
    cancel: (...held) => hold.cancel(...held),
    isHeld: (...held) => hold.isHeld(...held),
    isUnderWay: (reference) => hold.isUnderWay(reference),
    notifications: {
      hold: (request, result) => notifications.hold(request, result),
      concernsOthers: (request) => notifications.concernsOthers(request),
      tellOthers: (request, result) => notifications.tellOthers(request, result),
    },
  });
  const deliveries = new Deliveries({ ...parts, hold, nonBlocking, reach });
  const exchanges = new Exchanges({ ...parts, deliveries, nonBlocking });
  const notifications = new ResultNotifications({ ...parts, hold, exchanges });
  const deadLetters = new DeadLetters({ ...parts, hold });
  reach.onReturned = (registree) => hold.returned(registree);
  registry.onDeregistered.push((registree) => {
    reach.forget(registree);
    hold.forget(registree);
    deadLetters.forget(registree);
  });
  return {
    exchanges,
    hold,
    reach,
    deadLetters,
    resume: () => {
      nonBlocking.resume();
      for (const registree of hold.registrees) hold.returned(registree);
    },
    close: () => {
      reach.close();
      hold.close();
      nonBlocking.close();
    },
  };
}

import { type EpochMs, earliest, later, type Millis } from "../base/clock.ts";
import { Rsc } from "../base/response-status-code.ts";
import {
  type Operation,
  type RequestPrimitive,
  type ResponseType,
  responseTypeOf,
} from "../primitive/primitive.ts";
import { deadlineOf, type TimedRequest } from "./deadline.ts";
import { type NotifyKind, notifyKindOf, subscriptionOf } from "./notification.ts";

/**
 * `store`: a Notify for a registree that is away is stored and acknowledged at once. `strict`: its exchange is kept
 * open until the registree has answered, as for everything else that blocks.
 */
export const HOLD_PROFILES = ["store", "strict"] as const;
export type HoldProfile = (typeof HOLD_PROFILES)[number];

/**
 * When an exchange that is kept open gets its turn. `inTurn`: behind what is held already, on a live link too.
 * `around`: a live link takes it at once. `first`: the same, and it waits before all others.
 */
export type Turn = "inTurn" | "around" | "first";

/** What may be done with a request while its registree cannot be reached. */
export type HoldPlan =
  /** Nothing: its registree's own answer, now, or a refusal. */
  | { readonly hold: "never" }
  /** Its exchange stays open, and it waits. */
  | { readonly hold: "open"; readonly turn: Turn }
  /** It is stored, then acknowledged. */
  | {
      readonly hold: "stored";
      /** A live link is tried first; otherwise it goes through the store whatever the link. */
      readonly live: boolean;
      /** Response Status Code of the acknowledgement; undefined for none. */
      readonly acknowledgement: number | undefined;
      /** Its originator is given a `<request>` that tells the result, or is notified of the result, or both. */
      readonly result: "none" | "kept" | "notified";
    };

export interface HoldFacts {
  readonly operation: Operation;
  /** As the request says it; undefined when it says nothing, which blocks. */
  readonly responseType: ResponseType | undefined;
  /** Whether it names targets for its result (`rt.nu`). */
  readonly namesTargets: boolean;
  readonly notifyKind: NotifyKind;
  readonly eventCategory: number | undefined;
  readonly releaseVersion: string | undefined;
}

/** Event categories of TS-0001, 8.1.2 that the order depends on. */
export const IMMEDIATE = 2;
export const LATEST = 4;

/** Release from which the two non-blocking acknowledgements have codes of their own (TS-0004, 6.6.3.2). */
const OWN_CODES_SINCE = 3;

/** What may be done with a request; every row of the contract that README prints is a row of its test. */
export function chooseHoldPlan(facts: HoldFacts, profile: HoldProfile): HoldPlan {
  const { operation, responseType, notifyKind, eventCategory, namesTargets } = facts;
  // An acknowledgement in the registree's place would let the sender go on as if it had agreed.
  if (operation === "notify" && notifyKind === "decides") return { hold: "never" };
  switch (responseType) {
    case "noResponse":
      return { hold: "stored", live: false, acknowledgement: undefined, result: "none" };
    case "nonBlockingSynch":
      return stored("kept", false, facts);
    case "nonBlockingAsynch":
      return stored("notified", false, facts);
    case "flexBlocking":
      return stored(namesTargets ? "notified" : "kept", true, facts);
    case "blocking":
      return { hold: "open", turn: eventCategory === IMMEDIATE ? "first" : "around" };
    case undefined:
      break;
  }
  if (eventCategory === IMMEDIATE) return { hold: "open", turn: "first" };
  if (operation === "notify" && notifyKind === "answers") return { hold: "open", turn: "around" };
  if (operation !== "notify" || profile === "strict") return { hold: "open", turn: "inTurn" };
  return { hold: "stored", live: true, acknowledgement: Rsc.ACCEPTED, result: "none" };
}

function stored(result: "kept" | "notified", live: boolean, facts: HoldFacts): HoldPlan {
  const own = result === "kept" ? Rsc.ACCEPTED_SYNCH : Rsc.ACCEPTED_ASYNCH;
  const knowsOwn = Number.parseInt(facts.releaseVersion ?? "", 10) >= OWN_CODES_SINCE;
  return { hold: "stored", live, acknowledgement: knowsOwn ? own : Rsc.ACCEPTED, result };
}

/** What the plan depends on. Reads the content of a Notify, and only of a Notify. */
export function holdFactsOf(request: RequestPrimitive): HoldFacts {
  const { carried, operation, content, releaseVersion } = request;
  const rt = carried.get("rt");
  const ec = carried.get("ec");
  return {
    operation,
    responseType: rt === undefined ? undefined : responseTypeOf(request),
    namesTargets: typeof rt === "object" && rt !== null && "nu" in rt && hasEntries(rt.nu),
    notifyKind: operation === "notify" ? notifyKindOf(content) : "tells",
    eventCategory: ec === undefined ? undefined : Number(ec),
    releaseVersion,
  };
}

const hasEntries = (targets: unknown): boolean =>
  typeof targets === "string" || (Array.isArray(targets) && targets.length > 0);

/**
 * What a newer request of event category "latest" shares with the one whose place it takes: the subscription it is
 * about, or else originator, target and operation (TS-0004, H.2.4). Undefined for every other category.
 */
export function latestOf(request: RequestPrimitive): string | undefined {
  if (Number(request.carried.get("ec")) !== LATEST) return undefined;
  const { operation, from, to, content } = request;
  const subscription = operation === "notify" ? subscriptionOf(content) : undefined;
  return JSON.stringify(subscription === undefined ? [from, to, operation] : [subscription]);
}

/** See the configuration keys of the same names. */
export interface HoldTimes {
  readonly ceiling: Millis;
  readonly openMax: Millis;
  readonly notifyDefault: Millis;
  readonly otherDefault: Millis;
  readonly max: Millis;
}

/**
 * Until when a request that was stored is worth delivering: its own time, if it has one that is not too far off. What is
 * immediate is soon too late, also when its originator asked for a result later.
 */
export function storedUntil(
  { request, expires, arrived }: TimedRequest,
  times: HoldTimes,
): EpochMs {
  const { ceiling, notifyDefault, otherDefault, max } = times;
  const usual = request.operation === "notify" ? notifyDefault : otherDefault;
  const until = earliest(later(arrived, expires === undefined ? usual : max), expires);
  const isImmediate = Number(request.carried.get("ec")) === IMMEDIATE;
  return isImmediate ? earliest(until, later(arrived, ceiling)) : until;
}

/** Until when an exchange is kept open. What is immediate is soon too late. */
export function openUntil(
  { expires, arrived }: TimedRequest,
  turn: Turn,
  { ceiling, openMax }: HoldTimes,
): EpochMs {
  const until = deadlineOf(expires, arrived, ceiling, openMax);
  return turn === "first" ? earliest(until, later(arrived, ceiling)) : until;
}

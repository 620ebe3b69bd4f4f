import type { EntityId } from "../primitive/identifiers.ts";
import type { TimedRequest } from "./deadline.ts";

/** A request that is to be held. */
export interface ToHold {
  readonly registree: EntityId;
  /** From `nextSequence`, when it arrived. */
  readonly sequence: number;
  /** Of the registration it is for: who registers under the same ID later has no business with it. */
  readonly token: string;
  readonly timedRequest: TimedRequest;
  /** It takes nobody's place, whatever its event category: it is older than it looks. */
  readonly isReplay?: true;
}

/** The `<request>` of a request that is to be held; it is stored with it, all or nothing. */
export interface RequestOfHeld {
  /** What the held request refers to it by. */
  readonly id: string;
  /**
   * Stores it; called in the turn of the event loop in which the request is stored.
   *
   * @param sequence under which the request is held
   */
  put(sequence: number): Promise<void>;
}

/** Calls `left` when the originator of a request has gone and waits no more; at once when it has gone already. */
export type WhenGone = (left: () => void) => void;

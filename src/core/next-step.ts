import type { FailureCode } from "../base/errors.ts";
import type { HoldPlan } from "./hold-policy.ts";

/** What follows a delivery that failed. */
export type NextStep =
  /** The same way, at once. */
  | "again"
  /** It waits until there is a way again. */
  | "back"
  /** It waits a little. */
  | "pause"
  /** It ends here. */
  | "end";

/**
 * What follows when a held request was not answered.
 *
 * @param isOnce it must not reach the registree twice: Create, Update and Delete (TS-0004, 5.4.3)
 */
export function stepAfter(code: FailureCode, isOnce: boolean, attemptsLeft: number): NextStep {
  switch (code) {
    case "GW_NO_ANSWER":
      return isOnce || attemptsLeft === 0 ? "end" : "again";
    case "GW_LINK_LOST":
      return isOnce ? "end" : "back";
    case "GW_TARGET_OFFLINE":
      return "back";
    case "GW_LINK_BUSY":
    case "GW_NOT_SENT_IN_TIME":
    case "GW_REQUEST_IDENTIFIER_IN_USE":
      return "pause";
    default:
      return "end";
  }
}

/** Whether a request that was not answered on its way may be held instead: if it would wait had it been held before. */
export function mayHold(code: FailureCode, isOnce: boolean, { hold }: HoldPlan): boolean {
  switch (stepAfter(code, isOnce, 0)) {
    case "back":
      return true;
    case "pause":
      // Its registree is there: who waits for the answer, or repeats an identifier, is told so instead.
      return hold === "stored" && code !== "GW_REQUEST_IDENTIFIER_IN_USE";
    case "again":
    case "end":
      return false;
  }
}

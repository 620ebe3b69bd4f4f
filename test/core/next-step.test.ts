import { describe, expect, test } from "vitest";
import type { FailureCode } from "../../src/base/errors.ts";
import type { HoldPlan } from "../../src/core/hold-policy.ts";
import { mayHold, type NextStep, stepAfter } from "../../src/core/next-step.ts";

describe("what follows when a held request was not answered (5.4, S10, S12)", () => {
  /** Code; what follows for Notify and Retrieve while attempts are left, after the last one, and for all others. */
  const ROWS: readonly [FailureCode, NextStep, NextStep, NextStep][] = [
    ["GW_NO_ANSWER", "again", "end", "end"],
    ["GW_LINK_LOST", "back", "back", "end"],
    ["GW_TARGET_OFFLINE", "back", "back", "back"],
    ["GW_LINK_BUSY", "pause", "pause", "pause"],
    ["GW_NOT_SENT_IN_TIME", "pause", "pause", "pause"],
    ["GW_REQUEST_IDENTIFIER_IN_USE", "pause", "pause", "pause"],
    ["GW_TARGET_UNKNOWN", "end", "end", "end"],
    ["GW_REQUEST_EXPIRED", "end", "end", "end"],
    ["GW_CONTENT_NOT_TRANSCODABLE", "end", "end", "end"],
    ["GW_INTERNAL", "end", "end", "end"],
  ];
  test.each(ROWS)("%s: %s, at last %s, for Create, Update and Delete %s", (code, ...steps) => {
    expect([
      stepAfter(code, false, 1),
      stepAfter(code, false, 0),
      stepAfter(code, true, 1),
    ]).toEqual(steps);
    expect(stepAfter(code, true, 0)).toBe(steps[2]);
  });
});

describe("whether a request that was not answered on its way may be held instead (5.4, S12)", () => {
  const STORED: HoldPlan = { hold: "stored", live: true, acknowledgement: 1000, result: "none" };
  const OPEN: HoldPlan = { hold: "open", turn: "inTurn" };
  /** Code; Notify and Retrieve that would be stored, or kept open; Create, Update and Delete of either. */
  const ROWS: readonly [FailureCode, boolean, boolean, boolean, boolean][] = [
    ["GW_NO_ANSWER", false, false, false, false],
    ["GW_LINK_LOST", true, true, false, false],
    ["GW_TARGET_OFFLINE", true, true, true, true],
    ["GW_LINK_BUSY", true, false, true, false],
    ["GW_NOT_SENT_IN_TIME", true, false, true, false],
    ["GW_REQUEST_IDENTIFIER_IN_USE", false, false, false, false],
    ["GW_TARGET_UNKNOWN", false, false, false, false],
    ["GW_REQUEST_EXPIRED", false, false, false, false],
    ["GW_INTERNAL", false, false, false, false],
  ];
  test.each(ROWS)("%s: %s or %s; Create, Update and Delete %s or %s", (code, ...may) => {
    expect([
      mayHold(code, false, STORED),
      mayHold(code, false, OPEN),
      mayHold(code, true, STORED),
      mayHold(code, true, OPEN),
    ]).toEqual(may);
  });
});

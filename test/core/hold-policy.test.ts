import { describe, expect, test } from "vitest";
import { epochMs, millis } from "../../src/base/clock.ts";
import {
  chooseHoldPlan,
  type HoldPlan,
  holdFactsOf,
  latestOf,
  openUntil,
  storedUntil,
} from "../../src/core/hold-policy.ts";
import { requestOf } from "./primitives.ts";

const NEVER: HoldPlan = { hold: "never" };
const IN_TURN: HoldPlan = { hold: "open", turn: "inTurn" };
const AROUND: HoldPlan = { hold: "open", turn: "around" };
const FIRST: HoldPlan = { hold: "open", turn: "first" };
const ACKNOWLEDGED: HoldPlan = {
  hold: "stored",
  live: true,
  acknowledgement: 1000,
  result: "none",
};
const UNANSWERED: HoldPlan = {
  hold: "stored",
  live: false,
  acknowledgement: undefined,
  result: "none",
};
const kept = (acknowledgement: number, live = false): HoldPlan => ({
  hold: "stored",
  live,
  acknowledgement,
  result: "kept",
});
const notified = (acknowledgement: number, live = false): HoldPlan => ({
  hold: "stored",
  live,
  acknowledgement,
  result: "notified",
});

const plain = { op: "notify", pc: { "m2m:sgn": { sur: "sub1", nev: { net: 3 } } } };
const verification = { op: "notify", pc: { "m2m:sgn": { sur: "sub1", vrq: true } } };
const blockingUpdate = { op: "notify", pc: { "m2m:sgn": { sur: "sub1", nev: { net: 7 } } } };
const security = { op: "notify", pc: { "m2m:seci": { sit: 5, epo: "x" } } };
const retrieve = { op: "retrieve", to: "/id-mn/x" };

/** Rows of websocket-binding 5.4, then what they leave open. */
const ROWS: [string, Record<string, unknown>, HoldPlan, HoldPlan?][] = [
  ["a Notify of a subscription", plain, ACKNOWLEDGED, IN_TURN],
  ["a Notify with rt 3", { ...plain, rt: { rtv: 3 } }, AROUND],
  ["a Notify with vrq (TS-0004, 7.4.8.2.1)", verification, NEVER],
  ["a Notify with vrq as text", { op: "notify", pc: { "m2m:sgn": { vrq: "true" } } }, NEVER],
  ["a Notify with net 7 (TS-0004, 7.3.2.9)", blockingUpdate, NEVER],
  ["a Notify with vrq and rt 1", { ...verification, rt: { rtv: 1 } }, NEVER],
  ["a Notify with sud", { op: "notify", pc: { "m2m:sgn": { sud: true } } }, ACKNOWLEDGED, IN_TURN],
  [
    "a Notify with m2m:rsp",
    { op: "notify", pc: { "m2m:rsp": { rsc: 2000 } } },
    ACKNOWLEDGED,
    IN_TURN,
  ],
  [
    "an aggregated Notify",
    { op: "notify", pc: { "m2m:agn": { "m2m:sgn": [{}, {}] } } },
    ACKNOWLEDGED,
    IN_TURN,
  ],
  [
    "an aggregated Notify with a vrq among its notifications",
    { op: "notify", pc: { "m2m:agn": { "m2m:sgn": [{}, { vrq: true }] } } },
    NEVER,
  ],
  ["a Notify without content", { op: "notify" }, ACKNOWLEDGED, IN_TURN],
  ["a Notify with security information (D-8.3)", security, AROUND],
  ["a Notify of category 2", { ...plain, ec: 2 }, FIRST],
  ["a Notify of category 4", { ...plain, ec: 4 }, ACKNOWLEDGED, IN_TURN],
  ["a Create", { op: "create", to: "/id-mn/x" }, IN_TURN],
  ["a Retrieve", retrieve, IN_TURN],
  ["an Update", { op: "update", to: "/id-mn/x" }, IN_TURN],
  ["a Delete", { op: "delete", to: "/id-mn/x" }, IN_TURN],
  ["a Retrieve with rt 3", { ...retrieve, rt: { rtv: 3 } }, AROUND],
  ["a Retrieve of category 2", { ...retrieve, ec: 2 }, FIRST],
  ["a Retrieve of category 2 with rt 3", { ...retrieve, ec: 2, rt: { rtv: 3 } }, FIRST],
  ["a Retrieve with rt 1", { ...retrieve, rt: { rtv: 1 } }, kept(1001)],
  ["a Notify with rt 1", { ...plain, rt: { rtv: 1 } }, kept(1001)],
  ["a Retrieve with rt 2", { ...retrieve, rt: { rtv: 2 } }, notified(1002)],
  [
    "a Retrieve with rt 4 and targets",
    { ...retrieve, rt: { rtv: 4, nu: ["CAE2"] } },
    notified(1002, true),
  ],
  ["a Retrieve with rt 4 and no targets", { ...retrieve, rt: { rtv: 4 } }, kept(1001, true)],
  [
    "a Retrieve with rt 4 and an empty list",
    { ...retrieve, rt: { rtv: 4, nu: [] } },
    kept(1001, true),
  ],
  ["a Notify with rt 5", { ...plain, rt: { rtv: 5 } }, UNANSWERED],
  // The acknowledgement of a non-blocking request is the gateway's own, and says nothing in the registree's place.
  ["a Notify of category 2 with rt 1", { ...plain, ec: 2, rt: { rtv: 1 } }, kept(1001)],
  ["a Notify with security information and rt 2", { ...security, rt: { rtv: 2 } }, notified(1002)],
];

describe("what may be held, and what its originator is told (websocket-binding 5.4)", () => {
  test.each(ROWS)("%s", (_name, members, store, strict = store) => {
    const facts = holdFactsOf(requestOf(members));
    expect(chooseHoldPlan(facts, "store")).toEqual(store);
    expect(chooseHoldPlan(facts, "strict")).toEqual(strict);
  });

  test.each([
    ["1", 1000],
    ["2a", 1000],
    [undefined, 1000],
    ["3", 1001],
    ["4", 1001],
  ])("release %s is told 1001 as %d (D-5.3)", (releaseVersion, rsc) => {
    const request = { ...requestOf({ ...retrieve, rt: { rtv: 1 } }), releaseVersion };
    expect(chooseHoldPlan(holdFactsOf(request), "store")).toEqual(kept(rsc));
  });
});

describe("what a request of category 4 shares with the one it replaces (TS-0004, H.2.4)", () => {
  test("is the subscription for a Notify", () => {
    const other = { ...plain, fr: "CAE2", to: "x", ec: 4 };
    expect(latestOf(requestOf({ ...plain, ec: 4 }))).toBe(latestOf(requestOf(other)));
  });

  test("is originator, target and operation for all others", () => {
    const update = { op: "update", to: "/id-mn/x", fr: "CAE1", ec: 4 };
    const same = requestOf({ ...update, rqi: "r2" });
    expect(latestOf(same)).toBe(latestOf(requestOf(update)));
    for (const different of [{ op: "retrieve" }, { to: "/id-mn/y" }, { fr: "CAE2" }]) {
      expect(latestOf(requestOf({ ...update, ...different }))).not.toBe(latestOf(same));
    }
  });

  test("is nothing for other categories", () => {
    expect(latestOf(requestOf({ ...plain, ec: 3 }))).toBeUndefined();
    expect(latestOf(requestOf(plain))).toBeUndefined();
  });
});

describe("until when", () => {
  const arrived = epochMs(1_000_000);
  const times = {
    ceiling: millis(8_000),
    openMax: millis(600_000),
    notifyDefault: millis(86_400_000),
    otherDefault: millis(3_600_000),
    max: millis(604_800_000),
  };
  const at = (by: number) => epochMs(arrived + by);
  const timedNotify = { request: requestOf(plain), arrived };
  const timedImmediate = { request: requestOf({ ...plain, ec: 2, rt: { rtv: 1 } }), arrived };
  const timedRetrieve = { request: requestOf(retrieve), arrived };

  test.each([
    ["a Notify without a time of its own", timedNotify, undefined, 86_400_000],
    ["another request without one", timedRetrieve, undefined, 3_600_000],
    ["its own time", timedNotify, 5_000, 5_000],
    ["seven days at most", timedNotify, 999_999_999, 604_800_000],
    ["no longer than the ceiling when it is immediate", timedImmediate, undefined, 8_000],
    ["nor past its own time then", timedImmediate, 5_000, 5_000],
  ])("is stored %s", (_name, timed, own, by) => {
    const expires = own === undefined ? undefined : at(own);
    expect(storedUntil({ ...timed, expires }, times)).toBe(at(by));
  });

  test.each([
    ["without a time of its own, the ceiling", "inTurn", undefined, 8_000],
    ["its own time, also past the ceiling", "inTurn", 30_000, 30_000],
    ["but not past openMax", "around", 700_000, 600_000],
    ["and when it is immediate, not past the ceiling", "first", 30_000, 8_000],
  ] as const)("an exchange is kept open: %s", (_name, turn, own, by) => {
    const expires = own === undefined ? undefined : at(own);
    expect(openUntil({ ...timedRetrieve, expires }, turn, times)).toBe(at(by));
  });
});

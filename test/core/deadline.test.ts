import { describe, expect, test } from "vitest";
import { type EpochMs, epochMs, millis } from "../../src/base/clock.ts";
import { GatewayError } from "../../src/base/errors.ts";
import { deadlineOf, timed } from "../../src/core/deadline.ts";
import { formatTimestamp, parseTimestamp } from "../../src/primitive/timestamps.ts";
import { requestOf } from "./primitives.ts";

const NOW = epochMs(Date.UTC(2026, 0, 1, 12));
const at = (by: number): EpochMs => epochMs(NOW + by);
const stamp = (by: number): string => formatTimestamp(at(by));
const carriedAfter = (carried: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(timed(requestOf(carried), NOW).request.carried);

function failureOf(carried: Record<string, unknown>): string | undefined {
  try {
    timed(requestOf(carried), NOW);
    return undefined;
  } catch (error) {
    return error instanceof GatewayError ? error.code : String(error);
  }
}

describe("when a request expires (TS-0004, 7.3.2.1)", () => {
  test.each<[string, Record<string, unknown>, number | undefined]>([
    ["no time", {}, undefined],
    ["other parameters only", { rt: { rtv: 3 }, ec: 4, ot: stamp(-1000) }, undefined],
    ["rqet absolute", { rqet: stamp(1000) }, 1000],
    ["rqet a millisecond ahead", { rqet: stamp(1) }, 1],
    ["rqet relative as text", { rqet: "5000" }, 5000],
    ["rqet relative as number", { rqet: 5000 }, 5000],
    ["rset alone", { rset: stamp(2000) }, 2000],
    ["rset relative alone", { rset: "2000" }, 2000],
    ["rqet before rset", { rqet: "1000", rset: "1001" }, 1000],
    ["oet alone, ahead", { oet: stamp(1000) }, undefined],
    ["oet alone, past", { oet: stamp(-60_000) }, undefined],
    ["oet past beside rqet", { oet: stamp(-60_000), rqet: "500" }, 500],
    ["relative from ot", { ot: stamp(-1000), rqet: "3000" }, 2000],
    ["relative from ot in the future", { ot: stamp(1000), rqet: "3000" }, 4000],
    ["relative from ot five seconds ago", { ot: stamp(-5000), rqet: "6000" }, 1000],
    ["relative from arrival, ot being too long ago", { ot: stamp(-5001), rqet: "6000" }, 6000],
    ["relative from arrival, ot being too far ahead", { ot: stamp(5001), rqet: "6000" }, 6000],
    ["relative from arrival, ot being unreadable", { ot: "yesterday", rqet: "6000" }, 6000],
    ["absolute whatever ot says", { ot: stamp(-1000), rqet: stamp(3000) }, 3000],
  ])("with %s", (_, carried, expected) => {
    expect(timed(requestOf(carried), NOW).expires).toBe(
      expected === undefined ? undefined : at(expected),
    );
  });

  test.each<[string, Record<string, unknown>]>([
    ["rqet past", { rqet: stamp(-1) }],
    ["rqet this very moment", { rqet: stamp(0) }],
    ["rqet relative, nothing left", { rqet: 0 }],
    ["rqet relative from ot, used up on the way", { ot: stamp(-3000), rqet: "3000" }],
    ["rset past", { rset: stamp(-1) }],
    ["rset this very moment", { rset: stamp(0) }],
    ["rqet past, rset ahead", { rqet: stamp(-1), rset: stamp(1000) }],
  ])("a request has expired with %s", (_, carried) => {
    expect(failureOf(carried)).toBe("GW_REQUEST_EXPIRED");
  });

  test.each<[string, Record<string, unknown>]>([
    ["rqet that is no time", { rqet: "soon" }],
    ["rqet empty", { rqet: "" }],
    ["rqet negative", { rqet: -1 }],
    ["rqet a fraction", { rqet: 1.5 }],
    ["rqet null", { rqet: null }],
    ["rqet a list", { rqet: ["5000"] }],
    ["rqet with a zone", { rqet: `${stamp(1000)}Z` }],
    ["rqet a duration", { rqet: "PT5S" }],
    ["rset that is no time", { rset: "later" }],
    ["oet that is no time", { oet: "never" }],
    ["rset equal to rqet", { rqet: stamp(1000), rset: stamp(1000) }],
    ["rset before rqet", { rqet: "2000", rset: "1000" }],
  ])("a request is invalid with %s (TS-0004, table 6.4.1-1)", (_, carried) => {
    expect(failureOf(carried)).toBe("GW_REQUEST_INVALID");
  });

  test.each([
    ["the largest number", Number.MAX_SAFE_INTEGER],
    ["sixteen digits", "9999999999999999"],
    ["the end of JavaScript's time", 8_640_000_000_000_000],
    ["beyond the year 9999", 1_000_000_000_000_000],
  ])(
    "a relative time of %s is refused, or handed on as a timestamp that can be read",
    (_, rqet) => {
      const outcome = failureOf({ rqet });
      if (outcome !== undefined) return expect(outcome).toBe("GW_REQUEST_INVALID");
      expect(parseTimestamp(String(carriedAfter({ rqet })["rqet"]))).toBeGreaterThan(NOW);
    },
  );
});

describe("what is handed on", () => {
  test.each<[string, Record<string, unknown>]>([
    ["without any time", { rt: { rtv: 3 }, x: 1 }],
    ["with absolute times only", { rqet: stamp(1000), rset: stamp(2000), oet: stamp(-5) }],
    ["with ot only", { ot: stamp(-1) }],
    ["with nothing", {}],
  ])("is the request as it came, %s", (_, carried) => {
    const request = requestOf(carried);
    expect(timed(request, NOW).request).toBe(request);
  });

  test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ["rqet", { rqet: "5000" }, { rqet: stamp(5000), ot: stamp(0) }],
    ["rset", { rset: 5000 }, { rset: stamp(5000), ot: stamp(0) }],
    ["oet", { oet: "250" }, { oet: stamp(250), ot: stamp(0) }],
    ["rp", { rp: "60000" }, { rp: stamp(60_000), ot: stamp(0) }],
    [
      "some and not others",
      { rqet: "5000", rset: stamp(9000), oet: stamp(-1), ec: 4 },
      { rqet: stamp(5000), rset: stamp(9000), oet: stamp(-1), ec: 4, ot: stamp(0) },
    ],
    ["one with ot", { ot: stamp(-1000), rqet: 5000 }, { ot: stamp(-1000), rqet: stamp(4000) }],
  ])(
    "has relative times made absolute, and ot filled in where absent: %s",
    (_, carried, expected) => {
      expect(carriedAfter(carried)).toEqual(expected);
    },
  );

  test("leaves the request that came untouched", () => {
    const request = requestOf({ rqet: "5000" });
    timed(request, NOW);
    expect(Object.fromEntries(request.carried)).toEqual({ rqet: "5000" });
  });
});

test.each([
  ["its own time", 500, 500],
  ["its own time, longer than others are given", 60_000, 60_000],
  ["the limit, its own time being beyond", 700_000, 600_000],
  ["the limit, its own time being just there", 600_000, 600_000],
  ["what is given to those without a time of their own", undefined, 8000],
])("an exchange is worth waiting for until %s", (_, expires, expected) => {
  const own = expires === undefined ? undefined : at(expires);
  expect(deadlineOf(own, NOW, millis(8000), millis(600_000))).toBe(at(expected));
});

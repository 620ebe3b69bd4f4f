import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { epochMs } from "../../src/base/clock.ts";
import { formatTimestamp, parseAbsRel, parseTimestamp } from "../../src/primitive/timestamps.ts";

const NOW = epochMs(Date.UTC(2026, 0, 1, 12));

describe("m2m:timestamp (TS-0004, 6.3.3)", () => {
  test.each([
    ["20261121T061500", "2026-11-21T06:15:00.000Z"],
    ["20261121T061500,2", "2026-11-21T06:15:00.200Z"],
    ["20261121T061500,25", "2026-11-21T06:15:00.250Z"],
    ["20261121T061500,250", "2026-11-21T06:15:00.250Z"],
    ["20261121T061500,000001", "2026-11-21T06:15:00.000Z"],
    ["20261121T061500,999999", "2026-11-21T06:15:00.999Z"],
    ["20240229T000000", "2024-02-29T00:00:00.000Z"],
    ["20000229T235959", "2000-02-29T23:59:59.000Z"],
    ["19691231T235959,500", "1969-12-31T23:59:59.500Z"],
    ["00500101T000000", "0050-01-01T00:00:00.000Z"],
    ["99991231T235959,999", "9999-12-31T23:59:59.999Z"],
  ])("%s is %s", (text, iso) => {
    expect(parseTimestamp(text)).toBe(Date.parse(iso));
  });

  test.each([
    ["empty", ""],
    ["a date", "20261121"],
    ["no seconds", "20261121T0615"],
    ["no separator", "20261121061500"],
    ["a small t", "20261121t061500"],
    ["a blank for T", "20261121 061500"],
    ["a zone letter", "20261121T061500Z"],
    ["an offset", "20261121T061500+0100"],
    ["the extended form", "2026-11-21T06:15:00"],
    ["a point for the comma", "20261121T061500.250"],
    ["a comma and nothing", "20261121T061500,"],
    ["seven decimals", "20261121T061500,1234567"],
    ["month 0", "20260021T061500"],
    ["month 13", "20261321T061500"],
    ["day 0", "20261100T061500"],
    ["31 November", "20261131T061500"],
    ["29 February of a common year", "20260229T061500"],
    ["29 February 1900", "19000229T061500"],
    ["hour 24", "20261121T240000"],
    ["minute 60", "20261121T066000"],
    ["second 60", "20261121T061560"],
    ["white space around", " 20261121T061500"],
    ["a line feed behind", "20261121T061500\n"],
    ["a sign", "-20261121T061500"],
    ["other digits", "２０２６1121T061500"],
    ["a duration", "PT5S"],
  ])("with %s it is none", (_, text) => {
    expect(parseTimestamp(text)).toBeUndefined();
  });

  test("it is written in UTC with milliseconds", () => {
    expect(formatTimestamp(epochMs(Date.UTC(2026, 10, 21, 6, 15, 0, 250)))).toBe(
      "20261121T061500,250",
    );
    expect(formatTimestamp(epochMs(0))).toBe("19700101T000000,000");
  });

  test("every point in time from year 0 to 9999 is read back as it was written", () => {
    const at = fc.oneof(
      fc.integer({
        min: Date.parse("0000-01-01T00:00:00Z"),
        max: Date.parse("9999-12-31T23:59:59.999Z"),
      }),
      fc.integer({ min: 0, max: 2 ** 42 }),
    );
    fc.assert(
      fc.property(at, (value) => {
        expect(parseTimestamp(formatTimestamp(epochMs(value)))).toBe(value);
      }),
      { numRuns: 1000 },
    );
  });

  test("each of the thousand milliseconds of a second is read back as it was written", () => {
    const wrong = Array.from({ length: 1000 }, (_, ms) => epochMs(NOW + ms)).filter(
      (at) => parseTimestamp(formatTimestamp(at)) !== at,
    );
    expect(wrong.map((at) => at - NOW)).toEqual([]);
  });

  test("later times are later as text too, and the other way round", () => {
    const at = fc.integer({ min: 0, max: 2 ** 42 });
    fc.assert(
      fc.property(at, at, (a, b) => {
        expect(formatTimestamp(epochMs(a)) < formatTimestamp(epochMs(b))).toBe(a < b);
      }),
    );
  });
});

describe("m2m:absRelTimestamp (TS-0004, 6.3.3)", () => {
  test.each([
    ["20260101T120001", 1000, false],
    ["20250101T120000", -365 * 86_400_000, false],
    ["5000", 5000, true],
    ["0", 0, true],
    ["007", 7, true],
    [5000, 5000, true],
    [0, 0, true],
    // Eight digits are no date.
    ["20260101", 20_260_101, true],
  ])("%j is %i ms from the base, relative: %s", (value, by, relative) => {
    expect(parseAbsRel(value, NOW)).toEqual({ at: NOW + by, relative });
  });

  test.each([
    "",
    "-1",
    -1,
    1.5,
    "1.5",
    "1e3",
    "+1",
    " 1",
    "PT5S",
    "20260230T000000",
    Number.NaN,
    Number.POSITIVE_INFINITY,
    2 ** 53,
    "99999999999999999",
    true,
    null,
    undefined,
    ["5000"],
    {},
  ])("%j is none", (value) => {
    expect(parseAbsRel(value, NOW)).toBeUndefined();
  });

  test("text and number of milliseconds mean the same, and what comes out can be written", () => {
    const year = 366 * 86_400_000;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 7000 * year }), (value) => {
        const parsed = parseAbsRel(value, NOW);
        expect(parsed).toEqual({ at: NOW + value, relative: true });
        expect(parseAbsRel(String(value), NOW)).toEqual(parsed);
        expect(parseAbsRel(formatTimestamp(epochMs(NOW + value)), NOW)?.at).toBe(NOW + value);
      }),
    );
  });
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { millis } from "../../src/base/clock.ts";
import { formatDuration, formatSize, parseDuration, parseSize } from "../../src/config/units.ts";

test.each([
  ["500ms", 500],
  ["25s", 25_000],
  ["10m", 600_000],
  ["24h", 86_400_000],
  ["7d", 604_800_000],
  ["0s", 0],
])("%s is %i milliseconds", (text, expected) => {
  expect(parseDuration(text)).toBe(expected);
});

test.each(["25", "s", "1.5h", "-1s", "1 s", "1S", "1h30m", "1y", "", "99999999999999d"])(
  "%j is no length of time",
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);

test.each([
  ["512B", 512],
  ["64KiB", 65_536],
  ["1MiB", 1_048_576],
  ["2GiB", 2_147_483_648],
])("%s is %i bytes", (text, expected) => {
  expect(parseSize(text)).toBe(expected);
});

test.each(["1MB", "64k", "1", "1.5MiB", "KiB", "1 MiB"])("%j is no size", (text) => {
  expect(parseSize(text)).toBeUndefined();
});

test("every length of time is read back as it was written", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      expect(parseDuration(formatDuration(millis(value)))).toBe(value);
    }),
  );
});

test("every size is read back as it was written", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      expect(parseSize(formatSize(value))).toBe(value);
    }),
  );
});

test("a value of whole units is written in the largest of them", () => {
  expect(formatDuration(millis(86_400_000))).toBe("1d");
  expect(formatSize(3 * 1024)).toBe("3KiB");
});

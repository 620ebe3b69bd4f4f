import { expect, test } from "vitest";
import { backOffAfter } from "../../src/core/back-off.ts";

test.each([
  [1, 1_000],
  [2, 2_000],
  [3, 4_000],
  [6, 32_000],
  [7, 60_000],
  [8, 60_000],
  [100_000, 60_000],
])("after %i failures in a row a registree is left alone for %i ms", (failures, expected) => {
  expect(backOffAfter(failures)).toBe(expected);
});

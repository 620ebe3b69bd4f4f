import { expect, test } from "vitest";
import { KEEPS_UP, type LoadState, nextLoad } from "../../src/core/load.ts";

const after = (lates: readonly number[], from: LoadState = KEEPS_UP): LoadState =>
  lates.reduce((state, late) => nextLoad(state, late, 500), from);

test.each<[string, readonly number[], boolean]>([
  ["one late look", [0, 900, 0], false],
  ["late looks that never follow each other", [900, 0, 900, 499, 900], false],
  ["looks that are at the limit", [500, 500, 500], false],
  ["two late looks in a row", [501, 501], true],
  ["timely looks that are too few", [900, 900, 0, 0, 0, 0], true],
  ["timely looks with one between that is not", [900, 900, 0, 0, 0, 0, 250, 0, 0, 0, 0], true],
  ["looks between half the limit and the limit", [900, 900, 300, 300, 300, 300, 300, 300], true],
  ["five timely looks in a row", [900, 900, 249, 249, 249, 249, 249], false],
])("after %s it is overloaded or not", (_what, lates, isOverloaded) => {
  expect(after(lates).isOverloaded).toBe(isOverloaded);
});

test("a time in which nobody asked and nothing was late counts as many looks, one late timer in it as one", () => {
  expect(nextLoad(after([900, 900]), 0, 500, 5).isOverloaded).toBe(false);
  expect(nextLoad(KEEPS_UP, 900, 500, 50).isOverloaded).toBe(false);
});

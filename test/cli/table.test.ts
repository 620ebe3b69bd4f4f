import { expect, test } from "vitest";
import { spanOf, tableOf } from "../../src/cli/table.ts";

const ROWS = [["/id-in/CAE1", "a long sentence that says much", "1"]];

test("a table that is piped is as wide as what it holds", () => {
  expect(tableOf(["ID", "WHAT", "N"], ROWS, {})).toEqual([
    "ID           WHAT                            N",
    "/id-in/CAE1  a long sentence that says much  1",
  ]);
});

test.each([20, 30, 40, 80])("on a screen of %i characters no line is longer", (columns) => {
  const lines = tableOf(["ID", "WHAT", "N"], ROWS, { columns });
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
  expect(lines[1]?.endsWith("  1")).toBe(true);
});

test.each([
  [0, "0s"],
  [59_400, "59s"],
  [60_000, "1m"],
  [7_200_000, "2h"],
  [200_000_000, "2d"],
  [-5, "0s"],
])("%i ms are %s", (length, text) => {
  expect(spanOf(length)).toBe(text);
});

import { describe, expect, test } from "vitest";
import {
  hasFlatConditions,
  withConditions,
  withFlatConditions,
} from "../../src/dialect/filter-criteria.ts";
import type { RequestPrimitive } from "../../src/primitive/primitive.ts";
import { requestOf } from "../core/primitives.ts";

const filtered = (fc: unknown): RequestPrimitive => requestOf({ op: "retrieve", fc });
const filterOf = ({ carried }: RequestPrimitive): unknown => carried.get("fc");

/** One filter in both shapes (TS-0004, 6.3.5.8; ACME and mobius4). */
const PAIRS: [string, object, object][] = [
  ["one", { fu: 1, atr: [{ nm: "cr", val: "Sam" }] }, { fu: 1, cr: "Sam" }],
  [
    "several of one name",
    {
      atr: [
        { nm: "cr", val: "A" },
        { nm: "cr", val: "B" },
      ],
    },
    { cr: ["A", "B"] },
  ],
  [
    "on children and on the parent",
    { ty: [3], catr: [{ nm: "con", val: "on" }], patr: [{ nm: "cr", val: "C" }] },
    { ty: [3], "c.con": "on", "p.cr": "C" },
  ],
  ["a number", { atr: [{ nm: "mni", val: 10 }] }, { mni: 10 }],
];

describe.each(PAIRS)("attribute conditions: %s", (_title, listed, flat) => {
  test("are understood among the members of fc", () => {
    expect(filterOf(withConditions(filtered(flat)))).toEqual(listed);
    expect(hasFlatConditions(filtered(flat))).toBe(true);
  });

  test("are written among the members of fc for a peer that does so", () => {
    expect(filterOf(withFlatConditions(filtered(listed)))).toEqual(flat);
    expect(hasFlatConditions(filtered(listed))).toBe(false);
  });

  test("stay as they are where they are in that shape already", () => {
    const request = filtered(listed);
    expect(withConditions(request)).toBe(request);
    const other = filtered(flat);
    expect(withFlatConditions(other)).toBe(other);
  });
});

test.each([
  ["no condition", { fu: 1, ty: [3], lbl: ["a"] }],
  ["members of ACME's own", { ops: 1, aq: "x" }],
  ["no object", "ty=3"],
])("filter criteria with %s do not show the shape, and stay", (_title, fc) => {
  const request = filtered(fc);
  expect(hasFlatConditions(request)).toBeUndefined();
  expect(withConditions(request)).toBe(request);
  expect(withFlatConditions(request)).toBe(request);
});

test("what is no condition stays for its receiver to judge", () => {
  const request = filtered({ atr: [{ val: "x" }] });
  expect(withFlatConditions(request)).toBe(request);
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Buckets, CountsBy } from "../../src/observe/hot-counters.ts";

const COLOURS = ["red", "green"] as const;
const SIZES = ["s", "m", "l"] as const;
const SHAPES = ["round", "square"] as const;

describe("counts by labels", () => {
  test("every combination is listed before it was counted, so that the first one is an increase", () => {
    const entries = [...new CountsBy(COLOURS, SIZES).entries()];
    expect(entries.map(({ labels }) => labels.join())).toEqual([
      "red,s",
      "red,m",
      "red,l",
      "green,s",
      "green,m",
      "green,l",
    ]);
    expect(entries.every(({ count }) => count === 0)).toBe(true);
  });

  test("each combination is counted by itself", () => {
    const label = fc.tuple(
      fc.constantFrom(...COLOURS),
      fc.constantFrom(...SIZES),
      fc.constantFrom(...SHAPES),
    );
    fc.assert(
      fc.property(fc.array(label), (counted) => {
        const counts = new CountsBy(COLOURS, SIZES, SHAPES);
        const expected = new Map<string, number>();
        for (const labels of counted) {
          counts.add(...labels);
          const key = labels.join();
          expected.set(key, (expected.get(key) ?? 0) + 1);
        }
        const occurring = [...counts.entries()].filter(({ count }) => count > 0);
        expect(new Map(occurring.map(({ labels, count }) => [labels.join(), count]))).toEqual(
          expected,
        );
      }),
    );
  });

  test.each([
    ["purple", "s"],
    ["red", "xxl"],
    ["green", "xxl"],
    ["", ""],
  ])("what is not in the sets is counted nowhere: %j, %j", (colour, size) => {
    const counts = new CountsBy(COLOURS, SIZES);
    counts.add(colour as "red", size as "s");
    expect([...counts.entries()].every(({ count }) => count === 0)).toBe(true);
  });
});

describe("buckets", () => {
  test("hold what is up to their bound, and count on", () => {
    const buckets = new Buckets([0.1, 1, 10]);
    for (const value of [0, 0.1, 0.100001, 1, 5, 10, 10.5, 1000]) buckets.add(value);
    expect(buckets.cumulative()).toEqual([2, 4, 6, 8]);
    expect(buckets.sum).toBeCloseTo(1026.700001);
  });

  test("are empty at first", () => {
    const buckets = new Buckets([1, 2]);
    expect(buckets.cumulative()).toEqual([0, 0, 0]);
    expect(buckets.sum).toBe(0);
  });

  test("never fall, and the last one has all", () => {
    const bounds = [0.5, 1, 2, 4];
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 8, noNaN: true })), (values) => {
        const buckets = new Buckets(bounds);
        for (const value of values) buckets.add(value);
        const expected = [...bounds, Number.POSITIVE_INFINITY].map(
          (bound) => values.filter((value) => value <= bound).length,
        );
        expect(buckets.cumulative()).toEqual(expected);
      }),
    );
  });
});

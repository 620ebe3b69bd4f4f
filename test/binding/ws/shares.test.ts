import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Shares } from "../../../src/binding/ws/shares.ts";

/** Takes for `key`, one by one, as much as it is allowed; gives how much that was. */
function takeAll(shares: Shares, key: string): number {
  let taken = 0;
  for (; shares.allows(key); taken += 1) shares.take(key);
  return taken;
}

describe("whoever is alone", () => {
  test.each([0, 1, 2, 3, 64])("has all of %i and no more", (limit) => {
    expect(takeAll(new Shares(limit), "a")).toBe(limit);
  });

  test("has all again when the others have given back what they had", () => {
    const shares = new Shares(64);
    for (const key of ["a", "b"]) shares.take(key);
    shares.give("b");
    expect(takeAll(shares, "a")).toBe(63);
    expect(shares.total).toBe(64);
  });

  test("has a limit of one to itself: there is nothing to share", () => {
    const shares = new Shares(1);
    shares.take("a");
    expect(shares.allows("b")).toBe(false);
  });
});

describe("of several", () => {
  test("nobody has more than it leaves free, and all of them the same", () => {
    const shares = new Shares(64);
    const taken = new Map([..."abc"].map((key) => [key, 0]));
    for (let round = 0; round < 64; round += 1) {
      for (const [key, count] of taken) {
        if (!shares.allows(key)) continue;
        shares.take(key);
        taken.set(key, count + 1);
      }
    }
    expect([...taken.values()]).toEqual([16, 16, 16]);
  });

  test("nobody is kept out by the one that took all while it was alone, which counts with half of it", () => {
    const shares = new Shares(64);
    takeAll(shares, "a");
    expect(["b", "c", "d"].map((key) => takeAll(shares, key))).toEqual([16, 8, 4]);
    expect(shares.allows("a")).toBe(false);
  });

  test("the one that took all while it was alone comes down to its share before it may take more", () => {
    const shares = new Shares(64);
    takeAll(shares, "a");
    shares.take("b");
    shares.give("a", 33);
    expect(shares.allows("a")).toBe(true);
    shares.take("a");
    expect(shares.allows("a")).toBe(false);
  });

  test("amounts are shared like numbers of things", () => {
    const shares = new Shares(1_000);
    shares.take("a", 900);
    expect(shares.allows("a", 101)).toBe(false);
    expect(shares.allows("b", 500)).toBe(true);
    expect(shares.allows("b", 501)).toBe(false);
    shares.take("b", 300);
    expect(shares.allows("b", 1)).toBe(false);
    expect(shares.allows("c", 200)).toBe(true);
    expect(shares.allows("c", 201)).toBe(false);
  });
});

test("whatever is taken and given back, the total is at most half as much again, and six cannot keep a seventh out of 64", () => {
  const step = fc.record({
    key: fc.constantFrom(..."abcdef"),
    amount: fc.integer({ min: -8, max: 8 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const shares = new Shares(64);
      const taken = new Map<string, number>();
      for (const { key, amount } of steps) {
        const before = taken.get(key) ?? 0;
        for (let count = 0; count < amount && shares.allows(key); count += 1) {
          shares.take(key);
          taken.set(key, (taken.get(key) ?? 0) + 1);
        }
        const back = Math.min(before, Math.max(0, -amount));
        if (back > 0) {
          shares.give(key, back);
          taken.set(key, before - back);
        }
        expect(shares.total).toBe([...taken.values()].reduce((sum, count) => sum + count, 0));
        expect(shares.total).toBeLessThanOrEqual(96);
        expect(shares.allows("g")).toBe(true);
      }
    }),
  );
});

test("it says when there is nothing left for anybody", () => {
  const shares = new Shares(2);
  expect(shares.isUsedUp).toBe(false);
  for (const key of ["a", "b"]) shares.take(key);
  expect(shares.isUsedUp).toBe(true);
  for (const key of ["a", "b", "c"]) expect(shares.allows(key)).toBe(false);
});

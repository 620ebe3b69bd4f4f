import fc from "fast-check";
import { expect, test } from "vitest";
import { BucketTable } from "../../src/base/bucket-table.ts";
import { epochMs } from "../../src/base/clock.ts";
import { Tally } from "../../src/base/tally.ts";
import { type Rate, TokenBucket } from "../../src/base/token-bucket.ts";

const RATE = fc.record({
  perSecond: fc.integer({ min: 1, max: 10_000 }),
  burst: fc.integer({ min: 1, max: 50_000 }),
});
/** Pauses and amounts in turn. */
const STEPS = fc.array(
  fc.record({
    pause: fc.integer({ min: -50, max: 5_000 }),
    amount: fc.integer({ min: 1, max: 100 }),
  }),
  { maxLength: 200 },
);

test("whatever is tried, no more passes in any time than the burst and what the rate makes of that time", () => {
  fc.assert(
    fc.property(RATE, STEPS, (rate, steps) => {
      const bucket = new TokenBucket(epochMs(0));
      let now = 0;
      let forward = 0;
      let passed = 0;
      for (const { pause, amount } of steps) {
        now += pause;
        forward += Math.max(pause, 0);
        if (bucket.take(amount, rate, epochMs(now))) passed += amount;
        expect(passed).toBeLessThanOrEqual(rate.burst + (forward * rate.perSecond) / 1000 + 1e-6);
      }
    }),
  );
});

test("who waits as long as it is told to owes nothing, and less is not enough", () => {
  fc.assert(
    fc.property(RATE, fc.integer({ min: 1, max: 1_000_000 }), (rate, amount) => {
      const bucket = new TokenBucket(epochMs(0));
      const wait = bucket.spend(amount, rate, epochMs(0));
      expect(wait > 0).toBe(amount > rate.burst);
      if (wait > 0) expect(bucket.spend(0, rate, epochMs(wait - 1))).toBeGreaterThan(0);
      // Fractions are rounded to what a double can hold.
      expect(bucket.spend(0, rate, epochMs(wait + 1))).toBe(0);
    }),
  );
});

test("another rate holds from the next call on", () => {
  const bucket = new TokenBucket(epochMs(0));
  const slow: Rate = { perSecond: 1, burst: 2 };
  expect([1, 2, 3].map(() => bucket.take(1, slow, epochMs(0)))).toEqual([true, true, false]);
  expect(bucket.take(10, { perSecond: 1_000, burst: 10 }, epochMs(10))).toBe(true);
  // What was saved under a larger burst is not kept under a smaller one.
  expect(bucket.take(3, slow, epochMs(60_000))).toBe(false);
});

test("a table keeps no more buckets than it may, and forgets full ones before those in use", () => {
  const rate: Rate = { perSecond: 1, burst: 1 };
  const table = new BucketTable(3);
  const at = (key: string, now: number): boolean =>
    table.of(key, rate, epochMs(now)).take(1, rate, epochMs(now));
  expect([at("a", 0), at("b", 900), at("c", 900)]).toEqual([true, true, true]);
  // By now a's is full again, the others are not.
  expect(at("d", 1_000)).toBe(true);
  expect([at("b", 1_000), at("c", 1_000), at("d", 1_000)]).toEqual([false, false, false]);
  for (let stranger = 0; stranger < 100; stranger += 1) at(`s${stranger}`, 1_000);
  expect(table.size).toBe(3);
});

test("a tally keeps nothing of what is no more", () => {
  const tally = new Tally();
  tally.add("a");
  tally.add("a");
  tally.add("b");
  expect(tally.of("a")).toBe(2);
  for (const key of ["a", "b", "a"]) tally.remove(key);
  expect([tally.of("a"), tally.keys]).toEqual([0, 0]);
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { millis } from "../../../src/base/clock.ts";
import { closeInSlices } from "../../../src/binding/ws/paced-closing.ts";
import { ManualClock } from "../../helpers/manual-clock.ts";

test("a few links are closed at once", () => {
  const closed: number[] = [];
  const clock = new ManualClock();
  const links = Array.from({ length: 50 }, (_, n) => n);
  closeInSlices(links, (link) => closed.push(link), {
    within: millis(5_000),
    clock,
    random: Math.random,
  });
  expect(closed.sort((a, b) => a - b)).toEqual(links);
});

test("many links are closed in slices, each of them once, in the time there is", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 51, max: 5_000 }),
      fc.integer({ min: 0, max: 60_000 }),
      (count, within) => {
        const closed: number[] = [];
        const clock = new ManualClock();
        closeInSlices(
          Array.from({ length: count }, (_, n) => n),
          (link) => closed.push(link),
          { within: millis(within), clock, random: () => 0.5 },
        );
        if (within >= 200) expect(closed.length).toBeLessThan(count);
        clock.advance(within);
        expect(new Set(closed).size).toBe(count);
        expect(closed).toHaveLength(count);
      },
    ),
  );
});

test("their order is not that in which they came", () => {
  const closed: number[] = [];
  const links = Array.from({ length: 40 }, (_, n) => n);
  closeInSlices(links, (link) => closed.push(link), {
    within: millis(0),
    clock: new ManualClock(),
    random: () => 0,
  });
  expect(closed).not.toEqual(links);
});

test("what stops it leaves the others open", () => {
  const closed: number[] = [];
  const clock = new ManualClock();
  const closing = closeInSlices(
    Array.from({ length: 1_000 }, (_, n) => n),
    (link) => closed.push(link),
    { within: millis(5_000), clock, random: Math.random },
  );
  const sofar = closed.length;
  closing.stop();
  clock.advance(60_000);
  expect(closed).toHaveLength(sofar);
});

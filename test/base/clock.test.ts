import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  type EpochMs,
  earliest,
  epochMs,
  later,
  millis,
  SystemClock,
} from "../../src/base/clock.ts";

const START = Date.UTC(2026, 0, 1, 12);
const SECOND = 1000;
const HOUR = 3600 * SECOND;
const YEAR = 365 * 24 * HOUR;
/** A timer may be this late. */
const SLOT = 16;
/** A step of the system clock is noticed within this. */
const NOTICED = 10 * SECOND;

const inFuture = (by: number): EpochMs => epochMs(Date.now() + by);

test("a point in time moves on and back", () => {
  expect(later(epochMs(1000), millis(500))).toBe(1500);
  expect(later(epochMs(1000), millis(-500))).toBe(500);
});

test.each([
  [1, 2, 1],
  [2, 1, 1],
  [2, 2, 2],
  [2, undefined, 2],
])("the earliest of %s and %s is %s", (a, b, expected) => {
  expect(earliest(epochMs(a), b === undefined ? undefined : epochMs(b))).toBe(expected);
});

describe("the system clock", () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: START, toFake: ["setTimeout", "clearTimeout", "Date"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("tells the system's time", () => {
    const clock = new SystemClock();
    expect(clock.now()).toBe(START);
    vi.advanceTimersByTime(250);
    expect(clock.now()).toBe(START + 250);
  });

  test("fires each timer once, never early and at most one slot late", () => {
    const span = 60 * SECOND;
    const waiting = fc.record({ after: fc.integer({ min: 1, max: span }), cancel: fc.boolean() });
    fc.assert(
      fc.property(
        fc.array(waiting, { maxLength: 60 }),
        fc.array(fc.integer({ min: 1, max: 5 * SECOND }), { maxLength: 10 }),
        (timers, steps) => {
          vi.clearAllTimers();
          const clock = new SystemClock();
          const fired = timers.map((): number[] => []);
          const due = timers.map(({ after }) => inFuture(after));
          const handles = due.map((at, index) =>
            clock.at(at, () => fired[index]?.push(Date.now())),
          );
          timers.forEach(({ cancel }, index) => {
            if (cancel) handles[index]?.cancel();
          });
          for (const step of steps) vi.advanceTimersByTime(step);
          vi.advanceTimersByTime(span + SLOT);
          for (const [index, { cancel }] of timers.entries()) {
            const at = due[index] as number;
            expect(fired[index]).toHaveLength(cancel ? 0 : 1);
            for (const when of fired[index] ?? []) {
              expect(when).toBeGreaterThanOrEqual(at);
              expect(when).toBeLessThanOrEqual(at + SLOT);
            }
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  test("fires in order of time, whatever the order of setting", () => {
    const clock = new SystemClock();
    const fired: number[] = [];
    const after = [900, 20, 500, 40, 10_000, 300, 60, 100, 5000, 80];
    for (const by of after) clock.at(inFuture(by), () => fired.push(by));
    vi.advanceTimersByTime(11 * SECOND);
    expect(fired).toEqual([...after].sort((a, b) => a - b));
  });

  test("a timer set later for an earlier time fires earlier", () => {
    const clock = new SystemClock();
    const fired: string[] = [];
    clock.at(inFuture(5 * SECOND), () => fired.push("late"));
    vi.advanceTimersByTime(SECOND);
    clock.at(inFuture(100), () => fired.push("soon"));
    vi.advanceTimersByTime(100 + SLOT);
    expect(fired).toEqual(["soon"]);
    vi.advanceTimersByTime(4 * SECOND);
    expect(fired).toEqual(["soon", "late"]);
  });

  test.each([0, -1, -1000, -YEAR])("a time %i ms away fires soon, and not at once", (by) => {
    const clock = new SystemClock();
    const fire = vi.fn();
    clock.at(inFuture(by), fire);
    expect(fire).not.toHaveBeenCalled();
    vi.advanceTimersByTime(SLOT);
    expect(fire).toHaveBeenCalledOnce();
  });

  test("a cancelled timer does not fire, and others of the same time do", () => {
    const clock = new SystemClock();
    const fire = vi.fn();
    const other = vi.fn();
    const timer = clock.at(inFuture(100), fire);
    clock.at(inFuture(100), other);
    timer.cancel();
    timer.cancel();
    vi.advanceTimersByTime(SECOND);
    expect(fire).not.toHaveBeenCalled();
    expect(other).toHaveBeenCalledOnce();
  });

  test("cancelling a timer that fired does nothing", () => {
    const clock = new SystemClock();
    const fire = vi.fn();
    const timer = clock.at(inFuture(100), fire);
    vi.advanceTimersByTime(SECOND);
    timer.cancel();
    vi.advanceTimersByTime(SECOND);
    expect(fire).toHaveBeenCalledOnce();
  });

  test("a timer can be cancelled by another one that fires at the same time", () => {
    const clock = new SystemClock();
    const second = vi.fn();
    const at = inFuture(100);
    clock.at(at, () => timer.cancel());
    const timer = clock.at(at, second);
    vi.advanceTimersByTime(SECOND);
    expect(second).not.toHaveBeenCalled();
  });

  test("a timer can be set while another one fires", () => {
    const clock = new SystemClock();
    const fired: number[] = [];
    const again = (): void => {
      fired.push(Date.now() - START);
      if (fired.length < 4) clock.at(inFuture(SECOND), again);
    };
    clock.at(inFuture(SECOND), again);
    vi.advanceTimersByTime(5 * SECOND);
    expect(fired).toHaveLength(4);
    for (const [index, when] of fired.entries()) {
      expect(when).toBeGreaterThanOrEqual((index + 1) * SECOND);
      expect(when).toBeLessThanOrEqual((index + 1) * (SECOND + SLOT));
    }
  });

  test("one that throws keeps no other timer from firing", () => {
    const clock = new SystemClock();
    const sameTime = vi.fn();
    const afterwards = vi.fn();
    const at = inFuture(100);
    clock.at(at, () => {
      throw new Error("on purpose");
    });
    clock.at(at, sameTime);
    clock.at(later(at, millis(200)), afterwards);
    const advance = (): void => {
      vi.advanceTimersByTime(SECOND);
    };
    expect(advance).toThrow("on purpose");
    advance();
    expect(afterwards).toHaveBeenCalledOnce();
    expect(sameTime).toHaveBeenCalledOnce();
  });

  test.each([
    ["just above what setTimeout can wait", 2 ** 31],
    ["above what 32 bits can hold", 2 ** 32 + 1],
    ["three years", 3 * YEAR],
    ["beyond all timestamps", 100_000 * YEAR],
  ])("waits for a time %s ahead", (_, by) => {
    const clock = new SystemClock();
    const fire = vi.fn();
    const at = inFuture(by);
    clock.at(at, fire);
    vi.advanceTimersByTime(60 * SECOND);
    expect(fire).not.toHaveBeenCalled();
    if (by > 1000 * YEAR) return;
    vi.setSystemTime(at - SECOND);
    vi.advanceTimersByTime(SECOND - 1);
    expect(fire).not.toHaveBeenCalled();
    vi.advanceTimersByTime(NOTICED + SLOT);
    expect(fire).toHaveBeenCalledOnce();
  });

  test("one far ahead does not delay one that is near", () => {
    const clock = new SystemClock();
    const fire = vi.fn();
    clock.at(inFuture(YEAR), () => {});
    vi.advanceTimersByTime(5);
    clock.at(inFuture(50), fire);
    vi.advanceTimersByTime(50 + SLOT);
    expect(fire).toHaveBeenCalledOnce();
  });

  test("a system clock set forward is noticed within ten seconds", () => {
    const clock = new SystemClock();
    const passed = vi.fn();
    const future = vi.fn();
    clock.at(inFuture(HOUR), passed);
    clock.at(inFuture(3 * HOUR), future);
    vi.setSystemTime(START + 2 * HOUR);
    const set = vi.fn();
    clock.at(inFuture(SECOND), set);
    vi.advanceTimersByTime(NOTICED);
    expect(passed).toHaveBeenCalledOnce();
    expect(set).toHaveBeenCalledOnce();
    expect(future).not.toHaveBeenCalled();
  });

  test("a system clock set back lets nothing fire early, and what is set then fires in time", () => {
    const clock = new SystemClock();
    const before = vi.fn();
    const set = vi.fn();
    clock.at(inFuture(5 * SECOND), before);
    vi.setSystemTime(START - 60 * SECOND);
    clock.at(inFuture(SECOND), set);
    vi.advanceTimersByTime(SECOND + SLOT);
    expect(set).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(63 * SECOND);
    expect(before).not.toHaveBeenCalled();
    vi.advanceTimersByTime(SECOND);
    expect(before).toHaveBeenCalledOnce();
  });

  test("ten thousand timers take one timer of the system, and cancelled none once their time is past", () => {
    const clock = new SystemClock();
    const fire = vi.fn();
    const timers = Array.from({ length: 10_000 }, (_, index) => clock.at(inFuture(index), fire));
    expect(vi.getTimerCount()).toBe(1);
    for (const timer of timers) timer.cancel();
    vi.advanceTimersByTime(10 * SECOND + SLOT);
    expect(fire).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("two clocks know nothing of each other", () => {
    const [one, two] = [new SystemClock(), new SystemClock()];
    const fired: string[] = [];
    one.at(inFuture(100), () => fired.push("one"));
    two.at(inFuture(200), () => fired.push("two")).cancel();
    vi.advanceTimersByTime(SECOND);
    expect(fired).toEqual(["one"]);
  });
});

test("thousands of cancelled timers leave nothing behind, however far ahead they were", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const used = (): number => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const clock = new SystemClock();
  const cancelled = (count: number): void => {
    for (let index = 0; index < count; index += 1) {
      clock.at(inFuture(YEAR + index * 100), () => {}).cancel();
    }
  };
  cancelled(1000);
  const count = 50_000;
  const before = used();
  cancelled(count);
  const each = (used() - before) / count;
  // Asked once more, so that the clock itself is not collected before.
  expect(clock.now()).toBeGreaterThan(0);
  expect(each).toBeLessThan(40);
});

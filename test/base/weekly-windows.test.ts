import { describe, expect, test } from "vitest";
import { epochMs } from "../../src/base/clock.ts";
import { parseWindows, windowAt } from "../../src/base/weekly-windows.ts";

/** 2026-01-05 is a Monday. */
const at = (day: number, time: string): number => Date.parse(`2026-01-0${4 + day}T${time}Z`);
const windowsOf = (...texts: readonly string[]) =>
  texts.flatMap((text) => parseWindows(text) ?? []);
const stateAt = (texts: readonly string[], now: number) => {
  const { isOpen, changes } = windowAt(windowsOf(...texts), epochMs(now));
  return [isOpen, changes && new Date(changes).toISOString().slice(5, 19)];
};

describe("windows of the week in UTC", () => {
  test.each([
    [["02:00-04:00"], at(1, "01:59:59.999"), false, "01-05T02:00:00"],
    [["02:00-04:00"], at(1, "02:00"), true, "01-05T04:00:00"],
    [["02:00-04:00"], at(1, "03:59:59.999"), true, "01-05T04:00:00"],
    [["02:00-04:00"], at(1, "04:00"), false, "01-06T02:00:00"],
    [["Mon-Fri 02:00-04:00"], at(5, "04:00"), false, "01-12T02:00:00"],
    [["Sat-Mon 02:00-04:00"], at(1, "03:00"), true, "01-05T04:00:00"],
    [["Sat-Mon 02:00-04:00"], at(2, "03:00"), false, "01-10T02:00:00"],
    [["Sun 22:00-06:00"], at(1, "05:00"), true, "01-05T06:00:00"],
    [["Sun 22:00-06:00"], at(1, "06:00"), false, "01-11T22:00:00"],
    [["Wed 00:00-24:00"], at(3, "12:00"), true, "01-08T00:00:00"],
    [["Wed 20:00-24:00", "Thu 00:00-03:00"], at(3, "21:00"), true, "01-08T03:00:00"],
    [["01:00-05:00", "04:00-06:00"], at(3, "02:00"), true, "01-07T06:00:00"],
    [["00:00-24:00"], at(3, "02:00"), true, undefined],
    [["12:00-11:00", "11:00-12:00"], at(3, "02:00"), true, undefined],
  ])("%j", (texts, now, isOpen, changes) => {
    expect(stateAt(texts, now)).toEqual([isOpen, changes]);
  });

  test("a window is never left open, nor closed, at the very moment that it changes", () => {
    const windows = windowsOf("Mon-Fri 02:00-04:00", "Sat 23:10-01:07");
    let now = epochMs(at(1, "00:00:00.123"));
    let was = windowAt(windows, now).isOpen;
    for (let step = 0; step < 30; step += 1) {
      const { isOpen, changes } = windowAt(windows, now);
      expect(isOpen).toBe(was);
      expect(changes).toBeGreaterThan(now);
      now = changes ?? now;
      was = !was;
    }
  });
});

test.each([
  "",
  "02:00",
  "2:00-4:00",
  "02:00-02:00",
  "02:00-24:30",
  "24:00-02:00",
  "02:60-04:00",
  "Mon,Tue 02:00-04:00",
  "Monday 02:00-04:00",
  "mon 02:00-04:00",
  "02:00-04:00 Mon",
])("%j is no window", (text) => {
  expect(parseWindows(text)).toBeUndefined();
});

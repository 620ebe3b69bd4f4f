import { expect, test } from "vitest";
import { WaitingLine } from "../../../src/binding/ws/waiting-line.ts";

const entry = (name: string, bytes = 10) => ({ name, bytes });

test("who came first is next, whoever left in between", () => {
  const line = new WaitingLine({ queue: 10, maxBuffered: 1_000 });
  const [a, b, c] = ["a", "b", "c"].map((name) => entry(name));
  line.join(a as never);
  const second = line.join(b as never);
  line.join(c as never);
  expect(line.leave(second)).toBe(b);
  expect(line.leave(second)).toBeUndefined();
  expect([line.next(), line.next(), line.next()]).toEqual([a, c, undefined]);
  expect(line.length).toBe(0);
});

test("it is bounded in number and in bytes, and has room again when somebody leaves", () => {
  const line = new WaitingLine({ queue: 2, maxBuffered: 25 });
  line.join(entry("a"));
  expect(line.hasRoom(15)).toBe(true);
  expect(line.hasRoom(16)).toBe(false);
  line.join(entry("b"));
  expect(line.hasRoom(0)).toBe(false);
  line.next();
  expect(line.hasRoom(15)).toBe(true);
});

import { expect, test } from "vitest";
import { WaitingLine } from "../../../src/binding/ws/waiting-line.ts";

const entry = (name: string, bytes = 10) => ({ name, bytes });
type Entry = ReturnType<typeof entry>;

const anybody = (): boolean => true;

/** The names of those who are next until nobody is. */
function namesNext(line: WaitingLine<Entry>, may: (key: string) => boolean = anybody): string[] {
  const names = [];
  for (let next = line.next(may); next !== undefined; next = line.next(may)) names.push(next.name);
  return names;
}

test("of one key who came first is next, whoever left in between", () => {
  const line = new WaitingLine<Entry>({ queue: 10, maxBuffered: 1_000 });
  const [, leave] = ["a1", "a2", "a3"].map((name) => line.join("a", entry(name)));
  expect(leave?.()).toBe(true);
  expect(leave?.()).toBe(false);
  expect(namesNext(line)).toEqual(["a1", "a3"]);
  expect(line.length).toBe(0);
});

test("whoever was next cannot leave any more", () => {
  const line = new WaitingLine<Entry>({ queue: 10, maxBuffered: 1_000 });
  const leave = line.join("a", entry("a1"));
  line.next(anybody);
  line.join("a", entry("a2"));
  expect(leave()).toBe(false);
  expect(namesNext(line)).toEqual(["a2"]);
});

test("the keys take turns, however many of one wait", () => {
  const line = new WaitingLine<Entry>({ queue: 10, maxBuffered: 1_000 });
  for (const name of ["a1", "a2", "a3", "b1", "b2", "c1"]) line.join(name.slice(0, 1), entry(name));
  expect(line.next(anybody)?.name).toBe("a1");
  line.join("d", entry("d1"));
  expect(namesNext(line)).toEqual(["b1", "c1", "a2", "d1", "b2", "a3"]);
});

test("a key that may not is passed over and keeps its turn", () => {
  const line = new WaitingLine<Entry>({ queue: 10, maxBuffered: 1_000 });
  for (const name of ["a1", "a2", "b1", "b2"]) line.join(name.slice(0, 1), entry(name));
  expect(namesNext(line, (key) => key !== "a")).toEqual(["b1", "b2"]);
  expect(line.waits("a")).toBe(true);
  expect(line.waits("b")).toBe(false);
  line.join("b", entry("b3"));
  expect(namesNext(line)).toEqual(["a1", "b3", "a2"]);
});

test("the one who leaves takes no turn of its key away, and the last one the turn of all", () => {
  const line = new WaitingLine<Entry>({ queue: 10, maxBuffered: 1_000 });
  const leave = line.join("a", entry("a1"));
  for (const name of ["b1", "b2"]) line.join("b", entry(name));
  leave();
  expect(line.waits("a")).toBe(false);
  line.join("a", entry("a2"));
  expect(namesNext(line)).toEqual(["b1", "a2", "b2"]);
});

test("all of one key are taken out, and all there are", () => {
  const line = new WaitingLine<Entry>({ queue: 10, maxBuffered: 1_000 });
  for (const name of ["a1", "a2", "b1", "c1"]) line.join(name.slice(0, 1), entry(name));
  expect(line.takeAll("a").map(({ name }) => name)).toEqual(["a1", "a2"]);
  expect(line.takeAll("a")).toEqual([]);
  expect(line.length).toBe(2);
  expect(line.takeAll().map(({ name }) => name)).toEqual(["b1", "c1"]);
  expect(line.length).toBe(0);
  expect(namesNext(line)).toEqual([]);
});

test("it is bounded in number and in bytes, and has room again when somebody leaves", () => {
  const line = new WaitingLine<Entry>({ queue: 2, maxBuffered: 25 });
  line.join("a", entry("a1"));
  expect(line.hasRoom("a", 15)).toBe(true);
  expect(line.hasRoom("a", 16)).toBe(false);
  line.join("a", entry("a2"));
  expect(line.hasRoom("a", 0)).toBe(false);
  line.next(anybody);
  expect(line.hasRoom("a", 15)).toBe(true);
});

test("a key that fills it in number leaves room for others, and one that fills it in bytes", () => {
  const few = new WaitingLine<Entry>({ queue: 4, maxBuffered: 1_000 });
  for (const name of ["a1", "a2", "a3", "a4"]) few.join("a", entry(name));
  expect(few.hasRoom("a", 10)).toBe(false);
  expect(few.hasRoom("b", 10)).toBe(true);

  const large = new WaitingLine<Entry>({ queue: 100, maxBuffered: 1_000 });
  large.join("a", entry("a1", 1_000));
  expect(large.hasRoom("a", 1)).toBe(false);
  expect(large.hasRoom("b", 500)).toBe(true);
  expect(large.hasRoom("b", 501)).toBe(false);
});

test("any number of keys that come and go leave nothing behind", () => {
  const line = new WaitingLine<Entry>({ queue: 10, maxBuffered: 1_000 });
  for (let round = 0; round < 5_000; round += 1) {
    const leave = line.join(`a${round}`, entry("a"));
    line.join(`b${round}`, entry("b"));
    leave();
    expect(line.next(anybody)?.name).toBe("b");
  }
  expect(line.length).toBe(0);
  expect(line.hasRoom("a", 1_000)).toBe(true);
});

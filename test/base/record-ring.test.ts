import fc from "fast-check";
import { expect, test } from "vitest";
import { LONGEST, RecordRing, type Value } from "../../src/base/record-ring.ts";

const value = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.constant(undefined),
);
const record = fc.tuple(fc.constantFrom("a", "b", "ä", ""), fc.array(value, { maxLength: 6 }));

test("records are read as they were written, in order, by their first value", () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 30 }), (records) => {
      const ring = new RecordRing(1_000_000, 7);
      for (const [first, rest] of records) ring.append([first, ...rest]);
      for (const wanted of ["a", "b", "ä", "", "nobody"]) {
        const written = records.filter(([first]) => first === wanted);
        expect([...ring.startingWith(wanted)]).toEqual(
          written.map(([, rest]) => [wanted, ...rest]),
        );
      }
    }),
  );
});

test("the latest are remembered without a gap, at least half of the bytes full", () => {
  const numbered = fc.record({
    bytes: fc.integer({ min: 0, max: 20_000 }),
    count: fc.integer({ min: 0, max: 2_000 }),
  });
  fc.assert(
    fc.property(numbered, ({ bytes, count }) => {
      const ring = new RecordRing(bytes, 2);
      for (let n = 0; n < count; n += 1) ring.append(["n", n]);
      const found = [...ring.startingWith("n")].map(([, n]) => n);
      expect(found).toEqual(Array.from(found, (_, at) => count - found.length + at));
      // Each takes 2 for its length, 4 for its text, 9 for its number.
      expect(found.length).toBeGreaterThanOrEqual(Math.min(count, Math.floor(bytes / 2 / 15)));
    }),
  );
});

test("of a long text the beginning is kept, whatever it is written in", () => {
  const ring = new RecordRing(0, 3);
  for (const text of ["x".repeat(100_000), "ä".repeat(100_000), "語".repeat(100_000)]) {
    ring.append(["k", text, text]);
    const kept = text.slice(0, LONGEST);
    expect([...ring.startingWith("k")].at(-1)).toEqual(["k", kept, kept]);
  }
});

test("what does not fit into what is left is written into the other half, whole", () => {
  const ring = new RecordRing(0, 14);
  const long: Value[] = Array.from({ length: 13 }, (_, n) => `${n}${"語".repeat(LONGEST)}`);
  for (let n = 0; n < 5; n += 1) ring.append([`k${n}`, ...long]);
  expect([...ring.startingWith("k4")]).toHaveLength(1);
  expect([...ring.startingWith("k3")]).toHaveLength(1);
  expect([...ring.startingWith("k2")]).toHaveLength(0);
});

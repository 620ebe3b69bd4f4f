import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Table } from "../../src/core/ports.ts";

/** What every Table promises. `make` gives a new, empty one. */
export function tableContract(make: () => Promise<Table<unknown>>): void {
  const contentOf = (table: Table<unknown>) => new Map(table.entries());

  describe("as a table", () => {
    test("it is empty at first", async () => {
      expect(contentOf(await make())).toEqual(new Map());
    });

    test("it gives back what was put", async () => {
      const table = await make();
      await table.put("a", { n: 1, list: ["x", "ü"], none: undefined, inner: { yes: true } });
      await table.put("b", { big: 2n ** 60n, fraction: 0.5, nothing: null });
      expect(contentOf(table)).toEqual(
        new Map<string, unknown>([
          ["a", { n: 1, list: ["x", "ü"], none: undefined, inner: { yes: true } }],
          ["b", { big: 2n ** 60n, fraction: 0.5, nothing: null }],
        ]),
      );
    });

    test("a second put of a key replaces the first, even when neither was awaited", async () => {
      const table = await make();
      await Promise.all([table.put("a", { n: 1 }), table.put("a", { n: 2 })]);
      expect(contentOf(table)).toEqual(new Map([["a", { n: 2 }]]));
    });

    test("what was removed is gone, and to remove nothing is no error", async () => {
      const table = await make();
      await table.put("a", { n: 1 });
      await table.remove("a");
      await table.remove("a");
      await table.remove("never there");
      expect(contentOf(table)).toEqual(new Map());
    });

    test("after any writes it holds what a Map would hold", async () => {
      const key = fc.oneof(fc.constantFrom("a", "b", "/id-in/CAE1"), fc.string({ maxLength: 40 }));
      const write = fc.oneof(
        fc.record({ key, value: fc.record({ n: fc.integer(), text: fc.string() }) }),
        fc.record({ key, value: fc.constant(undefined) }),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(write, { maxLength: 30 }), async (writes) => {
          const table = await make();
          for (const [existing] of [...table.entries()]) await table.remove(existing);
          const expected = new Map<string, unknown>();
          await Promise.all(
            writes.map(({ key, value }) => {
              if (value === undefined) {
                expected.delete(key);
                return table.remove(key);
              }
              expected.set(key, value);
              return table.put(key, value);
            }),
          );
          expect(contentOf(table)).toEqual(expected);
        }),
        { numRuns: 30 },
      );
    });
  });
}

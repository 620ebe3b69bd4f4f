import { expect, test } from "vitest";
import { type ByteTable, keysBetween } from "../../src/store/lmdb-bytes.ts";

const START = Buffer.from([0]);
const END = Buffer.from([9]);

/** What LMDB gives of a table, as far as `keysBetween` asks. */
const tableOf = (keysFrom: (start: Uint8Array) => readonly number[]): ByteTable =>
  ({
    getKeys: ({ start, limit }: { start: Uint8Array; limit: number }) =>
      keysFrom(start)
        .slice(0, limit)
        .map((key) => Buffer.from([key])),
  }) as unknown as ByteTable;

const keysOf = (table: ByteTable): number[] =>
  Array.from(keysBetween(table, START, END, 2), ([key = -1]) => key);

test("keys come in portions, each once", () => {
  const sound = tableOf((start) => [1, 2, 3, 4, 5].filter((key) => key > (start[0] ?? 0)));
  expect(keysOf(sound)).toEqual([1, 2, 3, 4, 5]);
});

test("keys that do not ascend, as on pages that are damaged, come to an end", () => {
  let portions = 0;
  const circle = tableOf(() => {
    portions += 1;
    // LMDB looks for the last one where it should be, and that is before them all.
    return portions > 10 ? [] : [5, 1];
  });
  expect(keysOf(circle)).toEqual([5, 1, 5, 1]);
});

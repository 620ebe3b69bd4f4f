import { describe, expect, test } from "vitest";
import { epochMs, millis } from "../../src/base/clock.ts";
import type { HeldRequest, HoldStore } from "../../src/core/hold-store.ts";
import type { EntityId } from "../../src/primitive/identifiers.ts";
import type { DeadLetterLimits } from "../../src/store/dead-letter-limits.ts";
import { AE, held, LONG, letter, OTHER, request, told, toldLetter } from "./held.ts";

export const LIMITS: DeadLetterLimits = { perRegistree: 3, keptFor: millis(1_000) };

const NOTHING: ReadonlySet<number> = new Set();
const sequences = (all: Iterable<HeldRequest>) => [...all].map(({ sequence }) => sequence);
const usageOf = (store: HoldStore) => new Map(store.usageAtStart());

/** What every HoldStore promises. `make` gives a new, empty one that keeps dead letters within LIMITS. */
export function holdStoreContract(make: () => Promise<HoldStore>): void {
  describe("as a hold store", () => {
    test("it is empty at first", async () => {
      const store = await make();
      expect(store.lastSequence).toBe(0);
      expect(usageOf(store)).toEqual(new Map());
      expect(store.first(AE, NOTHING)).toBeUndefined();
      expect(store.find(AE, 1)).toBeUndefined();
      expect(store.findLatest(AE, "x")).toBeUndefined();
      expect(store.nextExpiry()).toBeUndefined();
      expect(store.due(epochMs(1e15), 10)).toEqual([]);
      expect([...store.list()]).toEqual([]);
      expect([...store.deadLetters(AE)]).toEqual([]);
    });

    test("it gives back every member of what was put", async () => {
      const store = await make();
      const entry = held({
        registree: LONG,
        sequence: 7,
        request: request({
          operation: "create",
          resourceType: 4,
          from: undefined,
          content: undefined,
          releaseVersion: undefined,
          carried: new Map<string, unknown>([
            ["rt", { rtv: 3, nu: ["http://a/\u0000ü"] }],
            ["2", "a name that objects put first"],
            ["__proto__", "no prototype"],
            ["rset", 2n ** 62n],
            ["fraction", 0.1],
          ]),
        }),
        arrived: epochMs(1_700_000_000_123),
        expires: epochMs(1_900_000_000_456),
        bytes: 12_345,
        latest: "a text\u0000 of any length ".repeat(500),
        reference: "cse-in/req1",
        sent: true,
      });
      await store.put(entry);
      const found = store.first(LONG, NOTHING);
      expect(found && told(found)).toEqual(told(entry));
    });

    test("an entry is found by its registree and its sequence, and only while it is there", async () => {
      const store = await make();
      await store.put(held({ sequence: 1 }));
      await store.put(held({ sequence: 2 }));
      await store.put(held({ registree: OTHER, sequence: 3 }));
      expect([1, 2, 3, 4].map((it) => store.find(AE, it)?.sequence)).toEqual([
        1,
        2,
        undefined,
        undefined,
      ]);
      expect(store.find(OTHER, 3)).toMatchObject({ registree: OTHER, sequence: 3 });
      await store.markSent(AE, 2);
      expect(store.find(AE, 2)?.sent).toBe(true);
      await store.remove(AE, 2);
      expect(store.find(AE, 2)).toBeUndefined();
    });

    test("a registree's entries come in order of sequence, whatever order they were put in", async () => {
      const store = await make();
      for (const sequence of [5, 2, 300, 9, 70_000]) await store.put(held({ sequence }));
      await store.put(held({ registree: OTHER, sequence: 1 }));
      expect(sequences(store.list(AE))).toEqual([2, 5, 9, 300, 70_000]);
      expect(sequences(store.list(AE, 5))).toEqual([9, 300, 70_000]);
      expect(sequences(store.list(AE, 6))).toEqual([9, 300, 70_000]);
      expect(sequences(store.list(AE, 70_000))).toEqual([]);
      expect(sequences(store.list(OTHER))).toEqual([1]);
      expect(sequences(store.list()).sort((a, b) => a - b)).toEqual([1, 2, 5, 9, 300, 70_000]);
      expect(store.lastSequence).toBe(70_000);
    });

    test("the first is the lowest that is not skipped", async () => {
      const store = await make();
      await Promise.all([1, 2, 3].map((sequence) => store.put(held({ sequence }))));
      expect(store.first(AE, NOTHING)?.sequence).toBe(1);
      expect(store.first(AE, new Set([1, 2]))?.sequence).toBe(3);
      expect(store.first(AE, new Set([1, 2, 3]))).toBeUndefined();
      expect(store.first(OTHER, NOTHING)).toBeUndefined();
    });

    test("what a prefix of another registree's ID is does not see its entries", async () => {
      const store = await make();
      await store.put(held({ registree: "/id-in/C1" as EntityId, sequence: 1 }));
      expect(store.first("/id-in/C" as EntityId, NOTHING)).toBeUndefined();
      expect([...store.list("/id-in/C" as EntityId)]).toEqual([]);
    });

    test("what is due comes earliest first, to the millisecond and years ahead", async () => {
      const store = await make();
      const years = 4_102_444_800_000;
      const times = [years + 1, 2_001, years, 2_000, 1_999, years - 1];
      await Promise.all(
        times.map((at, index) => store.put(held({ sequence: index + 1, expires: epochMs(at) }))),
      );
      const due = (now: number, limit = 10) =>
        store.due(epochMs(now), limit).map(({ expires }) => expires);
      expect(due(1_998)).toEqual([]);
      expect(due(1_999)).toEqual([1_999]);
      expect(due(2_001)).toEqual([1_999, 2_000, 2_001]);
      expect(due(2_001, 2)).toEqual([1_999, 2_000]);
      expect(due(2_001, 0)).toEqual([]);
      expect(due(years)).toEqual([1_999, 2_000, 2_001, years - 1, years]);
      expect(store.nextExpiry()).toBe(1_999);
      await store.remove(AE, 5);
      expect(store.nextExpiry()).toBe(2_000);
    });

    test("put again in its place, an entry has nothing left of what it was", async () => {
      const store = await make();
      await store.put(held({ sequence: 1, latest: "a", bytes: 100, expires: epochMs(10) }));
      await store.put(held({ sequence: 2 }));
      const successor = held({ sequence: 1, latest: "b", bytes: 5, expires: epochMs(5_000) });
      await store.put(successor);
      expect(sequences(store.list(AE))).toEqual([1, 2]);
      expect(store.findLatest(AE, "a")).toBeUndefined();
      expect(store.findLatest(AE, "b")?.bytes).toBe(5);
      expect(store.nextExpiry()).toBe(2_000);
      expect(sequences(store.due(epochMs(9_000), 10))).toEqual([2, 1]);
      expect(usageOf(store)).toEqual(new Map([[AE, { count: 2, bytes: 305 }]]));
    });

    test("the one put last with a text is the latest, of its registree only", async () => {
      const store = await make();
      await store.put(held({ sequence: 1, latest: "a" }));
      await store.put(held({ sequence: 2, latest: "a" }));
      await store.put(held({ registree: OTHER, sequence: 3, latest: "a" }));
      expect(store.findLatest(AE, "a")?.sequence).toBe(2);
      expect(store.findLatest(OTHER, "a")?.sequence).toBe(3);
      await store.remove(AE, 1);
      expect(store.findLatest(AE, "a")?.sequence).toBe(2);
      await store.remove(AE, 2);
      expect(store.findLatest(AE, "a")).toBeUndefined();
    });

    test("an entry that was marked says so, in its place", async () => {
      const store = await make();
      await store.put(held({ sequence: 1 }));
      await store.put(held({ sequence: 2 }));
      await store.markSent(AE, 1);
      await store.markSent(AE, 99);
      expect([...store.list(AE)].map(({ sent }) => sent)).toEqual([true, false]);
      await store.put(held({ sequence: 1 }));
      expect(store.first(AE, NOTHING)?.sent).toBe(false);
    });

    test("what is removed is gone from everywhere but the last sequence", async () => {
      const store = await make();
      await store.put(held({ sequence: 8, latest: "a" }));
      await store.remove(AE, 8);
      await store.remove(AE, 8);
      await store.remove(OTHER, 9);
      expect(store.first(AE, NOTHING)).toBeUndefined();
      expect(store.findLatest(AE, "a")).toBeUndefined();
      expect(store.nextExpiry()).toBeUndefined();
      expect(usageOf(store)).toEqual(new Map());
      expect(store.lastSequence).toBe(8);
    });

    test("a list goes on while entries leave", async () => {
      const store = await make();
      const all = Array.from({ length: 200 }, (_, index) => index + 1);
      await Promise.all(all.map((sequence) => store.put(held({ sequence }))));
      const seen: number[] = [];
      for (const { sequence } of store.list(AE)) {
        seen.push(sequence);
        if (sequence % 50 === 0) await store.remove(AE, sequence);
      }
      expect(seen).toEqual(all);
    });

    test("writes of one turn are made in the order they were asked for", async () => {
      const store = await make();
      await Promise.all([
        store.put(held({ sequence: 1 })),
        store.remove(AE, 1),
        store.put(held({ sequence: 2, bytes: 1 })),
        store.put(held({ sequence: 2, bytes: 2 })),
        store.markSent(AE, 2),
      ]);
      expect([...store.list()].map(({ sequence, bytes, sent }) => [sequence, bytes, sent])).toEqual(
        [[2, 2, true]],
      );
    });

    test("dead letters are kept oldest first, and the oldest leave for newer ones", async () => {
      const store = await make();
      const letters = [40, 10, 30, 20].map((at) => letter(held({ sequence: at }), at));
      await store.put(held({ sequence: 40 }));
      for (const each of letters) await store.remove(AE, each.held.sequence, each);
      expect([...store.list()]).toEqual([]);
      expect([...store.deadLetters(AE)].map(({ at }) => at)).toEqual([20, 30, 40]);
      const [first] = store.deadLetters(AE);
      expect(first && toldLetter(first)).toEqual(toldLetter(letter(held({ sequence: 20 }), 20)));
      expect([...store.deadLetters(OTHER)]).toEqual([]);
      expect(usageOf(store)).toEqual(new Map());
    });

    test("dead letters leave when their time has come, of all registrees", async () => {
      const store = await make();
      await store.remove(AE, 1, letter(held({ sequence: 1 }), 100));
      await store.remove(AE, 2, letter(held({ sequence: 2 }), 101));
      const other = held({ registree: OTHER, sequence: 3 });
      await store.remove(OTHER, 3, letter(other, 99));
      await store.sweepDeadLetters(epochMs(1_100));
      expect([...store.deadLetters(AE)].map(({ at }) => at)).toEqual([101]);
      expect([...store.deadLetters(OTHER)]).toEqual([]);
    });
  });
}

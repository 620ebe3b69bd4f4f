import fc from "fast-check";
import { expect, test } from "vitest";
import { epochMs } from "../../src/base/clock.ts";
import type { HoldStore } from "../../src/core/hold-store.ts";
import type { EntityId } from "../../src/primitive/identifiers.ts";
import { MemoryHoldStore } from "../../src/store/memory-hold-store.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { AE, held, LONG, letter, OTHER, told, toldLetter } from "./held.ts";
import { LIMITS } from "./hold-store-contract.ts";
import { directWriter, openHoldStore } from "./open-hold-store.ts";

test("after any writes, together or apart, and any restarts, it is what the store in memory is", async () => {
  const registree = fc.constantFrom<EntityId>(AE, OTHER, LONG);
  const sequence = fc.integer({ min: 1, max: 6 });
  const command = fc.oneof(
    fc.record({
      kind: fc.constant("put" as const),
      registree,
      sequence,
      expires: fc.constantFrom(-5, 0, 1, 2, 3_000_000_000_000).map(epochMs),
      bytes: fc.nat(1_000),
      latest: fc.constantFrom(undefined, "x", "y".repeat(3_000)),
    }),
    fc.record({ kind: fc.constantFrom("sent" as const, "remove" as const), registree, sequence }),
    fc.record({ kind: fc.constant("bury" as const), registree, sequence, at: fc.nat(9) }),
    fc.record({ kind: fc.constant("sweep" as const), at: fc.integer({ min: 1_000, max: 1_009 }) }),
    fc.record({ kind: fc.constant("restart" as const) }),
    fc.record({ kind: fc.constant("wait" as const) }),
  );
  const seen = (store: HoldStore) => {
    const all = [AE, OTHER, LONG].map((each) => ({
      list: [...store.list(each)].map(told),
      first: store.first(each, new Set([1, 3]))?.sequence,
      x: store.findLatest(each, "x")?.sequence,
      y: store.findLatest(each, "y".repeat(3_000))?.sequence,
      letters: [...store.deadLetters(each)].map(toldLetter),
    }));
    const due = store.due(epochMs(2), 5).map(({ expires }) => expires);
    return {
      all,
      due,
      next: store.nextExpiry(),
      last: store.lastSequence,
      usage: new Map(store.usageAtStart()),
      count: [...store.list()].length,
    };
  };
  const scanned = (store: HoldStore) => {
    const usage = new Map<string, { count: number; bytes: number }>();
    for (const { registree: owner, bytes } of store.list()) {
      const before = usage.get(owner) ?? { count: 0, bytes: 0 };
      usage.set(owner, { count: before.count + 1, bytes: before.bytes + bytes });
    }
    return usage;
  };
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 40 }), async (commands) => {
      const dir = tempDir();
      const model = new MemoryHoldStore(LIMITS);
      let real = openHoldStore(dir, directWriter);
      let waiting: Promise<void>[] = [];
      const both = (write: (store: HoldStore) => Promise<void>) => {
        waiting.push(write(model), write(real.store));
      };
      for (const it of commands) {
        if (it.kind === "put") {
          const { kind: _, ...parts } = it;
          both((store) => store.put(held(parts)));
        } else if (it.kind === "sent") both((store) => store.markSent(it.registree, it.sequence));
        else if (it.kind === "remove") both((store) => store.remove(it.registree, it.sequence));
        else if (it.kind === "bury") {
          const { registree: owner, sequence: place } = it;
          const buried = letter(held({ registree: owner, sequence: place }), it.at);
          both((store) => store.remove(owner, place, buried));
        } else {
          await Promise.all(waiting);
          waiting = [];
          if (it.kind === "sweep") {
            // Alone: those that are buried while it goes on may be as old.
            both((store) => store.sweepDeadLetters(epochMs(it.at)));
            await Promise.all(waiting);
          }
          if (it.kind === "restart") {
            await real.close();
            real = openHoldStore(dir, directWriter);
          }
        }
      }
      await Promise.all(waiting);
      expect(seen(real.store)).toEqual(seen(model));
      expect(new Map(real.store.usageAtStart())).toEqual(scanned(real.store));
      // Indexes hold nothing that is gone.
      const rows = (name: string) =>
        real.root.openDB({ name }).getStats() as { entryCount: number };
      const entries = [...model.list()];
      const latest = new Set(
        entries.flatMap((it) => (it.latest === undefined ? [] : [`${it.registree} ${it.latest}`])),
      );
      expect(rows("hold-by-expiry").entryCount).toBe(entries.length);
      expect(rows("hold-by-latest").entryCount).toBeLessThanOrEqual(latest.size);
      expect(rows("hold-letters-by-age").entryCount).toBe(rows("hold-letters").entryCount);
      await real.close();
      expect(real.unreadable).toEqual([]);
    }),
    { numRuns: 40 },
  );
});

import { execFileSync } from "node:child_process";
import type { HoldStore } from "../../src/core/hold-store.ts";
import { AE, content, held, request } from "./held.ts";
import { openHoldStore } from "./open-hold-store.ts";

const [dir = ""] = process.argv.slice(2);
const { store, close } = openHoldStore(dir);

const large = request({ content: content("json", JSON.stringify("x".repeat(50_000))) });
const stateOf = (it: HoldStore) => {
  const sequences = [...it.list()].map(({ sequence }) => sequence);
  const [usage] = it.usageAtStart();
  return {
    held: sequences.length,
    last: it.lastSequence,
    usage: usage?.[1],
    next: it.nextExpiry(),
  };
};

let sequence = 0;
let before = stateOf(store);
let failures: readonly string[] = [];
while (failures.length === 0) {
  before = stateOf(store);
  // One of the turn is small: it fails with the others.
  const turn = [large, large, request()].map((each) => {
    sequence += 1;
    return store.put(held({ sequence, request: each }));
  });
  const results = await Promise.allSettled(turn);
  failures = results.flatMap((it) => (it.status === "rejected" ? [String(it.reason.code)] : []));
}
const failed = stateOf(store);
// Room again.
execFileSync("prlimit", ["--pid", String(process.pid), "--fsize=unlimited"]);
await store.remove(AE, 1);
await store.put(held({ sequence: 1_000_000 }));
const after = stateOf(store);
await close();
const again = openHoldStore(dir);
const reopened = stateOf(again.store);
await again.close();
process.stdout.write(`${JSON.stringify({ failures, before, failed, after, reopened })}\n`);

import type { RootDatabase } from "lmdb";
import { expect, test } from "vitest";
import { LmdbWrites } from "../../src/store/lmdb-writes.ts";

/** A file that notes its transactions, and maybe refuses them. */
function fileThat(commit: () => void): { root: RootDatabase<unknown, string>; steps: string[] } {
  const steps: string[] = [];
  const root = {
    transactionSync(action: () => void) {
      steps.push("begin");
      action();
      commit();
      steps.push("on disk");
    },
  };
  return { root: root as unknown as RootDatabase<unknown, string>, steps };
}

test("a write resolves only when the disk has it, and writes of one turn share a transaction", async () => {
  const { root, steps } = fileThat(() => {});
  const writes = new LmdbWrites(root);
  const names = ["a", "b"];
  await Promise.all(
    names.map((name) =>
      writes.write(() => steps.push(name)).then(() => steps.push(`${name} resolved`)),
    ),
  );
  expect(steps).toEqual(["begin", "a", "b", "on disk", "a resolved", "b resolved"]);
});

test("a disk that takes nothing fails the writes of that turn, with the cause kept inside", async () => {
  const cause = new Error("No space left on device");
  let full = true;
  const { root } = fileThat(() => {
    if (full) throw cause;
  });
  const writes = new LmdbWrites(root);
  const expected = {
    code: "GW_STORE_FAILED",
    message: "the gateway cannot use its state",
    cause,
  };
  const both = [writes.write(() => {}), writes.write(() => {})];
  await expect(both[0]).rejects.toMatchObject(expected);
  await expect(both[1]).rejects.toMatchObject(expected);
  full = false;
  await expect(writes.write(() => {})).resolves.toBeUndefined();
});

test("closing writes what waits, and refuses what comes later", async () => {
  const { root, steps } = fileThat(() => {});
  const writes = new LmdbWrites(root);
  const waiting = writes.write(() => steps.push("a"));
  writes.close();
  writes.close();
  expect(steps).toEqual(["begin", "a", "on disk"]);
  await waiting;
  await expect(writes.write(() => {})).rejects.toMatchObject({ code: "GW_STORE_FAILED" });
});

import { expect, test } from "vitest";
import type { Change } from "../../src/store/lmdb-changes.ts";
import type { LmdbWriter } from "../../src/store/lmdb-writer.ts";
import { LmdbWrites } from "../../src/store/lmdb-writes.ts";

const remove = (key: string): Change => ({ kind: "remove", table: "one", key });

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A disk that is done with a batch when it is told so, and what is seen of it. */
class Disk implements LmdbWriter {
  readonly steps: string[] = [];
  /** Whether each transaction failed. */
  readonly told: boolean[] = [];
  readonly writes = new LmdbWrites(
    this,
    () => this.steps.push("seen"),
    (seconds, failed) => {
      expect(seconds).toBeGreaterThanOrEqual(0);
      this.told.push(failed);
    },
  );
  readonly #underWay: ((failure: unknown) => void)[] = [];

  write(batch: readonly Change[], settled: (failure: unknown) => void): void {
    this.steps.push(batch.map((change) => ("key" in change ? change.key : "")).join());
    this.#underWay.push(settled);
  }

  async close(): Promise<void> {
    this.steps.push("closed");
  }

  /** Writes, and notes what became of it. */
  put(key: string): Promise<void> {
    return this.writes.write(remove(key)).then(
      () => void this.steps.push(`${key} resolved`),
      (error: Error) => void this.steps.push(`${key} failed`, String(error.cause)),
    );
  }

  settle(failure?: unknown): Promise<void> {
    this.#underWay.shift()?.(failure);
    return turn();
  }
}

test("a write resolves only when the disk has it and it can be read, and those of one turn are one batch", async () => {
  const disk = new Disk();
  void disk.put("a");
  void disk.put("b");
  await turn();
  await turn();
  expect(disk.steps).toEqual(["a,b"]);
  await disk.settle();
  expect(disk.steps).toEqual(["a,b", "seen", "a resolved", "b resolved"]);
});

test("what comes while a batch is under way is the next one, which does not wait for what follows from the first", async () => {
  const disk = new Disk();
  void disk.put("a").then(() => disk.put("d"));
  await turn();
  void disk.put("b");
  await turn();
  void disk.put("c");
  await turn();
  expect(disk.steps).toEqual(["a"]);
  await disk.settle();
  expect(disk.steps).toEqual(["a", "b,c", "seen", "a resolved"]);
  await disk.settle();
  expect(disk.steps.slice(4)).toEqual(["d", "seen", "b resolved", "c resolved"]);
});

test("a batch that was not made fails all of it, with the cause kept inside; the next one goes on", async () => {
  const disk = new Disk();
  void disk.put("a");
  void disk.put("b");
  await turn();
  void disk.put("c");
  await turn();
  const cause = new Error("No space left on device");
  await disk.settle(cause);
  await disk.settle();
  const failed = (key: string) => [`${key} failed`, String(cause)];
  expect(disk.steps).toEqual(["a,b", "c", ...failed("a"), ...failed("b"), "seen", "c resolved"]);
  const next = disk.writes.write(remove("d"));
  await turn();
  void disk.settle(cause);
  await expect(next).rejects.toMatchObject({
    code: "GW_STORE_FAILED",
    message: "the gateway cannot use its state",
    cause,
  });
});

test("a batch that cannot be sent fails, and nothing waits for it", async () => {
  const disk = new Disk();
  const unsendable = new LmdbWrites(
    {
      write(batch, settled) {
        structuredClone(batch);
        disk.write(batch, settled);
      },
      close: () => disk.close(),
    },
    () => {},
  );
  const value = () => "a function";
  const put = unsendable.write({ kind: "put", table: "one", key: "a", value });
  await expect(put).rejects.toMatchObject({ code: "GW_STORE_FAILED" });
  const next = unsendable.write(remove("b"));
  await turn();
  await disk.settle();
  await expect(next).resolves.toBeUndefined();
});

test("closing writes what waits, behind what is under way, and refuses what comes later", async () => {
  const disk = new Disk();
  void disk.put("a");
  await turn();
  void disk.put("b");
  const closed = disk.writes.close();
  expect(disk.writes.close()).toBe(closed);
  await closed;
  expect(disk.steps).toEqual(["a", "b", "closed"]);
  await disk.settle();
  await disk.settle();
  expect(disk.steps.slice(3)).toEqual(["seen", "a resolved", "seen", "b resolved"]);
  await expect(disk.writes.write(remove("c"))).rejects.toMatchObject({ code: "GW_STORE_FAILED" });
});

test("each transaction is told once, and whether it failed", async () => {
  const disk = new Disk();
  void disk.put("a");
  void disk.put("b");
  await turn();
  await disk.settle();
  expect(disk.told).toEqual([false]);
  void disk.put("c");
  await turn();
  await disk.settle(new Error("no room"));
  expect(disk.told).toEqual([false, true]);
});

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { LmdbHoldStore } from "../../src/store/lmdb-hold-store.ts";
import { openState } from "../../src/store/lmdb-open.ts";
import { type LmdbWriter, startWriter } from "../../src/store/lmdb-writer.ts";
import { startChild } from "../helpers/child.ts";
import { hasCommand } from "../helpers/has-command.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { AE, codecs, content, held, letter, OTHER, request, told } from "./held.ts";
import { LIMITS } from "./hold-store-contract.ts";
import { openHoldStore } from "./open-hold-store.ts";

const child = (script: string, dir: string) => [
  process.execPath,
  "--import",
  "tsx",
  join(import.meta.dirname, script),
  dir,
];

describe("what was put", () => {
  const state = async (dir: string) => {
    const it = await openState(dir);
    onTestFinished(() => it.close());
    return it.holdStore({ codecs, deadLetters: LIMITS, onUnreadable: () => {} });
  };

  test("is there again after closing and opening, beside the tables of the file", async () => {
    const dir = tempDir();
    const first = await openState(dir);
    await first.table("one").put("a", { n: 1 });
    const store = first.holdStore({ codecs, deadLetters: LIMITS, onUnreadable: () => {} });
    await store.put(held({ sequence: 3 }));
    await store.remove(OTHER, 9, letter(held({ registree: OTHER, sequence: 9 }), 50));
    await first.close();
    const again = await state(dir);
    expect([...again.list()].map(told)).toEqual([told(held({ sequence: 3 }))]);
    expect([...again.usageAtStart()]).toEqual([[AE, { count: 1, bytes: 300 }]]);
    expect(again.lastSequence).toBe(3);
    expect([...again.deadLetters(OTHER)]).toHaveLength(1);
  });

  test("has its place in a file from before anything was held", async () => {
    const dir = tempDir();
    const before = await openState(dir);
    await before.table("one").put("a", { n: 1 });
    await before.close();
    const store = await state(dir);
    await store.put(held({ sequence: 1 }));
    expect([...store.list()]).toHaveLength(1);
  });

  test("is not looked for in a file that is damaged", async () => {
    const dir = tempDir();
    const first = await openState(dir);
    const store = first.holdStore({ codecs, deadLetters: LIMITS, onUnreadable: () => {} });
    const all = Array.from({ length: 500 }, (_, n) => store.put(held({ sequence: n + 1 })));
    await Promise.all(all);
    await first.close();
    const file = join(dir, "m2mgw.mdb");
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(0xa5, 20 * 4_096, 50 * 4_096));
    await expect(openState(dir)).rejects.toThrow(/is damaged: its page \d+ is damaged/);
    writeFileSync(file, bytes.subarray(0, 30 * 4_096));
    await expect(openState(dir)).rejects.toThrow(/is truncated/);
  });

  test("is not used with counts that are damaged", async () => {
    const dir = tempDir();
    const it = openHoldStore(dir);
    onTestFinished(() => it.close());
    await it.store.put(held({ sequence: 1 }));
    const usage = it.root.openDB<Uint8Array, Uint8Array>({
      name: "hold-usage",
      keyEncoding: "binary",
      encoding: "binary",
    });
    const [row] = [...usage.getKeys()].filter(({ length }) => length > 1);
    usage.putSync(row ?? Buffer.alloc(0), Buffer.from('[1,2,0,"/somebody/else"]'));
    const freeBytes = () => Number.POSITIVE_INFINITY;
    const parts = { codecs, deadLetters: LIMITS, freeBytes, onUnreadable: () => {} };
    expect(() => new LmdbHoldStore(it.root, it.writes, parts)).toThrow(
      expect.objectContaining({ code: "GW_STORE_FAILED" }),
    );
  });

  test("is there after kill -9, once its put resolved", async () => {
    const dir = tempDir();
    const [command = "", ...args] = child("hold-until-killed.ts", dir);
    const writer = await startChild(command, args);
    let last = 0;
    await new Promise<void>((resolve) => {
      writer.onLine((line) => {
        last = Number(line);
        if (last === 50) resolve();
      });
    });
    await writer.stop("SIGKILL");
    const store = await state(dir);
    const sequences = [...store.list(AE)].map(({ sequence }) => sequence);
    expect(last).toBeGreaterThanOrEqual(50);
    expect(sequences.slice(0, last)).toEqual(Array.from({ length: last }, (_, n) => n + 1));
    expect([...store.usageAtStart()]).toEqual([
      [AE, { count: sequences.length, bytes: 300 * sequences.length }],
    ]);
  });
});

describe("a promise resolves only after the flush:", () => {
  test("no transaction, no promise", async () => {
    const steps: string[] = [];
    const watched = (path: string): LmdbWriter => {
      const writer = startWriter(path);
      return {
        ...writer,
        write: (batch, settled) =>
          writer.write(batch, (failure) => {
            steps.push("on disk");
            settled(failure);
          }),
      };
    };
    const { store, close } = openHoldStore(tempDir(), watched);
    onTestFinished(close);
    const put = [1, 2].map((sequence) =>
      store.put(held({ sequence })).then(() => steps.push("put")),
    );
    await Promise.all(put);
    await store.markSent(AE, 1).then(() => steps.push("marked"));
    await store.remove(AE, 1).then(() => steps.push("removed"));
    expect(steps).toEqual(["on disk", "put", "put", "on disk", "marked", "on disk", "removed"]);
  });

  test.skipIf(!hasCommand("strace"))("as the system calls tell", async () => {
    const dir = tempDir();
    const trace = join(dir, "trace");
    const calls = "trace=openat,fdatasync,fsync,pwrite64,pwritev,write";
    const traced = ["-f", "-e", calls, "-o", trace, ...child("hold-until-killed.ts", dir), "20"];
    const writer = await startChild("strace", traced);
    await writer.ended;
    const lines = readFileSync(trace, "utf8").split("\n");
    // The meta page, which makes a transaction valid, goes through a descriptor that waits for the disk.
    const dsync = lines.find((line) => /m2mgw\.mdb".*O_DSYNC/.test(line));
    const meta = dsync?.match(/= (\d+)$/)?.[1];
    expect(meta).toBeDefined();
    let flushed = "nothing";
    const told: string[] = [];
    for (const line of lines) {
      if (/fdatasync\(\d+\)\s+= 0/.test(line)) flushed = "pages";
      else if (line.includes(`pwrite64(${meta}, `) && flushed === "pages") flushed = "all";
      else if (/pwrite(64|v)\(/.test(line)) flushed = "nothing";
      const said = line.match(/write\(1, "(\d+)\\n"/)?.[1];
      if (said === undefined) continue;
      told.push(`${said} after ${flushed}`);
      flushed = "nothing";
    }
    expect(told).toEqual(Array.from({ length: 20 }, (_, n) => `${n + 1} after all`));
  });
});

test("what was put is seen at once, whoever reads meanwhile, and however the file has grown", async () => {
  const { store, close } = openHoldStore(tempDir());
  onTestFinished(close);
  const large = request({ content: content("json", JSON.stringify("x".repeat(100_000))) });
  let isReading = true;
  const reading = (async () => {
    while (isReading) {
      store.nextExpiry();
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  for (let sequence = 1; sequence <= 100; sequence += 1) {
    await store.put(held({ sequence, request: large }));
    expect(store.lastSequence).toBe(sequence);
  }
  isReading = false;
  await reading;
  expect([...store.list()]).toHaveLength(100);
});

test("a disk that is nearly full has no room for newcomers, and lets go of what is there", async () => {
  let free = 17 * 1024 * 1024;
  const { store, close } = openHoldStore(tempDir(), undefined, () => free);
  onTestFinished(close);
  expect(store.hasRoom).toBe(true);
  await store.put(held({ sequence: 1 }));
  free = 15 * 1024 * 1024;
  expect(store.hasRoom).toBe(false);
  await store.remove(AE, 1);
  expect([...store.list()]).toEqual([]);
});

test.skipIf(!hasCommand("prlimit"))(
  "a full disk fails a whole turn and changes nothing; with room again all goes on",
  async () => {
    const limit = 'trap "" XFSZ; ulimit -S -f 4096; exec "$@"';
    const args = ["-c", limit, "bash", ...child("hold-until-full.ts", tempDir())];
    const writer = await startChild("bash", args);
    await writer.ended;
    const { failures, before, failed, after, reopened } = JSON.parse(writer.output());
    expect(failures).toEqual(["GW_STORE_FAILED", "GW_STORE_FAILED", "GW_STORE_FAILED"]);
    expect(before.held).toBeGreaterThan(10);
    expect(failed).toEqual(before);
    expect(after).toEqual({
      held: before.held,
      last: 1_000_000,
      usage: { count: before.held, bytes: 300 * before.held },
      next: 2_000,
    });
    expect(reopened).toEqual(after);
  },
);

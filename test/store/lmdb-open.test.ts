import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { open } from "lmdb";
import { describe, expect, onTestFinished, test } from "vitest";
import { openState, type State } from "../../src/store/lmdb-open.ts";
import { startChild } from "../helpers/child.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const PAGE = 4096;

async function opened(dir: string): Promise<State> {
  const state = await openState(dir);
  onTestFinished(() => state.close());
  return state;
}

/** A state directory with a closed file of some size in it. */
async function filled(): Promise<{ dir: string; file: string }> {
  const dir = tempDir();
  const state = await openState(dir);
  const table = state.table("filler");
  const numbers = Array.from({ length: 300 }, (_, n) => n);
  await Promise.all(numbers.map((n) => table.put(`key-${n}`, { text: "x".repeat(100) })));
  await state.close();
  return { dir, file: join(dir, "m2mgw.mdb") };
}

function overwrite(file: string, at: number, bytes: Uint8Array): void {
  const descriptor = openSync(file, "r+");
  writeSync(descriptor, bytes, 0, bytes.length, at);
  closeSync(descriptor);
}

describe("what was written", () => {
  test("is there again after closing and opening, table by table", async () => {
    const dir = tempDir();
    const first = await openState(dir);
    await first.table("one").put("a", { n: 1 });
    await first.table("two").put("a", { n: 2 });
    await first.close();
    const second = await opened(dir);
    expect([...second.table("one").entries()]).toEqual([["a", { n: 1 }]]);
    expect([...second.table("two").entries()]).toEqual([["a", { n: 2 }]]);
  });

  test("is there after kill -9, once its put resolved", async () => {
    const dir = tempDir();
    const script = join(import.meta.dirname, "put-until-killed.ts");
    const child = await startChild(process.execPath, ["--import", "tsx", script, dir]);
    let last = -1;
    await new Promise<void>((resolve) => {
      child.onLine((line) => {
        last = Number(line);
        if (last === 50) resolve();
      });
    });
    await child.stop("SIGKILL");
    const state = await opened(dir);
    const found = new Map(state.table<{ n: number }>("numbers").entries());
    expect(last).toBeGreaterThanOrEqual(50);
    for (let n = 0; n <= last; n += 1) expect(found.get(`key-${n}`)).toEqual({ n });
  });

  test("is there after a close that did not wait for it", async () => {
    const dir = tempDir();
    const state = await openState(dir);
    const written = state.table("one").put("a", { n: 1 });
    await state.close();
    await written;
    expect([...(await opened(dir)).table("one").entries()]).toEqual([["a", { n: 1 }]]);
  });
});

test("the directory is made for its owner only, with one file and its lock in it", async () => {
  const dir = join(tempDir(), "deep", "state");
  await opened(dir);
  expect(statSync(dir).mode & 0o777).toBe(0o700);
  expect(statSync(join(dir, "m2mgw.mdb")).mode & 0o777).toBe(0o600);
  expect(readdirSync(dir)).toEqual(["m2mgw.mdb", "m2mgw.mdb-lock"]);
});

test("the rest of an earlier start that never finished is no obstacle", async () => {
  const dir = tempDir();
  writeFileSync(join(dir, "m2mgw.mdb.new"), "half");
  expect([...(await opened(dir)).table("one").entries()]).toEqual([]);
});

test("closing twice is closing once, and later writes fail", async () => {
  const state = await openState(tempDir());
  const table = state.table("one");
  await state.close();
  await state.close();
  await expect(table.put("a", {})).rejects.toMatchObject({ code: "GW_STORE_FAILED" });
  await expect(table.remove("a")).rejects.toMatchObject({ code: "GW_STORE_FAILED" });
});

describe("a file that is not a sound state file is reported and left as it is:", () => {
  interface Fault {
    readonly title: string;
    readonly spoil: (file: string) => void | Promise<void>;
    readonly says: RegExp;
  }
  const faults: readonly Fault[] = [
    { title: "empty", spoil: (file) => writeFileSync(file, ""), says: /is empty/ },
    {
      title: "short text",
      spoil: (file) => writeFileSync(file, "hello"),
      says: /too short for an LMDB file/,
    },
    {
      title: "some other file",
      spoil: (file) => writeFileSync(file, "#!/bin/sh\n".repeat(2000)),
      says: /is not an LMDB file/,
    },
    {
      title: "LMDB 0.9",
      spoil: (file) => {
        const page = Buffer.alloc(2 * PAGE);
        page.writeUInt32LE(0xbeefc0de, 16);
        page.writeUInt32LE(1, 20);
        writeFileSync(file, page);
      },
      says: /LMDB 0\.9/,
    },
    {
      title: "one page missing at its end",
      spoil: (file) => truncateSync(file, statSync(file).size - PAGE),
      says: /is truncated: it has \d+ of \d+ bytes/,
    },
    {
      title: "cut after the first page",
      spoil: (file) => truncateSync(file, PAGE),
      says: /second meta page/,
    },
    {
      title: "second meta page overwritten",
      spoil: (file) => overwrite(file, PAGE, Buffer.alloc(PAGE, 0x55)),
      says: /second meta page/,
    },
    {
      title: "impossible page size",
      spoil: (file) => overwrite(file, 48, Buffer.from([1, 0, 0, 0])),
      says: /pages would be 1 bytes/,
    },
    {
      title: "data version of the future",
      spoil: (file) => overwrite(file, 28, Buffer.from([9, 0, 0, 0])),
      says: /data version 9, not 2/,
    },
    {
      title: "inner pages overwritten",
      spoil: (file) =>
        overwrite(file, 2 * PAGE, Buffer.alloc(statSync(file).size - 2 * PAGE, 0xa5)),
      says: /is damaged: reading all of it failed/,
    },
    {
      title: "LMDB file of another program",
      spoil: async (file) => {
        const { dir, made } = await otherProgramsFile();
        copyFileSync(join(dir, made), file);
      },
      says: /LMDB file of something else/,
    },
    {
      title: "schema of another version",
      spoil: async (file) => {
        const { dir, made } = await otherProgramsFile(["m2mgw-schema", 99]);
        copyFileSync(join(dir, made), file);
      },
      says: /has schema version 99, and this program reads version 1/,
    },
  ];

  test.each(faults)("$title", async ({ spoil, says }) => {
    const { dir, file } = await filled();
    await spoil(file);
    const before = readFileSync(file);
    const error: unknown = await openState(dir).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "GW_STORE_FAILED" });
    expect(String(error)).toMatch(says);
    expect(String(error)).toContain(file);
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  test("a directory in its place", async () => {
    const dir = tempDir();
    mkdirSync(join(dir, "m2mgw.mdb"));
    await expect(openState(dir)).rejects.toThrow(/m2mgw\.mdb is not a file/);
  });
});

describe("LMDB counts pages that it never wrote since it did not need them:", () => {
  /** What the newer meta page says: its place, and in it, after the magic, the last page and where the free list is. */
  function metaOf(file: string): { readonly at: number; readonly last: bigint } {
    const bytes = readFileSync(file);
    const transaction = (at: number) => bytes.readBigUInt64LE(at + 24 + 128);
    const at = transaction(0) > transaction(PAGE) ? 0 : PAGE;
    return { at, last: bytes.readBigUInt64LE(at + 24 + 120) };
  }

  function countMore(file: string, pages: bigint): void {
    const { at, last } = metaOf(file);
    const number = Buffer.alloc(8);
    number.writeBigUInt64LE(last + pages);
    overwrite(file, at + 24 + 120, number);
  }

  test("a file that lacks no others is opened, and goes on", async () => {
    const { dir, file } = await filled();
    countMore(file, 7n);
    const state = await openState(dir);
    const table = state.table("filler");
    expect([...table.entries()]).toHaveLength(300);
    await Promise.all(Array.from({ length: 300 }, (_, n) => table.put(`more-${n}`, { n })));
    await state.close();
    expect([...(await opened(dir)).table("filler").entries()]).toHaveLength(600);
  });

  test("one that lacks what is stored, too, is truncated", async () => {
    const { dir, file } = await filled();
    countMore(file, 7n);
    truncateSync(file, statSync(file).size - 2 * PAGE);
    await expect(openState(dir)).rejects.toThrow(/is truncated: it has \d+ of \d+ bytes/);
  });

  test("so is one that lacks a page of the list of what is free, which nobody has to read", async () => {
    const dir = tempDir();
    const state = await openState(dir);
    const table = state.table("filler");
    const keys = Array.from({ length: 8_000 }, (_, n) => `key-${n}`);
    const text = "x".repeat(1_000);
    await Promise.all(keys.map((key) => table.put(key, { text })));
    await Promise.all(keys.map((key) => table.remove(key)));
    await state.close();
    const file = join(dir, "m2mgw.mdb");
    truncateSync(file, statSync(file).size - PAGE);
    await expect(openState(dir)).rejects.toThrow(/is truncated/);
  });
});

test("a state directory that cannot be made is reported", async () => {
  const file = join(tempDir(), "file");
  writeFileSync(file, "");
  await expect(openState(join(file, "state"))).rejects.toMatchObject({
    code: "GW_STORE_FAILED",
    message: expect.stringContaining("cannot be opened"),
  });
});

async function otherProgramsFile(
  [key, value]: [string, unknown] = ["theirs", 1],
): Promise<{ dir: string; made: string }> {
  const dir = tempDir();
  const made = "other.mdb";
  const root = open<unknown, string>({ path: join(dir, made), noSubdir: true });
  await root.put(key, value);
  await root.close();
  return { dir, made };
}

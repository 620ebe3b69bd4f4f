import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
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
import { layoutOf, NodeHeader, PageHeader, type TableLayout } from "./lmdb-layout.ts";

const PAGE = 4096;
/** That are damaged at random. */
const FILES = 150;
const LONG = Buffer.from([0xff, 0x0f]);
/** Than a value of the filler is. */
const LONGER = Buffer.from([0xff, 0x00]);
const ODD = Buffer.from([0x0d]);

async function opened(dir: string): Promise<State> {
  const state = await openState(dir);
  onTestFinished(() => state.close());
  return state;
}

/** A state directory with a closed file of some size in it, with one value that has pages of its own. */
async function filled(): Promise<{ dir: string; file: string }> {
  const dir = tempDir();
  const state = await openState(dir);
  const table = state.table("filler");
  await table.put("long", { text: "x".repeat(400_000) });
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

/** In the place of the first page that the list of what is free names. */
function nameAsFree(file: string, number: number): void {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(number));
  overwrite(file, layout(file).free + 8, bytes);
}

const layout = (file: string): TableLayout => layoutOf(file, "filler", PAGE);
const IS_DAMAGED = /is damaged: its page \d+ is damaged/;

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
      says: /is damaged: its page \d+ is damaged/,
    },
    {
      title: "cut within a long value",
      spoil: (file) => truncateSync(file, layout(file).apart + 2 * PAGE),
      says: /is truncated: it has \d+ of \d+ bytes/,
    },
    {
      title: "a long value that says it is longer than it is",
      spoil: (file) => overwrite(file, layout(file).apart + PageHeader.PAGES, Buffer.from([200])),
      says: IS_DAMAGED,
    },
    {
      title: "a value that would go on behind its page",
      spoil: (file) => overwrite(file, layout(file).leafNode + NodeHeader.VALUE_LENGTH, LONG),
      says: IS_DAMAGED,
    },
    {
      title: "a key that would",
      spoil: (file) => overwrite(file, layout(file).leafNode + NodeHeader.KEY_LENGTH, LONG),
      says: IS_DAMAGED,
    },
    {
      title: "a value that lies over another one",
      spoil: (file) => overwrite(file, layout(file).leafNode + NodeHeader.VALUE_LENGTH, LONGER),
      says: IS_DAMAGED,
    },
    {
      title: "a node at an odd place",
      spoil: (file) => overwrite(file, layout(file).leaf + PageHeader.PLACES, ODD),
      says: IS_DAMAGED,
    },
    {
      title: "a page from a transaction that was not yet",
      spoil: (file) => overwrite(file, layout(file).leaf + PageHeader.TRANSACTION + 4, ODD),
      says: IS_DAMAGED,
    },
    {
      title: "a page in the place of another",
      spoil: (file) => overwrite(file, layout(file).leaf + PageHeader.NUMBER, Buffer.from([1])),
      says: IS_DAMAGED,
    },
    {
      title: "a branch that leads to one page twice",
      spoil: (file) => {
        const [first, second] = layout(file).branchNodes;
        overwrite(file, second, readFileSync(file).subarray(first, first + 4));
      },
      says: IS_DAMAGED,
    },
    {
      title: "a branch that leads out of the file",
      spoil: (file) => overwrite(file, layout(file).branchNodes[0], Buffer.from([0, 0, 1, 0])),
      says: /is damaged: it has no page 65536/,
    },
    {
      title: "a page with fewer entries than there were",
      spoil: (file) => {
        const used = layout(file).leaf + PageHeader.USED;
        overwrite(file, used, Buffer.from([readFileSync(file).readUInt8(used) - 2]));
      },
      says: /is damaged: it has \d+ of \d+ entries of a tree/,
    },
    {
      title: "a page that was given up",
      spoil: (file) =>
        overwrite(file, layout(file).leaf + PageHeader.FLAGS + 1, Buffer.from([0x40])),
      says: IS_DAMAGED,
    },
    {
      title: "a meta page that says it is another",
      spoil: (file) => overwrite(file, PageHeader.FLAGS, Buffer.from([2])),
      says: /first meta page/,
    },
    {
      title: "a meta page that says all is encrypted",
      spoil: (file) => overwrite(file, 53, Buffer.from([0x60])),
      says: /first meta page/,
    },
    {
      title: "more pages than can be",
      spoil: (file) => {
        for (const page of [0, PAGE]) overwrite(file, page + 24 + 125, ODD);
      },
      says: /it would be \d+ bytes/,
    },
    {
      title: "a table of tables that is of another kind",
      spoil: (file) => {
        for (const page of [0, PAGE]) overwrite(file, page + 24 + 76, Buffer.from([4]));
      },
      says: /a table of another kind/,
    },
    {
      title: "meta pages that do not agree on the size of pages",
      spoil: (file) => overwrite(file, PAGE + 48, Buffer.from([0, 0x20])),
      says: /second meta page/,
    },
    {
      title: "a list of what is free that would go on behind its data",
      spoil: (file) => overwrite(file, layout(file).free, Buffer.from([9])),
      says: IS_DAMAGED,
    },
    {
      title: "one that names a page in use",
      spoil: (file) => nameAsFree(file, layout(file).leaf / PAGE),
      says: IS_DAMAGED,
    },
    {
      title: "one that names a meta page",
      spoil: (file) => nameAsFree(file, 1),
      says: IS_DAMAGED,
    },
    {
      title: "one that names a page behind the last",
      spoil: (file) => nameAsFree(file, 5_000),
      says: IS_DAMAGED,
    },
    {
      title: "one that names a page twice",
      spoil: (file) => {
        const { free } = layout(file);
        overwrite(file, free + 8, readFileSync(file).subarray(free + 16, free + 24));
      },
      says: IS_DAMAGED,
    },
    {
      title: "one that names more pages in a row than are free",
      spoil: (file) => nameAsFree(file, -90),
      says: IS_DAMAGED,
    },
    {
      title: "one that names pages of no transaction",
      spoil: (file) => overwrite(file, layout(file).freeKey, Buffer.alloc(8)),
      says: IS_DAMAGED,
    },
    {
      title: "one whose transactions do not ascend",
      spoil: (file) => overwrite(file, layout(file).freeKey + 1, ODD),
      says: IS_DAMAGED,
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
    expect([...table.entries()]).toHaveLength(301);
    await Promise.all(Array.from({ length: 300 }, (_, n) => table.put(`more-${n}`, { n })));
    await state.close();
    expect([...(await opened(dir)).table("filler").entries()]).toHaveLength(601);
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

test("whatever is damaged, what passes can be read and written, and the process lives", async () => {
  const script = join(import.meta.dirname, "use-damaged.ts");
  const args = ["--import", "tsx", script, tempDir(), `${FILES}`];
  const child = await startChild(process.execPath, args);
  expect(await child.ended, child.output().slice(-500)).toBe(0);
  const { refused, used } = JSON.parse(child.output().split("\n").at(-2) ?? "");
  expect(refused + used).toBe(FILES);
  expect(Math.min(refused, used)).toBeGreaterThan(FILES / 10);
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

/**
 * Damages copies of a state file, each in another way, and uses all that is in those that the check lets pass: what then
 * ends this process would end a gateway. Prints how each is damaged before it does, and at the end how many were refused
 * and how many used. Arguments: a directory, how many, and the number of the first.
 */
import {
  closeSync,
  copyFileSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { GatewayError } from "../../src/base/errors.ts";
import type { EntityId } from "../../src/primitive/identifiers.ts";
import { LmdbChanges } from "../../src/store/lmdb-changes.ts";
import { checkStateFile } from "../../src/store/lmdb-check.ts";
import { LmdbHoldStore } from "../../src/store/lmdb-hold-store.ts";
import { openState } from "../../src/store/lmdb-open.ts";
import { type LmdbRoot, openRoot, SCHEMA_KEY } from "../../src/store/lmdb-root.ts";
import { LmdbWrites } from "../../src/store/lmdb-writes.ts";
import { AE, codecs, content, held, letter, OTHER, request } from "./held.ts";
import { LIMITS } from "./hold-store-contract.ts";

const PAGE = 4_096;
const ENTRIES = 400;
const [dir = "", count = "1", first = "0"] = process.argv.slice(2);

const sound = await filled();
const pages = statSync(sound).size / PAGE;
const tally = { refused: 0, used: 0 };
for (let number = Number(first); number < Number(first) + Number(count); number += 1) {
  const file = join(dir, `damaged-${number}.mdb`);
  copyFileSync(sound, file);
  process.stdout.write(`${number}: ${damage(file, below(number))}\n`);
  tally[await useIfSound(file)] += 1;
  rmSync(file);
  rmSync(`${file}-lock`, { force: true });
}
process.stdout.write(`${JSON.stringify(tally)}\n`);

/** A file with all that a state file has: tables, entries and their indexes, long contents, dead letters, free pages. */
async function filled(): Promise<string> {
  const state = await openState(dir);
  const parts = { codecs, deadLetters: LIMITS, onUnreadable: () => {} };
  const store = state.holdStore(parts);
  const registreeOf = (sequence: number): EntityId => (sequence % 3 === 0 ? OTHER : AE);
  const entry = (sequence: number) => {
    const text = JSON.stringify({ text: "x".repeat(sequence % 20 === 0 ? 30_000 : 300) });
    const body = request({ content: content("json", text) });
    return held({ registree: registreeOf(sequence), sequence, request: body });
  };
  const sequences = Array.from({ length: ENTRIES }, (_, n) => n + 1);
  const table = state.table("one");
  await Promise.all([
    ...sequences.map((sequence) => store.put(entry(sequence))),
    ...sequences.map((n) => table.put(`key-${n}`, { n, text: "x".repeat(100) })),
  ]);
  await Promise.all(
    sequences.slice(0, ENTRIES / 4).map((sequence) => {
      const dead = sequence % 2 === 0 ? letter(entry(sequence), sequence) : undefined;
      return store.remove(registreeOf(sequence), sequence, dead);
    }),
  );
  await state.close();
  return join(dir, "m2mgw.mdb");
}

/** Numbers from 0 to before a limit, the same ones for the same seed. */
function below(seed: number): (limit: number) => number {
  let state = Math.imul(seed + 1, 0x9e37_79b1);
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

/** @returns what was done to the file */
function damage(file: string, next: (limit: number) => number): string {
  const page = 2 + next(pages - 2);
  const kind = next(8);
  if (kind === 0) {
    truncateSync(file, page * PAGE);
    return `cut to ${page} pages`;
  }
  if (kind === 1) {
    overwrite(file, page * PAGE, Buffer.alloc(PAGE, next(2) * 0xff));
    return `page ${page} is blank`;
  }
  if (kind === 2) {
    const other = 2 + next(pages - 2);
    overwrite(file, page * PAGE, pageOf(file, other));
    return `page ${page} is page ${other}`;
  }
  // Mostly where a page says what there is on it.
  const at = next(kind < 6 ? 64 : PAGE - 4);
  const bytes = Buffer.from(Array.from({ length: 1 + next(4) }, () => next(0x100)));
  overwrite(file, page * PAGE + at, bytes);
  return `page ${page} has ${bytes.toString("hex")} at ${at}`;
}

function pageOf(file: string, page: number): Buffer {
  const bytes = Buffer.alloc(PAGE);
  const descriptor = openSync(file, "r");
  readSync(descriptor, bytes, 0, PAGE, page * PAGE);
  closeSync(descriptor);
  return bytes;
}

function overwrite(file: string, at: number, bytes: Buffer): void {
  const descriptor = openSync(file, "r+");
  writeSync(descriptor, bytes, 0, bytes.length, at);
  closeSync(descriptor);
}

async function useIfSound(file: string): Promise<keyof typeof tally> {
  try {
    await checkStateFile(file);
  } catch (error) {
    if (error instanceof GatewayError) return "refused";
    throw error;
  }
  const root = openRoot(file);
  try {
    await use(root);
  } catch (error) {
    // Errors may come of what values say: the check does not know what they mean.
    process.stdout.write(`  ${error}\n`);
  } finally {
    await root.close();
  }
  return "used";
}

async function use(root: LmdbRoot): Promise<void> {
  for (const name of [...root.getKeys()]) {
    if (name === SCHEMA_KEY) continue;
    const asBytes = { keyEncoding: "binary", encoding: "binary" } as const;
    for (const _ of root.openDB({ name, ...asBytes }).getRange());
  }
  const changes = new LmdbChanges(root);
  const writer = {
    write: (batch: Parameters<LmdbChanges["commit"]>[0], settled: (failure: unknown) => void) => {
      const failure = failureOf(() => changes.commit(batch));
      queueMicrotask(() => settled(failure));
    },
    close: async () => {},
  };
  const writes = new LmdbWrites(
    writer,
    () => root.resetReadTxn(),
    () => {},
  );
  const freeBytes = () => Number.POSITIVE_INFINITY;
  const parts = { codecs, deadLetters: LIMITS, freeBytes, onUnreadable: () => {} };
  const store = new LmdbHoldStore(root, writes, parts);
  const all = [...store.list()];
  const half = all.filter(({ sequence }) => sequence % 2 === 0);
  const more = half.map((it) => ({ ...it, sequence: it.sequence + ENTRIES }));
  await Promise.allSettled(all.map((it) => store.markSent(it.registree, it.sequence)));
  await Promise.allSettled(half.map((it) => store.remove(it.registree, it.sequence)));
  await Promise.allSettled(more.map((it) => store.put(it)));
  for (const { registree, sequence } of [...store.list()].slice(0, 3)) {
    await Promise.allSettled([store.remove(registree, sequence)]);
  }
}

function failureOf(act: () => void): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}

import { execFile } from "node:child_process";
import { type FileHandle, open, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { promisify } from "node:util";
import { GatewayError } from "../base/errors.ts";
import { BYTE_TABLE_PREFIX } from "./lmdb-bytes.ts";
import { freeListEnd } from "./lmdb-free-list.ts";
import { isMarked } from "./lmdb-mark.ts";
import { MAX_TABLES, SCHEMA, SCHEMA_KEY } from "./lmdb-root.ts";

const MAGIC = 0xbeefc0de;
/** Of LMDB 1.0, which the lmdb package carries. */
const DATA_VERSION = 2;
/** LMDB 1.0 puts its meta behind a page header of 24 bytes; 0.9, whose version is 1, behind one of 16. */
const META_AT = 24;
const META_AT_0_9 = 16;
/** Offsets from the magic. */
const PAGE_SIZE_AT = 24;
const FREE_LIST_AT = 64;
const LAST_PAGE_AT = 120;
const TRANSACTION_AT = 128;
const META_BYTES = 136;
const PAGE_SIZES = [512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536];

/** The least that reading all of a file may take. */
const PROBE_MILLIS = 60_000;
/** A disk that reads less of it in a millisecond is as good as broken. */
const SLOWEST = 4_096;
/** Reads all there is, so that what would end a process ends this one. */
const PROBE = `
const [lmdb, path, schemaKey, schema, maxDbs, byteTables] = process.argv.slice(1);
const root = require(lmdb).open({ path, readOnly: true, noSubdir: true, maxDbs: Number(maxDbs) });
const found = root.get(schemaKey);
if (found === Number(schema)) {
  for (const name of [...root.getKeys()].filter((key) => key !== schemaKey)) {
    const bytes = { keyEncoding: "binary", encoding: "binary" };
    const table = root.openDB({ name, ...(name.startsWith(byteTables) ? bytes : {}) });
    let read = 0;
    for (const _ of table.getRange()) read += 1;
    const { entryCount } = table.getStats();
    if (read !== entryCount) throw new Error(name + " has " + read + " of its " + entryCount + " entries");
  }
}
process.stdout.write(JSON.stringify({ schema: found }));
`;

/**
 * Makes sure that opening the LMDB file at `path` cannot end this process: lmdb crashes on files that are not
 * its own or damaged inside, and reading a truncated one is a SIGBUS.
 *
 * The two meta pages are looked at first; then another process opens the file for reading and reads all of it, unless
 * it is as it was when it was closed.
 *
 * @throws GatewayError GW_STORE_FAILED, naming the file and what is wrong with it
 */
export async function checkStateFile(path: string): Promise<void> {
  const { fault, cut } = await metaLooks(path);
  if (fault !== undefined) throw stateFault(path, fault);
  if (await isMarked(path)) return;
  const failed = cut ?? "is damaged: reading all of it failed in a process of its own";
  const found = await probeFault(path, failed);
  if (found !== undefined) throw stateFault(path, found);
}

/** @returns an error for whoever starts the gateway, not for an originator */
export function stateFault(path: string, fault: string, cause?: unknown): GatewayError {
  const detail = `${path} ${fault}; it was left as it is`;
  return new GatewayError("GW_STORE_FAILED", { detail, cause });
}

/** What the meta pages tell of a file. */
interface Looks {
  /** Why it must not be opened. */
  readonly fault?: string;
  /** How it is shorter than it has pages; those that are missing may be free ones. */
  readonly cut?: string;
}

async function metaLooks(path: string): Promise<Looks> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, "r");
    const stat = await file.stat();
    if (!stat.isFile()) return { fault: "is not a file" };
    if (stat.size === 0) return { fault: "is empty" };
    const first = await readMeta(file, 0);
    if (first === undefined) return { fault: "is too short for an LMDB file" };
    if (first.readUInt32LE(META_AT) !== MAGIC) {
      return first.readUInt32LE(META_AT_0_9) === MAGIC
        ? { fault: "was written by LMDB 0.9, not by this program" }
        : { fault: "is not an LMDB file" };
    }
    const pageSize = first.readUInt32LE(META_AT + PAGE_SIZE_AT);
    if (!PAGE_SIZES.includes(pageSize)) {
      return { fault: `is damaged: its pages would be ${pageSize} bytes` };
    }
    const second = await readMeta(file, pageSize);
    if (second === undefined || second.readUInt32LE(META_AT) !== MAGIC) {
      return { fault: "is damaged: its second meta page is not one" };
    }
    const versions = [first, second].map((meta) => meta.readUInt32LE(META_AT + 4));
    const foreign = versions.find((version) => version !== DATA_VERSION);
    if (foreign !== undefined) {
      return { fault: `has LMDB data version ${foreign}, not ${DATA_VERSION}` };
    }
    const meta = newerOf(first, second);
    const needed = (meta.readBigUInt64LE(META_AT + LAST_PAGE_AT) + 1n) * BigInt(pageSize);
    if (needed <= BigInt(stat.size)) return {};
    const cut = `is truncated: it has ${stat.size} of ${needed} bytes`;
    // Pages that LMDB takes and gives back within one transaction are counted and never written.
    const root = meta.readBigUInt64LE(META_AT + FREE_LIST_AT);
    return (await hasFreeList(file, pageSize, root, stat.size)) ? { cut } : { fault: cut };
  } catch (cause) {
    throw stateFault(path, "cannot be read", cause);
  } finally {
    await file?.close();
  }
}

async function readMeta(file: FileHandle, at: number): Promise<Buffer | undefined> {
  const length = META_AT + META_BYTES;
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at);
  return bytesRead === length ? buffer : undefined;
}

/** The meta page of the newer transaction. */
function newerOf(first: Buffer, second: Buffer): Buffer {
  const transactionOf = (meta: Buffer) => meta.readBigUInt64LE(META_AT + TRANSACTION_AT);
  return transactionOf(second) > transactionOf(first) ? second : first;
}

/** No other process reads this list: LMDB does when it writes. */
async function hasFreeList(
  file: FileHandle,
  pageSize: number,
  root: bigint,
  size: number,
): Promise<boolean> {
  try {
    return (await freeListEnd(file, pageSize, root)) <= size;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** @param failed says that not all of it can be read */
async function probeFault(path: string, failed: string): Promise<string | undefined> {
  const lmdb = createRequire(import.meta.url).resolve("lmdb");
  const argv = [
    "-e",
    PROBE,
    lmdb,
    path,
    SCHEMA_KEY,
    String(SCHEMA),
    String(MAX_TABLES),
    BYTE_TABLE_PREFIX,
  ];
  const timeout = Math.max(PROBE_MILLIS, (await stat(path)).size / SLOWEST);
  try {
    const { stdout } = await promisify(execFile)(process.execPath, argv, {
      timeout,
      killSignal: "SIGKILL",
    });
    const { schema } = JSON.parse(stdout) as { schema?: unknown };
    if (schema === SCHEMA) return undefined;
    return schema === undefined
      ? "is an LMDB file of something else: it has no schema version"
      : `has schema version ${schema}, and this program reads version ${SCHEMA}`;
  } catch (cause) {
    const isSlow = cause instanceof Error && "killed" in cause && cause.killed === true;
    const fault = isSlow ? `could not be read within ${Math.round(timeout / 1000)} s` : failed;
    throw stateFault(path, fault, howItEnded(cause));
  }
}

/** Why a process failed, without its own text, which is in the message of whoever started it. */
function howItEnded(cause: unknown): unknown {
  if (!(cause instanceof Error && "stderr" in cause && "signal" in cause)) return cause;
  const said = /^\w*Error: .*$/m.exec(String(cause.stderr))?.[0];
  return new Error(said ?? `it ended with ${cause.signal ?? "no word"}`);
}

import { type FileHandle, open } from "node:fs/promises";
import { open as openLmdb } from "lmdb";
import { GatewayError } from "../base/errors.ts";
import { kindOf, NUMBERS, PageKind, type PageTree, pageTreeAt } from "./lmdb-format.ts";
import { isMarked } from "./lmdb-mark.ts";
import { PageFault, PageWalk } from "./lmdb-pages.ts";
import { MAX_TABLES, SCHEMA, SCHEMA_KEY } from "./lmdb-root.ts";

const MAGIC = 0xbeefc0de;
/** Of LMDB 1.0, which the lmdb package carries. */
const DATA_VERSION = 2;
/** LMDB 1.0 puts its meta behind a page header of 24 bytes; 0.9, whose version is 1, behind one of 16. */
const META_AT = 24;
const META_AT_0_9 = 16;
/** Offsets from the magic. The size of pages stands in the note of the list of what is free. */
const FREE_LIST_AT = 24;
const PAGE_SIZE_AT = FREE_LIST_AT;
const MAIN_TREE_AT = 72;
const LAST_PAGE_AT = 120;
const TRANSACTION_AT = 128;
const META_BYTES = 136;
/** Of the flags of the list of what is free, those that make another file of it: how a tree is made, and encryption. */
const FREE_LIST_FLAGS = 0x20ff;
/** There is no room to map more, and no file that long. */
const MOST_BYTES = 2 ** 44;
const PAGE_SIZES = [512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536];

/** What the newer of the two meta pages says of a file. */
interface Meta {
  readonly pageSize: number;
  readonly freeList: PageTree;
  readonly main: PageTree;
  readonly lastTransaction: number;
  /** In bytes: how long the file is, and would be with all pages that LMDB counts; those that are missing may be free ones. */
  readonly size: number;
  readonly wholeSize: number;
}

/**
 * Makes sure that opening the LMDB file at `path` cannot end this process: lmdb crashes on files that are not
 * its own or damaged inside, and reading a truncated one is a SIGBUS.
 *
 * The two meta pages are looked at first; then all pages that are in use, and which ones are free, unless the file is as
 * it was when it was closed.
 *
 * @throws GatewayError GW_STORE_FAILED, naming the file and what is wrong with it
 */
export async function checkStateFile(path: string): Promise<void> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, "r");
    const meta = await readMetas(file);
    if (typeof meta === "string") throw stateFault(path, meta);
    if (await isMarked(path)) return;
    await checkPages(file, meta, path);
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    throw stateFault(path, "cannot be read", cause);
  } finally {
    await file?.close();
  }
}

/** @returns an error for whoever starts the gateway, not for an originator */
export function stateFault(path: string, fault: string, cause?: unknown): GatewayError {
  const detail = `${path} ${fault}; it was left as it is`;
  return new GatewayError("GW_STORE_FAILED", { detail, cause });
}

/** @returns what is wrong with the file, if that shows */
async function readMetas(file: FileHandle): Promise<Meta | string> {
  const stat = await file.stat();
  if (!stat.isFile()) return "is not a file";
  if (stat.size === 0) return "is empty";
  const first = await readMeta(file, 0);
  if (first === undefined) return "is too short for an LMDB file";
  if (first.readUInt32LE(META_AT) !== MAGIC) {
    return first.readUInt32LE(META_AT_0_9) === MAGIC
      ? "was written by LMDB 0.9, not by this program"
      : "is not an LMDB file";
  }
  const pageSize = first.readUInt32LE(META_AT + PAGE_SIZE_AT);
  if (!PAGE_SIZES.includes(pageSize)) return `is damaged: its pages would be ${pageSize} bytes`;
  if (!isMeta(first, pageSize)) return "is damaged: its first meta page is not one";
  const second = await readMeta(file, pageSize);
  if (second === undefined || !isMeta(second, pageSize)) {
    return "is damaged: its second meta page is not one";
  }
  const versions = [first, second].map((meta) => meta.readUInt32LE(META_AT + 4));
  const foreign = versions.find((version) => version !== DATA_VERSION);
  if (foreign !== undefined) return `has LMDB data version ${foreign}, not ${DATA_VERSION}`;
  const newer = newerOf(first, second);
  const wholeSize = (Number(newer.readBigUInt64LE(META_AT + LAST_PAGE_AT)) + 1) * pageSize;
  if (wholeSize > MOST_BYTES) return `is damaged: it would be ${wholeSize} bytes`;
  return {
    pageSize,
    freeList: pageTreeAt(newer, META_AT + FREE_LIST_AT),
    main: pageTreeAt(newer, META_AT + MAIN_TREE_AT),
    lastTransaction: Number(transactionOf(newer)),
    size: stat.size,
    wholeSize,
  };
}

async function readMeta(file: FileHandle, at: number): Promise<Buffer | undefined> {
  const length = META_AT + META_BYTES;
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at);
  return bytesRead === length ? buffer : undefined;
}

/** Whether a page that is told by others to be a meta page says so itself. */
function isMeta(page: Buffer, pageSize: number): boolean {
  const isOne = kindOf(page) === PageKind.META && page.readUInt32LE(META_AT) === MAGIC;
  const { flags } = pageTreeAt(page, META_AT + FREE_LIST_AT);
  const isOurs = (flags & FREE_LIST_FLAGS) === NUMBERS;
  return isOne && isOurs && page.readUInt32LE(META_AT + PAGE_SIZE_AT) === pageSize;
}

const transactionOf = (meta: Buffer): bigint => meta.readBigUInt64LE(META_AT + TRANSACTION_AT);

/** The meta page of the newer transaction. */
function newerOf(first: Buffer, second: Buffer): Buffer {
  return transactionOf(second) > transactionOf(first) ? second : first;
}

/** @throws GatewayError GW_STORE_FAILED, and errors of the file system */
async function checkPages(file: FileHandle, meta: Meta, path: string): Promise<void> {
  const { size, wholeSize, freeList, main } = meta;
  try {
    const pages = Math.floor(Math.min(size, wholeSize) / meta.pageSize);
    const walk = new PageWalk(file, { ...meta, pages });
    const tables = await walk.follow([main]);
    // Whose file it is comes before what is in it; what tells is in the main tree, which is sound.
    await checkSchema(path);
    if ([main, ...tables].some(({ flags }) => flags !== 0))
      throw new PageFault("it has a table of another kind");
    const more = await walk.follow(tables);
    if (more.length > 0) throw new PageFault("it has a table within a table");
    await walk.followFree(freeList, wholeSize / meta.pageSize);
  } catch (fault) {
    if (!(fault instanceof PageFault)) throw fault;
    const isCut = fault.isMissing && size < wholeSize;
    const seen = isCut
      ? `truncated: it has ${size} of ${wholeSize} bytes`
      : `damaged: ${fault.message}`;
    throw stateFault(path, `is ${seen}`);
  }
}

/** @throws GatewayError GW_STORE_FAILED when the file is not ours, or that of another version */
async function checkSchema(path: string): Promise<void> {
  const root = openLmdb<unknown, string>({
    path,
    readOnly: true,
    noSubdir: true,
    maxDbs: MAX_TABLES,
  });
  const schema = root.get(SCHEMA_KEY);
  await root.close();
  if (schema === SCHEMA) return;
  throw stateFault(
    path,
    schema === undefined
      ? "is an LMDB file of something else: it has no schema version"
      : `has schema version ${schema}, and this program reads version ${SCHEMA}`,
  );
}

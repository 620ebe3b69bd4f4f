import type { FileHandle } from "node:fs/promises";

/** A page of LMDB's data version 2 begins with a header, then come offsets of its nodes, counted from behind the header. */
const HEADER = 24;
const FLAGS_AT = 18;
const OFFSETS_LENGTH_AT = 20;
const BRANCH = 0x01;
/** A node begins with the length of its data, its flags and the length of its key; on a branch with a page's number of 48 bits. */
const NODE = 8;
const CHILD_BYTES = 6;
const NODE_FLAGS_AT = 4;
const KEY_LENGTH_AT = 6;
/** Its data is on pages of its own: here are the number of the first, a transaction, and how many they are. */
const APART = 0x01;
const APART_COUNT_AT = 16;
const NO_PAGE = 0xffff_ffff_ffff_ffffn;

/**
 * How long a file must be to have all pages of the list in which LMDB keeps what is free, in bytes.
 *
 * @param root number of the list's first page
 * @throws RangeError when the file lacks some of them, or they are damaged
 */
export async function freeListEnd(
  file: FileHandle,
  pageSize: number,
  root: bigint,
): Promise<number> {
  const pages = root === NO_PAGE ? [] : [root];
  const seen = new Set<bigint>();
  let end = 0n;
  for (const number of pages) {
    if (seen.has(number)) throw new RangeError("a page is there twice");
    seen.add(number);
    const page = Buffer.alloc(pageSize);
    const { bytesRead } = await file.read(page, 0, pageSize, Number(number) * pageSize);
    if (bytesRead < pageSize) throw new RangeError("a page is missing");
    const isBranch = (page.readUInt16LE(FLAGS_AT) & BRANCH) !== 0;
    for (const node of nodesOf(page)) {
      if (isBranch) pages.push(BigInt(page.readUIntLE(node, CHILD_BYTES)));
      else end = larger(end, endApart(page, node));
    }
    end = larger(end, number + 1n);
  }
  return Number(end) * pageSize;
}

/** Where the nodes of a page begin. */
function nodesOf(page: Buffer): readonly number[] {
  const count = page.readUInt16LE(OFFSETS_LENGTH_AT) / 2;
  return Array.from({ length: count }, (_, n) => HEADER + page.readUInt16LE(HEADER + 2 * n));
}

/** Number of the page behind those that a node's data has of its own; 0 when it has none. */
function endApart(page: Buffer, node: number): bigint {
  if ((page.readUInt16LE(node + NODE_FLAGS_AT) & APART) === 0) return 0n;
  const data = node + NODE + page.readUInt16LE(node + KEY_LENGTH_AT);
  return page.readBigUInt64LE(data) + page.readBigUInt64LE(data + APART_COUNT_AT);
}

const larger = (one: bigint, other: bigint): bigint => (one > other ? one : other);

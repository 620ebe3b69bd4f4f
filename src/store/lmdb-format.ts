/**
 * How LMDB's data version 2 lays out its pages, as far as whoever checks them must know. Numbers stand in the byte order
 * of the machine, which is little-endian wherever Node.js runs with LMDB. Pages are counted from the beginning of the file.
 */

/** A tree of pages as it is noted in a meta page or as a table's data (`MDB_db`). */
export interface PageTree {
  readonly flags: number;
  readonly depth: number;
  readonly entries: number;
  /** `NO_PAGE` when the tree is empty. */
  readonly root: number;
}

/** Of a tree whose keys are numbers, as those of the list of what is free are. */
export const NUMBERS = 0x08;

/** Bytes that a number takes as a key, and in what is free. */
const NUMBER = 8;

/** Bytes that the note of a tree takes. */
export const TREE = 48;
const TREE_FLAGS_AT = 4;
const TREE_DEPTH_AT = 6;
const TREE_ENTRIES_AT = 32;
const TREE_ROOT_AT = 40;
export const NO_PAGE = Number(0xffff_ffff_ffff_ffffn);
/** LMDB goes no deeper. */
export const DEEPEST = 32;

/** A page begins with a header: its number, the transaction that wrote it, and what is named here. */
export const HEADER = 24;
export const TRANSACTION_AT = 8;
const FLAGS_AT = 18;
/** How many pages there are of data that has pages of its own; the first of them has a header. */
export const PAGES_AT = 20;
/** Behind the header: bytes that the places of the nodes take, and where the nodes begin. Places are counted from there, too. */
const LOWER_AT = 20;
const UPPER_AT = 22;

/** What a page is for. Others of the bits say that LMDB gave it up, which it then never wrote, or tell what it was doing. */
export const PageKind = { BRANCH: 0x01, LEAF: 0x02, APART: 0x04, META: 0x08 } as const;
const KINDS = 0x6f;
const GIVEN_UP = 0x4000;

/** A node begins with the length of its data, its flags and the length of its key; on a branch with the number of a page. */
const NODE = 8;
const CHILD_BYTES = 6;
const NODE_FLAGS_AT = 4;
const KEY_LENGTH_AT = 6;
/** What the data of a node on a leaf is: itself, or the note of pages that it has for its own, or of a tree. */
export const NodeKind = { PLAIN: 0, APART: 0x01, TREE: 0x02 } as const;
/** The note of pages: the number of the first, a transaction, and how many. */
const APART_NOTE = 24;
export const APART_COUNT_AT = 16;

/** @param at where the note of the tree begins; 48 bytes are there */
export function pageTreeAt(bytes: Buffer, at: number): PageTree {
  return {
    flags: bytes.readUInt16LE(at + TREE_FLAGS_AT),
    depth: bytes.readUInt16LE(at + TREE_DEPTH_AT),
    entries: numberAt(bytes, at + TREE_ENTRIES_AT),
    root: numberAt(bytes, at + TREE_ROOT_AT),
  };
}

export const kindOf = (page: Buffer): number => page.readUInt16LE(FLAGS_AT) & (KINDS | GIVEN_UP);

/** Where the nodes of a branch or a leaf begin; undefined when there is none, or one that is not where it may be. */
export function nodesOf(page: Buffer): readonly number[] | undefined {
  const places = page.readUInt16LE(LOWER_AT);
  const nodesAt = HEADER + page.readUInt16LE(UPPER_AT);
  const fits = places > 0 && places % 2 === 0 && HEADER + places <= nodesAt;
  if (!fits) return undefined;
  const isBranch = kindOf(page) === PageKind.BRANCH;
  const nodes: number[] = [];
  let room = page.length - nodesAt;
  for (let at = HEADER; at < HEADER + places; at += 2) {
    const node = HEADER + page.readUInt16LE(at);
    if (node % 2 !== 0 || node < nodesAt || node + NODE > page.length) return undefined;
    const length = dataAt(page, node) - node + (isBranch ? 0 : lengthHere(page, node));
    // They begin at even places, and what does not fit in all lies over something else.
    room -= length + (length % 2);
    if (node + length > page.length || room < 0) return undefined;
    nodes.push(node);
  }
  return nodes;
}

/** Whether the keys of a page of this tree ascend: whoever looks for one takes it for granted. */
export function isInOrder(page: Buffer, nodes: readonly number[], { flags }: PageTree): boolean {
  // The first key of a branch stands for all that are less than the second.
  const keys = kindOf(page) === PageKind.BRANCH ? nodes.slice(1) : nodes;
  const isNumbers = (flags & NUMBERS) !== 0;
  if (isNumbers && !keys.every((node) => keyLength(page, node) === NUMBER)) return false;
  const isLess = isNumbers ? isLessAsNumber : isLessAsBytes;
  return keys.every((key, n) => n === 0 || isLess(page, keys[n - 1] ?? 0, key));
}

/** Whether the key of a node is 0, of a tree whose keys are numbers: no transaction has it. */
export const isKeyZero = (page: Buffer, node: number): boolean => numberAt(page, node + NODE) === 0;

const isLessAsNumber = (page: Buffer, one: number, other: number): boolean =>
  numberAt(page, one + NODE) < numberAt(page, other + NODE);

function isLessAsBytes(page: Buffer, one: number, other: number): boolean {
  const oneLength = keyLength(page, one);
  const otherLength = keyLength(page, other);
  for (let at = NODE; at < NODE + Math.min(oneLength, otherLength); at += 1) {
    const difference = (page[one + at] ?? 0) - (page[other + at] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return oneLength < otherLength;
}

/** The page that a node on a branch stands for. */
export const childOf = (page: Buffer, node: number): number => page.readUIntLE(node, CHILD_BYTES);

export const nodeKindOf = (page: Buffer, node: number): number =>
  page.readUInt16LE(node + NODE_FLAGS_AT);

/** How long the data of a node on a leaf is, wherever it is. */
export const dataLength = (page: Buffer, node: number): number => page.readUInt32LE(node);

/** How much of the data of a node on a leaf is there with it. */
function lengthHere(page: Buffer, node: number): number {
  switch (nodeKindOf(page, node)) {
    case NodeKind.PLAIN:
      return dataLength(page, node);
    case NodeKind.APART:
      return APART_NOTE;
    case NodeKind.TREE:
      return TREE;
    default:
      return Number.POSITIVE_INFINITY;
  }
}

/** Where the data of a node on a leaf begins, or the note of it. */
export const dataAt = (page: Buffer, node: number): number => node + NODE + keyLength(page, node);

const keyLength = (page: Buffer, node: number): number => page.readUInt16LE(node + KEY_LENGTH_AT);

/** Pages that are free, from the first on. */
export interface FreePages {
  readonly first: number;
  readonly count: number;
}

/**
 * What data of the list of what is free says: how many numbers there are, and these. One is a page, or 0; one less than
 * 0 says of how many pages the next is the first.
 *
 * @returns undefined behind what is sound of it
 */
export function* freePagesOf(data: Buffer): Generator<FreePages | undefined> {
  const end = data.length < NUMBER ? Number.NaN : NUMBER * (1 + numberAt(data, 0));
  if (data.length % NUMBER !== 0 || !(end <= data.length)) return yield undefined;
  for (let at = NUMBER; at < end; at += NUMBER) {
    const number = Number(data.readBigInt64LE(at));
    if (number > 0) yield { first: number, count: 1 };
    if (number >= 0) continue;
    at += NUMBER;
    if (at === data.length) return yield undefined;
    yield { first: Number(data.readBigInt64LE(at)), count: -number };
  }
}

/** A number of 64 bits; one that is greater than any page's need not be exact. */
export const numberAt = (bytes: Buffer, at: number): number =>
  bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 0x1_0000_0000;

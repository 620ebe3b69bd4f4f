import { readFileSync } from "node:fs";

/** Places in an LMDB file, in bytes from its beginning: pages, and nodes on them. */
export interface TableLayout {
  /** The root of the table, its first leaf, and the first page of the value that has pages of its own. */
  readonly branch: number;
  readonly leaf: number;
  readonly apart: number;
  /** The first two nodes of the branch, and the first of the leaf. */
  readonly branchNodes: readonly [number, number];
  readonly leafNode: number;
  /** In the list of what is free, the key of its first record and the data of it: numbers, and how many before them. */
  readonly freeKey: number;
  readonly free: number;
}

/** Of the page header: where it says from which transaction the page is, what it is for, how many follow it, and what is used. */
export const PageHeader = {
  NUMBER: 0,
  TRANSACTION: 8,
  FLAGS: 18,
  PAGES: 20,
  USED: 20,
  PLACES: 24,
} as const;
/** Of a node: where it says how long its value and its key are. */
export const NodeHeader = { VALUE_LENGTH: 0, KEY_LENGTH: 6 } as const;

const META = 24;
const FREE_ROOT = META + 24 + 40;
const MAIN_ROOT = META + 72 + 40;
const TRANSACTION = META + 128;
const TREE_ROOT = 40;
const NODE = 8;

/**
 * Where a table is whose root is a branch above leaves, and whose last value has pages of its own, in a file whose list
 * of what is free is a leaf.
 */
export function layoutOf(file: string, table: string, page: number): TableLayout {
  const bytes = readFileSync(file);
  const pageAt = (at: number) => Number(bytes.readBigUInt64LE(at)) * page;
  const nodesOf = (at: number) =>
    Array.from({ length: bytes.readUInt16LE(at + PageHeader.USED) / 2 }, (_, n) => {
      return at + META + bytes.readUInt16LE(at + PageHeader.PLACES + 2 * n);
    });
  const keyLength = (node: number) => bytes.readUInt16LE(node + NodeHeader.KEY_LENGTH);
  const dataOf = (node: number) => node + NODE + keyLength(node);
  const isOf = (node: number) => bytes.toString("latin1", node + NODE).startsWith(table);
  const childOf = (node: number) => bytes.readUIntLE(node, 6) * page;

  const newer = bytes.readBigUInt64LE(TRANSACTION) > bytes.readBigUInt64LE(page + TRANSACTION);
  const meta = newer ? 0 : page;
  const noted = nodesOf(pageAt(meta + MAIN_ROOT)).find(isOf) ?? 0;
  const branch = pageAt(dataOf(noted) + TREE_ROOT);
  const [first = 0, second = 0, ...more] = nodesOf(branch);
  const leaf = childOf(first);
  const [freeNode = 0] = nodesOf(pageAt(meta + FREE_ROOT));
  const last = nodesOf(childOf(more.at(-1) ?? second)).at(-1) ?? 0;
  return {
    branch,
    leaf,
    apart: pageAt(dataOf(last)),
    branchNodes: [first, second],
    leafNode: nodesOf(leaf)[0] ?? 0,
    freeKey: freeNode + NODE,
    free: dataOf(freeNode),
  };
}

import type { FileHandle } from "node:fs/promises";
import {
  APART_COUNT_AT,
  childOf,
  DEEPEST,
  dataAt,
  dataLength,
  type FreePages,
  freePagesOf,
  HEADER,
  isInOrder,
  isKeyZero,
  kindOf,
  NO_PAGE,
  NodeKind,
  nodeKindOf,
  nodesOf,
  numberAt,
  PAGES_AT,
  PageKind,
  type PageTree,
  pageTreeAt,
  TRANSACTION_AT,
  TREE,
} from "./lmdb-format.ts";

/** Read at once, in bytes. */
const PORTION = 1024 * 1024;
/** So many pages that nobody asked for are read rather than left out: one long read is faster than two. */
const GAP = 8;

/** What is known of a page, one byte each; from `OF_TREE` on it is a leaf of that tree among those followed, still to be read. */
const UNKNOWN = 0;
const READ = 1;
const APART_FIRST = 2;
const APART_NEXT = 3;
const OF_TREE = 4;
const MOST_TREES = 0x100 - OF_TREE;

/** What is wrong with the pages of a file, to go behind its name. */
export class PageFault extends Error {
  /** There should be more of the file. */
  readonly isMissing: boolean;

  constructor(fault: string, isMissing = false) {
    super(fault);
    this.isMissing = isMissing;
  }
}

const damaged = (page: number): PageFault => new PageFault(`its page ${page} is damaged`);
const missing = (page: number): PageFault => new PageFault(`it has no page ${page}`, true);

/**
 * Goes through the pages of an LMDB file that are in use, by reading and not by mapping them, and makes sure that LMDB
 * can go through them: it does not look where it is led, be it out of the file.
 *
 * Reads what is in use about once, mostly in the order of the file, and keeps one byte for each page.
 */
export class PageWalk {
  readonly #file: FileHandle;
  readonly #pageSize: number;
  readonly #lastTransaction: number;
  readonly #known: Uint8Array;
  readonly #portions = [Buffer.alloc(PORTION), Buffer.alloc(PORTION)] as const;

  /** @param extent `pages`: how many the file has */
  constructor(
    file: FileHandle,
    extent: {
      readonly pageSize: number;
      readonly pages: number;
      readonly lastTransaction: number;
    },
  ) {
    this.#file = file;
    this.#pageSize = extent.pageSize;
    this.#lastTransaction = extent.lastTransaction;
    // The first two are of no tree: they say where the trees begin.
    this.#known = new Uint8Array(extent.pages).fill(READ, 0, 2);
  }

  /**
   * Follows all there is of these trees. No page belongs to two of them, or to one that was followed before.
   *
   * @returns the trees that are noted in them as data
   * @throws PageFault, and errors of the file system
   */
  async follow(trees: readonly PageTree[]): Promise<readonly PageTree[]> {
    const found: PageTree[] = [];
    await this.#follow(trees, (page, number, node) => {
      if (nodeKindOf(page, node) !== NodeKind.TREE) return;
      if (dataLength(page, node) !== TREE) throw damaged(number);
      found.push(pageTreeAt(page, dataAt(page, node)));
    });
    return found;
  }

  /**
   * Follows the list of what is free, when all other trees have been followed: LMDB writes to the pages that it names,
   * and none of them may be in use, or named twice.
   *
   * @param counted how many pages LMDB counts, be they in the file or not
   * @throws PageFault, and errors of the file system
   */
  async followFree(list: PageTree, counted: number): Promise<void> {
    const records: FreeRecord[] = [];
    await this.#follow([list], (page, number, node) => {
      const kind = nodeKindOf(page, node);
      if (kind === NodeKind.TREE || isKeyZero(page, node)) throw damaged(number);
      const data = dataAt(page, node);
      const [first, within] =
        kind === NodeKind.APART ? [numberAt(page, data), HEADER] : [number, data];
      const at = first * this.#pageSize + within;
      records.push({ number, at, length: dataLength(page, node) });
    });
    for (const { number, at, length } of records) {
      const data = Buffer.alloc(length);
      if (!(await this.#fill(data, at))) throw missing(number);
      for (const free of freePagesOf(data)) {
        if (free === undefined || !this.#foundFree(free, counted)) throw damaged(number);
      }
    }
  }

  /** @returns false when one of these is none that can be free, is in use, or was found before */
  #foundFree({ first, count }: FreePages, counted: number): boolean {
    const end = first + count;
    if (first < 0 || end > counted) return false;
    const known = this.#known.subarray(first, end);
    if (!known.every((it) => it === UNKNOWN)) return false;
    known.fill(READ);
    return true;
  }

  /** @param look is shown each node of a leaf */
  async #follow(
    trees: readonly PageTree[],
    look: (page: Buffer, number: number, node: number) => void,
  ): Promise<void> {
    if (trees.length > MOST_TREES) throw new PageFault("it has too many tables");
    for (const [index, tree] of trees.entries()) await this.#followBranches(tree, OF_TREE + index);
    const entries = trees.map(() => 0);
    await this.#readThose(isLeaf, (page, number, known) => {
      const index = known - OF_TREE;
      const nodes = this.#nodes(page, number, PageKind.LEAF, trees[index]);
      entries[index] = (entries[index] ?? 0) + nodes.length;
      for (const node of nodes) {
        if (nodeKindOf(page, node) === NodeKind.APART) this.#followApart(page, number, node);
        look(page, number, node);
      }
    });
    for (const [index, tree] of trees.entries()) {
      if (entries[index] === tree.entries) continue;
      throw new PageFault(`it has ${entries[index]} of ${tree.entries} entries of a tree`);
    }
    await this.#readThose(isApart, (page, number) => {
      const count = page.readUInt32LE(PAGES_AT);
      const isSound = this.#isPage(page, number, PageKind.APART);
      if (!isSound || count !== this.#lengthFrom(number)) throw damaged(number);
    });
  }

  /** @param leaf what its leaves become known as */
  async #followBranches(tree: PageTree, leaf: number): Promise<void> {
    const { root, depth } = tree;
    if (root === NO_PAGE) return;
    if (depth === 0 || depth > DEEPEST) throw damaged(root);
    let level = [root];
    for (let down = 1; down < depth; down += 1) {
      const below: number[] = [];
      for (const number of level) {
        this.#found(number, READ);
        const page = await this.#read(number, number + 1, this.#portions[0]);
        for (const node of this.#nodes(page, number, PageKind.BRANCH, tree)) {
          below.push(childOf(page, node));
        }
      }
      level = below;
    }
    for (const number of level) this.#found(number, leaf);
  }

  #followApart(page: Buffer, number: number, node: number): void {
    const note = dataAt(page, node);
    const first = numberAt(page, note);
    const count = numberAt(page, note + APART_COUNT_AT);
    if (HEADER + dataLength(page, node) > count * this.#pageSize) throw damaged(number);
    this.#found(first, APART_FIRST);
    for (let next = first + 1; next < first + count; next += 1) this.#found(next, APART_NEXT);
  }

  /** How many pages there are of one piece of data. */
  #lengthFrom(first: number): number {
    let next = first + 1;
    while (this.#known[next] === APART_NEXT) next += 1;
    return next - first;
  }

  #found(number: number, as: number): void {
    const known = this.#known[number];
    if (known === undefined) throw missing(number);
    if (known !== UNKNOWN) throw damaged(number);
    this.#known[number] = as;
  }

  #nodes(page: Buffer, number: number, kind: number, tree?: PageTree): readonly number[] {
    const nodes = this.#isPage(page, number, kind) ? nodesOf(page) : undefined;
    if (nodes === undefined || (tree && !isInOrder(page, nodes, tree))) throw damaged(number);
    return nodes;
  }

  #isPage(page: Buffer, number: number, kind: number): boolean {
    // One that seems newer than all transactions LMDB takes for one that it is just making itself.
    const isOld = numberAt(page, TRANSACTION_AT) <= this.#lastTransaction;
    return isOld && numberAt(page, 0) === number && kindOf(page) === kind;
  }

  /** Reads in the order of the file, each page once. @param look is given memory that is used again */
  async #readThose(
    isWanted: (known: number) => boolean,
    look: (page: Buffer, number: number, known: number) => void,
  ): Promise<void> {
    const known = this.#known;
    const runs = this.#runs(isWanted);
    const [buffer, other] = this.#portions;
    // The next are read while these are looked at.
    let next = this.#readNext(runs, buffer);
    for (let turn = 0; ; turn += 1) {
      const read = await next;
      if (read === undefined) return;
      next = this.#readNext(runs, turn % 2 === 0 ? other : buffer);
      // Whatever fails first is told.
      next.catch(() => {});
      for (let number = read.first; number < read.end; number += 1) {
        const as = known[number] ?? UNKNOWN;
        if (!isWanted(as)) continue;
        known[number] = READ;
        const at = (number - read.first) * this.#pageSize;
        look(read.pages.subarray(at, at + this.#pageSize), number, as);
      }
    }
  }

  /** Pages that are read together: wanted ones, and those between them. */
  *#runs(isWanted: (known: number) => boolean): Generator<Run> {
    const isNext = (number: number): boolean => isWanted(this.#known[number] ?? UNKNOWN);
    for (let first = 0; first < this.#known.length; first += 1) {
      if (!isNext(first)) continue;
      let end = first + 1;
      const limit = first + PORTION / this.#pageSize;
      for (let next = end; next < limit && next <= end + GAP; next += 1) {
        if (isNext(next)) end = next + 1;
      }
      yield { first, end };
      first = end - 1;
    }
  }

  async #readNext(
    runs: Iterator<Run>,
    into: Buffer,
  ): Promise<(Run & { readonly pages: Buffer }) | undefined> {
    const { done, value: run } = runs.next();
    return done ? undefined : { ...run, pages: await this.#read(run.first, run.end, into) };
  }

  async #read(first: number, end: number, into: Buffer): Promise<Buffer> {
    const pages = into.subarray(0, (end - first) * this.#pageSize);
    if (!(await this.#fill(pages, first * this.#pageSize))) throw missing(end - 1);
    return pages;
  }

  /** Reads from the file, from `at` on, whatever it gives at once. @returns false when it ends before */
  async #fill(bytes: Buffer, at: number): Promise<boolean> {
    for (let filled = 0; filled < bytes.length; ) {
      const left = bytes.length - filled;
      const { bytesRead } = await this.#file.read(bytes, filled, left, at + filled);
      if (bytesRead === 0) return false;
      filled += bytesRead;
    }
    return true;
  }
}

/** Of the list of what is free: where its data is, in bytes, and the page of the node that has or notes it. */
interface FreeRecord {
  readonly number: number;
  readonly at: number;
  readonly length: number;
}

/** Pages from the first to before the end. */
interface Run {
  readonly first: number;
  readonly end: number;
}

const isLeaf = (known: number): boolean => known >= OF_TREE;
const isApart = (known: number): boolean => known === APART_FIRST;

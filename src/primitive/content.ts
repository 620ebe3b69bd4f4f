export const SERIALIZATIONS = ["json", "xml", "cbor"] as const;
export type Serialization = (typeof SERIALIZATIONS)[number];

/** A value in the shape JSON gives it, the canonical form of content (TS-0004, 8.4). */
export type Tree = null | boolean | number | bigint | string | readonly Tree[] | TreeObject;
export interface TreeObject {
  readonly [name: string]: Tree;
}

/** A number as it was written, where a double would lose its value or its digits: `1.10`, `1e400`. */
export class Numeral {
  /** Spelled as JSON spells numbers. */
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** As bigint has it: no double stands for this, so JSON.stringify must not write one. @throws TypeError always */
  toJSON(): never {
    throw new TypeError("a Numeral is written by its text");
  }
}

/** A Tree in which no number has lost anything: what one serialization hands to another. */
export type ExactTree =
  | null
  | boolean
  | number
  | bigint
  | string
  | Numeral
  | readonly ExactTree[]
  | ExactObject;
export interface ExactObject {
  readonly [name: string]: ExactTree;
}

/** One value inside a content: which one, and what it becomes; `undefined` takes the member out. */
export interface Edit {
  readonly path: readonly [string, ...string[]];
  readonly value: Tree | undefined;
}

/**
 * The value of Primitive Content, opaque until somebody asks.
 *
 * Bytes that were received have been checked when they came in, and go out as they are wherever the next hop uses
 * the same serialization. Codecs make the classes; only they look behind this interface.
 */
export interface Content {
  /** Of the bytes received; undefined when the content was made here and no codec has written it yet. */
  readonly serialization: Serialization | undefined;
  /** About how many bytes it takes. */
  readonly size: number;
  /** Name of the content's root, such as "m2m:sgn"; undefined when it is not an object with one member. */
  root(): string | undefined;
  /** The whole content, root included, for rules: integers beyond 2^53 as bigint, other numbers as doubles. */
  tree(): Tree;
  /**
   * The whole content, root included, for another serialization.
   *
   * @param keep "values" lets a double stand for `1.10`, for a target that could not say the digits anyway
   */
  exact(keep?: "values" | "digits"): ExactTree;
  /** Whether `text` occurs in it; cheap, and true also for a place where it does not matter. */
  mentions(text: string): boolean;
  /** A copy with `edits` made; every byte that no edit touches stays. Edits of members that lie in each other are undefined. */
  edited(edits: readonly Edit[]): Content;
}

/** Content that originates here. */
export class MadeContent implements Content {
  readonly serialization = undefined;
  readonly #tree: ExactTree;

  constructor(tree: ExactTree) {
    this.#tree = tree;
  }

  /** What is made here is short. */
  get size(): number {
    return 256;
  }

  root(): string | undefined {
    return rootOf(this.tree());
  }

  tree(): Tree {
    return roundedTree(this.#tree);
  }

  exact(): ExactTree {
    return this.#tree;
  }

  mentions(text: string): boolean {
    const written = JSON.stringify(this.tree(), (_name, value) =>
      typeof value === "bigint" ? String(value) : value,
    );
    return written.includes(text) || written.includes(JSON.stringify(text).slice(1, -1));
  }

  edited(edits: readonly Edit[]): Content {
    return new MadeContent(
      edits.reduce((tree, edit) => withValue(tree, edit.path, edit.value), this.tree()),
    );
  }
}

/** Adds a member to an object that is being made. */
export function setMember<T>(members: Record<string, T>, name: string, value: T): void {
  // Assignment is six times as fast as Object.fromEntries, but to this one name it would set the prototype.
  if (name !== "__proto__") members[name] = value;
  else Object.defineProperty(members, name, { value, ...PLAIN });
}

const PLAIN = { enumerable: true, configurable: true, writable: true } as const;

export function isExactObject(tree: ExactTree | undefined): tree is ExactObject {
  return (
    typeof tree === "object" && tree !== null && !Array.isArray(tree) && !(tree instanceof Numeral)
  );
}

export function isTreeObject(tree: Tree | undefined): tree is TreeObject {
  return typeof tree === "object" && tree !== null && !Array.isArray(tree);
}

export function rootOf(tree: Tree): string | undefined {
  if (!isTreeObject(tree)) return undefined;
  const names = Object.keys(tree);
  return names.length === 1 ? names[0] : undefined;
}

/** The object below the root of a content, with the root's name; undefined for any other shape. */
export function rootObjectOf(
  content: Content | undefined,
): { root: string; members: TreeObject } | undefined {
  const root = content?.root();
  if (content === undefined || root === undefined) return undefined;
  const tree = content.tree();
  const members = isTreeObject(tree) ? tree[root] : undefined;
  return isTreeObject(members) ? { root, members } : undefined;
}

/**
 * The resource in the content of a response, if its root is wanted: as the whole, or inside `m2m:rce` with or without its
 * prefix (TS-0004, 7.5.2).
 */
export function resourceIn(
  content: Content,
  isWanted: (root: string) => boolean,
): { readonly path: readonly [string, ...string[]]; readonly members: TreeObject } | undefined {
  const outer = rootObjectOf(content);
  if (outer === undefined) return undefined;
  const { root, members } = outer;
  if (isWanted(root)) return { path: [root], members };
  if (root !== "m2m:rce") return undefined;
  for (const [name, inner] of Object.entries(members)) {
    const prefixed = name.includes(":") ? name : `m2m:${name}`;
    if (isTreeObject(inner) && isWanted(prefixed)) return { path: [root, name], members: inner };
  }
  return undefined;
}

/** A list of strings; a single one is taken as a list of one, as some clients write it. */
export function stringsOf(value: Tree | undefined): readonly string[] | undefined {
  if (typeof value === "string") return [value];
  if (!Array.isArray(value)) return undefined;
  return value.filter((item): item is string => typeof item === "string");
}

/** `tree` with the value at `path` replaced, added, or taken out where it is undefined; objects on the way are made. */
function withValue(tree: Tree, path: readonly string[], value: Tree | undefined): Tree {
  const [name, ...rest] = path;
  if (name === undefined) return value ?? null;
  if (!isTreeObject(tree)) return tree;
  const members = new Map(Object.entries(tree));
  const before = members.get(name);
  if (value === undefined && (rest.length === 0 || before === undefined)) members.delete(name);
  else members.set(name, withValue(before ?? {}, rest, value));
  return Object.fromEntries(members);
}

/** For rules, which calculate with numbers: what a double makes of each. */
export function roundedTree(tree: ExactTree): Tree {
  if (tree instanceof Numeral) return Number(tree.text);
  if (typeof tree !== "object" || tree === null) return tree;
  if (Array.isArray(tree)) return tree.map(roundedTree);
  return Object.fromEntries(
    Object.entries(tree).map(([name, value]) => [name, roundedTree(value)]),
  );
}

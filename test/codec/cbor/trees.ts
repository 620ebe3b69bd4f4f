import fc from "fast-check";
import { cborCodec } from "../../../src/codec/cbor/cbor.ts";
import { jsonCodec } from "../../../src/codec/json/json.ts";
import {
  type Content,
  type ExactTree,
  MadeContent,
  type Tree,
} from "../../../src/primitive/content.ts";

export const fromHex = (hex: string): Buffer => Buffer.from(hex.replaceAll(" ", ""), "hex");
export const cborContentOf = (hex: string): Content =>
  cborCodec.decodeContent(fromHex(hex), { emptyIsNull: false });
export const cborBytes = (content: Content): Buffer =>
  cborCodec.encodeContent(content, { emptyIsNull: false }) as Buffer;
export const cborHex = (content: Content): string => cborBytes(content).toString("hex");
export const made = (tree: Tree): Content => new MadeContent(tree);
/** The CBOR of a JSON text, as the transcoder makes it. */
export const hexOfJson = (json: string): string =>
  cborHex(jsonCodec.decodeContent(Buffer.from(json, "utf8"), { emptyIsNull: false }));
/** The JSON of CBOR, as the transcoder makes it. */
export const jsonOfHex = (hex: string): string =>
  jsonCodec.encodeContent(cborContentOf(hex), { emptyIsNull: false }) as string;

/** Names that objects have of themselves, among others. */
export const names = fc.oneof(
  fc.constantFrom(
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "",
    "0",
    "pc",
    "m2m:cin",
  ),
  fc.string({ maxLength: 30 }),
  fc.string({ unit: "grapheme", maxLength: 30 }),
);

export const integers = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constantFrom(
    0,
    23,
    24,
    255,
    256,
    65535,
    65536,
    2 ** 32 - 1,
    2 ** 32,
    -1,
    -24,
    -25,
    -(2 ** 32),
  ),
  fc
    .bigInt({ min: -(2n ** 64n), max: 2n ** 64n - 1n })
    .map((value) =>
      value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value,
    ),
);

const doubles = fc
  .oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.float({ noNaN: true, noDefaultInfinity: true }),
  )
  // Integers beyond 2^53 have a spelling of their own; zero has one sign in oneM2M.
  .filter(
    (value) => !Number.isInteger(value) || (Number.isSafeInteger(value) && !Object.is(value, -0)),
  );

const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    fc.oneof(
      fc.constantFrom(null, true, false),
      integers,
      doubles,
      names,
      fc.string({ minLength: 40, maxLength: 400 }),
    ),
    fc.array(tie("tree"), { maxLength: 30 }),
    fc
      .uniqueArray(fc.tuple(names, tie("tree")), { maxLength: 30, selector: ([name]) => name })
      .map((members) => Object.fromEntries(members)),
  ),
}));

/** Trees as JSON has them, long integers and names like `__proto__` included. */
export const trees: fc.Arbitrary<Tree> = tree;

/** `value` with the members of each object in the order of their encoded names (RFC 8949, 4.2.1). */
export function sorted(value: ExactTree): ExactTree {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, inner]) => [name, sorted(inner as ExactTree)] as const)
      .sort(([a], [b]) => Buffer.compare(cborBytes(made(a)), cborBytes(made(b)))),
  );
}

/** One item as a peer may write it: lengths in any form, strings in chunks or as bytes, tags that describe. */
export const looseCbor: fc.Arbitrary<{ bytes: Buffer; tree: Tree }> = fc
  .tuple(trees, fc.infiniteStream(fc.nat({ max: 255 })))
  .map(([value, dice]) => ({ bytes: looselyWritten(value, () => dice.next().value), tree: value }));

function looselyWritten(value: Tree, roll: () => number): Buffer {
  const tags =
    roll() < 40
      ? fromHex(["d9d9f7", "c0", "d820", "d9d9f7c1"][roll() % 4] as string)
      : Buffer.alloc(0);
  return Buffer.concat([tags, looseItem(value, roll)]);
}

function looseItem(value: Tree, roll: () => number): Buffer {
  if (typeof value === "string") return looseText(value, roll);
  if (Array.isArray(value))
    return around(
      4,
      value.length,
      value.map((item) => looselyWritten(item, roll)),
      roll,
    );
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).map(([name, inner]) =>
      Buffer.concat([looseText(name, roll), looselyWritten(inner as Tree, roll)]),
    );
    return around(5, members.length, members, roll);
  }
  if (typeof value === "number" && Number.isInteger(value)) {
    return value < 0 ? looseHead(1, -1 - value, roll) : looseHead(0, value, roll);
  }
  return cborBytes(made(value));
}

function looseText(text: string, roll: () => number): Buffer {
  const major = roll() < 80 ? 2 : 3;
  if (roll() >= 80)
    return Buffer.concat([looseHead(major, Buffer.byteLength(text), roll), Buffer.from(text)]);
  const chunks = [...text].map((character) => {
    const bytes = Buffer.from(character);
    return Buffer.concat([looseHead(major, bytes.length, roll), bytes]);
  });
  return Buffer.concat([Buffer.of((major << 5) | 31), ...chunks, Buffer.of(0xff)]);
}

function around(major: number, count: number, parts: Buffer[], roll: () => number): Buffer {
  return roll() < 80
    ? Buffer.concat([Buffer.of((major << 5) | 31), ...parts, Buffer.of(0xff)])
    : Buffer.concat([looseHead(major, count, roll), ...parts]);
}

function looseHead(major: number, argument: number, roll: () => number): Buffer {
  const shortest = [24, 2 ** 8, 2 ** 16, 2 ** 32].findIndex((limit) => argument < limit);
  const form = Math.max(shortest === -1 ? 4 : shortest, roll() < 80 ? roll() % 5 : 0);
  const head = Buffer.alloc(form === 0 ? 1 : 1 + 2 ** (form - 1));
  if (form === 0) head[0] = (major << 5) | argument;
  else {
    head[0] = (major << 5) | (23 + form);
    if (form === 4) head.writeBigUInt64BE(BigInt(argument), 1);
    else head.writeUIntBE(argument, 1, 2 ** (form - 1));
  }
  return head;
}

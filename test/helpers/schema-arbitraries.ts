import fc from "fast-check";
import { parseExactJson } from "../../src/codec/json/tree.ts";
import {
  allRoots,
  type Member,
  namespaceOf,
  rootMember,
  type Shape,
  shapeOf,
} from "../../src/codec/schema/schema.ts";
import type { ExactTree } from "../../src/primitive/content.ts";

/** Which empty values a content may have, so that XML can say it and its reader can tell (TS-0004, 8.3.1). */
export type Empties =
  /** As in an Update: null anywhere, no empty string, list or object. */
  | "null"
  /** As elsewhere: "", [] and {}, and null only where nothing of these can be meant. */
  | "typed"
  /** Nothing at all is empty, so that the content reads the same everywhere. */
  | "none";

/** The roots that XML can name: those whose prefix has a namespace. */
export const NAMEABLE_ROOTS: readonly string[] = allRoots().filter(
  (root) => namespaceOf(root.slice(0, root.indexOf(":"))) !== undefined,
);
const RESOURCES = NAMEABLE_ROOTS.filter((root) => shapeOf(root)?.isResource);
/** Nesting beyond it adds nothing new. */
const MAX_LEVELS = 4;

const character = fc.oneof(
  fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 1 }),
  fc.constantFrom(
    ..."<>&\"'/=[]{}:;,0129eE.+-é\u00a0\u0085\u1680\u2028\ufeff\ufffd",
    "😀",
    "]]>",
    "&#1;",
    "&amp;",
  ),
);
/** Characters that every serialization has, blanks left out. */
const wordPart = character.filter((text) => !/[ \t\r\n]/.test(text));
const word = fc.string({ unit: wordPart, minLength: 1, maxLength: 6 });
const text = fc.string({
  unit: fc.oneof(character, fc.constantFrom(" ", "\t", "\n", "\r", "\r\n")),
  minLength: 1,
  maxLength: 8,
});
const visibleText = fc.tuple(text, word).map(([before, after]) => before + after);

const integer = fc
  .oneof(
    fc.integer(),
    fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }),
    fc.constant(2n ** 53n + 1n),
  )
  .map((value) => parseExactJson(String(value)));
const digits = fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: 1, maxLength: 20 });
const float = fc
  .tuple(
    fc.constantFrom("", "-"),
    digits.map((whole) => whole.replace(/^0+(?=\d)/, "")),
    fc.oneof(
      fc.constant(""),
      digits.map((fraction) => `.${fraction}`),
    ),
    fc.constantFrom("", "", "e1", "E+2", "e-07", "e400"),
  )
  .map((parts) => parseExactJson(parts.join("")));

function scalar({ kind }: Member, strings: fc.Arbitrary<string>): fc.Arbitrary<ExactTree> {
  switch (kind) {
    case "integer":
      return integer;
    case "float":
      return float;
    case "boolean":
      return fc.boolean();
    default:
      return strings;
  }
}

function single(member: Member, empties: Empties, level: number): fc.Arbitrary<ExactTree> {
  switch (member.kind) {
    case "object":
      return object(shapeOf(member.shape ?? ""), empties, level + 1);
    case "wildcard":
      // Whether its empty elements are null depends on the primitive around it.
      return content("none", level + 1);
    case "text":
    case "any":
      return empties === "typed" ? fc.oneof(text, fc.constant("")) : text;
    default:
      return scalar(member, text);
  }
}

function memberValue(member: Member, empties: Empties, level: number): fc.Arbitrary<ExactTree> {
  if (member.list === "items") {
    const items = fc.array(scalar(member, word), {
      minLength: empties === "typed" ? 0 : 1,
      maxLength: 3,
    });
    return empties === "null" ? fc.oneof(items, fc.constant(null)) : items;
  }
  const one = single(member, empties, level);
  if (member.list === "repeated") {
    const some = fc.array(one, { minLength: 1, maxLength: 3 });
    return empties === "null" ? fc.oneof(some, fc.constant(null)) : some;
  }
  const neverEmpty = ["integer", "float", "boolean", "patterned"].includes(member.kind);
  const mayBeNull =
    member.kind !== "wildcard" && (empties === "null" || (empties === "typed" && neverEmpty));
  return mayBeNull ? fc.oneof({ weight: 5, arbitrary: one }, fc.constant(null)) : one;
}

const nests = ({ kind }: Member): boolean => kind === "object" || kind === "wildcard";

function membersOf(shape: Shape, level: number): Member[] {
  const all = [...new Set(shape.members.values())];
  const flat = all.filter((member) => !nests(member));
  return level < MAX_LEVELS || flat.length === 0 ? all : flat;
}

function object(
  shape: Shape | undefined,
  empties: Empties,
  level: number,
): fc.Arbitrary<ExactTree> {
  if (shape === undefined) throw new Error("a shape that the tables lack");
  const members = membersOf(shape, level);
  const listed = fc
    .subarray(members, {
      minLength: empties === "typed" ? 0 : 1,
      maxLength: Math.min(6, members.length),
    })
    .chain((chosen) =>
      fc.tuple(
        ...chosen.map((member) =>
          memberValue(member, empties, level).map((value) => [member.name, value] as const),
        ),
      ),
    );
  const others: fc.Arbitrary<readonly (readonly [string, ExactTree])[]> =
    level >= MAX_LEVELS
      ? fc.constant([])
      : shape.isResource
        ? fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, children(shape, empties, level))
        : shape.wrapsRoot
          ? content(empties, level + 1).map((tree) => Object.entries(tree as object))
          : shape.text === undefined
            ? fc.constant([])
            : visibleText.map((value) => [[shape.text?.name ?? "", value] as const]);
  return fc.tuple(listed, others).map(([own, more]) => Object.fromEntries([...own, ...more]));
}

function children(
  shape: Shape,
  empties: Empties,
  level: number,
): fc.Arbitrary<readonly (readonly [string, ExactTree])[]> {
  return fc
    .constantFrom(...RESOURCES)
    .filter((root) => !shape.members.has(root))
    .chain((root) =>
      fc
        .array(object(shapeOf(root), empties, level + 1), { minLength: 1, maxLength: 2 })
        .map((resources) => [[root, resources] as const]),
    );
}

function rootValue(root: string, empties: Empties, level: number): fc.Arbitrary<ExactTree> {
  const member = rootMember(root);
  if (member === undefined) throw new Error(`${root} is no root`);
  if (member.list === "repeated") return fc.tuple(single(member, empties, level));
  // A root is no attribute: it can be empty, but not deleted.
  const own = empties === "null" ? "none" : empties;
  if (member.kind !== "object") return memberValue(member, own, level);
  const list = onlyListOf(shapeOf(member.shape ?? ""));
  const isEmpty = (tree: ExactTree): boolean => Object.keys(tree ?? {}).length === 0;
  return single(member, empties, level).map((tree) =>
    list !== undefined && isEmpty(tree) ? { [list]: [] } : tree,
  );
}

/** The member of a shape that has room for nothing but one list of elements, which is what its empty element is. */
function onlyListOf(shape: Shape | undefined): string | undefined {
  const [only, second] = new Set(shape?.members.values());
  const isOnly = second === undefined && only?.list === "repeated" && !shape?.wrapsRoot;
  return isOnly ? only.name : undefined;
}

function content(empties: Empties, level: number): fc.Arbitrary<ExactTree> {
  const roots = NAMEABLE_ROOTS.filter((root) => level < MAX_LEVELS || !nestsDeep(root));
  return fc
    .constantFrom(...roots)
    .chain((root) => rootValue(root, empties, level).map((value) => ({ [root]: value })));
}

const nestsDeep = (root: string): boolean =>
  shapeOf(rootMember(root)?.shape ?? "")?.wrapsRoot ?? false;

/**
 * Contents as the tables have them: any root, some of its members with values of their types, a few levels deep.
 *
 * Numbers have more digits than doubles hold; texts have every kind of character that XML has too.
 */
export const schemaContent = (empties: Empties): fc.Arbitrary<ExactTree> => content(empties, 0);

/** The same for one root. */
export const schemaContentOf = (root: string, empties: Empties): fc.Arbitrary<ExactTree> =>
  rootValue(root, empties, 0).map((value) => ({ [root]: value }));

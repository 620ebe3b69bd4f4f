import { COMPLEX_TYPES, CONTENT_ROOTS, FLEX_CONTAINERS, RESOURCES } from "./tables.generated.ts";

/** What one value is, as far as its spelling in XML and JSON goes (TS-0004, 6.3 and 8). */
export type Kind =
  /** xs:string, xs:anyURI: an empty element is "" unless it means null. */
  | "text"
  /** Timestamps, durations, IDs and other strings that are never empty: an empty element is null. */
  | "patterned"
  | "integer"
  | "float"
  | "boolean"
  /** Text in XML, any scalar in JSON: `con`, `val`. */
  | "any"
  /** Members of its own, see `shape`. */
  | "object"
  /** Holds content roots: `pc`, `rep`. */
  | "wildcard";

/** One member of a resource or complex type, or one content root. */
export interface Member {
  /** As in the tree: `lbl`, `m2m:sgn`. */
  readonly name: string;
  readonly kind: Kind;
  /** `items`: an xs:list, one element with items between blanks; `repeated`: one element for each item. */
  readonly list: "items" | "repeated" | undefined;
  /** Name of the shape of an object: a complex type, or a root. */
  readonly shape: string | undefined;
  /** Written as an attribute of its parent's element. */
  readonly xmlAttribute: boolean;
}

/** The members of a resource or complex type. */
export interface Shape {
  /**
   * In the order of the XSD, by each name that is understood. The one to write is `Member.name`: a global element
   * stands here without its prefix too, since peers and texts disagree (`sgn` in aggregatedNotification).
   */
  readonly members: ReadonlyMap<string, Member>;
  /** The element's text, where all `members` are XML attributes (childResourceRef: `val`); not one of them. */
  readonly text: Member | undefined;
  /** A resource has child resources: prefixed members beyond those listed, repeated. */
  readonly isResource: boolean;
  /** One content root under its own name comes before the members: `m2m:rce` (TS-0004, 6.3.5.25). */
  readonly wrapsRoot: boolean;
}

/**
 * What a content root is, by its name with prefix: `m2m:cnt`, `cod:binShAnnc`. Undefined for one that is not known.
 *
 * Names that occur in addresses only, such as `m2m:la`, have no representation and are not known (TS-0004, 6.8).
 */
export function rootMember(name: string): Member | undefined {
  const content = contentRoots().get(name);
  if (content !== undefined) return content;
  if (!resources().has(name) && flexContainerOf(name) === undefined) return undefined;
  return { name, kind: "object", list: undefined, shape: name, xmlAttribute: false };
}

/**
 * The shape of a resource, by its root, or of a complex type: what `Member.shape` names.
 *
 * `m2m:fcnt` and `m2m:mgo` are what all flexContainers and management objects have, those not known here included.
 */
export function shapeOf(name: string): Shape | undefined {
  const known = shapes.get(name);
  if (known !== undefined) return known;
  const read = resourceShape(name) ?? complexShape(name);
  if (read !== undefined) shapes.set(name, read);
  return read;
}

/** Every name that `rootMember` knows. */
export function allRoots(): readonly string[] {
  const models = [...flexContainers().keys()];
  return [
    ...contentRoots().keys(),
    ...resources().keys(),
    ...MODEL_ROOTS.flatMap(({ suffix }) => models.map((model) => model + suffix)),
  ];
}

/** The namespace that a prefix stands for where a document does not say (TS-0004, 8.3.1; TS-0023, Table 6.5.1-1). */
export function namespaceOf(prefix: string): string | undefined {
  return NAMESPACES.get(prefix);
}

/** The prefix that names of a namespace have in JSON and CBOR. */
export function prefixOf(namespace: string): string | undefined {
  return PREFIXES.get(namespace);
}

const PROTOCOLS = "http://www.onem2m.org/xml/protocols";
// `dcfg` (TS-0022) is missing because no text at hand names its namespace.
const NAMESPACES: ReadonlyMap<string, string> = new Map([
  ["m2m", PROTOCOLS],
  ["agd", `${PROTOCOLS}/agriculturedomain`],
  ["cid", `${PROTOCOLS}/citydomain`],
  ["cod", `${PROTOCOLS}/commondomain`],
  ["hd", `${PROTOCOLS}/horizontaldomain`],
  ["hed", `${PROTOCOLS}/healthdomain`],
  ["hod", `${PROTOCOLS}/homedomain`],
  ["ind", `${PROTOCOLS}/industrydomain`],
  ["mad", `${PROTOCOLS}/managementdomain`],
  ["mdd", `${PROTOCOLS}/metadatadomain`],
  ["psd", `${PROTOCOLS}/publicsafetydomain`],
  ["rad", `${PROTOCOLS}/railwaydomain`],
  ["ved", `${PROTOCOLS}/vehiculardomain`],
]);
const PREFIXES: ReadonlyMap<string, string> = new Map(
  [...NAMESPACES].map(([prefix, namespace]) => [namespace, prefix]),
);

/** The three roots of a TS-0023 model, each with the resource that its attributes are added to. */
const MODEL_ROOTS = [
  { suffix: "", base: "m2m:fcnt" },
  { suffix: "Annc", base: "m2m:fcntA" },
  { suffix: "Inst", base: "m2m:fci" },
] as const;

// The tables are facts, the same for every gateway in a process: what was read of them is kept for good.
const contentRoots = once(() => {
  const roots = [...linesOf(CONTENT_ROOTS).keys()].map(memberOf);
  return new Map(roots.map((root) => [root.name, root]));
});
const resources = once(() => linesOf(RESOURCES));
const flexContainers = once(() => linesOf(FLEX_CONTAINERS));
const complexTypes = once(() => linesOf(COMPLEX_TYPES));
const shapes = new Map<string, Shape>();

function once<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** The lines of a table by their first word; the value is the other words. */
function linesOf(table: string): ReadonlyMap<string, readonly string[]> {
  const lines = table.trim().split("\n");
  return new Map(
    lines.map((line) => {
      const [name = "", ...members] = line.split(" ");
      return [name, members];
    }),
  );
}

/** What a model adds, and to which resource. */
function flexContainerOf(
  name: string,
): { readonly base: string; readonly custom: readonly string[] } | undefined {
  for (const { suffix, base } of MODEL_ROOTS) {
    const custom = name.endsWith(suffix)
      ? flexContainers().get(name.slice(0, name.length - suffix.length))
      : undefined;
    if (custom !== undefined) return { base, custom };
  }
  return undefined;
}

function resourceShape(name: string): Shape | undefined {
  const model = flexContainerOf(name);
  const attributes = resources().get(model?.base ?? name);
  if (attributes === undefined) return undefined;
  // References to children, of which every resource may have some, follow all attributes (TS-0004, 8.3.1).
  const words = [...attributes, ...(model?.custom ?? []), "ch{childResourceRef}+"];
  return { members: membersOf(words), text: undefined, isResource: true, wrapsRoot: false };
}

function complexShape(name: string): Shape | undefined {
  const words = complexTypes().get(name);
  if (words === undefined) return undefined;
  const text = words.find((word) => word.startsWith(TEXT));
  return {
    members: membersOf(words.filter((word) => word !== text && word !== ROOT)),
    text: text === undefined ? undefined : memberOf(text.slice(TEXT.length)),
    isResource: false,
    wrapsRoot: words.includes(ROOT),
  };
}

function membersOf(words: readonly string[]): ReadonlyMap<string, Member> {
  const members = new Map<string, Member>();
  for (const member of words.map(memberOf)) {
    members.set(member.name, member);
    const bare = member.name.slice(member.name.indexOf(":") + 1);
    if (!members.has(bare)) members.set(bare, member);
  }
  return members;
}

// One word is one member, as test/helpers/schema-tables.ts writes it: `@` before an XML attribute or `=` before the
// element's text, the name, a mark for the kind or `{shape}` of an object, `[]` for an xs:list or `+` for a repeated
// element. `@rn!` `lbl[]` `sce!+` `acr{accessControlRule}+`. A `%` without a name is one content root.
const WORD = /^(@?)([\w:]+)([!#.?*%]?)(?:\{(\w+)\})?(\[\]|\+)?$/;
const TEXT = "=";
const ROOT = "%";
const KINDS: ReadonlyMap<string, Kind> = new Map([
  ["", "text"],
  ["!", "patterned"],
  ["#", "integer"],
  [".", "float"],
  ["?", "boolean"],
  ["*", "any"],
  ["%", "wildcard"],
]);

function memberOf(word: string): Member {
  const [, attribute, name = "", mark = "", shape, list] = WORD.exec(word) ?? [];
  return {
    name,
    kind: shape === undefined ? (KINDS.get(mark) ?? "text") : "object",
    list: list === "[]" ? "items" : list === "+" ? "repeated" : undefined,
    shape,
    xmlAttribute: attribute === "@",
  };
}

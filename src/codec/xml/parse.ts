import { XMLParser } from "fast-xml-parser";
import { DEEPEST, MAX_DEPTH } from "../json/scan.ts";
import { type Named, undeclaredNamespaceOf } from "./names.ts";
import { plainXml, XmlFault } from "./scan.ts";
import { shortened } from "./shortened.ts";

/** An element as the document has it, namespaces resolved, nothing known of oneM2M. */
export interface XmlElement extends Named {
  /** What prefixes stand for from here on; the root has those that its document uses and does not declare. */
  readonly declarations: readonly Declaration[];
  /** Without the declarations of namespaces. */
  readonly attributes: readonly XmlAttribute[];
  /** Elements and text in their order; no two texts stand next to each other. */
  readonly children: readonly (XmlElement | string)[];
}

export interface XmlAttribute extends Named {
  readonly value: string;
}

export interface Declaration {
  /** "" for the default namespace. */
  readonly prefix: string;
  /** "" where the default namespace is taken back. */
  readonly namespace: string;
}

/**
 * The root element of an XML document.
 *
 * Refuses whatever is not well-formed, has a document type, nests too deep, or uses a prefix that nothing binds.
 *
 * @param undeclared what a prefix stands for that the document uses and does not declare
 * @throws XmlFault
 */
export function parseXml(
  text: string,
  undeclared: NamespaceOf = undeclaredNamespaceOf,
  nesting = MAX_DEPTH,
): XmlElement {
  const plain = plainXml(text.startsWith("\ufeff") ? text.slice(1) : text, nesting);
  for (const node of parsed(plain)) {
    const tag = tagOf(node);
    if (tag !== undefined) return rootOf(node, tag, undeclared);
  }
  throw new XmlFault("no element");
}

/** All text of an element that has no elements in it. */
export const textOf = ({ children }: XmlElement): string =>
  children.filter((child) => typeof child === "string").join("");

export const elementsOf = ({ children }: XmlElement): readonly XmlElement[] =>
  children.filter((child) => typeof child !== "string");

/** As fast-xml-parser gives it: one member for the tag with its children or for text, one for the attributes. */
type Node = Readonly<Record<string, unknown>>;
const ATTRIBUTES = ":@";
const TEXT = "#text";
/** Keeps the parser from renaming or refusing names such as `constructor`; no name begins with it. */
const TAG = "<";

function parsed(plain: string): readonly Node[] {
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: "@",
    textNodeName: TEXT,
    parseTagValue: false,
    parseAttributeValue: false,
    trimValues: false,
    // plainXml has let none through but XML's own five and numbers: nothing expands to more than it takes.
    processEntities: {
      enabled: true,
      maxTotalExpansions: Number.POSITIVE_INFINITY,
      maxExpandedLength: Number.POSITIVE_INFINITY,
    },
    htmlEntities: true,
    // Otherwise it writes the path of each element out: work that grows with the square of the input.
    jPath: false,
    maxNestedTags: DEEPEST + 1,
    transformTagName: (name) => TAG + name,
  });
  try {
    return parser.parse(plain) as readonly Node[];
  } catch (error) {
    throw new XmlFault("something that its parser refuses", { cause: error });
  }
}

function tagOf(node: Node): string | undefined {
  for (const key in node) if (key.startsWith(TAG)) return key;
  return undefined;
}

function rootOf(node: Node, tag: string, undeclared: NamespaceOf): XmlElement {
  const assumed = new Map<string, string>();
  const root = elementOf(node, tag, { bound: new Map(), assumed, undeclared });
  const added = [...assumed].map(([prefix, namespace]) => ({ prefix, namespace }));
  return { ...root, declarations: [...root.declarations, ...added] };
}

type NamespaceOf = (prefix: string) => string | undefined;

interface Scope {
  /** Namespaces by the prefixes that are bound to them. */
  readonly bound: ReadonlyMap<string, string>;
  /** Those of prefixes that the whole document uses without a declaration. */
  readonly assumed: Map<string, string>;
  readonly undeclared: NamespaceOf;
}
/** Each declaration copies the scope; no oneM2M document has more than a few. */
const MAX_SCOPE = 64;
/** What is written may declare a namespace more often than what was read. */
const MAX_NAMESPACE = 256;

function elementOf(node: Node, tag: string, outer: Scope): XmlElement {
  const written = node[ATTRIBUTES];
  const pairs = written === undefined ? [] : Object.entries(written as Record<string, string>);
  const declarations = pairs.length === 0 ? NO_DECLARATIONS : declarationsOf(pairs);
  const scope = declarations.length === 0 ? outer : scopeOf(declarations, outer);
  // The parser puts it in front once more where an element closes itself.
  const name = named(tag.slice(tag.lastIndexOf(TAG) + 1), scope, "element");
  const attributes = pairs.length === 0 ? NO_ATTRIBUTES : attributesOf(pairs, scope);
  const children: (XmlElement | string)[] = [];
  for (const child of node[tag] as readonly Node[]) {
    const childTag = tagOf(child);
    children.push(childTag === undefined ? String(child[TEXT]) : elementOf(child, childTag, scope));
  }
  // Written out: copying with `...` takes more time than all the rest.
  return {
    prefix: name.prefix,
    local: name.local,
    namespace: name.namespace,
    declarations,
    attributes,
    children,
  };
}

const NO_ATTRIBUTES: readonly XmlAttribute[] = [];
const NO_DECLARATIONS: readonly Declaration[] = [];

function attributesOf(pairs: readonly Pair[], scope: Scope): readonly XmlAttribute[] {
  const attributes: XmlAttribute[] = [];
  for (const [key, value] of pairs) {
    const name = key.slice(1);
    if (isDeclaration(name)) continue;
    const { prefix, local, namespace } = named(name, scope, "attribute");
    attributes.push({ prefix, local, namespace, value });
  }
  checkDistinct(attributes);
  return attributes;
}

/** As the parser gives an attribute: its name behind a sign of its own, and its value. */
type Pair = readonly [string, string];

const isDeclaration = (name: string): boolean => name === "xmlns" || name.startsWith("xmlns:");

function declarationsOf(pairs: readonly Pair[]): readonly Declaration[] {
  let declarations: Declaration[] | undefined;
  for (const [key, namespace] of pairs) {
    const name = key.slice(1);
    if (!isDeclaration(name)) continue;
    const prefix = name.slice("xmlns:".length);
    checkDeclaration(prefix, namespace);
    declarations ??= [];
    declarations.push({ prefix, namespace });
  }
  return declarations ?? NO_DECLARATIONS;
}

function scopeOf(declarations: readonly Declaration[], outer: Scope): Scope {
  const inner = new Map(outer.bound);
  for (const { prefix, namespace } of declarations) inner.set(prefix, namespace);
  if (inner.size > MAX_SCOPE) throw new XmlFault(`more than ${MAX_SCOPE} namespaces at once`);
  return { ...outer, bound: inner };
}

function checkDeclaration(prefix: string, namespace: string): void {
  const isXml = namespace === undeclaredNamespaceOf("xml");
  if (prefix === "xmlns" || (prefix === "xml") !== isXml) {
    throw new XmlFault(`a declaration of the prefix ${shortened(prefix)}`);
  }
  if (prefix !== "" && namespace === "") {
    throw new XmlFault(`no namespace for the prefix ${shortened(prefix)}`);
  }
  if (namespace.length > MAX_NAMESPACE) {
    throw new XmlFault(`a namespace of more than ${MAX_NAMESPACE} characters`);
  }
}

function named(name: string, scope: Scope, what: "element" | "attribute"): Named {
  const colon = name.indexOf(":");
  if (colon < 0) {
    const namespace = what === "element" ? (scope.bound.get("") ?? "") : "";
    return { prefix: "", local: name, namespace };
  }
  const prefix = name.slice(0, colon);
  const namespace = scope.bound.get(prefix) ?? assumedNamespaceOf(prefix, scope);
  return { prefix, local: name.slice(colon + 1), namespace };
}

function assumedNamespaceOf(prefix: string, { assumed, undeclared }: Scope): string {
  const namespace = undeclared(prefix);
  if (namespace === undefined) {
    throw new XmlFault(`the prefix ${shortened(prefix)}, which is not declared`);
  }
  // Every document knows `xml`; declaring it is not needed.
  if (prefix !== "xml") assumed.set(prefix, namespace);
  return namespace;
}

/** Two prefixes of one namespace make one attribute of two (Namespaces in XML, 6.3). */
function checkDistinct(attributes: readonly XmlAttribute[]): void {
  if (attributes.length < 2) return;
  const names = new Set(attributes.map(({ namespace, local }) => `${namespace} ${local}`));
  if (names.size < attributes.length) throw new XmlFault("an attribute a second time");
}

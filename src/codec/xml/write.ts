import { type ExactTree, isExactObject } from "../../primitive/content.ts";
import { type Member, rootMember, type Shape, shapeOf } from "../schema/schema.ts";
import { DocumentNames } from "./document-names.ts";
import { attributeMarkup, escapedText, XML_DECLARATION } from "./markup.ts";
import { rootNameOf } from "./names.ts";
import { isUpdateNumber } from "./numbers.ts";
import { quoted } from "./shortened.ts";
import { isItem, itemText, notTranscodable, valueText } from "./text.ts";

export interface XmlWriterOptions {
  /** What a prefix stands for; undefined for one that nobody knows. */
  readonly namespaceOf: (prefix: string) => string | undefined;
  /** Told each name that no table knows. */
  readonly onUnknown: (name: string) => void;
}

/** A member that is markup already, tags included. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** The members of an object, those that are undefined absent. */
export type Members = Map<string, ExactTree | Markup | undefined>;
/** Attributes with a blank before each, and what goes between the tags. */
interface Parts {
  readonly attributes: string;
  readonly inner: string;
}

/**
 * Writes trees as XML: members in the order of the schema, those that no table knows behind them, child resources
 * last (TS-0004, 8.3.1).
 *
 * One writer makes one document, whose root declares every prefix used in it. Trees come from codecs, which have
 * limited their depth. Where empty elements will be read as null, no empty string can be said. Methods throw
 * GatewayError GW_CONTENT_NOT_TRANSCODABLE.
 */
export class XmlWriter {
  readonly #onUnknown: (name: string) => void;
  readonly #names: DocumentNames;
  /** True while what is written will be read with null for each empty element. */
  #emptyIsNull = false;

  constructor({ namespaceOf, onUnknown }: XmlWriterOptions) {
    this.#onUnknown = onUnknown;
    this.#names = new DocumentNames(namespaceOf);
  }

  /** The document of a content. */
  document(content: ExactTree, emptyIsNull: boolean): string {
    const { name, parts } = this.#content(content, emptyIsNull);
    return this.#documentOf(name, parts);
  }

  /** The element of a content, for the primitive that this writer is writing. */
  content(content: ExactTree, emptyIsNull: boolean): string {
    const { name, parts } = this.#content(content, emptyIsNull);
    return this.#element(name, parts);
  }

  /**
   * A document whose root has these members, by the table of the root.
   *
   * @param content gives the markup inside `pc`
   */
  primitive(root: string, members: Readonly<Members>, content: (() => string) | undefined): string {
    const name = this.#names.checked(root);
    const all: Members = new Map(members);
    if (content !== undefined) all.set("pc", new Markup(`<pc>${content()}</pc>`));
    return this.#documentOf(name, this.#object(all, shapeOf(rootMember(name)?.shape ?? name)));
  }

  #content(content: ExactTree, emptyIsNull: boolean): { name: string; parts: Parts } {
    const [member, value] = onlyMemberOf(content);
    const name = this.#names.checked(rootNameOf(member));
    const [parts, second] = this.#reading(emptyIsNull, () => this.#rootParts(name, value));
    if (parts === undefined || second !== undefined) {
      throw notTranscodable(`${quoted(name)} has not one value, and content in XML is one element`);
    }
    return { name, parts };
  }

  #documentOf(name: string, { attributes, inner }: Parts): string {
    const declarations = this.#names.declarations();
    return `${XML_DECLARATION}<${name}${declarations}${attributes}>${inner}</${name}>`;
  }

  #element(name: string, { attributes, inner }: Parts): string {
    const checked = this.#names.checked(name);
    return `<${checked}${attributes}>${inner}</${checked}>`;
  }

  #elements(name: string, parts: readonly Parts[]): string {
    return parts.map((it) => this.#element(name, it)).join("");
  }

  #root(name: string, value: ExactTree): string {
    const root = rootNameOf(name);
    return this.#elements(root, this.#rootParts(root, value));
  }

  /** For each of the elements that a root's value takes. */
  #rootParts(name: string, value: ExactTree): readonly Parts[] {
    const member = rootMember(name);
    if (member?.list === "items") return [this.#items(member, listOf(value))];
    if (member !== undefined) return listOf(value).map((it) => this.#parts(member, it));
    this.#onUnknown(name);
    // Most likely a resource: what all flexContainers have is what all resources have.
    return listOf(value).map((it) => this.#unknownParts(name, it, shapeOf("m2m:fcnt")));
  }

  /** @param members loses what the table lists */
  #object(members: Members, shape: Shape | undefined): Parts {
    let attributes = "";
    let inner = "";
    // Nested primitives: their own operation says how their content reads (TS-0004, 7.3.3.7).
    const op = members.get("op");
    const updates = !(op instanceof Markup) && isUpdateNumber(op);
    for (const [name, member] of shape?.members ?? []) {
      const value = members.get(name);
      if (value === undefined) continue;
      members.delete(name);
      if (value instanceof Markup) inner += value.text;
      else if (member.xmlAttribute) attributes += this.#attribute(member, value);
      else if (name !== "pc") inner += this.#member(member, value);
      else inner += this.#reading(updates, () => this.#member(member, value));
    }
    if (shape?.text !== undefined) inner += this.#ownText(shape.text, members);
    return { attributes, inner: this.#withOthers(inner, members, shape) };
  }

  #ownText(member: Member, members: Members): string {
    const value = members.get(member.name);
    if (value === undefined || value instanceof Markup) return "";
    members.delete(member.name);
    return this.#text(member, value).inner;
  }

  /** @param inner the members that the table lists */
  #withOthers(inner: string, members: Members, shape: Shape | undefined): string {
    let first = "";
    let unknown = "";
    let children = "";
    for (const [name, value] of members) {
      if (value === undefined) continue;
      if (value instanceof Markup) unknown += value.text;
      else if (shape?.wrapsRoot && rootMember(rootNameOf(name)) !== undefined) {
        first += this.#root(name, value);
      } else if (name.includes(":")) children += this.#root(name, value);
      else unknown += this.#unknown(name, value);
    }
    return first + inner + unknown + children;
  }

  #reading<T>(emptyIsNull: boolean, write: () => T): T {
    const before = this.#emptyIsNull;
    this.#emptyIsNull = emptyIsNull;
    const written = write();
    this.#emptyIsNull = before;
    return written;
  }

  #attribute(member: Member, value: ExactTree): string {
    this.#checkEmpty(member, value);
    return attributeMarkup(this.#names.checked(member.name), valueText(member, value));
  }

  #member(member: Member, value: ExactTree): string {
    if (member.list === "items" && (member.kind === "any" || !listOf(value).some(isExactObject))) {
      return this.#element(member.name, this.#items(member, value === null ? [] : listOf(value)));
    }
    // Where the table has one value and the peer several, each is one as the table has it.
    const isOne = member.list === undefined && member.kind === "any";
    const values = isOne ? [value] : listOf(value);
    if (values.length === 0 && this.#emptyIsNull) {
      throw notTranscodable(
        `${quoted(member.name)} is an empty list, which the XML of an Update cannot say`,
      );
    }
    return this.#elements(
      member.name,
      values.map((it) => this.#parts(member, it)),
    );
  }

  #parts(member: Member, value: ExactTree): Parts {
    if (!isExactObject(value) || member.kind === "any") return this.#text(member, value);
    if (member.kind === "wildcard") {
      const roots = Object.entries(value).map(([name, root]) => this.#root(name, root));
      return { attributes: "", inner: roots.join("") };
    }
    const shape = member.shape === undefined ? undefined : shapeOf(member.shape);
    return this.#object(new Map(Object.entries(value)), shape);
  }

  /** By the values alone: lists of words, repeated elements, elements in elements, text. */
  #unknown(name: string, value: ExactTree): string {
    this.#onUnknown(name);
    const values = listOf(value);
    if (values !== value || !values.every(isItem)) {
      return this.#elements(
        name,
        values.map((it) => this.#unknownParts(name, it, undefined)),
      );
    }
    return this.#element(name, this.#items(unknownMember(name), values));
  }

  #unknownParts(name: string, value: ExactTree, shape: Shape | undefined): Parts {
    return isExactObject(value)
      ? this.#object(new Map(Object.entries(value)), shape)
      : this.#text(unknownMember(name), value);
  }

  #items(member: Member, items: readonly ExactTree[]): Parts {
    const inner = items.map((item) => escapedText(itemText(member, item))).join(" ");
    return { attributes: "", inner };
  }

  #text(member: Member, value: ExactTree): Parts {
    this.#checkEmpty(member, value);
    return { attributes: "", inner: escapedText(valueText(member, value)) };
  }

  /** XML has one spelling for null and for no text (TS-0004, 8.3.1): refused rather than deleted. */
  #checkEmpty({ name }: Member, value: ExactTree): void {
    if (value === "" && this.#emptyIsNull) {
      throw notTranscodable(
        `${quoted(name)} is an empty string, which the XML of an Update cannot say`,
      );
    }
  }
}

const listOf = (value: ExactTree): readonly ExactTree[] =>
  Array.isArray(value) ? (value as readonly ExactTree[]) : [value];

const unknownMember = (name: string): Member => ({
  name,
  kind: "text",
  list: undefined,
  shape: undefined,
  xmlAttribute: false,
});

function onlyMemberOf(content: ExactTree): readonly [string, ExactTree] {
  const [only, second] = isExactObject(content) ? Object.entries(content) : [];
  if (only === undefined || second !== undefined) {
    throw notTranscodable("it is no object with one member, which would be the root in XML");
  }
  return only;
}

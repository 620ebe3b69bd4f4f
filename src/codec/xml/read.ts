import { type ExactTree, isExactObject } from "../../primitive/content.ts";
import { type Member, rootMember, type Shape, shapeOf } from "../schema/schema.ts";
import { Detacher } from "./markup.ts";
import { isForProcessors } from "./names.ts";
import type { Namespaces } from "./namespaces.ts";
import { isOwedNulls, isUpdate } from "./nested.ts";
import { numberOf } from "./numbers.ts";
import { elementsOf, textOf, type XmlElement } from "./parse.ts";
import { NameResolver, type Resolved } from "./resolve.ts";
import { XmlFault } from "./scan.ts";
import { shortened } from "./shortened.ts";

export interface XmlReaderOptions {
  /** Learn what prefixes stand for. */
  readonly namespaces: Namespaces;
  /**
   * Whether what contradicts the tables is refused, or kept as text: rules look at content that only its receiver may
   * judge, while another serialization must not say what was never meant.
   */
  readonly mismatch: "refuse" | "keep";
  /** Told each name that no table knows. */
  readonly onUnknown: (name: string) => void;
  /** Whether a response in the content, by its identifier, has null for each empty element of its own content. */
  readonly owesNulls?: ((rqi: string) => boolean) | undefined;
}

/** Elements of one name in one parent. */
export interface Group extends Resolved {
  readonly elements: XmlElement[];
}

/**
 * Makes trees of XML elements by the tables; of names that no table knows, by a guess that never makes a number.
 *
 * Methods throw XmlFault where options say so. An empty element is what the type makes of it, or null where
 * `emptyIsNull` (TS-0004, 8.3.1 has one spelling for all of them).
 */
export class XmlReader {
  readonly #options: XmlReaderOptions;
  readonly #resolver: NameResolver;
  readonly #detacher = new Detacher();

  constructor(options: XmlReaderOptions) {
    this.#options = options;
    this.#resolver = new NameResolver(options.namespaces, (what) => this.#refuse(what));
  }

  /** An object with the root as its only member. */
  content(root: XmlElement, emptyIsNull: boolean): ExactTree {
    return Object.fromEntries([this.#root([root], emptyIsNull)]);
  }

  /** Several elements under one member name, or one. */
  member(member: Member, elements: readonly XmlElement[], emptyIsNull: boolean): ExactTree {
    if (member.list === "items" && elements.every(isPlain)) {
      // enc.atr is one list in the text and was a repeated element in older schemas.
      return this.#text(member, elements.map(textOf).join(" "), emptyIsNull);
    }
    const values = elements.map((element) => this.#value(member, element, emptyIsNull));
    // Each element with nothing but words in it is a list of its own by then.
    if (member.list === "items") return values.flat();
    const one = oneOrAll(values);
    return member.list === "repeated" && one !== null ? values : one;
  }

  /** Elements of a name that no table knows (primitives of a later release, vendors). */
  unknown(name: string, elements: readonly XmlElement[], emptyIsNull: boolean): ExactTree {
    this.#options.onUnknown(name);
    return oneOrAll(elements.map((element) => this.#guess(element, undefined, emptyIsNull)));
  }

  /** The elements in `parent` by their names in JSON, in order of their first occurrence. */
  groups(parent: XmlElement, shape: Shape | undefined): readonly Group[] {
    const groups = new Map<string, Group>();
    for (const element of elementsOf(parent)) {
      const resolved = this.#resolver.resolve(element, shape);
      const group = groups.get(resolved.name);
      if (group === undefined) groups.set(resolved.name, { ...resolved, elements: [element] });
      else group.elements.push(element);
    }
    return [...groups.values()];
  }

  #root(elements: readonly [XmlElement, ...XmlElement[]], emptyIsNull: boolean): Entry {
    const name = this.#resolver.rootNameOf(elements[0]);
    const member = rootMember(name);
    if (member === undefined) {
      this.#options.onUnknown(name);
      return [name, oneOrAll(elements.map((it) => this.#unknownRoot(it, emptyIsNull)))];
    }
    // A root is no attribute that could be deleted: only what is in it can be null.
    if (member.kind !== "object") return [name, this.member(member, elements, false)];
    const values = elements.map((element) => this.#rootObject(member, element, emptyIsNull));
    return [member.name, member.list === "repeated" ? values : oneOrAll(values)];
  }

  #rootObject(member: Member, element: XmlElement, emptyIsNull: boolean): ExactTree {
    const value = this.#value(member, element, emptyIsNull);
    if (value === null) return {};
    const isEmpty = isExactObject(value) && Object.keys(value).length === 0;
    return isEmpty && member.shape !== undefined ? emptyOf(shapeOf(member.shape)) : value;
  }

  /** Most likely a resource: what all flexContainers have is what all resources have. */
  #unknownRoot(element: XmlElement, emptyIsNull: boolean): ExactTree {
    return this.#guess(element, shapeOf("m2m:fcnt"), emptyIsNull) ?? {};
  }

  #value(member: Member, element: XmlElement, emptyIsNull: boolean): ExactTree {
    switch (member.kind) {
      case "object":
        return this.#object(
          element,
          member.shape === undefined ? undefined : shapeOf(member.shape),
          emptyIsNull,
        );
      case "wildcard":
        return this.#wildcard(element, emptyIsNull);
      case "any":
        return elementsOf(element).length > 0
          ? this.#markup(element)
          : this.#text(member, textOf(element), emptyIsNull);
      default:
        return isPlain(element)
          ? this.#text(member, textOf(element), emptyIsNull)
          : this.#guess(element, undefined, emptyIsNull);
    }
  }

  #object(element: XmlElement, shape: Shape | undefined, emptyIsNull: boolean): ExactTree {
    const text = textOf(element);
    const isText = !isBlank(text);
    if (isPlain(element) && shape?.text === undefined) {
      // Peers with other tables have a string here (TS-0004 and ACME differ in a dozen places).
      return isText ? text : emptyIsNull ? null : {};
    }
    const groups = this.groups(element, shape);
    const members = [
      ...this.#attributes(element, shape, emptyIsNull),
      ...this.#members(groups, shape, emptyIsNull),
    ];
    if (isText && shape?.text !== undefined) {
      members.push([shape.text.name, this.#text(shape.text, text, emptyIsNull)]);
    } else if (isText && groups.length === 0) {
      members.push(["val", text]);
    } else if (isText) {
      this.#refuse(`text between the elements of <${shortened(element.local)}>`);
    }
    if (members.length === 0 && emptyIsNull) return null;
    return this.#objectOf(members, element);
  }

  #objectOf(members: readonly Entry[], { local }: XmlElement): ExactTree {
    const names = new Set(members.map(([name]) => name));
    if (names.size < members.length) {
      this.#refuse(`a member of <${shortened(local)}> both as attribute and as element`);
    }
    return Object.fromEntries(members);
  }

  #attributes(element: XmlElement, shape: Shape | undefined, emptyIsNull: boolean): Entry[] {
    const meant = element.attributes.filter(({ namespace }) => !isForProcessors(namespace));
    return meant.map((attribute): Entry => {
      const name = this.#resolver.nameOf(attribute);
      const member = shape?.members.get(name);
      if (member !== undefined) {
        return [member.name, this.#text(member, attribute.value, emptyIsNull)];
      }
      this.#options.onUnknown(name);
      return [name, emptyIsNull && attribute.value === "" ? null : attribute.value];
    });
  }

  #members(groups: readonly Group[], shape: Shape | undefined, emptyIsNull: boolean): Entry[] {
    const hasNulls = isUpdate(groups) || isOwedNulls(groups, this.#options.owesNulls);
    return groups.map(({ name, member, isRoot, elements }) => {
      if (member?.kind === "wildcard" && name === "pc") {
        // Nested primitives: their own operation, or what they answer, says how their content reads (TS-0004, 7.3.3.7).
        return [name, this.member(member, elements, hasNulls)];
      }
      if (member !== undefined && !isRoot)
        return [name, this.member(member, elements, emptyIsNull)];
      const values = this.#roots(name, member, elements, emptyIsNull);
      // Child resources are arrays even when there is one of them (TS-0004, 8.4.2).
      const isChild = shape?.isResource && name.includes(":") && values.every(isExactObject);
      return [name, isChild || member?.list === "repeated" ? values : oneOrAll(values)];
    });
  }

  #roots(
    name: string,
    member: Member | undefined,
    elements: readonly XmlElement[],
    emptyIsNull: boolean,
  ): ExactTree[] {
    if (member !== undefined) {
      return elements.map((element) =>
        member.list === "items"
          ? this.member(member, [element], emptyIsNull)
          : this.#rootObject(member, element, emptyIsNull),
      );
    }
    this.#options.onUnknown(name);
    return elements.map((element) =>
      name.includes(":")
        ? this.#unknownRoot(element, emptyIsNull)
        : this.#guess(element, undefined, emptyIsNull),
    );
  }

  #wildcard(element: XmlElement, emptyIsNull: boolean): ExactTree {
    const text = textOf(element);
    const roots = new Map<string, [XmlElement, ...XmlElement[]]>();
    for (const root of elementsOf(element)) {
      const name = this.#resolver.rootNameOf(root);
      const same = roots.get(name);
      if (same === undefined) roots.set(name, [root]);
      else same.push(root);
    }
    if (roots.size === 0) return isBlank(text) ? {} : text;
    if (!isBlank(text)) this.#refuse(`text between the elements of <${shortened(element.local)}>`);
    return Object.fromEntries([...roots.values()].map((same) => this.#root(same, emptyIsNull)));
  }

  #guess(element: XmlElement, shape: Shape | undefined, emptyIsNull: boolean): ExactTree {
    const text = textOf(element);
    if (isPlain(element)) return text === "" && emptyIsNull ? null : text;
    if (!isBlank(text) && elementsOf(element).length > 0) return this.#markup(element);
    return this.#object(element, shape, emptyIsNull);
  }

  #markup(element: XmlElement): string {
    const markup = this.#detacher.innerMarkupOf(element);
    if (markup !== undefined) return markup;
    this.#refuse(`markup in <${shortened(element.local)}> whose namespaces take too much room`);
    return textOf(element);
  }

  #text(member: Member, text: string, emptyIsNull: boolean): ExactTree {
    if (member.list === "items") {
      const items = wordsOf(text);
      if (items.length === 0) return emptyIsNull ? null : [];
      return items.map((item) => this.#scalar(member, item));
    }
    const isString = member.kind === "text" || member.kind === "any";
    if (text === "") return emptyIsNull || !isString ? null : "";
    if (isString || member.kind === "patterned") return text;
    // The blanks around numbers and booleans mean nothing (XML Schema, whiteSpace "collapse").
    return isBlank(text) ? null : this.#scalar(member, wordsOf(text).join(" "));
  }

  #scalar(member: Member, text: string): ExactTree {
    switch (member.kind) {
      case "integer":
      case "float":
        return numberOf(text) ?? this.#mismatch(member, text, "no number that JSON can hold");
      case "boolean":
        if (text === "true" || text === "1") return true;
        if (text === "false" || text === "0") return false;
        return this.#mismatch(member, text, "neither true nor false");
      default:
        return text;
    }
  }

  #mismatch({ name }: Member, text: string, what: string): string {
    this.#refuse(`<${shortened(name)}> holds ${JSON.stringify(shortened(text))}, which is ${what}`);
    return text;
  }

  #refuse(what: string): void {
    if (this.#options.mismatch === "refuse") throw new XmlFault(what);
  }
}

type Entry = [string, ExactTree];

const wordsOf = (text: string): string[] => text.split(/[ \t\r\n]+/).filter((word) => word !== "");

/** Nothing but white space, which means nothing between elements. */
export const isBlank = (text: string): boolean => !/[^ \t\r\n]/.test(text);

/** Nothing but text. */
const isPlain = (element: XmlElement): boolean =>
  elementsOf(element).length === 0 &&
  element.attributes.every(({ namespace }) => isForProcessors(namespace));

function oneOrAll(values: readonly ExactTree[]): ExactTree {
  const [value] = values;
  return values.length === 1 && value !== undefined ? value : values;
}

/** A content without members; where it has room for one list of elements only (m2m:rrl), it is that list, empty. */
function emptyOf(shape: Shape | undefined): ExactTree {
  const [only, second] = new Set(shape?.members.values());
  const isList = only?.list === "repeated" && second === undefined && !shape?.wrapsRoot;
  return isList ? { [only.name]: [] } : {};
}

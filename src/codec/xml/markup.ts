import type { Named } from "./names.ts";
import type { Declaration, XmlElement } from "./parse.ts";

/** Begins every document that is written here. */
export const XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>';

const REFERENCES: ReadonlyMap<string, string> = new Map([
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  ['"', "&quot;"],
  // A parser turns these into other blanks when they are not written as references (XML 1.0, 2.11 and 3.3.3).
  ["\r", "&#xD;"],
  ["\n", "&#xA;"],
  ["\t", "&#x9;"],
]);
const referenceOf = (character: string): string => REFERENCES.get(character) ?? character;

export const escapedText = (text: string): string => text.replace(/[&<>\r]/g, referenceOf);

export const attributeMarkup = (name: string, value: string): string =>
  ` ${name}="${value.replace(/[&<>"\r\n\t]/g, referenceOf)}"`;

export const declarationMarkup = (prefix: string, namespace: string): string =>
  attributeMarkup(prefix === "" ? "xmlns" : `xmlns:${prefix}`, namespace);

/** Namespaces by the prefixes that are declared already. */
type Scope = ReadonlyMap<string, string>;
const NOTHING: Scope = new Map();

/**
 * An element as it was parsed, as markup; `scope` is what the document around declares.
 *
 * Nothing of oneM2M is needed for it, so an element of any kind goes from one document into another. Namespaces are
 * declared where they were, so that the markup is about as long as what was read.
 */
export const markupOf = (element: XmlElement, scope: Scope = NOTHING): string =>
  elementMarkup(element, scope);

/** The element with the namespaces declared around it, the outermost first, for a document of its own. */
export function withNamespacesOf(around: readonly XmlElement[], element: XmlElement): XmlElement {
  const bound = new Map<string, string>();
  for (const { declarations } of [...around, element]) {
    for (const { prefix, namespace } of declarations) bound.set(prefix, namespace);
  }
  return { ...element, declarations: declarationsOf(bound) };
}

/** How many characters the declarations may take that stand in several places and were received in one. */
const MAX_REPEATED = 65_536;

/**
 * Makes elements of one document stand alone, each with declarations of what it uses from around it.
 *
 * A short element may use a long namespace: beyond a limit for all of them together it gives nothing.
 */
export class Detacher {
  #room = MAX_REPEATED;

  detached(element: XmlElement): XmlElement | undefined {
    const used = new Map<string, string>();
    findUsed(element, new Set(), used);
    if (used.get("") === "") used.delete("");
    for (const [prefix, namespace] of used) {
      this.#room -= declarationMarkup(prefix, namespace).length;
      if (this.#room < 0) return undefined;
    }
    return { ...element, declarations: [...declarationsOf(used), ...element.declarations] };
  }

  /** What stands between the tags of an element. */
  innerMarkupOf({ children }: XmlElement): string | undefined {
    let markup = "";
    for (const child of children) {
      const alone = typeof child === "string" ? child : this.detached(child);
      if (alone === undefined) return undefined;
      markup += childMarkup(alone, NOTHING);
    }
    return markup;
  }
}

/** Collects what names in an element have from declarations around it. */
function findUsed(
  element: XmlElement,
  outer: ReadonlySet<string>,
  used: Map<string, string>,
): void {
  const { declarations, attributes, children } = element;
  const bound =
    declarations.length === 0
      ? outer
      : new Set([...outer, ...declarations.map(({ prefix }) => prefix)]);
  for (const { prefix, namespace } of namesIn(element, attributes)) {
    if (prefix !== "xml" && !bound.has(prefix)) used.set(prefix, namespace);
  }
  for (const child of children) if (typeof child !== "string") findUsed(child, bound, used);
}

/** An attribute without prefix is in no namespace, whatever the default. */
const namesIn = (element: Named, attributes: readonly Named[]): readonly Named[] =>
  attributes.length === 0
    ? [element]
    : [element, ...attributes.filter(({ prefix }) => prefix !== "")];

const declarationsOf = (bound: Scope): readonly Declaration[] =>
  [...bound].map(([prefix, namespace]) => ({ prefix, namespace }));

const childMarkup = (child: XmlElement | string, scope: Scope): string =>
  typeof child === "string" ? escapedText(child) : elementMarkup(child, scope);

function elementMarkup(element: XmlElement, outer: Scope): string {
  const declared = newlyDeclared(element, outer);
  const scope = declared.size === 0 ? outer : new Map([...outer, ...declared]);
  const name = nameOf(element);
  let tag = `<${name}`;
  for (const [prefix, namespace] of declared) tag += declarationMarkup(prefix, namespace);
  for (const attribute of element.attributes) {
    tag += attributeMarkup(nameOf(attribute), attribute.value);
  }
  const inner = element.children.map((child) => childMarkup(child, scope)).join("");
  return `${tag}>${inner}</${name}>`;
}

const nameOf = ({ prefix, local }: Named): string => (prefix === "" ? local : `${prefix}:${local}`);

/** What an element has to declare where `outer` is declared: what it did declare, and what names put into it need. */
function newlyDeclared(element: XmlElement, outer: Scope): Scope {
  let declared: Map<string, string> | undefined;
  const declare = ({ prefix, namespace }: Declaration): void => {
    if (prefix === "xml") return;
    if ((declared?.get(prefix) ?? outer.get(prefix) ?? "") === namespace) return;
    declared ??= new Map();
    declared.set(prefix, namespace);
  };
  element.declarations.forEach(declare);
  namesIn(element, element.attributes).forEach(declare);
  return declared ?? NOTHING;
}

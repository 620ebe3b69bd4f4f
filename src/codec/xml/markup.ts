import type { Named } from "./names.ts";
import type { XmlElement } from "./parse.ts";

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

/**
 * An element as it was parsed, as markup that stands alone: each namespace is declared where it is first used.
 *
 * Nothing of oneM2M is needed for it, so an element of any kind goes from one document into another.
 */
export const markupOf = (element: XmlElement): string => elementMarkup(element, new Map());

/** What stands between the tags of an element, as markup that stands alone. */
export const innerMarkupOf = ({ children }: XmlElement): string =>
  children.map((child) => childMarkup(child, new Map())).join("");

type Scope = ReadonlyMap<string, string>;

const childMarkup = (child: XmlElement | string, scope: Scope): string =>
  typeof child === "string" ? escapedText(child) : elementMarkup(child, scope);

function elementMarkup(element: XmlElement, outer: Scope): string {
  const scope = new Map(outer);
  const name = nameOf(element);
  let tag = `<${name}${declared(element, scope)}`;
  for (const attribute of element.attributes) {
    if (attribute.prefix !== "") tag += declared(attribute, scope);
    tag += attributeMarkup(nameOf(attribute), attribute.value);
  }
  const inner = element.children.map((child) => childMarkup(child, scope)).join("");
  return `${tag}>${inner}</${name}>`;
}

const nameOf = ({ prefix, local }: Named): string => (prefix === "" ? local : `${prefix}:${local}`);

function declared({ prefix, namespace }: Named, scope: Map<string, string>): string {
  if ((scope.get(prefix) ?? "") === namespace || prefix === "xml") return "";
  scope.set(prefix, namespace);
  return declarationMarkup(prefix, namespace);
}

import { MAX_DEPTH } from "../json/scan.ts";
import { shortened } from "./shortened.ts";

/** What is wrong with an XML text or with what it says, and at which character where that helps. */
export class XmlFault extends Error {
  constructor(what: string, where?: number | { cause: unknown }) {
    if (typeof where === "number") super(`${what} at character ${where}`);
    else super(what, where);
    this.name = "XmlFault";
  }
}

/**
 * Checks that a text is well-formed XML 1.0 without a document type, and gives it in plain words.
 *
 * The plain text holds nothing but elements, attributes and character data: no declaration, comments and processing
 * instructions; CDATA sections are written with references, blanks in attributes as XML normalizes them. The parser
 * that reads it is lax; a text it could read in another way than this check is refused.
 *
 * @throws XmlFault
 */
export function plainXml(text: string, nesting = MAX_DEPTH): string {
  return new XmlScan(text, nesting).plain();
}

// Letters of names as XML 1.0 has them. U+1680 and U+FEFF are left out: the parser takes them for white space.
const START =
  "A-Z_a-z\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u02FF\\u0370-\\u037D\\u037F-\\u167F\\u1681-\\u1FFF" +
  "\\u200C\\u200D\\u2070-\\u218F\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFEFE\\uFF00-\\uFFFD" +
  "\\u{10000}-\\u{EFFFF}";
const NAME = `[${START}][${START}\\-.0-9\\u00B7\\u0300-\\u036F\\u203F\\u2040]*`;
const QUALIFIED_NAME = new RegExp(`${NAME}(?::${NAME})?`, "uy");
const WHOLE_NAME = new RegExp(`^${NAME}(?::${NAME})?$`, "u");

/** Whether XML takes it as the name of an element or attribute, with or without a prefix. */
export const isQualifiedName = (name: string): boolean => WHOLE_NAME.test(name);

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that XML forbids
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/u;

/** Where the first character stands that XML 1.0 cannot hold in any way, or -1. */
export const forbiddenAt = (text: string): number => text.search(FORBIDDEN);

const DECLARATION =
  /^<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*(?:"1\.0"|'1\.0')(?:[ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*(?:"([\w.-]+)"|'([\w.-]+)'))?(?:[ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*(?:"(?:yes|no)"|'(?:yes|no)'))?[ \t\r\n]*\?>/;
const BLANKS = /[ \t\r\n]*/y;
const REFERENCE = /&(?:(?:lt|gt|amp|quot|apos)|#(\d{1,8})|#x([\da-fA-F]{1,8}));/y;
/** No oneM2M element has more than a few; without a limit the parser's work would not be linear. */
const MAX_ATTRIBUTES = 64;

/** As many as no content has; a mebibyte of the smallest would keep the gateway busy for most of a second. */
const MAX_ELEMENTS = 65_536;

/** One pass over one text. Each method takes the place where something begins and gives the place behind it. */
class XmlScan {
  readonly #text: string;
  readonly #open: string[] = [];
  readonly #plain: string[] = [];
  /** What lies before it is in `#plain` already. */
  #copied = 0;
  #rootSeen = false;
  #elements = 0;

  readonly #nesting: number;

  constructor(text: string, nesting: number) {
    this.#text = text;
    this.#nesting = nesting;
  }

  plain(): string {
    const forbidden = forbiddenAt(this.#text);
    if (forbidden >= 0) throw new XmlFault("a character that XML does not allow", forbidden);
    let at = this.#declarationEnd();
    this.#copied = at;
    for (;;) {
      const markup = this.#text.indexOf("<", at);
      if (markup < 0) break;
      this.#checkText(at, markup);
      at = this.#markupEnd(markup);
    }
    const unclosed = this.#open.at(-1);
    if (unclosed !== undefined) throw new XmlFault(`no end of <${shortened(unclosed)}>`);
    this.#checkText(at, this.#text.length);
    if (!this.#rootSeen) throw new XmlFault("no element");
    this.#replace(this.#text.length, this.#text.length, "");
    return this.#plain.join("");
  }

  #declarationEnd(): number {
    if (!/^<\?xml[ \t\r\n]/.test(this.#text)) return 0;
    const declaration = DECLARATION.exec(this.#text);
    if (declaration === null) throw new XmlFault("a declaration that is not XML 1.0's");
    const encoding = declaration[1] ?? declaration[2] ?? "UTF-8";
    if (encoding.toUpperCase() !== "UTF-8") {
      throw new XmlFault(`the encoding ${shortened(encoding)}, not UTF-8`);
    }
    return declaration[0].length;
  }

  #checkText(start: number, end: number): void {
    const text = this.#text.slice(start, end);
    if (this.#open.length === 0) {
      const stray = text.search(/[^ \t\r\n]/);
      if (stray >= 0) throw new XmlFault("text outside the root element", start + stray);
      return;
    }
    const closing = text.indexOf("]]>");
    if (closing >= 0) throw new XmlFault("]]> in text", start + closing);
    checkReferences(text, start);
  }

  #markupEnd(at: number): number {
    const text = this.#text;
    switch (text.charAt(at + 1)) {
      case "/":
        return this.#endTagEnd(at);
      case "?":
        return this.#instructionEnd(at);
      case "!":
        if (text.startsWith("<!--", at)) return this.#commentEnd(at);
        if (text.startsWith("<![CDATA[", at)) return this.#sectionEnd(at);
        if (text.startsWith("<!DOCTYPE", at)) throw new XmlFault("a document type", at);
        throw new XmlFault("unknown markup", at);
      default:
        return this.#startTagEnd(at);
    }
  }

  #startTagEnd(start: number): number {
    if (this.#open.length === 0 && this.#rootSeen) throw new XmlFault("a second root", start);
    if (this.#open.length >= this.#nesting) {
      throw new XmlFault(`nesting deeper than ${this.#nesting}`, start);
    }
    this.#rootSeen = true;
    this.#elements += 1;
    if (this.#elements > MAX_ELEMENTS) {
      throw new XmlFault(`more than ${MAX_ELEMENTS} elements`, start);
    }
    let at = this.#nameEnd(start + 1);
    const name = this.#text.slice(start + 1, at);
    const attributes: string[] = [];
    for (;;) {
      const next = this.#blanksEnd(at);
      if (this.#text.charAt(next) === ">") {
        this.#open.push(name);
        return next + 1;
      }
      if (this.#text.startsWith("/>", next)) return next + 2;
      if (next === at) throw new XmlFault("a malformed tag", at);
      at = this.#attributeEnd(next, attributes);
    }
  }

  /** @param seen names of the element's attributes so far */
  #attributeEnd(start: number, seen: string[]): number {
    const text = this.#text;
    const nameEnd = this.#nameEnd(start);
    const name = text.slice(start, nameEnd);
    if (seen.includes(name)) {
      throw new XmlFault(`the attribute ${shortened(name)} a second time`, start);
    }
    if (seen.push(name) > MAX_ATTRIBUTES) {
      throw new XmlFault(`more than ${MAX_ATTRIBUTES} attributes`, start);
    }
    const equals = this.#blanksEnd(nameEnd);
    const quoteAt = this.#blanksEnd(equals + 1);
    const quote = text.charAt(quoteAt);
    if (text.charAt(equals) !== "=" || (quote !== '"' && quote !== "'")) {
      throw new XmlFault("an attribute without value", start);
    }
    const end = text.indexOf(quote, quoteAt + 1);
    if (end < 0) throw new XmlFault("no end of an attribute", start);
    const value = text.slice(quoteAt + 1, end);
    if (value.includes("<")) throw new XmlFault("< in an attribute", start);
    checkReferences(value, quoteAt + 1);
    if (/[\t\r\n]/.test(value)) {
      this.#replace(quoteAt + 1, end, value.replace(/\r\n|[\t\r\n]/g, " "));
    }
    return end + 1;
  }

  #endTagEnd(start: number): number {
    const nameEnd = this.#nameEnd(start + 2);
    const end = this.#blanksEnd(nameEnd);
    if (this.#text.charAt(end) !== ">") throw new XmlFault("a malformed tag", start);
    if (this.#open.pop() !== this.#text.slice(start + 2, nameEnd)) {
      throw new XmlFault("an end tag that ends nothing", start);
    }
    return end + 1;
  }

  #commentEnd(start: number): number {
    const end = this.#text.indexOf("--", start + 4);
    if (end < 0 || this.#text.charAt(end + 2) !== ">") {
      throw new XmlFault("a malformed comment", start);
    }
    return this.#replace(start, end + 3, "");
  }

  #instructionEnd(start: number): number {
    const nameEnd = this.#nameEnd(start + 2);
    const name = this.#text.slice(start + 2, nameEnd);
    const end = this.#text.indexOf("?>", nameEnd);
    if (end < 0 || (end > nameEnd && this.#blanksEnd(nameEnd) === nameEnd)) {
      throw new XmlFault("a malformed processing instruction", start);
    }
    if (name.toLowerCase() === "xml") throw new XmlFault("a declaration behind the start", start);
    return this.#replace(start, end + 2, "");
  }

  #sectionEnd(start: number): number {
    if (this.#open.length === 0) throw new XmlFault("text outside the root element", start);
    const end = this.#text.indexOf("]]>", start);
    if (end < 0) throw new XmlFault("no end of a CDATA section", start);
    const escaped = this.#text
      .slice(start + "<![CDATA[".length, end)
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;");
    return this.#replace(start, end + 3, escaped);
  }

  #replace(start: number, end: number, by: string): number {
    this.#plain.push(this.#text.slice(this.#copied, start), by);
    this.#copied = end;
    return end;
  }

  #nameEnd(start: number): number {
    QUALIFIED_NAME.lastIndex = start;
    if (!QUALIFIED_NAME.test(this.#text)) throw new XmlFault("no name", start);
    return QUALIFIED_NAME.lastIndex;
  }

  #blanksEnd(start: number): number {
    BLANKS.lastIndex = start;
    BLANKS.test(this.#text);
    return BLANKS.lastIndex;
  }
}

/** There are no entities but XML's own five, since nothing can declare others (XML 1.0, 4.1). */
function checkReferences(text: string, start: number): void {
  for (let at = text.indexOf("&"); at >= 0; at = text.indexOf("&", at + 1)) {
    REFERENCE.lastIndex = at;
    const found = REFERENCE.exec(text);
    if (found === null) {
      throw new XmlFault(
        `${JSON.stringify(shortened(text.slice(at, at + 24), 12))}, no reference`,
        start + at,
      );
    }
    const [, decimal, hex] = found;
    if (decimal === undefined && hex === undefined) continue;
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    if (code > 0x10ffff || FORBIDDEN.test(String.fromCodePoint(code))) {
      throw new XmlFault("a reference to a character that XML does not allow", start + at);
    }
  }
}

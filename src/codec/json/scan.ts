/** One member of a JSON object: its name, where the name's quote opens, and where its value lies. */
export interface Member {
  readonly name: string;
  readonly nameStart: number;
  readonly start: number;
  readonly end: number;
  /** The value's only member's name, when the value is an object with exactly one. */
  readonly root: string | undefined;
}

/**
 * Deeper nesting than this is refused unless another depth is allowed; the deepest oneM2M content (a fan-out of nested
 * children) stays far below.
 */
export const MAX_DEPTH = 64;
/** As deep as may ever be allowed: scans, writers and readers of trees call themselves for each level. */
export const DEEPEST = 256;

/** What is wrong with a JSON text, and at which character. */
export class JsonFault extends Error {
  constructor(what: string, at: number) {
    super(`${what} at character ${at}`);
    this.name = "JsonFault";
  }
}

/**
 * Checks a whole JSON text strictly: RFC 8259, no member twice in one object, nothing behind the value, bounded depth.
 *
 * What passes may be spliced into another JSON text as it is; that is why nothing doubtful does.
 *
 * @returns the name of the only member, when the text is an object with exactly one
 * @throws JsonFault
 */
export function checkJson(text: string, nesting = MAX_DEPTH): string | undefined {
  const scan = new JsonScan(text, nesting);
  const start = scan.blanksEnd(0);
  const end = scan.valueEnd(start, 0);
  scan.checkEnd(end);
  return isObjectAt(text, start) ? scan.root : undefined;
}

/** Checks a whole JSON text as {@link checkJson} does and gives the members of its outermost object. @throws JsonFault */
export function scanObject(text: string, nesting = MAX_DEPTH): Member[] {
  const scan = new JsonScan(text, nesting);
  const members: Member[] = [];
  scan.checkEnd(scan.objectEnd(scan.blanksEnd(0), 0, members));
  return members;
}

/** The members of the object that begins at `at` in a text that has been checked. */
export function membersAt(text: string, at: number): Member[] {
  const members: Member[] = [];
  const scan = new JsonScan(text, DEEPEST);
  scan.objectEnd(scan.blanksEnd(at), 0, members);
  return members;
}

/** Whether the value at `at` of a checked text is an object. */
export const isObjectAt = (text: string, at: number): boolean => text.charCodeAt(at) === OPEN_BRACE;

const QUOTE = 34;
const COMMA = 44;
const MINUS = 45;
const DOT = 46;
const ZERO = 48;
const NINE = 57;
const COLON = 58;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
/** Above this many members, names are looked up in a set instead of compared one by one. */
const FEW = 12;

/** What makes a string more than the characters between two quotes. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that JSON forbids in strings
const SPECIAL = /[\\\u0000-\u001f]/;

/** One pass over one text. Each method takes the place where something begins and gives the place behind it. */
class JsonScan {
  /** Name of the only member of the object passed last; undefined when it had none or several. */
  root: string | undefined;
  readonly #text: string;
  /** No escape and no control character anywhere: each string then ends at the next quote, which is found natively. */
  readonly #plain: boolean;

  readonly #nesting: number;

  constructor(text: string, nesting: number) {
    this.#text = text;
    this.#nesting = nesting;
    this.#plain = !SPECIAL.test(text);
  }

  checkEnd(end: number): void {
    const at = this.blanksEnd(end);
    if (at !== this.#text.length) throw new JsonFault("something behind the value", at);
  }

  valueEnd(at: number, depth: number): number {
    switch (this.#text.charCodeAt(at)) {
      case QUOTE:
        return this.#stringEnd(at);
      case OPEN_BRACE:
        return this.objectEnd(at, depth, undefined);
      case OPEN_BRACKET:
        return this.#arrayEnd(at, depth);
      case 116:
        return this.#wordEnd(at, "true");
      case 102:
        return this.#wordEnd(at, "false");
      case 110:
        return this.#wordEnd(at, "null");
      default:
        return this.#numberEnd(at);
    }
  }

  /** @param record takes the members in */
  objectEnd(start: number, depth: number, record: Member[] | undefined): number {
    const text = this.#text;
    if (text.charCodeAt(start) !== OPEN_BRACE) throw new JsonFault("no object", start);
    if (depth >= this.#nesting) throw new JsonFault(`nesting deeper than ${this.#nesting}`, start);
    this.root = undefined;
    let at = this.blanksEnd(start + 1);
    if (text.charCodeAt(at) === CLOSE_BRACE) return at + 1;
    const names: string[] = [];
    let many: Set<string> | undefined;
    for (;;) {
      const nameStart = at;
      at = this.#nameEnd(nameStart);
      const name = this.#name(nameStart, at);
      if (many === undefined ? names.includes(name) : many.has(name)) {
        throw new JsonFault(
          `the member ${JSON.stringify(name.slice(0, 32))} a second time`,
          nameStart,
        );
      }
      names.push(name);
      many?.add(name);
      if (names.length === FEW) many = new Set(names);
      at = this.blanksEnd(at);
      if (text.charCodeAt(at) !== COLON) throw new JsonFault("no colon", at);
      const valueStart = this.blanksEnd(at + 1);
      at = this.valueEnd(valueStart, depth + 1);
      if (record !== undefined) {
        const root = isObjectAt(text, valueStart) ? this.root : undefined;
        record.push({ name, nameStart, start: valueStart, end: at, root });
      }
      at = this.blanksEnd(at);
      const code = text.charCodeAt(at);
      if (code === CLOSE_BRACE) {
        this.root = names.length === 1 ? name : undefined;
        return at + 1;
      }
      if (code !== COMMA) throw new JsonFault("neither comma nor closing brace", at);
      at = this.blanksEnd(at + 1);
    }
  }

  /** The place of the next character that is no white space. */
  blanksEnd(start: number): number {
    let at = start;
    for (;;) {
      const code = this.#text.charCodeAt(at);
      if (code > 32 || (code !== 32 && code !== 10 && code !== 13 && code !== 9)) return at;
      at += 1;
    }
  }

  #arrayEnd(start: number, depth: number): number {
    if (depth >= this.#nesting) throw new JsonFault(`nesting deeper than ${this.#nesting}`, start);
    let at = this.blanksEnd(start + 1);
    if (this.#text.charCodeAt(at) === CLOSE_BRACKET) return at + 1;
    for (;;) {
      at = this.blanksEnd(this.valueEnd(at, depth + 1));
      const code = this.#text.charCodeAt(at);
      if (code === CLOSE_BRACKET) return at + 1;
      if (code !== COMMA) throw new JsonFault("neither comma nor closing bracket", at);
      at = this.blanksEnd(at + 1);
    }
  }

  #nameEnd(start: number): number {
    if (this.#text.charCodeAt(start) !== QUOTE) throw new JsonFault("no member name", start);
    return this.#stringEnd(start);
  }

  #name(start: number, end: number): string {
    const name = this.#text.slice(start + 1, end - 1);
    // Two spellings of one name are one name: "\u0066r" would override "fr" at the next reader.
    return this.#plain || !name.includes("\\")
      ? name
      : (JSON.parse(this.#text.slice(start, end)) as string);
  }

  #stringEnd(start: number): number {
    const text = this.#text;
    if (this.#plain) {
      const quote = text.indexOf('"', start + 1);
      if (quote < 0) throw new JsonFault("no end of a string", start);
      return quote + 1;
    }
    let at = start + 1;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) return at + 1;
      if (code === BACKSLASH) at = this.#escapeEnd(at + 1);
      else if (code >= 32) at += 1;
      // Also at the end of the text, where charCodeAt gives NaN.
      else throw new JsonFault("a control character or no end in a string", at);
    }
  }

  #escapeEnd(at: number): number {
    const code = this.#text.charCodeAt(at);
    if (code === 117) {
      for (let digit = at + 1; digit <= at + 4; digit += 1) {
        if (!isHexDigit(this.#text.charCodeAt(digit))) throw new JsonFault("a bad escape", at);
      }
      return at + 5;
    }
    if (Number.isNaN(code) || !'"\\/bfnrt'.includes(this.#text.charAt(at))) {
      throw new JsonFault("a bad escape", at);
    }
    return at + 1;
  }

  #numberEnd(start: number): number {
    const text = this.#text;
    let at = text.charCodeAt(start) === MINUS ? start + 1 : start;
    at = text.charCodeAt(at) === ZERO ? at + 1 : this.#digitsEnd(at);
    if (text.charCodeAt(at) === DOT) at = this.#digitsEnd(at + 1);
    const code = text.charCodeAt(at);
    if (code !== 101 && code !== 69) return at;
    const sign = text.charCodeAt(at + 1);
    return this.#digitsEnd(sign === 43 || sign === MINUS ? at + 2 : at + 1);
  }

  /** At least one digit. */
  #digitsEnd(start: number): number {
    let at = start;
    for (;;) {
      const code = this.#text.charCodeAt(at);
      if (!(code >= ZERO && code <= NINE)) break;
      at += 1;
    }
    if (at === start) throw new JsonFault("no value", start);
    return at;
  }

  #wordEnd(at: number, word: string): number {
    if (!this.#text.startsWith(word, at)) throw new JsonFault("no value", at);
    return at + word.length;
  }
}

function isHexDigit(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 70) || (code >= 97 && code <= 102);
}

/** One member of a JSON object: its name, where the name's quote opens, and where its value lies. */
export interface Member {
  readonly name: string;
  readonly nameStart: number;
  readonly start: number;
  readonly end: number;
  /** The value's only member's name, when the value is an object with exactly one. */
  readonly root: string | undefined;
}

/** Deeper nesting than this is refused; the deepest oneM2M content (a fan-out of nested children) stays far below. */
export const MAX_DEPTH = 64;

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
export function checkJson(text: string): string | undefined {
  const scan = new JsonScan(text, 0);
  const root = scan.value(0);
  scan.end();
  return root;
}

/** Checks a whole JSON text as {@link checkJson} does and gives the members of its outermost object. @throws JsonFault */
export function scanObject(text: string): Member[] {
  const scan = new JsonScan(text, 0);
  const members = scan.members();
  scan.end();
  return members;
}

/** The members of the object that begins at `at` in a text that has been checked. */
export function membersAt(text: string, at: number): Member[] {
  return new JsonScan(text, at).members();
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

class JsonScan {
  readonly #text: string;
  /** No escape and no control character anywhere: each string then ends at the next quote, which is found natively. */
  readonly #plain: boolean;
  #at: number;

  constructor(text: string, at: number) {
    this.#text = text;
    this.#plain = !SPECIAL.test(text);
    this.#at = at;
  }

  end(): void {
    this.#blank();
    if (this.#at !== this.#text.length) throw new JsonFault("something behind the value", this.#at);
  }

  members(): Member[] {
    const members: Member[] = [];
    this.#blank();
    if (this.#text.charCodeAt(this.#at) !== OPEN_BRACE) throw new JsonFault("no object", this.#at);
    this.#object(0, members);
    return members;
  }

  /** Passes one value; gives its only member's name when it is an object with exactly one. */
  value(depth: number): string | undefined {
    this.#blank();
    const code = this.#text.charCodeAt(this.#at);
    switch (code) {
      case QUOTE:
        this.#string();
        return undefined;
      case OPEN_BRACE:
        return this.#object(depth, undefined);
      case OPEN_BRACKET:
        this.#array(depth);
        return undefined;
      case 116:
        this.#word("true");
        return undefined;
      case 102:
        this.#word("false");
        return undefined;
      case 110:
        this.#word("null");
        return undefined;
      default:
        this.#number();
        return undefined;
    }
  }

  #object(depth: number, record: Member[] | undefined): string | undefined {
    if (depth >= MAX_DEPTH) throw new JsonFault(`nesting deeper than ${MAX_DEPTH}`, this.#at);
    this.#at += 1;
    this.#blank();
    if (this.#text.charCodeAt(this.#at) === CLOSE_BRACE) {
      this.#at += 1;
      return undefined;
    }
    const names: string[] = [];
    let many: Set<string> | undefined;
    for (;;) {
      const nameStart = this.#at;
      const name = this.#name();
      if (many === undefined ? names.includes(name) : many.has(name)) {
        throw new JsonFault(`the member ${JSON.stringify(name)} a second time`, nameStart);
      }
      names.push(name);
      many?.add(name);
      if (names.length === FEW) many = new Set(names);
      this.#blank();
      this.#expect(COLON, "a colon");
      this.#blank();
      const start = this.#at;
      const root = this.value(depth + 1);
      record?.push({ name, nameStart, start, end: this.#at, root });
      this.#blank();
      const code = this.#text.charCodeAt(this.#at);
      this.#at += 1;
      if (code === CLOSE_BRACE) return names.length === 1 ? name : undefined;
      if (code !== COMMA) throw new JsonFault("neither comma nor closing brace", this.#at - 1);
      this.#blank();
    }
  }

  #array(depth: number): void {
    if (depth >= MAX_DEPTH) throw new JsonFault(`nesting deeper than ${MAX_DEPTH}`, this.#at);
    this.#at += 1;
    this.#blank();
    if (this.#text.charCodeAt(this.#at) === CLOSE_BRACKET) {
      this.#at += 1;
      return;
    }
    for (;;) {
      this.value(depth + 1);
      this.#blank();
      const code = this.#text.charCodeAt(this.#at);
      this.#at += 1;
      if (code === CLOSE_BRACKET) return;
      if (code !== COMMA) throw new JsonFault("neither comma nor closing bracket", this.#at - 1);
    }
  }

  #name(): string {
    const start = this.#at;
    if (this.#text.charCodeAt(start) !== QUOTE) throw new JsonFault("no member name", start);
    const escaped = this.#string();
    // Two spellings of one name are one name: "\u0066r" would override "fr" at the next reader.
    return escaped
      ? (JSON.parse(this.#text.slice(start, this.#at)) as string)
      : this.#text.slice(start + 1, this.#at - 1);
  }

  /** Passes a string; true when it holds escapes. */
  #string(): boolean {
    const text = this.#text;
    if (this.#plain) {
      const end = text.indexOf('"', this.#at + 1);
      if (end < 0) throw new JsonFault("no end of a string", this.#at);
      this.#at = end + 1;
      return false;
    }
    let escaped = false;
    let at = this.#at + 1;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) break;
      if (code === BACKSLASH) {
        escaped = true;
        at = this.#escape(at + 1);
      } else if (code >= 32) {
        at += 1;
      } else {
        // Also the end of the text, where charCodeAt gives NaN.
        throw new JsonFault("a control character or no end in a string", at);
      }
    }
    this.#at = at + 1;
    return escaped;
  }

  #escape(at: number): number {
    const code = this.#text.charCodeAt(at);
    if (code === 117) {
      for (let digit = at + 1; digit <= at + 4; digit += 1) {
        if (!isHexDigit(this.#text.charCodeAt(digit))) throw new JsonFault("a bad escape", at);
      }
      return at + 5;
    }
    if (!'"\\/bfnrt'.includes(this.#text.charAt(at)) || Number.isNaN(code)) {
      throw new JsonFault("a bad escape", at);
    }
    return at + 1;
  }

  #number(): void {
    const start = this.#at;
    if (this.#text.charCodeAt(this.#at) === MINUS) this.#at += 1;
    if (this.#text.charCodeAt(this.#at) === ZERO) this.#at += 1;
    else this.#digits(start);
    if (this.#text.charCodeAt(this.#at) === DOT) {
      this.#at += 1;
      this.#digits(start);
    }
    const code = this.#text.charCodeAt(this.#at);
    if (code === 101 || code === 69) {
      const sign = this.#text.charCodeAt(this.#at + 1);
      this.#at += sign === 43 || sign === MINUS ? 2 : 1;
      this.#digits(start);
    }
  }

  #digits(start: number): void {
    const first = this.#at;
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (!(code >= ZERO && code <= NINE)) break;
      this.#at += 1;
    }
    if (this.#at === first) throw new JsonFault("no value", start);
  }

  #word(word: string): void {
    if (!this.#text.startsWith(word, this.#at)) throw new JsonFault("no value", this.#at);
    this.#at += word.length;
  }

  #expect(code: number, what: string): void {
    if (this.#text.charCodeAt(this.#at) !== code) throw new JsonFault(`not ${what}`, this.#at);
    this.#at += 1;
  }

  #blank(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return;
      this.#at += 1;
    }
  }
}

function isHexDigit(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 70) || (code >= 97 && code <= 102);
}

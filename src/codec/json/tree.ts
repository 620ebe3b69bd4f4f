import { type ExactTree, Numeral, type Tree } from "../../primitive/content.ts";
import { JsonFault } from "./scan.ts";

/** Digits or an exponent at which a number may be more than a double holds; also true for some strings. */
const SUSPICIOUS = /\d{16}|[eE]\+?\d{3}/;
/** Numbers whose digits a double might not give back: many of them, zeros at the end, exponents; also some strings. */
const INEXACT = /\d{15}|\d{8}\.\d|\.\d{6}|\.\d*0(?!\d)|\d[eE]|-0/;
const NUMBER = /-?\d+(\.\d+)?([eE][+-]?\d+)?/y;
const INTEGER = /^-?\d+$/;
/** Longer integers are no value of any parameter, and reading them costs more than their length. */
const MAX_DIGITS = 64;

/**
 * The value of a JSON text that has been checked, integers beyond 2^53 as bigint so that none is rounded.
 *
 * @param beyond what to do about a number beyond all doubles, or longer than any integer in use
 * @throws JsonFault when such a number is to be refused
 */
export function parseJson(text: string, beyond: "refuse" | "round"): Tree {
  if (text.length <= 4 || !SUSPICIOUS.test(text)) return JSON.parse(text) as Tree;
  // Neither of the two makes a Numeral.
  return new Reader(text, beyond === "refuse" ? refuseBeyond : roundBeyond).value() as Tree;
}

/** The value of a JSON text that has been checked, with every number as it was written. */
export function parseExactJson(text: string): ExactTree {
  if (!INEXACT.test(text)) return JSON.parse(text) as Tree;
  return new Reader(text, exactly).value();
}

/** What becomes of a number. @param at where it stands in the text */
type NumberReader = (written: string, at: number) => number | bigint | Numeral;

function exactly(written: string): number | bigint | Numeral {
  const value = Number(written);
  if (String(value) === written) return value;
  const isPlain = /^-?[1-9]\d*$/.test(written) && written.length <= MAX_DIGITS;
  return isPlain ? BigInt(written) : new Numeral(written);
}

function roundBeyond(written: string): number | bigint {
  const value = Number(written);
  if (Number.isSafeInteger(value)) return value;
  return INTEGER.test(written) && written.length <= MAX_DIGITS ? BigInt(written) : value;
}

function refuseBeyond(written: string, at: number): number | bigint {
  const value = roundBeyond(written);
  if (typeof value === "bigint" || Number.isSafeInteger(value)) return value;
  if (INTEGER.test(written) || !Number.isFinite(value))
    throw new JsonFault("a number too large", at);
  return value;
}

class Reader {
  readonly #text: string;
  readonly #numberOf: NumberReader;
  #at = 0;

  constructor(text: string, numberOf: NumberReader) {
    this.#text = text;
    this.#numberOf = numberOf;
  }

  value(): ExactTree {
    const start = this.#next();
    switch (this.#text.charAt(start)) {
      case '"':
        return this.#string();
      case "{":
        return this.#object();
      case "[":
        return this.#array();
      case "t":
        this.#at += 4;
        return true;
      case "f":
        this.#at += 5;
        return false;
      case "n":
        this.#at += 4;
        return null;
      default:
        return this.#number();
    }
  }

  #object(): ExactTree {
    const members: [string, ExactTree][] = [];
    this.#at += 1;
    while (this.#text.charAt(this.#next()) !== "}") {
      if (members.length > 0) this.#skip();
      const name = this.#string();
      this.#skip();
      members.push([name, this.value()]);
    }
    this.#at += 1;
    return Object.fromEntries(members);
  }

  #array(): ExactTree {
    const items: ExactTree[] = [];
    this.#at += 1;
    while (this.#text.charAt(this.#next()) !== "]") {
      if (items.length > 0) this.#skip();
      items.push(this.value());
    }
    this.#at += 1;
    return items;
  }

  #string(): string {
    const start = this.#at;
    let end = this.#text.indexOf('"', start + 1);
    while (this.#isEscaped(end)) end = this.#text.indexOf('"', end + 1);
    this.#at = end + 1;
    return JSON.parse(this.#text.slice(start, this.#at)) as string;
  }

  #isEscaped(quote: number): boolean {
    let backslashes = 0;
    while (this.#text.charAt(quote - 1 - backslashes) === "\\") backslashes += 1;
    return backslashes % 2 === 1;
  }

  #number(): ExactTree {
    NUMBER.lastIndex = this.#at;
    const written = NUMBER.exec(this.#text)?.[0] ?? "";
    const start = this.#at;
    this.#at += written.length;
    return this.#numberOf(written, start);
  }

  /** Passes a comma or colon and the white space behind it. */
  #skip(): void {
    this.#at = this.#next() + 1;
    this.#next();
  }

  /** Passes white space. */
  #next(): number {
    while (/\s/.test(this.#text.charAt(this.#at))) this.#at += 1;
    return this.#at;
  }
}

import { type ExactTree, Numeral, setMember, type Tree } from "../../primitive/content.ts";
import { JsonFault } from "./scan.ts";

/** Digits or an exponent at which a number may be more than a double holds; also true for some strings. */
const SUSPICIOUS = /\d{16}|[eE]\+?\d{3}/;
/** Numbers whose value a double might not have: it has every one of fifteen digits; also in some strings. */
const LOSSY = /(?:^|[:,[\s])-?(?:[\d.]{16}|[\d.]+[eE])/;
/** Numbers whose digits a double might not give back: many of them, zeros at the end, exponents; also in some strings. */
const INEXACT =
  /(?:^|[:,[\s])-?(?:\d{15}|\d{8,}\.\d|\d+\.\d{6}|\d+\.\d*0(?!\d)|\d+(?:\.\d+)?[eE]|(?<=-)0(?![.\d]))/;
const NUMBER = /-?\d+(\.\d+)?([eE][+-]?\d+)?/y;
const SPACE = 32;
const SHORT = /^-?(?:(?:0|[1-9]\d{0,8})\.\d{0,5}[1-9]|[1-9]\d{0,8}|(?<!-)0)$/;
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

/**
 * The value of a JSON text that has been checked, with every number as it was written.
 *
 * @param keep with "values", numbers whose value a double has may be doubles
 */
export function parseExactJson(text: string, keep: "values" | "digits" = "digits"): ExactTree {
  const suspicious = keep === "values" ? LOSSY : INEXACT;
  if (!suspicious.test(text)) return JSON.parse(text) as Tree;
  return new Reader(text, exactly).value();
}

/** What becomes of a number. @param at where it stands in the text */
type NumberReader = (written: string, at: number) => number | bigint | Numeral;

function exactly(written: string): number | bigint | Numeral {
  const value = Number(written);
  // Short, and neither zeros at the end nor an exponent: a double gives such digits back.
  if (SHORT.test(written)) return value;
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
    const members: Record<string, ExactTree> = {};
    this.#at += 1;
    while (this.#text.charAt(this.#next()) !== "}") {
      if (this.#text.charAt(this.#at) === ",") this.#skip();
      const name = this.#string();
      this.#skip();
      setMember(members, name, this.value());
    }
    this.#at += 1;
    return members;
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
    const inside = this.#text.slice(start + 1, end);
    return inside.includes("\\") ? (JSON.parse(`"${inside}"`) as string) : inside;
  }

  #isEscaped(quote: number): boolean {
    let backslashes = 0;
    while (this.#text.charAt(quote - 1 - backslashes) === "\\") backslashes += 1;
    return backslashes % 2 === 1;
  }

  #number(): ExactTree {
    const start = this.#at;
    NUMBER.lastIndex = start;
    NUMBER.test(this.#text);
    this.#at = NUMBER.lastIndex;
    return this.#numberOf(this.#text.slice(start, this.#at), start);
  }

  /** Passes a comma or colon and the white space behind it. */
  #skip(): void {
    this.#at = this.#next() + 1;
    this.#next();
  }

  /** Passes white space. */
  #next(): number {
    while (this.#text.charCodeAt(this.#at) <= SPACE) this.#at += 1;
    return this.#at;
  }
}

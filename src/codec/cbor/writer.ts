import { GatewayError } from "../../base/errors.ts";
import { type ExactObject, type ExactTree, Numeral } from "../../primitive/content.ts";
import { LONGEST_HEAD, MAJOR, writeHead } from "./item.ts";
import { cborNumberOf } from "./number.ts";

/** The CBOR of a tree as TS-0004, 8.5.1 has it. @throws GatewayError GW_CONTENT_NOT_TRANSCODABLE */
export function cborOf(tree: ExactTree): Buffer {
  const writer = new CborWriter();
  writer.tree(tree);
  return writer.written();
}

const FALSE = 0xf4;
const TRUE = 0xf5;
const NULL = 0xf6;
const FLOAT = 0xfa;
const DOUBLE = 0xfb;
/** Halves of characters that are made of two. */
const LONE_SURROGATE = /\p{Surrogate}/u;
/** Up to this many characters, one at a time is faster than a call into the runtime. */
const SHORT = 24;
/** So much of a value is named when it is refused. */
const NAMED = 48;

/**
 * Writes one item after the other: definite lengths, text strings, shortest integers, floats of 32 bits where these
 * carry the value and of 64 elsewhere (TS-0004, 8.5.1).
 *
 * Of our own, because cbor-x writes integers from 2^32 on as floats, rounds what it writes with 32 bits and lets
 * lone surrogates through as bytes that are no UTF-8. Throws GatewayError GW_CONTENT_NOT_TRANSCODABLE for what CBOR
 * cannot say.
 */
export class CborWriter {
  #bytes: Buffer;
  #at = 0;

  /** @param room bytes expected; more are taken when they are needed */
  constructor(room = 512) {
    this.#bytes = Buffer.allocUnsafe(room);
  }

  written(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }

  /** Begins a map; `count` times a text and an item follow. */
  map(count: number): void {
    this.#head(MAJOR.MAP, count);
  }

  /** Copies an item that has been checked. */
  item(bytes: Buffer): void {
    this.#take(bytes.length);
    this.#at += bytes.copy(this.#bytes, this.#at);
  }

  text(text: string): void {
    // Up to three bytes for each UTF-16 unit.
    this.#take(LONGEST_HEAD + 3 * Math.min(text.length, SHORT));
    if (this.#wroteShortAscii(text)) return;
    const length = Buffer.byteLength(text);
    if (length > text.length && LONE_SURROGATE.test(text)) {
      refuse(`the text ${JSON.stringify(text.slice(0, NAMED))} holds half a character`);
    }
    this.#head(MAJOR.TEXT, length);
    this.#take(length);
    this.#at += this.#bytes.write(text, this.#at, "utf8");
  }

  tree(tree: ExactTree): void {
    switch (typeof tree) {
      case "string":
        this.text(tree);
        return;
      case "number":
        if (Number.isSafeInteger(tree)) this.#integer(tree);
        else if (Number.isFinite(tree) && !Number.isInteger(tree)) this.#double(tree);
        else this.#number(tree);
        return;
      case "bigint":
        this.#number(tree);
        return;
      case "boolean":
        this.#byte(tree ? TRUE : FALSE);
        return;
      default:
        if (tree === null) this.#byte(NULL);
        else if (tree instanceof Numeral) this.#number(tree);
        else if (Array.isArray(tree)) this.#array(tree);
        else this.#object(tree as ExactObject);
    }
  }

  #array(items: readonly ExactTree[]): void {
    this.#head(MAJOR.ARRAY, items.length);
    for (const item of items) this.tree(item);
  }

  #object(object: ExactObject): void {
    const names = Object.keys(object);
    this.map(names.length);
    for (const name of names) {
      this.text(name);
      this.tree(object[name] as ExactTree);
    }
  }

  #number(number: number | bigint | Numeral): void {
    const found = cborNumberOf(number);
    if (found === undefined) {
      const digits = number instanceof Numeral ? number.text : String(number);
      const named = digits.length > NAMED ? `${digits.slice(0, NAMED)}…` : digits;
      refuse(`neither an integer of 64 bits nor a double has the value of ${named}`);
    }
    if ("double" in found) this.#double(found.double);
    else this.#integer(found.integer);
  }

  #integer(value: number | bigint): void {
    if (value >= 0) this.#head(MAJOR.UNSIGNED, value);
    else this.#head(MAJOR.NEGATIVE, beforeMinusOne(value));
  }

  #double(value: number): void {
    this.#take(LONGEST_HEAD);
    if (Math.fround(value) === value) {
      this.#bytes[this.#at] = FLOAT;
      this.#at = this.#bytes.writeFloatBE(value, this.#at + 1);
    } else {
      this.#bytes[this.#at] = DOUBLE;
      this.#at = this.#bytes.writeDoubleBE(value, this.#at + 1);
    }
  }

  /** Writes a text whose length fits into one byte with the major type; false when it is another text. */
  #wroteShortAscii(text: string): boolean {
    const { length } = text;
    if (length >= SHORT) return false;
    const bytes = this.#bytes;
    const start = this.#at + 1;
    for (let index = 0; index < length; index += 1) {
      const code = text.charCodeAt(index);
      if (code > 127) return false;
      bytes[start + index] = code;
    }
    bytes[this.#at] = (MAJOR.TEXT << 5) | length;
    this.#at = start + length;
    return true;
  }

  #head(major: number, argument: number | bigint): void {
    this.#take(LONGEST_HEAD);
    this.#at = writeHead(this.#bytes, this.#at, major, argument);
  }

  #byte(byte: number): void {
    this.#take(1);
    this.#bytes[this.#at] = byte;
    this.#at += 1;
  }

  /** Makes room for `more` bytes. */
  #take(more: number): void {
    const needed = this.#at + more;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.length));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}

/** The argument of a negative integer (RFC 8949, 3.1). */
const beforeMinusOne = (value: number | bigint): number | bigint =>
  typeof value === "number" ? -1 - value : -1n - value;

function refuse(detail: string): never {
  throw new GatewayError("GW_CONTENT_NOT_TRANSCODABLE", detail);
}

import { isUtf8 } from "node:buffer";
import { DEEPEST, MAX_DEPTH } from "../json/scan.ts";
import { CborCopy } from "./copy.ts";
import { CborFault } from "./fault.ts";
import { argumentAt, BREAK, bufferOf, headSize, INDEFINITE, isMapAt, MAJOR } from "./item.ts";
import { checkSimple, checkTag } from "./json-values.ts";
import { MemberNames } from "./names.ts";
import { CborTexts, isShortAscii } from "./text.ts";

/** One member of a CBOR map: its name, where the name begins, and where its value lies. */
export interface CborMember {
  readonly name: string;
  readonly nameStart: number;
  readonly start: number;
  readonly end: number;
  /** The value's only member's name, when the value is a map with exactly one. */
  readonly root: string | undefined;
}

/** CBOR that has been checked: every name and string a text string of definite length, and no tags. */
export interface CheckedCbor {
  /** What was given, where it already was so; else a copy. */
  readonly bytes: Buffer;
  /** Name of the only member, when the item is a map with exactly one. */
  readonly root: string | undefined;
}

/**
 * Checks a whole CBOR item strictly: well-formed and valid (RFC 8949, 5.3), no member twice in one map, nothing behind
 * the item, bounded depth, and no value that JSON lacks (TS-0004, 8.5.1: CBOR says what JSON says).
 *
 * Taken, and set right: byte strings holding UTF-8, as the examples of TS-0004, 8.5.2 have them, strings in chunks,
 * and tags that say no more than what their content is for. All lengths and number widths are taken as they are.
 *
 * @throws CborFault
 */
export function checkCbor(bytes: Uint8Array, nesting = MAX_DEPTH): CheckedCbor {
  const received = bufferOf(bytes);
  const scan = new CborScan(received, nesting);
  const start = scan.tagsEnd(0);
  scan.checkEnd(scan.valueEnd(start, 0));
  return { bytes: scan.result(), root: isMapAt(received, start) ? scan.root : undefined };
}

/** Checks a whole CBOR item as {@link checkCbor} does and gives the members of its outermost map. @throws CborFault */
export function scanMap(
  bytes: Uint8Array,
  nesting = MAX_DEPTH,
): {
  readonly bytes: Buffer;
  readonly members: CborMember[];
} {
  const received = bufferOf(bytes);
  const scan = new CborScan(received, nesting);
  const members: CborMember[] = [];
  scan.checkEnd(scan.mapEnd(scan.tagsEnd(0), 0, members));
  const checked = scan.result();
  return { bytes: checked, members: checked === received ? members : membersAt(checked, 0) };
}

/** The members of the map that begins at `at` in an item that has been checked. */
export function membersAt(bytes: Buffer, at: number): CborMember[] {
  const members: CborMember[] = [];
  new CborScan(bytes, DEEPEST).mapEnd(at, 0, members);
  return members;
}

/** One pass over one item. Each method takes the place where something begins and gives the place behind it. */
class CborScan {
  /** Name of the only member of the map passed last; undefined when it had none or several. */
  root: string | undefined;
  readonly #bytes: Buffer;
  /** Argument of the head passed last. */
  #argument = 0;
  /** Where the text of the string passed last lies; `#joined` instead when it came in chunks. */
  #textStart = 0;
  #textEnd = 0;
  #joined: Buffer | undefined;
  readonly #texts: CborTexts;
  readonly #copy: CborCopy;

  readonly #nesting: number;

  constructor(bytes: Buffer, nesting: number) {
    this.#bytes = bytes;
    this.#nesting = nesting;
    this.#texts = new CborTexts(bytes);
    this.#copy = new CborCopy(bytes);
  }

  checkEnd(end: number): void {
    if (end !== this.#bytes.length) throw new CborFault("something behind the item", end);
  }

  /** The bytes, with all set right that was passed. */
  result(): Buffer {
    return this.#copy.finished();
  }

  /** Passes the tags in front of an item. */
  tagsEnd(start: number): number {
    let at = start;
    while (this.#majorAt(at) === MAJOR.TAG) {
      const end = this.#headEnd(at);
      checkTag(this.#argument, at);
      at = end;
    }
    if (at > start) this.#copy.drop(start, at);
    return at;
  }

  valueEnd(start: number, depth: number): number {
    const at = this.tagsEnd(start);
    switch (this.#majorAt(at)) {
      case MAJOR.UNSIGNED:
      case MAJOR.NEGATIVE:
        return this.#headEnd(at);
      case MAJOR.BYTES:
      case MAJOR.TEXT:
        return this.#stringEnd(at);
      case MAJOR.ARRAY:
        return this.#arrayEnd(at, depth);
      case MAJOR.MAP:
        return this.mapEnd(at, depth, undefined);
      default:
        return this.#simpleEnd(at);
    }
  }

  /** @param record takes the members in */
  mapEnd(start: number, depth: number, record: CborMember[] | undefined): number {
    if (this.#majorAt(start) !== MAJOR.MAP) throw new CborFault("no map", start);
    // A member takes two bytes at least.
    let at = this.#openEnd(start, depth, 2);
    const count = this.#argument;
    const names = new MemberNames();
    while (names.count < count && this.#bytes[at] !== BREAK) {
      const nameStart = at;
      const valueStart = this.#nameEnd(nameStart);
      const name = this.#name();
      if (!names.add(name)) {
        throw new CborFault(
          `the member ${JSON.stringify(name.slice(0, 32))} a second time`,
          nameStart,
        );
      }
      at = this.valueEnd(valueStart, depth + 1);
      const root = isMapAt(this.#bytes, valueStart) ? this.root : undefined;
      record?.push({ name, nameStart, start: valueStart, end: at, root });
    }
    this.root = names.sole;
    return this.#closeEnd(at, names.count, count);
  }

  #arrayEnd(start: number, depth: number): number {
    let at = this.#openEnd(start, depth, 1);
    const count = this.#argument;
    let passed = 0;
    while (passed < count && this.#bytes[at] !== BREAK) {
      at = this.valueEnd(at, depth + 1);
      passed += 1;
    }
    return this.#closeEnd(at, passed, count);
  }

  /** Passes the head of an array or map; its argument is then how many items or members follow, without limit or not. */
  #openEnd(start: number, depth: number, smallest: number): number {
    if (depth >= this.#nesting) throw new CborFault(`nesting deeper than ${this.#nesting}`, start);
    if (((this.#bytes[start] as number) & 31) === INDEFINITE) {
      this.#argument = Number.POSITIVE_INFINITY;
      return start + 1;
    }
    const at = this.#headEnd(start);
    if (this.#argument * smallest > this.#bytes.length - at) {
      throw new CborFault("more items announced than can follow", start);
    }
    return at;
  }

  #closeEnd(at: number, passed: number, announced: number): number {
    if (passed === announced) return at;
    if (announced === Number.POSITIVE_INFINITY) return at + 1;
    throw new CborFault("a break where none can be", at);
  }

  #nameEnd(start: number): number {
    const at = this.tagsEnd(start);
    const major = this.#majorAt(at);
    if (major !== MAJOR.TEXT && major !== MAJOR.BYTES) {
      throw new CborFault("a member name that is no text", at);
    }
    return this.#stringEnd(at);
  }

  /** The string passed last. */
  #name(): string {
    return this.#joined?.toString("utf8") ?? this.#texts.between(this.#textStart, this.#textEnd);
  }

  #stringEnd(start: number): number {
    const first = this.#bytes[start] as number;
    if ((first & 31) === INDEFINITE) return this.#chunksEnd(start, first >> 5);
    const end = this.#plainEnd(start);
    this.#joined = undefined;
    this.#textStart = end - this.#argument;
    this.#textEnd = end;
    this.#checkUtf8(this.#bytes, this.#textStart, end, start);
    if (first >> 5 === MAJOR.BYTES) this.#copy.makeText(start);
    return end;
  }

  /** Passes a string of definite length; the argument is then its length. */
  #plainEnd(start: number): number {
    const at = this.#headEnd(start);
    if (this.#argument > this.#bytes.length - at) {
      throw new CborFault("a string that is longer than what follows", start);
    }
    return at + this.#argument;
  }

  /** Passes a string in chunks: strings of the same kind, not in chunks themselves (RFC 8949, 3.2.3). */
  #chunksEnd(start: number, major: number): number {
    const chunks: number[] = [];
    let at = start + 1;
    while (this.#bytes[at] !== BREAK) {
      if (this.#majorAt(at) !== major) {
        throw new CborFault("a string with something else among its chunks", at);
      }
      const end = this.#plainEnd(at);
      const content = end - this.#argument;
      // No character may lie in two chunks of text; in bytes there are no characters yet.
      if (major === MAJOR.TEXT) this.#checkUtf8(this.#bytes, content, end, at);
      if (content < end) chunks.push(content, end);
      at = end;
    }
    const text = this.#copy.join(start, at + 1, chunks);
    if (major === MAJOR.BYTES) this.#checkUtf8(text, 0, text.length, start);
    this.#joined = text;
    return at + 1;
  }

  #checkUtf8(bytes: Buffer, start: number, end: number, item: number): void {
    if (isShortAscii(bytes, start, end)) return;
    if (!isUtf8(bytes.subarray(start, end))) {
      throw new CborFault("a string that is not UTF-8", item);
    }
  }

  #simpleEnd(start: number): number {
    const info = (this.#bytes[start] as number) & 31;
    if (info === 20 || info === 21 || info === 22) return start + 1;
    if (info === INDEFINITE) throw new CborFault("a break where none can be", start);
    const end = this.#headEnd(start);
    checkSimple(this.#bytes, start, this.#argument);
    return end;
  }

  #majorAt(at: number): number {
    const first = this.#bytes[at];
    if (first === undefined) throw new CborFault("the end of the bytes", at);
    return first >> 5;
  }

  #headEnd(start: number): number {
    const first = this.#bytes[start] as number;
    const info = first & 31;
    if (info < 24) {
      this.#argument = info;
      return start + 1;
    }
    if (info > 27) throw new CborFault("a length or width that does not exist", start);
    const end = start + headSize(first);
    if (end > this.#bytes.length) throw new CborFault("an item cut off", start);
    this.#argument = argumentAt(this.#bytes, start);
    return end;
  }
}

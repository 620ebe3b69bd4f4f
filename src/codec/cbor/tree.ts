import { setMember, type Tree } from "../../primitive/content.ts";
import { argumentAt, BREAK, headSize, INDEFINITE, MAJOR } from "./item.ts";
import { CborTexts } from "./text.ts";

/**
 * The value of CBOR that has been checked, integers beyond 2^53 as bigint.
 *
 * Of our own: cbor-x renames `__proto__` and makes a bigint of every integer that is written with 64 bits, of 1 too.
 */
export function readCbor(bytes: Buffer): Tree {
  return new Reader(bytes).value();
}

class Reader {
  readonly #bytes: Buffer;
  readonly #texts: CborTexts;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#texts = new CborTexts(bytes);
  }

  value(): Tree {
    const start = this.#at;
    const first = this.#bytes[start] as number;
    this.#at += headSize(first);
    switch (first >> 5) {
      case MAJOR.UNSIGNED:
        return this.#integer(start, false);
      case MAJOR.NEGATIVE:
        return this.#integer(start, true);
      case MAJOR.TEXT:
        return this.#text(start);
      case MAJOR.ARRAY:
        return this.#array(start);
      case MAJOR.MAP:
        return this.#map(start);
      default:
        return this.#simple(start);
    }
  }

  #integer(start: number, negative: boolean): number | bigint {
    const argument = argumentAt(this.#bytes, start);
    // A negative integer is -1 minus its argument (RFC 8949, 3.1).
    if (argument < Number.MAX_SAFE_INTEGER) return negative ? -1 - argument : argument;
    const exact = this.#bytes.readBigUInt64BE(start + 1);
    const value = negative ? -1n - exact : exact;
    return value === BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
  }

  #text(start: number): string {
    const from = this.#at;
    this.#at += argumentAt(this.#bytes, start);
    return this.#texts.between(from, this.#at);
  }

  #array(start: number): Tree {
    const count = this.#countAt(start);
    // The scan has seen that many items; made to measure, arrays in arrays take a third of the memory.
    const items: Tree[] = count === Number.POSITIVE_INFINITY ? [] : new Array<Tree>(count);
    let passed = 0;
    while (passed < count && !this.#isBreak()) {
      items[passed] = this.value();
      passed += 1;
    }
    this.#passBreak(count);
    return items;
  }

  #map(start: number): Tree {
    const members: Record<string, Tree> = {};
    const count = this.#countAt(start);
    let passed = 0;
    while (passed < count && !this.#isBreak()) {
      const head = this.#at;
      this.#at += headSize(this.#bytes[head] as number);
      setMember(members, this.#text(head), this.value());
      passed += 1;
    }
    this.#passBreak(count);
    return members;
  }

  #countAt(start: number): number {
    const isIndefinite = ((this.#bytes[start] as number) & 31) === INDEFINITE;
    return isIndefinite ? Number.POSITIVE_INFINITY : argumentAt(this.#bytes, start);
  }

  #isBreak(): boolean {
    return this.#bytes[this.#at] === BREAK;
  }

  #passBreak(count: number): void {
    if (count === Number.POSITIVE_INFINITY) this.#at += 1;
  }

  #simple(start: number): Tree {
    switch ((this.#bytes[start] as number) & 31) {
      case 20:
        return false;
      case 21:
        return true;
      case 22:
        return null;
      case 25:
        return halfFloat(this.#bytes.readUInt16BE(start + 1));
      case 26:
        return this.#bytes.readFloatBE(start + 1);
      default:
        return exactDouble(this.#bytes.readDoubleBE(start + 1));
    }
  }
}

/** Written in decimals, a large double would get zeros for the digits that it has. */
function exactDouble(value: number): number | bigint {
  const isLarge = Number.isInteger(value) && !Number.isSafeInteger(value);
  return isLarge && Math.abs(value) < 2 ** 64 ? BigInt(value) : value;
}

/** A finite float of 16 bits: one for the sign, five for the exponent, ten for the fraction (RFC 8949, Appendix D). */
function halfFloat(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const size = exponent === 0 ? fraction * 2 ** -24 : (fraction + 1024) * 2 ** (exponent - 25);
  return bits >> 15 === 0 ? size : -size;
}

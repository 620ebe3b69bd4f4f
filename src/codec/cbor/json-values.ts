import { CborFault } from "./fault.ts";
import { isFiniteAt } from "./item.ts";

/**
 * Tags that describe their content and leave it what it is (RFC 8949, 3.4): times, conversions to expect, kinds of
 * text, and "this is CBOR". All others make something else of it: bignums (2, 3), fractions (4, 5), CBOR in bytes (24).
 */
const DESCRIBING_TAGS = new Set([0, 1, 21, 22, 23, 32, 33, 34, 35, 36, 55799]);

/** Refuses a tag that makes of its content what JSON lacks (TS-0004, 8.5.1). @throws CborFault */
export function checkTag(tag: number, at: number): void {
  if (DESCRIBING_TAGS.has(tag)) return;
  throw new CborFault(`the tag ${tag}, whose meaning JSON and oneM2M lack,`, at);
}

/**
 * Refuses a simple value or floating-point number that JSON lacks (TS-0004, 8.5.1), or that is not well-formed.
 *
 * @param argument of its head, which is whole
 * @throws CborFault
 */
export function checkSimple(bytes: Buffer, at: number, argument: number): void {
  const info = (bytes[at] as number) & 31;
  if (info === 24 && argument < 32) {
    throw new CborFault("a simple value in a form that does not exist", at);
  }
  if (info < 25) {
    const what = argument === 23 ? "undefined" : `the simple value ${argument}`;
    throw new CborFault(`${what}, which JSON and oneM2M lack,`, at);
  }
  if (!isFiniteAt(bytes, at)) {
    throw new CborFault("NaN or an infinity, which JSON and oneM2M lack,", at);
  }
}

import { bufferOf } from "./item.ts";

/** As CBOR, a hex digit in ASCII begins an integer or a string of up to six bytes: seven bytes in all (`f` and six). */
const LONGER_THAN_SUCH_AN_ITEM = 8;

/**
 * The bytes that a message spells in hex digits; undefined when it is not hex text from the first to the last byte.
 *
 * nCube-Thyme sends CBOR so in text frames, and Mobius in HTTP bodies. It cannot be mistaken: eight and more hex
 * digits are no item, and a primitive begins with the byte of a map or a tag, 0xa0 to 0xdb, which is no ASCII at all.
 */
export function bytesOfHex(message: Uint8Array): Buffer | undefined {
  if (message.length < LONGER_THAN_SUCH_AN_ITEM || message.length % 2 === 1) return undefined;
  for (const byte of message) if (!isHexDigit(byte)) return undefined;
  return Buffer.from(bufferOf(message).toString("latin1"), "hex");
}

const isHexDigit = (byte: number): boolean =>
  (byte >= 48 && byte <= 57) || (byte >= 65 && byte <= 70) || (byte >= 97 && byte <= 102);

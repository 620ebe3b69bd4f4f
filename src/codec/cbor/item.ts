/** The major types of RFC 8949, 3.1: the upper three bits of the byte an item begins with. */
export const MAJOR = {
  UNSIGNED: 0,
  NEGATIVE: 1,
  BYTES: 2,
  TEXT: 3,
  ARRAY: 4,
  MAP: 5,
  TAG: 6,
  SIMPLE: 7,
} as const;

/** Additional information of an item whose end is marked by a break (RFC 8949, 3.2.1). */
export const INDEFINITE = 31;
/** The byte that ends such an item. */
export const BREAK = 0xff;
/** Bytes of the longest head: eight of them are the argument. */
export const LONGEST_HEAD = 9;

/** A view of the bytes with Buffer's methods; nothing is copied. */
export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Whether a map begins at `at`. */
export const isMapAt = (bytes: Buffer, at: number): boolean =>
  (bytes[at] as number) >> 5 === MAJOR.MAP;

/** Bytes of the head that begins with `first`, for every additional information but 28 to 30. */
export function headSize(first: number): number {
  const info = first & 31;
  return info < 24 || info === INDEFINITE ? 1 : 1 + (1 << (info - 24));
}

/** Whether the item from `start` to `end` is a map without members. */
export function isEmptyMap(bytes: Buffer, start: number, end: number): boolean {
  if (!isMapAt(bytes, start)) return false;
  const first = bytes[start] as number;
  const isIndefinite = (first & 31) === INDEFINITE;
  return end - start === headSize(first) + (isIndefinite ? 1 : 0);
}

/** The argument of the head at `at`, which must be complete; the nearest double from 2^53. */
export function argumentAt(bytes: Buffer, at: number): number {
  const info = (bytes[at] as number) & 31;
  switch (info) {
    case 24:
      return bytes[at + 1] as number;
    case 25:
      return bytes.readUInt16BE(at + 1);
    case 26:
      return bytes.readUInt32BE(at + 1);
    case 27:
      return bytes.readUInt32BE(at + 1) * 2 ** 32 + bytes.readUInt32BE(at + 5);
    default:
      return info;
  }
}

/**
 * Writes a head with the shortest argument and gives the place behind it.
 *
 * @param argument 0 to 2^64-1; a number only up to 2^53
 */
export function writeHead(
  bytes: Buffer,
  at: number,
  major: number,
  argument: number | bigint,
): number {
  const first = major << 5;
  if (argument < 24) {
    bytes[at] = first | Number(argument);
    return at + 1;
  }
  if (argument < 0x100) {
    bytes[at] = first | 24;
    bytes[at + 1] = Number(argument);
    return at + 2;
  }
  if (argument < 0x1_0000) {
    bytes[at] = first | 25;
    return bytes.writeUInt16BE(Number(argument), at + 1);
  }
  if (argument < 0x1_0000_0000) {
    bytes[at] = first | 26;
    return bytes.writeUInt32BE(Number(argument), at + 1);
  }
  bytes[at] = first | 27;
  return bytes.writeBigUInt64BE(BigInt(argument), at + 1);
}

/** Whether the float at `at` is a number: all ones in the exponent mean NaN or an infinity (RFC 8949, 3.3; IEEE 754). */
export function isFiniteAt(bytes: Buffer, at: number): boolean {
  const exponent = bytes.readUInt16BE(at + 1);
  switch ((bytes[at] as number) & 31) {
    case 25:
      return (exponent & 0x7c00) !== 0x7c00;
    case 26:
      return (exponent & 0x7f80) !== 0x7f80;
    default:
      return (exponent & 0x7ff0) !== 0x7ff0;
  }
}

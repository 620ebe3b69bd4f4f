import { hash } from "node:crypto";

/**
 * The keys of the tables of held primitives: bytes, of one length within each table.
 *
 * Texts of peers go in as digests: LMDB has no room for long ones. Numbers go in as doubles whose bits are turned so
 * that they sort as they count.
 */

const DIGEST = 16;
const NUMBER = 8;
const SIGN = 0x80;

/** Behind every key of a table. */
export const BEHIND_ALL = Buffer.alloc(DIGEST + 2 * NUMBER + 1, 0xff);
/** Before every key of a table. */
export const BEFORE_ALL = Buffer.alloc(1);

/** Stands for a text. */
export function digestOf(text: string): Buffer {
  return hash("sha256", text, "buffer").subarray(0, DIGEST);
}

/** Where an entry is: by registree, in the order of arrival. */
export const entryKey = (registree: string, sequence: number): Buffer =>
  Buffer.concat([digestOf(registree), numberKey(sequence)]);

/** Digest of the registree out of an entry's or a dead letter's key. */
export const registreeIn = (key: Uint8Array): Buffer => bytesOf(key).subarray(0, DIGEST);

export const sequenceIn = (entry: Uint8Array): number => numberIn(entry, DIGEST);

/** In the order of expiry, and of arrival among those that expire together. */
export function expiryKey(expires: number, entry: Uint8Array): Buffer {
  const bytes = bytesOf(entry);
  return Buffer.concat([numberKey(expires), bytes.subarray(DIGEST), bytes.subarray(0, DIGEST)]);
}

export const expiresIn = (expiry: Uint8Array): number => numberIn(expiry);

export function entryIn(expiry: Uint8Array): Buffer {
  const bytes = bytesOf(expiry);
  return Buffer.concat([bytes.subarray(2 * NUMBER), bytes.subarray(NUMBER, 2 * NUMBER)]);
}

/** By registree, oldest first. */
export const letterKey = (registree: string, at: number, sequence: number): Buffer =>
  Buffer.concat([digestOf(registree), numberKey(at), numberKey(sequence)]);

export const letterTimeIn = (letter: Uint8Array): number => numberIn(letter, DIGEST);
export const letterSequenceIn = (letter: Uint8Array): number => numberIn(letter, DIGEST + NUMBER);

/** Of all registrees, oldest first. */
export function letterAgeKey(letter: Uint8Array): Buffer {
  const bytes = bytesOf(letter);
  return Buffer.concat([
    bytes.subarray(DIGEST, DIGEST + NUMBER),
    bytes.subarray(0, DIGEST),
    bytes.subarray(DIGEST + NUMBER),
  ]);
}

export const ageIn = (age: Uint8Array): number => numberIn(age);

export function letterIn(age: Uint8Array): Buffer {
  const bytes = bytesOf(age);
  return Buffer.concat([
    bytes.subarray(NUMBER, NUMBER + DIGEST),
    bytes.subarray(0, NUMBER),
    bytes.subarray(NUMBER + DIGEST),
  ]);
}

/** Behind every key that begins with these bytes. */
export const behind = (beginning: Uint8Array): Buffer => Buffer.concat([beginning, BEHIND_ALL]);

/** A number as it stands in keys. */
export function numberKey(value: number): Buffer {
  const bytes = Buffer.alloc(NUMBER);
  // There is a -0, and it shall not be another number.
  bytes.writeDoubleBE(value + 0);
  return turned(bytes, value < 0);
}

/** The number at a place in a key. */
export function numberIn(key: Uint8Array, at = 0): number {
  const bytes = Buffer.from(key.subarray(at, at + NUMBER));
  return turned(bytes, (bytes.readUInt8(0) & SIGN) === 0).readDoubleBE(0);
}

/** Doubles sort as their bits do, but negative ones the other way round and behind all others. */
function turned(bytes: Buffer, isNegative: boolean): Buffer {
  if (!isNegative) bytes.writeUInt8(bytes.readUInt8(0) ^ SIGN, 0);
  else for (const [at, byte] of bytes.entries()) bytes[at] = byte ^ 0xff;
  return bytes;
}

export function bytesOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

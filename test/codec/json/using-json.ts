import type { Reading, ReadOptions } from "../../../src/codec/codec.ts";
import { jsonCodec } from "../../../src/codec/json/json.ts";
import type { Content, Tree } from "../../../src/primitive/content.ts";
import type { Primitive, RequestPrimitive } from "../../../src/primitive/primitive.ts";

export const STRICT: ReadOptions = { lenient: false };
export const LENIENT: ReadOptions = { lenient: true };

export const bytes = (text: string): Uint8Array => Buffer.from(text, "utf8");
export const read = (message: string | object, options = STRICT): Reading =>
  jsonCodec.readPrimitive(
    bytes(typeof message === "string" ? message : JSON.stringify(message)),
    options,
  );
export const contentOf = (text: string): Content =>
  jsonCodec.decodeContent(bytes(text), { emptyIsNull: false });
export const textOf = (content: Content): string =>
  jsonCodec.encodeContent(content, { emptyIsNull: false }) as string;
export const treeOf = (text: string): Tree => JSON.parse(text) as Tree;

export function primitiveOf(reading: Reading): Primitive {
  if ("malformed" in reading) throw new Error(`malformed: ${reading.malformed}`);
  return reading.primitive;
}

export function requestOf(reading: Reading): RequestPrimitive {
  const primitive = primitiveOf(reading);
  if (primitive.kind !== "request") throw new Error("a response");
  return primitive;
}

/** The value as JavaScript gives it back: 1e400 and -0 do not survive that. */
export const plain = (text: string): string => JSON.stringify(JSON.parse(text));

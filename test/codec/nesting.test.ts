import { Encoder } from "cbor-x";
import { expect, test } from "vitest";
import { createCborCodec } from "../../src/codec/cbor/cbor.ts";
import type { Codec } from "../../src/codec/codec.ts";
import { createJsonCodec } from "../../src/codec/json/json.ts";
import { DEEPEST, MAX_DEPTH } from "../../src/codec/json/scan.ts";
import { createXmlCodec } from "../../src/codec/xml/xml.ts";

const CONTEXT = { emptyIsNull: false };
const PREFIX = 'xmlns:m2m="http://www.onem2m.org/xml/protocols"';

/** Contents of so many levels. */
const DOCUMENTS = {
  json: (levels: number) => Buffer.from(`${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`),
  cbor: (levels: number) => {
    let tree: unknown = 1;
    for (let level = 0; level < levels; level += 1) tree = { a: tree };
    return new Encoder({ useRecords: false, variableMapSize: true }).encode(tree);
  },
  xml: (levels: number) =>
    Buffer.from(
      `<m2m:a ${PREFIX}>${"<a>".repeat(levels - 1)}1${"</a>".repeat(levels - 1)}</m2m:a>`,
    ),
};

const CODECS: Record<keyof typeof DOCUMENTS, (nesting: () => number) => Codec> = {
  json: createJsonCodec,
  cbor: createCborCodec,
  xml: (nesting) => createXmlCodec({ onUnknown() {}, nesting }),
};

test.each(
  (["json", "cbor", "xml"] as const).flatMap((name) =>
    [8, MAX_DEPTH, DEEPEST].map((nesting) => [name, nesting] as const),
  ),
)(
  "%s takes content of %i levels where so many are allowed, and refuses one more",
  (name, nesting) => {
    const codec = CODECS[name](() => nesting).forPeer();
    const content = codec.decodeContent(DOCUMENTS[name](nesting), CONTEXT);
    // Whatever may come in can be written for any other peer.
    for (const other of Object.values(CODECS)) {
      expect(() => other(() => nesting).encodeContent(content, CONTEXT)).not.toThrow(RangeError);
    }
    expect(() => codec.decodeContent(DOCUMENTS[name](nesting + 1), CONTEXT)).toThrow(
      `nesting deeper than ${nesting}`,
    );
  },
);

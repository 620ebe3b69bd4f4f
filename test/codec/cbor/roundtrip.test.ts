import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GatewayError } from "../../../src/base/errors.ts";
import { cborCodec } from "../../../src/codec/cbor/cbor.ts";
import { cborNumberOf } from "../../../src/codec/cbor/number.ts";
import { jsonOf } from "../../../src/codec/json/content.ts";
import { jsonCodec } from "../../../src/codec/json/json.ts";
import { parseExactJson } from "../../../src/codec/json/tree.ts";
import { type ExactTree, isExactObject, Numeral } from "../../../src/primitive/content.ts";
import {
  NAMEABLE_ROOTS,
  schemaContent,
  schemaContentOf,
} from "../../helpers/schema-arbitraries.ts";

const PLAIN = { emptyIsNull: false };

/** What JSON and CBOR make of a tree; undefined when CBOR refuses it. */
function roundTrip(tree: ExactTree): ExactTree | undefined {
  const json = jsonCodec.decodeContent(Buffer.from(jsonOf(tree)), PLAIN);
  try {
    const cbor = cborCodec.decodeContent(cborCodec.encodeContent(json, PLAIN) as Buffer, PLAIN);
    return parseExactJson(jsonCodec.encodeContent(cbor, PLAIN) as string);
  } catch (error) {
    if (error instanceof GatewayError && error.code === "GW_CONTENT_NOT_TRANSCODABLE") return;
    throw error;
  }
}

/** The same values; numbers by what they are worth, since CBOR has no digits. */
function worth(tree: ExactTree): unknown {
  if (typeof tree === "number" || typeof tree === "bigint" || tree instanceof Numeral) {
    const number = cborNumberOf(tree);
    return number === undefined
      ? undefined
      : JSON.stringify(number, (_, it) =>
          typeof it === "bigint" || typeof it === "number" ? String(it) : it,
        );
  }
  if (Array.isArray(tree)) return tree.map(worth);
  if (!isExactObject(tree)) return tree;
  return Object.fromEntries(Object.entries(tree).map(([name, value]) => [name, worth(value)]));
}

/** Whether CBOR has every number in it. */
function isCarried(tree: ExactTree): boolean {
  if (typeof tree === "number" || typeof tree === "bigint" || tree instanceof Numeral) {
    return cborNumberOf(tree) !== undefined;
  }
  if (Array.isArray(tree)) return tree.every(isCarried);
  return !isExactObject(tree) || Object.values(tree).every(isCarried);
}

describe("a content of any shape in the tables is the same after JSON, CBOR and JSON (TS-0004, 8.5)", () => {
  const check = (tree: ExactTree): void => {
    const back = roundTrip(tree);
    // Refused for a number that neither 64 bits nor a double carry, and for nothing else.
    expect(back !== undefined).toBe(isCarried(tree));
    if (back !== undefined) expect(worth(back)).toEqual(worth(tree));
  };

  test.each(["null", "typed", "none"] as const)("with empties: %s", (empties) => {
    fc.assert(fc.property(schemaContent(empties), check), { numRuns: 500 });
  });

  test("for every root there is", () => {
    for (const root of NAMEABLE_ROOTS) {
      fc.assert(fc.property(schemaContentOf(root, "typed"), check), { numRuns: 2 });
    }
  });
});

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GatewayError } from "../../../src/base/errors.ts";
import { jsonOf } from "../../../src/codec/json/content.ts";
import { jsonCodec } from "../../../src/codec/json/json.ts";
import { parseExactJson } from "../../../src/codec/json/tree.ts";
import type { Content, ExactTree } from "../../../src/primitive/content.ts";
import {
  NAMEABLE_ROOTS,
  schemaContent,
  schemaContentOf,
} from "../../helpers/schema-arbitraries.ts";
import { bytes } from "../json/using-json.ts";
import { xmlCodec } from "./using-xml.ts";

const jsonContent = (tree: ExactTree): Content =>
  jsonCodec.decodeContent(bytes(jsonOf(tree)), { emptyIsNull: false });
const xmlOf = (tree: ExactTree, emptyIsNull: boolean): string =>
  xmlCodec.encodeContent(jsonContent(tree), { emptyIsNull }) as string;
const treeOf = (xml: string, emptyIsNull: boolean): ExactTree =>
  xmlCodec.decodeContent(bytes(xml), { emptyIsNull }).exact();

describe("a content of any shape in the tables", () => {
  test.each([
    ["in an Update, where empty is null", "null", true],
    ["elsewhere, where empty is what the type makes of it", "typed", false],
    ["with nothing empty, in an Update", "none", true],
    ["with nothing empty, elsewhere", "none", false],
  ] as const)("is the same after JSON, XML and JSON: %s (TS-0004, 8.3.1)", (_, empties, nulls) => {
    fc.assert(
      fc.property(schemaContent(empties), (tree) => {
        expect(treeOf(xmlOf(tree, nulls), nulls)).toEqual(tree);
      }),
      { numRuns: 1500 },
    );
  });

  test("is the same for every root there is", () => {
    for (const root of NAMEABLE_ROOTS) {
      fc.assert(
        fc.property(schemaContentOf(root, "typed"), (tree) => {
          expect(treeOf(xmlOf(tree, false), false)).toEqual(tree);
        }),
        { numRuns: 2 },
      );
    }
  });

  test("is the same document after XML, JSON and XML", () => {
    fc.assert(
      fc.property(schemaContent("typed"), (tree) => {
        const xml = xmlOf(tree, false);
        const json = jsonOf(treeOf(xml, false));
        expect(xmlOf(parseExactJson(json), false)).toBe(xml);
      }),
      { numRuns: 500 },
    );
  });
});

test("a repeated root inside another one is an array with one item too", () => {
  const tree = { "m2m:rce": { "m2m:agrp": [{ rqi: "1" }], uri: "a" } };
  expect(treeOf(xmlOf(tree, false), false)).toEqual(tree);
});

test.each(["9007199254740993", "-9007199254740993", "1e400", "1.10", "-0", "0.1e-7", "1E+2"])(
  "the number %s keeps its digits from JSON to XML and from XML to JSON",
  (digits) => {
    const json = `{"m2m:acp":{"pv":{"acr":[{"acco":[{"aclr":{"accr":[${digits}]}}]}]}}}`;
    const xml = xmlOf(parseExactJson(json), false);
    expect(xml).toContain(`<accr>${digits}</accr>`);
    expect(jsonOf(treeOf(xml, false))).toBe(json);
  },
);

describe("an accident", () => {
  const examples = JSON.parse(
    readFileSync(new URL("../../vectors/primitive-examples.json", import.meta.url), "utf8"),
  ) as readonly { xml: string }[];
  const accident = fc.record({
    at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    take: fc.integer({ min: 0, max: 12 }),
    put: fc.oneof(
      fc.constant(""),
      fc.constantFrom(..."<>/&;\"'=:[]!?-# \t\n\r\u0000\u0001\u00a0\ufeff\ufffe0x"),
      fc.constantFrom(
        "<![CDATA[",
        "]]>",
        "<!--",
        "-->",
        "<?p ?>",
        "<!DOCTYPE m2m:rqp>",
        "&amp;",
        "&#xD;",
        "&#0;",
        "&nbsp;",
        "<x/>",
        "</pc>",
        "<m2m:cin>",
        ' rn="x"',
        ' xmlns=""',
        ' xmlns:cod="urn:x"',
        "<constructor/>",
        "<__proto__>1</__proto__>",
      ),
    ),
  });
  const broken = fc
    .tuple(fc.constantFrom(...examples), fc.array(accident, { minLength: 1, maxLength: 3 }))
    .map(([{ xml }, accidents]) =>
      accidents.reduce((before, { at, take, put }) => {
        const index = Math.floor(at * (before.length + 1));
        return before.slice(0, index) + put + before.slice(index + take);
      }, xml),
    );

  test("in a document leaves one that can be read or one that is refused with 4000", () => {
    fc.assert(
      fc.property(broken, fc.boolean(), (xml, emptyIsNull) => {
        try {
          const content = xmlCodec.decodeContent(bytes(xml), { emptyIsNull });
          content.root();
          content.tree();
          expect(JSON.parse(jsonOf(content.exact()))).toBeTypeOf("object");
        } catch (error) {
          expect(error).toBeInstanceOf(GatewayError);
          expect(error).toMatchObject({ rsc: 4000 });
        }
      }),
      { numRuns: 3000 },
    );
  });

  test("in a primitive leaves one that can be read or one that is malformed", () => {
    fc.assert(
      fc.property(broken, fc.boolean(), (xml, lenient) => {
        const reading = xmlCodec.readPrimitive(bytes(xml), { lenient });
        if ("malformed" in reading) return;
        const { primitive } = reading;
        const { requestIdentifier } = primitive;
        try {
          const json = jsonCodec.writePrimitive(primitive, { wrapped: false, requestIdentifier });
          expect(JSON.parse(json as string)).toHaveProperty("rqi", requestIdentifier);
        } catch (error) {
          expect(error).toMatchObject({ code: "GW_CONTENT_NOT_TRANSCODABLE", rsc: 4000 });
        }
      }),
      { numRuns: 3000 },
    );
  });
});

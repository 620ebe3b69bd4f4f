import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GatewayError } from "../../../src/base/errors.ts";
import { cborCodec } from "../../../src/codec/cbor/cbor.ts";
import { decodeJsonContent, jsonOf } from "../../../src/codec/json/content.ts";
import { type Edit, MadeContent, type Tree } from "../../../src/primitive/content.ts";
import { cborBytes, cborContentOf, cborHex, hexOfJson, made, names, trees } from "./trees.ts";

describe("content", () => {
  test("goes out as it came in, to the byte", () => {
    fc.assert(
      fc.property(trees, (tree) => {
        const bytes = cborBytes(made(tree));
        const content = cborCodec.decodeContent(bytes, { emptyIsNull: false });
        expect(cborBytes(content)).toBe(bytes);
        expect(content.tree()).toEqual(tree);
        expect(content.exact()).toEqual(tree);
        expect(content.size).toBe(bytes.length);
        expect(content.serialization).toBe("cbor");
      }),
      { numRuns: 300 },
    );
  });

  test("keeps the order of members, and every own name of an object as a name", () => {
    const json = '{"z":1,"__proto__":{"a":2},"constructor":3,"a":{"__proto__":null}}';
    const content = cborContentOf(hexOfJson(json));
    expect(jsonOf(content.exact())).toBe(json);
    expect(Object.getPrototypeOf(content.tree())).toBe(Object.prototype);
  });

  test.each(["a2616100616101", "a1", "", "a000", "c249010000000000000000", "a1616161"])(
    "%j is refused, and the sentence says where it fails",
    (hex) => {
      const decode = () => cborContentOf(hex);
      expect(decode).toThrow(expect.objectContaining({ code: "GW_CONTENT_MALFORMED", rsc: 4000 }));
      expect(decode).toThrow(/CBOR with .* at byte \d+/);
    },
  );

  test.each([
    ["6a2f69642d696e2f737562", "/id-in/sub", true],
    ["a1616181656162636465", "bcd", true],
    ["a1616181656162636465", "bce", false],
    ["7f6261626163ff", "abc", true],
    ["5f4161ff", "a", true],
    ["a162c3bc00", "ü", true],
  ])("%s mentions %s: %s", (hex, text, expected) => {
    expect(cborContentOf(hex).mentions(text)).toBe(expected);
  });

  test.each([
    ["a1676d326d3a63696ea0", "m2m:cin"],
    ["bf676d326d3a63696ea0ff", "m2m:cin"],
    ["d9d9f7a1476d326d3a63696ea0", "m2m:cin"],
    ["a2616100616200", undefined],
    ["a0", undefined],
    ["81a1616100", undefined],
    ["6161", undefined],
  ])("the root of %s is %s", (hex, root) => {
    expect(cborContentOf(hex).root()).toBe(root);
  });

  test("hex text is content too, in digits of either case", () => {
    const hex = "a1676d326d3a63696ea163636f6e623230";
    for (const text of [hex, hex.toUpperCase()]) {
      const content = cborCodec.decodeContent(Buffer.from(text), { emptyIsNull: false });
      expect(content.tree()).toEqual({ "m2m:cin": { con: "20" } });
      expect(cborHex(content)).toBe(hex);
    }
  });

  test.each([
    ["6161", "a"],
    ["63616263", "abc"],
    ["66616263646566", "abcdef"],
    ["3861", -98],
  ])("%s is an item, not hex text", (hex, value) => {
    expect(cborContentOf(hex).tree()).toBe(value);
  });
});

describe("editing content", () => {
  // {"m2m:ae": {"rr": true, "poa": ["ws://a"], "n": 1.5 (16 bits), "lbl": []}}, a byte more than needed in places
  const document =
    "b801 666d326d3a6165 a4 627272f5 63706f61816677733a2f2f61 616ef93e00 636c626c9800";

  test.each<[string, readonly [string, ...string[]], Tree | undefined, string, string]>([
    ["replaces", ["m2m:ae", "poa"], ["u"], "816677733a2f2f61", "816175"],
    ["takes out the first", ["m2m:ae", "rr"], undefined, "a4 627272f5", "a3"],
    [
      "takes out one in the middle",
      ["m2m:ae", "n"],
      undefined,
      "a4 627272f5 63706f61816677733a2f2f61 616ef93e00",
      "a3 627272f5 63706f61816677733a2f2f61",
    ],
    ["takes out what is not there", ["m2m:ae", "x"], undefined, "", ""],
    ["takes out of what is not there", ["x", "y", "z"], undefined, "", ""],
    ["leaves alone what is no map", ["m2m:ae", "rr", "x"], 1, "", ""],
  ])("%s, and keeps the rest", (_, path, value, from, to) => {
    const before = cborContentOf(document);
    const after = before.edited([{ path, value }]);
    expect(cborHex(after)).toBe(document.replace(from, to).replaceAll(" ", ""));
    expect(cborHex(before)).toBe(document.replaceAll(" ", ""));
    expect(after.serialization).toBe("cbor");
    expect(after.root()).toBe("m2m:ae");
  });

  test.each([
    ["bf6161 01 ff", [{ path: ["b"], value: 2 }], "bf 616101 616202 ff"],
    ["bf6161 01 ff", [{ path: ["a"], value: undefined }], "bfff"],
    ["bfff", [{ path: ["a", "b"], value: 1 }], "bf6161a1616201ff"],
    [
      "a0",
      [{ path: ["__proto__", "__proto__"], value: 1 }],
      "a1695f5f70726f746f5f5fa1695f5f70726f746f5f5f01",
    ],
    ["80", [{ path: ["a"], value: 1 }], "80"],
  ] as [string, Edit[], string][])("%s with %j is %s", (hex, edits, expected) => {
    expect(cborHex(cborContentOf(hex).edited(edits))).toBe(expected.replaceAll(" ", ""));
  });

  test("a map that grows beyond 23 members has a longer head, and shrinks back", () => {
    const map = Object.fromEntries(Array.from({ length: 23 }, (_, index) => [`m${index}`, index]));
    const before = cborContentOf(cborHex(made({ a: map })));
    const after = before.edited([{ path: ["a", "x"], value: 1 }]);
    expect(after.tree()).toEqual({ a: { ...map, x: 1 } });
    expect(cborHex(after)).toMatch(/^a16161b818/);
    expect(cborHex(after.edited([{ path: ["a", "x"], value: undefined }]))).toBe(cborHex(before));
  });

  test("CBOR, JSON and made content are edited alike", () => {
    const objects = fc
      .uniqueArray(fc.tuple(fc.oneof(fc.constantFrom("a", "b"), names), trees), {
        selector: ([name]) => name,
        maxLength: 5,
      })
      .map((members) => Object.fromEntries(members) as Tree);
    const name = fc.constantFrom("a", "b", "__proto__");
    const edit = fc.record({
      path: fc.tuple(fc.constant("m2m:x"), name),
      value: fc.option(trees, { nil: undefined }),
    });
    fc.assert(
      fc.property(objects, edit, (members, { path, value }) => {
        const tree: Tree = { "m2m:x": members };
        const edits = [{ path, value }] as const;
        const edited = cborContentOf(cborHex(made(tree))).edited(edits);
        const json = decodeJsonContent(Buffer.from(jsonOf(tree))).edited(edits);
        expect(edited.tree()).toEqual(new MadeContent(tree).edited(edits).tree());
        expect(jsonOf(edited.exact())).toBe(jsonOf(json.exact()));
        expect(edited.root()).toBe("m2m:x");
      }),
      { numRuns: 200 },
    );
  });

  test("a value that CBOR cannot say is refused", () => {
    expect(() => cborContentOf("a0").edited([{ path: ["a"], value: 2n ** 70n }])).toThrow(
      GatewayError,
    );
  });
});

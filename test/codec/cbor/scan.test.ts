import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CborFault } from "../../../src/codec/cbor/fault.ts";
import { checkCbor, membersAt, scanMap } from "../../../src/codec/cbor/scan.ts";
import { readCbor } from "../../../src/codec/cbor/tree.ts";
import { MAX_DEPTH } from "../../../src/codec/json/scan.ts";
import { rootOf, type Tree } from "../../../src/primitive/content.ts";
import { cborBytes, fromHex, looseCbor, made, names, trees } from "./trees.ts";

const checked = (hex: string): string => checkCbor(fromHex(hex)).bytes.toString("hex");
const textHex = (text: string): string => cborBytes(made(text)).toString("hex");
const manyMembers = (count: number): string =>
  Array.from({ length: count }, (_, index) => `${textHex(`n${index}`)}00`).join("");

describe("what is taken as it is", () => {
  test.each([
    ["the smallest integer", "3bffffffffffffffff"],
    ["the largest integer", "1bffffffffffffffff"],
    ["integers longer than need be (RFC 8949, 4.1)", "841800190000 1a00000000 1b0000000000000000"],
    ["false, true and null", "83f4f5f6"],
    ["floats of 16, 32 and 64 bits", "83f93c00fa3f800000fb3ff0000000000000"],
    ["the largest and the smallest float of 16 bits", "82f97bfff90001"],
    ["an empty array and an empty map", "8280a0"],
    ["an array and a map of indefinite length", "829fff bfff"],
    ["a map of indefinite length with a member", "bf616101ff"],
    ["lengths longer than need be", "9b0000000000000001 b90001 7a000000016161 01"],
    ["text beyond ASCII", "63e697a5"],
    ["text with a NUL", "6100"],
    ["names that differ in case, and in normalisation", "a4616101614102 62c3a903 6365cc8104"],
    ["the same name in maps beside and inside each other", "82a16161a1616100a1616100"],
    ["__proto__ and constructor", `a2${textHex("__proto__")}01${textHex("constructor")}02`],
  ])("%s", (_, hex) => {
    const bytes = fromHex(hex);
    expect(checkCbor(bytes).bytes).toBe(bytes);
  });
});

describe("what is set right", () => {
  test.each([
    ["a byte string (TS-0004, 8.5.2)", "426869", "626869"],
    ["a byte string as name (TS-0004, 8.5.2)", "a1426f7002", "a1626f7002"],
    ["a byte string beyond ASCII", "43e697a5", "63e697a5"],
    ["text in chunks (RFC 8949, 3.2.3)", "7f 6168 6169 ff", "62 6869"],
    ["text without chunks", "7fff", "60"],
    ["text of empty chunks", "7f6060 60ff", "60"],
    ["bytes in chunks, a character in two of them", "5f42e69741a5ff", "63e697a5"],
    ["a name in chunks", "a1 7f61616162ff 01", "a1 626162 01"],
    [
      "chunks whose length takes three bytes together",
      `7f${"6178".repeat(256)}ff`,
      `790100${"78".repeat(256)}`,
    ],
    ["a date as text (tag 0)", "c06161", "6161"],
    ["a date as a number (tag 1)", "c11a514b67b0", "1a514b67b0"],
    ["expected conversions (tags 21 to 23)", "83d56161d66162d76163", "83616161626163"],
    [
      "a URI, base64, a regular expression, MIME (tags 32 to 36)",
      "85d8206161d8216161d8226161d8236161d8246161",
      "8561616161616161616161",
    ],
    ["CBOR that says so (tag 55799)", "d9d9f7a0", "a0"],
    ["a tag with a longer number than need be", "da0000d9f7a0", "a0"],
    ["a tag in front of a tag, and of a name", "d9d9f7 d9d9f7 a1 d8206161 c000", "a1 6161 00"],
    [
      "many things at once",
      "d9d9f7 a3 5f4161ff c04162 6163 9f d8207f6178ff 4179 ff 4164 00",
      "a3 6161 6162 6163 9f 6178 6179 ff 6164 00",
    ],
  ])("%s", (_, hex, expected) => {
    expect(checked(hex)).toBe(expected.replaceAll(" ", ""));
  });

  test("what peers write in any of these forms reads as what they mean, and is left alone afterwards", () => {
    fc.assert(
      fc.property(looseCbor, ({ bytes, tree }) => {
        const before = Buffer.from(bytes);
        const { bytes: right, root } = checkCbor(bytes);
        expect(bytes.equals(before)).toBe(true);
        expect(right.length).toBeLessThanOrEqual(bytes.length);
        expect(readCbor(right)).toEqual(tree);
        expect(root).toBe(rootOf(tree));
        expect(checkCbor(right)).toEqual({ bytes: right, root });
        expect(checkCbor(right).bytes).toBe(right);
      }),
      { numRuns: 500 },
    );
  });
});

describe("what is refused", () => {
  test.each([
    ["nothing at all (RFC 8949, 3)", ""],
    ["an item behind the item (TS-0004, 8.5.1)", "0000"],
    ["a byte behind a map", "a000"],
    ["a break behind the item", "00ff"],
    ["a break alone (RFC 8949, 3.2.1)", "ff"],
    ["an argument cut off (RFC 8949, 3, appendix C)", "18"],
    ["an argument cut off in the middle", "1b00000000000000"],
    ["a float cut off", "fa3f80"],
    ["a text cut off", "6261"],
    ["an array cut off", "8200"],
    ["a map cut off behind a name", "a16161"],
    ["a map of indefinite length without break", "bf616100"],
    ["an array of indefinite length without break", "9f00"],
    ["a text in chunks without break", "7f6161"],
    ["a tag without content", "d9d9f7"],
    ["additional information 28 (RFC 8949, 3)", "1c"],
    ["additional information 29", "7d"],
    ["additional information 30", "be"],
    ["an unsigned integer of indefinite length (RFC 8949, 3.2.1)", "1f"],
    ["a negative integer of indefinite length", "3f"],
    ["a tag of indefinite length", "df00"],
    ["a break in an array of definite length (RFC 8949, 3.2.1)", "81ff"],
    ["a break in a map of definite length", "a2616100ff"],
    ["a break in place of a value (RFC 8949, 3.2.2)", "bf6161ff"],
    ["a break behind a tag", "9fc0ff"],
    ["a chunk of another kind (RFC 8949, 3.2.3)", "7f4161ff"],
    ["a chunk of bytes among text", "5f6161ff"],
    ["a chunk in chunks", "7f7f6161ffff"],
    ["a number among chunks", "7f00ff"],
    ["a tag among chunks", "7fc06161ff"],
    ["more items than can follow (RFC 8949, 10)", "9a7fffffff00"],
    ["more items than any memory", "9bffffffffffffffff00"],
    ["more members than can follow", "b97fff616100"],
    ["more members than any memory", "bbffffffffffffffff616100"],
    ["one member more than can follow", "a2616100"],
    ["a longer text than follows", "7a7fffffff61"],
    ["a longer text than any memory", "7bffffffffffffffff61"],
    ["longer bytes than follow", "5a7fffffff61"],
    ["a longer chunk than follows", "7f7bffffffffffffffff61ff"],
    ["undefined (TS-0004, 8.5.1 knows 20, 21 and 22)", "f7"],
    ["undefined as a member", "a16161f7"],
    ["an unassigned simple value", "e0"],
    ["an unassigned simple value in two bytes", "f8ff"],
    ["false in two bytes (RFC 8949, 3.3)", "f814"],
    ["a positive bignum (RFC 8949, 3.4.3)", "c249010000000000000000"],
    ["a negative bignum", "c349010000000000000000"],
    ["a decimal fraction (RFC 8949, 3.4.4)", "c48221196ab3"],
    ["a bigfloat", "c5822003"],
    ["CBOR in bytes (RFC 8949, 3.4.5.1)", "d8184100"],
    ["a tag nobody knows here", "d8644100"],
    ["the largest tag", "dbffffffffffffffff00"],
    ["NaN of 16 bits (JSON has none, TS-0004, 8.4)", "f97e00"],
    ["infinity of 16 bits", "f97c00"],
    ["negative infinity of 32 bits", "faff800000"],
    ["NaN of 32 bits", "fa7fc00000"],
    ["infinity of 64 bits", "fb7ff0000000000000"],
    ["NaN of 64 bits with a payload", "fbfff8000000000001"],
    ["an integer as name (TS-0004, 8.5.1: names are text)", "a10100"],
    ["null as name", "a1f600"],
    ["an array as name", "a1 80 00"],
    ["text that is not UTF-8 (RFC 8949, 3.1)", "61ff"],
    ["a name that is not UTF-8", "a161ff00"],
    ["text with an overlong form", "62c080"],
    ["text with half a surrogate pair", "63eda080"],
    ["text that ends inside a character", "62e697"],
    ["long text that is not UTF-8", `7864${"61".repeat(99)}ff`],
    ["a byte string that is not UTF-8", "42fffe"],
    ["a character in two chunks of text (RFC 8949, 3.2.3)", "7f62e69761a5ff"],
    ["bytes in chunks that are not UTF-8 together", "5f41e641e6ff"],
  ])("%s", (_, hex) => {
    expect(() => checkCbor(fromHex(hex))).toThrow(CborFault);
    expect(() => checkCbor(fromHex(hex))).toThrow(/ at byte \d+$/);
  });

  test.each([
    ["next to each other", "a2616100616101"],
    ["apart", "a3616100616200616101"],
    ["once as bytes", "a2616100416101"],
    ["once with a longer length", "a261610078016101"],
    ["once with the longest length", "a26161007b00000000000000016101"],
    ["once in chunks", "a2 626162 00 7f61616162ff 01"],
    ["once as bytes in chunks", "a2626162005f41614162ff01"],
    ["twice in chunks, cut differently", "a27f61616162ff007f626162ff01"],
    ["once behind a tag", "a2616100c0616101"],
    ["beyond ASCII, once as bytes", "a262c3a90042c3a901"],
    ["beyond ASCII, once in chunks", "a263e697a5005f41e64297a5ff01"],
    ["the empty name", "a260006001"],
    ["__proto__", `a2${textHex("__proto__")}00${textHex("__proto__")}01`],
    ["in a map of indefinite length", "bf616100616101ff"],
    ["deep inside", "81a16178a2616100616101"],
    ["the first and the last of many", `bf${manyMembers(40)}626e3000ff`],
    ["the twelfth and the thirteenth", `bf${manyMembers(12)}636e313100ff`],
    ["the thirteenth and the fourteenth", `bf${manyMembers(13)}636e313200ff`],
    ["long names", `a2${textHex("x".repeat(60))}00${textHex("x".repeat(60))}01`],
  ])("a member twice: %s (RFC 8949, 5.6; TS-0004, 8.4.2)", (_, hex) => {
    expect(() => checkCbor(fromHex(hex))).toThrow(CborFault);
    expect(() => checkCbor(fromHex(hex))).toThrow(/a second time at byte/);
  });

  test.each([
    ["arrays", "81", ""],
    ["arrays of indefinite length", "9f", "ff"],
    ["maps", "a16161", ""],
    ["maps of indefinite length", "bf6161", "ff"],
    ["tagged arrays", "d9d9f781", ""],
  ])("nesting of %s beyond the limit", (_, open, close) => {
    const nested = (depth: number): Buffer =>
      fromHex(`${open.repeat(depth)}00${close.repeat(depth)}`);
    expect(() => checkCbor(nested(MAX_DEPTH))).not.toThrow();
    expect(() => checkCbor(nested(MAX_DEPTH + 1))).toThrow(/nesting deeper/);
    expect(() => checkCbor(nested(100_000))).toThrow(/nesting deeper/);
  });

  test("a row of tags costs no stack", () => {
    expect(checked(`${"c0".repeat(300_000)}6161`)).toBe("6161");
    expect(() => checkCbor(fromHex("c0".repeat(300_000)))).toThrow(CborFault);
  });
});

describe("members", () => {
  test("each is found with its name, the place of its value and that value's root", () => {
    const maps = fc
      .uniqueArray(fc.tuple(names, trees), { selector: ([name]) => name, maxLength: 20 })
      .map((members) => Object.fromEntries(members));
    fc.assert(
      fc.property(maps, (map) => {
        const whole = cborBytes(made(map));
        const { bytes, members } = scanMap(whole);
        expect(bytes).toBe(whole);
        expect(members.map(({ name }) => name)).toEqual(Object.keys(map));
        for (const { name, nameStart, start, end, root } of members) {
          const value = Object.getOwnPropertyDescriptor(map, name)?.value as Tree;
          expect(readCbor(bytes.subarray(nameStart, start))).toBe(name);
          expect(readCbor(bytes.subarray(start, end))).toEqual(value);
          expect(root).toBe(rootOf(value));
        }
      }),
    );
  });

  test("places are those in the bytes set right", () => {
    const { bytes, members } = scanMap(fromHex("d9d9f7 a2 5f41614162ff c001 4163 a1 4164 05"));
    expect(bytes.toString("hex")).toBe("a2626162016163a1616405");
    expect(members).toEqual([
      { name: "ab", nameStart: 1, start: 4, end: 5, root: undefined },
      { name: "c", nameStart: 5, start: 7, end: 11, root: "d" },
    ]);
    expect(membersAt(bytes, 7)).toEqual([
      { name: "d", nameStart: 8, start: 10, end: 11, root: undefined },
    ]);
  });

  test.each(["80", "00", "6161", "f6", "", "a000", "d9d9f780"])("%s has none to give", (hex) => {
    expect(() => scanMap(fromHex(hex))).toThrow(CborFault);
  });
});

test.each([
  ["a2616100616101", 'the member "a" a second time at byte 4'],
  ["a16161c249010000000000000000", "the tag 2, whose meaning JSON and oneM2M lack, at byte 3"],
  ["a16161fb7ff0000000000000", "NaN or an infinity, which JSON and oneM2M lack, at byte 3"],
  ["a000", "something behind the item at byte 1"],
  ["a16161", "the end of the bytes at byte 3"],
])("the fault of %s is: %s", (hex, sentence) => {
  expect(() => checkCbor(fromHex(hex))).toThrow(sentence);
});

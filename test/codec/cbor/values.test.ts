import { Decoder, Encoder } from "cbor-x";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cborCodec } from "../../../src/codec/cbor/cbor.ts";
import type { ExactTree, Tree } from "../../../src/primitive/content.ts";
import { cborBytes, cborContentOf, cborHex, hexOfJson, jsonOfHex, made, trees } from "./trees.ts";

const refused = expect.objectContaining({ code: "GW_CONTENT_NOT_TRANSCODABLE", rsc: 4000 });

describe("reading (RFC 8949, appendix A)", () => {
  test.each<[string, Tree]>([
    ["00", 0],
    ["1864", 100],
    ["1a000f4240", 1_000_000],
    ["1b000000e8d4a51000", 1_000_000_000_000],
    ["1b0000000000000001", 1],
    ["1b001fffffffffffff", Number.MAX_SAFE_INTEGER],
    ["1b0020000000000000", 9007199254740992n],
    ["1b0020000000000001", 9007199254740993n],
    ["1bffffffffffffffff", 18446744073709551615n],
    ["3b001ffffffffffffe", Number.MIN_SAFE_INTEGER],
    ["3b001fffffffffffff", -9007199254740992n],
    ["3bffffffffffffffff", -18446744073709551616n],
    ["20", -1],
    ["3903e7", -1000],
    ["3affffffff", -4294967296],
    ["f93c00", 1],
    ["f93e00", 1.5],
    ["f97bff", 65504],
    ["f90001", 2 ** -24],
    ["f90400", 0.00006103515625],
    ["f9c400", -4],
    ["fa47c35000", 100000],
    ["fa7f7fffff", 3.4028234663852886e38],
    ["fb3ff199999999999a", 1.1],
    ["fb7e37e43c8800759c", 1e300],
    ["fbc010666666666666", -4.1],
    ["fb4340000000000001", 9007199254740994n],
    ["fb4014000000000000", 5],
    ["62225c", '"\\'],
    ["64f0908591", "\u{10151}"],
    [
      "98190102030405060708090a0b0c0d0e0f101112131415161718181819",
      Array.from({ length: 25 }, (_, index) => index + 1),
    ],
    ["9f018202039f0405ffff", [1, [2, 3], [4, 5]]],
    ["bf61610161629f0203ffff", { a: 1, b: [2, 3] }],
  ])("%s is %s", (hex, value) => {
    expect(cborContentOf(hex).exact()).toEqual(value);
    expect(cborContentOf(hex).tree()).toEqual(value);
  });
});

describe("writing (TS-0004, 8.5.1)", () => {
  test.each([
    ["0", "00"],
    ["-0", "00"],
    ["23", "17"],
    ["24", "1818"],
    ["255", "18ff"],
    ["256", "190100"],
    ["65536", "1a00010000"],
    ["4294967295", "1affffffff"],
    ["4294967296", "1b0000000100000000"],
    ["9007199254740991", "1b001fffffffffffff"],
    ["9007199254740993", "1b0020000000000001"],
    ["1152921504606847000", "1b1000000000000018"],
    ["18446744073709551615", "1bffffffffffffffff"],
    ["12345678901234567890.0", "1bab54a98ceb1f0ad2"],
    ["-1", "20"],
    ["-25", "3818"],
    ["-4294967297", "3b0000000100000000"],
    ["-18446744073709551616", "3bffffffffffffffff"],
    ["1.10", "fb3ff199999999999a"],
    ["1.0", "01"],
    ["5e3", "191388"],
    ["50E-1", "05"],
    ["0.000", "00"],
    ["0e999999999999999999999", "00"],
    ["1.5", "fa3fc00000"],
    ["-4.10", "fbc010666666666666"],
    ["100000.25", "fa47c35020"],
    ["1e300", "fb7e37e43c8800759c"],
    ["1e22", "fb4480f0cf064dd592"],
    ["10000000000000000000000", "fb4480f0cf064dd592"],
    ["1e23", "fb44b52d02c7e14af6"],
    ["5e-324", "fb0000000000000001"],
    ["true", "f5"],
    ["false", "f4"],
    ["null", "f6"],
    ['"\\ud83d\\ude00"', "64f09f9880"],
    ['"\\u0000"', "6100"],
    ['{"b":[],"a":{}}', "a2616280 6161a0"],
  ])("%s is %s", (json, hex) => {
    expect(hexOfJson(json)).toBe(hex.replace(" ", ""));
  });

  test.each([
    ["1e400", /value of 1e400/],
    ["-1e400", /value of -1e400/],
    ["1e-400", /value of 1e-400/],
    ["0.1000000000000000055511151231257827", /value of 0\.1000000000000000055511151231257827/],
    ["36893488147419103233", /value of 36893488147419103233/],
    ["-18446744073709551617", /value of -18446744073709551617/],
    ["18446744073709551616", /integer of 64 bits/],
    ["123456789012345678.5", /value of 123456789012345678\.5/],
    [`1${"0".repeat(400)}`, /value of 10{47}…/],
    [`0.${"1".repeat(100_000)}`, /value of 0\.1{46}…/],
    ['"a\\ud800"', /"a\\ud800" holds half a character/],
    ['{"\\udc00":1}', /"\\udc00" holds half a character/],
    [`"${"x".repeat(100)}\\ud800"`, /half a character/],
  ])("%s cannot be said, and the sentence names it", (json, sentence) => {
    expect(() => hexOfJson(json)).toThrow(refused);
    expect(() => hexOfJson(json)).toThrow(sentence);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    "%d is never written",
    (value) => {
      expect(() => cborBytes(made([value]))).toThrow(refused);
    },
  );

  test("numbers of JSON keep their value on the way to CBOR and back, or are refused", () => {
    const digits = fc.string({
      unit: fc.constantFrom(..."0123456789"),
      minLength: 1,
      maxLength: 22,
    });
    const written = fc
      .record({
        sign: fc.constantFrom("", "-"),
        whole: digits.map((text) => text.replace(/^0+(?=\d)/, "")),
        fraction: fc.oneof(
          fc.constant(""),
          digits.map((text) => `.${text}`),
        ),
        power: fc.constantFrom("", "", "e1", "E+2", "e-3", "e18", "e400"),
      })
      .map(({ sign, whole, fraction, power }) => sign + whole + fraction + power);
    let carried = 0;
    fc.assert(
      fc.property(written, (text) => {
        let hex: string;
        try {
          hex = hexOfJson(text);
        } catch (error) {
          expect(error).toEqual(refused);
          return;
        }
        carried += 1;
        expect(plainDecimal(jsonOfHex(hex))).toBe(plainDecimal(text));
      }),
      { numRuns: 2000 },
    );
    expect(carried).toBeGreaterThan(100);
  });

  test("texts of all lengths are read back the same", () => {
    for (let length = 0; length < 300; length += 1) {
      for (const character of ["x", "ü", "日", "😀"]) {
        const text = character.repeat(length);
        expect(cborContentOf(cborHex(made([text, text]))).tree()).toEqual([text, text]);
      }
    }
  });
});

describe("against cbor-x, an implementation nobody here wrote", () => {
  const options = { useRecords: false, mapsAsObjects: false, int64AsType: "auto" } as const;

  test("it reads what is written here", () => {
    fc.assert(
      fc.property(trees, (tree) => {
        const bytes = cborBytes(made(tree));
        expect(asTree(new Decoder(options as object).decode(bytes))).toEqual(tree);
      }),
      { numRuns: 200 },
    );
  });

  test("what it writes is read here, its integers from 2^32 on as the floats they were made", () => {
    fc.assert(
      fc.property(trees, (tree) => {
        const bytes = new Encoder({ useRecords: false, variableMapSize: true }).encode(tree);
        expect(cborCodec.decodeContent(bytes, { emptyIsNull: false }).tree()).toEqual(tree);
      }),
      { numRuns: 200 },
    );
  });
});

/** The digits of a number without exponent or needless zeros, so that equal values look equal. */
function plainDecimal(text: string): string {
  const [, sign = "", whole = "", fraction = "", power = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const shift = Number(power);
  const all = whole + fraction.padEnd(Math.max(shift, 0), "0");
  const point = whole.length + shift;
  const padded = point < 0 ? "0".repeat(-point) + all : all.padEnd(point, "0");
  const at = Math.max(point, 0);
  const integer = padded.slice(0, at).replace(/^0+/, "") || "0";
  const rest = padded.slice(at).replace(/0+$/, "");
  const value = rest === "" ? integer : `${integer}.${rest}`;
  return value === "0" ? "0" : sign + value;
}

/** Maps as objects, and integers of 64 bits as numbers where these hold them. */
function asTree(value: unknown): ExactTree {
  if (typeof value === "bigint") {
    return value === BigInt(Number(value)) && Number.isSafeInteger(Number(value))
      ? Number(value)
      : value;
  }
  if (Array.isArray(value)) return value.map(asTree);
  if (!(value instanceof Map)) return value as ExactTree;
  return Object.fromEntries([...value].map(([name, inner]) => [name, asTree(inner)]));
}

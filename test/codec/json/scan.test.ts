import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  checkJson,
  isObjectAt,
  JsonFault,
  MAX_DEPTH,
  membersAt,
  scanObject,
} from "../../../src/codec/json/scan.ts";
import { blank, jsonish, jsonObject, jsonValue, mutated } from "./texts.ts";

const nested = (open: string, close: string, depth: number, inside = ""): string =>
  open.repeat(depth) + inside + close.repeat(depth);

describe("texts that are JSON (RFC 8259)", () => {
  test.each([
    "null",
    "true",
    "false",
    "0",
    "-0",
    "10",
    "-1",
    "0.0",
    "1.50",
    "1e5",
    "1E+5",
    "1e-05",
    "-0.1e1",
    "123456789012345678901234567890",
    "1e999",
    '""',
    '"a"',
    '"\u007f\u2028ü😀"',
    '"\\"\\\\\\/\\b\\f\\n\\r\\t"',
    '"\\u0000\\uD83d\\ude00"',
    '"\\ud800"',
    "[]",
    "[ ]",
    "[1,[],{}]",
    "{}",
    "{\t}",
    '{"":1}',
    '{"a":1,"b":{"a":2},"c":[{"a":1},{"a":1}]}',
    '{"__proto__":1,"constructor":2,"toString":3}',
    '{"a":1,"A":2,"a ":3}',
    ' \t\r\n{ "a" : [ 1 , 2 ] }\n',
  ])("%j passes", (text) => {
    expect(checkJson(text)).toBe(soleName(JSON.parse(text)));
  });
});

describe("texts that are no JSON", () => {
  test.each([
    ["nothing", ""],
    ["white space only", " \n"],
    ["two values", "1 2"],
    ["something behind an object", '{"a":1}x'],
    ["a second object", "{}{}"],
    ["a closing brace too many", '{"a":1}}'],
    ["a NUL at the end", "{}\u0000"],
    ["a byte order mark", "\ufeff{}"],
    ["a no-break space", "{\u00a0}"],
    ["a form feed", "{\f}"],
    ["a line separator outside strings", "[\u2028]"],
    ["a comment", "{}//"],
    ["a comment inside", "[1/*2*/]"],
    ["no closing brace", '{"a":1'],
    ["no closing bracket", "[1"],
    ["a bracket that closes a brace", '{"a":1]'],
    ["a brace that closes a bracket", "[1}"],
    ["a comma before the end of an object", '{"a":1,}'],
    ["a comma before the end of an array", "[1,]"],
    ["a leading comma in an object", '{,"a":1}'],
    ["a leading comma in an array", "[,1]"],
    ["two commas", "[1,,2]"],
    ["no comma between members", '{"a":1 "b":2}'],
    ["no comma between items", "[1 2]"],
    ["no colon", '{"a" 1}'],
    ["two colons", '{"a"::1}'],
    ["a name without value", '{"a"}'],
    ["a name and a colon only", '{"a":}'],
    ["a name without quotes", "{a:1}"],
    ["a name in single quotes", "{'a':1}"],
    ["a number as name", "{1:2}"],
    ["a string in single quotes", "'a'"],
    ["a string without end", '"a'],
    ["a string that ends in a backslash", '"a\\'],
    ["a string whose last quote is escaped", '"a\\"'],
    ["a raw tab in a string", '"\t"'],
    ["a raw line feed in a string", '"\n"'],
    ["a raw NUL in a string", '"\u0000"'],
    ["a raw control character in a name", '{"\u001f":1}'],
    ["an unknown escape", '"\\x41"'],
    ["an escaped single quote", '"\\\'"'],
    ["an upper case escape", '"\\N"'],
    ["an escape of three digits", '"\\u004"'],
    ["an escape with a letter beyond f", '"\\u004g"'],
    ["an escape cut off", '"\\u00'],
    ["an escape with a sign", '"\\u+041"'],
    ["a leading zero", "01"],
    ["a negative leading zero", "-01"],
    ["a plus sign", "+1"],
    ["a lone minus", "-"],
    ["two minus signs", "--1"],
    ["a blank behind the minus", "- 1"],
    ["no digit before the point", ".5"],
    ["no digit behind the point", "1."],
    ["no digit between point and exponent", "1.e5"],
    ["no digit in the exponent", "1e"],
    ["only a sign in the exponent", "1e+"],
    ["a fraction in the exponent", "1e1.5"],
    ["a hexadecimal number", "0x10"],
    ["NaN", "NaN"],
    ["Infinity", "-Infinity"],
    ["a digit separator", "1_000"],
    ["a big integer literal", "1n"],
    ["undefined", "undefined"],
    ["a word in upper case", "TRUE"],
    ["a word cut off", "tru"],
    ["a word with more behind it", "nullx"],
    ["an unquoted timestamp", "20141003T112032"],
  ])("%s is refused", (_, text) => {
    expect(() => JSON.parse(text)).toThrow();
    expect(() => checkJson(text)).toThrow(JsonFault);
    expect(() => checkJson(`[0,${text},0]`)).toThrow(JsonFault);
  });
});

describe("what JSON.parse lets pass and this does not", () => {
  test.each([
    ["next to each other", '{"a":1,"a":1}'],
    ["in another spelling", '{"fr":1,"\\u0066r":2}'],
    ["both in another spelling", '{"\\u0066r":1,"f\\u0072":2}'],
    ["with a slash and an escaped one", '{"/":1,"\\/":2}'],
    ["the empty name", '{"":1,"":2}'],
    ["__proto__", '{"__proto__":1,"__proto__":2}'],
    ["deep inside", '[{"a":{"b":{"c":1,"d":2,"c":3}}}]'],
    ["the first and the last of many", `{${manyMembers(40)},"n0":1}`],
    ["the twelfth and the thirteenth", `{${manyMembers(12)},"n11":1}`],
    ["the thirteenth and the fourteenth", `{${manyMembers(13)},"n12":1}`],
  ])("a member twice is refused: %s (TS-0004, 8.4.2: names are unique)", (_, text) => {
    expect(() => JSON.parse(text)).not.toThrow();
    expect(() => checkJson(text)).toThrow(JsonFault);
  });

  test("names that differ in case or in normalisation are different names", () => {
    expect(() => checkJson('{"a":1,"A":2,"\u00e9":3,"e\u0301":4}')).not.toThrow();
  });

  test.each([
    ["arrays", "[", "]", ""],
    ["objects", '{"a":', "}", "1"],
    ["both", '[{"a":', "}]", "1"],
  ])("nesting of %s is bounded", (_, open, close, inside) => {
    const each = open.startsWith("[{") ? 2 : 1;
    expect(() => checkJson(nested(open, close, MAX_DEPTH / each, inside))).not.toThrow();
    expect(() => checkJson(nested(open, close, MAX_DEPTH / each + 1, inside))).toThrow(JsonFault);
    expect(() => checkJson(nested(open, close, 200_000, inside))).toThrow(JsonFault);
    expect(() => checkJson(open.repeat(1_000_000))).toThrow(JsonFault);
  });
});

test("it accepts exactly what JSON.parse accepts, but for members twice and deep nesting", () => {
  const verdicts = { same: 0, refused: 0 };
  const agrees = (text: string): void => {
    const strict = accepts(() => checkJson(text));
    const lax = accepts(() => JSON.parse(text));
    const expected = lax && !hasMemberTwice(text) && depthOf(text) <= MAX_DEPTH;
    expect(strict).toBe(expected);
    verdicts[strict ? "same" : "refused"] += 1;
  };
  fc.assert(
    fc.property(
      jsonValue.map(({ text }) => text),
      agrees,
    ),
    { numRuns: 300 },
  );
  fc.assert(fc.property(mutated, agrees), { numRuns: 2000 });
  fc.assert(fc.property(jsonish, agrees), { numRuns: 1500 });
  // Both verdicts occurred often enough to mean something.
  expect(verdicts.same).toBeGreaterThan(300);
  expect(verdicts.refused).toBeGreaterThan(500);
});

test("the name of the only member is given, and no name for anything else", () => {
  fc.assert(
    fc.property(jsonValue, blank, ({ text }, around) => {
      expect(checkJson(around + text + around)).toBe(soleName(JSON.parse(text)));
    }),
  );
});

test("each member is found with its name, the place of its value and that value's root", () => {
  fc.assert(
    fc.property(jsonObject, blank, blank, ({ text, members = [] }, before, after) => {
      const whole = before + text + after;
      const found = scanObject(whole);
      expect(found.map(({ name }) => name)).toEqual(members.map(({ name }) => name));
      for (const [index, { name, nameStart, start, end, root }] of found.entries()) {
        expect(whole.slice(start, end)).toBe(members[index]?.text);
        const colon = whole.slice(nameStart, start).trimEnd();
        expect(colon.endsWith(":")).toBe(true);
        expect(JSON.parse(colon.slice(0, -1))).toBe(name);
        expect(root).toBe(soleName(JSON.parse(whole.slice(start, end))));
        expect(isObjectAt(whole, start)).toBe(whole[start] === "{");
        if (isObjectAt(whole, start)) {
          expect(
            membersAt(whole, start)
              .map((member) => member.name)
              .sort(),
          ).toEqual(Object.keys(JSON.parse(whole.slice(start, end)) as object).sort());
        }
      }
    }),
  );
});

test.each(["[]", "1", '"{}"', "null", "", "{}x", '{"a":1,"a":2}', "[{}]"])(
  "%j has no members to give",
  (text) => {
    expect(() => scanObject(text)).toThrow(JsonFault);
  },
);

test.each([
  ['{"a":1,}', 7],
  ['{"a":01}', 6],
  ["{} x", 3],
  ['{"a":1,"a":2}', 7],
])("the fault of %j names the character %i", (text, at) => {
  expect(() => checkJson(text)).toThrow(`at character ${at}`);
});

function manyMembers(count: number): string {
  return Array.from({ length: count }, (_, index) => `"n${index}":0`).join(",");
}

function accepts(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch (error) {
    // Anything else, a RangeError say, is no verdict.
    if (error instanceof JsonFault || error instanceof SyntaxError) return false;
    throw error;
  }
}

function soleName(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const names = Object.keys(value);
  return names.length === 1 ? names[0] : undefined;
}

const withoutStrings = (text: string): string => text.replace(/"(?:[^"\\]|\\.)*"/gs, "");

/** By counting: each member has a colon in the text, and only the last of its name is in the value. */
function hasMemberTwice(text: string): boolean {
  const written = withoutStrings(text).split(":").length - 1;
  return written !== countMembers(JSON.parse(text));
}

function countMembers(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const inner = Object.values(value).reduce((sum: number, item) => sum + countMembers(item), 0);
  return Array.isArray(value) ? inner : inner + Object.keys(value).length;
}

function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const character of withoutStrings(text)) {
    if (character === "{" || character === "[") depth += 1;
    if (character === "}" || character === "]") depth -= 1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

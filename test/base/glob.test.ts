import fc from "fast-check";
import { expect, test } from "vitest";
import { globOf } from "../../src/base/glob.ts";

test.each([
  ["CAE1", "CAE1", true],
  ["CAE1", "CAE12", false],
  ["*", "", true],
  ["*", "/id-in/CAE1", true],
  ["/id-in/C*", "/id-in/CAE1", true],
  ["/id-in/C*", "/id-in/C", true],
  ["/id-in/C*", "/id-in/", false],
  ["/id-mn/*", "/id-mn/a/b", true],
  ["*/b", "/a/b", true],
  ["a*b*c", "a-b-c", true],
  ["a*b*c", "abc", true],
  ["a*bb*b", "abb", false],
  ["ab*ba", "aba", false],
  ["a.c", "abc", false],
] as const)("%s against %s: %s", (pattern, text, matches) => {
  expect(globOf(pattern)(text)).toBe(matches);
});

test("a glob matches what the regular expression of the same meaning does", () => {
  const letters = fc.string({ unit: fc.constantFrom("a", "b", "/", "*"), maxLength: 8 });
  fc.assert(
    fc.property(letters, letters, (pattern, text) => {
      const meaning = new RegExp(`^${pattern.split("*").join(".*")}$`, "s");
      expect(globOf(pattern)(text)).toBe(meaning.test(text));
    }),
  );
});

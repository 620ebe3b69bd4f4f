import { describe, expect, test } from "vitest";
import { quoted, shortened } from "../../../src/codec/xml/shortened.ts";
import { contentOf, core, exactOf, xmlOf } from "./using-xml.ts";

const wide = (count: number): string => "\u{10000}".repeat(count);

test.each([
  ["a short text", "abc", "abc"],
  ["a long text", "a".repeat(40), "a".repeat(32)],
  ["characters of two units", wide(40), wide(32)],
  ["a character of two units at the cut", `a${wide(40)}`, `a${wide(31)}`],
  [
    "a character of two units behind others",
    `${"a".repeat(31)}${wide(2)}`,
    `${"a".repeat(31)}${wide(1)}`,
  ],
])("%s is shortened by characters", (_, text, short) => {
  expect(shortened(text)).toBe(short);
});

test.each([
  ["m2m:cnt", "m2m:cnt"],
  ["a b", '"a b"'],
  ["", '""'],
  ["\u0001", '"\\u0001"'],
  ["\ud800", '"\\ud800"'],
])("%j is quoted where it is no plain name", (name, shown) => {
  expect(quoted(name)).toBe(shown);
});

describe("a sentence about a peer's own words holds no part of a character, however long they are:", () => {
  const odd = `b${wide(1000)}`;
  test.each<[string, () => unknown]>([
    ["an unknown prefix", () => contentOf(`<${odd}:a/>`)],
    ["an attribute twice", () => contentOf(`<a ${odd}="" ${odd}=""/>`)],
    ["an element that is not closed", () => contentOf(`<${odd}>`)],
    ["a reference", () => contentOf(`<a>&${odd};</a>`)],
    ["a value", () => exactOf(core("cnt", `<mni>${odd}</mni>`))],
    [
      "text between elements",
      () => exactOf(core("cnt", `<${odd}>x<a/></${odd}><mni>${odd}</mni>`)),
    ],
    ["a name in JSON", () => xmlOf({ "m2m:cnt": { [`${odd} `]: "\u0001" } })],
    ["a list in a list", () => xmlOf({ "m2m:cnt": { [odd]: [["a"]] } })],
    ["an empty string", () => xmlOf({ "m2m:cnt": { [odd]: "" } }, true)],
    ["an item", () => xmlOf({ "m2m:cnt": { lbl: [`${odd} a`] } })],
    ["a prefix in JSON", () => xmlOf({ "m2m:cnt": { [`${odd}:a`]: "" } })],
  ])("%s", (_, attempt) => {
    let message = "";
    try {
      attempt();
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toMatch(/\S/);
    expect(message.length).toBeLessThan(250);
    expect(message).not.toMatch(/\p{Surrogate}/u);
  });
});

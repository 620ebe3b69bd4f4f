import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Edit,
  isTreeObject,
  MadeContent,
  rootObjectOf,
  rootOf,
  type Tree,
} from "../../src/primitive/content.ts";

const trees: readonly (readonly [Tree, string | undefined])[] = [
  [{ "m2m:ae": { rn: "a" } }, "m2m:ae"],
  [{ "m2m:uri": "a/b" }, "m2m:uri"],
  [{ "": 1 }, ""],
  [{ a: 1, b: 2 }, undefined],
  [{}, undefined],
  [["m2m:ae"], undefined],
  ["m2m:ae", undefined],
  [null, undefined],
  [7, undefined],
  [true, undefined],
];

test.each(trees)("the root of %j is %s", (tree, root) => {
  expect(rootOf(tree)).toBe(root);
  expect(new MadeContent(tree).root()).toBe(root);
  expect(new MadeContent(tree).tree()).toEqual(tree);
});

test.each<[Tree | undefined, boolean]>([
  [{}, true],
  [{ a: 1 }, true],
  [[], false],
  [null, false],
  ["a", false],
  [1n, false],
  [undefined, false],
])("%s is an object: %s", (tree, expected) => {
  expect(isTreeObject(tree)).toBe(expected);
});

describe("the object below the root", () => {
  test("is given with the root's name", () => {
    expect(rootObjectOf(new MadeContent({ "m2m:ae": { rn: "a" } }))).toEqual({
      root: "m2m:ae",
      members: { rn: "a" },
    });
  });

  test.each<Tree>([{ "m2m:uri": "a" }, { "m2m:uril": [] }, { a: null }, { a: {}, b: {} }, "a", []])(
    "is not there in %j",
    (tree) => {
      expect(rootObjectOf(new MadeContent(tree))).toBeUndefined();
    },
  );

  test("is not there without content", () => {
    expect(rootObjectOf(undefined)).toBeUndefined();
  });
});

describe("made content", () => {
  const tree: Tree = { "m2m:ae": { rn: "a", poa: ["ws://x"], n: null } };

  test("has no serialization yet", () => {
    expect(new MadeContent(tree).serialization).toBeUndefined();
  });

  test.each([
    ["rn", true],
    ["ws://x", true],
    ["ws://y", false],
  ])("mentions %s: %s", (text, expected) => {
    expect(new MadeContent(tree).mentions(text)).toBe(expected);
  });

  test("mentions each text and each name in it", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (text) => {
        expect(new MadeContent({ "m2m:ae": { rn: text } }).mentions(text)).toBe(true);
        expect(new MadeContent({ "m2m:ae": { [text]: 1 } }).mentions(text)).toBe(true);
      }),
      { examples: [['a"b'], ["a\\b"]] },
    );
  });

  test("can be asked what it mentions also when it holds an integer beyond 2^53", () => {
    expect(new MadeContent({ "m2m:cnt": { mbs: 2n ** 60n, rn: "lamp" } }).mentions("lamp")).toBe(
      true,
    );
  });

  test.each<[string, readonly Edit[], Tree]>([
    ["nothing", [], tree],
    [
      "a value replaced",
      [{ path: ["m2m:ae", "poa"], value: ["u"] }],
      { "m2m:ae": { rn: "a", poa: ["u"], n: null } },
    ],
    [
      "a value set to null",
      [{ path: ["m2m:ae", "rn"], value: null }],
      { "m2m:ae": { rn: null, poa: ["ws://x"], n: null } },
    ],
    [
      "a member taken out",
      [{ path: ["m2m:ae", "poa"], value: undefined }],
      { "m2m:ae": { rn: "a", n: null } },
    ],
    [
      "a member added",
      [{ path: ["m2m:ae", "rr"], value: true }],
      { "m2m:ae": { rn: "a", poa: ["ws://x"], n: null, rr: true } },
    ],
    [
      "objects made on the way",
      [{ path: ["x", "y"], value: 1 }],
      { "m2m:ae": { rn: "a", poa: ["ws://x"], n: null }, x: { y: 1 } },
    ],
    [
      "two edits",
      [
        { path: ["m2m:ae", "rn"], value: undefined },
        { path: ["m2m:ae", "n"], value: 1 },
      ],
      { "m2m:ae": { poa: ["ws://x"], n: 1 } },
    ],
    ["a member taken out that is not there", [{ path: ["m2m:ae", "x"], value: undefined }], tree],
    [
      "a member taken out of an object that is not there",
      [{ path: ["x", "y"], value: undefined }],
      tree,
    ],
    [
      "a member taken out of what is no object",
      [{ path: ["m2m:ae", "rn", "x"], value: undefined }],
      tree,
    ],
  ])("edited: %s", (_, edits, expected) => {
    const content = new MadeContent(tree);
    expect(content.edited(edits).tree()).toEqual(expected);
    expect(content.tree()).toEqual(tree);
  });

  test("keeps members with unusual names when it is edited", () => {
    const odd = JSON.parse('{"r":{"__proto__":{"a":1},"constructor":2}}') as Tree;
    expect(
      JSON.stringify(new MadeContent(odd).edited([{ path: ["r", "b"], value: 3 }]).tree()),
    ).toBe('{"r":{"__proto__":{"a":1},"constructor":2,"b":3}}');
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addressOf,
  type CseId,
  cseIdOf,
  type Domain,
  entityIdOf,
  isStem,
  originatorForm,
  parseCseId,
  relativeToProvider,
  stemOf,
} from "../../src/primitive/identifiers.ts";

const DOMAIN: Domain = { cseId: "/id-in" as CseId, spId: "sp.example", cseName: "cse-in" };
const BARE: Domain = { cseId: "/id-in" as CseId, spId: undefined, cseName: undefined };

const first = fc.constantFrom(..."ABCRSaz09");
const rest = fc.string({ unit: fc.constantFrom(..."AZaz09-._"), maxLength: 6 });
const name = fc.tuple(first, rest).map(([head, tail]) => head + tail);
const cStem = rest.map((tail) => `C${tail}`);
const sStem = rest.map((tail) => `S${tail}`);
const path = fc
  .array(name, { maxLength: 3 })
  .map((names) => names.map((part) => `/${part}`).join(""));

describe("CSE-IDs (TS-0004, 6.2.3)", () => {
  test.each(["/id-in", "/a", "/0", "/A.b_c-d", "/CSE0001"])("%s is one", (text) => {
    expect(parseCseId(text)).toBe(text);
  });

  test.each([
    "",
    "/",
    "id-in",
    "//id-in",
    "/a/b",
    "/id in",
    "/-a",
    "/.a",
    "/_a",
    "/ä",
    "/a\n",
    " /a",
    "/a?",
    "/a#b",
    "//sp/a",
  ])("%j is none", (text) => {
    expect(parseCseId(text)).toBeUndefined();
  });

  test("stems are names without a slash", () => {
    expect(["CAE7", "S", "0", "a.b_c-d"].map(isStem)).toEqual([true, true, true, true]);
    expect(["", "/S1", "a/b", "-", "a b", "é"].map(isStem)).toEqual(Array(6).fill(false));
  });
});

test.each([
  ["//sp.example/id-in/x", "/id-in/x"],
  ["//SP.Example/id-in", "/id-in"],
  ["//other.example/id-in/x", "//other.example/id-in/x"],
  ["//sp.example.org/id-in/x", "//sp.example.org/id-in/x"],
  ["//sp.example", "//sp.example"],
  ["/id-in/x", "/id-in/x"],
  ["/sp.example/x", "/sp.example/x"],
  ["x", "x"],
  ["", ""],
])("%j without the own provider in front is %j", (id, expected) => {
  expect(relativeToProvider(id, DOMAIN)).toBe(expected);
  expect(relativeToProvider(id, BARE)).toBe(id);
});

describe("one spelling for each entity (TS-0004, 6.2.3; TS-0001, 7.2)", () => {
  test.each([
    ["CAE7", "/id-in/CAE7"],
    ["/id-in/CAE7", "/id-in/CAE7"],
    ["//sp.example/id-in/CAE7", "/id-in/CAE7"],
    ["/id-mn/CAE7", "/id-mn/CAE7"],
    ["//sp.example/id-mn/CAE7", "/id-mn/CAE7"],
    ["//other.example/id-in/CAE7", "//other.example/id-in/CAE7"],
    ["S1", "/S1"],
    ["/S1", "/S1"],
    ["/id-in/S1", "/S1"],
    ["//sp.example/S1", "/S1"],
    ["//sp.example/id-in/S1", "/S1"],
    ["//other.example/S1", "//other.example/S1"],
    ["/id-in", "/id-in"],
    ["//sp.example/id-in", "/id-in"],
    ["/id-mn", "/id-mn"],
    ["/Smart", "/Smart"],
    // Case matters everywhere.
    ["cae7", "/id-in/cae7"],
    ["s1", "/id-in/s1"],
    ["/ID-IN/CAE7", "/ID-IN/CAE7"],
  ])("%s is %s", (id, expected) => {
    expect(entityIdOf(id, DOMAIN)).toBe(expected);
  });

  test("all forms of a C-stem of the own CSE are one entity", () => {
    fc.assert(
      fc.property(cStem, (stem) => {
        const forms = [stem, `/id-in/${stem}`, `//sp.example/id-in/${stem}`];
        expect(new Set(forms.map((form) => entityIdOf(form, DOMAIN)))).toEqual(
          new Set([`/id-in/${stem}`]),
        );
      }),
    );
  });

  test("all forms of an S-stem are one entity", () => {
    fc.assert(
      fc.property(sStem, (stem) => {
        const forms = [
          stem,
          `/${stem}`,
          `/id-in/${stem}`,
          `//sp.example/${stem}`,
          `//sp.example/id-in/${stem}`,
        ];
        expect(new Set(forms.map((form) => entityIdOf(form, DOMAIN)))).toEqual(
          new Set([`/${stem}`]),
        );
      }),
    );
  });

  test("different stems, and the same C-stem at different CSEs, are different entities", () => {
    fc.assert(
      fc.property(name, name, name, (one, two, cse) => {
        fc.pre(one !== two && `/${cse}` !== DOMAIN.cseId);
        expect(entityIdOf(one, DOMAIN)).not.toBe(entityIdOf(two, DOMAIN));
        expect(entityIdOf(`C${one}`, DOMAIN)).not.toBe(entityIdOf(`/${cse}/C${one}`, DOMAIN));
      }),
    );
  });

  test("the one spelling is its own", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(
          "",
          "/",
          "/id-in/",
          "/id-mn/",
          "//sp.example/",
          "//sp.example/id-mn/",
          "//x/y/",
        ),
        name,
        (before, stem) => {
          for (const domain of [DOMAIN, BARE]) {
            const id = entityIdOf(before + stem, domain);
            expect(entityIdOf(id, domain)).toBe(id);
            expect(stemOf(id)).toBe(stem);
          }
        },
      ),
    );
  });
});

test.each([
  ["CAE7", "ae"],
  ["C", "ae"],
  ["S", "ae"],
  ["S1", "ae"],
  ["/id-in/CAE7", "ae"],
  ["//sp.example/id-mn/CAE7", "ae"],
  ["//other.example/id-x/C1", "ae"],
  ["/id-mn", "cse"],
  ["//sp.example/id-mn", "cse"],
  ["//other.example/id-x", "cse"],
  ["/S1", "cse-or-ae"],
  ["//sp.example/S1", "cse-or-ae"],
  ["//other.example/S1", "cse-or-ae"],
])("the originator %s has the form of: %s", (from, expected) => {
  expect(originatorForm(from, DOMAIN)).toBe(expected);
});

describe("one spelling for each address (TS-0004, 6.2.4)", () => {
  test.each([
    ["cse-in/ae1", "/id-in/cse-in/ae1"],
    ["/id-in/cse-in/ae1", "/id-in/cse-in/ae1"],
    ["//sp.example/id-in/cse-in/ae1", "/id-in/cse-in/ae1"],
    ["-/ae1", "/id-in/cse-in/ae1"],
    ["-/ae1#lbl", "/id-in/cse-in/ae1"],
    ["/id-in/-/ae1", "/id-in/cse-in/ae1"],
    ["//sp.example/id-in/-/ae1#lbl", "/id-in/cse-in/ae1"],
    ["-", "/id-in/cse-in"],
    ["/id-in/-", "/id-in/cse-in"],
    ["cse-in", "/id-in/cse-in"],
    ["-x/ae1", "/id-in/-x/ae1"],
    ["cse-in/-/a", "/id-in/cse-in/-/a"],
    ["CAE7", "/id-in/CAE7"],
    ["cnt12/la", "/id-in/cnt12/la"],
    ["/id-mn/-/ae1", "/id-mn/-/ae1"],
    ["/id-in", "/id-in"],
    ["//other.example/id-in/-/a#lbl", "//other.example/id-in/-/a"],
  ])("%s is %s", (to, expected) => {
    expect(addressOf(to, DOMAIN)).toBe(expected);
  });

  test("without the CSEBase's name the dash stays", () => {
    expect(addressOf("-/ae1", BARE)).toBe("/id-in/-/ae1");
    expect(addressOf("/id-in/-/ae1", BARE)).toBe("/id-in/-/ae1");
  });

  test("CSE-relative, SP-relative and absolute forms of an address agree, and their spelling is its own", () => {
    fc.assert(
      fc.property(fc.oneof(name, fc.constant("-")), path, (head, tail) => {
        const forms = ["", "/id-in/", "//sp.example/id-in/"].map((before) => before + head + tail);
        const [address, ...others] = forms.map((form) => addressOf(form, DOMAIN));
        for (const other of others) expect(other).toBe(address);
        expect(addressOf(address as string, DOMAIN)).toBe(address);
        expect(addressOf(`${forms[0]}#lbl`, DOMAIN)).toBe(address);
      }),
    );
  });
});

test.each([
  ["/id-mn", "/id-mn"],
  ["/id-mn/cse-mn/a", "/id-mn"],
  ["/id-in/x", "/id-in"],
  ["//sp.example/id-mn/x", "/id-mn"],
  ["//sp.example/id-mn", "/id-mn"],
  ["//other.example/id-x/a/b", "//other.example/id-x"],
  ["//other.example/id-x", "//other.example/id-x"],
  ["//other.example", undefined],
  ["cse-in/a", undefined],
  ["CAE7", undefined],
  ["-", undefined],
])("the CSE-ID in %s is %s", (to, expected) => {
  expect(cseIdOf(to, DOMAIN)).toBe(expected);
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pathOf, splitAttribute, splitTarget, targetOf } from "../../../src/binding/http/target.ts";

const invalid = expect.objectContaining({ code: "GW_REQUEST_INVALID", rsc: 4000 });

/** TS-0009, table 6.2.2.1-1. */
const FORMS = [
  ["CSEBase/ae12/cont27", "/CSEBase/ae12/cont27"],
  ["cin00856", "/cin00856"],
  ["/CSE178/CSEBase/ae12", "/~/CSE178/CSEBase/ae12"],
  ["/CSE178/cin00856", "/~/CSE178/cin00856"],
  ["//mym2msp.org/CSE178/CSEBase/ae12", "/_/mym2msp.org/CSE178/CSEBase/ae12"],
  ["//mym2msp.org/CSE178/cin00856", "/_/mym2msp.org/CSE178/cin00856"],
  ["-/ae1", "/-/ae1"],
  ["/CSE178/-/ae1/la", "/~/CSE178/-/ae1/la"],
  ["cse-in/grp1/fopt/x/~/y", "/cse-in/grp1/fopt/x/~/y"],
] as const;

describe("To and the path (TS-0009, 6.2.2.1)", () => {
  test.each(FORMS)("%s travels as %s", (to, path) => {
    expect(pathOf(to)).toBe(path);
    expect(targetOf(path)).toBe(to);
  });

  test.each([
    ["/%7E/CSE178/a", "/CSE178/a"],
    ["/%5F/sp.org/CSE178/a", "//sp.org/CSE178/a"],
    ["/cse-in/", "cse-in"],
    ["/~/id-in/", "/id-in"],
    ["//~/id-in/a", "/id-in/a"],
    ["//_/sp/id-in/a", "//sp/id-in/a"],
    ["/cse-in/ae1%23lbl", "cse-in/ae1#lbl"],
    ["/cse-in/caf%C3%A9", "cse-in/café"],
    ["/cse-in/a%20b", "cse-in/a b"],
    ["/cse-in/a+b", "cse-in/a+b"],
  ])("the path %s is read as %s", (path, to) => {
    expect(targetOf(path)).toBe(to);
  });

  test.each([
    ["", "empty"],
    ["/", "no target"],
    ["//", "no target"],
    ["/~", "a marker alone"],
    ["/~/", "a marker alone"],
    ["/_/", "a marker alone"],
    ["cse-in", "no slash"],
    ["*", "no path"],
    ["/a%00b", "NUL"],
    ["/a%2Fb", "an escaped slash"],
    ["/a%2fb", "an escaped slash"],
    ["/a%zz", "no escape"],
    ["/a%", "half an escape"],
    ["/a%ff", "not UTF-8"],
    ["/a/../b", "a dot segment"],
    ["/a/%2e%2E/b", "an escaped dot segment"],
    ["/./a", "a dot segment"],
    ["/a/..", "a dot segment"],
    ["/%23lbl", "an attribute of nothing"],
    ["/a%23b/c", "an attribute inside"],
  ])("the path %j is refused: %s", (path) => {
    expect(() => targetOf(path)).toThrow(invalid);
  });

  test.each([
    ["cse-in/a b", "/cse-in/a%20b"],
    ["cse-in/a?b", "/cse-in/a%3Fb"],
    ["cse-in/50%", "/cse-in/50%25"],
    ["cse-in/café😀", "/cse-in/caf%C3%A9%F0%9F%98%80"],
    ["cse-in/a:b@c;d=e,f!$&'()*+", "/cse-in/a:b@c;d=e,f!$&'()*+"],
    ["cse-in/a#lbl", "/cse-in/a"],
    ["cse-in/a/", "/cse-in/a"],
    ["cse-in/..a/b..", "/cse-in/..a/b.."],
  ])("To %s is written as %s", (to, path) => {
    expect(pathOf(to)).toBe(path);
  });

  test.each([
    [""],
    ["/"],
    ["//"],
    ["#lbl"],
    ["~/id-in/a"],
    ["_/sp/id-in/a"],
    ["cse-in/../x"],
    ["cse-in/a\0b"],
    ["cse-in/\ud800"],
  ])("To %j is refused, as its path would name another target", (to) => {
    expect(() => pathOf(to)).toThrow(invalid);
  });

  test("every To that can be written is read back", () => {
    const segment = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 12 })
      .filter((text) => !/[/#\0]/.test(text) && !/^(?:\.\.?|~|_)$/.test(text));
    const address = fc.tuple(
      fc.constantFrom("", "/", "//"),
      fc.array(segment, { minLength: 1, maxLength: 5 }),
    );
    fc.assert(
      fc.property(address, ([prefix, segments]) => {
        const to = prefix + segments.join("/");
        expect(targetOf(pathOf(to))).toBe(to);
      }),
    );
  });

  test("whatever a path is, reading gives a target or refuses it as invalid", () => {
    const piece = fc.constantFrom("/", "~", "_", "%", "2F", "7E", "..", "#", "a", "%23", "-");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const path = pieces.join("");
        try {
          expect(targetOf(path)).not.toBe("");
        } catch (error) {
          expect(error).toEqual(invalid);
        }
      }),
    );
  });
});

describe("the request-target", () => {
  test.each([
    ["/a/b?c=d", "/a/b", "c=d"],
    ["/a", "/a", ""],
    ["/a?", "/a", ""],
    ["/a?b=/c?d", "/a", "b=/c?d"],
    ["http://192.0.2.10:8080/~/CSE178/cin00856?rcn=1", "/~/CSE178/cin00856", "rcn=1"],
    ["https://host", "/", ""],
    ["http://host?rcn=1", "/", "rcn=1"],
    ["/a?u=http://x/y", "/a", "u=http://x/y"],
    ["/http://x/y", "/http://x/y", ""],
    ["*", "*", ""],
  ])("%s has the path %s and the query %j (RFC 9112, 3.2)", (url, path, query) => {
    expect(splitTarget(url)).toEqual({ path, query });
  });
});

test.each([
  ["a/b", "a/b", undefined],
  ["a/b#lbl", "a/b", "lbl"],
  ["a/b#", "a/b", undefined],
])("%s addresses %s, attribute %s", (to, resource, attribute) => {
  expect(splitAttribute(to)).toEqual({ resource, attribute });
});

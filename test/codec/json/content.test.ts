import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MadeContent, type Tree } from "../../../src/primitive/content.ts";
import { blank, jsonObject, jsonValue } from "./texts.ts";
import { contentOf, plain, textOf, treeOf } from "./using-json.ts";

describe("content", () => {
  test("goes out as it came in, to the byte", () => {
    fc.assert(
      fc.property(jsonValue, blank, blank, ({ text }, before, after) => {
        const content = contentOf(before + text + after);
        expect(textOf(content).trim()).toBe(text.trim());
        expect(content.tree()).toEqual(treeOf(text));
      }),
    );
  });

  test.each(['{"a":1,"a":2}', "{", "", "[1,]", "{}{}"])(
    "%j is refused as content, and the sentence says where it fails",
    (text) => {
      expect(() => contentOf(text)).toThrow(
        expect.objectContaining({ code: "GW_CONTENT_MALFORMED", rsc: 4000 }),
      );
      expect(() => contentOf(text)).toThrow(/at character \d+/);
    },
  );

  test("made here, it is written as JSON, integers beyond 2^53 with all their digits", () => {
    expect(textOf(new MadeContent({ "m2m:cin": { con: "ü", n: 1 } }))).toBe(
      '{"m2m:cin":{"con":"ü","n":1}}',
    );
    expect(textOf(new MadeContent({ "m2m:cin": { cs: 2n ** 63n } }))).toBe(
      '{"m2m:cin":{"cs":9223372036854775808}}',
    );
  });

  test.each([
    ['{"m2m:sgn":{"sur":"/id-in/sub"}}', "/id-in/sub", true],
    ['{"m2m:ae":{"poa":["http:\\/\\/gw\\/poa\\/abc"]}}', "http://gw/poa/abc", true],
    ['{"m2m:ae":{"poa":["\\u0061bc"]}}', "abc", true],
    ['{"m2m:ae":{}}', "abc", false],
  ])("%s mentions %s: %s", (text, mentioned, expected) => {
    expect(contentOf(text).mentions(mentioned)).toBe(expected);
  });
});

describe("editing content", () => {
  const document = '{ "m2m:ae" : {"rr":true ,"poa" : [ "ws://a" ], "n":1.50,"lbl":[ ] } }';

  test.each<[string, readonly [string, ...string[]], Tree | undefined, string]>([
    ["replaces", ["m2m:ae", "poa"], ["u"], document.replace('[ "ws://a" ]', '["u"]')],
    ["adds", ["m2m:ae", "x"], "é", document.replace("[ ]", '[ ],"x":"é"')],
    ["takes out the first", ["m2m:ae", "rr"], undefined, document.replace('"rr":true ,', "")],
    ["takes out one in the middle", ["m2m:ae", "n"], undefined, document.replace('"n":1.50,', "")],
    ["takes out the last", ["m2m:ae", "lbl"], undefined, document.replace(',"lbl":[ ]', "")],
    ["takes out what is not there", ["m2m:ae", "x"], undefined, document],
    ["takes out of what is not there", ["x", "y", "z"], undefined, document],
    ["replaces the root's value", ["m2m:ae"], 1, '{ "m2m:ae" : 1 }'],
    ["takes out the root", ["m2m:ae"], undefined, "{  }"],
    [
      "makes objects on the way",
      ["a", "b", "c"],
      1,
      document.replace("} }", '},"a":{"b":{"c":1}} }'),
    ],
  ])("%s, and keeps the rest", (_, path, value, expected) => {
    const before = contentOf(document);
    const after = before.edited([{ path, value }]);
    expect(textOf(after)).toBe(expected);
    expect(textOf(before)).toBe(document);
    expect(after.serialization).toBe("json");
  });

  test("the root is known afterwards", () => {
    const content = contentOf('{"a":1}');
    expect(content.edited([{ path: ["b"], value: 1 }]).root()).toBeUndefined();
    expect(content.edited([{ path: ["a"], value: undefined }]).root()).toBeUndefined();
    expect(content.edited([{ path: ["a"], value: 2 }]).root()).toBe("a");
  });

  test("every byte that no edit touches stays, and what is edited has its new value", () => {
    const name = fc.oneof(fc.constantFrom("a", "poa", "__proto__", ""), fc.string());
    const newValue = fc.option(
      jsonValue.map(({ text }) => treeOf(plain(text))),
      { nil: undefined },
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(blank, jsonObject, blank), { minLength: 1, maxLength: 1 }),
        fc.uniqueArray(fc.tuple(fc.oneof(fc.nat({ max: 6 }), name), newValue), {
          maxLength: 3,
          selector: ([key]) => key,
        }),
        ([[before, { text, members = [] }, after] = ["", { text: "{}" }, ""]], chosen) => {
          const changes = new Map(
            chosen.map(([key, value]) => [
              typeof key === "number" ? (members[key]?.name ?? `new ${key}`) : key,
              value,
            ]),
          );
          // Below a root, as all content has it.
          const whole = `${before}{${before}"m2m:x":${after}${text}${before}}${after}`;
          const edited = textOf(
            contentOf(whole).edited(
              [...changes].map(([key, value]) => ({ path: ["m2m:x", key] as const, value })),
            ),
          );
          expect(edited.startsWith(`${before}{${before}"m2m:x":${after}{`)).toBe(true);
          expect(edited.endsWith(`}${before}}${after}`)).toBe(true);
          let from = 0;
          for (const member of members) {
            if (changes.has(member.name)) continue;
            const at = edited.indexOf(member.text, from);
            expect(at).toBeGreaterThanOrEqual(from);
            from = at + member.text.length;
          }
          const kept = members.filter(
            (member) => changes.get(member.name) !== undefined || !changes.has(member.name),
          );
          const result = new Map(
            Object.entries((JSON.parse(edited) as { "m2m:x": object })["m2m:x"]),
          );
          const expected = new Map<string, unknown>(
            kept.map((member) => [member.name, JSON.parse(member.text)]),
          );
          for (const [key, value] of changes) if (value !== undefined) expected.set(key, value);
          expect(result).toEqual(expected);
        },
      ),
      { numRuns: 200 },
    );
  });

  test("received content and made content are edited alike", () => {
    const name = fc.constantFrom("a", "b", "c");
    const leaf = fc.record(
      { a: fc.integer(), b: fc.record({ a: fc.boolean() }) },
      { requiredKeys: [] },
    );
    const tree = fc.dictionary(name, leaf);
    const path = fc.tuple(name, name);
    fc.assert(
      fc.property(tree, path, fc.option(fc.integer(), { nil: undefined }), (value, way, put) => {
        const edits = [{ path: way, value: put }];
        const received = contentOf(JSON.stringify(value)).edited(edits).tree();
        const made = new MadeContent(value as Tree).edited(edits).tree();
        expect(made).toEqual(received);
      }),
    );
  });
});

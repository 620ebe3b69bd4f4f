import fc from "fast-check";
import type { Tree } from "../../src/primitive/content.ts";
import { TREES } from "../helpers/mutated-messages.ts";

/** JSON texts of values that fit nowhere, or not everywhere. */
const VALUES = [
  "null",
  "true",
  '""',
  '" "',
  '"a b"',
  '"3"',
  '"-07.50"',
  '"true"',
  '"<a>&"',
  '"[1]"',
  '"\\u0000"',
  '"\\r\\n"',
  '"\\ud800"',
  "0",
  "-0",
  "1.0",
  "0.10",
  "1e400",
  "1E+2",
  "9007199254740993",
  "99999999999999999999999999",
  "[]",
  "{}",
  "[null]",
  '["a","b"]',
  '["a",1,true]',
  "[[1,2],[]]",
  '[{"a":1},{}]',
  '{"a":{"b":[]}}',
  '{"val":"x"}',
  '{"__proto__":1,"constructor":{}}',
  '{"m2m:cin":{"con":"x"}}',
  '{"m2m:cin":[{"con":1},{"rn":"y"}]}',
  '{"op":3,"pc":{"m2m:cnt":{"lbl":""}}}',
] as const;
const NAMES = [
  "__proto__",
  "constructor",
  "toString",
  "",
  "x",
  "X y",
  "0",
  "con",
  "lbl",
  "rn",
  "ty",
  "pc",
  "op",
  "val",
  "sgn",
  "m2m:sgn",
  "m2m:cin",
  "m2m:zzz",
  "cod:binSh",
  "nobody:x",
  "xml:lang",
  "xmlns",
  "a:b:c",
  "\u0000",
  "\ud800",
] as const;

interface Graft {
  readonly at: number;
  readonly kind: "value" | "name" | "add";
  readonly value: (typeof VALUES)[number];
  readonly name: (typeof NAMES)[number];
}
const graft: fc.Arbitrary<Graft> = fc.record({
  at: fc.nat(60),
  kind: fc.constantFrom("value", "name", "add"),
  value: fc.constantFrom(...VALUES),
  name: fc.constantFrom(...NAMES),
});

/**
 * JSON texts of the vectors in which values, names and members are exchanged for others: nearly always well-formed,
 * and seldom what the tables say.
 */
export const graftedJson: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom(...TREES), fc.array(graft, { minLength: 1, maxLength: 3 }))
  .map(([tree, grafts]) => grafted(tree, grafts));

function grafted(tree: Tree, grafts: readonly Graft[]): string {
  let passed = 0;
  const write = (value: Tree): string => {
    const here = grafts.filter(({ at }) => at === passed);
    passed += 1;
    const replaced = here.find(({ kind }) => kind === "value");
    if (replaced !== undefined) return replaced.value;
    if (Array.isArray(value)) return `[${value.map(write).join(",")}]`;
    if (typeof value !== "object" || value === null) return JSON.stringify(value);
    const members = Object.entries(value).map(([name, inner]): [string, string] => [
      name,
      write(inner as Tree),
    ]);
    const last = members.at(-1);
    for (const { kind, name, value: added } of here) {
      if (kind === "name" && last !== undefined) last[0] = name;
      else members.push([name, added]);
    }
    const written = [...new Map(members)].map(
      ([name, inner]) => `${JSON.stringify(name)}:${inner}`,
    );
    return `{${written.join(",")}}`;
  };
  return write(tree);
}

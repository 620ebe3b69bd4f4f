import { expect, test } from "vitest";
import { type Dialect, firstDialect, nextDialect } from "../../src/dialect/dialect.ts";

test.each<[string, Parameters<typeof firstDialect>[0], Dialect]>([
  ["JSON", { serialization: "json", wrapsFirst: false }, { wrapped: false, binary: false }],
  [
    "JSON that begins wrapped",
    { serialization: "json", wrapsFirst: true },
    { wrapped: true, binary: false },
  ],
  ["CBOR", { serialization: "cbor", wrapsFirst: false }, { wrapped: false, binary: true }],
  ["XML", { serialization: "xml", wrapsFirst: false }, { wrapped: false, binary: false }],
])(
  "a peer of %s is first spoken to as its subprotocol says (TS-0020, 6.2.2.9)",
  (_what, subprotocol, dialect) => {
    expect(firstDialect(subprotocol)).toEqual(dialect);
  },
);

const STYLES: Dialect[] = [
  { wrapped: false, binary: false },
  { wrapped: true, binary: false },
  { wrapped: false, binary: true },
  { wrapped: true, binary: true },
];

test.each(STYLES.flatMap((spoken) => STYLES.map((heard) => [spoken, heard] as const)))(
  "after %o, a peer that asks in %o is spoken to in that (Q-04, S16)",
  (spoken, heard) => {
    expect(nextDialect(spoken, heard)).toEqual(heard);
  },
);

import { expect, test } from "vitest";
import { type Dialect, firstDialect, nextDialect } from "../../src/dialect/dialect.ts";

const FLAT: Dialect = { wrapped: false, binary: false, hex: false, flatConditions: false };

test.each<[string, Parameters<typeof firstDialect>[0], Dialect]>([
  ["JSON", { serialization: "json", wrapsFirst: false }, FLAT],
  [
    "JSON that begins wrapped",
    { serialization: "json", wrapsFirst: true },
    { ...FLAT, wrapped: true },
  ],
  ["CBOR", { serialization: "cbor", wrapsFirst: false }, { ...FLAT, binary: true }],
  ["XML", { serialization: "xml", wrapsFirst: true }, { ...FLAT, wrapped: true }],
])(
  "a peer of %s is first spoken to as its subprotocol says (TS-0020, 6.2.2.9)",
  (_what, subprotocol, dialect) => {
    expect(firstDialect(subprotocol)).toEqual(dialect);
  },
);

const BOTH = [false, true];
const STYLES = BOTH.flatMap((wrapped) =>
  BOTH.flatMap((binary) =>
    BOTH.flatMap((hex) =>
      BOTH.map((flatConditions): Dialect => ({ wrapped, binary, hex, flatConditions })),
    ),
  ),
);

test.each(STYLES.flatMap((spoken) => STYLES.map((heard) => [spoken, heard] as const)))(
  "after %o, a peer that asks in %o is spoken to in that (Q-04, S16)",
  (spoken, heard) => {
    const { wrapped, binary, hex, flatConditions } = heard;
    expect(nextDialect(spoken, wrapped, binary, hex, flatConditions)).toEqual(heard);
  },
);

test("a request without attribute conditions leaves open how they are written", () => {
  const spoken = { ...FLAT, flatConditions: true };
  expect(nextDialect(spoken, false, false, false)).toBe(spoken);
});

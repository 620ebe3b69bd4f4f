import fc from "fast-check";

/** A JSON value as it may be written: numbers in any spelling, strings with any escapes. */
export interface Written {
  readonly text: string;
  /** Names and texts of the members, when the value is an object. */
  readonly members?: readonly { readonly name: string; readonly text: string }[];
}

export const blank = fc.string({ unit: fc.constantFrom(" ", "\t", "\n", "\r"), maxLength: 3 });

const digits = fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: 1, maxLength: 25 });
const number = fc
  .record({
    minus: fc.constantFrom("", "-"),
    whole: digits.map((text) => text.replace(/^0+(?=\d)/, "")),
    fraction: fc.oneof(
      fc.constant(""),
      digits.map((text) => `.${text}`),
    ),
    exponent: fc.constantFrom("", "", "e1", "E+2", "e-03", "E400"),
  })
  .map(({ minus, whole, fraction, exponent }) => minus + whole + fraction + exponent);

const character = fc.oneof(
  fc.string({ unit: "binary", minLength: 1, maxLength: 1 }).map((text) => {
    const quoted = JSON.stringify(text);
    return quoted.slice(1, -1);
  }),
  fc.constantFrom(
    "\\/",
    "\\u0041",
    "\\u00fC",
    "\\ud83d\\ude00",
    "\\ud800",
    "\\b",
    '\\"',
    "{",
    "}",
    ":",
  ),
);
const string = fc.array(character, { maxLength: 8 }).map((units) => `"${units.join("")}"`);
const word = fc.constantFrom("true", "false", "null");

const { value } = fc.letrec<{ value: Written }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    fc.oneof(number, string, word).map((text) => ({ text })),
    fc.array(fc.tuple(blank, tie("value"), blank), { maxLength: 4 }).map((items) => ({
      text: `[${items.map(([before, { text }, after]) => before + text + after).join(",")}]`,
    })),
    fc
      .tuple(
        blank,
        fc.uniqueArray(
          fc.tuple(string, fc.array(blank, { minLength: 4, maxLength: 4 }), tie("value")),
          {
            maxLength: 5,
            selector: ([name]) => JSON.parse(name) as string,
          },
        ),
      )
      .map(([inner, members]) => ({
        text: members.length === 0 ? `{${inner}}` : `{${members.map(memberText).join(",")}}`,
        members: members.map(([name, , { text }]) => ({ name: JSON.parse(name) as string, text })),
      })),
  ),
}));

function memberText([name, [a, b, c, d], { text }]: [string, string[], Written]): string {
  return `${a}${name}${b}:${c}${text}${d}`;
}

/** JSON values without a member twice, nested a few levels. */
export const jsonValue: fc.Arbitrary<Written> = value;

/** The same, objects only. */
export const jsonObject = jsonValue.filter(({ members }) => members !== undefined);

/** A JSON text with one to three small accidents; it may still be JSON. */
export const mutated: fc.Arbitrary<string> = fc
  .tuple(
    jsonValue,
    fc.array(
      fc.record({
        at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        take: fc.integer({ min: 0, max: 2 }),
        put: fc.oneof(
          fc.constant(""),
          fc.constantFrom(..."{}[]\",:\\0123456789.eE+-tfn \t\n\r\u0000\u001f\u007f\u00a0\ufeff/'"),
          fc.constantFrom(
            "true",
            "null",
            '"a":1',
            '"a":1,',
            "[1],",
            "{}",
            "\\u00",
            "1e",
            "-0",
            "00",
          ),
        ),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  )
  .map(([{ text }, accidents]) =>
    accidents.reduce((before, { at, take, put }) => {
      const index = Math.floor(at * (before.length + 1));
      return before.slice(0, index) + put + before.slice(index + take);
    }, text),
  );

/** Strings out of JSON's own characters, nearly never JSON. */
export const jsonish = fc
  .array(
    fc.constantFrom(...'{}[]",:01.e+-\\ ', '"a"', '"b"', "true", "false", "null", "\n", "12", "{}"),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(""));

/** Items made for each index, between commas. */
export const items = (count: number, item: (index: number) => string, comma = ","): string =>
  Array.from({ length: count }, (_, index) => item(index)).join(comma);

/** Messages of any size by what is hostile in them. */
export type Shapes<T> = readonly (readonly [string, (count: number) => T])[];

export const JSON_SHAPES: Shapes<string> = [
  ["many members", (count) => `{${items(count, (index) => `"m${index}":0`)}}`],
  ["many escaped names", (count) => `{${items(count, (index) => `"\\u006d${index}":0`)}}`],
  [
    "many members inside pc",
    (count) => `{"op":5,"to":"a","rqi":"1","pc":{${items(count, (index) => `"m${index}":0`)}}}`,
  ],
  [
    "many members in a wrapper",
    (count) => `{"m2m:rqp":{${items(count, (index) => `"m${index}":0`)}}}`,
  ],
  ["many small objects", (count) => `{"a":[${items(count, () => '{"a":{}}')}]}`],
  [
    "a row of deep nests",
    (count) => `{"a":[${items(count / 50, () => "[".repeat(50) + "]".repeat(50))}]}`,
  ],
  ["brackets that never close", (count) => "[".repeat(count * 4)],
  ["a long escaped string", (count) => `{"a":"${'\\"'.repeat(count * 4)}"}`],
  ["a string without end", (count) => `{"a":"${"\\\\".repeat(count * 4)}`],
  ["strings without end at the end", (count) => `{${items(count, (index) => `"m${index}":""`)},"`],
  ["a long number", (count) => `{"a":${"1".repeat(count * 8)}}`],
  ["much white space", (count) => `{${" ".repeat(count * 8)}"a"${"\n".repeat(count * 8)}:1}`],
  ["blanks in pc", (count) => `{"op":5,"to":"a","rqi":"1","pc":{${" ".repeat(count * 8)}}}`],
  [
    "the last member a second time",
    (count) => `{${items(count, (index) => `"m${index}":0`)},"m${count - 1}":0}`,
  ],
  [
    "names with a common beginning",
    (count) => `{${items(count / 8, (index) => `"${"x".repeat(64)}${index}":0`)}}`,
  ],
];

/** What a head begins with that announces `count` (RFC 8949, 3). */
function head(major: number, count: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes[0] = (major << 5) | 26;
  bytes.writeUInt32BE(count, 1);
  return bytes;
}
const [BYTES, TEXT, ARRAY, MAP] = [2, 3, 4, 5] as const;
const text = (value: string): Buffer =>
  Buffer.concat([head(TEXT, value.length), Buffer.from(value)]);
const ZERO = Buffer.of(0);
const EMPTY = Buffer.of(0x60);
const BREAK = Buffer.of(0xff);
const joined = (count: number, item: (index: number) => Uint8Array): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, index) => item(index)));
const repeated = (count: number, ...bytes: number[]): Buffer =>
  Buffer.concat(Array.from({ length: count }, () => Buffer.from(bytes)));
/** A map of one member, `m2m:cin`, as content has it. */
const cborContent = (value: Buffer): Buffer =>
  Buffer.concat([Buffer.of(0xa1), text("m2m:cin"), value]);
const cborMap = (count: number, name: (index: number) => Buffer): Buffer =>
  Buffer.concat([head(MAP, count), joined(count, (index) => Buffer.concat([name(index), ZERO]))]);

export const CBOR_SHAPES: Shapes<Buffer> = [
  ["many members", (count) => cborContent(cborMap(count, (index) => text(`m${index}`)))],
  [
    "many members in bytes",
    (count) =>
      cborContent(
        cborMap(count, (index) => Buffer.concat([head(BYTES, 6), Buffer.from(`${index + 1e5}`)])),
      ),
  ],
  [
    "many members in chunks",
    (count) =>
      cborContent(
        cborMap(count, (index) => Buffer.concat([Buffer.of(0x7f), text(`m${index}`), BREAK])),
      ),
  ],
  [
    "the last member a second time",
    (count) => cborContent(cborMap(count, (index) => text(`m${Math.min(index, count - 2)}`))),
  ],
  [
    "many small maps",
    (count) =>
      cborContent(Buffer.concat([head(ARRAY, count), repeated(count, 0xa1, 0x61, 0x61, 0xa0)])),
  ],
  [
    "a row of deep nests",
    (count) =>
      cborContent(
        Buffer.concat([
          head(ARRAY, count / 50),
          joined(count / 50, () => Buffer.concat([repeated(50, 0x81), ZERO])),
        ]),
      ),
  ],
  ["arrays that never close", (count) => repeated(count * 8, 0x9f)],
  ["a long string", (count) => cborContent(text("x".repeat(count * 32)))],
  [
    "a long string that is not ASCII",
    (count) =>
      cborContent(Buffer.concat([head(TEXT, count * 32), repeated(count * 16, 0xc3, 0xa9)])),
  ],
  [
    "a string of many chunks",
    (count) =>
      cborContent(Buffer.concat([Buffer.of(0x7f), repeated(count * 4, 0x61, 0x78), BREAK])),
  ],
  [
    "bytes of many chunks",
    (count) =>
      cborContent(Buffer.concat([Buffer.of(0x5f), repeated(count * 4, 0x41, 0x78), BREAK])),
  ],
  [
    "a string of empty chunks",
    (count) => cborContent(Buffer.concat([Buffer.of(0x7f), repeated(count * 8, 0x60), BREAK])),
  ],
  [
    "many strings in chunks",
    (count) =>
      cborContent(
        Buffer.concat([head(ARRAY, count), repeated(count, 0x7f, 0x61, 0x78, 0x61, 0x79, 0xff)]),
      ),
  ],
  [
    "many strings as bytes",
    (count) => cborContent(Buffer.concat([head(ARRAY, count), repeated(count, 0x41, 0x78)])),
  ],
  ["a chain of tags", (count) => cborContent(Buffer.concat([repeated(count * 8, 0xc1), ZERO]))],
  [
    "many tagged items",
    (count) => cborContent(Buffer.concat([head(ARRAY, count), repeated(count, 0xc1, 0x00)])),
  ],
  [
    "more announced than there is",
    (count) => cborContent(Buffer.concat([head(ARRAY, count * 2), repeated(count, 0x00)])),
  ],
  ["hex text", (count) => Buffer.from(cborContent(text("x".repeat(count * 8))).toString("hex"))],
  [
    "many empty strings",
    (count) => cborContent(Buffer.concat([head(ARRAY, count), joined(count, () => EMPTY)])),
  ],
];

const xmlContent = (inner: string): string =>
  `<m2m:cnt xmlns:m2m="http://www.onem2m.org/xml/protocols">${inner}</m2m:cnt>`;
const xmlWith = (attributes: string): string => `<m2m:cnt ${attributes}/>`;

export const XML_SHAPES: Shapes<string> = [
  ["many members", (count) => xmlContent(items(count, (index) => `<m${index}>0</m${index}>`, ""))],
  ["many of one member", (count) => xmlContent(items(count, () => "<lbl>a</lbl>", ""))],
  ["many child resources", (count) => xmlContent(items(count, () => "<m2m:cin/>", ""))],
  [
    "a row of deep nests",
    (count) => xmlContent(items(count / 50, () => "<a>".repeat(50) + "</a>".repeat(50), "")),
  ],
  ["tags that never close", (count) => "<a>".repeat(count * 4)],
  ["many tags cut short", (count) => xmlContent("<a ".repeat(count * 4))],
  ["end tags that end nothing", (count) => xmlContent("</a>".repeat(count * 4))],
  ["many < in a row", (count) => "<".repeat(count * 8)],
  ["a long text", (count) => xmlContent(`<con>${"x".repeat(count * 32)}</con>`)],
  ["a list of many items", (count) => xmlContent(`<lbl>${"a ".repeat(count * 4)}</lbl>`)],
  ["many entities", (count) => xmlContent(`<con>${"&amp;".repeat(count * 4)}</con>`)],
  ["many numbered entities", (count) => xmlContent(`<con>${"&#x41;".repeat(count * 4)}</con>`)],
  ["entities without end", (count) => xmlContent(`<con>${"&".repeat(count * 4)}</con>`)],
  ["an entity without end", (count) => xmlContent(`<con>&${"a".repeat(count * 32)}</con>`)],
  ["a long numbered entity", (count) => xmlContent(`<con>&#${"0".repeat(count * 32)}65;</con>`)],
  ["many attributes", (count) => xmlWith(items(count, (index) => `a${index}="0"`, " "))],
  [
    "the last attribute a second time",
    (count) => xmlWith(items(count, (index) => `a${Math.min(index, count - 2)}="0"`, " ")),
  ],
  ["an attribute without end", (count) => xmlWith(`a="${"x".repeat(count * 32)}`)],
  ["a long attribute of blanks", (count) => xmlWith(`a="${"\n\t".repeat(count * 8)}"`)],
  [
    "many namespaces",
    (count) => xmlWith(items(count, (index) => `xmlns:p${index}="u:${index}"`, " ")),
  ],
  [
    "a namespace for each element",
    (count) => xmlContent(items(count, (index) => `<p:a xmlns:p="u:${index}"/>`, "")),
  ],
  [
    "many namespaces around many elements",
    (count) =>
      `<m2m:cnt ${items(60, (index) => `xmlns:p${index}="u:${index}"`, " ")}>${'<a xmlns:q="u"/>'.repeat(count)}</m2m:cnt>`,
  ],
  [
    "nested elements of many namespaces as con",
    (count) =>
      xmlContent(
        `<con>${items(count / 50, () => items(50, (index) => `<p${index}:a xmlns:p${index}="u">`, "") + items(50, (index) => `</p${49 - index}:a>`, ""), "")}</con>`,
      ),
  ],
  ["many comments", (count) => xmlContent("<!---->".repeat(count * 4))],
  ["a comment without end", (count) => xmlContent(`<!--${" -".repeat(count * 8)}`)],
  ["many comments without end", (count) => xmlContent("<!-- ".repeat(count * 4))],
  ["many CDATA sections", (count) => xmlContent(`<con>${"<![CDATA[<]]>".repeat(count)}</con>`)],
  ["CDATA sections without end", (count) => xmlContent(`<con>${"<![CDATA[".repeat(count * 4)}`)],
  ["many instructions", (count) => xmlContent("<?p ?>".repeat(count * 4))],
  ["instructions without end", (count) => xmlContent("<?p ".repeat(count * 4))],
  [
    "much white space",
    (count) => `${" ".repeat(count * 8)}<a${"\n".repeat(count * 8)}/>${" ".repeat(count * 8)}`,
  ],
  ["white space and then none", (count) => xmlContent(`<a${" ".repeat(count * 8)}b`)],
  ["text between elements", (count) => xmlContent(items(count, () => "x<a/>", ""))],
  [
    "brackets and signs of a CDATA end",
    (count) => xmlContent(`<con>${"]]".repeat(count * 8)}</con>`),
  ],
  ["a long number", (count) => xmlContent(`<mni>${"1".repeat(count * 8)}</mni>`)],
  ["a long name", (count) => `<${"a".repeat(count * 8)}/>`],
  ["a name of many colons", (count) => `<${"a:".repeat(count * 4)}/>`],
  [
    "many primitives in one",
    (count) =>
      `<m2m:rqp xmlns:m2m="http://www.onem2m.org/xml/protocols"><op>5</op><to>a</to><rqi>1</rqi><pc><m2m:rqp>${"<to>b</to>".repeat(count)}</m2m:rqp></pc></m2m:rqp>`,
  ],
];

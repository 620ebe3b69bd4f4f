import { describe, expect, test } from "vitest";
import { jsonCodec } from "../../../src/codec/json/json.ts";
import { bytes, LENIENT, requestOf, textOf } from "../json/using-json.ts";
import { CORE, contentOf, core, encoded, exactOf, xmlCodec } from "./using-xml.ts";

const LONG = "u".repeat(256);
const MANY = 10_000;
/** What a document may take over what came in: the names of elements twice, each bracket as a reference, one budget. */
const ROOM = 64 * 1024;
const GROWTH = 6;

const primitive = (declarations: string, content: string): string =>
  `<m2m:rqp xmlns:m2m="${CORE}"${declarations}><op>1</op><to>a</to><fr>C</fr><rqi>1</rqi>` +
  `<ty>4</ty><pc>${content}</pc></m2m:rqp>`;
const many = (part: string): string => part.repeat(MANY);
const prefixes = (count: number): string =>
  Array.from({ length: count }, (_, i) => ` xmlns:p${i}="${LONG.slice(2)}${10 + i}"`).join("");
const using = (count: number): string => {
  const attributes = Array.from({ length: count }, (_, i) => ` p${i}:a=""`).join("");
  return `<a${attributes}/>`;
};

const SHAPES: readonly (readonly [string, string])[] = [
  [
    "elements of one prefix",
    primitive(` xmlns:p="${LONG}"`, `<m2m:cin>${many("<p:a/>")}</m2m:cin>`),
  ],
  [
    "elements of one prefix in con",
    primitive(` xmlns:p="${LONG}"`, `<m2m:cin><con>${many("<p:a/>")}</con></m2m:cin>`),
  ],
  [
    "elements of one prefix in many con",
    primitive(
      ` xmlns:p="${LONG}"`,
      `<m2m:cnt>${many("<m2m:cin><con><p:a/></con></m2m:cin>")}</m2m:cnt>`,
    ),
  ],
  [
    "text among elements of one prefix",
    primitive(` xmlns:p="${LONG}"`, `<m2m:cin>${many("<b>x<p:a/></b>")}</m2m:cin>`),
  ],
  [
    "attributes of sixty prefixes",
    primitive(prefixes(60), `<m2m:cin>${using(60).repeat(500)}</m2m:cin>`),
  ],
  [
    "attributes of sixty prefixes in con",
    primitive(prefixes(60), `<m2m:cin><con>${using(60).repeat(500)}</con></m2m:cin>`),
  ],
  [
    "a prefix bound anew around many",
    primitive(
      ' xmlns:p="urn:a"',
      `<m2m:cin><p:b/><c xmlns:p="${LONG}">${many("<p:a/>")}</c></m2m:cin>`,
    ),
  ],
  [
    "a default namespace around many",
    primitive("", `<m2m:cin><c xmlns="${LONG}">${many("<a/>")}</c></m2m:cin>`),
  ],
  [
    "a default namespace taken back by many",
    primitive("", `<m2m:cin xmlns="${LONG}">${many('<a xmlns=""/>')}</m2m:cin>`),
  ],
  [
    "prefixes of the standard",
    `<m2m:rqp><op>1</op><to>a</to><rqi>1</rqi><ty>3</ty><pc><m2m:cnt>${many("<cod:a/>")}</m2m:cnt></pc></m2m:rqp>`,
  ],
  [
    "a parameter",
    primitive(` xmlns:p="${LONG}"`, "<m2m:cin/>").replace("<pc>", `<zz>${many("<p:a/>")}</zz><pc>`),
  ],
  [
    "parameters",
    primitive(` xmlns:p="${LONG}"`, "<m2m:cin/>").replace("<pc>", `${many("<p:a/>")}<pc>`),
  ],
];

describe("what comes of a message is no more than a multiple of it, whatever it declares:", () => {
  test.each(SHAPES)("%s", (_, xml) => {
    const reading = xmlCodec.readPrimitive(bytes(xml), LENIENT);
    if ("malformed" in reading) {
      expect(reading.malformed).toMatch(/namespaces take too much room/);
      return;
    }
    const request = requestOf(reading);
    const options = { wrapped: true, requestIdentifier: request.requestIdentifier };
    const outputs = [
      () => xmlCodec.writePrimitive(request, options),
      () => jsonCodec.writePrimitive(request, options),
      () => encoded(request.content as NonNullable<typeof request.content>),
      () => JSON.stringify(request.content?.tree()),
    ];
    for (const output of outputs) {
      const length = unlessRefused(output)?.length ?? 0;
      expect(length).toBeLessThan(GROWTH * xml.length + ROOM);
    }
  });
});

function unlessRefused(output: () => string | Uint8Array): string | Uint8Array | undefined {
  try {
    return output();
  } catch (error) {
    expect(error).toMatchObject({ code: "GW_CONTENT_NOT_TRANSCODABLE" });
    return undefined;
  }
}

test("a namespace has as many characters as any URI of a vendor needs, and no more", () => {
  expect(() => contentOf(`<a xmlns:p="${LONG}"/>`)).not.toThrow();
  expect(() => contentOf(`<a xmlns:p="${LONG}u"/>`)).toThrow(
    /a namespace of more than 256 characters/,
  );
});

test("an element out of a primitive declares on its root what was declared around it, once", () => {
  const xml = primitive(
    ' xmlns:v="urn:v" xmlns:xs="urn:xs"',
    '<m2m:cnt xmlns:v="urn:w"><v:a/><v:a b="xs:int"/><b xmlns:v="urn:x"><v:c/><v:c/></b></m2m:cnt>',
  );
  const { content } = requestOf(xmlCodec.readPrimitive(bytes(xml), LENIENT));
  expect(encoded(content as NonNullable<typeof content>)).toContain(
    `<m2m:cnt xmlns:m2m="${CORE}" xmlns:v="urn:w" xmlns:xs="urn:xs"><v:a></v:a>` +
      '<v:a b="xs:int"></v:a><b xmlns:v="urn:x"><v:c></v:c><v:c></v:c></b></m2m:cnt>',
  );
});

test("markup in con declares what it uses, and is refused where it would do so again and again", () => {
  const con = (inside: string): string =>
    `<m2m:cin xmlns:m2m="${CORE}" xmlns:v="urn:v" xmlns:long="${LONG}"><con>${inside}</con></m2m:cin>`;
  expect(exactOf(con("<v:a><v:b/></v:a><v:c/>"))).toEqual({
    "m2m:cin": { con: '<v:a xmlns:v="urn:v"><v:b></v:b></v:a><v:c xmlns:v="urn:v"></v:c>' },
  });
  expect(textOf(contentOf(con(`<a>${many("<v:b/>")}</a>`)))).toContain("<v:b></v:b><v:b></v:b>");
  const again = con(many("<long:a/>"));
  expect(() => exactOf(again)).toThrow(/markup in <con>/);
  expect(() => exactOf(again)).toThrow(expect.objectContaining({ rsc: 4000 }));
  expect(contentOf(again).tree()).toEqual({ "m2m:cin": { con: "" } });
  expect(encoded(contentOf(again))).toBe(again);
});

test("a prefix that no document declares is declared once where it goes", () => {
  const xml = `<m2m:cnt>${"<cod:a/>".repeat(3)}</m2m:cnt>`;
  const edited = encoded(contentOf(xml).edited([{ path: ["m2m:cnt", "mni"], value: 1 }]));
  expect(edited.split("xmlns:cod=")).toHaveLength(2);
  expect(exactOf(edited)).toEqual({ "m2m:cnt": { "cod:a": ["", "", ""], mni: 1 } });
  expect(exactOf(core("cnt", "<cod:a/>"))).toBeDefined();
});

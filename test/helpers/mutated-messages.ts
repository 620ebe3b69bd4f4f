import { readFileSync } from "node:fs";
import fc from "fast-check";
import type { Serialization, Tree } from "../../src/primitive/content.ts";

/** A primitive or a content in one spelling. */
export interface Message {
  readonly serialization: Serialization;
  readonly bytes: Uint8Array;
}

interface Example {
  readonly json: Tree;
  readonly xml: string;
  readonly cborHex: string;
}

const examples = JSON.parse(
  readFileSync(new URL("../vectors/primitive-examples.json", import.meta.url), "utf8"),
) as readonly Example[];

/** The contents and primitives of the vectors as trees. */
export const TREES: readonly Tree[] = examples.map(({ json }) => json);

const utf8 = (text: string): Uint8Array => Buffer.from(text, "utf8");
const hex = (digits: string): Uint8Array => Buffer.from(digits, "hex");

const NASTY_JSON = [
  "",
  "null",
  '""',
  "[]",
  "{}",
  '{"":""}',
  '{"__proto__":{"a":1}}',
  '{"m2m:cin":{"__proto__":{"a":1},"constructor":2,"toString":[3]}}',
  '{"m2m:cin":{"con":1e400,"cs":-0,"st":0.1e-7,"ty":90071992547409931}}',
  '{"m2m:cin":{"con":"\\ud800","rn":"\\u0000","lbl":["a b",""]}}',
  '{"m2m:cin":{"con":{"a":[[],{},[{}],null,true]}}}',
  '{"m2m:cin":[{"con":1},{"con":2}]}',
  '{"m2m:uril":["a","b c"]}',
  '{"m2m:agn":{"m2m:sgn":[{"vrq":true},{"nev":{"rep":{"m2m:cin":{"con":"x"},"m2m:cnt":{}}}}]}}',
  '{"cod:binSh":{"cnd":"x","m2m:cin":[{"rn":"a"}]},"m2m:cnt":{}}',
  '{"urn:a:b":{"x y":1,"<":2}}',
  '{"op":3,"to":"a","fr":"b","rqi":"1","rvi":"3","pc":{"m2m:cnt":{"lbl":null,"mni":"","cr":""}}}',
  '{"op":5,"to":"\\u0001","fr":"\\ud83d\\ude00","rqi":" ","pc":{"m2m:sgn":{}},"rt":{"rtv":3,"nu":[]},"x":null}',
  '{"rsc":2000,"rqi":"1","pc":{"m2m:rce":{"uri":"a","m2m:cin":{"con":1}}},"pc2":[1,[2]]}',
  '{"m2m:rqp":{"op":"2","to":"a","rqi":1,"fc":{"atr":[{"nm":"a","val":1}],"ty":[3,4]}}}',
  `{"a":${"[".repeat(62)}${"]".repeat(62)}}`,
].map((text): Message => ({ serialization: "json", bytes: utf8(text) }));

const NASTY_XML = [
  "<a/>",
  '<a xmlns="urn:x" xmlns:m2m="urn:y"><m2m:b m2m:c="1" c="2"/></a>',
  '<m2m:cin xmlns:m2m="urn:other" rn="a"><rn>b</rn><con/></m2m:cin>',
  "<m2m:cin rn='&#xD;&lt;&quot;'><con><![CDATA[<x>]]></con><con>&#9;</con></m2m:cin>",
  "<m2m:cin><con><p:a xmlns:p='urn:p' p:b='1'>x<!-- c --><y/></p:a></con></m2m:cin>",
  "<m2m:cnt><lbl>a  b</lbl><lbl>c</lbl><mni> +7 </mni><mbs>1e3</mbs><disr>1</disr><zz><q/><q>1</q></zz></m2m:cnt>",
  "<m2m:cnt><mni>many</mni></m2m:cnt>",
  "<m2m:acp><pv><acr><acor>all</acor><acop>63</acop></acr><acr/></pv><__proto__>1</__proto__><constructor/></m2m:acp>",
  "<m2m:rqp><op>3</op><to>a</to><rqi>1</rqi><pc><m2m:cnt><lbl/><mni></mni><x a=''/></m2m:cnt></pc></m2m:rqp>",
  "<m2m:rsp x='1'><rsc>2000</rsc><rqi>1</rqi><pc/><fr/></m2m:rsp>",
  "<requestPrimitive xmlns='http://www.onem2m.org/xml/protocols'><op>1</op></requestPrimitive>",
  "<?xml version='1.0' encoding='UTF-8' standalone='yes'?><!-- a --><m2m:uril>a b</m2m:uril><?b c?>",
  "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
  `${"<a>".repeat(66)}${"</a>".repeat(66)}`,
].map((text): Message => ({ serialization: "xml", bytes: utf8(text) }));

const NASTY_CBOR = [
  "a0",
  "bfff",
  "a1617880",
  "a1695f5f70726f746f5f5fa1616101",
  "a1676d326d3a63696ea163636f6e7f6161ff",
  "a1676d326d3a63696ea163636f6e4161",
  "bf676d326d3a63696ebf63636f6e9f01c1021b0020000000000001fb3ff199999999999aff66ffff",
  "a1676d326d3a63696ea163636f6e1bffffffffffffffff",
  "a1676d326d3a63696ea163636f6e3bffffffffffffffff",
  "a1676d326d3a63696ea163636f6ef97bff",
  "a1676d326d3a63696ea163636f6efb8000000000000000",
  "a1676d326d3a63696ea163636f6efa3dcccccd",
  "a1676d326d3a63696ea163636f6e62ff00",
  "d9d9f7a1676d326d3a63696ea163636f6ec001",
  "9b7fffffffffffffff",
  "5bffffffffffffffff",
  "bb00000000000000010000",
  "a3626f700262746f616163727169c26131",
  "81".repeat(70),
  "5f".repeat(70),
  Buffer.from("a3626f700262746f6161637271696131").toString("hex"),
].map((digits): Message => ({ serialization: "cbor", bytes: hex(digits) }));

/** The vectors in their three spellings, and what readers are likely to trip over. */
export const CORPUS: readonly Message[] = [
  ...examples.flatMap(({ json, xml, cborHex }): Message[] => [
    { serialization: "json", bytes: utf8(JSON.stringify(json)) },
    { serialization: "xml", bytes: utf8(xml) },
    { serialization: "cbor", bytes: hex(cborHex) },
  ]),
  ...NASTY_JSON,
  ...NASTY_XML,
  ...NASTY_CBOR,
];

const TOKENS: Readonly<Record<Serialization, readonly Uint8Array[]>> = {
  json: [
    ...'{}[]",:\\0-.eE \n\u0000\u001f\u00a0\ufeff',
    "true",
    "null",
    '"a":1,',
    ',"__proto__":1',
    '"\\ud800"',
    "1e999",
    "00",
    "0.10",
    "9007199254740993",
    "[[]]",
    "{}",
    '"m2m:cin":{},',
  ].map(utf8),
  xml: [
    ..."<>/&;\"'=:[]!?-# \t\n\r\u0000\u0001\u00a0\ufeff\ufffe",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "<?p ?>",
    "<!DOCTYPE a>",
    "&amp;",
    "&#xD;",
    "&#0;",
    "&nbsp;",
    "<x/>",
    "<x a='1'>2</x>",
    "</pc>",
    "<m2m:cin>",
    ' rn="x"',
    ' xmlns=""',
    ' xmlns:cod="urn:x"',
    ' m2m:rn="y"',
    "<constructor/>",
    "<__proto__>1</__proto__>",
  ].map(utf8),
  cbor: [
    "f4",
    "f6",
    "f7",
    "f97c00",
    "fb7ff0000000000000",
    "ff",
    "80",
    "9f",
    "a0",
    "bf",
    "5f",
    "7f",
    "60",
    "6161",
    "4161",
    "61ff",
    "1bffffffffffffffff",
    "3bffffffffffffffff",
    "c1",
    "c2",
    "d818",
    "d9d9f7",
    "f8ff",
    "fa3dcccccd",
    "695f5f70726f746f5f5f",
    "00",
    "1c",
  ].map(hex),
};

const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const accident = fc.record({
  kind: fc.constantFrom("flip", "cut", "repeat", "splice", "insert", "insert", "replace"),
  at: share,
  from: share,
  take: fc.oneof({ weight: 4, arbitrary: fc.nat(16) }, fc.nat(400)),
  byte: fc.integer({ min: 1, max: 255 }),
  token: fc.nat(),
  other: fc.nat(CORPUS.length - 1),
});
type Accident = typeof accident extends fc.Arbitrary<infer T> ? T : never;

/** A message of the corpus after one to four accidents; it may still be one. */
export const mutatedMessage: fc.Arbitrary<Message> = fc
  .tuple(fc.constantFrom(...CORPUS), fc.array(accident, { minLength: 1, maxLength: 4 }))
  .map(([{ serialization, bytes }, accidents]) => ({
    serialization,
    bytes: accidents.reduce((before, each) => after(before, each, serialization), bytes),
  }));

function after(bytes: Uint8Array, accident: Accident, serialization: Serialization): Uint8Array {
  const { kind, take, byte } = accident;
  const at = Math.floor(accident.at * (bytes.length + 1));
  const end = Math.min(at + take, bytes.length);
  const tokens = TOKENS[serialization];
  const token = tokens[accident.token % tokens.length] as Uint8Array;
  const around = (inside: Uint8Array, resume: number): Uint8Array =>
    Buffer.concat([bytes.subarray(0, at), inside, bytes.subarray(resume)]);
  switch (kind) {
    case "flip":
      return around(
        bytes.subarray(at, at + 1).map((one) => one ^ byte),
        at + 1,
      );
    case "cut":
      return around(new Uint8Array(0), end);
    case "repeat":
      return around(bytes.subarray(at, end), at);
    case "splice": {
      const other = (CORPUS[accident.other] as Message).bytes;
      const start = Math.floor(accident.from * other.length);
      return around(other.subarray(start, start + take), end);
    }
    case "insert":
      return around(token, at);
    default:
      return around(token, at + 1);
  }
}

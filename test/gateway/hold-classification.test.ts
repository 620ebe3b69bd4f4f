import { describe, expect, test } from "vitest";
import { XMLNS } from "../helpers/coders.ts";
import { ok } from "./front.ts";
import { away, back, expectConserved, HELD, NOT_REACHABLE, startHolding } from "./hold-in.ts";
import { notifyIn } from "./notify-in.ts";

const JSON_TYPE = "application/json";
const XML_TYPE = "application/xml";
const CBOR_TYPE = "application/cbor";

const inXml = (inner: string): string => `<m2m:sgn ${XMLNS}>${inner}<sur>s</sur></m2m:sgn>`;

/** A CBOR map whose names and texts are byte strings, as TS-0004 prints them. */
function bytesMap(members: Readonly<Record<string, Buffer>>): Buffer {
  const items = Object.entries(members).flatMap(([name, value]) => [byteString(name), value]);
  return Buffer.concat([Buffer.of(0xa0 + items.length / 2), ...items]);
}
const byteString = (text: string): Buffer =>
  Buffer.concat([Buffer.of(0x40 + text.length), Buffer.from(text)]);
const TRUE = Buffer.of(0xf5);

describe("a Notify that must not be stored is known however it is written (5.4)", () => {
  test.each<[string, string, string | Uint8Array]>([
    ["names with escapes in JSON", JSON_TYPE, '{"m2m:\\u0073gn":{"\\u0076rq":true,"sur":"s"}}'],
    ["blanks everywhere in JSON", JSON_TYPE, ' {\n"m2m:sgn" : {"vrq"\t: true , "sur":"s"} }\n'],
    ["net 7 as 7.0 in JSON", JSON_TYPE, '{"m2m:sgn":{"nev":{"net":7.0},"sur":"s"}}'],
    [
      "nev after a long rep",
      JSON_TYPE,
      `{"m2m:sgn":{"nev":{"rep":{"m2m:cin":{"con":"${"x".repeat(100_000)}"}},"net":7},"sur":"s"}}`,
    ],
    [
      "items of an aggregated one without prefix (primitives, E4)",
      JSON_TYPE,
      '{"m2m:agn":{"sgn":[{"vrq":true,"sur":"s"}]}}',
    ],
    ["a CDATA section", XML_TYPE, inXml("<vrq><![CDATA[true]]></vrq>")],
    ["a character reference", XML_TYPE, inXml("<nev><net>&#55;</net></nev>")],
    ["a comment in the middle", XML_TYPE, inXml("<vrq>tr<!-- no -->ue</vrq>")],
    [
      "the default namespace",
      XML_TYPE,
      inXml("<vrq>true</vrq>").replaceAll("m2m:", "").replace("xmlns:m2m", "xmlns"),
    ],
    [
      "an XML declaration and blanks",
      XML_TYPE,
      `<?xml version="1.0"?>\n${inXml("\n <vrq>\n true\n </vrq>")}`,
    ],
    [
      "byte strings for names in CBOR (Q-35)",
      CBOR_TYPE,
      bytesMap({ "m2m:sgn": bytesMap({ vrq: TRUE, sur: byteString("s") }) }),
    ],
    [
      "maps of indefinite length in CBOR",
      CBOR_TYPE,
      Buffer.from("bf676d326d3a73676ebf63767271f5637375726173ffff", "hex"),
    ],
    [
      "net 7 in eight bytes in CBOR",
      CBOR_TYPE,
      Buffer.from("a1676d326d3a73676ea2636e6576a1636e65741b0000000000000007637375726173", "hex"),
    ],
  ])("%s", async (_what, contentType, body) => {
    const front = await startHolding();
    const point = await away(front);
    expect(await notifyIn(front, point, contentType, body)).toMatchObject(NOT_REACHABLE);
    await expectConserved(front.gateway, {});
  });
});

describe("what only looks like it is held", () => {
  test.each<[string, string, string]>([
    [
      "vrq in the representation",
      JSON_TYPE,
      '{"m2m:sgn":{"nev":{"rep":{"m2m:sgn":{"vrq":true}},"net":1},"sur":"s"}}',
    ],
    [
      "net 7 in a text",
      JSON_TYPE,
      '{"m2m:sgn":{"nev":{"net":1},"sur":"\\"vrq\\":true,\\"net\\":7"}}',
    ],
    ["net 77", JSON_TYPE, '{"m2m:sgn":{"nev":{"net":77},"sur":"s"}}'],
    ["vrq false in XML", XML_TYPE, inXml("<vrq>false</vrq>")],
    ["vrq 0 in XML", XML_TYPE, inXml("<vrq>0</vrq>")],
    ["vrq in an XML comment", XML_TYPE, inXml("<!-- <vrq>true</vrq> -->")],
    [
      "vrq of another namespace in the representation",
      XML_TYPE,
      inXml('<nev><rep><o:x xmlns:o="urn:o"><vrq>true</vrq></o:x></rep><net>1</net></nev>'),
    ],
  ])("%s", async (_what, contentType, body) => {
    const front = await startHolding();
    const point = await away(front);
    expect(await notifyIn(front, point, contentType, body)).toMatchObject(HELD);
    await expectConserved(front.gateway, { entries: 1 });
  });
});

test("an aggregated one of XML is one message (BF-39)", async () => {
  const front = await startHolding();
  const sgn = "<m2m:sgn><nev><net>3</net></nev><sur>s</sur></m2m:sgn>";
  const body = `<m2m:agn ${XMLNS}>${sgn}${sgn}</m2m:agn>`;
  expect(await notifyIn(front, await away(front), XML_TYPE, body)).toMatchObject(HELD);
  const ae = await back(front, "CAE1", { answer: ok });
  const one = { nev: { net: 3 }, sur: "s" };
  expect(await ae.nextRequest()).toMatchObject({ pc: { "m2m:agn": { "m2m:sgn": [one, one] } } });
  await expectConserved(front.gateway, { delivered: 1 });
});

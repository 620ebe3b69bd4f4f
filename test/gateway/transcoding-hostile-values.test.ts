import { describe, expect, test } from "vitest";
import { CBOR, XML, XMLNS } from "../helpers/coders.ts";
import type { Message, RegistreeOptions } from "../helpers/fake-registree.ts";
import { xmlTree } from "../helpers/same-xml.ts";
import { inStep, ok, startFront } from "./front.ts";

const LABORATORY = { "ws.allowCseOnPlain": "true" };
const ORIGIN = { "X-M2M-Origin": "CApp", "X-M2M-RI": "h1", "X-M2M-RVI": "3" };

/** Creates at a registree CSE; gives the status code, what came there and its text. */
async function created(registree: RegistreeOptions, mediaType: string, body: string) {
  const front = await startFront(LABORATORY);
  const { ae, point } = await front.registreeCse("/id-mn", { ...registree, answer: ok });
  const { rsc } = await front.http({
    method: "POST",
    target: `${point}/cse`,
    headers: { ...ORIGIN, "Content-Type": `${mediaType};ty=3` },
    body,
  });
  await inStep(ae);
  const request: Message | undefined = ae.frames.length > 1 ? await ae.nextRequest() : undefined;
  return { rsc, request, text: ae.frames[1]?.text ?? "" };
}

const cnt = (inner: string): string => `<m2m:cnt ${XMLNS}>${inner}</m2m:cnt>`;

describe("what XML Schema lets a number or boolean look like is one in JSON (XSD lexical space)", () => {
  test.each<[string, unknown]>([
    ["<mni>+5</mni>", { mni: 5 }],
    ["<mni>007</mni>", { mni: 7 }],
    ["<mni>-0</mni>", { mni: 0 }],
    ["<mni>\n 5 </mni>", { mni: 5 }],
    ["<disr>1</disr>", { disr: true }],
    ["<disr> false </disr>", { disr: false }],
    ["<lbl> a\n\tb  c </lbl>", { lbl: ["a", "b", "c"] }],
    ["<lbl><![CDATA[a b]]></lbl>", { lbl: ["a", "b"] }],
  ])("%s", async (inner, members) => {
    const { rsc, request } = await created({}, "application/xml", cnt(inner));
    expect(rsc).toBe(2000);
    expect(JSON.parse(JSON.stringify(request?.pc))).toEqual({
      "m2m:cnt": members,
    });
  });

  test.each([".5", "5.", "+1.5", "1.5E3", "-00.5", "1e05"])("the float %s", async (float) => {
    const body = `<m2m:acp ${XMLNS}><pv><acr><acor>a</acor><acop>1</acop><acco><aclr><accr>${float} 1 2</accr></aclr></acco></acr></pv></m2m:acp>`;
    for (const registree of [{}, CBOR]) {
      const { rsc, request } = await created(registree, "application/xml", body);
      expect(rsc).toBe(2000);
      const aclr = { accr: [Number(float), 1, 2] };
      expect(request?.pc).toEqual({
        "m2m:acp": { pv: { acr: [{ acor: ["a"], acop: 1, acco: [{ aclr }] }] } },
      });
    }
  });

  test.each([
    "<mni>five</mni>",
    "<mni>1 2</mni>",
    "<mni>0x10</mni>",
    "<disr>TRUE</disr>",
    "<mni>٣</mni>",
  ])("%s is none: it is 4000, or no number in what is sent", async (inner) => {
    const { rsc, request } = await created({}, "application/xml", cnt(inner));
    if (rsc === 4000) expect(request).toBeUndefined();
    else
      for (const value of Object.values(request?.pc?.["m2m:cnt"] ?? {}))
        expect(typeof value).toBe("string");
  });

  test.each(["NaN", "INF", "-INF"])(
    "the float %s, which JSON has not, is 4000 (primitives, 9.5)",
    async (float) => {
      const body = `<m2m:acp ${XMLNS}><pv><acr><acco><aclr><accr>${float} 1 2</accr></aclr></acco></acr></pv></m2m:acp>`;
      expect(await created({}, "application/xml", body)).toMatchObject({
        rsc: 4000,
        request: undefined,
      });
    },
  );
});

describe("what JSON has, and no XML element can be named or hold, never becomes other markup", () => {
  test.each([
    '{"m2m:cnt":{"a><b":1}}',
    '{"m2m:cnt":{"a b":1}}',
    '{"m2m:cnt":{"":1}}',
    '{"m2m:cnt":{"1a":1}}',
    '{"m2m:cnt":{"x y=\\"z\\"":{"b":1}}}',
    '{"m2m:cnt/":{}}',
    '{"m2m:cnt x=\\"y\\"":{}}',
    '{":cnt":{}}',
    '{"a:b:c":{}}',
    '{"m2m:cnt":{"zz:lamp":[{}]}}',
    '{"m2m:cnt":{"xmlns":"urn:x"}}',
    '{"m2m:cnt":{"rn":{"a":1}}}',
    '{"m2m:cnt":{"lbl":[["a"]]}}',
    '{"m2m:cnt":{"lbl":[null]}}',
    '{"m2m:cnt":{"\\u0001":1}}',
  ])("%s", async (body) => {
    const { rsc, request, text } = await created(XML, "application/json", body);
    if (rsc === 4000) {
      expect(request).toBeUndefined();
      return;
    }
    expect(rsc).toBe(2000);
    expect(() => xmlTree(text)).not.toThrow();
    // A name that is only odd stays the name of an element.
    expect(text).toContain("<xmlns>urn:x</xmlns>");
  });

  test("markup, quotes and line breaks in texts and attributes stay text", async () => {
    const rn = "\"'<>&\t\n]]>";
    const con = ']]><a x="&amp;">\r\n\t';
    const body = JSON.stringify({ "m2m:cnt": { rn, "m2m:cin": [{ con }], or: con } });
    const { text, rsc } = await created(XML, "application/json", body);
    expect(rsc).toBe(2000);
    expect(text).toContain("&#xD;\n\t</con>");
    const back = await created(
      {},
      "application/xml",
      /<m2m:cnt.*<\/m2m:cnt>/s.exec(text)?.[0] ?? "",
    );
    expect(back.request?.pc).toEqual(JSON.parse(body));
  });
});

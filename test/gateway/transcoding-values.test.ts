import { describe, expect, test } from "vitest";
import { cborOf, XMLNS } from "../helpers/coders.ts";
import type { Message } from "../helpers/fake-registree.ts";
import { CBOR_FORM, FORMS, type Form, JSON_FORM, sentenceIn, XML_FORM } from "../helpers/forms.ts";
import type { HttpAnswer } from "../helpers/http-client.ts";
import { inStep, ok, startFront } from "./front.ts";
import { notifyIn } from "./notify-in.ts";

const LABORATORY = { "ws.allowCseOnPlain": "true" };
const ORIGIN = { "X-M2M-Origin": "CApp", "X-M2M-RI": "h1", "X-M2M-RVI": "3" };

/** Updates a `<cnt>` of a registree CSE of `form`; gives what came there as text or value, and the answer. */
async function updated(
  form: Form,
  contentType: string,
  body: string | Uint8Array,
): Promise<{
  readonly answer: HttpAnswer;
  readonly request: Message | undefined;
  readonly text: string;
}> {
  const front = await startFront(LABORATORY);
  const { ae, point } = await front.registreeCse("/id-mn", { ...form.registree, answer: ok });
  const answer = await front.http({
    method: "PUT",
    target: `${point}/cse/c`,
    headers: { ...ORIGIN, "Content-Type": contentType },
    body,
  });
  await inStep(ae);
  const request = ae.frames.length > 1 ? await ae.nextRequest() : undefined;
  return { answer, request, text: ae.frames[1]?.text ?? "" };
}

const json = (mbs: string): string => `{"m2m:cnt":{"mbs":${mbs}}}`;
const xml = (mbs: string): string => `<m2m:cnt ${XMLNS}><mbs>${mbs}</mbs></m2m:cnt>`;

describe("numbers keep their value everywhere, and their digits where the target can carry them (S20)", () => {
  test.each<[string, unknown]>([
    ["9007199254740993", 9007199254740993n],
    ["18446744073709551615", 18446744073709551615n],
    ["-9007199254740993", -9007199254740993n],
    ["8589934592", 8589934592],
    ["1.10", 1.1],
    ["1e2", 100],
    ["5.0", 5],
    ["-12.5", -12.5],
  ])("the number %s of JSON goes to CBOR with its value", async (number, value) => {
    const { answer, request } = await updated(CBOR_FORM, "application/json", json(number));
    expect(answer).toMatchObject({ status: 200 });
    expect(request?.pc).toEqual({ "m2m:cnt": { mbs: value } });
  });

  test.each([
    "9007199254740993",
    "18446744073709551615",
    "123456789012345678901234567890",
    "1e400",
    "1.10",
  ])("the number %s of JSON goes to XML with its digits", async (number) => {
    const { answer, text } = await updated(XML_FORM, "application/json", json(number));
    expect(answer).toMatchObject({ status: 200 });
    expect(text).toContain(`<mbs>${number}</mbs>`);
  });

  test.each([["1e400"], ["18446744073709551616"], ["-18446744073709551617"]])(
    "the number %s of JSON cannot be said in CBOR: 4000 with a sentence, and nothing is sent",
    async (number) => {
      const { answer, request } = await updated(CBOR_FORM, "application/json", json(number));
      expect(answer).toMatchObject({ status: 400, rsc: 4000 });
      expect(sentenceIn(JSON_FORM, answer.bytes)).toMatch(/\S/);
      expect(request).toBeUndefined();
    },
  );

  test.each<[string, string]>([
    ["1b0020000000000001", "9007199254740993"],
    ["1bffffffffffffffff", "18446744073709551615"],
    ["3bffffffffffffffff", "-18446744073709551616"],
    ["fb3ff199999999999a", "1.1"],
    ["f94000", "2"],
    ["fa40200000", "2.5"],
  ])("the CBOR %s goes to JSON and XML as %s", async (hex, digits) => {
    const body = Buffer.from(`a1676d326d3a636e74a1636d6273${hex}`, "hex");
    const toJson = await updated(JSON_FORM, "application/cbor", body);
    expect(toJson.text).toMatch(new RegExp(`"mbs":${digits}(\\.0)?[,}]`));
    const toXml = await updated(XML_FORM, "application/cbor", body);
    expect(toXml.text).toContain(`<mbs>${digits}</mbs>`);
  });

  test.each(["9007199254740993", "18446744073709551615", "1.10"])(
    "the number %s of XML goes to JSON with its digits",
    async (number) => {
      const { text } = await updated(JSON_FORM, "application/xml", xml(number));
      expect(text).toContain(`"mbs":${number}`);
    },
  );

  test.each<[string, unknown]>([
    ["9007199254740993", 9007199254740993n],
    ["-9007199254740993", -9007199254740993n],
    ["18446744073709551615", 18446744073709551615n],
    ["1.10", 1.1],
    ["1e2", 100],
    [" 007 ", 7],
  ])("the number %j of XML goes to CBOR with its value", async (number, value) => {
    const { answer, request } = await updated(CBOR_FORM, "application/xml", xml(number));
    expect(answer).toMatchObject({ status: 200 });
    expect(request?.pc).toEqual({ "m2m:cnt": { mbs: value } });
  });

  test.each(["1e400", "18446744073709551616", "-18446744073709551617", "0.1000000000000000001"])(
    "the number %s of XML cannot be said in CBOR: 4000 with a sentence, and nothing is sent",
    async (number) => {
      const { answer, request } = await updated(CBOR_FORM, "application/xml", xml(number));
      expect(answer).toMatchObject({ status: 400, rsc: 4000 });
      expect(sentenceIn(XML_FORM, answer.bytes)).toMatch(/\S/);
      expect(request).toBeUndefined();
    },
  );

  test.each(["f97e00", "f97c00", "fa7f800000", "fb7ff0000000000000", "fbfff0000000000000"])(
    "what is no number, CBOR %s, reaches no JSON registree",
    async (hex) => {
      const body = Buffer.from(`a1676d326d3a636e74a1636d6273${hex}`, "hex");
      const { answer, request } = await updated(JSON_FORM, "application/cbor", body);
      expect(answer).toMatchObject({ status: 400, rsc: 4000 });
      expect(request).toBeUndefined();
    },
  );
});

describe("NULL in an Update deletes an attribute in each serialization (primitives, 9.3)", () => {
  const sample = {
    json: { "m2m:cnt": { lbl: null, mni: null, or: null, cr: null } },
    xml: "<m2m:cnt><lbl/><cr/><mni/><or/></m2m:cnt>",
  };
  test.each(FORMS)("from $name to every other", async (source) => {
    for (const target of FORMS) {
      const { request } = await updated(target, source.mediaType, source.body(sample));
      expect(request).toMatchObject({ op: 3 });
      target.expectPc(request ?? {}, sample, target.name);
    }
  });

  test.each([JSON_FORM, CBOR_FORM])(
    "elsewhere an empty element is what its type makes it, for $name",
    async (form) => {
      const front = await startFront(LABORATORY);
      const { ae, point } = await front.registreeCse("/id-mn", { ...form.registree, answer: ok });
      await front.http({
        method: "POST",
        target: `${point}/cse`,
        headers: { ...ORIGIN, "Content-Type": "application/xml;ty=3" },
        body: `<m2m:acp ${XMLNS}><lbl/><et/><pv/><pvs><acr><acor/><acop/></acr></pvs><vendor/></m2m:acp>`,
      });
      expect((await ae.nextRequest()).pc).toEqual({
        "m2m:acp": {
          lbl: [],
          et: null,
          pv: {},
          pvs: { acr: [{ acor: [], acop: null }] },
          vendor: "",
        },
      });
    },
  );

  test("what an Update with rcn=9 deleted comes back as null from XML (T4 7.3.3.12)", async () => {
    const front = await startFront(LABORATORY);
    const { point } = await front.registreeCse("/id-mn", {
      ...XML_FORM.registree,
      answer: () => ({ rsc: 2004, rvi: "3", pc: { xml: "<m2m:cnt><lbl/><or/></m2m:cnt>" } }),
    });
    const answer = await front.http({
      method: "PUT",
      target: `${point}/cse/c?rcn=9`,
      headers: { ...ORIGIN, "Content-Type": "application/json" },
      body: '{"m2m:cnt":{"lbl":null,"or":null}}',
    });
    expect(JSON.parse(answer.body)).toEqual({ "m2m:cnt": { lbl: null, or: null } });
  });

  test('"" for a string in an Update towards XML is refused rather than read as a deletion (9.3)', async () => {
    const body = '{"m2m:cnt":{"or":""}}';
    const { answer, request } = await updated(XML_FORM, "application/json", body);
    expect(answer).toMatchObject({ status: 400, rsc: 4000 });
    expect(request).toBeUndefined();
  });
});

/** Contents that JSON and CBOR can say and XML cannot. */
const UNSAYABLE: readonly [string, Record<string, unknown>][] = [
  ["a label with a blank (9.4)", { "m2m:cnt": { lbl: ["living room"] } }],
  ["an empty label (9.4)", { "m2m:cnt": { lbl: ["a", ""] } }],
  ["a character that XML has not (8, rule 10)", { "m2m:cin": { con: "\u0001" } }],
  ["a lone surrogate (8, rule 10)", { "m2m:cin": { con: "\ud800" } }],
  ["a prefix without a namespace (9.8)", { "zz:lamp": { on: true } }],
];

describe("what XML cannot say is refused, and who sent it is told", () => {
  test.each(UNSAYABLE)("a request with %s to an XML registree: 4000", async (_what, content) => {
    const front = await startFront();
    const { ae, point } = await front.ae("CAE1", XML_FORM.registree);
    const sgn = { "m2m:sgn": { sur: "/id-in/s", nev: { rep: content, net: 1 } } };
    const answer = await notifyIn(front, point, "application/json", JSON.stringify(sgn));
    expect(answer).toMatchObject({ status: 400, rsc: 4000, headers: { "x-m2m-ri": "n1" } });
    expect(sentenceIn(JSON_FORM, answer.bytes)).toMatch(/\S/);
    await inStep(ae);
    expect(ae.frames).toHaveLength(1);
  });

  test.each(UNSAYABLE)(
    "an answer with %s to an application of XML: 5207",
    async (_what, content) => {
      const front = await startFront(LABORATORY);
      const { point } = await front.registreeCse("/id-mn", {
        answer: () => ({ rsc: 2000, rvi: "3", pc: content }),
      });
      const headers = { ...ORIGIN, Accept: "application/xml" };
      const answer = await front.http({ target: `${point}/cse`, headers });
      expect(answer).toMatchObject({ status: 406, rsc: 5207, headers: { "x-m2m-ri": "h1" } });
      expect(sentenceIn(XML_FORM, answer.bytes)).toMatch(/\S/);
    },
  );

  test.each(UNSAYABLE)(
    "an answer of the CSE with %s to an XML registree: 5207",
    async (_what, content) => {
      const front = await startFront();
      const { ae } = await front.ae("CAE1", XML_FORM.registree);
      front.cse.answer(() => ({ rsc: 2000, body: content }));
      const answer = await ae.request({ op: 2, to: "cse-in/x", fr: "CAE1" });
      expect(answer).toMatchObject({ rsc: 5207 });
      expect(sentenceIn(XML_FORM, answer)).toMatch(/\S/);
      expect(await ae.request({ op: 4, to: "cse-in/x", fr: "CAE1" })).toMatchObject({ rsc: 5207 });
    },
  );

  test.each<[Form, string]>([
    [JSON_FORM, json("1e400")],
    [XML_FORM, xml("1e400")],
  ])("an answer in $name with 1e400 to a CBOR registree: 5207", async (form, body) => {
    const front = await startFront();
    const { ae } = await front.ae("CAE1", CBOR_FORM.registree);
    front.cse.answer(() => ({ rsc: 2000, headers: { "Content-Type": form.mediaType }, body }));
    const answer = await ae.request({ op: 2, to: "cse-in/x", fr: "CAE1" });
    expect(answer).toMatchObject({ rsc: 5207 });
    expect(sentenceIn(CBOR_FORM, answer)).toMatch(/\S/);
  });
});

test("members that JavaScript treats as its own survive, or are refused, never lost", async () => {
  const body = '{"m2m:cnt":{"__proto__":"x","constructor":"y","toString":"z"}}';
  const { answer, text } = await updated(CBOR_FORM, "application/json", body);
  if (answer.rsc === 4000) return;
  for (const name of ["__proto__", "constructor", "toString"]) expect(text).toContain(name);
  const back = cborOf({ "m2m:cnt": { constructor: "y" } });
  const { text: asJson } = await updated(JSON_FORM, "application/cbor", back);
  expect(asJson).toContain('"constructor":"y"');
});

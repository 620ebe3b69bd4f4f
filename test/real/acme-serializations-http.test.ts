import { beforeAll, describe, expect, test } from "vitest";
import { type Acme, startAcme } from "../helpers/acme.ts";
import { CBOR_FORM, FORMS, type Form, JSON_FORM, type Sample, XML_FORM } from "../helpers/forms.ts";
import { callHttp, type HttpAnswer } from "../helpers/http-client.ts";
import { havePython } from "../helpers/python.ts";
import { send } from "./acme/http-client.ts";
import { uniqueName } from "./acme/resources.ts";
import { expectBody, type Traits } from "./acme/speaking-ae.ts";
import { AWKWARD, AWKWARD_XML, SIZE, startSetting, transcodings } from "./acme/transcoding.ts";

const ORIGIN = { "X-M2M-Origin": "CAdmin", "X-M2M-RI": "h", "X-M2M-RVI": "3" };

interface Question {
  readonly method?: string;
  readonly target: string;
  /** Resource type of a Create. */
  readonly ty?: number;
  readonly content?: Sample;
}

/** What an application asks in `form`, and wants to be answered in. */
function ask(base: string, form: Form, question: Question): Promise<HttpAnswer> {
  const { method = "GET", target, ty, content } = question;
  const type = ty === undefined ? form.mediaType : `${form.mediaType};ty=${ty}`;
  const headers = { ...ORIGIN, Accept: form.mediaType };
  if (content === undefined) return callHttp(base, { method, target, headers });
  const body = form.body(content);
  return callHttp(base, { method, target, headers: { ...headers, "Content-Type": type }, body });
}

const containerOf = (name: string): Sample => ({
  json: { "m2m:cnt": { rn: name, lbl: ["a/b", "ä"], mbs: SIZE.cbor } },
  xml: `<m2m:cnt rn="${name}"><lbl>a/b ä</lbl><mbs>${SIZE.xml}</mbs></m2m:cnt>`,
});

/** A life of the container `name`: what is asked, the Response Status Code, and what is answered. */
function lifeOf(name: string): readonly (readonly [Question, number, Traits])[] {
  const target = `/cse-in/${name}`;
  const container = {
    json: { "m2m:cnt": { rn: name, ty: 3, lbl: ["a/b", "ä"], mbs: SIZE.cbor } },
    xml: [
      "<ty>3</ty>",
      "<lbl>a/b ä</lbl>",
      `<mbs>${SIZE.xml}</mbs>`,
      new RegExp(`<m2m:cnt [^>]*rn="${name}"`),
    ],
  };
  const instance: Sample = {
    json: { "m2m:cin": { rn: "i", con: AWKWARD } },
    xml: `<m2m:cin rn="i">${AWKWARD_XML}</m2m:cin>`,
  };
  const withoutLabels: Sample = {
    json: { "m2m:cnt": { lbl: null } },
    xml: "<m2m:cnt><lbl/></m2m:cnt>",
  };
  return [
    [{ method: "POST", target: "/cse-in", ty: 3, content: containerOf(name) }, 2001, container],
    [
      { method: "POST", target, ty: 4, content: instance },
      2001,
      { json: { "m2m:cin": { rn: "i", con: AWKWARD } }, xml: [AWKWARD_XML] },
    ],
    [{ target }, 2000, container],
    [
      { target: `${target}?rcn=4` },
      2000,
      {
        json: { "m2m:cnt": { "m2m:cin": [{ rn: "i", con: AWKWARD }] } },
        xml: [AWKWARD_XML, /<m2m:cnt .*<m2m:cin rn="i">.*<\/m2m:cnt>$/s],
      },
    ],
    [
      { target: `${target}?fu=1&ty=3+4` },
      2000,
      {
        json: { "m2m:uril": [`cse-in/${name}/i`] },
        xml: [new RegExp(`<m2m:uril [^>]*>cse-in/${name}/i</m2m:uril>$`)],
      },
    ],
    [
      { method: "PUT", target, content: withoutLabels },
      2004,
      { json: { "m2m:cnt": { cni: 1, mbs: SIZE.cbor } }, xml: ["<cni>1</cni>"] },
    ],
    [
      { target: `${target}/none` },
      4004,
      {
        json: { "m2m:dbg": expect.stringContaining("none") },
        xml: [/<m2m:dbg [^>]*>[^<]*none[^<]*<\/m2m:dbg>$/],
      },
    ],
  ];
}

describe.skipIf(!havePython())("an HTTP application of an ACME CSE", { timeout: 60_000 }, () => {
  let acme: Acme;
  beforeAll(async () => {
    acme = await startAcme("stopped");
    return () => acme.stop();
  });

  test.each([
    { name: "XML", form: XML_FORM, to: "json", cse: JSON_FORM },
    { name: "CBOR", form: CBOR_FORM, to: "json", cse: JSON_FORM },
    { name: "XML", form: XML_FORM, to: "cbor", cse: CBOR_FORM },
  ])("speaks $name where the CSE is spoken to in $to", async ({ form, to, cse }) => {
    const setting = await startSetting(acme, to);
    const { gateway, toCse } = setting;
    const name = uniqueName();
    const life = lifeOf(name);
    for (const [question, rsc, traits] of life) {
      const answer = await ask(gateway.http, form, question);
      expect(answer, `${question.target}: ${answer.body}`).toMatchObject({ rsc });
      expect(answer.headers["content-type"]).toBe(form.mediaType);
      expectBody(form, answer.bytes, traits);
      const { request } = toCse.exchanges.at(-1) ?? expect.fail("ACME was asked nothing");
      expect(request.headers.accept).toBe(cse.mediaType);
      if (question.content !== undefined) {
        expect(request.headers["content-type"]?.split(";")[0]).toBe(cse.mediaType);
      }
    }
    const target = `/cse-in/${name}`;
    expect((await send(acme.url, { path: target })).body["m2m:cnt"]).not.toHaveProperty("lbl");
    const gone = await ask(gateway.http, form, { method: "DELETE", target });
    expect(gone).toMatchObject({ rsc: 2002, body: "" });
    expect(await transcodings(setting, form, cse)).toBe(3);
    expect(await transcodings(setting, cse, form)).toBe(life.length);
  });

  test("that speaks CBOR passes as it is where the CSE is known to read it", async () => {
    const setting = await startSetting(acme, "json,cbor");
    const name = uniqueName();
    const content = containerOf(name);
    const create = { method: "POST", target: "/cse-in", ty: 3, content };
    const made = await ask(setting.gateway.http, CBOR_FORM, create);
    expect(made).toMatchObject({ rsc: 2001, headers: { "content-type": "application/cbor" } });
    const { request, bytes } = setting.toCse.exchanges[0] ?? expect.fail("ACME was asked nothing");
    expect(request.bytes).toEqual(CBOR_FORM.body(content));
    expect(made.bytes).toEqual(bytes);

    const read = { target: `/cse-in/${name}` };
    const through = await ask(setting.gateway.http, CBOR_FORM, read);
    expect(through.bytes).toEqual((await ask(acme.url, CBOR_FORM, read)).bytes);
    expect(await setting.gateway.metric('m2mgw_passed_through_total{status="2xx"}')).toBe(2);
    for (const form of FORMS) expect(await transcodings(setting, CBOR_FORM, form)).toBe(0);
  });

  test("that prefers XML to JSON gets XML, where ACME itself says nothing", async () => {
    const { gateway } = await startSetting(acme);
    const headers = { ...ORIGIN, Accept: "application/xml, application/json;q=0.5" };
    const straight = await callHttp(acme.url, { target: "/cse-in", headers });
    expect(straight).toMatchObject({ rsc: 2000, body: "" });
    const through = await callHttp(gateway.http, { target: "/cse-in", headers });
    expect(through).toMatchObject({ rsc: 2000, headers: { "content-type": "application/xml" } });
    const xml = ["<csi>/id-in</csi>", /<srt>1 2 3 4 5 [\d ]+<\/srt>/];
    expectBody(XML_FORM, through.bytes, { json: {}, xml });
  });
});

import { describe, expect, test } from "vitest";
import { WRAPPED_CBOR } from "../helpers/coders.ts";
import { CBOR_FORM, FORMS, type Form, JSON_FORM, sentenceIn, XML_FORM } from "../helpers/forms.ts";
import type { HttpAnswer } from "../helpers/http-client.ts";
import { inStep, ok, type RegisteredAe, startFront } from "./front.ts";
import { notifyIn } from "./notify-in.ts";

const LABORATORY = { "ws.allowCseOnPlain": "true" };
const ORIGIN = { "X-M2M-Origin": "CApp", "X-M2M-RI": "h1", "X-M2M-RVI": "3" };

const SENT = {
  json: { "m2m:cnt": { rn: "c", lbl: ["room:12", "5"], cr: null, mni: 5, disr: false } },
  xml: '<m2m:cnt rn="c"><lbl>room:12 5</lbl><cr></cr><mni>5</mni><disr>false</disr></m2m:cnt>',
};
const ANSWERED = {
  json: { "m2m:cnt": { rn: "c", ty: 3, ri: "7", lbl: ["5"], st: 0, "m2m:cin": [{ con: "<&>" }] } },
  xml: '<m2m:cnt rn="c"><ty>3</ty><ri>7</ri><lbl>5</lbl><st>0</st><m2m:cin><con>&lt;&amp;&gt;</con></m2m:cin></m2m:cnt>',
};
const SGN = {
  json: { "m2m:sgn": { nev: { rep: { "m2m:cin": { con: "1" } }, net: 3 }, sur: "/id-in/s" } },
  xml: "<m2m:sgn><nev><rep><m2m:cin><con>1</con></m2m:cin></rep><net>3</net></nev><sur>/id-in/s</sur></m2m:sgn>",
};

describe.each(FORMS)("a registree of $name", (form) => {
  test.each(FORMS)(
    "gets an HTTP application's $name as its own, and answers in what is asked for (SZ-21; 5.3)",
    async (source) => {
      const front = await startFront(LABORATORY);
      const { ae, point } = await front.registreeCse("/id-mn", {
        ...form.registree,
        answer: () => ({ rsc: 2001, rvi: "3", pc: form.pc(ANSWERED) }),
      });
      for (const wanted of [undefined, ...FORMS]) {
        const answer = await front.http({
          method: "POST",
          target: `${point}/cse`,
          headers: {
            ...ORIGIN,
            "Content-Type": `${source.mediaType};ty=3`,
            ...(wanted && { Accept: wanted.mediaType }),
          },
          body: source.body(SENT),
        });
        const request = await ae.nextRequest();
        expect(request).toMatchObject({ op: 1, to: "cse", ty: 3, fr: "CApp", rqi: "h1" });
        form.expectPc(request, SENT, wanted?.name);
        const back = wanted ?? source;
        expect(answer).toMatchObject({ status: 201, rsc: 2001 });
        expect(answer.headers["content-type"]).toBe(back.mediaType);
        back.expectBody(answer.bytes, ANSWERED, wanted?.name);
      }
    },
  );

  test.each(FORMS)("that is an AE gets a Notify in $name as its own (SZ-21)", async (source) => {
    const front = await startFront();
    const { ae, point } = await front.ae("CAE1", { ...form.registree, answer: ok });
    const answer = await notifyIn(front, point, source.mediaType, source.body(SGN));
    expect(answer).toMatchObject({ status: 200, rsc: 2000, headers: { "x-m2m-ri": "n1" } });
    form.expectPc(await ae.nextRequest(), SGN);
  });

  test.each(FORMS)(
    "tells an HTTP application of $name an error with its code (7.4)",
    async (asked) => {
      const front = await startFront(LABORATORY);
      const dbg = { json: { "m2m:dbg": "no <x>" }, xml: "<m2m:dbg>no &lt;x&gt;</m2m:dbg>" };
      const { point } = await front.registreeCse("/id-mn", {
        ...form.registree,
        answer: () => ({ rsc: 4004, rvi: "3", pc: form.pc(dbg) }),
      });
      const answer = await front.http({
        target: `${point}/cse/x`,
        headers: { ...ORIGIN, Accept: asked.mediaType },
      });
      expect(answer).toMatchObject({ status: 404, rsc: 4004 });
      asked.expectBody(answer.bytes, dbg);
    },
  );
});

/** A registree CSE that answers each Retrieve with ANSWERED, in CBOR. */
async function answering(): Promise<{
  get(accept: string): Promise<HttpAnswer>;
  registree: RegisteredAe;
}> {
  const front = await startFront(LABORATORY);
  const registree = await front.registreeCse("/id-mn", {
    ...WRAPPED_CBOR,
    answer: () => ({ rsc: 2000, rvi: "3", pc: ANSWERED.json }),
  });
  const target = `${registree.point}/cse/c`;
  return {
    registree,
    get: (accept) => front.http({ target, headers: { ...ORIGIN, Accept: accept } }),
  };
}

test("the best of the media types that Accept lists decides (5.3; RFC 9110, 12.5.1)", async () => {
  const { get } = await answering();
  const table: readonly [string, readonly Form[]][] = [
    ["application/xml;q=0.2, application/cbor;q=0.8, application/json;q=0.5", [CBOR_FORM]],
    ["application/json;q=0, application/xml", [XML_FORM]],
    ["application/*;q=0.1, application/xml;q=0.05, application/cbor;q=0.9", [CBOR_FORM]],
    ["text/html, application/xml;q=0.9, */*;q=0.1", [XML_FORM]],
    ["APPLICATION/XML", [XML_FORM]],
    ["*/*;q=0.5, application/json;q=0, application/xml;q=0", [CBOR_FORM]],
    ["application/xml ; q=0.30 , application/json ; q=0.301", [JSON_FORM]],
    ["*/*", FORMS],
    ["application/*", FORMS],
    ["application/vnd.onem2m-res+xml", [XML_FORM]],
    ["application/vnd.onem2m-res+cbor;q=0.9, application/json;q=0.8", [CBOR_FORM]],
    ["application/vnd.onem2m-prsp+json", [JSON_FORM]],
  ];
  for (const [accept, forms] of table) {
    const answer = await get(accept);
    expect(answer, accept).toMatchObject({ status: 200, rsc: 2000 });
    const [type = ""] = String(answer.headers["content-type"]).split(";");
    const form = forms.find(({ name }) => type.endsWith(name));
    expect(form, `${accept}: ${type}`).toBeDefined();
    form?.expectBody(answer.bytes, ANSWERED, accept);
  }
});

test.each([
  "text/html",
  "application/pdf, image/*",
  "application/json;q=0, application/xml;q=0, application/cbor;q=0",
])(
  "Accept: %s is 406 with 5207, and the registree is not asked (5.3; T4 7.3.3.1)",
  async (accept) => {
    const { get, registree } = await answering();
    expect(await get(accept)).toMatchObject({ status: 406, rsc: 5207 });
    await inStep(registree.ae);
    expect(registree.ae.frames).toHaveLength(1);
  },
);

const VENDOR = ["res", "ntfy", "preq", "prsp"];

test("each media type of 5.1 is read, with charset=utf-8 or not, and in any case (5.1, 5.4)", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1", { ...CBOR_FORM.registree, answer: ok });
  for (const form of FORMS) {
    const types = [
      form.mediaType,
      ...VENDOR.map((kind) => `application/vnd.onem2m-${kind}+${form.name}`),
    ];
    const all = types.flatMap((type) => [
      type,
      `${type};charset=UTF-8`,
      type.toUpperCase(),
      `${type} ; charset="utf-8"`,
    ]);
    for (const type of all) {
      const answer = await notifyIn(front, point, type, form.body(SGN));
      expect(answer, type).toMatchObject({ status: 200, rsc: 2000 });
      CBOR_FORM.expectPc(await ae.nextRequest(), SGN, type);
    }
  }
});

test("the parameters of Content-Type come in any order, with quotes and blanks (5.2)", async () => {
  const front = await startFront(LABORATORY);
  const { ae, point } = await front.registreeCse("/id-mn", { ...XML_FORM.registree, answer: ok });
  for (const type of [
    "application/cbor; charset=utf-8; ty=3",
    'application/cbor;TY="3"',
    "application/vnd.onem2m-res+cbor ; ty=3 ; x=y",
  ]) {
    await front.http({
      method: "POST",
      target: `${point}/cse`,
      headers: { ...ORIGIN, "Content-Type": type },
      body: CBOR_FORM.body(SENT),
    });
    expect(await ae.nextRequest(), type).toMatchObject({ op: 1, ty: 3 });
  }
});

test.each([
  "application/xml;charset=iso-8859-1",
  "application/json;charset=utf-16",
  "text/plain",
  "application/vnd.onem2m-res+yaml",
  "multipart/form-data; boundary=x",
])("Content-Type: %s is 415 with 4015, and the registree is not asked (5.3, 5.4)", async (type) => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1", XML_FORM.registree);
  const answer = await notifyIn(front, point, type, XML_FORM.body(SGN));
  expect(answer).toMatchObject({ status: 415, rsc: 4015, headers: { "x-m2m-ri": "n1" } });
  await inStep(ae);
  expect(ae.frames).toHaveLength(1);
});

test.each<{ source: Form; target: Form; body: string | Buffer }>([
  { source: XML_FORM, target: XML_FORM, body: "<m2m:sgn" },
  { source: XML_FORM, target: JSON_FORM, body: "<!DOCTYPE a><m2m:sgn/>" },
  { source: CBOR_FORM, target: CBOR_FORM, body: Buffer.of(0xa1, 0x61) },
  { source: CBOR_FORM, target: XML_FORM, body: Buffer.from("a0f6", "hex") },
  { source: JSON_FORM, target: XML_FORM, body: '{"m2m:sgn":{"sur":"a","sur":"b"}}' },
  { source: XML_FORM, target: XML_FORM, body: '{"m2m:sgn":{}}' },
])(
  "a $source.name body that cannot be read is 400 with 4000 and a sentence in its serialization (7.4)",
  async ({ source, target, body }) => {
    const front = await startFront();
    const { ae, point } = await front.ae("CAE1", target.registree);
    const answer = await notifyIn(front, point, source.mediaType, body);
    expect(answer).toMatchObject({
      status: 400,
      rsc: 4000,
      headers: { "content-type": source.mediaType },
    });
    expect(sentenceIn(source, answer.bytes)).toMatch(/\S/);
    await inStep(ae);
    expect(ae.frames).toHaveLength(1);
  },
);

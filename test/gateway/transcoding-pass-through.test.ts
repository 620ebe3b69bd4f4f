import { describe, expect, test } from "vitest";
import {
  CBOR_FORM,
  FORMS,
  JSON_FORM,
  type Sample,
  sentenceIn,
  XML_FORM,
} from "../helpers/forms.ts";
import { startFront } from "./front.ts";

const ORIGIN = { "X-M2M-Origin": "CApp", "X-M2M-RI": "h1", "X-M2M-RVI": "3" };

const CNT: Sample = {
  json: { "m2m:cnt": { rn: "c", lbl: ["a", "5"], mni: 5 } },
  xml: '<m2m:cnt rn="c"><lbl>a 5</lbl><mni>5</mni></m2m:cnt>',
};
const CREATED: Sample = {
  json: { "m2m:cnt": { rn: "c", ty: 3, ri: "7", lbl: ["a", "5"], st: 0 } },
  xml: '<m2m:cnt rn="c"><ty>3</ty><ri>7</ri><lbl>a 5</lbl><st>0</st></m2m:cnt>',
};
/** As somebody wrote it by hand: nothing that reads and writes it again keeps it so. */
const ODD_JSON = '{ "m2m:cnt" : {"mni": 1.0e1, "lbl":["\\u0061"], "x":12345678901234567890.10} }\n';

describe.each([XML_FORM, CBOR_FORM])(
  "an application that speaks $name to a CSE of JSON",
  (form) => {
    test("creates: its content is transcoded, and the answer too (S1)", async () => {
      const front = await startFront();
      front.cse.answer(() => ({ rsc: 2001, body: CREATED.json }));
      for (const [accept, back] of [
        [undefined, form] as const,
        ...FORMS.map((one) => [one.mediaType, one] as const),
      ]) {
        const answer = await front.http({
          method: "POST",
          target: "/cse-in/a?rcn=1",
          headers: {
            ...ORIGIN,
            "Content-Type": `${form.mediaType};ty=3`,
            ...(accept && { Accept: accept }),
          },
          body: form.body(CNT),
        });
        const asked = front.cse.requests.at(-1);
        expect(asked).toMatchObject({ method: "POST", target: "/cse-in/a?rcn=1" });
        expect(asked?.headers).toMatchObject({
          "content-type": "application/json;ty=3",
          accept: "application/json",
          "x-m2m-origin": "CApp",
          "x-m2m-ri": "h1",
          "x-m2m-rvi": "3",
        });
        expect(JSON.parse(asked?.body ?? "")).toEqual(CNT.json);
        expect(answer).toMatchObject({ status: 201, rsc: 2001, headers: { "x-m2m-ri": "h1" } });
        expect(answer.headers["content-type"]).toBe(back.mediaType);
        back.expectBody(answer.bytes, CREATED, accept);
      }
    });

    test("retrieves, updates and deletes: the answer is in its serialization", async () => {
      const front = await startFront();
      front.cse.answer(() => ({ rsc: 2000, body: CREATED.json }));
      const got = await front.http({
        target: "/cse-in/c",
        headers: { ...ORIGIN, Accept: form.mediaType },
      });
      expect(got).toMatchObject({ status: 200, rsc: 2000 });
      form.expectBody(got.bytes, CREATED);
      const put = await front.http({
        method: "PUT",
        target: "/cse-in/c",
        headers: { ...ORIGIN, "Content-Type": form.mediaType },
        body: form.body({ json: { "m2m:cnt": { lbl: null } }, xml: "<m2m:cnt><lbl/></m2m:cnt>" }),
      });
      form.expectBody(put.bytes, CREATED);
      expect(front.cse.requests.at(-1)?.headers["content-type"]).toBe("application/json");
      expect(JSON.parse(front.cse.requests.at(-1)?.body ?? "")).toEqual({
        "m2m:cnt": { lbl: null },
      });
      front.cse.answer(() => ({ rsc: 2002 }));
      const gone = await front.http({
        method: "DELETE",
        target: "/cse-in/c",
        headers: { ...ORIGIN, Accept: form.mediaType },
      });
      expect(gone).toMatchObject({ status: 200, rsc: 2002, body: "" });
    });

    test("is told an error of the CSE in its serialization, with status and code intact", async () => {
      const front = await startFront();
      const dbg = { json: { "m2m:dbg": "x <y>" }, xml: "<m2m:dbg>x &lt;y&gt;</m2m:dbg>" };
      for (const [status, rsc] of [
        [404, 4004],
        [403, 4103],
        [409, 4105],
        [500, 5000],
        [501, 4001],
      ] as const) {
        front.cse.answer(() => ({ status, rsc, body: dbg.json }));
        const answer = await front.http({
          target: "/cse-in/x",
          headers: { ...ORIGIN, Accept: form.mediaType },
        });
        expect(answer).toMatchObject({ status, rsc });
        form.expectBody(answer.bytes, dbg);
      }
    });

    test("is told in its serialization that its body cannot be read: 4000, and the CSE is not asked", async () => {
      const front = await startFront();
      const answer = await front.http({
        method: "POST",
        target: "/cse-in",
        headers: { ...ORIGIN, "Content-Type": `${form.mediaType};ty=3` },
        body: Buffer.from("<a"),
      });
      expect(answer).toMatchObject({ status: 400, rsc: 4000, headers: { "x-m2m-ri": "h1" } });
      expect(answer.headers["content-type"]).toBe(form.mediaType);
      expect(sentenceIn(form, answer.bytes)).toMatch(/\S/);
      expect(front.cse.requests).toHaveLength(0);
    });

    test("passes through a CSE that reads it too, byte for byte both ways (S1)", async () => {
      const front = await startFront({ "cse.serializations": `json,${form.name}` });
      // Not what any writer would write: a blank in markup, and an integer longer than need be.
      const odd = {
        xml: Buffer.from(`${XML_FORM.body(CNT)}\n`),
        cbor: Buffer.from("a1676d326d3a636e74a1636d6e691a00000005", "hex"),
        json: Buffer.of(),
      }[form.name];
      front.cse.answer(() => ({
        rsc: 2001,
        headers: { "Content-Type": form.mediaType },
        body: odd,
      }));
      const type = `${form.mediaType};ty=3`;
      const answer = await front.http({
        method: "POST",
        target: "/cse-in",
        headers: { ...ORIGIN, "Content-Type": type, Accept: form.mediaType },
        body: odd,
      });
      expect(front.cse.requests.at(-1)?.bytes).toEqual(odd);
      expect(front.cse.requests.at(-1)?.headers).toMatchObject({
        "content-type": type,
        accept: form.mediaType,
      });
      expect(answer.bytes).toEqual(odd);
    });
  },
);

test.each([
  ["json", undefined],
  ["json", "application/json"],
  ["json,cbor", undefined],
  ["json,cbor", "application/json, application/cbor;q=0.5"],
])(
  "with cse.serializations %s and Accept %s, JSON passes byte for byte both ways (S1)",
  async (serializations, accept) => {
    const front = await startFront({ "cse.serializations": serializations });
    front.cse.answer(() => ({
      rsc: 2001,
      headers: { "Content-Type": "application/json; charset=utf-8" },
      body: ODD_JSON,
    }));
    const type = "application/json; charset=utf-8; ty=3";
    const answer = await front.http({
      method: "POST",
      target: "/cse-in",
      headers: { ...ORIGIN, "Content-Type": type, ...(accept && { Accept: accept }) },
      body: ODD_JSON,
    });
    expect(front.cse.requests.at(-1)).toMatchObject({
      body: ODD_JSON,
      headers: { "content-type": type },
    });
    expect(front.cse.requests.at(-1)?.headers.accept).toBe(accept);
    expect(answer.body).toBe(ODD_JSON);
    expect(answer.headers["content-type"]).toBe("application/json; charset=utf-8");
  },
);

test.each([
  "*/*",
  "application/*",
  "application/json;q=0.5, application/xml;q=0.5",
  "application/cbor, application/json",
  "text/html, application/vnd.onem2m-res+json",
])("a GET whose Accept takes JSON, %s, passes raw to a CSE of JSON (S1)", async (accept) => {
  const front = await startFront();
  front.cse.answer(() => ({ rsc: 2000, body: ODD_JSON }));
  const answer = await front.http({ target: "/cse-in", headers: { ...ORIGIN, Accept: accept } });
  expect(answer.body).toBe(ODD_JSON);
  expect(front.cse.requests.at(-1)?.headers.accept).toBe(accept);
});

test.each(["If-Match", "If-Unmodified-Since"])(
  "a change on a condition (%s) is refused rather than made without it",
  async (field) => {
    const front = await startFront();
    const answer = await front.http({
      method: "PUT",
      target: "/cse-in/c",
      headers: { ...ORIGIN, "Content-Type": "application/xml", [field]: '"e"' },
      body: '<m2m:cnt xmlns:m2m="http://www.onem2m.org/xml/protocols"><mni>1</mni></m2m:cnt>',
    });
    expect(answer).toMatchObject({ status: 400, rsc: 4000 });
    expect(front.cse.requests).toEqual([]);
  },
);

test("a GET that wants XML more than JSON gets it from a CSE of JSON (RFC 9110, 12.4.2)", async () => {
  const front = await startFront();
  front.cse.answer(() => ({ rsc: 2000, body: ODD_JSON }));
  const Accept = "application/json;q=0.1, application/xml";
  const answer = await front.http({ target: "/cse-in", headers: { ...ORIGIN, Accept } });
  expect(answer.headers["content-type"]).toBe("application/xml");
  expect(front.cse.requests.at(-1)?.headers.accept).toBe("application/json");
});

test("to a CSE of XML only, JSON is what is transcoded (S1)", async () => {
  const front = await startFront({ "cse.serializations": "xml" });
  front.cse.answer(() => ({
    rsc: 2001,
    headers: { "Content-Type": "application/xml" },
    body: XML_FORM.body(CREATED),
  }));
  const answer = await front.http({
    method: "POST",
    target: "/cse-in",
    headers: { ...ORIGIN, "Content-Type": "application/json;ty=3" },
    body: JSON_FORM.body(CNT),
  });
  const asked = front.cse.requests.at(-1);
  expect(asked?.headers).toMatchObject({
    "content-type": "application/xml;ty=3",
    accept: "application/xml",
  });
  XML_FORM.expectBody(asked?.bytes ?? Buffer.of(), CNT);
  expect(answer.headers["content-type"]).toBe("application/json");
  JSON_FORM.expectBody(answer.bytes, CREATED);
});

test("a page of HTML instead of an answer becomes a oneM2M error where a transcoded one is due (6.2)", async () => {
  const front = await startFront();
  front.cse.answer(() => ({
    status: 502,
    headers: { "Content-Type": "text/html" },
    body: "<h1>bad</h1>",
  }));
  const answer = await front.http({
    target: "/cse-in",
    headers: { ...ORIGIN, Accept: "application/xml" },
  });
  expect(answer).toMatchObject({ status: 404, rsc: 5103 });
  expect(answer.body).not.toContain("h1");
});

test("a CSE that answers in XML although JSON was asked for on the application's behalf is passed on", async () => {
  const front = await startFront();
  const body = XML_FORM.body(CREATED);
  front.cse.answer(() => ({ rsc: 2000, headers: { "Content-Type": "application/xml" }, body }));
  const answer = await front.http({
    target: "/cse-in",
    headers: { ...ORIGIN, Accept: "application/xml" },
  });
  XML_FORM.expectBody(answer.bytes, CREATED);
});

test("an <AE> registered over HTTP in XML or CBOR and one registered in JSON are the same to the CSE", async () => {
  const ae = {
    json: { "m2m:ae": { api: "N.t", rr: false, srv: ["3"] } },
    xml: "<m2m:ae><api>N.t</api><rr>false</rr><srv>3</srv></m2m:ae>",
  };
  const front = await startFront();
  for (const form of FORMS) {
    const answer = await front.http({
      method: "POST",
      target: "/cse-in",
      headers: { ...ORIGIN, "X-M2M-Origin": "C", "Content-Type": `${form.mediaType};ty=2` },
      body: form.body(ae),
    });
    expect(answer, form.name).toMatchObject({ status: 201, rsc: 2001 });
    expect(JSON.parse(front.cse.requests.at(-1)?.body ?? ""), form.name).toEqual(ae.json);
    expect(answer.headers["content-type"]).toBe(form.mediaType);
  }
});

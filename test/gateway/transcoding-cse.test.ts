import { describe, expect, test } from "vitest";
import type { CseAnswer } from "../helpers/fake-cse.ts";
import { CBOR_FORM, FORMS, type Form, JSON_FORM, type Sample, XML_FORM } from "../helpers/forms.ts";
import { type Front, gatewayUrlIn, ok, startFront } from "./front.ts";
import { notifyIn } from "./notify-in.ts";

const LABORATORY = { "ws.allowCseOnPlain": "true" };
const ORIGIN = { "X-M2M-Origin": "CApp", "X-M2M-RI": "h1", "X-M2M-RVI": "3" };
const CREATE = { op: 1, to: "cse-in/c", fr: "CAE1", ty: 4, rvi: "3" };

const CIN: Sample = {
  json: { "m2m:cin": { rn: "x", lbl: ["a", "b"], con: "21.50" } },
  xml: '<m2m:cin rn="x"><lbl>a b</lbl><con>21.50</con></m2m:cin>',
};
const CREATED: Sample = {
  json: { "m2m:cin": { rn: "x", ty: 4, ri: "5", st: 7, cs: 5 } },
  xml: '<m2m:cin rn="x"><ty>4</ty><ri>5</ri><st>7</st><cs>5</cs></m2m:cin>',
};

const transcodings = ({ gateway }: Front, from: string, to: string): Promise<number> =>
  gateway.metric(`m2mgw_transcodings_total{from="${from}",to="${to}"}`);

/** Every way between two serializations, taken together. */
async function allTranscodings(front: Front): Promise<number> {
  let sum = 0;
  for (const from of ["json", "xml", "cbor"])
    for (const to of ["json", "xml", "cbor"]) sum += await transcodings(front, from, to);
  return sum;
}

const inForm = (form: Form, sample: Sample): CseAnswer => ({
  rsc: 2001,
  headers: { "Content-Type": form.mediaType },
  body: form.body(sample),
});

/** A registree of `form`, whose CSE reads `serializations` and answers in the best of these. */
async function frontOf(form: Form, serializations: readonly Form[]) {
  const names = serializations.map(({ name }) => name).join(",");
  const front = await startFront({ "cse.serializations": names });
  const spoken =
    serializations.find(({ name }) => name === form.name) ?? serializations[0] ?? JSON_FORM;
  front.cse.answer(({ headers }) => {
    expect(headers.accept?.startsWith(spoken.mediaType)).toBe(true);
    const ae = { aei: "CAE1", ri: "CAE1", ty: 2 };
    return inForm(spoken, {
      json: { "m2m:ae": ae },
      xml: "<m2m:ae><ty>2</ty><ri>CAE1</ri><aei>CAE1</aei></m2m:ae>",
    });
  });
  const registree = await front.connect(form.registree);
  expect(await registree.register("CAE1")).toMatchObject({ rsc: 2001 });
  return { front, ae: registree, spoken };
}

describe.each(FORMS)("for a CSE that reads $name only", (read) => {
  test.each(FORMS)(
    "content of a registree of $name goes and comes back in each one's own",
    async (form) => {
      const { front, ae } = await frontOf(form, [read]);
      front.cse.answer(() => inForm(read, CREATED));
      const answer = await ae.request({ ...CREATE, pc: form.pc(CIN) });
      const asked = front.cse.requests.at(-1);
      expect(asked?.headers["content-type"]).toBe(`${read.mediaType};ty=4`);
      expect(asked?.headers.accept).toBe(read.mediaType);
      expect(asked?.headers["content-length"]).toBe(String(asked?.bytes.length));
      read.expectBody(asked?.bytes ?? Buffer.of(), CIN);
      expect(answer).toMatchObject({ rsc: 2001 });
      form.expectPc(answer, CREATED);
      if (form.name === read.name) expect(await allTranscodings(front)).toBe(0);
      else expect(await transcodings(front, form.name, read.name)).toBeGreaterThan(0);
    },
  );

  test.each(FORMS)("an error reaches a registree of $name with its code (7.4)", async (form) => {
    const { front, ae } = await frontOf(form, [read]);
    const dbg = { json: { "m2m:dbg": "a & b" }, xml: "<m2m:dbg>a &amp; b</m2m:dbg>" };
    front.cse.answer(() => ({ ...inForm(read, dbg), status: 409, rsc: 4105 }));
    const answer = await ae.request({ ...CREATE, pc: form.pc(CIN) });
    expect(answer).toMatchObject({ rsc: 4105 });
    form.expectPc(answer, dbg);
  });
});

test("the poa that a CSE of XML gets is the gateway's, and an AE of JSON reads its own back (9.2)", async () => {
  const front = await startFront({ "cse.serializations": "xml" });
  front.cse.answer(({ body }) => ({
    rsc: 2001,
    headers: { "Content-Type": "application/xml" },
    body: body.replace("</m2m:ae>", "<aei>CAE1</aei></m2m:ae>"),
  }));
  const ae = await front.connect({ answer: ok });
  const answer = await ae.register("CAE1", { poa: ["ws://default"] });
  expect(answer).toMatchObject({
    rsc: 2001,
    pc: { "m2m:ae": { aei: "CAE1", poa: ["ws://default"], srv: ["3"], rr: true } },
  });
  const [create] = front.cse.requests;
  expect(create?.headers["content-type"]).toBe("application/xml;ty=2");
  const poa = /<poa>([^<]*)<\/poa>/.exec(create?.body ?? "")?.[1]?.split(" ") ?? [];
  const { pathname } = new URL(gatewayUrlIn(poa, front.gateway));
  expect(
    await notifyIn(front, pathname, "application/json", '{"m2m:sgn":{"sur":"/id-in/s"}}'),
  ).toMatchObject({
    status: 200,
    rsc: 2000,
  });
});

test.each([XML_FORM, CBOR_FORM])(
  "for a registree of $name and a CSE that reads it beside JSON nothing is transcoded: bytes pass (D1; T4 7.3.2.6)",
  async (form) => {
    const { front, ae, spoken } = await frontOf(form, [JSON_FORM, form]);
    expect(spoken).toBe(form);
    const bytes = Buffer.from(form.body(CREATED));
    front.cse.answer(() => inForm(form, CREATED));
    const before = await allTranscodings(front);
    const answer = await ae.request({ ...CREATE, pc: form.pc(CIN) });
    form.expectPc(answer, CREATED);
    const asked = front.cse.requests.at(-1);
    expect(asked?.headers["content-type"]).toBe(`${form.mediaType};ty=4`);
    expect(asked?.headers.accept?.startsWith(form.mediaType)).toBe(true);
    const sent = Buffer.from(form.body(CIN));
    if (form === CBOR_FORM) {
      expect(asked?.bytes).toEqual(sent);
      expect(ae.frames.at(-1)?.bytes.includes(bytes)).toBe(true);
    }
    expect(await allTranscodings(front)).toBe(before);
  },
);

test("a registree of JSON at a CSE that prefers CBOR but reads JSON keeps its bytes (D1)", async () => {
  const { front, ae } = await frontOf(JSON_FORM, [CBOR_FORM, JSON_FORM]);
  const pc = '{"m2m:cin": {"con":1.10, "b":1e2}}';
  front.cse.answer(({ body }) => ({ rsc: 2001, body }));
  ae.send(`{"op":1,"to":"cse-in/c","fr":"CAE1","rqi":"q","rvi":"3","ty":4,"pc":${pc}}`);
  expect(await ae.nextResponse()).toMatchObject({ rsc: 2001 });
  expect(front.cse.requests.at(-1)?.body).toBe(pc);
  expect(ae.frames.at(-1)?.text).toContain(pc);
});

test("a CSE that answers in another serialization than it was asked for is understood", async () => {
  const { front, ae } = await frontOf(CBOR_FORM, [JSON_FORM]);
  for (const form of FORMS) {
    front.cse.answer(() => inForm(form, CREATED));
    CBOR_FORM.expectPc(await ae.request({ ...CREATE, pc: CIN.json }), CREATED, form.name);
  }
});

describe("Content-Location of what a registree created (6.4.4, 7.1)", () => {
  const samples: readonly [string, Sample, string | undefined][] = [
    ["2", { json: { "m2m:uri": "mn/a/c" }, xml: "<m2m:uri>mn/a/c</m2m:uri>" }, "mn/a/c"],
    [
      "3",
      {
        json: { "m2m:rce": { "m2m:cnt": { rn: "c", ty: 3 }, uri: "mn/a/c" } },
        xml: '<m2m:rce><m2m:cnt rn="c"><ty>3</ty></m2m:cnt><uri>mn/a/c</uri></m2m:rce>',
      },
      "mn/a/c",
    ],
    ["1", { json: { "m2m:cnt": { rn: "c" } }, xml: '<m2m:cnt rn="c"/>' }, undefined],
  ];

  test.each(FORMS)("in $name, for rcn 2 and 3 only", async (form) => {
    const front = await startFront(LABORATORY);
    const answers = samples.flatMap(([, sample]) => FORMS.map(() => form.pc(sample)));
    const { point } = await front.registreeCse("/id-mn", {
      ...form.registree,
      answer: () => ({ rsc: 2001, rvi: "3", pc: answers.shift() ?? {} }),
    });
    for (const [rcn, sample, location] of samples) {
      for (const wanted of FORMS) {
        const answer = await front.http({
          method: "POST",
          target: `${point}/mn/a?rcn=${rcn}`,
          headers: { ...ORIGIN, "Content-Type": "application/json;ty=3", Accept: wanted.mediaType },
          body: '{"m2m:cnt":{}}',
        });
        expect(answer).toMatchObject({ status: 201, rsc: 2001 });
        expect(answer.headers["content-location"], `rcn ${rcn}`).toBe(location);
        wanted.expectBody(answer.bytes, sample, `rcn ${rcn} in ${wanted.name}`);
      }
    }
  });
});

import { describe, expect, test } from "vitest";
import { CBOR, cborOf, fromCbor, XML, XMLNS } from "../helpers/coders.ts";
import type { CseRequest } from "../helpers/fake-cse.ts";
import { CBOR_FORM, FORMS, type Form, JSON_FORM, sentenceIn, XML_FORM } from "../helpers/forms.ts";
import { asked, ok, SGN, startFront } from "./front.ts";
import { notifyIn } from "./notify-in.ts";

const LABORATORY = { "ws.allowCseOnPlain": "true" };
const ORIGIN = { "X-M2M-Origin": "CApp", "X-M2M-RI": "h1", "X-M2M-RVI": "3" };
const AE = {
  json: { "m2m:ae": { aei: "CAE1", ri: "CAE1", ty: 2 } },
  xml: "<m2m:ae><ty>2</ty><ri>CAE1</ri><aei>CAE1</aei></m2m:ae>",
};

/** Never held. */
const VERIFICATION = {
  json: { "m2m:sgn": { vrq: true, sur: "/id-in/s" } },
  xml: "<m2m:sgn><vrq>true</vrq><sur>/id-in/s</sur></m2m:sgn>",
};

describe.each(FORMS)("an originator of $name", (form) => {
  test.each<[string, string, number, number]>([
    ["an unknown point of access", "/poa/none", 404, 4004],
    ["an operation that is none", "/poa/none", 405, 4005],
  ])("is told of %s in it (7.4)", async (_what, target, status, rsc) => {
    const front = await startFront();
    const answer = await front.http({
      method: status === 405 ? "PATCH" : "POST",
      target,
      headers: { ...ORIGIN, "Content-Type": form.mediaType, Accept: form.mediaType },
      body: form.body(VERIFICATION),
    });
    expect(answer).toMatchObject({ status, rsc, headers: { "content-type": form.mediaType } });
    expect(sentenceIn(form, answer.bytes)).toMatch(/\S/);
  });

  test("is told in it that a registree is away (7.4)", async () => {
    const front = await startFront();
    const { ae, point } = await front.ae("CAE1", CBOR);
    await ae.disconnect();
    await front.gateway.metricIs("m2mgw_links", 0);
    const answer = await notifyIn(front, point, form.mediaType, form.body(VERIFICATION));
    expect(answer).toMatchObject({ status: 404, rsc: 5103 });
    expect(sentenceIn(form, answer.bytes)).toMatch(/\S/);
  });

  test("on a socket is told in it that it may not speak for another (ID-04)", async () => {
    const front = await startFront();
    const { ae } = await front.ae("CAE1", form.registree);
    const answer = await ae.request({ op: 2, to: "cse-in", fr: "COther" });
    expect(answer).toMatchObject({ rsc: 4106 });
    expect(sentenceIn(form, answer)).toMatch(/\S/);
  });

  test("asks for attributes by m2m:atrl, which is a query at the CSE (3.4)", async () => {
    const front = await startFront();
    const { ae } = await front.ae("CAE1", form.registree);
    const pc = form.pc({ json: { "m2m:atrl": ["ri", "lbl"] }, xml: "<m2m:atrl>ri lbl</m2m:atrl>" });
    expect(await ae.request({ op: 2, to: "cse-in/a", fr: "CAE1", pc })).toMatchObject({
      rsc: 2000,
    });
    expect(asked(front.cse).at(-1)).toBe("GET /cse-in/a?atrl=ri+lbl");
    expect(front.cse.requests.at(-1)?.headers["content-type"]).toBeUndefined();
  });

  test("sends an empty pc in Retrieve and Delete, and it is dropped (Thyme; primitives, 6)", async () => {
    const front = await startFront();
    const { ae } = await front.ae("CAE1", form.registree);
    const pc = form === XML_FORM ? { xml: "" } : {};
    expect(await ae.request({ op: 2, to: "cse-in/a", fr: "CAE1", pc })).toMatchObject({
      rsc: 2000,
    });
    expect(await ae.request({ op: 4, to: "cse-in/a", fr: "CAE1", pc })).toMatchObject({
      rsc: 2002,
    });
    expect(front.cse.requests.slice(1).map(({ body }) => body)).toEqual(["", ""]);
  });

  test("that is an AE the CSE knows is adopted, whatever the CSE reads (S2)", async () => {
    for (const read of FORMS) {
      const front = await startFront({ "cse.serializations": read.name });
      front.cse.answer(({ method }) => ({
        rsc: method === "PUT" ? 2004 : 2000,
        headers: { "Content-Type": read.mediaType },
        body: read.body(AE),
      }));
      const ae = await front.connect({ ...form.registree, origin: "CAE1", answer: ok });
      const own = await ae.request({ op: 2, to: "cse-in/x", fr: "CAE1" });
      expect(own, read.name).toMatchObject({ rsc: 2000 });
      form.expectPc(own, AE);
      const update = front.cse.requests.find(({ method }) => method === "PUT");
      expect(update?.headers["content-type"], read.name).toBe(read.mediaType);
      const { pathname } = new URL(poaIn(update, read));
      const notified = await notifyIn(front, pathname, "application/json", SGN);
      expect(notified, read.name).toMatchObject({ status: 200, rsc: 2000 });
    }
  });
});

/** The one point of access in an Update. */
function poaIn(update: CseRequest | undefined, form: Form): string {
  const bytes = update?.bytes ?? Buffer.of();
  if (form === XML_FORM) return /<poa>([^<\s]*)<\/poa>/.exec(bytes.toString())?.[1] ?? "";
  const tree = form === CBOR_FORM ? fromCbor(bytes) : JSON.parse(bytes.toString());
  return (tree as { "m2m:ae": { poa: string[] } })["m2m:ae"].poa.join(" ");
}

test.each(["application/xml; charset=utf-8", "application/vnd.onem2m-res+xml;charset=UTF-8"])(
  "an answer of the CSE of %s is read (5.4)",
  async (type) => {
    const front = await startFront({ "cse.serializations": "xml" });
    front.cse.answer(() => ({
      rsc: 2001,
      headers: { "Content-Type": type },
      body: XML_FORM.body(AE),
    }));
    const ae = await front.connect(CBOR);
    expect(await ae.register("CAE1")).toMatchObject({ rsc: 2001, pc: AE.json });
  },
);

test.each([XML_FORM, JSON_FORM, CBOR_FORM])(
  "CBOR that a CSE writes as hex digits, as Mobius does, is read for a registree of $name (peers, M5)",
  async (form) => {
    const front = await startFront({ "cse.serializations": "cbor" });
    front.cse.answer(() => ({
      rsc: 2001,
      headers: { "Content-Type": "application/cbor" },
      body: cborOf(AE.json).toString("hex"),
    }));
    const ae = await front.connect(form.registree);
    const answer = await ae.request({
      op: 1,
      to: "cse-in",
      ty: 2,
      fr: "CAE1",
      pc: form.pc({ json: { "m2m:ae": { rr: true } }, xml: "<m2m:ae><rr>true</rr></m2m:ae>" }),
    });
    expect(answer).toMatchObject({ rsc: 2001 });
    form.expectPc(answer, AE);
  },
);

test.each<[Form, string | Buffer]>([
  [XML_FORM, `<m2m:rsp ${XMLNS}><rsc>2000</rsc><rqi>n1</rqi><pc><a></b></pc></m2m:rsp>`],
  [CBOR_FORM, Buffer.concat([cborOf({ rsc: 2000, rqi: "n1" }), Buffer.of(0)])],
])(
  "an answer of a registree that cannot be read ends in 504 at the latest, not in silence",
  async (form, frame) => {
    const front = await startFront({ "request.ceiling": "50ms" });
    const { ae, point } = await front.ae("CAE1", form.registree);
    ae.socket.on("message", () => ae.send(frame));
    expect(await front.notify(point)).toMatchObject({ status: 504, rsc: 4008 });
  },
);

test.each([
  ["XML", XML_FORM, `<m2m:sgn ${XMLNS}><sur>${"a".repeat(2 * 1024 * 1024)}</sur></m2m:sgn>`],
  ["CBOR", CBOR_FORM, cborOf({ "m2m:sgn": { sur: "a".repeat(2 * 1024 * 1024) } })],
])(
  "a body of %s larger than the limit is 413 with 4000, to a registree and to the CSE",
  async (_name, form, body) => {
    const front = await startFront();
    const { point } = await front.ae("CAE1", CBOR);
    for (const target of [point, "/cse-in/x"]) {
      const answer = await notifyIn(front, target, form.mediaType, body);
      expect(answer, target).toMatchObject({ status: 413, rsc: 4000 });
    }
  },
);

test("content that grows beyond what a registree's message may hold is refused, not cut", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1", { ...XML, answer: ok });
  const sur = "<".repeat(500_000);
  const answer = await notifyIn(
    front,
    point,
    "application/json",
    JSON.stringify({ "m2m:sgn": { sur } }),
  );
  if (answer.rsc === 2000) {
    const { pc } = await ae.nextRequest();
    expect(String(pc?.["xml"]).split("&lt;").length).toBe(500_001);
  } else expect(answer.rsc).toBe(4000);
});

test("a body without Content-Type is read as JSON, and anything else is 4015 (5.2)", async () => {
  const front = await startFront(LABORATORY);
  const { ae, point } = await front.registreeCse("/id-mn", { ...CBOR, answer: ok });
  const put = (body: string | Buffer) =>
    front.http({ method: "PUT", target: `${point}/cse/c`, headers: ORIGIN, body });
  expect(await put('{"m2m:cnt":{"lbl":["a"]}}')).toMatchObject({ status: 200 });
  expect((await ae.nextRequest()).pc).toEqual({ "m2m:cnt": { lbl: ["a"] } });
  expect(await put(XML_FORM.body(AE))).toMatchObject({ status: 415, rsc: 4015 });
  expect(await put(CBOR_FORM.body(AE))).toMatchObject({ status: 415, rsc: 4015 });
});

describe("numbers with a fraction of nothing, as tinyIoT writes all of its own (peers, T4)", () => {
  test("are what they are in the messages of a registree, and its content stays as it is", async () => {
    const front = await startFront(LABORATORY);
    const { ae, point } = await front.registreeCse("/id-mn");
    ae.send(
      '{"op":1.0,"to":"cse-in/c","fr":"/id-mn/C1","rqi":"r","rvi":"3","ty":3.0,"rcn":1.0,"pc":{"m2m:cnt":{"mni":5.0}}}',
    );
    expect(await ae.nextResponse()).toMatchObject({ rsc: 2001, rqi: "r" });
    const asked = front.cse.requests.at(-1);
    expect(asked).toMatchObject({ target: "/cse-in/c?rcn=1", body: '{"m2m:cnt":{"mni":5.0}}' });
    expect(asked?.headers["content-type"]).toBe("application/json;ty=3");

    const answer = front.http({ target: `${point}/cse/c`, headers: ORIGIN });
    await ae.nextRequest();
    ae.send('{"rsc":2000.0,"rqi":"h1","rvi":"3","pc":{"m2m:cnt":{"ty":3.0,"mni":5.0}}}');
    expect(await answer).toMatchObject({
      status: 200,
      rsc: 2000,
      body: '{"m2m:cnt":{"ty":3.0,"mni":5.0}}',
    });
  });

  test.each<[Form, string]>([
    [JSON_FORM, '{"m2m:cnt":{"ty":3.0,"mni":5.0,"lbl":["5.0"]}}'],
    [XML_FORM, "<m2m:cnt><ty>3</ty><lbl>5.0</lbl><mni>5</mni></m2m:cnt>"],
    [CBOR_FORM, "bty\u0003cmni\u0005clbl\u0081c5.0"],
  ])("reach a registree of $name as the integers they are", async (form, expected) => {
    const front = await startFront();
    const { ae } = await front.ae("CAE1", form.registree);
    const body = '{"m2m:cnt":{"ty":3.0,"mni":5.0,"lbl":["5.0"]}}';
    front.cse.answer(() => ({ rsc: 2000, body }));
    const answer = await ae.request({ op: 2, to: "cse-in/c", fr: "CAE1" });
    expect(answer).toMatchObject({ rsc: 2000 });
    expect(ae.frames.at(-1)?.bytes.toString("latin1")).toContain(expected);
  });
});

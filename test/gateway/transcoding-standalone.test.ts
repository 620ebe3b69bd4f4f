import { expect, test } from "vitest";
import { CBOR, cborOf, fromCbor, XML, XMLNS } from "../helpers/coders.ts";
import { connectRegistree } from "../helpers/fake-registree.ts";
import { FORMS, sentenceIn } from "../helpers/forms.ts";
import { callHttp } from "../helpers/http-client.ts";
import { startGateway } from "../helpers/start-gateway.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { startFront } from "./front.ts";

const ORIGIN = { "X-M2M-Origin": "CAE1", "X-M2M-RI": "h1", "X-M2M-RVI": "3" };
const AE = {
  json: { "m2m:ae": { rn: "one", lbl: ["a", "b"], api: "N.t", rr: false, srv: ["3"] } },
  xml: '<m2m:ae rn="one"><lbl>a b</lbl><api>N.t</api><rr>false</rr><srv>3</srv></m2m:ae>',
};

test.each(FORMS)(
  "an AE registers over HTTP in $name and is read in each serialization",
  async (form) => {
    const gateway = await startGateway();
    const created = await callHttp(gateway.http, {
      method: "POST",
      target: "/cse-in",
      headers: { ...ORIGIN, "Content-Type": `${form.mediaType};ty=2` },
      body: form.body(AE),
    });
    expect(created).toMatchObject({ status: 201, rsc: 2001 });
    expect(created.headers["content-type"]).toBe(form.mediaType);
    for (const wanted of FORMS) {
      const read = await callHttp(gateway.http, {
        target: "/cse-in/one?atrl=lbl+api+rr",
        headers: { ...ORIGIN, Accept: wanted.mediaType },
      });
      expect(read).toMatchObject({ status: 200, rsc: 2000 });
      expect(read.headers["content-type"]).toBe(wanted.mediaType);
      wanted.expectBody(
        read.bytes,
        {
          json: { "m2m:ae": { lbl: ["a", "b"], api: "N.t", rr: false } },
          xml: "<m2m:ae><lbl>a b</lbl><api>N.t</api><rr>false</rr></m2m:ae>",
        },
        wanted.name,
      );
      const lost = await callHttp(gateway.http, {
        target: "/cse-in/other",
        headers: { ...ORIGIN, Accept: wanted.mediaType },
      });
      expect(lost).toMatchObject({ status: 404, rsc: 4004 });
      expect(sentenceIn(wanted, lost.bytes)).toMatch(/\S/);
    }
  },
);

test.each(FORMS)("the CSEBase is read in $name", async (form) => {
  const gateway = await startGateway();
  const answer = await callHttp(gateway.http, {
    target: "/cse-in",
    headers: { ...ORIGIN, Accept: form.mediaType },
  });
  expect(answer).toMatchObject({ status: 200, rsc: 2000 });
  const text = form.name === "cbor" ? JSON.stringify(fromCbor(answer.bytes)) : answer.body;
  expect(text).toMatch(form.name === "xml" ? /<csi>\/id-in<\/csi>/ : /"csi":"\/id-in"/);
});

test("numbers that a double would lose survive registration and a restart (S20)", async () => {
  const stateDir = tempDir();
  const before = await startGateway({}, { stateDir });
  const ae = await connectRegistree(before.ws, CBOR);
  ae.send(
    cborOf({
      op: 1,
      to: "cse-in",
      ty: 2,
      fr: "CAE1",
      rqi: "1",
      rvi: "3",
      pc: { "m2m:ae": { rn: "one", api: "N.t", rr: true, srv: ["3"], tri: 18446744073709551615n } },
    }),
  );
  expect(await ae.nextResponse()).toMatchObject({
    rsc: 2001,
    pc: { "m2m:ae": { tri: 18446744073709551615n } },
  });
  await before.stop();
  const after = await startGateway({}, { stateDir });
  const read = (accept: string) =>
    callHttp(after.http, { target: "/cse-in/one", headers: { ...ORIGIN, Accept: accept } });
  expect((await read("application/json")).body).toContain('"tri":18446744073709551615');
  expect((await read("application/xml")).body).toContain("<tri>18446744073709551615</tri>");
  const { "m2m:ae": kept } = fromCbor((await read("application/cbor")).bytes) as {
    "m2m:ae": object;
  };
  expect(kept).toMatchObject({ tri: 18446744073709551615n });
});

test.each([
  ["1", true],
  ["0", false],
  [" true ", true],
])("a boolean that XML writes as %j is one for the CSE (primitives, 8)", async (text, value) => {
  const front = await startFront();
  const ae = await front.connect(XML);
  ae.send(
    `<m2m:rqp ${XMLNS}><op>1</op><to>cse-in</to><fr>CAE1</fr><rqi>1</rqi><ty>2</ty><pc><m2m:ae><api>N.t</api><rr>${text}</rr><srv>3</srv></m2m:ae></pc><rvi>3</rvi></m2m:rqp>`,
  );
  expect(await ae.nextResponse()).toMatchObject({ rsc: 2001 });
  expect(JSON.parse(front.cse.requests[0]?.body ?? "")).toMatchObject({ "m2m:ae": { rr: value } });
});

test.each<[string, object]>([
  ["XML", XML],
  ["CBOR", CBOR],
])(
  "registrations in %s are refused by the registrar's rules, in kind: 4117, 4000",
  async (_name, options) => {
    const gateway = await startGateway();
    const one = await connectRegistree(gateway.ws, options);
    expect(await one.register("CAE1")).toMatchObject({ rsc: 2001 });
    const two = await connectRegistree(gateway.ws, options);
    expect(await two.register("CAE1")).toMatchObject({ rsc: 4117 });
    const none = { op: 1, to: "cse-in", ty: 2, fr: "CAE2" };
    expect(await two.request(none)).toMatchObject({ rsc: 4000 });
  },
);

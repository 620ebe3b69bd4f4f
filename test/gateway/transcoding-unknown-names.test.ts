import { expect, test } from "vitest";
import { XMLNS } from "../helpers/coders.ts";
import { CBOR_FORM, FORMS, type Form, JSON_FORM, type Sample, XML_FORM } from "../helpers/forms.ts";
import { type Front, ok, startFront } from "./front.ts";

const LABORATORY = { "ws.allowCseOnPlain": "true" };
const ORIGIN = { "X-M2M-Origin": "CApp", "X-M2M-RI": "h1", "X-M2M-RVI": "3" };
const MET = "m2mgw_unknown_names_total";

const ATTRIBUTE: Sample = {
  json: { "m2m:cnt": { rn: "c", lbl: ["a"], vend: "x" } },
  xml: '<m2m:cnt rn="c"><lbl>a</lbl><vend>x</vend></m2m:cnt>',
};
/** What all resources have is known of it. */
const ROOT: Sample = {
  json: { "m2m:lamp": { rn: "l", lbl: ["a"] } },
  xml: '<m2m:lamp rn="l"><lbl>a</lbl></m2m:lamp>',
};
const ROOT_WITH_ATTRIBUTE: Sample = {
  json: { "m2m:lamp": { rn: "l", on: "x" } },
  xml: '<m2m:lamp rn="l"><on>x</on></m2m:lamp>',
};
/** `vend` with two elements, each of which has one of its own. */
const REPEATED: Sample = {
  json: { "m2m:cnt": { vend: [{ on: "1" }, { on: "2" }] } },
  xml: "<m2m:cnt><vend><on>1</on></vend><vend><on>2</on></vend></m2m:cnt>",
};
const KNOWN: Sample = {
  json: { "m2m:cnt": { rn: "c", lbl: ["a"] } },
  xml: '<m2m:cnt rn="c"><lbl>a</lbl></m2m:cnt>',
};

/** Sends the sample to a registree as a new resource. */
async function created(front: Front, from: Form, to: Form, sample: Sample): Promise<void> {
  const { ae, point } = await front.registreeCse("/id-mn", { ...to.registree, answer: ok });
  const answer = await front.http({
    method: "POST",
    target: `${point}/cse`,
    headers: { ...ORIGIN, "Content-Type": `${from.mediaType};ty=3` },
    body: from.body(sample),
  });
  expect(answer).toMatchObject({ status: 200, rsc: 2000 });
  to.expectPc(await ae.nextRequest(), sample);
}

test.each<[string, Sample, number]>([
  ["an attribute", ATTRIBUTE, 1],
  ["a root", ROOT, 1],
  ["a root with an attribute of its own", ROOT_WITH_ATTRIBUTE, 2],
  ["a repeated element, one name, whose two have one each", REPEATED, 3],
  ["nothing", KNOWN, 0],
])(
  "%s that no table knows is counted where it goes from or to XML, and nowhere else",
  async (_what, sample, count) => {
    const front = await startFront(LABORATORY);
    let met = 0;
    for (const from of FORMS) {
      for (const to of FORMS) {
        const isGuessed = from !== to && (from === XML_FORM || to === XML_FORM);
        met += isGuessed ? count : 0;
        await created(front, from, to, sample);
        expect(await front.gateway.metric(MET), `${from.name} to ${to.name}`).toBe(met);
      }
    }
  },
);

test.each<[Form, Form]>([
  [JSON_FORM, XML_FORM],
  [XML_FORM, CBOR_FORM],
])("a name is counted each time, from $name, and logged once", async (from, to) => {
  const front = await startFront(LABORATORY);
  for (let times = 1; times <= 3; times += 1) {
    await created(front, from, to, ATTRIBUTE);
    expect(await front.gateway.metric(MET)).toBe(times);
  }
  expect(front.gateway.log.filter(({ name }) => name === "vend")).toHaveLength(1);
});

test.each<[Form, Form, number]>([
  [JSON_FORM, XML_FORM, 1],
  [XML_FORM, JSON_FORM, 1],
  [XML_FORM, CBOR_FORM, 1],
  [CBOR_FORM, JSON_FORM, 0],
])("a parameter that no table knows counts as well, from $name", async (from, to, count) => {
  const front = await startFront(LABORATORY);
  const { ae } = await front.registreeCse("/id-a", from.registree);
  const { ae: other } = await front.registreeCse("/id-b", { ...to.registree, answer: ok });
  const request = { op: 2, to: "/id-b/x", fr: "/id-a/CApp", vend: "x" };
  expect(await ae.request(request)).toMatchObject({ rsc: 2000 });
  expect(await other.nextRequest()).toMatchObject({ vend: "x" });
  expect(await front.gateway.metric(MET)).toBe(count);
});

test("a content that is looked at before it goes on is counted once", async () => {
  const front = await startFront();
  front.cse.answer(() => ({ rsc: 2001, body: { "m2m:ae": { aei: "CAE1", ri: "CAE1", ty: 2 } } }));
  const ae = await front.connect(XML_FORM.registree);
  expect(await ae.register("CAE1", { vend: "x" })).toMatchObject({ rsc: 2001 });
  expect(front.cse.requests.at(-1)?.body).toContain('"vend":"x"');
  expect(await front.gateway.metric(MET)).toBe(1);
});

test("an attribute of an element in XML counts as a member does", async () => {
  const front = await startFront(LABORATORY);
  const { ae, point } = await front.registreeCse("/id-mn", { answer: ok });
  const answer = await front.http({
    method: "PUT",
    target: `${point}/cse/c`,
    headers: { ...ORIGIN, "Content-Type": "application/xml" },
    body: `<m2m:cnt ${XMLNS} rn="c" vend="x"><mni>1</mni></m2m:cnt>`,
  });
  expect(answer).toMatchObject({ status: 200, rsc: 2000 });
  expect((await ae.nextRequest()).pc).toEqual({ "m2m:cnt": { rn: "c", vend: "x", mni: 1 } });
  expect(await front.gateway.metric(MET)).toBe(1);
});

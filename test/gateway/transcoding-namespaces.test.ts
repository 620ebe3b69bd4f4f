import { describe, expect, test } from "vitest";
import { XML, XMLNS } from "../helpers/coders.ts";
import { FORMS, XML_FORM } from "../helpers/forms.ts";
import { xmlTree } from "../helpers/same-xml.ts";
import { ok, startFront } from "./front.ts";
import { notifyIn } from "./notify-in.ts";

const LABORATORY = { "ws.allowCseOnPlain": "true" };
const ORIGIN = { "X-M2M-Origin": "CApp", "X-M2M-RI": "h1", "X-M2M-RVI": "3" };
const URI = "http://www.onem2m.org/xml/protocols";

/** One content, namespaces declared in each way that XML has; what JSON makes of all of them. */
const SPELLINGS: readonly [string, string][] = [
  ["the prefix m2m", `<m2m:sgn xmlns:m2m="${URI}"><sur>a</sur></m2m:sgn>`],
  ["another prefix", `<x:sgn xmlns:x="${URI}"><sur>a</sur></x:sgn>`],
  ["a default namespace", `<sgn xmlns="${URI}"><sur>a</sur></sgn>`],
  ["a prefix that nothing declares", "<m2m:sgn><sur>a</sur></m2m:sgn>"],
  ["single quotes and blanks", `\n<m2m:sgn\n xmlns:m2m = '${URI}' >\n <sur>a</sur>\n</m2m:sgn>\n`],
  [
    "a declaration and comments",
    `<?xml version="1.0"?><!-- a --><m2m:sgn xmlns:m2m="${URI}"><!-- b --><sur>a</sur></m2m:sgn>`,
  ],
];

describe.each(SPELLINGS)("a body of XML with %s", (_what, body) => {
  test("reaches a registree of JSON as m2m (primitives, 8)", async () => {
    const front = await startFront();
    const { ae, point } = await front.ae("CAE1", { answer: ok });
    expect(await notifyIn(front, point, "application/xml", body)).toMatchObject({ status: 200 });
    expect((await ae.nextRequest()).pc).toEqual({ "m2m:sgn": { sur: "a" } });
  });

  test("reaches a registree of XML as sound XML inside its message", async () => {
    const front = await startFront();
    const { ae, point } = await front.ae("CAE1", { ...XML, answer: ok });
    expect(await notifyIn(front, point, "application/xml", body)).toMatchObject({ status: 200 });
    await ae.nextRequest();
    const text = ae.frames.at(-1)?.text ?? "";
    expect(text.lastIndexOf("<?xml")).toBeLessThanOrEqual(0);
    expect(() => xmlTree(text)).not.toThrow();
    expect(text).toMatch(
      /<pc>\s*(<!-- \w -->)?<(\w+:)?sgn\b[^>]*>.*<sur>a<\/sur>\s*<\/(\w+:)?sgn>\s*<\/pc>/s,
    );
  });
});

test("content of a registree of XML whose namespaces its message declares is a sound body for a CSE of XML", async () => {
  const front = await startFront({ "cse.serializations": "xml" });
  const answer = `<m2m:ae ${XMLNS}><aei>CAE1</aei><ri>CAE1</ri></m2m:ae>`;
  front.cse.answer(() => ({
    rsc: 2001,
    headers: { "Content-Type": "application/xml" },
    body: answer,
  }));
  const ae = await front.connect(XML);
  expect(await ae.register("CAE1")).toMatchObject({ rsc: 2001 });
  ae.send(
    `<x:rqp xmlns:x="${URI}" xmlns:c="${URI}/commondomain"><op>1</op><to>cse-in</to><fr>CAE1</fr><rqi>q</rqi><ty>28</ty>` +
      '<pc><c:tempe rn="t"><cnd>org.onem2m.common.moduleclass.temperature</cnd><curT0>-12.50</curT0></c:tempe></pc></x:rqp>',
  );
  expect(await ae.nextResponse()).toMatchObject({ rsc: 2001, rqi: "q" });
  const { body = "" } = front.cse.requests.at(-1) ?? {};
  expect(() => xmlTree(body)).not.toThrow();
  expect(body).toMatch(new RegExp(`xmlns:(\\w+)=["']${URI}/commondomain["']`));
  expect(body).toContain("<curT0>-12.50</curT0>");
});

test("a specialization of another domain has its own namespace in XML, and its prefix in JSON and CBOR (section 11)", async () => {
  const xml = '<cod:tempe rn="t"><curT0>-12.5</curT0><vendor>x</vendor></cod:tempe>';
  const sample = { json: { "cod:tempe": { rn: "t", curT0: -12.5, vendor: "x" } }, xml };
  const uri = `${URI}/commondomain`;
  for (const source of FORMS) {
    for (const target of FORMS) {
      const front = await startFront(LABORATORY);
      const { ae, point } = await front.registreeCse("/id-mn", { ...target.registree, answer: ok });
      const body =
        source === XML_FORM ? xml.replace(" rn", ` xmlns:cod="${uri}" rn`) : source.body(sample);
      await front.http({
        method: "POST",
        target: `${point}/cse`,
        headers: { ...ORIGIN, "Content-Type": `${source.mediaType};ty=28` },
        body,
      });
      target.expectPc(await ae.nextRequest(), sample, `${source.name} to ${target.name}`);
      if (target === XML_FORM) expect(ae.frames.at(-1)?.text).toContain(`xmlns:cod="${uri}"`);
    }
  }
});

test("what no table knows gets through to XML and back, and is counted (primitives, 9.8)", async () => {
  const front = await startFront(LABORATORY);
  const { ae, point } = await front.registreeCse("/id-mn", { ...XML, answer: ok });
  const vendor = {
    a: "1",
    b: 2,
    c: true,
    d: ["x", "y"],
    e: [{ f: "1" }, { f: "2" }],
    g: { h: "z" },
  };
  const answer = front.http({
    method: "POST",
    target: `${point}/cse`,
    headers: { ...ORIGIN, "Content-Type": "application/json;ty=3" },
    body: JSON.stringify({ "m2m:cnt": { vend: vendor } }),
  });
  expect((await ae.nextRequest()).pc).toEqual({
    xml: "<m2m:cnt><vend><a>1</a><b>2</b><c>true</c><d>x y</d><e><f>1</f></e><e><f>2</f></e><g><h>z</h></g></vend></m2m:cnt>",
  });
  expect(await answer).toMatchObject({ status: 200 });
  expect(await front.gateway.metric("m2mgw_unknown_names_total")).toBeGreaterThan(0);

  const { ae: json, point: there } = await front.registreeCse("/id-b", { answer: ok });
  await front.http({
    method: "POST",
    target: `${there}/cse`,
    headers: { ...ORIGIN, "Content-Type": "application/xml;ty=3" },
    body: `<m2m:cnt ${XMLNS}><vend><a>1</a><e><f>1</f></e><e><f>2</f></e></vend></m2m:cnt>`,
  });
  expect((await json.nextRequest()).pc).toEqual({
    "m2m:cnt": { vend: { a: "1", e: [{ f: "1" }, { f: "2" }] } },
  });
});

test("content of CBOR with names and texts as byte strings comes as text everywhere (Q-35)", async () => {
  const front = await startFront();
  const bytes = Buffer.from("a1476d326d3a73676ea143737572", "hex");
  const body = Buffer.concat([bytes, Buffer.from("4161", "hex")]);
  for (const form of FORMS) {
    const { ae, point } = await front.ae(`C-${form.name}`, { ...form.registree, answer: ok });
    expect(await notifyIn(front, point, "application/cbor", body)).toMatchObject({ status: 200 });
    const sample = { json: { "m2m:sgn": { sur: "a" } }, xml: "<m2m:sgn><sur>a</sur></m2m:sgn>" };
    form.expectPc(await ae.nextRequest(), sample, form.name);
  }
});

describe("a vendor's namespace, of which JSON has the prefix only (primitives, 11)", () => {
  const VENDOR = "http://vendor.example/home";
  const DECLARED = `xmlns:v="${VENDOR}"`;
  const JSON_OWN = { "v:powSe": { cnd: "example.powSe", state: "on" } };
  const XML_OWN = `<v:powSe ${DECLARED}><cnd>example.powSe</cnd><state>on</state></v:powSe>`;
  const create = (xml: string) => ({ op: 1, to: "cse-in", ty: 28, fr: "CAE1", pc: { xml } });
  const CHANGED = JSON.stringify({ "m2m:sgn": { nev: { rep: JSON_OWN } } });
  const notified = `<m2m:sgn><nev><rep>${XML_OWN.replace(` ${DECLARED}`, "")}</rep></nev></m2m:sgn>`;

  /** XML that is namespace-well-formed, and declares this. */
  const expectDeclared = (xml = "", declaration = DECLARED): void => {
    expect(() => xmlTree(xml)).not.toThrow();
    expect(xml).toContain(declaration);
  };

  test("comes back to the registree that declared it, in answers and in notifications, and to no other", async () => {
    const front = await startFront();
    const { ae, point } = await front.ae("CAE1", { ...XML, answer: ok });
    const { ae: other, point: there } = await front.ae("CAE2", { ...XML, answer: ok });
    const early = await notifyIn(front, point, "application/json", CHANGED);
    expect(early).toMatchObject({ status: 400, rsc: 4000 });
    expect(early.body).toMatch(/for the prefix v; xml\.namespaces/);

    expect(await ae.request(create(XML_OWN))).toMatchObject({ rsc: 2001 });
    expect(JSON.parse(front.cse.requests.at(-1)?.body ?? "")).toEqual(JSON_OWN);
    expectDeclared(ae.frames.at(-1)?.text);
    expect(await notifyIn(front, point, "application/json", CHANGED)).toMatchObject({ rsc: 2000 });
    expect((await ae.nextRequest()).pc).toEqual({ xml: notified });
    expectDeclared(ae.frames.at(-1)?.text);

    const refused = await notifyIn(front, there, "application/json", CHANGED);
    expect(refused).toMatchObject({ status: 400, rsc: 4000 });
    expect(other.frames).toHaveLength(1);
    await other.request(create(XML_OWN.replaceAll(VENDOR, "urn:other")));
    expect(await notifyIn(front, point, "application/json", CHANGED)).toMatchObject({ rsc: 2000 });
    expectDeclared(ae.frames.at(-1)?.text);
  });

  test("is forgotten with the connection", async () => {
    const front = await startFront({ "ws.trustOrigin": "always" });
    const { ae, point } = await front.ae("CAE1", { ...XML, answer: ok });
    await ae.request(create(XML_OWN));
    await ae.disconnect();
    const again = await front.connect({ ...XML, origin: "CAE1", answer: ok });
    expect(await again.request({ op: 2, to: "cse-in", fr: "CAE1" })).toMatchObject({ rsc: 2000 });
    expect(await notifyIn(front, point, "application/json", CHANGED)).toMatchObject({ rsc: 4000 });
  });

  test("comes back to an application in the answer to what declared it, and 5207 elsewhere", async () => {
    const front = await startFront();
    const headers = { ...ORIGIN, "Content-Type": "application/xml;ty=28" };
    const created = await front.http({ method: "POST", target: "/cse-in", headers, body: XML_OWN });
    expect(created).toMatchObject({ status: 201, rsc: 2001 });
    expect(JSON.parse(front.cse.requests.at(-1)?.body ?? "")).toEqual(JSON_OWN);
    expectDeclared(created.body);
    front.cse.answer(() => ({ rsc: 2000, body: JSON_OWN }));
    const accept = { ...ORIGIN, Accept: "application/xml" };
    const read = await front.http({ method: "GET", target: "/cse-in/p", headers: accept });
    expect(read).toMatchObject({ rsc: 5207 });
    expect(read.body).toMatch(/for the prefix v; xml\.namespaces/);
  });

  test("is written to a CSE of XML as that declared it", async () => {
    const front = await startFront({ "cse.serializations": "xml" });
    front.cse.answer(({ method, body }) => ({
      rsc: method === "GET" ? 2000 : method === "PUT" ? 2004 : 2001,
      headers: { "Content-Type": "application/xml" },
      body: method === "GET" ? XML_OWN : body,
    }));
    const { ae } = await connected(front);
    const update = { op: 3, to: "cse-in/p", fr: "CAE1", pc: { "v:powSe": { state: "off" } } };
    expect(await ae.request(update)).toMatchObject({ rsc: 4000 });
    expect(await ae.request({ op: 2, to: "cse-in/p", fr: "CAE1" })).toMatchObject({ pc: JSON_OWN });
    expect(await ae.request(update)).toMatchObject({ rsc: 2004 });
    expectDeclared(front.cse.requests.at(-1)?.body);
  });

  const connected = async (front: Awaited<ReturnType<typeof startFront>>) => {
    const ae = await front.connect();
    expect(await ae.register("CAE1")).toMatchObject({ rsc: 2001 });
    return { ae };
  };

  test("is known of everybody's where it is configured, whatever prefix and default they declare", async () => {
    const front = await startFront({ "xml.namespaces": `v=${VENDOR}` });
    const { ae, point } = await front.ae("CAE1", { ...XML, answer: ok });
    expect(await notifyIn(front, point, "application/json", CHANGED)).toMatchObject({ rsc: 2000 });
    expect((await ae.nextRequest()).pc).toEqual({ xml: notified });
    expectDeclared(ae.frames.at(-1)?.text);
    for (const xml of [
      XML_OWN.replaceAll("v:", "own:").replace("xmlns:v", "xmlns:own"),
      XML_OWN.replaceAll("v:", "").replace("xmlns:v", "xmlns"),
      XML_OWN.replace(` ${DECLARED}`, ""),
    ]) {
      expect(await ae.request(create(xml)), xml).toMatchObject({ rsc: 2001 });
      expect(JSON.parse(front.cse.requests.at(-1)?.body ?? ""), xml).toEqual(JSON_OWN);
      expectDeclared(ae.frames.at(-1)?.text);
    }
  });

  test("without a prefix that anybody knows is refused, and nothing is sent", async () => {
    const front = await startFront();
    const { ae } = await front.ae("CAE1", { ...XML, answer: ok });
    const before = front.cse.requests.length;
    const bare = `<powSe xmlns="${VENDOR}"><state>on</state></powSe>`;
    const refused = await ae.request(create(bare));
    expect(refused).toMatchObject({ rsc: 4000 });
    expect(String(refused.pc?.["xml"])).toContain("xml.namespaces");
    expect(front.cse.requests).toHaveLength(before);
    expect(await ae.request(create(XML_OWN))).toMatchObject({ rsc: 2001 });
    expect(await ae.request(create(bare))).toMatchObject({ rsc: 2001 });
    expect(JSON.parse(front.cse.requests.at(-1)?.body ?? "")).toEqual({
      "v:powSe": { state: "on" },
    });
  });

  test.each([
    ["a vendor's", "v", VENDOR, "urn:other"],
    ["that of Release 2 for the home domain", "hd", `${URI}/homedomain`, `${URI}/horizontaldomain`],
  ])("may not be two things by one prefix, %s", async (_what, prefix, first, second) => {
    const front = await startFront();
    const { ae } = await front.ae("CAE1", { ...XML, answer: ok });
    const own = (uri: string) => `<${prefix}:a xmlns:${prefix}="${uri}"><b>1</b></${prefix}:a>`;
    const both = `<m2m:cnt>${own(first)}${own(second)}</m2m:cnt>`;
    const refused = await ae.request({ ...create(both), ty: 3 });
    expect(refused).toMatchObject({ rsc: 4000 });
    expect(String(refused.pc?.["xml"])).toContain(`the prefix ${prefix} for another namespace`);
  });

  test("of hd comes back to a product of Release 2 as the home domain that it meant", async () => {
    const front = await startFront();
    const { ae, point } = await front.ae("CAE1", { ...XML, answer: ok });
    const home = `xmlns:hd="${URI}/homedomain"`;
    const binary = `<hd:binSh ${home}><powSe>true</powSe></hd:binSh>`;
    expect(await ae.request(create(binary))).toMatchObject({ rsc: 2001 });
    const json = { "hd:binSh": { powSe: "true" } };
    expect(JSON.parse(front.cse.requests.at(-1)?.body ?? "")).toEqual(json);
    expectDeclared(ae.frames.at(-1)?.text, home);
    const body = JSON.stringify({ "m2m:sgn": { nev: { rep: json } } });
    expect(await notifyIn(front, point, "application/json", body)).toMatchObject({ rsc: 2000 });
    expectDeclared(ae.frames.at(-1)?.text, home);
  });
});

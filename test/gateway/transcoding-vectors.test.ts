import { describe, expect, test } from "vitest";
import { cborOf, fromCbor } from "../helpers/coders.ts";
import type { Message } from "../helpers/fake-registree.ts";
import { FORMS, type Form, type Sample } from "../helpers/forms.ts";
import { xmlTree } from "../helpers/same-xml.ts";
import examples from "../vectors/primitive-examples.json" with { type: "json" };
import { startFront } from "./front.ts";

const LABORATORY = { "ws.allowCseOnPlain": "true" };
const ORIGIN = { "X-M2M-Origin": "CApp", "X-M2M-RI": "h1", "X-M2M-RVI": "3" };

interface Example {
  readonly name: string;
  readonly kind: string;
  readonly json: Message;
  readonly xml: string;
  readonly cborHex: string;
  readonly xmlNullContext?: boolean;
}

const EXAMPLES = examples as unknown as readonly Example[];
/** What asks for an answer later, which no gateway gives on behalf of a registree. */
const NON_BLOCKING = new Set(["blocking-with-response-type", "response-type-empty-nu"]);
/** Whoever reads it in XML reads null; its name says so. */
const LOSSY = "xml-lossy-empty-list-in-update";

const PAIRS = FORMS.flatMap((from) => FORMS.map((to) => [from.name, to.name, from, to] as const));
const ofKind = (kind: string): readonly Example[] =>
  EXAMPLES.filter((example) => example.kind === kind && !NON_BLOCKING.has(example.name));

test("the examples are all there, and go from each serialization to each", () => {
  const kinds = ["request", "response", "content"].map((kind) => ofKind(kind).length);
  expect(EXAMPLES).toHaveLength(51);
  expect([...kinds, NON_BLOCKING.size]).toEqual([22, 17, 10, 2]);
  expect(PAIRS).toHaveLength(9);
});

/** The same request from one registree CSE to another, in all serializations. */
function between(example: Example): Example {
  const { to = "", fr: _fr, ...others } = example.json;
  const addressed = `/id-b/${to.replace(/^\/+/, "")}`;
  const fr = "/id-a/CAdmin";
  const json = { ...others, to: addressed, fr };
  const xml = example.xml
    .replace(/<fr>[^<]*<\/fr>/, "")
    .replace(/<to>[^<]*<\/to>/, `<to>${addressed}</to><fr>${fr}</fr>`);
  return { ...example, json, xml, cborHex: cborOf(json).toString("hex") };
}

const frameOf = ({ json, xml, cborHex }: Example, { name }: Form): string | Buffer =>
  name === "json" ? JSON.stringify(json) : name === "xml" ? xml : Buffer.from(cborHex, "hex");

function expectFrame(bytes: Buffer | undefined, example: Example, from: Form, form: Form): void {
  const text = String(bytes);
  if (form.name === "xml") {
    expect(xmlTree(text), example.name).toEqual(xmlTree(example.xml));
    return;
  }
  const read = form.name === "json" ? JSON.parse(text) : fromCbor(bytes ?? Buffer.of());
  const lost = example.name === LOSSY && from.name === "xml";
  const pc = { "m2m:ae": { lbl: null } };
  expect(read, example.name).toEqual(lost ? { ...example.json, pc } : example.json);
}

async function pairOf(from: Form, to: Form) {
  const front = await startFront(LABORATORY);
  const { ae: a } = await front.registreeCse("/id-a", from.registree);
  const { ae: b } = await front.registreeCse("/id-b", to.registree);
  return { a, b };
}

describe("each request of the standard's examples reaches another registree equal (primitives, 17.1)", () => {
  test.each(PAIRS)("from %s to %s", async (_from, _to, from, to) => {
    const { a, b } = await pairOf(from, to);
    for (const example of ofKind("request").map(between)) {
      const { rqi = "" } = example.json;
      a.send(frameOf(example, from));
      const answered = a.nextResponse();
      const request = await Promise.race([b.nextRequest(), answered]);
      expect(request, example.name).toMatchObject({ op: example.json.op, rqi });
      expectFrame(b.frames.at(-1)?.bytes, example, from, to);
      b.send({ rsc: 2000, rqi });
      expect(await answered, example.name).toMatchObject({ rsc: 2000, rqi });
    }
  });
});

const OPERATION: Readonly<Record<number, number>> = { 2001: 1, 2002: 4, 2004: 3 };

describe("each response of the standard's examples comes back equal (primitives, 17.1)", () => {
  test.each(PAIRS)("to %s from %s", async (_from, _to, from, to) => {
    const { a, b } = await pairOf(from, to);
    for (const example of ofKind("response")) {
      const { rqi = "", rsc = 0 } = example.json;
      const op = OPERATION[rsc] ?? 2;
      const content = op === 1 ? { ty: 3, pc: { "m2m:cnt": { rn: "c" } } } : {};
      a.send({ op, to: "/id-b/x", fr: "/id-a/CAdmin", rqi, rvi: "3", ...content });
      const answered = a.nextResponse();
      const request = await Promise.race([b.nextRequest(), answered]);
      expect(request, example.name).toMatchObject({ op });
      b.send(frameOf(example, to));
      expect(await answered, example.name).toMatchObject({ rsc, rqi });
      expectFrame(a.frames.at(-1)?.bytes, example, to, from);
    }
  });
});

describe("each content of the standard's examples comes and goes equal over HTTP (primitives, 17.1)", () => {
  test.each(PAIRS)("from %s to %s", async (_from, _to, from, to) => {
    const front = await startFront(LABORATORY);
    const { ae, point } = await front.registreeCse("/id-mn", to.registree);
    for (const { name, json, xml, cborHex, xmlNullContext } of ofKind("content")) {
      const sample: Sample = {
        json: json as Record<string, unknown>,
        xml: xml.replace(/^<\?xml[^>]*\?>/, ""),
      };
      const [method, query, type] = xmlNullContext
        ? ["PUT", "?rcn=9", ""]
        : ["POST", "", "m2m:sgn" in json ? "" : ";ty=3"];
      const answer = front.http({
        method,
        target: `${point}/cse${query}`,
        headers: { ...ORIGIN, "Content-Type": `${from.mediaType}${type}` },
        body: from.name === "cbor" ? Buffer.from(cborHex, "hex") : from.body(sample),
      });
      const request = await ae.nextRequest();
      to.expectPc(request, sample, name);
      ae.send({ rsc: 2000, rqi: request.rqi ?? "", pc: to.pc(sample) });
      expect(await answer, name).toMatchObject({ status: 200, rsc: 2000 });
      from.expectBody((await answer).bytes, sample, name);
    }
  });
});

test.each(FORMS)(
  "the notification URIs of a request in $name reach the CSE, an empty list as one (T9 6.4.8)",
  async (form) => {
    const front = await startFront();
    const { ae } = await front.ae("CAdmin", form.registree);
    for (const name of NON_BLOCKING) {
      const example = EXAMPLES.find((candidate) => candidate.name === name) as Example;
      ae.send(frameOf(example, form));
      expect(await ae.nextResponse()).toMatchObject({ rsc: 2000, rqi: "r1" });
      const { nu } = example.json["rt"] as { nu: string[] };
      expect(front.cse.requests.at(-1)).toMatchObject({
        target: "/in-name?rt=2",
        headers: { "x-m2m-rtu": nu.join("&") },
      });
    }
  },
);

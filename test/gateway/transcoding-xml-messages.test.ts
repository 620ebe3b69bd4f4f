import { expect, test } from "vitest";
import { XML, XMLNS } from "../helpers/coders.ts";
import type { Registree } from "../helpers/fake-registree.ts";
import { inStep, ok, startFront } from "./front.ts";

const RETRIEVE = { op: 2, to: "cse-in", fr: "CAE1", rvi: "3" };

const rqp = (inner: string): string => `<m2m:rqp ${XMLNS}>${inner}</m2m:rqp>`;
const asking = (rqi: string, more = ""): string =>
  `<op>2</op><to>cse-in</to><fr>CAE1</fr><rqi>${rqi}</rqi>${more}<rvi>3</rvi>`;
const creating = (rqi: string, pc: string): string =>
  `<op>1</op><to>cse-in/c</to><fr>CAE1</fr><rqi>${rqi}</rqi><ty>4</ty><pc>${pc}</pc><rvi>3</rvi>`;

const lastText = ({ frames }: Registree): string => frames.at(-1)?.text ?? "";

test("an <AE> created in XML is answered with m2m:rsp in a text frame (SZ-22; W-23, W-25)", async () => {
  const front = await startFront();
  const ae = await front.connect(XML);
  ae.send(
    `<?xml version="1.0" encoding="UTF-8"?>
     <m2m:rqp ${XMLNS}>
       <op>1</op><to>cse-in</to><fr>CAE1</fr><rqi>A1</rqi><ty>2</ty>
       <pc><m2m:ae rn="dev"><api>N.test</api><rr>true</rr><srv>2a 3</srv></m2m:ae></pc>
       <rvi>3</rvi>
     </m2m:rqp>`,
  );
  expect(await ae.nextResponse()).toMatchObject({ rsc: 2001, rqi: "A1" });
  expect(ae.frames[0]?.isBinary).toBe(false);
  expect(lastText(ae)).toMatch(
    /^(<\?xml [^>]*>)?<m2m:rsp xmlns:m2m="http:\/\/www\.onem2m\.org\/xml\/protocols"/,
  );
  expect(lastText(ae)).toMatch(/<m2m:ae rn="dev">/);
  expect(JSON.parse(front.cse.requests[0]?.body ?? "")).toMatchObject({
    "m2m:ae": { rn: "dev", api: "N.test", rr: true, srv: ["2a", "3"] },
  });
});

test("a Notify reaches an XML registree as m2m:rqp in a text frame, members in the order of the schema (W-23, W-25)", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1", { ...XML, answer: ok });
  const body =
    '{"m2m:sgn":{"sur":"/id-in/sub1","nev":{"net":3,"rep":{"m2m:cin":{"con":" <1> ","cs":5,"ty":4,"rn":"x"}}}}}';
  expect(await front.notify(point, { body })).toMatchObject({ status: 200, rsc: 2000 });
  expect(await ae.nextRequest()).toEqual({
    op: 5,
    to: "CAE1",
    fr: "/id-in",
    rqi: "n1",
    rvi: "3",
    pc: {
      xml: '<m2m:sgn><nev><rep><m2m:cin rn="x"><ty>4</ty><cs>5</cs><con> &lt;1&gt; </con></m2m:cin></rep><net>3</net></nev><sur>/id-in/sub1</sur></m2m:sgn>',
    },
  });
  expect(ae.frames.at(-1)?.isBinary).toBe(false);
  expect(lastText(ae)).toMatch(/^(<\?xml [^>]*>)?<m2m:rqp /);
});

const URI = "http://www.onem2m.org/xml/protocols";

test.each([
  ["another prefix", `<x:rqp xmlns:x="${URI}">${asking("q")}</x:rqp>`],
  ["a default namespace", `<rqp xmlns="${URI}">${asking("q")}</rqp>`],
  ["no declaration of the prefix m2m", `<m2m:rqp>${asking("q")}</m2m:rqp>`],
  ["the long root name", `<m2m:requestPrimitive ${XMLNS}>${asking("q")}</m2m:requestPrimitive>`],
  [
    "a schema location",
    `<m2m:rqp ${XMLNS} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b">${asking("q")}</m2m:rqp>`,
  ],
  ["comments", `<!-- a --><m2m:rqp ${XMLNS}><!-- b -->${asking("q")}</m2m:rqp>`],
  ["CDATA", rqp(asking("q").replace("cse-in", "<![CDATA[cse-in]]>"))],
  [
    "members in another order",
    rqp("<rvi>3</rvi><rqi>q</rqi><fr>CAE1</fr><to>cse-in</to><op>2</op>"),
  ],
])("an XML message with %s is read (primitives, 8)", async (_what, text) => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1", XML);
  ae.send(text);
  expect(await ae.nextResponse()).toMatchObject({ rsc: 2000, rqi: "q" });
  expect(front.cse.requests.at(-1)).toMatchObject({ method: "GET", target: "/cse-in" });
});

test("XML in a binary frame is handled and answered in kind; garbage in one closes with 1003 (S16)", async () => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1", XML);
  ae.send(Buffer.from(rqp(asking("q"))));
  expect(await ae.nextResponse()).toMatchObject({ rsc: 2000, rqi: "q" });
  expect(ae.frames.at(-1)?.isBinary).toBe(true);
  ae.send(Buffer.from([0xff, 0xfe, 0x00]));
  expect(await ae.closed).toMatchObject({ code: 1003 });
});

const DOCTYPE = '<!DOCTYPE a [<!ENTITY e "x"><!ENTITY f "&e;&e;&e;&e;&e;&e;&e;&e;">]>';

/** Texts that are no sound XML primitive, or that no gateway should expand. */
const REFUSED: readonly [string, string][] = [
  ["a DOCTYPE", DOCTYPE + rqp(asking("q"))],
  ["a DOCTYPE and its entities", DOCTYPE + rqp(asking("q", "<vsi>&f;</vsi>"))],
  ["an entity that nobody declared", rqp(asking("q", "<vsi>&e;</vsi>"))],
  ["an element left open", `<m2m:rqp ${XMLNS}>${asking("q")}`],
  ["elements that cross", rqp("<op>2<to></op>x</to>")],
  ["two roots", rqp(asking("q")) + rqp(asking("q"))],
  ["text behind the root", `${rqp(asking("q"))}x`],
  ["a bare ampersand", rqp(asking("q", "<vsi>a & b</vsi>"))],
  ["a character that XML has not", rqp(asking("q", "<vsi>&#1;</vsi>"))],
  ["an attribute twice", rqp(creating("q", '<m2m:cin rn="a" rn="b"><con>1</con></m2m:cin>'))],
  ["a nesting without end", rqp(creating("q", "<a>".repeat(10_000) + "</a>".repeat(10_000)))],
  ["a prefix without a namespace in pc", rqp(creating("q", "<zz:lamp><on>1</on></zz:lamp>"))],
  ["two contents", rqp(creating("q", "<m2m:cin/><m2m:cin/>"))],
  ["a parameter twice", rqp(asking("q", "<fr>CEvil</fr>"))],
  ["an operation that is no number", rqp(asking("q").replace("2", "two"))],
  ["no request identifier", rqp("<op>2</op><to>cse-in</to><fr>CAE1</fr>")],
];

test("XML that is not one sound primitive is 4000, goes nowhere, and keeps the socket open (primitives, 8)", async () => {
  const front = await startFront();
  await front.ae("CAE1", XML);
  const asked = front.cse.requests.length;
  for (const [what, text] of REFUSED) {
    const ae = await front.connect({ ...XML, origin: "CAE1" });
    ae.send(text);
    expect(await ae.nextResponse(), what).toMatchObject({ rsc: 4000 });
    await inStep(ae);
    expect(ae.socket.readyState, what).toBe(ae.socket.OPEN);
  }
  expect(front.cse.requests.slice(asked)).toEqual([]);
});

test.each([
  ["another namespace under the prefix m2m", `<m2m:rqp xmlns:m2m="urn:x">${asking("q")}</m2m:rqp>`],
  ["no namespace and no prefix", `<rqp>${asking("q")}</rqp>`],
  ["a root that is no primitive", `<m2m:cin ${XMLNS}><con>1</con></m2m:cin>`],
])(
  "XML with %s is no primitive: it goes nowhere, and is counted (primitives, 1.1; section 6)",
  async (_what, text) => {
    const front = await startFront();
    const { ae } = await front.ae("CAE1", XML);
    ae.send(text);
    expect(await ae.request(RETRIEVE)).toMatchObject({ rsc: 2000 });
    expect(front.cse.requests).toHaveLength(2);
    expect(await front.gateway.metric("m2mgw_malformed_messages_total")).toBe(1);
  },
);

test("what cannot be read is answered 4000 once, the socket stays, and the tenth closes it with 1008 (SZ-11)", async () => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1", XML);
  ae.send("<m2m:rqp");
  expect(await ae.nextResponse()).toMatchObject({ rsc: 4000, rqi: "" });
  for (let sent = 1; sent < 9; sent += 1) ae.send("<m2m:rqp");
  const before = ae.frames.length;
  expect(await ae.request(RETRIEVE)).toMatchObject({ rsc: 2000 });
  expect(ae.frames.length).toBe(before + 1);
  ae.send("<m2m:rqp");
  expect(await ae.closed).toMatchObject({ code: 1008 });
  await front.gateway.metricIs("m2mgw_malformed_messages_total", 10);
});

test("answers in XML may come in any order, and numbers in identifiers stay texts (section 6; primitives, 9.5)", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1", XML);
  const rqis = ["007", "1.10", "1e3"];
  const sent = rqis.map((rqi) => front.notify(point, { rqi }));
  const requests = [await ae.nextRequest(), await ae.nextRequest(), await ae.nextRequest()];
  // Each came over a connection of its own.
  expect(new Set(requests.map(({ rqi }) => rqi))).toEqual(new Set(rqis));
  for (const rqi of rqis.toReversed()) ae.send({ rsc: 2000, rqi, rvi: "3" });
  for (const [at, answer] of (await Promise.all(sent)).entries()) {
    expect(answer).toMatchObject({ status: 200, headers: { "x-m2m-ri": rqis[at] } });
  }
});

test("parameters of a request in XML reach the CSE as header fields and query (9.3)", async () => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1", XML);
  ae.send(
    rqp(
      "<op>2</op><to>cse-in</to><fr>CAE1</fr><rqi>q</rqi><ec>4</ec><gid>12</gid><rcn>6</rcn>" +
        "<fc><lbl>a b</lbl><ty>2 3</ty><cty>text/plain</cty><cty>application/json</cty><fu>1</fu><lim>10</lim></fc>" +
        "<drt>2</drt><rids>r1 r2</rids><rvi>2a</rvi><vsi>v w</vsi>",
    ),
  );
  expect(await ae.nextResponse()).toMatchObject({ rsc: 2000, rqi: "q" });
  const asked = front.cse.requests.at(-1);
  expect(asked?.headers).toMatchObject({
    "x-m2m-ec": "4",
    "x-m2m-gid": "12",
    "x-m2m-rvi": "2a",
    "x-m2m-vsi": "v w",
  });
  const query = new URL(asked?.target ?? "", "http://cse").search.slice(1).split("&").toSorted();
  expect(query.map(decodeURIComponent)).toEqual([
    "cty=text/plain+application/json",
    "drt=2",
    "fu=1",
    "lbl=a+b",
    "lim=10",
    "rcn=6",
    "rids=r1+r2",
    "ty=2+3",
  ]);
});

test("parameters of the CSE's answer reach an XML registree in the order of the schema", async () => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1", XML);
  front.cse.answer(() => ({
    rsc: 2000,
    headers: {
      "X-M2M-OT": "20260101T120000",
      "X-M2M-EC": "2",
      "X-M2M-CTS": "1",
      "X-M2M-CTO": "11",
    },
    body: { "m2m:uril": ["a/b", "c"] },
  }));
  await ae.request({ ...RETRIEVE, rqi: "q" });
  expect(lastText(ae)).toMatch(
    /<rsc>2000<\/rsc><rqi>q<\/rqi><pc><m2m:uril>a\/b c<\/m2m:uril><\/pc>.*<ot>20260101T120000<\/ot>.*<ec>2<\/ec><cnst>1<\/cnst><cnot>11<\/cnot>/,
  );
});

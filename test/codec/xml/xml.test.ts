import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Reading } from "../../../src/codec/codec.ts";
import { jsonCodec } from "../../../src/codec/json/json.ts";
import { createXmlCodec } from "../../../src/codec/xml/xml.ts";
import type { Content } from "../../../src/primitive/content.ts";
import {
  OPERATIONS,
  type Primitive,
  type RequestPrimitive,
  requestId,
} from "../../../src/primitive/primitive.ts";
import {
  bytes,
  LENIENT,
  primitiveOf,
  read as readJson,
  requestOf,
  STRICT,
  textOf,
} from "../json/using-json.ts";
import {
  CORE,
  contentOf,
  core,
  DECLARATION,
  encoded,
  withoutDeclaration,
  xmlCodec,
} from "./using-xml.ts";

const read = (xml: string, options = STRICT): Reading =>
  xmlCodec.readPrimitive(bytes(xml), options);

const written = (primitive: Primitive, rqi: string = primitive.requestIdentifier): string =>
  xmlCodec.writePrimitive(primitive, {
    wrapped: false,
    requestIdentifier: requestId(rqi),
  }) as string;

const writtenAsJson = (primitive: Primitive): unknown =>
  JSON.parse(
    jsonCodec.writePrimitive(primitive, {
      wrapped: false,
      requestIdentifier: primitive.requestIdentifier,
    }) as string,
  );

interface Example {
  readonly name: string;
  readonly kind: "request" | "response" | "content";
  readonly json: object;
  readonly xml: string;
  readonly xmlNullContext?: boolean;
}
const EXAMPLES = JSON.parse(
  readFileSync(new URL("../../vectors/primitive-examples.json", import.meta.url), "utf8"),
) as readonly Example[];
const PRIMITIVES = EXAMPLES.filter(({ kind }) => kind !== "content");
const CONTENTS = EXAMPLES.filter(({ kind }) => kind === "content");
const isLossy = ({ name }: Example): boolean => name.startsWith("xml-lossy-");

describe("the examples of the specifications (TS-0004, 8.3 and 8.4)", () => {
  test("are all there", () => {
    expect([PRIMITIVES.length, CONTENTS.length]).toEqual([41, 10]);
  });

  test.each(PRIMITIVES)("$name goes from JSON to XML", ({ json, xml }) => {
    expect(written(primitiveOf(readJson(json)))).toBe(xml);
  });

  test.each(PRIMITIVES.filter((example) => !isLossy(example)))(
    "$name goes from XML to JSON",
    ({ json, xml }) => {
      expect(writtenAsJson(primitiveOf(read(xml)))).toEqual(json);
    },
  );

  test.each(PRIMITIVES)("$name is the same in XML, read and written again", ({ xml }) => {
    const primitive = primitiveOf(read(xml));
    const again = written(primitive);
    expect(writtenAsJson(primitiveOf(read(again)))).toEqual(writtenAsJson(primitive));
  });

  test.each(CONTENTS)("$name goes from JSON to XML and back", ({ json, xml, xmlNullContext }) => {
    const context = { emptyIsNull: xmlNullContext === true };
    const content = jsonCodec.decodeContent(bytes(JSON.stringify(json)), context);
    expect(xmlCodec.encodeContent(content, context)).toBe(xml);
    const back = xmlCodec.decodeContent(bytes(xml), context);
    expect(JSON.parse(textOf(back))).toEqual(json);
  });

  test("the one that XML cannot hold comes back with null for an empty list", () => {
    const lossy = EXAMPLES.filter(isLossy);
    expect(lossy.map(({ name }) => name)).toEqual(["xml-lossy-empty-list-in-update"]);
    const primitive = primitiveOf(read(lossy[0]?.xml ?? ""));
    expect(primitive.content?.tree()).toEqual({ "m2m:ae": { lbl: null } });
  });
});

const RETRIEVE = "<op>2</op><to>cse-in/lamp</to><fr>CAE1</fr><rqi>r1</rqi><rvi>3</rvi>";
const request = (inside: string): string => core("rqp", inside);
const response = (inside: string): string => core("rsp", inside);

describe("reading", () => {
  test("a request has every envelope member in its place with its type, the rest carried", () => {
    const xml = request(
      "<op>1</op><to>//sp.example/id-in/-/a</to><fr>CAE1</fr><rqi>007</rqi><ty> 4 </ty>" +
        "<pc><m2m:cin><con>1</con></m2m:cin></pc><rqet>5000</rqet>" +
        "<rt><rtv>3</rtv><nu>http://a http://b</nu></rt><ec>4</ec><da>1</da><gid></gid>" +
        "<fc><ty>3</ty><lbl>a</lbl><atr><nm>cs</nm><val>5</val></atr></fc><rvi>3</rvi>" +
        "<own>x</own><sza>1</sza>",
    );
    const primitive = requestOf(read(xml));
    expect(primitive).toMatchObject({
      kind: "request",
      operation: "create",
      to: "//sp.example/id-in/-/a",
      from: "CAE1",
      requestIdentifier: "007",
      resourceType: 4,
      releaseVersion: "3",
    });
    expect([...primitive.carried]).toEqual([
      ["rqet", "5000"],
      ["rt", { rtv: 3, nu: ["http://a", "http://b"] }],
      ["ec", 4],
      ["da", true],
      ["gid", ""],
      ["fc", { ty: [3], lbl: ["a"], atr: [{ nm: "cs", val: "5" }] }],
      ["own", "x"],
      ["sza", "1"],
    ]);
    expect(primitive.content?.serialization).toBe("xml");
    expect(primitive.content?.root()).toBe("m2m:cin");
  });

  test("a response has every envelope member in its place, to and fr carried", () => {
    const xml = response(
      "<rsc>2001</rsc><rqi>r1</rqi><to>CAE1</to><fr>/id-in</fr><cnst>1</cnst><rvi>3</rvi>",
    );
    expect(primitiveOf(read(xml))).toMatchObject({
      kind: "response",
      responseStatusCode: 2001,
      requestIdentifier: "r1",
      releaseVersion: "3",
      content: undefined,
      carried: new Map<string, unknown>([
        ["to", "CAE1"],
        ["fr", "/id-in"],
        ["cnst", 1],
      ]),
    });
  });

  test("a primitive in XML always counts as wrapped", () => {
    expect(read(request(RETRIEVE))).toMatchObject({ wrapped: true });
  });

  test.each(OPERATIONS.map((operation, index) => [index + 1, operation] as const))(
    "op %i is %s (TS-0004, 6.3.4.2.5)",
    (op, operation) => {
      const pc = "<ty>4</ty><pc><m2m:cin/></pc>";
      const xml = request(`<op>${op}</op><to>a</to><rqi>1</rqi>${pc}`);
      expect(requestOf(read(xml)).operation).toBe(operation);
    },
  );

  test.each([
    [
      "in any order",
      request("<rvi>3</rvi><rqi>r1</rqi><fr>CAE1</fr><to>cse-in/lamp</to><op>2</op>"),
    ],
    ["with blanks between them", request(`\n  ${RETRIEVE.replaceAll("><", ">\n  <")}\n`)],
    ["under a prefix of the peer's choice", `<x:rqp xmlns:x="${CORE}">${RETRIEVE}</x:rqp>`],
    ["in a default namespace", `<rqp xmlns="${CORE}">${RETRIEVE}</rqp>`],
    ["without a declaration of the prefix", `<m2m:rqp>${RETRIEVE}</m2m:rqp>`],
    ["under the long name of the root", core("requestPrimitive", RETRIEVE)],
    ["with xsi:schemaLocation", `<m2m:rqp xsi:schemaLocation="a b">${RETRIEVE}</m2m:rqp>`],
    ["with an empty pc", request(`${RETRIEVE}<pc/>`)],
    ["with a pc of blanks", request(`${RETRIEVE}<pc> <!-- --> </pc>`)],
  ])("members are understood %s", (_, xml) => {
    expect(primitiveOf(read(xml))).toEqual(primitiveOf(read(request(RETRIEVE))));
  });

  test("a response is understood under its long name", () => {
    const xml = core("responsePrimitive", "<rsc>2000</rsc><rqi>r1</rqi>");
    expect(primitiveOf(read(xml)).kind).toBe("response");
  });

  test("an originator that is empty is absent", () => {
    expect(requestOf(read(request(RETRIEVE.replace("CAE1", "")))).from).toBeUndefined();
  });

  test("a parameter of another release is told by name, and one that is known is not", () => {
    const names: string[] = [];
    const codec = createXmlCodec({ onUnknown: (name) => names.push(name) });
    codec.readPrimitive(bytes(request(`${RETRIEVE}<own>x</own><rcn>1</rcn>`)), STRICT);
    expect(names).toEqual(["own"]);
  });

  test("a parameter named like a content root may have several values, as JSON lets it", () => {
    const json = { op: 2, to: "a", rqi: "1", "cod:binSh": [{ a: "1" }, {}] };
    expect(writtenAsJson(primitiveOf(read(written(primitiveOf(readJson(json))))))).toEqual(json);
  });

  test("an integer beyond 2^53 in a parameter keeps its digits", () => {
    const xml = request(`${RETRIEVE}<fc><sza>9007199254740993</sza></fc>`);
    expect(requestOf(read(xml)).carried.get("fc")).toEqual({ sza: 9007199254740993n });
  });
});

describe("an empty element in the content of a primitive (TS-0004, 7.3.3.7 and 7.3.3.12)", () => {
  const PC = "<pc><m2m:cnt><or/><lbl/><mni/><cr/></m2m:cnt></pc>";
  const NULLS = { "m2m:cnt": { or: null, lbl: null, mni: null, cr: null } };
  const TYPED = { "m2m:cnt": { or: "", lbl: [], mni: null, cr: null } };
  const asked = (operation: RequestPrimitive["operation"], rcn: number | undefined) => {
    const { carried, ...rest } = requestOf(read(request(RETRIEVE)));
    const all = rcn === undefined ? carried : new Map([...carried, ["rcn", rcn]]);
    return (rqi: string): RequestPrimitive | undefined =>
      rqi === "r1" ? { ...rest, operation, carried: all } : undefined;
  };

  test.each([
    ["Create", 1, TYPED],
    ["Update", 3, NULLS],
    ["Notify", 5, TYPED],
  ])("is null in an Update only: %s", (_, op, tree) => {
    const xml = request(`<op>${op}</op><to>a</to><rqi>1</rqi><ty>3</ty>${PC}`);
    expect(requestOf(read(xml)).content?.exact()).toEqual(tree);
  });

  test.each([
    ["an Update that asked for what it changed", asked("update", 9), NULLS],
    ["an Update that asked for all", asked("update", 1), TYPED],
    ["an Update that asked for nothing in particular", asked("update", undefined), TYPED],
    ["a Create that asked for what it changed", asked("create", 9), TYPED],
    ["a request that is not known", () => undefined, TYPED],
    ["nobody", undefined, TYPED],
  ])("is null in the answer to %s, or what its type makes of it", (_, ask, tree) => {
    const xml = response(`<rsc>2004</rsc><rqi>r1</rqi>${PC}`);
    const primitive = primitiveOf(read(xml, { lenient: false, asked: ask }));
    expect(primitive.content?.exact()).toEqual(tree);
  });

  test("inside the response that a Notify carries is what its type makes of it", () => {
    const inner = `<m2m:rsp><rsc>2004</rsc><rqi>x</rqi>${PC}</m2m:rsp>`;
    const xml = request(`<op>5</op><to>a</to><rqi>1</rqi><pc>${inner}</pc>`);
    expect(requestOf(read(xml)).content?.exact()).toEqual({
      "m2m:rsp": { rsc: 2004, rqi: "x", pc: TYPED },
    });
  });
});

describe("refusing", () => {
  const NO_RQI = undefined;
  test.each<[string, string, boolean, string | undefined]>([
    ["another root", core("cnt", RETRIEVE), false, NO_RQI],
    ["a root in no namespace", `<rqp>${RETRIEVE}</rqp>`, false, NO_RQI],
    ["a root in another namespace", `<m2m:rqp xmlns:m2m="u">${RETRIEVE}</m2m:rqp>`, false, NO_RQI],
    ["an empty request", request(""), false, NO_RQI],
    ["an empty response", response(""), false, NO_RQI],
    ["a request without op", request("<to>a</to><rqi>r1</rqi>"), true, "r1"],
    ["a request with rsc", request("<rsc>2000</rsc><rqi>r1</rqi>"), true, "r1"],
    ["a response with op", response("<op>2</op><to>a</to><rqi>r1</rqi>"), true, "r1"],
    ["rqi missing", request("<op>2</op><to>a</to>"), true, NO_RQI],
    ["rqi empty", request("<op>2</op><to>a</to><rqi/>"), true, NO_RQI],
    ["rqi twice", request("<op>2</op><to>a</to><rqi>1</rqi><rqi>2</rqi>"), true, NO_RQI],
    ["rqi with an element", request("<op>2</op><to>a</to><rqi><a/></rqi>"), true, NO_RQI],
    ["op a word", request("<op>two</op><to>a</to><rqi>r1</rqi>"), true, "r1"],
    ["op out of range", request("<op>6</op><to>a</to><rqi>r1</rqi>"), true, "r1"],
    ["op empty", request("<op/><to>a</to><rqi>r1</rqi>"), true, "r1"],
    ["op twice", request("<op>2</op><op>4</op><to>a</to><rqi>r1</rqi>"), true, "r1"],
    ["to missing", request("<op>2</op><rqi>r1</rqi>"), true, "r1"],
    ["to twice", request("<op>2</op><to>a</to><to>b</to><rqi>r1</rqi>"), true, "r1"],
    ["fr twice", request(`${RETRIEVE}<fr>C2</fr>`), true, "r1"],
    ["fr as an attribute", `<m2m:rqp fr="C2">${RETRIEVE}</m2m:rqp>`, true, "r1"],
    ["fr with an element", request("<op>2</op><to>a</to><fr>C<b/></fr><rqi>r1</rqi>"), true, "r1"],
    ["rcn a word", request(`${RETRIEVE}<rcn>all</rcn>`), true, "r1"],
    ["a number too large", request(`${RETRIEVE}<fc><sza>${"1".repeat(65)}</sza></fc>`), true, "r1"],
    ["text in pc", request(`${RETRIEVE}<pc>text</pc>`), true, "r1"],
    ["two elements in pc", request(`${RETRIEVE}<pc><m2m:cnt/><m2m:cnt/></pc>`), true, "r1"],
    ["pc twice", request(`${RETRIEVE}<pc/><pc/>`), true, "r1"],
    ["pc missing in a Notify", request("<op>5</op><to>a</to><rqi>r1</rqi>"), true, "r1"],
    ["rsc a word", response("<rsc>OK</rsc><rqi>r1</rqi>"), false, "r1"],
    ["a response without rqi", response("<rsc>2000</rsc>"), false, NO_RQI],
    ["the wrong prefix", request(`${RETRIEVE}<cod:a xmlns:cod="urn:x"/>`), true, "r1"],
  ])("%s is no primitive, and is answered only where it can and may be", (_, xml, may, rqi) => {
    for (const options of [STRICT, LENIENT]) {
      expect(read(xml, options)).toEqual({
        malformed: expect.any(String),
        unreadable: false,
        requestIdentifier: rqi,
        mayAnswer: may,
      });
    }
  });
});

describe("writing", () => {
  const base = requestOf(readJson({ op: 5, to: 'a&"<', fr: "/id-in", rqi: "n1", pc: { a: 1 } }));

  test("a request has its parameters in the order of the schema, unknown ones behind (8.3.1)", () => {
    const json = { own: 1, rvi: "3", rcn: 1, pc: { "m2m:cin": { con: "1" } }, rqi: "r", ty: 4 };
    const xml = written(primitiveOf(readJson({ ...json, fr: "C", to: "a", op: 1 })));
    expect(xml).toBe(
      DECLARATION +
        request(
          "<op>1</op><to>a</to><fr>C</fr><rqi>r</rqi><ty>4</ty><pc><m2m:cin><con>1</con></m2m:cin></pc>" +
            "<rcn>1</rcn><rvi>3</rvi><own>1</own>",
        ),
    );
  });

  test("the identifier on the wire may be another one than the primitive's own", () => {
    expect(written({ ...base, content: undefined }, "m2mgw-<1>")).toContain(
      '<to>a&amp;"&lt;</to><fr>/id-in</fr><rqi>m2mgw-&lt;1&gt;</rqi></m2m:rqp>',
    );
  });

  test.each([
    ["an empty string in the content of an Update", { op: 3 }, { "m2m:cnt": { or: "" } }],
    ["a control character", { op: 5 }, { "m2m:cin": { con: "\u0001" } }],
    ["an item with a blank", { op: 5 }, { "m2m:cnt": { lbl: ["a b"] } }],
    ["content that is no object", { op: 5 }, "text"],
    ["content with two roots", { op: 5 }, { "m2m:cnt": {}, "m2m:cin": {} }],
    ["a prefix without namespace", { op: 5 }, { "x:a": {} }],
    ["a control character in a parameter", { op: 5, vsi: "\u0001" }, { "m2m:cnt": {} }],
    ["a parameter whose name XML does not take", { op: 5, "a b": "x" }, { "m2m:cnt": {} }],
  ])("%s cannot be said in XML", (_, parameters, pc) => {
    const primitive = primitiveOf(readJson({ to: "a", rqi: "1", ...parameters, pc }));
    expect(() => written(primitive)).toThrow(
      expect.objectContaining({ code: "GW_CONTENT_NOT_TRANSCODABLE", rsc: 4000 }),
    );
  });

  test("an empty string in the answer to an Update is refused where it would be read as null", () => {
    const answer = primitiveOf(readJson({ rsc: 2004, rqi: "1", pc: { "m2m:cnt": { or: "" } } }));
    const options = { wrapped: false, requestIdentifier: answer.requestIdentifier };
    expect(xmlCodec.writePrimitive(answer, options)).toContain("<or></or>");
    expect(() => xmlCodec.writePrimitive(answer, { ...options, emptyIsNull: true })).toThrow(
      /or is an empty string/,
    );
  });

  test("an empty string in a parameter of an Update is written", () => {
    const json = { op: 3, to: "a", rqi: "1", vsi: "", pc: { "m2m:cnt": { or: "x" } } };
    expect(written(primitiveOf(readJson(json)))).toContain("<vsi></vsi>");
  });
});

describe("what JSON has no names for in a parameter", () => {
  const vendors =
    '<v:own xmlns:v="urn:v" a="1"><v:b></v:b>c</v:own><own xmlns="urn:w">1</own>' +
    '<zz><a b="1"></a><w:c xmlns:w="urn:w"></w:c></zz><own2>x</own2><own2>y</own2>';

  test("passes from XML to XML as it is", () => {
    const xml = request(`<op>2</op><to>a</to><rqi>1</rqi><rcn>1</rcn>${vendors}`);
    expect(withoutDeclaration(written({ ...requestOf(read(xml)) }))).toBe(xml);
  });

  test("passes where the root or an attribute has it, with its namespaces", () => {
    const xml = `<m2m:rqp xmlns:v="urn:v" v:b="2">${RETRIEVE}<v:own>1</v:own></m2m:rqp>`;
    expect(withoutDeclaration(written(requestOf(read(xml))))).toBe(
      request(`${RETRIEVE}<v:own xmlns:v="urn:v">1</v:own><v:b xmlns:v="urn:v">2</v:b>`),
    );
  });

  test("passes inside a parameter of the tables", () => {
    const rt = '<rt><rtv>3</rtv><v:own xmlns:v="urn:v">1</v:own></rt>';
    const xml = request(`<op>2</op><to>a</to><rqi>1</rqi>${rt}`);
    const primitive = requestOf(read(xml));
    expect(withoutDeclaration(written(primitive))).toBe(xml);
    const rewritten = { ...primitive, carried: new Map([["rt", { rtv: 3 }]]) };
    expect(written(rewritten)).toContain("<rt><rtv>3</rtv></rt>");
  });

  test("goes to JSON by the names that it has there", () => {
    const xml = request('<op>2</op><to>a</to><rqi>1</rqi><v:own xmlns:v="urn:v">1</v:own>');
    expect(writtenAsJson(requestOf(read(xml)))).toEqual({ op: 2, to: "a", rqi: "1", "v:own": "1" });
  });
});

describe("content on its way between a primitive and a body", () => {
  const inside = '<x:cnt rn="a"> <lbl>b</lbl><v:own>&#xD;</v:own><mni>many</mni></x:cnt>';
  const carrying =
    `<x:rqp xmlns:x="${CORE}" xmlns:v="urn:v"><op>5</op><to>a</to><rqi>1</rqi>` +
    `<pc><!-- -->${inside}</pc></x:rqp>`;

  test("is a document of its own as an HTTP body, its namespaces declared", () => {
    const document = encoded(requestOf(read(carrying)).content as Content);
    expect(withoutDeclaration(document)).toBe(
      `<x:cnt xmlns:x="${CORE}" xmlns:v="urn:v" rn="a"> <lbl>b</lbl>` +
        "<v:own>&#xD;</v:own><mni>many</mni></x:cnt>",
    );
    expect(contentOf(document).tree()).toEqual(requestOf(read(carrying)).content?.tree());
  });

  test("stands in a primitive without what was around it in its document", () => {
    const document = `\ufeff${DECLARATION}<!-- 1 --><?p?>\n<cnt xmlns="${CORE}"><lbl>a</lbl></cnt>\n`;
    const { content: _content, ...rest } = requestOf(read(carrying));
    const xml = written({ ...rest, content: contentOf(document) });
    expect(xml).toContain(`<pc><cnt xmlns="${CORE}"><lbl>a</lbl></cnt></pc>`);
    expect(requestOf(read(xml)).content?.exact()).toEqual({ "m2m:cnt": { lbl: ["a"] } });
  });

  test("is the same after any number of primitives", () => {
    const first = written(requestOf(read(carrying)));
    expect(written(requestOf(read(first)))).toBe(first);
    expect(requestOf(read(first)).content?.tree()).toEqual(
      requestOf(read(carrying)).content?.tree(),
    );
  });

  test("declares nothing that the primitive declares already", () => {
    const { content: _content, ...rest } = requestOf(read(carrying));
    const xml = written({ ...rest, content: contentOf(core("cnt", "<m2m:cin></m2m:cin>")) });
    expect(xml).toContain("<pc><m2m:cnt><m2m:cin></m2m:cin></m2m:cnt></pc>");
  });

  test("whose prefix its document does not declare is well-formed where it goes", () => {
    const { content: _content, ...rest } = requestOf(read(carrying));
    const xml = written({
      ...rest,
      content: contentOf("<cod:binSh><state>true</state></cod:binSh>"),
    });
    expect(xml).toContain(
      '<cod:binSh xmlns:cod="http://www.onem2m.org/xml/protocols/commondomain">',
    );
  });
});

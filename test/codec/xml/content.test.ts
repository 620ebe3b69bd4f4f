import { describe, expect, test } from "vitest";
import { createXmlCodec } from "../../../src/codec/xml/xml.ts";
import { MadeContent, type Tree } from "../../../src/primitive/content.ts";
import { bytes, contentOf as jsonContentOf, textOf } from "../json/using-json.ts";
import {
  COMMON,
  CORE,
  contentOf,
  core,
  DECLARATION,
  encoded,
  exactOf,
  withoutDeclaration,
  xmlOf,
} from "./using-xml.ts";

describe("content that came as a document", () => {
  test.each([
    ["as it is", `${DECLARATION}\n${core("cnt", "<!-- x --><lbl>a  b</lbl>")}\n`],
    ["with a byte order mark", `\ufeff${core("cnt", "")}`],
    ["with a prefix of its own", `<x:cnt xmlns:x="${CORE}" rn='a'/>`],
    ["with what contradicts the tables", core("cnt", "<mni>many</mni>")],
    ["with names of nobody", '<v:a xmlns:v="urn:v"><constructor/></v:a>'],
  ])("goes out as XML to the byte: %s", (_, xml) => {
    expect(encoded(contentOf(xml))).toBe(xml);
  });

  test("goes out as JSON with the members and types of the tables", () => {
    const xml = core("cnt", "<ty>3</ty><lbl>a b</lbl><disr>true</disr><mni>0</mni>");
    expect(textOf(contentOf(xml))).toBe('{"m2m:cnt":{"ty":3,"lbl":["a","b"],"disr":true,"mni":0}}');
  });

  test("gives its root by namespace and not by prefix", () => {
    expect(contentOf(`<x:cnt xmlns:x="${CORE}"/>`).root()).toBe("m2m:cnt");
    expect(contentOf(`<cnt xmlns="${CORE}"/>`).root()).toBe("m2m:cnt");
    expect(contentOf("<m2m:cnt/>").root()).toBe("m2m:cnt");
  });

  test("gives rules a tree with rounded numbers, and keeps as text what contradicts the tables", () => {
    const xml = core("cnt", "<mbs>9007199254740993</mbs><mni>many</mni><disr>yes</disr>");
    expect(contentOf(xml).tree()).toEqual({
      "m2m:cnt": { mbs: 9007199254740993n, mni: "many", disr: "yes" },
    });
  });

  test.each([
    ["in text", core("ae", "<poa>http://a/?x=1&amp;y=2</poa>"), true],
    ["in CDATA", core("ae", "<poa><![CDATA[http://a/?x=1&y=2]]></poa>"), true],
    ["in an attribute", '<m2m:ae rn="http://a/?x=1&amp;y=2"/>', true],
    ["nowhere", core("ae", "<poa>http://a/?x=1&amp;amp;y=2</poa>"), false],
  ])("knows what it mentions %s, references resolved", (_, xml, mentioned) => {
    expect(contentOf(xml).mentions("http://a/?x=1&y=2")).toBe(mentioned);
  });
});

describe("an edit", () => {
  const edited = (xml: string, path: [string, ...string[]], value: Tree | undefined): string =>
    withoutDeclaration(encoded(contentOf(xml).edited([{ path, value }])));

  test("replaces, adds and removes members", () => {
    const xml = core("ae", "<poa>http://a</poa><api>N1</api>");
    expect(edited(xml, ["m2m:ae", "poa"], ["http://b", "http://c"])).toBe(
      core("ae", "<poa>http://b http://c</poa><api>N1</api>"),
    );
    expect(edited(xml, ["m2m:ae", "rr"], true)).toBe(
      core("ae", "<poa>http://a</poa><api>N1</api><rr>true</rr>"),
    );
    expect(edited(xml, ["m2m:ae", "poa"], undefined)).toBe(core("ae", "<api>N1</api>"));
    expect(edited(xml, ["m2m:ae", "esi", "x"], undefined)).toBe(
      core("ae", "<poa>http://a</poa><api>N1</api>"),
    );
  });

  test("makes the objects on its way", () => {
    expect(edited(core("sub", ""), ["m2m:sub", "enc", "net"], [1, 3])).toBe(
      core("sub", "<enc><net>1</net><net>3</net></enc>"),
    );
  });

  test("leaves digits, values that contradict the tables and foreign namespaces as they were", () => {
    const xml =
      `<m2m:ae xmlns:m2m="${CORE}" xmlns:v="urn:v">` +
      "<mei>x</mei><tri>007x</tri><v:own>1.10</v:own></m2m:ae>";
    expect(edited(xml, ["m2m:ae", "poa"], ["http://b"])).toBe(
      `<m2m:ae xmlns:m2m="${CORE}" xmlns:v="urn:v">` +
        "<poa>http://b</poa><mei>x</mei><tri>007x</tri><v:own>1.10</v:own></m2m:ae>",
    );
  });

  test("keeps how the content reads empty elements", () => {
    const content = contentOf(core("cnt", "<or/><lbl/>"), true);
    expect(content.edited([{ path: ["m2m:cnt", "mni"], value: 1 }]).exact()).toEqual({
      "m2m:cnt": { or: null, lbl: null, mni: 1 },
    });
  });
});

describe("what no table knows", () => {
  test.each<[string, Tree, string]>([
    ["scalars", { a: "x", b: 5, c: true, d: null }, "<a>x</a><b>5</b><c>true</c><d></d>"],
    ["a list of words", { a: ["x", 1] }, "<a>x 1</a>"],
    ["a list with blanks", { a: ["x y", "z"] }, "<a>x y</a><a>z</a>"],
    ["an empty list", { a: [] }, "<a></a>"],
    ["a list of objects", { a: [{ b: 1 }, { b: 2 }] }, "<a><b>1</b></a><a><b>2</b></a>"],
    ["objects", { a: { b: { c: "x" } } }, "<a><b><c>x</c></b></a>"],
    ["a list in a list of objects", { a: [{ b: ["x y", "z"] }] }, "<a><b>x y</b><b>z</b></a>"],
  ])("is written by its values: %s", (_, members, inside) => {
    expect(xmlOf({ "m2m:cnt": members as { [name: string]: Tree } })).toBe(core("cnt", inside));
  });

  test("is refused where it is a list in a list", () => {
    expect(() => xmlOf({ "m2m:cnt": { own: [["a"]] } })).toThrow(/own has a list/);
  });

  test.each<[string, string, unknown]>([
    ["text, which is never a number", "<a>5</a><b>true</b>", { a: "5", b: "true" }],
    ["repeated elements", "<a>1</a><a>2</a>", { a: ["1", "2"] }],
    ["elements in elements", "<a><b>1</b><c/></a>", { a: { b: "1", c: "" } }],
    ["attributes", '<a x="1">y</a><b z=""/>', { a: { x: "1", val: "y" }, b: { z: "" } }],
    ["text among elements", "<a>1<b>2</b></a>", { a: "1<b>2</b>" }],
  ])("is read by its shape: %s", (_, inside, members) => {
    expect(exactOf(core("cnt", inside))).toEqual({ "m2m:cnt": members });
  });

  test("as a root has what all flexContainers have, with their types, and passes both ways", () => {
    const tree = {
      "cod:ownThing": { rn: "x", cnd: "org.own", lbl: ["a"], et: "20300101T000000", own: "5" },
    };
    const xml =
      `<cod:ownThing xmlns:cod="${COMMON}" rn="x"><lbl>a</lbl><et>20300101T000000</et>` +
      "<cnd>org.own</cnd><own>5</own></cod:ownThing>";
    expect(xmlOf(tree)).toBe(xml);
    expect(exactOf(xml)).toEqual(tree);
  });

  test("as a root of a vendor's namespace keeps its prefix", () => {
    const xml = '<v:thing xmlns:v="urn:v" rn="x"><ty>28</ty><v:own>1</v:own></v:thing>';
    expect(exactOf(xml)).toEqual({ "v:thing": { rn: "x", ty: 28, "v:own": "1" } });
    expect(encoded(contentOf(xml))).toBe(xml);
  });

  test("is told by name where content changes its serialization, and only there", () => {
    const names: string[] = [];
    const codec = createXmlCodec({ onUnknown: (name) => names.push(name) });
    const xml = core("cnt", '<a><b/></a><m2m:own c="1"/><lbl>x</lbl>');
    const content = codec.decodeContent(bytes(xml), { emptyIsNull: false });
    content.tree();
    codec.encodeContent(content, { emptyIsNull: false });
    expect(names).toEqual([]);
    content.exact();
    content.exact();
    expect(names.toSorted()).toEqual(["a", "b", "c", "m2m:own"]);
    names.length = 0;
    codec.encodeContent(jsonContentOf('{"m2m:cnt":{"a":{"b":1},"lbl":["x"]}}'), {
      emptyIsNull: false,
    });
    expect(names).toEqual(["a", "b"]);
  });
});

describe("content that has no one root", () => {
  test.each(['"text"', "5", "null", "[]", "{}", '{"m2m:cnt":{},"m2m:cin":{}}'])(
    "%s cannot be said in XML",
    (json) => {
      expect(() => xmlOf(json)).toThrow(/no object with one member/);
    },
  );

  test("because its root is repeated cannot be said in XML", () => {
    expect(() => xmlOf({ "m2m:cnt": [{}, {}] })).toThrow(/m2m:cnt has not one value/);
    expect(() => xmlOf({ "m2m:agrp": [] })).toThrow(/m2m:agrp has not one value/);
    expect(xmlOf({ "m2m:agrp": [{ op: 2 }] })).toBe(core("agrp", "<op>2</op>"));
  });
});

test("content made here is written as XML", () => {
  expect(encoded(new MadeContent({ "m2m:dbg": "no <a>" }))).toBe(
    DECLARATION + core("dbg", "no &lt;a&gt;"),
  );
});

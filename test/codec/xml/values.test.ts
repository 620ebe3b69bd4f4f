import { describe, expect, test } from "vitest";
import { Numeral } from "../../../src/primitive/content.ts";
import { COMMON, CORE, contentOf, core, exactOf, xmlOf } from "./using-xml.ts";

const cod = (name: string, inside: string): string =>
  `<cod:${name} xmlns:cod="${COMMON}">${inside}</cod:${name}>`;

describe("an empty element (TS-0004, 8.3.1)", () => {
  test.each<[string, string, unknown]>([
    ["a number", "<mni/>", null],
    ["a boolean", "<disr></disr>", null],
    ["a timestamp", "<et/>", null],
    ["an ID", "<cr/>", null],
    ["a string", "<or/>", ""],
    ["a list", "<lbl/>", []],
    ["an object", "<loc/>", {}],
    ["a name that no table knows", "<own/>", ""],
  ])("is what the type of %s makes of it, and null in an Update", (_, element, value) => {
    const [name] = /\w+/.exec(element) ?? [];
    expect(exactOf(core("cnt", element))).toEqual({ "m2m:cnt": { [name as string]: value } });
    expect(exactOf(core("cnt", element), true)).toEqual({ "m2m:cnt": { [name as string]: null } });
  });

  test.each([false, true])("as the root is an object without members, in an Update %s", (nulls) => {
    expect(exactOf(core("cnt", ""), nulls)).toEqual({ "m2m:cnt": {} });
  });

  test("of con is an empty string in a Create and null in an Update", () => {
    expect(exactOf(core("cin", "<con/>"))).toEqual({ "m2m:cin": { con: "" } });
    expect(exactOf(core("cin", "<con/>"), true)).toEqual({ "m2m:cin": { con: null } });
  });

  test("is written for null whatever the type", () => {
    expect(
      xmlOf({ "m2m:cnt": { rn: null, lbl: null, mni: null, cr: null, own: null } }, true),
    ).toBe(
      `<m2m:cnt xmlns:m2m="${CORE}" rn=""><lbl></lbl><cr></cr><mni></mni><own></own></m2m:cnt>`,
    );
  });

  test("is not written for an empty string in an Update, where it would delete", () => {
    expect(() => xmlOf({ "m2m:cnt": { or: "" } }, true)).toThrow(/or is an empty string/);
    expect(() => xmlOf({ "m2m:cnt": { own: "" } }, true)).toThrow(/own is an empty string/);
    expect(xmlOf({ "m2m:cnt": { or: "" } })).toBe(core("cnt", "<or></or>"));
  });

  test.each([
    ["rrl", "rrf"],
    ["agn", "m2m:sgn"],
  ])("as the root m2m:%s is the empty list that it has room for", (root, list) => {
    expect(exactOf(core(root, ""))).toEqual({ [`m2m:${root}`]: { [list]: [] } });
    expect(xmlOf({ [`m2m:${root}`]: { [list]: [] } })).toBe(core(root, ""));
  });

  test("is not written for an empty list of elements in an Update, whose parent it would delete", () => {
    const tree = { "m2m:acp": { pv: { acr: [] } } };
    expect(() => xmlOf(tree, true)).toThrow(/acr is an empty list, which the XML of an Update/);
    expect(xmlOf(tree)).toBe(core("acp", "<pv></pv>"));
    expect(xmlOf({ "m2m:cnt": { mni: 1, "m2m:cin": [] } }, true)).toBe(core("cnt", "<mni>1</mni>"));
    expect(xmlOf({ "m2m:cnt": { lbl: [] } }, true)).toBe(core("cnt", "<lbl></lbl>"));
  });

  test.each([
    [3, null],
    ["03", null],
    [1, ""],
    [5, ""],
  ])(
    "inside a nested primitive of operation %s reads as its own operation says (7.3.3.7)",
    (op, or) => {
      const inner = `<op>${op}</op><to>a</to><pc><m2m:cnt><or/></m2m:cnt></pc>`;
      for (const emptyIsNull of [false, true]) {
        expect(exactOf(core("rqp", inner), emptyIsNull)).toEqual({
          "m2m:rqp": { op: Number(op), to: "a", pc: { "m2m:cnt": { or } } },
        });
      }
    },
  );

  test("inside a nested response, whose request is not known, is what its type makes of it", () => {
    const xml = core("rsp", "<rsc>2004</rsc><pc><m2m:cnt><or/><lbl/><mni/></m2m:cnt></pc>");
    expect(exactOf(xml)).toEqual({
      "m2m:rsp": { rsc: 2004, pc: { "m2m:cnt": { or: "", lbl: [], mni: null } } },
    });
  });

  test("cannot be an empty string inside a nested Update either", () => {
    const request = { op: 3, pc: { "m2m:cnt": { or: "" } } };
    expect(() => xmlOf({ "m2m:rqp": request })).toThrow(/or is an empty string/);
    expect(() => xmlOf({ "m2m:rqp": { ...request, op: "3" } })).toThrow(/or is an empty string/);
    expect(() => xmlOf('{"m2m:rqp":{"op":3.0,"pc":{"m2m:cnt":{"or":""}}}}')).toThrow(
      /or is an empty string/,
    );
    expect(xmlOf({ "m2m:rqp": { ...request, op: 1 } }, true)).toContain("<or></or>");
  });
});

describe("a list (TS-0004, 8.3.1)", () => {
  test.each<[string, string, unknown]>([
    [
      "of strings that look like numbers",
      core("ae", "<srv>2 2a 3</srv>"),
      { "m2m:ae": { srv: ["2", "2a", "3"] } },
    ],
    ["of one item", core("ae", "<srv>3</srv>"), { "m2m:ae": { srv: ["3"] } }],
    ["of numbers", core("cb", "<srt>1\n 2\t03</srt>"), { "m2m:cb": { srt: [1, 2, 3] } }],
    ["with blanks around", core("cnt", "<lbl> a </lbl>"), { "m2m:cnt": { lbl: ["a"] } }],
    [
      "with commas, which separate nothing",
      core("cnt", "<lbl>a,b c</lbl>"),
      { "m2m:cnt": { lbl: ["a,b", "c"] } },
    ],
    [
      "of repeated elements",
      core("sub", "<enc><net>1</net><net>3</net></enc>"),
      { "m2m:sub": { enc: { net: [1, 3] } } },
    ],
    [
      "of one repeated element",
      core("sub", "<enc><net>1</net></enc>"),
      { "m2m:sub": { enc: { net: [1] } } },
    ],
    [
      "of repeated elements with blanks",
      core("sch", "<se><sce>* 0-5 * * * *</sce></se>"),
      { "m2m:sch": { se: { sce: ["* 0-5 * * * *"] } } },
    ],
    [
      "of repeated elements with blanks, two of them in an object",
      core(
        "acp",
        "<pv><acr><acco><actw>* * 1 * * * *</actw><actw>* * 2 * * * *</actw></acco></acr></pv>",
      ),
      { "m2m:acp": { pv: { acr: [{ acco: [{ actw: ["* * 1 * * * *", "* * 2 * * * *"] }] }] } } },
    ],
    [
      "of attributes as one list",
      core("sub", "<enc><atr>lbl mni</atr></enc>"),
      { "m2m:sub": { enc: { atr: ["lbl", "mni"] } } },
    ],
    [
      "of attributes as repeated elements, as older schemas have it",
      core("sub", "<enc><atr>lbl</atr><atr>mni</atr></enc>"),
      { "m2m:sub": { enc: { atr: ["lbl", "mni"] } } },
    ],
    ["at the root", core("uril", "a/b c"), { "m2m:uril": ["a/b", "c"] }],
    ["at the root, empty", core("uril", ""), { "m2m:uril": [] }],
  ])("%s", (_, xml, tree) => {
    expect(exactOf(xml)).toEqual(tree);
  });

  test("of child resources is an array even for one, by parenthood", () => {
    const xml = core("cnt", '<m2m:cin rn="a"><con>1</con></m2m:cin><m2m:cnt><m2m:cin/></m2m:cnt>');
    expect(exactOf(xml)).toEqual({
      "m2m:cnt": { "m2m:cin": [{ rn: "a", con: "1" }], "m2m:cnt": [{ "m2m:cin": [{}] }] },
    });
  });

  test.each([
    ["a blank", ["living room"], /lbl has the item "living room"/],
    ["a line break", ["a\nb"], /lbl has the item/],
    ["nothing", ["a", ""], /lbl has the item ""/],
    ["null", ["a", null], /lbl has the item null/],
    ["a list", [["a"]], /lbl has a list/],
  ])("with an item that is or holds %s cannot be said in XML", (_, lbl, sentence) => {
    expect(() => xmlOf({ "m2m:cnt": { lbl } })).toThrow(sentence);
    expect(() => xmlOf({ "m2m:cnt": { lbl } })).toThrow(
      expect.objectContaining({ code: "GW_CONTENT_NOT_TRANSCODABLE", rsc: 4000 }),
    );
  });

  test("is made of a scalar where the table has a list, as Mobius clients write it", () => {
    expect(xmlOf({ "m2m:sub": { nu: "http://a", enc: { net: 1 } } })).toBe(
      core("sub", "<enc><net>1</net></enc><nu>http://a</nu>"),
    );
    expect(() => xmlOf({ "m2m:sub": { nu: "http://a http://b" } })).toThrow(/nu has the item/);
  });

  test("is repeated elements where the table has one value, and reads back as a list", () => {
    const tree = { "m2m:cnt": { mni: [1, 2] } };
    expect(xmlOf(tree)).toBe(core("cnt", "<mni>1</mni><mni>2</mni>"));
    expect(exactOf(xmlOf(tree))).toEqual(tree);
  });
});

describe("a number", () => {
  const mni = (text: string): unknown =>
    (exactOf(core("cnt", `<mni>${text}</mni>`)) as { "m2m:cnt": { mni: unknown } })["m2m:cnt"].mni;

  test.each<[string, unknown]>([
    ["5", 5],
    ["+5", 5],
    ["007", 7],
    ["-0012", -12],
    ["  5\n", 5],
    [".5", 0.5],
    ["5.", 5],
    ["-.5", -0.5],
    ["5.e3", new Numeral("5e3")],
    ["1.50", new Numeral("1.50")],
    ["000", 0],
    ["-0", new Numeral("-0")],
    ["9007199254740993", 9007199254740993n],
    ["1e400", new Numeral("1e400")],
    ["1".repeat(65), new Numeral("1".repeat(65))],
  ])("%j is read as JSON spells it", (text, value) => {
    expect(mni(text)).toEqual(value);
  });

  test.each([
    "INF",
    "-INF",
    "NaN",
    "abc",
    "1 2",
    "0x10",
    "1e",
    "e5",
    ".",
    "-",
    "+",
    "1,5",
    "--1",
    "१",
    "\u00a05",
  ])("%j is none, and no other serialization is told of it", (text) => {
    expect(() => mni(text)).toThrow(
      expect.objectContaining({ code: "GW_CONTENT_NOT_TRANSCODABLE", rsc: 4000 }),
    );
    expect(() => mni(text)).toThrow(/<mni> holds ".*", which is no number/);
  });

  test.each([
    ["5.0", "5"],
    ["-12.00", "-12"],
    ["1e3", "1000"],
    ["5.5", "5.5"],
    ["1e22", `1${"0".repeat(22)}`],
    ["1.50e1", "15"],
    ["0.1e1", "1"],
    ["-1.23E+63", `-123${"0".repeat(61)}`],
    ["0e99", "0"],
    ["1e64", "1e64"],
    ["1.5e0", "1.5e0"],
    ["1e-1", "1e-1"],
    ["1e-999999999999", "1e-999999999999"],
    [`${"9".repeat(70)}.0`, "9".repeat(70)],
    ["9007199254740993", "9007199254740993"],
  ])("%s is written as %s where the table has an integer", (json, xml) => {
    expect(xmlOf(`{"m2m:cnt":{"mni":${json}}}`)).toBe(core("cnt", `<mni>${xml}</mni>`));
  });

  test.each([
    [1e22, `1${"0".repeat(22)}`],
    [1e23, `1${"0".repeat(23)}`],
    [-1.5e21, `-15${"0".repeat(20)}`],
    [1e-7, "1e-7"],
    [2 ** 60, String(2 ** 60)],
  ])("that is the double %d is written as %s where the table has an integer", (number, xml) => {
    expect(xmlOf({ "m2m:cnt": { mni: number } })).toBe(core("cnt", `<mni>${xml}</mni>`));
  });

  test("of the shortest kind is written where a double has it", () => {
    const xml = xmlOf({ "cod:tempe": { curT0: 0.1, minVe: -40, maxVe: 1e21 } });
    expect(xml).toBe(cod("tempe", "<curT0>0.1</curT0><minVe>-40</minVe><maxVe>1e+21</maxVe>"));
  });
});

describe("a boolean", () => {
  test.each([
    ["true", true],
    ["1", true],
    ["false", false],
    ["0", false],
    [" true ", true],
  ])("is read from %j", (text, value) => {
    expect(exactOf(core("cnt", `<disr>${text}</disr>`))).toEqual({ "m2m:cnt": { disr: value } });
  });

  test.each(["TRUE", "yes", "2"])("is not read from %j", (text) => {
    expect(() => exactOf(core("cnt", `<disr>${text}</disr>`))).toThrow(
      /<disr> holds .* neither true nor false/,
    );
  });

  test("is written as a word, also where a client sent it as a string", () => {
    expect(xmlOf({ "m2m:cnt": { disr: "true" } })).toBe(core("cnt", "<disr>true</disr>"));
  });
});

describe("text", () => {
  test.each([
    ["CRLF", "a\r\nb", "a&#xD;\nb"],
    ["TAB", "\ta\t", "\ta\t"],
    ["markup", '<t a="1">5 & 6</t>', '&lt;t a="1"&gt;5 &amp; 6&lt;/t&gt;'],
    ["the end of a CDATA section", "]]>", "]]&gt;"],
    ["characters beyond the BMP", "😀", "😀"],
    ["blanks only", "  ", "  "],
  ])("with %s is the same after XML", (_, con, written) => {
    const xml = xmlOf({ "m2m:cin": { con } });
    expect(xml).toBe(core("cin", `<con>${written}</con>`));
    expect(exactOf(xml)).toEqual({ "m2m:cin": { con } });
  });

  test("in an attribute has its line breaks as references", () => {
    const rn = "a\r\n\t\"<&>'";
    const xml = xmlOf({ "m2m:cnt": { rn } });
    expect(xml).toContain(`rn="a&#xD;&#xA;&#x9;&quot;&lt;&amp;&gt;'"`);
    expect(exactOf(xml)).toEqual({ "m2m:cnt": { rn } });
  });

  test.each([
    ["U+0001", "\u0001"],
    ["U+0000", "\u0000"],
    ["U+000B", "\u000b"],
    ["U+FFFE", "\ufffe"],
    ["U+D800", "\ud800"],
  ])("with %s cannot be said in XML, and the sentence names the member", (name, character) => {
    const sentence = `con has the character ${name}, which XML cannot hold`;
    expect(() => xmlOf({ "m2m:cin": { con: `a${character}b` } })).toThrow(sentence);
    expect(() => xmlOf({ "m2m:ae": { srv: [`a${character}b`] } })).toThrow(/srv has the character/);
    expect(() => xmlOf({ "m2m:ae": { rn: `a${character}b` } })).toThrow(/rn has the character/);
  });

  test("of con that looks like a number stays a string, and a number in it is written as its text", () => {
    expect(exactOf(core("cin", "<con>21.50</con>"))).toEqual({ "m2m:cin": { con: "21.50" } });
    expect(xmlOf('{"m2m:cin":{"con":21.50}}')).toBe(core("cin", "<con>21.50</con>"));
    expect(xmlOf('{"m2m:cin":{"con":true}}')).toBe(core("cin", "<con>true</con>"));
  });

  test("of con is the JSON text where a peer of ACME sent an object or a list", () => {
    const xml = xmlOf('{"m2m:cin":{"con":{"a":[1.10,"<"]}}}');
    expect(exactOf(xml)).toEqual({ "m2m:cin": { con: '{"a":[1.10,"<"]}' } });
    expect(exactOf(xmlOf('{"m2m:cin":{"con":[1, 2]}}'))).toEqual({ "m2m:cin": { con: "[1,2]" } });
  });

  test("of con is the markup inside where XML has elements there, its namespaces declared", () => {
    const inside = `a<t b="1">5 &amp; 6</t><m2m:u>&#xD;</m2m:u>`;
    expect(exactOf(core("cin", `<con>${inside}</con>`))).toEqual({
      "m2m:cin": {
        con: `a<t b="1">5 &amp; 6</t><m2m:u xmlns:m2m="${CORE}">&#xD;</m2m:u>`,
      },
    });
  });

  test("of a relative time stays a string", () => {
    expect(exactOf(core("rqp", "<rqet>5000</rqet>"))).toEqual({ "m2m:rqp": { rqet: "5000" } });
    expect(xmlOf({ "m2m:rqp": { rqet: 5000 } })).toBe(core("rqp", "<rqet>5000</rqet>"));
  });

  test("between elements is refused towards another serialization", () => {
    const xml = core("cnt", "<lbl>a</lbl>stray<mni>1</mni>");
    expect(() => exactOf(xml)).toThrow(/text between the elements of <cnt>/);
    expect(contentOf(xml).tree()).toEqual({ "m2m:cnt": { lbl: ["a"], mni: 1 } });
    expect(exactOf(core("cnt", "\n  <lbl>a</lbl>\n"))).toEqual({ "m2m:cnt": { lbl: ["a"] } });
  });
});

import { describe, expect, test } from "vitest";
import { textOf } from "../json/using-json.ts";
import { COMMON, CORE, contentOf, core, encoded, exactOf, xmlOf } from "./using-xml.ts";

const HOME = `${CORE}/homedomain`;

describe("a reference to a child (TS-0004, 8.3.1)", () => {
  const tree = {
    "m2m:ae": {
      ch: [
        { nm: "a", typ: 3, val: "cse/a" },
        { typ: 4, spid: "x", val: "b" },
      ],
    },
  };
  const xml = core("ae", '<ch nm="a" typ="3">cse/a</ch><ch typ="4" spid="x">b</ch>');

  test("has its name and type as attributes and its address as text", () => {
    expect(xmlOf(tree)).toBe(xml);
    expect(exactOf(xml)).toEqual(tree);
  });

  test("is understood with elements for attributes, and as a string", () => {
    expect(exactOf(core("ae", "<ch><nm>a</nm>cse/a</ch>"))).toEqual({
      "m2m:ae": { ch: [{ nm: "a", val: "cse/a" }] },
    });
    expect(xmlOf({ "m2m:ae": { ch: ["cse/a"] } })).toBe(core("ae", "<ch>cse/a</ch>"));
  });

  test("with the same member as attribute and as element is refused", () => {
    expect(() => exactOf(core("ae", '<ch nm="a"><nm>b</nm></ch>'))).toThrow(
      /a member of <ch> both as attribute and as element/,
    );
  });

  test("whose attribute is an object cannot be said in XML", () => {
    expect(() => xmlOf({ "m2m:cnt": { rn: { a: 1 } } })).toThrow(/rn has an object/);
    expect(() => xmlOf({ "m2m:cnt": { rn: ["a"] } })).toThrow(/rn has a list/);
  });
});

describe("names and namespaces", () => {
  test.each<[string, string]>([
    ["a prefix of the peer's choice", `<x:cin xmlns:x="${CORE}"><con>1</con></x:cin>`],
    ["a default namespace on the root", `<cin xmlns="${CORE}"><con>1</con></cin>`],
    ["no declaration", "<m2m:cin><con>1</con></m2m:cin>"],
    ["no namespace at all", "<cin><con>1</con></cin>"],
    ["members in the namespace of the root", core("cin", "<m2m:con>1</m2m:con>")],
  ])("%s is understood (TS-0004, 8.3.1)", (_, xml) => {
    expect(exactOf(xml)).toEqual({ "m2m:cin": { con: "1" } });
  });

  test("a vendor's member is none of the standard's, whatever its name", () => {
    const xml = `<m2m:cnt xmlns:m2m="${CORE}" xmlns:v="urn:v"><v:lbl>x y</v:lbl><lbl>a</lbl></m2m:cnt>`;
    expect(exactOf(xml)).toEqual({ "m2m:cnt": { "v:lbl": "x y", lbl: ["a"] } });
  });

  test("a default namespace leaves child resources and members what they are", () => {
    const xml = `<cnt xmlns="${CORE}"><lbl>a</lbl><cin><con>1</con></cin><own>x</own></cnt>`;
    expect(exactOf(xml)).toEqual({
      "m2m:cnt": { lbl: ["a"], "m2m:cin": [{ con: "1" }], own: "x" },
    });
  });

  test("sgn and rsp without prefix are those of the core (TS-0004, 6.3.5.12 prints them so)", () => {
    expect(exactOf(core("agn", "<sgn><sur>a</sur></sgn>"))).toEqual({
      "m2m:agn": { "m2m:sgn": [{ sur: "a" }] },
    });
    expect(exactOf(core("agr", "<rsp><rsc>2000</rsc></rsp>"))).toEqual({
      "m2m:agr": { "m2m:rsp": [{ rsc: 2000 }] },
    });
    expect(xmlOf({ "m2m:agn": { sgn: [{ sur: "a" }] } })).toBe(
      core("agn", "<m2m:sgn><sur>a</sur></m2m:sgn>"),
    );
  });

  test("atrl without prefix is the core's (TS-0009, 6.2.2.2 prints it so)", () => {
    expect(exactOf(core("rqp", "<pc><atrl>ri lbl</atrl></pc>"))).toEqual({
      "m2m:rqp": { pc: { "m2m:atrl": ["ri", "lbl"] } },
    });
    expect(xmlOf({ atrl: ["ri"] })).toBe(core("atrl", "ri"));
  });

  test("a resource without prefix inside m2m:rce is the core's, as ACME writes it", () => {
    expect(xmlOf({ "m2m:rce": { uri: "a/b", cnt: { mni: 1 } } })).toBe(
      core("rce", "<m2m:cnt><mni>1</mni></m2m:cnt><uri>a/b</uri>"),
    );
    expect(exactOf(core("rce", "<cnt><mni>1</mni></cnt><uri>a/b</uri>"))).toEqual({
      "m2m:rce": { "m2m:cnt": { mni: 1 }, uri: "a/b" },
    });
  });

  test("a prefix of the standard is written for its namespace, whatever the document has", () => {
    const xml = `<y:binSh xmlns:y="${COMMON}"><state>true</state></y:binSh>`;
    expect(exactOf(xml)).toEqual({ "cod:binSh": { state: true } });
  });

  test("hd, which products of release 2 bind to the home domain, stays hd for JSON peers", () => {
    const xml = `<hd:binSh xmlns:hd="${HOME}"><powSe>true</powSe></hd:binSh>`;
    expect(exactOf(xml)).toEqual({ "hd:binSh": { powSe: "true" } });
    expect(exactOf(xml.replaceAll("hd", "hod"))).toEqual({ "hod:binSh": { powSe: "true" } });
    const edit = contentOf(xml).edited([{ path: ["hd:binSh", "lbl"], value: ["a"] }]);
    expect(encoded(edit)).toContain(`xmlns:hd="${HOME}"`);
  });

  test("a prefix of JSON is the same after XML", () => {
    for (const prefix of ["m2m", "cod", "hod", "hd", "ved"]) {
      const tree = { [`${prefix}:own`]: { a: "1" } };
      expect(exactOf(xmlOf(tree))).toEqual(tree);
    }
  });

  test("every prefix is declared once, on the root, that of the root first", () => {
    const tree = { "m2m:cnt": { "cod:binSh": [{ state: true }], "hod:x": [{ "cod:y": "1" }] } };
    expect(xmlOf(tree)).toMatch(
      /^<m2m:cnt xmlns:m2m="[^"]*" xmlns:cod="[^"]*" xmlns:hod="[^"]*"><cod:binSh>/,
    );
  });

  test("a prefix without namespace cannot be said in XML", () => {
    expect(() => xmlOf({ "x:a": {} })).toThrow("no namespace is known for the prefix x");
    expect(() => xmlOf({ "m2m:cnt": { "x:own": 1 } })).toThrow(
      expect.objectContaining({ code: "GW_CONTENT_NOT_TRANSCODABLE" }),
    );
  });

  test.each([
    [
      "a prefix of the standard for another namespace",
      '<m2m:cnt xmlns:m2m="urn:x"/>',
      /prefix m2m/,
    ],
    [
      "one prefix for two namespaces",
      '<a xmlns:x="urn:x"><x:b/><x:c xmlns:x="urn:y"/></a>',
      /prefix x for another namespace/,
    ],
  ])("%s is refused towards another serialization", (_, xml, sentence) => {
    expect(() => exactOf(xml)).toThrow(sentence);
    expect(encoded(contentOf(xml))).toBe(xml);
    expect(contentOf(xml).root()).not.toBe("m2m:cnt");
  });

  test.each(["a b", "", "1a", "a>b", "a:b:c", ":a", "xmlns:a", "xml:a", "a/><b", "ä\u0300\u2028"])(
    "the member %j has no name in XML",
    (name) => {
      expect(() => xmlOf({ "m2m:cnt": Object.fromEntries([[name, 1]]) })).toThrow(
        /is no name in XML|no namespace/,
      );
      expect(() => xmlOf(Object.fromEntries([[name, {}]]))).toThrow(
        expect.objectContaining({ rsc: 4000 }),
      );
    },
  );

  test.each(["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"])(
    "the member %s is a name like any other",
    (name) => {
      const json = `{"m2m:cnt":{"${name}":"x"}}`;
      expect(xmlOf(json)).toBe(core("cnt", `<${name}>x</${name}>`));
      expect(textOf(contentOf(core("cnt", `<${name}>x</${name}>`)))).toBe(json);
      expect(textOf(contentOf(`<m2m:own ${name}="x"/>`))).toBe(`{"m2m:own":{"${name}":"x"}}`);
    },
  );
});

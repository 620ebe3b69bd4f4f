import { describe, expect, test } from "vitest";
import type { Edit, Tree } from "../../../src/primitive/content.ts";
import {
  COMMON,
  CORE,
  contentOf,
  core,
  encoded,
  exactOf,
  withoutDeclaration,
} from "./using-xml.ts";

const GATEWAY = "http://gw/poa/x";

const edited = (xml: string, ...edits: readonly Edit[]): string =>
  withoutDeclaration(encoded(contentOf(xml).edited(edits)));
const withPoint = (xml: string): string =>
  edited(xml, { path: ["m2m:ae", "poa"], value: [GATEWAY] });
const POA = `<poa>${GATEWAY}</poa>`;

describe("an edit leaves everything else as it is:", () => {
  test.each<[string, string]>([
    ["members in an order of their own", "<rr>true</rr><poa>ws://default</poa><api>N</api>"],
    ["a vendor's default namespace", '<e xmlns="urn:x">1</e><poa>ws://default</poa>'],
    [
      "vendors' members with attributes",
      '<v:e xmlns:v="urn:x" v:k="1">1</v:e><w:e xmlns:w="urn:y"></w:e><poa>ws://default</poa>',
    ],
    [
      "one prefix for two namespaces",
      '<poa>ws://default</poa><v:e xmlns:v="urn:x">1</v:e><v:f xmlns:v="urn:y"></v:f>',
    ],
    [
      "a prefix of the standard for another namespace",
      '<poa>ws://default</poa><cod:e xmlns:cod="urn:x">1</cod:e>',
    ],
    ["text among elements", "<poa>ws://default</poa><zz>a<b></b>c</zz>"],
    [
      "repeated elements that no table knows",
      "<poa>ws://default</poa><zz>1</zz><zz>2</zz><q><w>a b</w><w></w></q><e2></e2>",
    ],
    ["what is for XML processors", '<api xml:lang="en">N</api><poa>ws://default</poa>'],
    ["blanks", "\n  <api> N </api>\n  <poa>ws://default</poa>\n  <nl>  sp </nl>\n"],
    [
      "values that contradict the tables or are spelled in their own way",
      "<lbl>a  b</lbl><poa>ws://default</poa><rr>TRUE</rr><trn>007</trn><mni>+5</mni>",
    ],
    [
      "child resources",
      '<poa>ws://default</poa><m2m:cnt rn="c"><m2m:cin><con><a>1</a></con></m2m:cin></m2m:cnt>',
    ],
    ["a member as an attribute of the root", "<poa>ws://default</poa>"],
  ])("%s", (_, inside) => {
    const xml = core("ae", inside)
      .replace("<m2m:ae", '<m2m:ae own="1"')
      .replace(/(<m2m:ae) (own="1") (xmlns:m2m="[^"]*")/, "$1 $3 $2");
    expect(withPoint(xml)).toBe(xml.replace("<poa>ws://default</poa>", POA));
  });
});

describe("a member that is added goes where the schema has it:", () => {
  test.each<[string, string, string]>([
    ["alone", "", POA],
    [
      "behind the last one before it",
      "<api>N</api><rr>true</rr>",
      `<api>N</api>${POA}<rr>true</rr>`,
    ],
    ["before the first one behind it", "<rr>true</rr>", `${POA}<rr>true</rr>`],
    ["before child resources", "<m2m:cnt></m2m:cnt>", `${POA}<m2m:cnt></m2m:cnt>`],
    ["before a vendor's members", "<api>N</api><own>1</own>", `<api>N</api>${POA}<own>1</own>`],
  ])("%s", (_, inside, expected) => {
    expect(withPoint(core("ae", inside))).toBe(core("ae", expected));
  });
});

describe("names of what is written are as the peer has them:", () => {
  test.each<[string, string, string]>([
    [
      "in a default namespace",
      `<ae xmlns="${CORE}"><api>N</api><poa>a</poa></ae>`,
      `<ae xmlns="${CORE}"><api>N</api>${POA}</ae>`,
    ],
    [
      "added in a default namespace",
      `<ae xmlns="${CORE}"><api>N</api></ae>`,
      `<ae xmlns="${CORE}"><api>N</api>${POA}</ae>`,
    ],
    [
      "with a prefix",
      core("ae", "<m2m:poa>a</m2m:poa>"),
      core("ae", `<m2m:poa>${GATEWAY}</m2m:poa>`),
    ],
    [
      "added where others have a prefix",
      core("ae", "<m2m:api>N</m2m:api>"),
      core("ae", `<m2m:api>N</m2m:api><m2m:poa>${GATEWAY}</m2m:poa>`),
    ],
    ["without any", "<ae><poa>a</poa></ae>", `<ae>${POA}</ae>`],
    [
      "under a prefix of the peer's choice",
      `<x:ae xmlns:x="${CORE}"><poa>a</poa></x:ae>`,
      `<x:ae xmlns:x="${CORE}">${POA}</x:ae>`,
    ],
  ])("%s", (_, xml, expected) => {
    expect(withPoint(xml)).toBe(expected);
    expect(contentOf(expected).tree()).toMatchObject({ "m2m:ae": { poa: [GATEWAY] } });
  });

  test("objects in an element of a default namespace are in it too", () => {
    const xml = `<acp xmlns="${CORE}"><pv><acr><acor>a</acor><acop>1</acop></acr></pv></acp>`;
    const pv = {
      acr: [
        { acor: ["b"], acop: 2 },
        { acor: ["c"], acop: 3 },
      ],
    };
    expect(edited(xml, { path: ["m2m:acp", "pv"], value: pv })).toBe(
      `<acp xmlns="${CORE}"><pv><acr><acor>b</acor><acop>2</acop></acr>` +
        "<acr><acor>c</acor><acop>3</acop></acr></pv></acp>",
    );
  });
});

describe("an edit reaches", () => {
  const value = ["http://b"];
  test.each<[string, string, Edit["path"], Tree | undefined, string]>([
    [
      "a resource inside m2m:rce",
      core("rce", "<m2m:ae><poa>a</poa></m2m:ae><uri>a/b</uri>"),
      ["m2m:rce", "m2m:ae", "poa"],
      value,
      core("rce", "<m2m:ae><poa>http://b</poa></m2m:ae><uri>a/b</uri>"),
    ],
    [
      "one without prefix there",
      core("rce", "<ae><poa>a</poa></ae><uri>a/b</uri>"),
      ["m2m:rce", "m2m:ae", "poa"],
      value,
      core("rce", "<ae><poa>http://b</poa></ae><uri>a/b</uri>"),
    ],
    [
      "content inside a wildcard",
      core("sgn", "<nev><rep><m2m:ae><poa>a</poa></m2m:ae></rep><net>1</net></nev>"),
      ["m2m:sgn", "nev", "rep", "m2m:ae", "poa"],
      value,
      core("sgn", "<nev><rep><m2m:ae><poa>http://b</poa></m2m:ae></rep><net>1</net></nev>"),
    ],
    [
      "a resource that no table knows",
      '<v:thing xmlns:v="urn:v"><v:own>1</v:own></v:thing>',
      ["v:thing", "lbl"],
      ["a"],
      '<v:thing xmlns:v="urn:v"><lbl>a</lbl><v:own>1</v:own></v:thing>',
    ],
    [
      "an attribute",
      `<m2m:ae xmlns:m2m="${CORE}" rn="a"><api>N</api></m2m:ae>`,
      ["m2m:ae", "rn"],
      "b",
      `<m2m:ae xmlns:m2m="${CORE}" rn="b"><api>N</api></m2m:ae>`,
    ],
    [
      "an attribute, to take it out",
      `<m2m:ae xmlns:m2m="${CORE}" rn="a"><api>N</api></m2m:ae>`,
      ["m2m:ae", "rn"],
      undefined,
      core("ae", "<api>N</api>"),
    ],
    [
      "every element of a repeated member",
      core("sub", "<enc><net>1</net><atr>x</atr><net>2</net></enc>"),
      ["m2m:sub", "enc", "net"],
      [3, 4],
      core("sub", "<enc><net>3</net><net>4</net><atr>x</atr></enc>"),
    ],
    [
      "an empty element, as the object it stands for",
      core("sub", "<enc></enc>"),
      ["m2m:sub", "enc", "net"],
      [3],
      core("sub", "<enc><net>3</net></enc>"),
    ],
    [
      "the root itself",
      core("ae", "<api>N</api>"),
      ["m2m:ae"],
      { rr: true },
      core("ae", "<rr>true</rr>"),
    ],
  ])("%s", (_, xml, path, put, expected) => {
    expect(edited(xml, { path, value: put })).toBe(expected);
  });

  test.each<[string, string, Edit["path"], Tree | undefined]>([
    ["another root", core("ae", "<api>N</api>"), ["m2m:cnt", "poa"], ["a"]],
    ["a member that is text", core("ae", "<loc>here</loc>"), ["m2m:ae", "loc", "typ"], 1],
    ["a member that is not there, to take it out", core("ae", ""), ["m2m:ae", "poa"], undefined],
    [
      "a member in one that is not there, to take it out",
      core("ae", ""),
      ["m2m:ae", "a", "b"],
      undefined,
    ],
    ["the root, to take it out", core("ae", ""), ["m2m:ae"], undefined],
  ])("nothing by the name of %s", (_, xml, path, put) => {
    expect(edited(xml, { path, value: put })).toBe(xml);
  });
});

test("several edits are made one after the other, and the content knows them", () => {
  const content = contentOf(core("sub", "<nu>a</nu><su>b</su>")).edited([
    { path: ["m2m:sub", "nu"], value: ["c", "d"] },
    { path: ["m2m:sub", "su"], value: undefined },
  ]);
  expect(content.tree()).toEqual({ "m2m:sub": { nu: ["c", "d"] } });
  expect(content.mentions("c d")).toBe(true);
  expect(content.root()).toBe("m2m:sub");
});

test("a document that is as large as any can be has room for a member more", () => {
  const many = "<b></b>".repeat(65_535);
  expect(withPoint(core("ae", many)) === core("ae", POA + many)).toBe(true);
});

test("an edited element keeps the namespaces of the document around it", () => {
  const xml = `<cod:binSh xmlns:cod="${COMMON}" xmlns:v="urn:v"><v:a>v:b</v:a></cod:binSh>`;
  expect(edited(xml, { path: ["cod:binSh", "state"], value: true })).toContain(' xmlns:v="urn:v"');
  expect(exactOf(edited(xml, { path: ["cod:binSh", "state"], value: true }))).toMatchObject({
    "cod:binSh": { state: true },
  });
});

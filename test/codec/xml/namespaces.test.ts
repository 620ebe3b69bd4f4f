import { describe, expect, test } from "vitest";
import type { Codec } from "../../../src/codec/codec.ts";
import { createXmlCodec } from "../../../src/codec/xml/xml.ts";
import { type Content, MadeContent, type Tree } from "../../../src/primitive/content.ts";
import { bytes } from "../json/using-json.ts";
import { CORE, core, withoutDeclaration } from "./using-xml.ts";

const HOME = `${CORE}/homedomain`;
const HORIZONTAL = `${CORE}/horizontaldomain`;
const VENDOR = "http://vendor.example/a";

/** XML with these namespaces configured. */
const codecWith = (namespaces: Readonly<Record<string, string>>): Codec =>
  createXmlCodec({ onUnknown() {}, namespaces: new Map(Object.entries(namespaces)) });
const shared = codecWith({});

const contentIn = (codec: Codec, xml: string): Content =>
  codec.decodeContent(bytes(xml), { emptyIsNull: false });
const read = (codec: Codec, xml: string): unknown => contentIn(codec, xml).exact();
const written = (codec: Codec, tree: Tree): string =>
  withoutDeclaration(codec.encodeContent(new MadeContent(tree), { emptyIsNull: false }) as string);

const own = (prefix: string, namespace: string): string =>
  `<${prefix}:own xmlns:${prefix}="${namespace}"><a>1</a></${prefix}:own>`;

describe("what a peer's documents declare (primitives, 11)", () => {
  test("is declared again in what is written to it", () => {
    const peer = shared.forPeer();
    expect(read(peer, own("v", VENDOR))).toEqual({ "v:own": { a: "1" } });
    expect(written(peer, { "v:own": { a: "1" } })).toBe(own("v", VENDOR));
    const member = `<m2m:cnt xmlns:m2m="${CORE}" xmlns:v="${VENDOR}"><v:x>1</v:x></m2m:cnt>`;
    expect(written(peer, { "m2m:cnt": { "v:x": "1" } })).toBe(member);
  });

  test("is known too when rules alone have looked at it", () => {
    const peer = shared.forPeer();
    contentIn(peer, own("v", VENDOR)).tree();
    expect(written(peer, { "v:own": { a: "1" } })).toBe(own("v", VENDOR));
  });

  test("in its parameters is known for what a later message of its has", () => {
    const peer = shared.forPeer();
    const xml = `<m2m:rqp xmlns:m2m="${CORE}" xmlns:v="${VENDOR}"><op>2</op><to>a</to><fr>b</fr><rqi>1</rqi><v:p>1</v:p></m2m:rqp>`;
    expect(peer.readPrimitive(bytes(xml), { lenient: false })).toHaveProperty("primitive");
    expect(written(peer, { "v:own": { a: "1" } })).toBe(own("v", VENDOR));
  });

  test("is nothing to another peer, nor to whoever writes to nobody in particular", () => {
    const peer = shared.forPeer();
    const other = shared.forPeer();
    read(peer, own("v", VENDOR));
    read(shared, own("w", VENDOR));
    for (const codec of [other, shared, peer.forPeer()]) {
      expect(() => written(codec, { "v:own": {} })).toThrow(/for the prefix v; xml\.namespaces/);
      expect(() => written(codec, { "w:own": {} })).toThrow(/for the prefix w; xml\.namespaces/);
    }
    read(other, own("v", "urn:other"));
    expect(written(peer, { "v:own": { a: "1" } })).toBe(own("v", VENDOR));
    expect(written(other, { "v:own": { a: "1" } })).toBe(own("v", "urn:other"));
  });

  test("last is what a prefix stands for", () => {
    const peer = shared.forPeer();
    read(peer, own("v", VENDOR));
    read(peer, own("v", "urn:later"));
    expect(written(peer, { "v:own": { a: "1" } })).toBe(own("v", "urn:later"));
  });

  test("is remembered of the 64 prefixes that were used last", () => {
    const peer = shared.forPeer();
    for (let number = 0; number < 64; number += 1) read(peer, own(`v${number}`, VENDOR));
    read(peer, own("v0", VENDOR));
    read(peer, own("v64", VENDOR));
    expect(() => written(peer, { "v1:own": {} })).toThrow(/for the prefix v1;/);
    for (const prefix of ["v0", "v2", "v64"]) {
      expect(written(peer, { [`${prefix}:own`]: { a: "1" } })).toBe(own(prefix, VENDOR));
    }
  });

  test("is not remembered of a prefix of more than 64 characters", () => {
    const peer = shared.forPeer();
    for (const [prefix, isKnown] of [
      ["v".repeat(64), true],
      ["w".repeat(65), false],
    ] as const) {
      read(peer, own(prefix, VENDOR));
      const write = () => written(peer, { [`${prefix}:own`]: {} });
      if (isKnown) expect(write()).toContain(VENDOR);
      else expect(write).toThrow(/no namespace is known/);
    }
  });

  test("cannot change what a prefix of the standard stands for", () => {
    const peer = shared.forPeer();
    for (const prefix of ["m2m", "cod"]) {
      const content = contentIn(peer, own(prefix, VENDOR));
      content.tree();
      expect(() => content.exact()).toThrow(/for another namespace/);
      expect(written(peer, { [`${prefix}:own`]: {} })).not.toContain(VENDOR);
    }
  });

  test("of hd is the home domain for products of Release 2, until they say otherwise", () => {
    const peer = shared.forPeer();
    expect(written(peer, { "hd:own": { a: "1" } })).toBe(own("hd", HORIZONTAL));
    expect(read(peer, own("hd", HOME))).toEqual({ "hd:own": { a: "1" } });
    expect(written(peer, { "hd:own": { a: "1" } })).toBe(own("hd", HOME));
    read(peer, own("hd", HORIZONTAL));
    expect(written(peer, { "hd:own": { a: "1" } })).toBe(own("hd", HORIZONTAL));
  });

  test.each([
    ["v", VENDOR, "urn:b"],
    ["hd", HOME, HORIZONTAL],
  ])("may not be two things of %s in one document", (prefix, first, second) => {
    const xml = `<m2m:cnt xmlns:m2m="${CORE}">${own(prefix, first)}${own(prefix, second)}</m2m:cnt>`;
    const sentence = new RegExp(`the prefix ${prefix} for another namespace`);
    expect(() => read(shared.forPeer(), xml)).toThrow(sentence);
    expect(() => read(shared, xml)).toThrow(sentence);
  });
});

describe("a content root in a default namespace", () => {
  const xml = `<powSe xmlns="${VENDOR}"><a>1</a><lbl>x y</lbl></powSe>`;
  const tree = (prefix: string) => ({ [`${prefix}:powSe`]: { a: "1", lbl: ["x", "y"] } });

  test("that nobody knows is refused, since no name of JSON says it", () => {
    expect(() => read(shared.forPeer(), xml)).toThrow(
      expect.objectContaining({
        code: "GW_CONTENT_NOT_TRANSCODABLE",
        message: expect.stringMatching(/<powSe> .*vendor\.example.*xml\.namespaces/),
      }),
    );
  });

  test("has the prefix that the peer declared for it before", () => {
    const peer = shared.forPeer();
    read(peer, own("v", VENDOR));
    expect(read(peer, xml)).toEqual(tree("v"));
    expect(contentIn(peer, xml).root()).toBe("v:powSe");
  });

  test("has the prefix that is configured for it", () => {
    const codec = codecWith({ v: VENDOR });
    expect(read(codec, xml)).toEqual(tree("v"));
    expect(contentIn(codec, xml).root()).toBe("v:powSe");
  });

  test("that is not the core's has none of the core's names", () => {
    const foreign = `<cnt xmlns="${VENDOR}"/>`;
    expect(contentIn(shared, foreign).root()).not.toBe("m2m:cnt");
    expect(contentIn(shared, foreign).tree()).not.toHaveProperty("m2m:cnt");
    expect(() => read(shared, foreign)).toThrow(/<cnt> in the default namespace/);
    expect(read(shared, "<cnt/>")).toEqual({ "m2m:cnt": {} });
  });

  test("is the same inside a primitive that is content", () => {
    const nested = core("rsp", `<rsc>2000</rsc><rqi>1</rqi><pc>${xml}</pc>`);
    expect(() => read(shared, nested)).toThrow(/<powSe> in the default namespace/);
    expect(read(codecWith({ v: VENDOR }), nested)).toMatchObject({ "m2m:rsp": { pc: tree("v") } });
  });
});

describe("a namespace that is configured", () => {
  const codec = codecWith({ v: VENDOR, hd: HOME });

  test("is written for its prefix, to everybody", () => {
    for (const writer of [codec, codec.forPeer()]) {
      expect(written(writer, { "v:own": { a: "1" } })).toBe(own("v", VENDOR));
      expect(written(writer, { "hd:own": { a: "1" } })).toBe(own("hd", HOME));
    }
  });

  test("has its prefix in JSON whatever prefix the document has", () => {
    expect(read(codec, own("x", VENDOR))).toEqual({ "v:own": { a: "1" } });
    expect(read(codec, own("x", HOME))).toEqual({ "hd:own": { a: "1" } });
    expect(read(codec, `<x:cnt xmlns:x="${CORE}"/>`)).toEqual({ "m2m:cnt": {} });
  });

  test("has another prefix in JSON where the document has one that means the same here", () => {
    const hod = `<hod:binSh xmlns:hod="${HOME}"><powSe>true</powSe></hod:binSh>`;
    expect(read(codec, hod)).toEqual({ "hod:binSh": { powSe: "true" } });
    expect(read(codec, hod.replaceAll("hod", "hd"))).toEqual({ "hd:binSh": { powSe: "true" } });
  });

  test("is meant by its prefix where a document does not declare it", () => {
    expect(read(codec, "<hd:own><a>1</a></hd:own>")).toEqual({ "hd:own": { a: "1" } });
    expect(read(codec, "<v:own><a>1</a></v:own>")).toEqual({ "v:own": { a: "1" } });
    expect(() => read(shared, "<v:own/>")).toThrow(/the prefix v, which is not declared/);
    const rqp = "<m2m:rqp><op>2</op><to>a</to><rqi>1</rqi><v:p>1</v:p></m2m:rqp>";
    expect(codec.readPrimitive(bytes(rqp), { lenient: false })).toHaveProperty("primitive");
  });

  test("leaves its prefix to nothing else, nor to what the standard has it for", () => {
    for (const namespace of ["urn:other", HORIZONTAL]) {
      expect(() => read(codec, own("hd", namespace))).toThrow(/the prefix hd for another/);
    }
    expect(read(codec, own("x", HORIZONTAL))).toEqual({ "x:own": { a: "1" } });
  });

  test("is found by its prefix in edits", () => {
    const edited = contentIn(codec, `<x:own xmlns:x="${VENDOR}"/>`).edited([
      { path: ["v:own", "a"], value: "1" },
    ]);
    expect(edited.tree()).toEqual({ "v:own": { a: "1" } });
  });
});

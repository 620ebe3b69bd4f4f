import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GatewayError } from "../../../src/base/errors.ts";
import { cborCodec } from "../../../src/codec/cbor/cbor.ts";
import type { Reading, ReadOptions } from "../../../src/codec/codec.ts";
import { jsonCodec } from "../../../src/codec/json/json.ts";
import { type Content, isExactObject, type Tree } from "../../../src/primitive/content.ts";
import {
  OPERATIONS,
  type Primitive,
  type RequestPrimitive,
  requestId,
  targetId,
} from "../../../src/primitive/primitive.ts";
import { LENIENT, primitiveOf, requestOf, STRICT } from "../json/using-json.ts";
import {
  cborBytes,
  cborContentOf,
  cborHex,
  fromHex,
  hexOfJson,
  jsonOfHex,
  looseCbor,
  made,
  names,
  sorted,
  trees,
} from "./trees.ts";

interface Example {
  readonly name: string;
  readonly kind: "request" | "response" | "content";
  readonly json: Tree;
  readonly cborHex: string;
  readonly cborHexPrinted?: string;
  readonly cborHexPrintedCorrected?: string;
}

const vectors = (file: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../vectors/${file}`, import.meta.url), "utf8"));
const examples = vectors("primitive-examples.json") as readonly Example[];
const third = vectors("cbor-example-3.json") as Omit<Example, "cborHex">;
const printed = [...examples, third].flatMap(
  ({ name, json, cborHexPrinted, cborHexPrintedCorrected }) => {
    const hex = cborHexPrintedCorrected ?? cborHexPrinted;
    return hex === undefined ? [] : [{ name, json, hex }];
  },
);
const primitives = examples.filter(({ kind }) => kind !== "content");

const readHex = (hex: string, options: ReadOptions = STRICT): Reading =>
  cborCodec.readPrimitive(fromHex(hex), options);
const read = (message: Tree, options: ReadOptions = STRICT): Reading =>
  cborCodec.readPrimitive(cborBytes(made(message)), options);
const written = (primitive: Primitive, wrapped = false): Uint8Array =>
  cborCodec.writePrimitive(primitive, {
    wrapped,
    requestIdentifier: primitive.requestIdentifier,
  }) as Uint8Array;
const decoded = (bytes: Uint8Array): Tree =>
  cborCodec.decodeContent(bytes, { emptyIsNull: false }).tree();

const RETRIEVE = { op: 2, to: "cse-in/lamp", fr: "CAE1", rqi: "r1", rvi: "3" };
const CREATE = { op: 1, ty: 4, to: "a", fr: "CAE1", rqi: "c1", pc: { "m2m:cin": { con: "1" } } };
const OK = { rsc: 2000, rqi: "r1" };

describe("the examples of the standard and of our tables", () => {
  test("are all there, and with them the four that TS-0004, 8.5.2 prints", () => {
    expect(examples).toHaveLength(51);
    expect(primitives).toHaveLength(41);
    expect(printed.map(({ name }) => name)).toEqual([
      "spec-cbor-1-create-ae",
      "spec-cbor-2-create-ae-response",
      "spec-cbor-4-create-cnt-response",
      "spec-cbor-3-create-cnt",
    ]);
  });

  test.each(examples)("$name: JSON becomes its CBOR (TS-0004, 8.5.1)", ({ json, cborHex: hex }) => {
    expect(hexOfJson(JSON.stringify(sorted(json)))).toBe(hex);
  });

  test.each(examples)("$name: CBOR becomes its JSON", ({ json, cborHex: hex }) => {
    expect(JSON.parse(jsonOfHex(hex))).toEqual(json);
  });

  test.each(printed)("$name: as printed in TS-0004, 8.5.2, with byte strings", ({ json, hex }) => {
    expect(JSON.parse(jsonOfHex(hex))).toEqual(json);
  });

  test.each(primitives)(
    "$name: the same primitive in CBOR as in JSON",
    ({ json, cborHex: hex }) => {
      const fromJson = jsonCodec.readPrimitive(Buffer.from(JSON.stringify(json)), STRICT);
      expect(comparable(readHex(hex))).toEqual(comparable(fromJson));
      const primitive = primitiveOf(fromJson);
      expect(decoded(written(primitive))).toEqual(json);
      expect(decoded(written(primitiveOf(readHex(hex))))).toEqual(json);
    },
  );
});

describe("reading", () => {
  test("a request has every envelope member in its place, and the rest carried by short name", () => {
    const pc = { "m2m:cin": { con: 1.5 } };
    const request = requestOf(
      read({
        op: 1,
        to: "//sp.example/id-in/-/a",
        fr: "CAE1",
        rqi: "r/1",
        ty: 4,
        rvi: "4",
        rt: { rtv: 3, nu: ["http://a/b"] },
        oet: 500,
        "x:own": null,
        "x:n": 2n ** 63n,
        pc,
      }),
    );
    expect(request).toMatchObject({
      operation: "create",
      to: "//sp.example/id-in/-/a",
      from: "CAE1",
      requestIdentifier: "r/1",
      resourceType: 4,
      releaseVersion: "4",
      answerIn: "cbor",
    });
    expect([...request.carried]).toEqual([
      ["rt", { rtv: 3, nu: ["http://a/b"] }],
      ["oet", 500],
      ["x:own", null],
      ["x:n", 2n ** 63n],
    ]);
    expect(request.content?.serialization).toBe("cbor");
    expect(request.content?.root()).toBe("m2m:cin");
    expect(cborHex(request.content as Content)).toBe(cborHex(made(pc)));
  });

  test("what a peer may write in many ways is one primitive", () => {
    // {_ 'op': 5.0 (16 bits), h'746f': 55799('a'), (_ 'r', 'qi'): 1('n1'), 'pc': {_ h'61': (_ 'b')}}
    const hex =
      "d9d9f7 bf 626f70 f94500 42746f d9d9f76161 7f6172627169ff c1626e31 627063 bf41617f6162ffff ff";
    const request = requestOf(readHex(hex));
    expect(request).toMatchObject({ operation: "notify", to: "a", requestIdentifier: "n1" });
    expect(cborHex(request.content as Content)).toBe("bf61616162ff");
    expect(request.content?.root()).toBe("a");
  });

  test("wrapped and bare messages are told apart (TS-0020 V2; TS-0004, 8.4.2)", () => {
    expect(read({ "m2m:rqp": RETRIEVE })).toMatchObject({ wrapped: true });
    expect(read({ "m2m:rsp": OK })).toMatchObject({ wrapped: true });
    expect(read(RETRIEVE)).toMatchObject({ wrapped: false });
    const inside = { ...CREATE, pc: { "m2m:rqp": RETRIEVE } };
    const reading = read(inside);
    expect(reading).toMatchObject({ wrapped: false });
    expect(requestOf(reading).content?.tree()).toEqual({ "m2m:rqp": RETRIEVE });
    expect(read({ "m2m:rqp": "text" })).toHaveProperty("malformed");
  });

  test.each(["a0", "bfff", "b800", "bb0000000000000000"])("an empty pc (%s) is none", (empty) => {
    const head = "a4 626f70 02 62746f 6161 63727169 6172 627063";
    expect(requestOf(readHex(head + empty)).content).toBeUndefined();
  });

  test.each([
    ["neither request nor response", { rqi: "1" }],
    ["both", { ...RETRIEVE, ...OK }],
    ["without rqi", { op: 2, to: "a" }],
    ["with a number for rqi", { ...OK, rqi: 17 }],
    ["with a text for op", { ...RETRIEVE, op: "2" }],
    ["with half an operation", { ...RETRIEVE, op: 2.5 }],
    ["with an op beyond 2^53", { ...RETRIEVE, op: 2n ** 60n }],
    ["without to", { op: 2, rqi: "1" }],
    ["with a list for fr", { ...RETRIEVE, fr: ["a"] }],
    ["with no content in a Notify", { op: 5, to: "a", rqi: "1" }],
  ] as [string, Tree][])("a message %s is malformed, and not unreadable", (_, message) => {
    expect(read(message)).toMatchObject({ malformed: expect.any(String), unreadable: false });
  });

  test.each([
    ["empty", ""],
    ["cut off", "a2 626f70 02"],
    ["two items", "a0a0"],
    ["an array", "80"],
    ["with a member twice", "a2 626f70 01 626f70 02"],
    ["JSON", Buffer.from('{"op":2}').toString("hex")],
    ["XML", Buffer.from("<m2m:rqp/>").toString("hex")],
    ["with fr once as text and once as bytes", "a2 626672 6161 426672 6162"],
    ["with a bignum", "a1 63727169 c24101"],
  ])("a message that is %s cannot be read at all", (_, hex) => {
    expect(readHex(hex)).toEqual({
      malformed: expect.stringMatching(/^CBOR with .* at byte \d+$/),
      unreadable: true,
      requestIdentifier: undefined,
      mayAnswer: true,
    });
  });

  test("numbers written as strings are taken by the lenient (nCube-Thyme)", () => {
    const message = { ...CREATE, op: "1", ty: "4", rqi: 17 };
    expect(requestOf(read(message, LENIENT))).toMatchObject({
      operation: "create",
      resourceType: 4,
      requestIdentifier: "17",
    });
  });

  test("anything at all is read or refused, as a message and as content, and nothing else happens", () => {
    const envelopes = fc.dictionary(
      fc.constantFrom("op", "to", "fr", "rqi", "rsc", "ty", "rvi", "pc", "rt", "m2m:rqp", "x"),
      fc.oneof(fc.integer({ max: 6 }), fc.string(), trees),
    );
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      mutated(looseCbor.map((loose) => loose.bytes)),
      mutated(envelopes.map((message) => cborBytes(made(message)))),
      mutated(envelopes.map((message) => Buffer.from(cborHex(made(message))))),
    );
    const verdicts = { read: 0, refused: 0 };
    fc.assert(
      fc.property(bytes, fc.boolean(), (message, lenient) => {
        const before = Buffer.from(message);
        const reading = cborCodec.readPrimitive(message, { lenient });
        expect("malformed" in reading || "primitive" in reading).toBe(true);
        try {
          const content = cborCodec.decodeContent(message, { emptyIsNull: false });
          // What was taken is CBOR for everybody, and says the same again.
          expect(decoded(cborBytes(content))).toEqual(content.tree());
          expect(jsonCodec.encodeContent(content, { emptyIsNull: false })).toEqual(
            expect.any(String),
          );
          verdicts.read += 1;
        } catch (error) {
          expect(error).toBeInstanceOf(GatewayError);
          expect(error).toMatchObject({ code: "GW_CONTENT_MALFORMED" });
          verdicts.refused += 1;
        }
        expect(before.equals(message)).toBe(true);
      }),
      { numRuns: 3000 },
    );
    // Both verdicts occurred often enough to mean something.
    expect(verdicts.read).toBeGreaterThan(300);
    expect(verdicts.refused).toBeGreaterThan(1000);
  });
});

describe("writing", () => {
  const request: RequestPrimitive = {
    kind: "request",
    operation: "notify",
    to: targetId("CAE1"),
    from: "/id-in",
    requestIdentifier: requestId("n1"),
    resourceType: undefined,
    releaseVersion: "3",
    content: cborContentOf("bf676d326d3a73676ebf616ef93c00ffff"),
    carried: new Map<string, unknown>([["rt", { rtv: 3 }]]),
  };

  test("a request goes out bare, its content byte for byte (TS-0004, 8.5.1)", () => {
    const bytes = written(request);
    expect(decoded(bytes)).toEqual({
      op: 5,
      to: "CAE1",
      fr: "/id-in",
      rqi: "n1",
      rvi: "3",
      rt: { rtv: 3 },
      pc: { "m2m:sgn": { n: 1 } },
    });
    expect(Buffer.from(bytes).includes(cborBytes(request.content as Content))).toBe(true);
  });

  test("a primitive goes out wrapped on demand", () => {
    expect(decoded(written(request, true))).toEqual({ "m2m:rqp": decoded(written(request)) });
    expect(decoded(written(primitiveOf(read(OK)), true))).toEqual({ "m2m:rsp": OK });
  });

  test("the identifier on the wire may be another one than the primitive's own", () => {
    const bytes = cborCodec.writePrimitive(request, {
      wrapped: false,
      requestIdentifier: requestId("m2mgw-1"),
    });
    expect(decoded(bytes as Uint8Array)).toMatchObject({ rqi: "m2mgw-1" });
  });

  test("what is absent is left out", () => {
    expect(Buffer.from(written(primitiveOf(read(OK)))).toString("hex")).toBe(
      "a2637273631907d063727169627231",
    );
  });

  test("content that came as JSON goes out as CBOR", () => {
    const content = jsonCodec.decodeContent(Buffer.from('{"m2m:cin":{"con":1.0}}'), {
      emptyIsNull: false,
    });
    expect(decoded(written({ ...request, content }))).toMatchObject({
      pc: { "m2m:cin": { con: 1 } },
    });
  });

  test("what CBOR cannot say is refused, in the content and outside it", () => {
    const refused = expect.objectContaining({ code: "GW_CONTENT_NOT_TRANSCODABLE" });
    expect(() => written({ ...request, content: made({ a: 2n ** 65n + 1n }) })).toThrow(refused);
    expect(() => written({ ...request, to: targetId("\ud800") })).toThrow(refused);
    expect(() => written({ ...request, carried: new Map([["x", 2n ** 65n + 1n]]) })).toThrow(
      refused,
    );
  });

  test("what is written is read back the same, with every envelope member", () => {
    const text = fc.string({ unit: "grapheme" });
    const nonEmpty = text.filter((value) => value !== "");
    const carried = fc.uniqueArray(
      fc.tuple(
        names.filter((name) => !ENVELOPE.has(name)),
        trees,
      ),
      { maxLength: 4, selector: ([key]) => key },
    );
    const content = trees.filter((tree) => !isExactObject(tree) || Object.keys(tree).length > 0);
    const version = fc.option(text, { nil: undefined });
    const primitive = fc.oneof(
      fc.record({
        kind: fc.constant("request" as const),
        operation: fc.constantFrom(...OPERATIONS),
        to: nonEmpty.map(targetId),
        from: fc.option(nonEmpty, { nil: undefined }),
        requestIdentifier: nonEmpty.map(requestId),
        resourceType: fc.nat(),
        releaseVersion: version,
        content,
        carried,
        answerIn: fc.constant("cbor" as const),
      }),
      fc.record({
        kind: fc.constant("response" as const),
        responseStatusCode: fc.integer({ min: 1000, max: 9999 }),
        requestIdentifier: nonEmpty.map(requestId),
        releaseVersion: version,
        content: fc.option(content, { nil: undefined }),
        carried,
        failure: fc.constant(undefined),
      }),
    );
    fc.assert(
      fc.property(primitive, fc.boolean(), fc.boolean(), (generated, wrapped, hex) => {
        const filled = {
          ...generated,
          ...(generated.kind === "request" && generated.operation !== "create"
            ? { resourceType: undefined }
            : {}),
          content: generated.content === undefined ? undefined : made(generated.content),
          carried: new Map(generated.carried),
        } as Primitive;
        const message = cborCodec.writePrimitive(filled, {
          wrapped,
          hex,
          requestIdentifier: filled.requestIdentifier,
        });
        expect(typeof message === "string").toBe(hex);
        const reading = cborCodec.readPrimitive(Buffer.from(message), STRICT);
        expect(reading).toHaveProperty("wrapped", wrapped);
        expect("hex" in reading).toBe(hex);
        const { content: got, ...rest } = primitiveOf(reading);
        const { content: put, ...expected } = filled;
        expect(rest).toEqual(expected);
        expect(got?.tree()).toEqual(put?.tree());
        expect(got?.root()).toBe(put?.root());
      }),
      { numRuns: 300 },
    );
  });
});

describe("hex text (nCube-Thyme, Mobius)", () => {
  const message = cborHex(made(RETRIEVE));

  test.each([
    ["lower case", message],
    ["upper case", message.toUpperCase()],
    ["behind the tag that says CBOR", `d9d9f7${message}`],
  ])("in %s it is the primitive it spells, and said to have been hex text", (_, text) => {
    const reading = cborCodec.readPrimitive(Buffer.from(text), STRICT);
    expect(reading).toEqual({ ...read(RETRIEVE), hex: true });
  });

  test("a primitive goes out as hex text on demand", () => {
    const primitive = primitiveOf(read(RETRIEVE));
    const { requestIdentifier } = primitive;
    const text = cborCodec.writePrimitive(primitive, {
      wrapped: false,
      hex: true,
      requestIdentifier,
    });
    expect(text).toBe(Buffer.from(written(primitive)).toString("hex"));
  });

  test.each([
    ["a digit too few", message.slice(0, -1)],
    ["another character", `${message.slice(0, -1)}g`],
    ["a line feed behind it", `${message}\n`],
    ["hex text of hex text", Buffer.from(message).toString("hex")],
    ["digits that are no CBOR", "00".repeat(20)],
  ])("%s makes it unreadable", (_, text) => {
    expect(cborCodec.readPrimitive(Buffer.from(text), STRICT)).toMatchObject({ unreadable: true });
  });
});

const ENVELOPE = new Set(["op", "rsc", "rqi", "to", "fr", "ty", "rvi", "pc"]);

/** A reading with its content as a tree, and without what tells its serialization. */
function comparable(reading: Reading): unknown {
  const { content, ...rest } = primitiveOf(reading);
  return {
    ...reading,
    primitive: { ...rest, answerIn: undefined },
    tree: content?.tree(),
    root: content?.root(),
  };
}

/** Bytes with up to two small accidents. */
function mutated(bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const accident = fc.record({
    at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    take: fc.integer({ min: 0, max: 2 }),
    put: fc.uint8Array({ maxLength: 2 }),
  });
  return fc.tuple(bytes, fc.array(accident, { maxLength: 2 })).map(([whole, accidents]) =>
    accidents.reduce<Uint8Array>((before, { at, take, put }) => {
      const index = Math.floor(at * (before.length + 1));
      return Buffer.concat([before.subarray(0, index), put, before.subarray(index + take)]);
    }, whole),
  );
}

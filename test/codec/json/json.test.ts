import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GatewayError } from "../../../src/base/errors.ts";
import { jsonCodec } from "../../../src/codec/json/json.ts";
import type { Content } from "../../../src/primitive/content.ts";
import {
  OPERATIONS,
  type Primitive,
  type RequestPrimitive,
  requestId,
  targetId,
} from "../../../src/primitive/primitive.ts";
import { jsonValue, mutated } from "./texts.ts";
import {
  bytes,
  contentOf,
  LENIENT,
  plain,
  primitiveOf,
  read,
  requestOf,
  STRICT,
  textOf,
  treeOf,
} from "./using-json.ts";

const written = (primitive: Primitive, wrapped = false): string =>
  jsonCodec.writePrimitive(primitive, {
    wrapped,
    requestIdentifier: primitive.requestIdentifier,
  }) as string;

const RETRIEVE = { op: 2, to: "cse-in/lamp", fr: "CAE1", rqi: "r1", rvi: "3" };
const NOTIFY = { op: 5, to: "CAE1", fr: "/id-in", rqi: "n1", rvi: "3", pc: { "m2m:sgn": {} } };
const CREATE = { op: 1, ty: 4, to: "a", fr: "CAE1", rqi: "c1", pc: { "m2m:cin": { con: "1" } } };
const OK = { rsc: 2000, rqi: "r1" };

describe("reading", () => {
  test("a request has every envelope member in its place, and the rest carried by short name", () => {
    const message =
      '{"op":1,"to":"//sp.example/id-in/-/a","fr":"CAE1","rqi":"r/1","ty":4,"rvi":"4",' +
      '"rt":{"rtv":3,"nu":["http://a/b"]},"rqet":"20260101T120000","oet":500,"ec":4,"fc":{"lbl":["a"]},' +
      '"x:own":null,"pc":{"m2m:cin": { "con":1.50 } }}';
    const request = requestOf(read(message));
    expect(request).toMatchObject({
      kind: "request",
      operation: "create",
      to: "//sp.example/id-in/-/a",
      from: "CAE1",
      requestIdentifier: "r/1",
      resourceType: 4,
      releaseVersion: "4",
    });
    expect([...request.carried]).toEqual([
      ["rt", { rtv: 3, nu: ["http://a/b"] }],
      ["rqet", "20260101T120000"],
      ["oet", 500],
      ["ec", 4],
      ["fc", { lbl: ["a"] }],
      ["x:own", null],
    ]);
    expect(request.content?.serialization).toBe("json");
    expect(request.content?.root()).toBe("m2m:cin");
    expect(textOf(request.content as Content)).toBe('{"m2m:cin": { "con":1.50 } }');
  });

  test("a response has every envelope member in its place, to and fr carried", () => {
    const primitive = primitiveOf(
      read('{"rsc":2001,"rqi":"r1","rvi":"3","to":"CAE1","fr":"/id-in","cnst":1,"pc":"text"}'),
    );
    expect(primitive).toMatchObject({
      kind: "response",
      responseStatusCode: 2001,
      requestIdentifier: "r1",
      releaseVersion: "3",
      failure: undefined,
    });
    expect(Object.fromEntries(primitive.carried)).toEqual({ to: "CAE1", fr: "/id-in", cnst: 1 });
    expect(primitive.content?.tree()).toBe("text");
    expect(primitive.content?.root()).toBeUndefined();
  });

  test.each(OPERATIONS.map((operation, index) => [index + 1, operation] as const))(
    "op %i is %s (TS-0004, 6.3.4.2.5)",
    (op, operation) => {
      expect(requestOf(read({ ...CREATE, op })).operation).toBe(operation);
    },
  );

  test.each([
    ["a request", "m2m:rqp", RETRIEVE],
    ["a response", "m2m:rsp", OK],
  ])("%s inside %s is understood, and the reading says so", (_, root, bare) => {
    const reading = read({ [root]: bare });
    expect(reading).toMatchObject({ wrapped: true });
    expect(primitiveOf(reading)).toEqual(primitiveOf(read(bare)));
    expect(read(bare)).toMatchObject({ wrapped: false });
  });

  test("content named m2m:rqp is no wrapper", () => {
    const reading = read({ ...NOTIFY, pc: { "m2m:rqp": RETRIEVE } });
    expect(reading).toMatchObject({ wrapped: false });
    expect(requestOf(reading).content?.root()).toBe("m2m:rqp");
  });

  test.each([
    ["that is no object", { "m2m:rqp": "text" }],
    ["with something beside it", { "m2m:rqp": RETRIEVE, more: 1 }],
    ["inside a wrapper", { "m2m:rqp": { "m2m:rqp": RETRIEVE } }],
    ["of another name", { "m2m:req": RETRIEVE }],
  ])("a wrapper %s is no primitive", (_, message) => {
    expect(read(message)).toMatchObject({ unreadable: false, requestIdentifier: undefined });
  });

  test("members may come in any order, with white space and in any spelling of their names", () => {
    expect(
      primitiveOf(
        read(' {\n "rqi" : "r1", "rvi":"3","\\u0066r":"CAE1","to":"cse-in/lamp" ,"op":2 } '),
      ),
    ).toEqual(primitiveOf(read(RETRIEVE)));
  });

  test("strings are unescaped", () => {
    expect(
      requestOf(read('{"op":2,"to":"\\/id-in\\u002fa","fr":"\\"C","rqi":"\\ud83d\\ude00"}')),
    ).toMatchObject({ to: "/id-in/a", from: '"C', requestIdentifier: "😀" });
  });

  test.each([
    ["left out", {}],
    ["empty", { fr: "" }],
  ])("an originator that is %s is absent", (_, fr) => {
    const { fr: _fr, ...rest } = RETRIEVE;
    expect(requestOf(read({ ...rest, ...fr })).from).toBeUndefined();
  });

  test.each(["{}", "{ \n}"])("pc %s is the same as none", (pc) => {
    expect(
      requestOf(read(`{"op":2,"to":"a","fr":"C","rqi":"1","pc":${pc}}`)).content,
    ).toBeUndefined();
    expect(primitiveOf(read(`{"rsc":2000,"rqi":"1","pc":${pc}}`)).content).toBeUndefined();
  });

  test.each([2, 3, 4, 5])("ty beside op %i is ignored (TS-0004, table 7.2.1.1-1)", (op) => {
    expect(requestOf(read({ ...CREATE, op })).resourceType).toBeUndefined();
  });

  test("what bytes stand behind the view does not matter", () => {
    const whole = bytes(`xx${JSON.stringify(RETRIEVE)}xx`);
    const reading = jsonCodec.readPrimitive(whole.subarray(2, whole.length - 2), STRICT);
    expect(requestOf(reading).to).toBe("cse-in/lamp");
  });
});

describe("refusing", () => {
  const without = (message: object, name: string): object =>
    Object.fromEntries(Object.entries(message).filter(([key]) => key !== name));

  test.each<[string, object, boolean, string | undefined]>([
    ["neither op nor rsc, with rqi", { to: "a", rqi: "r1" }, true, "r1"],
    ["neither op nor rsc nor rqi", { to: "a" }, false, undefined],
    ["both op and rsc", { ...RETRIEVE, rsc: 2000 }, true, "r1"],
    ["both op and rsc, without rqi", { ...without(RETRIEVE, "rqi"), rsc: 2000 }, false, undefined],
    ["rqi missing", without(RETRIEVE, "rqi"), true, undefined],
    ["ri for rqi", { ...without(RETRIEVE, "rqi"), ri: "r1" }, true, undefined],
    ["rqi empty", { ...RETRIEVE, rqi: "" }, true, undefined],
    ["rqi an object", { ...RETRIEVE, rqi: {} }, true, undefined],
    ["rqi null", { ...RETRIEVE, rqi: null }, true, undefined],
    ["op 0", { ...RETRIEVE, op: 0 }, true, "r1"],
    ["op 6", { ...RETRIEVE, op: 6 }, true, "r1"],
    ["op negative", { ...RETRIEVE, op: -1 }, true, "r1"],
    ["op a fraction", { ...RETRIEVE, op: 2.5 }, true, "r1"],
    ["op null", { ...RETRIEVE, op: null }, true, "r1"],
    ["op a word", { ...RETRIEVE, op: "retrieve" }, true, "r1"],
    ["to missing", without(RETRIEVE, "to"), true, "r1"],
    ["to empty", { ...RETRIEVE, to: "" }, true, "r1"],
    ["to a number", { ...RETRIEVE, to: 1 }, true, "r1"],
    ["fr a number", { ...RETRIEVE, fr: 1 }, true, "r1"],
    ["fr a list", { ...RETRIEVE, fr: ["CAE1"] }, true, "r1"],
    ["rvi a number", { ...RETRIEVE, rvi: 3 }, true, "r1"],
    ["ty missing in a Create", without(CREATE, "ty"), true, "c1"],
    ["ty a word", { ...CREATE, ty: "container" }, true, "c1"],
    ["pc missing in a Create", without(CREATE, "pc"), true, "c1"],
    ["pc missing in an Update", { ...RETRIEVE, op: 3 }, true, "r1"],
    ["pc missing in a Notify", without(NOTIFY, "pc"), true, "n1"],
    ["pc empty in a Notify", { ...NOTIFY, pc: {} }, true, "n1"],
    ["rsc a word", { rsc: "OK", rqi: "r1" }, false, "r1"],
    ["rsc null", { rsc: null, rqi: "r1" }, false, "r1"],
    ["a response without rqi", { rsc: 2000 }, false, undefined],
    ["a response with rvi a number", { ...OK, rvi: 3 }, false, "r1"],
  ])(
    "%s is no primitive, and is answered only where it can and may be",
    (_, message, mayAnswer, rqi) => {
      for (const options of [STRICT, LENIENT]) {
        expect(read(message, options)).toEqual({
          malformed: expect.any(String),
          unreadable: false,
          requestIdentifier: rqi,
          mayAnswer,
        });
      }
    },
  );

  test.each([
    ["cut off", '{"op":'],
    ["empty", ""],
    ["a list of two primitives", `[${JSON.stringify(RETRIEVE)},${JSON.stringify(RETRIEVE)}]`],
    ["a string", '"text"'],
    [
      "two primitives one after the other",
      `${JSON.stringify(RETRIEVE)}${JSON.stringify(RETRIEVE)}`,
    ],
    ["with a member twice", '{"op":2,"to":"a","fr":"C1","rqi":"1","fr":"C2"}'],
    [
      "with a member twice in two spellings",
      '{"op":2,"to":"a","fr":"C1","rqi":"1","\\u0066r":"C2"}',
    ],
    ["with a member twice inside pc", '{"rsc":2000,"rqi":"1","pc":{"a":{"b":1,"b":2}}}'],
    ["with content that closes the envelope", '{"op":5,"to":"a","rqi":"1","pc":{}},"fr":"C2"}'],
    ["XML", "<m2m:rqp/>"],
  ])("a message that is %s cannot be read at all", (_, message) => {
    expect(read(message)).toEqual({
      malformed: expect.any(String),
      unreadable: true,
      requestIdentifier: undefined,
      mayAnswer: true,
    });
  });

  test.each([
    ["a lone continuation byte", [0x80]],
    ["an overlong quote", [0xc0, 0xa2]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
    ["a sequence cut off", [0xe2, 0x82]],
    ["a code point beyond Unicode", [0xf4, 0x90, 0x80, 0x80]],
    ["Latin-1", [0xfc]],
  ])("a message with %s in a string is no UTF-8 and cannot be read", (_, inside) => {
    const message = Buffer.concat([bytes('{"rsc":2000,"rqi":"'), Buffer.from(inside), bytes('"}')]);
    expect(jsonCodec.readPrimitive(message, LENIENT)).toMatchObject({ unreadable: true });
    expect(() => jsonCodec.decodeContent(message, { emptyIsNull: false })).toThrow(GatewayError);
  });

  test("a message of any kind is read or refused, and never throws", () => {
    const anything = fc.oneof(
      mutated,
      jsonValue.map(({ text }) => text),
      mutated.map((text) => `{"op":5,"to":"a","rqi":"1","pc":${text}}`),
      fc
        .dictionary(
          fc.constantFrom("op", "to", "fr", "rqi", "rsc", "ty", "rvi", "pc", "rt", "__proto__"),
          fc.oneof(fc.integer({ max: 6 }), fc.string(), fc.jsonValue()),
        )
        .map((message) => JSON.stringify(message)),
    );
    fc.assert(
      fc.property(anything, fc.boolean(), (text, lenient) => {
        const reading = read(text, { lenient });
        expect("malformed" in reading || "primitive" in reading).toBe(true);
      }),
      { numRuns: 600 },
    );
  });
});

describe("lenience", () => {
  test.each([
    ["op", { ...RETRIEVE, op: "2" }, { operation: "retrieve" }],
    ["ty", { ...CREATE, ty: "4" }, { resourceType: 4 }],
    ["rsc", { ...OK, rsc: "2000" }, { responseStatusCode: 2000 }],
  ])(
    "%s as a string is a number to the lenient and malformed to the strict",
    (_, message, expected) => {
      expect(primitiveOf(read(message, LENIENT))).toMatchObject(expected);
      expect(read(message, STRICT)).toHaveProperty("malformed");
    },
  );

  test.each(["2 ", " 2", "+2", "2.0", "0x2", "2e0", "", "two"])(
    "op %j is malformed to the lenient too",
    (op) => {
      expect(read({ ...RETRIEVE, op }, LENIENT)).toHaveProperty("malformed");
    },
  );

  test("rqi as a number is text to the lenient and malformed to the strict", () => {
    expect(primitiveOf(read({ ...OK, rqi: 17 }, LENIENT)).requestIdentifier).toBe("17");
    expect(read({ ...OK, rqi: 17 }, STRICT)).toHaveProperty("malformed");
  });

  test("rqi as a number of many digits keeps all of them", () => {
    const reading = read('{"rsc":2000,"rqi":20260101120000123456}', LENIENT);
    expect(primitiveOf(reading).requestIdentifier).toBe("20260101120000123456");
  });

  test("what is inside pc stays as it is", () => {
    const message = '{"op":"3","to":"a","fr":"C","rqi":"1","pc":{"m2m:ae":{"rr":"true","n":"5"}}}';
    expect(textOf(requestOf(read(message, LENIENT)).content as Content)).toBe(
      '{"m2m:ae":{"rr":"true","n":"5"}}',
    );
  });
});

describe("writing", () => {
  const request: RequestPrimitive = {
    kind: "request",
    operation: "notify",
    to: targetId('/id-in/"CAE1'),
    from: "/id-in",
    requestIdentifier: requestId("n1"),
    resourceType: undefined,
    releaseVersion: "3",
    content: contentOf('{"m2m:sgn" : {"n":1.0}}'),
    carried: new Map<string, unknown>([["rt", { rtv: 3 }]]),
  };

  test("a request goes out bare, its content byte for byte (TS-0004, 8.4.2)", () => {
    const text = written(request);
    expect(JSON.parse(text)).toEqual({
      op: 5,
      to: '/id-in/"CAE1',
      fr: "/id-in",
      rqi: "n1",
      rvi: "3",
      rt: { rtv: 3 },
      pc: { "m2m:sgn": { n: 1 } },
    });
    expect(text).toContain('{"m2m:sgn" : {"n":1.0}}');
  });

  test("a primitive goes out wrapped on demand", () => {
    expect(JSON.parse(written(request, true))).toEqual({ "m2m:rqp": JSON.parse(written(request)) });
    const response = primitiveOf(read(OK));
    expect(JSON.parse(written(response, true))).toEqual({ "m2m:rsp": OK });
  });

  test("the identifier on the wire may be another one than the primitive's own", () => {
    const text = jsonCodec.writePrimitive(request, {
      wrapped: false,
      requestIdentifier: requestId('m2mgw-"1'),
    });
    expect(JSON.parse(text as string)).toMatchObject({ rqi: 'm2mgw-"1' });
  });

  test("what is absent is left out", () => {
    const response = primitiveOf(read(OK));
    expect(written(response)).toBe('{"rsc":2000,"rqi":"r1"}');
  });

  test("what is written is read back the same, with every envelope member", () => {
    const text = fc.string({ unit: "binary" });
    const name = fc.oneof(
      text.filter((value) => !ENVELOPE.has(value)),
      fc.constantFrom("rt", "rqet", "fc", "__proto__", "constructor"),
    );
    // Long integers come back as bigint; they have a test of their own.
    const value = jsonValue
      .map(({ text: json }) => treeOf(plain(json)))
      .filter((tree) => !/\d{16}/.test(JSON.stringify(tree)));
    const carried = fc.uniqueArray(fc.tuple(name, value), {
      maxLength: 4,
      selector: ([key]) => key,
    });
    const content = jsonValue.filter((value) => !/^\{\s*\}$/.test(value.text));
    const version = fc.option(text, { nil: undefined });
    const nonEmpty = text.filter((value) => value !== "");
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
      fc.property(primitive, fc.boolean(), fc.boolean(), (generated, wrapped, lenient) => {
        const filled = {
          ...generated,
          ...(generated.kind === "request" && generated.operation !== "create"
            ? { resourceType: undefined }
            : {}),
          ...(generated.kind === "request" ? { answerIn: "json" } : {}),
          content: generated.content && contentOf(generated.content.text),
          carried: new Map(generated.carried),
        } as Primitive;
        const reading = read(written(filled, wrapped), { lenient });
        expect(reading).toHaveProperty("wrapped", wrapped);
        const { content: got, ...rest } = primitiveOf(reading);
        const { content: put, ...expected } = filled;
        expect(rest).toEqual(expected);
        expect(got && textOf(got)).toBe(put && textOf(put));
        expect(got?.root()).toBe(put?.root());
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    "12345678901234567890",
    "-12345678901234567890",
    "9007199254740993",
    "[12345678901234567890]",
    '{"sza":12345678901234567890}',
  ])("a carried integer beyond 2^53 keeps its digits on the way through: %s", (digits) => {
    const message = `{"op":2,"to":"a","fr":"C","rqi":"1","x:n":${digits}}`;
    expect(written(requestOf(read(message)))).toContain(`"x:n":${digits}`);
  });

  test("a carried number beyond all doubles is not turned into null", () => {
    const reading = read('{"op":2,"to":"a","fr":"C","rqi":"1","x:n":1e400,"x:l":[1e400]}');
    if ("malformed" in reading) return;
    expect(written(requestOf(reading))).not.toContain("null");
  });
});

const ENVELOPE = new Set(["op", "rsc", "rqi", "to", "fr", "ty", "rvi", "pc"]);

test("numbers with a fraction of nothing, as tinyIoT writes them, are the numbers they are (peers, T4)", () => {
  const request = requestOf(
    read('{"op":1.0,"to":"a","fr":"C","rqi":"1","ty":3.0,"rcn":1.0,"pc":{"m2m:cnt":{"mni":5.0}}}'),
  );
  expect(request).toMatchObject({ operation: "create", resourceType: 3 });
  expect(request.carried.get("rcn")).toBe(1);
  expect(request.content && textOf(request.content)).toBe('{"m2m:cnt":{"mni":5.0}}');
  const response = read('{"rsc":2000.0,"rqi":"1"}');
  expect(response).toMatchObject({ primitive: { responseStatusCode: 2000 } });
});

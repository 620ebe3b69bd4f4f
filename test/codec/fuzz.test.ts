import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GatewayError } from "../../src/base/errors.ts";
import { cborCodec } from "../../src/codec/cbor/cbor.ts";
import type { Codecs, Payload } from "../../src/codec/codec.ts";
import { jsonCodec } from "../../src/codec/json/json.ts";
import type { Content, ExactTree, Serialization } from "../../src/primitive/content.ts";
import { type Primitive, requestId, targetId } from "../../src/primitive/primitive.ts";
import { CORPUS, type Message, mutatedMessage } from "../helpers/mutated-messages.ts";
import { graftedJson } from "./grafted-json.ts";
import { sayingInXml, sayingOf } from "./tree-comparison.ts";
import { xmlCodec } from "./xml/using-xml.ts";

const CODECS: Codecs = { json: jsonCodec, cbor: cborCodec, xml: xmlCodec };
const SERIALIZATIONS = ["json", "cbor", "xml"] as const;
const SEED = 20_260_101;

const UPDATE = {
  kind: "request",
  operation: "update",
  to: targetId("a"),
  from: "b",
  requestIdentifier: requestId("1"),
  resourceType: undefined,
  releaseVersion: "3",
  content: undefined,
  carried: new Map(),
} as const;
/** Answers to requests that asked for null, and to some that did not. */
const ASKED = {
  asked: (rqi: string) =>
    rqi.length % 2 === 0 ? undefined : { ...UPDATE, carried: new Map([["rcn", 9]]) },
};

const bytesOf = (payload: Payload): Uint8Array =>
  typeof payload === "string" ? Buffer.from(payload, "utf8") : payload;

/** What `make` gives; undefined when it refuses as it may, and a failure of the test when otherwise. */
function unlessRefused<T>(code: string, make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    expect(error).toMatchObject({ code, rsc: 4000, message: expect.stringMatching(/\S{3}/) });
    return undefined;
  }
}
const unlessMalformed = <T>(make: () => T) => unlessRefused("GW_CONTENT_MALFORMED", make);
const unlessNotTranscodable = <T>(make: () => T) =>
  unlessRefused("GW_CONTENT_NOT_TRANSCODABLE", make);

/** Looks at a content from all sides, and takes it to every serialization and back. */
function checkContent(content: Content, emptyIsNull: boolean): void {
  content.root();
  content.tree();
  content.mentions("/poa/");
  const exact = unlessNotTranscodable(() => content.exact());
  if (content.serialization !== "xml") expect(exact).not.toBe(undefined);
  for (const to of SERIALIZATIONS) {
    const context = { emptyIsNull };
    const payload = unlessNotTranscodable(() => CODECS[to].encodeContent(content, context));
    if (payload === undefined) continue;
    const again = CODECS[to].decodeContent(bytesOf(payload), context);
    if (exact === undefined) {
      expect(to).toBe("xml");
      continue;
    }
    const isRespelled = to === "xml" && content.serialization !== "xml";
    checkSame(again, exact, isRespelled);
  }
}

/** @param isRespelled whether it went from a serialization with types into XML, which has none */
function checkSame(content: Content, exact: ExactTree, isRespelled: boolean): void {
  if (!isRespelled) {
    expect(sayingOf(content.exact())).toBe(sayingOf(exact));
    return;
  }
  // What contradicts the tables in JSON does so in XML, where it cannot be told what was meant.
  const read = unlessNotTranscodable(() => content.exact());
  if (read !== undefined) expect(sayingInXml(read)).toBe(sayingInXml(exact));
}

function checkPrimitive(primitive: Primitive, from: Serialization): void {
  const { content, requestIdentifier } = primitive;
  const exact = content && unlessNotTranscodable(() => content.exact());
  for (const to of SERIALIZATIONS) {
    const message = unlessNotTranscodable(() =>
      CODECS[to].writePrimitive(primitive, { wrapped: false, requestIdentifier }),
    );
    if (message === undefined) continue;
    const reading = CODECS[to].readPrimitive(bytesOf(message), { lenient: false, ...ASKED });
    const isRespelled = to === "xml" && from !== "xml";
    if ("malformed" in reading) {
      // A parameter of another type or number than the tables have: its receiver judges that.
      expect(isRespelled && reading.malformed).toMatch(
        /^<\w+> (?:holds .* which is|a second time)/s,
      );
      continue;
    }
    checkParameters(reading.primitive, primitive, isRespelled);
    if (content === undefined || exact === undefined || reading.primitive.content === undefined) {
      continue;
    }
    checkSame(reading.primitive.content, exact, isRespelled);
  }
}

function checkParameters(read: Primitive, written: Primitive, isRespelled: boolean): void {
  const saying = isRespelled ? sayingInXml : sayingOf;
  const said = ({ content: _, carried, ...own }: Primitive): string =>
    saying({
      ...JSON.parse(JSON.stringify({ ...own, answerIn: "", failure: "" })),
      carried: Object.fromEntries(carried as Map<string, ExactTree>),
    });
  expect(said(read)).toBe(said(written));
}

/** Reads a message in all the ways that a peer can have it read, and takes it everywhere. */
function checkMessage(bytes: Uint8Array, as: Serialization): void {
  for (const lenient of [false, true]) {
    const reading = CODECS[as].readPrimitive(bytes, { lenient, ...ASKED });
    if ("primitive" in reading) checkPrimitive(reading.primitive, as);
    else expect(reading.malformed).toMatch(/\S/);
  }
  for (const emptyIsNull of [false, true]) {
    const content = unlessMalformed(() => CODECS[as].decodeContent(bytes, { emptyIsNull }));
    if (content !== undefined) checkContent(content, emptyIsNull);
  }
}

const holds = <T>(arbitrary: fc.Arbitrary<T>, numRuns: number, check: (value: T) => void): void =>
  fc.assert(fc.property(arbitrary, check), { seed: SEED, numRuns });

describe("whatever a message is, it is read and can go on in each serialization, or is refused with 4000:", () => {
  test("as it is in the corpus", () => {
    for (const { serialization, bytes } of CORPUS) checkMessage(bytes, serialization);
  });

  test("after accidents", () => {
    holds(mutatedMessage, 3000, ({ serialization, bytes }: Message) => {
      checkMessage(bytes, serialization);
    });
  });

  test("after accidents, in another serialization than it says", () => {
    holds(fc.tuple(mutatedMessage, fc.constantFrom(...SERIALIZATIONS)), 1000, ([{ bytes }, as]) => {
      checkMessage(bytes, as);
    });
  });

  test("with names and values where none of them belongs", () => {
    holds(fc.tuple(graftedJson, fc.constantFrom(...SERIALIZATIONS)), 1000, ([json, as]) => {
      const content = jsonCodec.decodeContent(Buffer.from(json), { emptyIsNull: false });
      const spelled = unlessNotTranscodable(() =>
        CODECS[as].encodeContent(content, { emptyIsNull: false }),
      );
      if (spelled !== undefined) checkMessage(bytesOf(spelled), as);
    });
  });

  test.each(SERIALIZATIONS)("any bytes as %s", (as) => {
    holds(fc.uint8Array({ maxLength: 60 }), 1500, (bytes) => checkMessage(bytes, as));
  });
});

test("a parameter by the name of a content root, with several values, comes back from XML", () => {
  const json = '{"op":2,"to":"a","rqi":"1","cod:binSh":[{"cnd":"x"},{"cnd":"y"}]}';
  checkMessage(Buffer.from(json), "json");
});

test("a list of words in which one is an object comes back from XML without lists in it", () => {
  const context = { emptyIsNull: false };
  const json = '{"m2m:ae":{"srv":["2a",{"x":"1"}]}}';
  const xml = xmlCodec.encodeContent(jsonCodec.decodeContent(Buffer.from(json), context), context);
  const again = xmlCodec.decodeContent(bytesOf(xml), context);
  expect(jsonCodec.encodeContent(again, context)).toBe(json);
});

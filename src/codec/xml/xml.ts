import type { ExactTree } from "../../primitive/content.ts";
import { operationNumber, type Primitive } from "../../primitive/primitive.ts";
import type { Codec, Reading, ReadOptions, WriteOptions } from "../codec.ts";
import { unreadable } from "../envelope.ts";
import { NO_UTF8, utf8Text } from "../json/content.ts";
import { namespaceOf } from "../schema/schema.ts";
import { decodeXmlContent, type OnUnknown, XmlContent, xmlDocumentOf } from "./content.ts";
import { PRIMITIVE_ROOTS, primitiveOfElement } from "./envelope.ts";
import { markupOf } from "./markup.ts";
import { parameterElements } from "./parameters.ts";
import { parseXml, type XmlElement } from "./parse.ts";
import { XmlFault } from "./scan.ts";
import { Markup, type Members, XmlWriter } from "./write.ts";

export interface XmlCodecOptions {
  /** Told each name that no table knows, where content or a parameter changes its serialization. */
  readonly onUnknown: OnUnknown;
}

/** XML as TS-0004, 8.3 has it: primitives inside `m2m:rqp` or `m2m:rsp`, always, in the order of the schema. */
export function createXmlCodec({ onUnknown }: XmlCodecOptions): Codec {
  return {
    serialization: "xml",
    mediaType: "application/xml",
    frame: "text",

    decodeContent: (bytes, { emptyIsNull }) => decodeXmlContent(bytes, emptyIsNull, onUnknown),

    encodeContent: (content, { emptyIsNull }) => xmlDocumentOf(content, emptyIsNull, onUnknown),

    readPrimitive: (message, options) => read(message, options, onUnknown),

    writePrimitive: (primitive, options) => write(primitive, options, onUnknown),
  };
}

function read(message: Uint8Array, options: ReadOptions, onUnknown: OnUnknown): Reading {
  const text = utf8Text(message);
  if (text === undefined) return unreadable(NO_UTF8);
  try {
    return primitiveOfElement(parseXml(text), text.length, options, onUnknown);
  } catch (error) {
    if (!(error instanceof XmlFault)) throw error;
    return unreadable(`XML with ${error.message}`);
  }
}

function write(
  primitive: Primitive,
  { requestIdentifier, emptyIsNull = false }: WriteOptions,
  onUnknown: OnUnknown,
): string {
  const writer = new XmlWriter({ namespaces: new Map(), onUnknown });
  const members: Members = new Map([["rqi", requestIdentifier]]);
  if (primitive.kind === "request") {
    members
      .set("op", operationNumber(primitive.operation))
      .set("to", primitive.to)
      .set("fr", primitive.from)
      .set("ty", primitive.resourceType);
  } else {
    members.set("rsc", primitive.responseStatusCode);
  }
  members.set("rvi", primitive.releaseVersion);
  // In JSON shape, as whoever read them has seen to.
  for (const [name, value] of primitive.carried) {
    const elements = parameterElements(primitive, name, value);
    members.set(name, elements === undefined ? (value as ExactTree) : markupFrom(elements));
  }
  const { content } = primitive;
  const saysNull = primitive.kind === "request" ? primitive.operation === "update" : emptyIsNull;
  const inside =
    content &&
    (() =>
      content instanceof XmlContent
        ? markupOf(content.element, PRIMITIVE_SCOPE)
        : writer.content(content.exact(), saysNull));
  return writer.primitive(PRIMITIVE_ROOTS[primitive.kind], members, inside);
}

/** What the root of every primitive declares. */
const PRIMITIVE_SCOPE = new Map([["m2m", namespaceOf("m2m") ?? ""]]);

const markupFrom = (elements: readonly XmlElement[]): Markup =>
  new Markup(elements.map((element) => markupOf(element, PRIMITIVE_SCOPE)).join(""));

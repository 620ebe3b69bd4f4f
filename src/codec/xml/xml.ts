import type { ExactTree } from "../../primitive/content.ts";
import { operationNumber, type Primitive } from "../../primitive/primitive.ts";
import type { Codec, Reading, ReadOptions, WriteOptions } from "../codec.ts";
import { unreadable } from "../envelope.ts";
import { NO_UTF8, utf8Text } from "../json/content.ts";
import { MAX_DEPTH } from "../json/scan.ts";
import { namespaceOf } from "../schema/schema.ts";
import {
  decodeXmlContent,
  type OnUnknown,
  writerFor,
  XmlContent,
  type XmlPeer,
  xmlDocumentOf,
} from "./content.ts";
import { PRIMITIVE_ROOTS, primitiveOfElement } from "./envelope.ts";
import { markupOf } from "./markup.ts";
import { Namespaces } from "./namespaces.ts";
import { parameterElements } from "./parameters.ts";
import { parseXml, type XmlElement } from "./parse.ts";
import { XmlFault } from "./scan.ts";
import { Markup, type Members } from "./write.ts";

export interface XmlCodecOptions {
  /** Told each name that no table knows, where content or a parameter changes its serialization. */
  readonly onUnknown: OnUnknown;
  /** Namespaces by prefix, beyond the standard's or in their place; not for `m2m`. */
  readonly namespaces?: ReadonlyMap<string, string>;
  /** How deep documents may be nested now. */
  readonly nesting?: () => number;
}

/** XML as TS-0004, 8.3 has it: primitives inside `m2m:rqp` or `m2m:rsp`, always, in the order of the schema. */
export function createXmlCodec({
  onUnknown,
  namespaces = new Map(),
  nesting = () => MAX_DEPTH,
}: XmlCodecOptions): Codec {
  return codecFor({ namespaces: new Namespaces(namespaces), onUnknown, nesting });
}

function codecFor(peer: XmlPeer): Codec {
  return {
    serialization: "xml",
    mediaType: "application/xml",
    frame: "text",

    forPeer: () => codecFor({ ...peer, namespaces: peer.namespaces.forPeer() }),

    decodeContent: (bytes, context) => decodeXmlContent(bytes, context, peer),

    encodeContent: (content, { emptyIsNull }) => xmlDocumentOf(content, emptyIsNull, peer),

    readPrimitive: (message, options) => read(message, options, peer),

    writePrimitive: (primitive, options) => write(primitive, options, peer),
  };
}

function read(message: Uint8Array, options: ReadOptions, peer: XmlPeer): Reading {
  const text = utf8Text(message);
  if (text === undefined) return unreadable(NO_UTF8);
  try {
    const root = parseXml(text, peer.namespaces.undeclared, peer.nesting());
    return primitiveOfElement(root, text.length, options, peer);
  } catch (error) {
    if (!(error instanceof XmlFault)) throw error;
    return unreadable(`XML with ${error.message}`);
  }
}

function write(
  primitive: Primitive,
  { requestIdentifier, emptyIsNull = false }: WriteOptions,
  peer: XmlPeer,
): string {
  const writer = writerFor(peer);
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

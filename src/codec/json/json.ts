import type { Tree } from "../../primitive/content.ts";
import { operationNumber, type Primitive } from "../../primitive/primitive.ts";
import type { Codec, Reading, ReadOptions, WriteOptions } from "../codec.ts";
import { type Envelope, isWrapperName, placeMember, primitiveOf, unreadable } from "../envelope.ts";
import {
  decodeJsonContent,
  JsonContent,
  jsonOf,
  jsonTextOf,
  NO_UTF8,
  utf8Text,
} from "./content.ts";
import { isObjectAt, JsonFault, MAX_DEPTH, type Member, membersAt, scanObject } from "./scan.ts";
import { parseJson } from "./tree.ts";

/** JSON as TS-0004, 8.4 has it; wrapped primitives are understood, and written on demand. @param nesting allowed now */
export function createJsonCodec(nesting: () => number): Codec {
  const codec: Codec = {
    serialization: "json",
    mediaType: "application/json",
    frame: "text",

    forPeer: () => codec,

    decodeContent: (bytes) => decodeJsonContent(bytes, nesting()),

    encodeContent: jsonTextOf,

    readPrimitive(message, options) {
      const text = utf8Text(message);
      return text === undefined ? unreadable(NO_UTF8) : read(text, options, nesting());
    },

    writePrimitive: write,
  };
  return codec;
}

/** The same with the usual depth. */
export const jsonCodec: Codec = createJsonCodec(() => MAX_DEPTH);

function read(text: string, options: ReadOptions, nesting: number): Reading {
  try {
    const members = scanObject(text, nesting);
    const wrapper = members.length === 1 ? members[0] : undefined;
    const wrapped =
      wrapper !== undefined && isWrapperName(wrapper.name) && isObjectAt(text, wrapper.start);
    const envelope = envelopeOf(text, wrapped ? membersAt(text, wrapper.start) : members);
    return primitiveOf(envelope, wrapped, options, "json");
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    return unreadable(`JSON with ${error.message}`);
  }
}

function envelopeOf(text: string, members: readonly Member[]): Envelope {
  const envelope: Envelope = { carried: undefined };
  for (const { name, start, end, root } of members) {
    if (name !== "pc") placeMember(envelope, name, valueAt(text, start, end));
    else if (!isEmptyObject(text, start, end)) {
      envelope.content = new JsonContent(text.slice(start, end), root);
    }
  }
  return envelope;
}

/** An empty `pc` says nothing (`{}` of nCube-Thyme on Retrieve); where content is mandatory its absence is the error. */
function isEmptyObject(text: string, start: number, end: number): boolean {
  return isObjectAt(text, start) && text.slice(start + 1, end - 1).trim() === "";
}

function valueAt(text: string, start: number, end: number): unknown {
  if (text.charCodeAt(start) === 34) {
    const inside = text.slice(start + 1, end - 1);
    if (!inside.includes("\\")) return inside;
  }
  return parseJson(text.slice(start, end), "refuse");
}

function write(primitive: Primitive, { wrapped, requestIdentifier }: WriteOptions): string {
  let text: string;
  if (primitive.kind === "request") {
    text = `{"op":${operationNumber(primitive.operation)},"to":${JSON.stringify(primitive.to)}`;
    if (primitive.from !== undefined) text += `,"fr":${JSON.stringify(primitive.from)}`;
    text += `,"rqi":${JSON.stringify(requestIdentifier)}`;
    if (primitive.resourceType !== undefined) text += `,"ty":${primitive.resourceType}`;
  } else {
    text = `{"rsc":${primitive.responseStatusCode},"rqi":${JSON.stringify(requestIdentifier)}`;
  }
  if (primitive.releaseVersion !== undefined)
    text += `,"rvi":${JSON.stringify(primitive.releaseVersion)}`;
  for (const [name, value] of primitive.carried) {
    text += `,${JSON.stringify(name)}:${jsonOf(value as Tree)}`;
  }
  if (primitive.content !== undefined) text += `,"pc":${jsonTextOf(primitive.content)}`;
  text += "}";
  if (!wrapped) return text;
  return primitive.kind === "request" ? `{"m2m:rqp":${text}}` : `{"m2m:rsp":${text}}`;
}

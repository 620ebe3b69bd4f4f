import type { Content, Tree } from "../primitive/content.ts";
import {
  type Carried,
  NOTHING_CARRIED,
  operationNumber,
  operationOf,
  type Primitive,
  type RequestId,
  requestId,
  targetId,
} from "../primitive/primitive.ts";
import type { Codec, Reading, ReadOptions, WriteOptions } from "./codec.ts";
import {
  decodeJsonContent,
  JsonContent,
  jsonOf,
  jsonTextOf,
  NO_UTF8,
  utf8Text,
} from "./json-content.ts";
import { isObjectAt, JsonFault, type Member, membersAt, scanObject } from "./json-scan.ts";
import { parseJson } from "./json-tree.ts";

/** JSON as TS-0004, 8.4 has it; wrapped primitives are understood, and written on demand. */
export const jsonCodec: Codec = {
  serialization: "json",
  mediaType: "application/json",
  frame: "text",

  decodeContent: decodeJsonContent,

  encodeContent: jsonTextOf,

  readPrimitive(message, options) {
    const text = utf8Text(message);
    return text === undefined ? unreadable(NO_UTF8) : read(text, options);
  },

  writePrimitive: write,
};

/** The members of an envelope that have a place of their own; the rest is carried. */
interface Envelope {
  op?: unknown;
  rsc?: unknown;
  rqi?: unknown;
  to?: unknown;
  fr?: unknown;
  ty?: unknown;
  rvi?: unknown;
  content?: Content | undefined;
  carried: Map<string, unknown> | undefined;
}

function read(text: string, options: ReadOptions): Reading {
  try {
    const members = scanObject(text);
    const wrapper = members.length === 1 ? members[0] : undefined;
    const wrapped =
      wrapper !== undefined &&
      (wrapper.name === "m2m:rqp" || wrapper.name === "m2m:rsp") &&
      isObjectAt(text, wrapper.start);
    const envelope = envelopeOf(text, wrapped ? membersAt(text, wrapper.start) : members);
    return primitiveOf(envelope, wrapped, options);
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    return unreadable(`JSON with ${error.message}`);
  }
}

function unreadable(malformed: string): Reading {
  return { malformed, unreadable: true, requestIdentifier: undefined, mayAnswer: true };
}

function envelopeOf(text: string, members: readonly Member[]): Envelope {
  const envelope: Envelope = { carried: undefined };
  for (const { name, start, end, root } of members) {
    switch (name) {
      case "op":
      case "rsc":
      case "rqi":
      case "to":
      case "fr":
      case "ty":
      case "rvi":
        envelope[name] = valueAt(text, start, end);
        break;
      case "pc":
        envelope.content = isEmptyObject(text, start, end)
          ? undefined
          : new JsonContent(text.slice(start, end), root);
        break;
      default:
        envelope.carried ??= new Map();
        envelope.carried.set(name, valueAt(text, start, end));
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

function primitiveOf(envelope: Envelope, wrapped: boolean, { lenient }: ReadOptions): Reading {
  const rqi = identifierOf(envelope.rqi, lenient);
  const isRequest = envelope.op !== undefined;
  const isResponse = envelope.rsc !== undefined;
  const refuse = (malformed: string): Reading => ({
    malformed,
    unreadable: false,
    requestIdentifier: rqi,
    mayAnswer: isRequest === isResponse ? rqi !== undefined : isRequest,
  });
  if (isRequest === isResponse) {
    return refuse(isRequest ? "both op and rsc" : "neither op nor rsc");
  }
  if (rqi === undefined) return refuse("rqi is missing or no string");
  if (envelope.rvi !== undefined && typeof envelope.rvi !== "string")
    return refuse("rvi is no string");
  const carried: Carried = envelope.carried ?? NOTHING_CARRIED;
  if (!isRequest) return responseOf(envelope, rqi, carried, wrapped, refuse, lenient);

  const operation = operationOf(numberOf(envelope.op, lenient) ?? 0);
  if (operation === undefined) return refuse("op is none of the numbers 1 to 5");
  if (typeof envelope.to !== "string" || envelope.to === "")
    return refuse("to is missing or no string");
  if (envelope.fr !== undefined && typeof envelope.fr !== "string")
    return refuse("fr is no string");
  const resourceType = numberOf(envelope.ty, lenient);
  if (envelope.ty !== undefined && resourceType === undefined) return refuse("ty is no number");
  if (operation === "create" && resourceType === undefined)
    return refuse("ty is missing in a Create");
  if (operation !== "retrieve" && operation !== "delete" && envelope.content === undefined) {
    return refuse("pc is missing or empty");
  }
  const primitive: Primitive = {
    kind: "request",
    operation,
    to: targetId(envelope.to),
    from: envelope.fr === "" ? undefined : envelope.fr,
    requestIdentifier: rqi,
    // nCube-Thyme and tinyIoT clients send ty with every operation; only Create has one (TS-0004, table 7.2.1.1-1).
    resourceType: operation === "create" ? resourceType : undefined,
    releaseVersion: envelope.rvi,
    content: envelope.content,
    carried,
  };
  return { primitive, wrapped };
}

function responseOf(
  envelope: Envelope,
  requestIdentifier: RequestId,
  both: Carried,
  wrapped: boolean,
  refuse: (malformed: string) => Reading,
  lenient: boolean,
): Reading {
  const responseStatusCode = numberOf(envelope.rsc, lenient);
  if (responseStatusCode === undefined || responseStatusCode < 1000 || responseStatusCode > 9999) {
    return refuse("rsc is no Response Status Code");
  }
  const carried = withAddresses(both, envelope);
  const primitive: Primitive = {
    kind: "response",
    requestIdentifier,
    responseStatusCode,
    releaseVersion: envelope.rvi as string | undefined,
    content: envelope.content,
    carried,
    failure: undefined,
  };
  return { primitive, wrapped };
}

/** To and From of a response are optional and nobody here reads them (TS-0004, table 7.2.1.2-1). */
function withAddresses(carried: Carried, { to, fr }: Envelope): Carried {
  if (typeof to !== "string" && typeof fr !== "string") return carried;
  const all = new Map(carried);
  if (typeof to === "string") all.set("to", to);
  if (typeof fr === "string") all.set("fr", fr);
  return all;
}

function identifierOf(rqi: unknown, lenient: boolean): RequestId | undefined {
  if (typeof rqi === "string") return rqi === "" ? undefined : requestId(rqi);
  return lenient && (typeof rqi === "number" || typeof rqi === "bigint")
    ? requestId(String(rqi))
    : undefined;
}

function numberOf(value: unknown, lenient: boolean): number | undefined {
  if (typeof value === "number") return Number.isInteger(value) ? value : undefined;
  return lenient && typeof value === "string" && /^\d{1,9}$/.test(value)
    ? Number(value)
    : undefined;
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

import type { Content, Serialization } from "../primitive/content.ts";
import {
  type Carried,
  NOTHING_CARRIED,
  operationOf,
  type Primitive,
  type RequestId,
  requestId,
  targetId,
} from "../primitive/primitive.ts";
import type { Reading, ReadOptions } from "./codec.ts";

/** A primitive as its serialization gave it, unchecked: the members that have a place of their own; the rest is carried. */
export interface Envelope {
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

/** Whether a member of this name may be a wrapper around a primitive; TS-0020 V2 prints that for JSON. */
export const isWrapperName = (name: string): boolean => name === "m2m:rqp" || name === "m2m:rsp";

/** Takes a member in; `pc` is for the codec, which alone knows what its content is. */
export function placeMember(envelope: Envelope, name: string, value: unknown): void {
  switch (name) {
    case "op":
    case "rsc":
    case "rqi":
    case "to":
    case "fr":
    case "ty":
    case "rvi":
      envelope[name] = value;
      break;
    default:
      envelope.carried ??= new Map();
      envelope.carried.set(name, value);
  }
}

/** What a message is of which nothing could be read. */
export function unreadable(malformed: string): Reading {
  return { malformed, unreadable: true, requestIdentifier: undefined, mayAnswer: true };
}

/** Checks an envelope, the same for every serialization (TS-0004, 7.3.2.1); never throws. */
export function primitiveOf(
  envelope: Envelope,
  wrapped: boolean,
  { lenient }: ReadOptions,
  serialization: Serialization,
): Reading {
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
    answerIn: serialization,
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

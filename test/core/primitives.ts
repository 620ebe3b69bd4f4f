import { jsonCodec } from "../../src/codec/json/json.ts";
import type { Content } from "../../src/primitive/content.ts";
import type { CseId, Domain, EntityId } from "../../src/primitive/identifiers.ts";
import {
  OPERATIONS,
  type RequestPrimitive,
  type ResponsePrimitive,
  requestId,
  targetId,
} from "../../src/primitive/primitive.ts";

export const DOMAIN: Domain = { cseId: "/id-in" as CseId, spId: "sp.example", cseName: "cse-in" };

export const entity = (id: string): EntityId => id as EntityId;

/** Content as it is received in JSON; a text is taken as written, anything else is written first. */
export function received(content: unknown): Content {
  const text = typeof content === "string" ? content : JSON.stringify(content);
  return jsonCodec.decodeContent(Buffer.from(text, "utf8"), { emptyIsNull: false });
}

/** The bytes a content goes out with, as text. */
export const textOf = (content: Content | undefined): string | undefined =>
  content && (jsonCodec.encodeContent(content, { emptyIsNull: false }) as string);

/** A request in short names; a Retrieve by CAE1 unless told otherwise. */
export function requestOf(members: Readonly<Record<string, unknown>> = {}): RequestPrimitive {
  const { op = "retrieve", to = "cse-in", rqi = "r1", ty, pc, ...others } = members;
  const { fr = "fr" in members ? undefined : "CAE1", ...carried } = others;
  return {
    kind: "request",
    operation: OPERATIONS.find((operation) => operation === op) ?? "retrieve",
    to: targetId(String(to)),
    from: fr === undefined ? undefined : String(fr),
    requestIdentifier: requestId(String(rqi)),
    resourceType: ty === undefined ? undefined : Number(ty),
    releaseVersion: "3",
    content: pc === undefined ? undefined : received(pc),
    carried: new Map(Object.entries(carried)),
  };
}

export function responseOf(rsc: number, pc?: unknown, rqi = "r1"): ResponsePrimitive {
  return {
    kind: "response",
    requestIdentifier: requestId(rqi),
    responseStatusCode: rsc,
    releaseVersion: "3",
    content: pc === undefined ? undefined : received(pc),
    carried: new Map(),
    failure: undefined,
  };
}

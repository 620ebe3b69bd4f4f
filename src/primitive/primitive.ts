import type { Brand } from "../base/brand.ts";
import type { FailureCode } from "../base/errors.ts";
import type { Content, Serialization } from "./content.ts";
import type { Trace } from "./trace.ts";

/** To, as received and not yet resolved: CSE-relative `a/b`, SP-relative `/csi/a` or absolute `//sp/csi/a`. */
export type TargetId = Brand<string, "TargetId">;
/** Unique per originator, not across originators. */
export type RequestId = Brand<string, "RequestId">;

export const targetId = (value: string): TargetId => value as TargetId;
export const requestId = (value: string): RequestId => value as RequestId;

/** In the order of their numbers on the wire, 1 to 5 (TS-0004, 6.3.4.2.5). */
export const OPERATIONS = ["create", "retrieve", "update", "delete", "notify"] as const;
export type Operation = (typeof OPERATIONS)[number];

export const operationNumber = (operation: Operation): number => OPERATIONS.indexOf(operation) + 1;
export const operationOf = (number: number): Operation | undefined => OPERATIONS[number - 1];

/** Parameters that nothing here reads, by short name, values in JSON shape. */
export type Carried = ReadonlyMap<string, unknown>;
export const NOTHING_CARRIED: Carried = new Map();

export interface RequestPrimitive {
  readonly kind: "request";
  readonly operation: Operation;
  readonly to: TargetId;
  /** As received, never rewritten; absent only in an AE's first registration. */
  readonly from: string | undefined;
  readonly requestIdentifier: RequestId;
  /** Resource Type, in Create only (TS-0004, 6.3.4.2.1). */
  readonly resourceType: number | undefined;
  readonly releaseVersion: string | undefined;
  readonly content: Content | undefined;
  /** Everything else, `rt`, `rqet`, `rset`, `oet`, `ot` and `fc` included. */
  readonly carried: Carried;
  /** What its originator reads the answer's content in; undefined when it takes any. Never on a WebSocket's wire. */
  readonly answerIn?: Serialization | undefined;
  /** What is done for it is a part of this. On a WebSocket's wire only where that is switched on, in `vsi`. */
  readonly trace?: Trace | undefined;
}

export interface ResponsePrimitive {
  readonly kind: "response";
  readonly requestIdentifier: RequestId;
  readonly responseStatusCode: number;
  readonly releaseVersion: string | undefined;
  readonly content: Content | undefined;
  /** Everything else, `to` and `fr` included. */
  readonly carried: Carried;
  /** Why this gateway answered in the place of the target; undefined for a relayed answer. Never on the wire. */
  readonly failure: FailureCode | undefined;
  /** Address of a created resource, where only a header field of HTTP tells it. Never on the wire of a WebSocket. */
  readonly location?: string;
  /** The gateway acknowledges that it holds the request. Never on the wire. */
  readonly held?: true;
}

export type Primitive = RequestPrimitive | ResponsePrimitive;

/** How the originator wants its answer (TS-0001, 8.1.2), by the numbers of TS-0004, 6.3.4.2.6. */
export const RESPONSE_TYPES = [
  "nonBlockingSynch",
  "nonBlockingAsynch",
  "blocking",
  "flexBlocking",
  "noResponse",
] as const;
export type ResponseType = (typeof RESPONSE_TYPES)[number];

/** Whether an answer to this request tells with null which attributes are gone (TS-0004, 7.3.3.12). */
export function answersWithNull({ operation, carried }: RequestPrimitive): boolean {
  return operation === "update" && Number(carried.get("rcn")) === 9;
}

/** What `rt` says; blocking when it is absent, undefined when its value is none of the five. */
export function responseTypeOf(request: RequestPrimitive): ResponseType | undefined {
  const rt = request.carried.get("rt");
  if (rt === undefined) return "blocking";
  if (typeof rt !== "object" || rt === null || !("rtv" in rt)) return undefined;
  return RESPONSE_TYPES[Number(rt.rtv) - 1];
}

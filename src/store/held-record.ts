import { epochMs } from "../base/clock.ts";
import type { Codecs } from "../codec/codec.ts";
import type { DeadLetter, HeldRequest } from "../core/hold-store.ts";
import { OUTCOMES } from "../core/hold-store.ts";
import {
  type Content,
  type ExactObject,
  type ExactTree,
  isExactObject,
  MadeContent,
  SERIALIZATIONS,
  type Serialization,
  type Tree,
} from "../primitive/content.ts";
import type { EntityId } from "../primitive/identifiers.ts";
import {
  OPERATIONS,
  type Operation,
  type RequestPrimitive,
  requestId,
  targetId,
} from "../primitive/primitive.ts";
import { traceOf } from "../primitive/trace.ts";
import { bytesOf, digestOf } from "./hold-keys.ts";
import { storeFailed } from "./lmdb-writes.ts";

/**
 * A held request as bytes: a head of fixed length, everything else but the content as JSON, and the content as it was
 * received.
 *
 * | at | length | |
 * |---|---|---|
 * | 0 | 8 | expires, a double |
 * | 8 | 8 | bytes it counts for, a double |
 * | 16 | 1 | 1 when sent |
 * | 17 | 1 | 1 when it has a `latest` |
 * | 18 | 16 | digest of `latest` |
 * | 34 | 4 | length of the JSON |
 * | 38 | | the JSON, then the content to the end |
 */
const SENT_AT = 16;
const HAS_LATEST_AT = 17;
const LATEST_AT = 18;
const JSON_LENGTH_AT = 34;
const JSON_AT = 38;

/** What the indexes and the usage are made of; read also where the rest of the record is damaged. */
export interface RecordHead {
  readonly expires: number;
  readonly bytes: number;
  /** Digest of the text. */
  readonly latest: Uint8Array | undefined;
}

/** @throws GatewayError GW_CONTENT_NOT_TRANSCODABLE */
export function recordOf(held: HeldRequest, codecs: Codecs): Buffer {
  const { content } = held.request;
  const serialization = content?.serialization ?? "json";
  const json = jsonBytesOf({ ...describe(held), ...(content && { serialization }) }, codecs);
  const head = Buffer.alloc(JSON_AT);
  head.writeDoubleBE(held.expires, 0);
  head.writeDoubleBE(held.bytes, 8);
  head[SENT_AT] = Number(held.sent);
  if (held.latest !== undefined) {
    head[HAS_LATEST_AT] = 1;
    head.set(digestOf(held.latest), LATEST_AT);
  }
  head.writeUInt32BE(json.length, JSON_LENGTH_AT);
  const body = content && encoded(content, serialization, held.request, codecs);
  return joined(body === undefined ? [head, json] : [head, json, body]);
}

/** Of a damaged record, whatever does no harm. */
export function headOf(record: Uint8Array): RecordHead {
  return readHead(bytesOf(record)) ?? { expires: 0, bytes: 0, latest: undefined };
}

function readHead(record: Buffer): RecordHead | undefined {
  if (record.length < JSON_AT) return undefined;
  const expires = record.readDoubleBE(0);
  const bytes = record.readDoubleBE(8);
  if (Number.isNaN(expires) || !Number.isFinite(bytes)) return undefined;
  const hasLatest = record[HAS_LATEST_AT] === 1;
  return {
    expires,
    bytes,
    latest: hasLatest ? record.subarray(LATEST_AT, JSON_LENGTH_AT) : undefined,
  };
}

/** A copy with `sent` set. */
export function withSent(record: Uint8Array): Buffer {
  const sent = Buffer.from(record);
  sent[SENT_AT] = 1;
  return sent;
}

/** @throws GatewayError GW_STORE_FAILED when the bytes are none that `recordOf` makes */
export function heldOf(record: Uint8Array, sequence: number, codecs: Codecs): HeldRequest {
  try {
    const bytes = bytesOf(record);
    const head = readHead(bytes);
    if (head === undefined) throw storeFailed("the record has no head");
    const contentAt = JSON_AT + bytes.readUInt32BE(JSON_LENGTH_AT);
    if (contentAt > bytes.length) throw storeFailed("the record is too short");
    const members = membersIn(bytes.subarray(JSON_AT, contentAt), codecs);
    return {
      registree: textIn(members, "registree") as EntityId,
      sequence,
      request: requestIn(members, bytes.subarray(contentAt), codecs),
      arrived: epochMs(numberOf(members["arrived"], "arrived")),
      expires: epochMs(head.expires),
      bytes: head.bytes,
      latest: optionalTextIn(members, "latest"),
      reference: optionalTextIn(members, "reference"),
      sent: bytes[SENT_AT] === 1,
    };
  } catch (cause) {
    throw storeFailed(cause);
  }
}

/** The letter as JSON behind its length, and then the record of what was held. */
export function letterRecordOf(letter: DeadLetter, codecs: Codecs): Buffer {
  const { outcome, reason } = letter;
  const json = jsonBytesOf({ outcome, reason }, codecs);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return joined([length, json, recordOf(letter.held, codecs)]);
}

/** @throws GatewayError GW_STORE_FAILED when the bytes are none that `letterRecordOf` makes */
export function letterOf(
  record: Uint8Array,
  { at, sequence }: { readonly at: number; readonly sequence: number },
  codecs: Codecs,
): DeadLetter {
  try {
    const bytes = bytesOf(record);
    const heldAt = 4 + bytes.readUInt32BE(0);
    const members = membersIn(bytes.subarray(4, heldAt), codecs);
    const outcome = OUTCOMES.find((known) => known === members["outcome"]);
    if (outcome === undefined) throw storeFailed("the record has no outcome");
    return {
      held: heldOf(bytes.subarray(heldAt), sequence, codecs),
      outcome,
      reason: textIn(members, "reason"),
      at: epochMs(at),
    };
  } catch (cause) {
    throw storeFailed(cause);
  }
}

/** In memory of their own: what is sent to another thread takes along all of the memory it lies in. */
export function joined(parts: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.allocUnsafeSlow(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function describe({ registree, request, arrived, latest, reference }: HeldRequest): ExactObject {
  const { operation, to, from, requestIdentifier, resourceType, releaseVersion, carried } = request;
  const members: Record<string, ExactTree> = {
    registree,
    operation,
    to,
    requestIdentifier,
    arrived,
  };
  const { traceparent, tracestate } = request.trace ?? {};
  const about = { from, resourceType, releaseVersion, traceparent, tracestate };
  const optional = { ...about, latest, reference };
  for (const [name, value] of Object.entries(optional)) {
    if (value !== undefined) members[name] = value;
  }
  // In pairs: a name may be any text, and objects do not keep the order of all names.
  members["carried"] = [...carried].filter(([, value]) => value !== undefined) as ExactTree[];
  return members;
}

function requestIn(members: ExactObject, content: Uint8Array, codecs: Codecs): RequestPrimitive {
  const operation = OPERATIONS.find((known) => known === members["operation"]);
  if (operation === undefined) throw storeFailed("the record has no operation");
  const resourceType = members["resourceType"];
  return {
    kind: "request",
    operation,
    to: targetId(textIn(members, "to")),
    from: optionalTextIn(members, "from"),
    requestIdentifier: requestId(textIn(members, "requestIdentifier")),
    resourceType: resourceType === undefined ? undefined : numberOf(resourceType, "resourceType"),
    releaseVersion: optionalTextIn(members, "releaseVersion"),
    content: contentIn(members, content, operation, codecs),
    carried: carriedIn(members),
    trace: traceOf(members["traceparent"], members["tracestate"]),
  };
}

function carriedIn(members: ExactObject): ReadonlyMap<string, unknown> {
  const pairs = members["carried"];
  if (!Array.isArray(pairs)) throw storeFailed("the record has no parameters");
  return new Map(pairs as readonly (readonly [string, ExactTree])[]);
}

function contentIn(
  members: ExactObject,
  bytes: Uint8Array,
  operation: Operation,
  codecs: Codecs,
): Content | undefined {
  const name = members["serialization"];
  if (name === undefined) return undefined;
  const serialization = SERIALIZATIONS.find((known) => known === name);
  if (serialization === undefined) throw storeFailed("the record has an unknown serialization");
  return codecs[serialization].decodeContent(bytes, { emptyIsNull: operation === "update" });
}

function encoded(
  content: Content,
  serialization: Serialization,
  { operation }: RequestPrimitive,
  codecs: Codecs,
): Uint8Array {
  const context = { emptyIsNull: operation === "update" };
  const payload = codecs[serialization].encodeContent(content, context);
  return typeof payload === "string" ? Buffer.from(payload) : payload;
}

const NO_NULLS = { emptyIsNull: false };

/** With every digit of every number: parameters keep what they were received with. */
function jsonBytesOf(members: ExactObject, codecs: Codecs): Buffer {
  const payload = codecs.json.encodeContent(new MadeContent(members as Tree), NO_NULLS);
  return Buffer.from(payload as string);
}

function membersIn(bytes: Uint8Array, codecs: Codecs): ExactObject {
  const members = codecs.json.decodeContent(bytes, NO_NULLS).exact();
  if (!isExactObject(members)) throw storeFailed("the record is no object");
  return members;
}

function textIn(members: ExactObject, name: string): string {
  const value = members[name];
  if (typeof value !== "string") throw storeFailed(`the record has no ${name}`);
  return value;
}

function optionalTextIn(members: ExactObject, name: string): string | undefined {
  return members[name] === undefined ? undefined : textIn(members, name);
}

function numberOf(value: ExactTree | undefined, name: string): number {
  if (typeof value !== "number") throw storeFailed(`the record has no ${name}`);
  return value;
}

import { type EpochMs, epochMs } from "../base/clock.ts";
import type { Codecs } from "../codec/codec.ts";
import type { Table } from "../core/ports.ts";
import type { RequestRecord } from "../core/request-resource.ts";
import type { Content, Serialization } from "../primitive/content.ts";
import {
  answersWithNull,
  NOTHING_CARRIED,
  type RequestPrimitive,
  type ResponsePrimitive,
  requestId,
} from "../primitive/primitive.ts";
import { heldOf, joined, recordOf } from "./held-record.ts";
import { storeFailed } from "./lmdb-writes.ts";

/** A `<request>` as it is stored: its request as what is held, its result's content as it was received. */
export interface StoredRequest {
  readonly request: Uint8Array;
  readonly sequence: number;
  readonly changed: number;
  readonly notifies: boolean;
  readonly untold: boolean;
  readonly result?: {
    readonly rsc: number;
    readonly rqi: string;
    readonly rvi?: string;
    readonly serialization?: Serialization;
    readonly content?: Uint8Array;
  };
}

/**
 * The gateway's `<request>` resources in a table of plain objects. One that cannot be read is as if it were not there.
 *
 * @param onUnreadable is told of each, whenever it is met
 */
export function requestTable(
  table: Table<StoredRequest>,
  codecs: Codecs,
  onUnreadable: (id: string, error: unknown) => void,
): Table<RequestRecord> {
  const read = (id: string, stored: StoredRequest): RequestRecord | undefined => {
    try {
      return recordFrom(stored, codecs);
    } catch (error) {
      onUnreadable(id, error);
      return undefined;
    }
  };
  return {
    *entries() {
      for (const [id, stored] of table.entries()) {
        const record = read(id, stored);
        if (record !== undefined) yield [id, record] as const;
      }
    },
    get: (id) => {
      const stored = table.get(id);
      return stored && read(id, stored);
    },
    put: (id, record) => table.put(id, storedFrom(record, codecs)),
    remove: (id) => table.remove(id),
  };
}

function storedFrom(record: RequestRecord, codecs: Codecs): StoredRequest {
  const { request, registree, sequence, created, changed, expires, result } = record;
  const held = {
    registree,
    sequence,
    request,
    arrived: created,
    expires,
    bytes: 0,
    latest: undefined,
    reference: undefined,
    sent: false,
  };
  return {
    request: recordOf(held, codecs),
    sequence,
    changed,
    notifies: record.notifies,
    untold: record.untold,
    ...(result === undefined ? {} : { result: storedResult(request, result, codecs) }),
  };
}

function storedResult(
  request: RequestPrimitive,
  { content, responseStatusCode, requestIdentifier, releaseVersion }: ResponsePrimitive,
  codecs: Codecs,
): NonNullable<StoredRequest["result"]> {
  const serialization = content?.serialization ?? "json";
  const context = { emptyIsNull: answersWithNull(request) };
  const written = content && codecs[serialization].encodeContent(content, context);
  return {
    rsc: responseStatusCode,
    rqi: requestIdentifier,
    ...(releaseVersion === undefined ? {} : { rvi: releaseVersion }),
    ...(written === undefined
      ? {}
      : {
          serialization,
          content: joined([typeof written === "string" ? Buffer.from(written) : written]),
        }),
  };
}

/** @throws GatewayError GW_STORE_FAILED */
function recordFrom(stored: StoredRequest, codecs: Codecs): RequestRecord {
  const held = heldOf(stored.request, stored.sequence, codecs);
  const { request, registree, sequence, arrived, expires } = held;
  if (request.from === undefined) throw storeFailed("the record has no originator");
  return {
    request,
    registree,
    sequence,
    created: arrived,
    changed: epochMs(stored.changed) as EpochMs,
    expires,
    result: stored.result && resultFrom(request, stored.result, codecs),
    notifies: stored.notifies,
    untold: stored.untold,
  };
}

function resultFrom(
  request: RequestPrimitive,
  { rsc, rqi, rvi, serialization, content }: NonNullable<StoredRequest["result"]>,
  codecs: Codecs,
): ResponsePrimitive {
  return {
    kind: "response",
    requestIdentifier: requestId(rqi),
    responseStatusCode: rsc,
    releaseVersion: rvi,
    content: contentFrom(serialization, content, answersWithNull(request), codecs),
    carried: NOTHING_CARRIED,
    failure: undefined,
  };
}

function contentFrom(
  serialization: Serialization | undefined,
  content: Uint8Array | undefined,
  emptyIsNull: boolean,
  codecs: Codecs,
): Content | undefined {
  if (serialization === undefined || content === undefined) return undefined;
  return codecs[serialization].decodeContent(content, { emptyIsNull });
}

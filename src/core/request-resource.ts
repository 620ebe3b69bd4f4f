import type { EpochMs } from "../base/clock.ts";
import type { ExactObject, ExactTree } from "../primitive/content.ts";
import type { Domain, EntityId } from "../primitive/identifiers.ts";
import {
  operationNumber,
  type RequestPrimitive,
  type ResponsePrimitive,
} from "../primitive/primitive.ts";
import { formatTimestamp } from "../primitive/timestamps.ts";

/** A request that is carried out while its originator does other things: the gateway's `<request>`. Stored as it is. */
export interface RequestRecord {
  readonly request: RequestPrimitive;
  readonly registree: EntityId;
  /** Under which the request is held, while it is. */
  readonly sequence: number;
  readonly created: EpochMs;
  readonly changed: EpochMs;
  /** When it is forgotten. */
  readonly expires: EpochMs;
  /** Undefined while there is none. */
  readonly result: ResponsePrimitive | undefined;
  /** Whether its originator is to be told the result. */
  readonly notifies: boolean;
  /** There is a result, and those whom it is to be told and who are no registrees may not have been told. */
  readonly untold: boolean;
}

const RESOURCE_TYPE = 17;
/** requestStatus (TS-0004, 6.3.4.2.7). */
const COMPLETED = 1;
const FAILED = 2;
const PENDING = 3;
const FORWARDED = 4;

/** What `m2m:req` has (TS-0004, 7.4.12). */
export function requestResource(
  id: string,
  record: RequestRecord,
  about: { readonly domain: Domain; readonly isUnderWay: (id: string) => boolean },
): ExactObject {
  const { request, created, changed, expires, result } = record;
  const content = request.content?.exact();
  const waiting = about.isUnderWay(id) ? FORWARDED : PENDING;
  return {
    rn: id,
    ty: RESOURCE_TYPE,
    ri: id,
    pi: about.domain.cseId.slice(1),
    ct: formatTimestamp(created),
    lt: formatTimestamp(changed),
    et: formatTimestamp(expires),
    op: operationNumber(request.operation),
    tg: request.to,
    org: request.from ?? "",
    rid: request.requestIdentifier,
    mi: metaInformationOf(request),
    ...(content === undefined ? {} : { pc: content }),
    rs: result === undefined ? waiting : isSuccess(result) ? COMPLETED : FAILED,
    ...(result === undefined ? {} : { ors: resultOf(record, result) }),
  };
}

/** What `m2m:rsp` has: a responsePrimitive (TS-0004, 6.4.2), which unlike an operationResult has to name its release. */
export function responseOf(record: RequestRecord, response: ResponsePrimitive): ExactObject {
  const { releaseVersion } = record.request;
  return {
    ...resultOf(record, response),
    ...(releaseVersion === undefined ? {} : { rvi: releaseVersion }),
  };
}

const isSuccess = ({ responseStatusCode }: ResponsePrimitive): boolean =>
  responseStatusCode >= 2000 && responseStatusCode < 3000;

/** operationResult (TS-0004, 6.3.5.32). */
function resultOf({ request, registree }: RequestRecord, response: ResponsePrimitive): ExactObject {
  const { content, responseStatusCode } = response;
  return {
    rsc: responseStatusCode,
    rqi: request.requestIdentifier,
    ...(content === undefined ? {} : { pc: content.exact() }),
    to: request.from ?? "",
    fr: registree,
  };
}

/** metaInformation (TS-0004, 6.3.5.4): what the request carried beside its content. */
function metaInformationOf({
  carried,
  resourceType,
  releaseVersion,
}: RequestPrimitive): ExactObject {
  return {
    ...(resourceType === undefined ? {} : { ty: resourceType }),
    ...(Object.fromEntries(carried) as Record<string, ExactTree>),
    ...(releaseVersion === undefined ? {} : { rvi: releaseVersion }),
  };
}

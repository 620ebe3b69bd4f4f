import { type FailureCode, GatewayError } from "../../base/errors.ts";
import type { Codecs } from "../../codec/codec.ts";
import type { Content } from "../../primitive/content.ts";
import {
  answersWithNull,
  type RequestPrimitive,
  type ResponsePrimitive,
  responseTypeOf,
} from "../../primitive/primitive.ts";
import type { Answer } from "./client-exchange.ts";
import { parseContentType } from "./content-type.ts";
import { responseFromHttp } from "./response-mapping.ts";

export interface AnswerRules {
  /** Of the peer that answered. */
  readonly codecs: Codecs;
  /** Read the header fields of later releases. */
  readonly laterHeaders: boolean;
  /** What an answer is called that cannot be one to its request. */
  readonly unreadable: FailureCode;
  /** Content that cannot be read is left out, whatever it is: the status says all that matters. */
  readonly statusSuffices: boolean;
}

/** The response primitive that an HTTP response is. @throws GatewayError `unreadable` */
export function responseOfAnswer(
  answer: Answer,
  request: RequestPrimitive,
  rules: AnswerRules,
): ResponsePrimitive {
  const { location, rawHeaders, status } = answer;
  const { requestIdentifier, releaseVersion, operation } = request;
  const { response, fault } = responseFromHttp(
    { status, rawHeaders },
    contentOf(answer, request, rules),
    {
      operation,
      responseType: responseTypeOf(request),
      requestIdentifier,
      releaseVersion,
      laterHeaders: rules.laterHeaders,
    },
  );
  if (fault !== undefined) throw new GatewayError(rules.unreadable, fault);
  return location === undefined ? response : { ...response, location };
}

/** A body that no oneM2M sender writes, such as an HTML error page, is left out; the status speaks for it. */
function contentOf(
  { status, contentType, body, isOneM2m }: Answer,
  request: RequestPrimitive,
  { codecs, unreadable, statusSuffices }: AnswerRules,
): Content | undefined {
  if (body.length === 0) return undefined;
  try {
    const { serialization } = parseContentType(contentType);
    const read = contentType === undefined ? "json" : serialization;
    if (read !== undefined) {
      return codecs[read].decodeContent(body, { emptyIsNull: answersWithNull(request) });
    }
  } catch (cause) {
    if (contentType === undefined || statusSuffices) return undefined;
    const detail = cause instanceof GatewayError ? cause.message : "its content cannot be read";
    throw new GatewayError(unreadable, { detail, cause });
  }
  // An error page speaks by its status; a success that is no oneM2M answer would be a lie.
  if (!statusSuffices && (isOneM2m || status < 300)) {
    throw new GatewayError(unreadable, "its content has another media type");
  }
  return undefined;
}

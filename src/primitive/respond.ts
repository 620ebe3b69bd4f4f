import { GatewayError } from "../base/errors.ts";
import { type Content, MadeContent } from "./content.ts";
import {
  NOTHING_CARRIED,
  type RequestId,
  type RequestPrimitive,
  type ResponsePrimitive,
  requestId,
} from "./primitive.ts";

/** The answer to `request`, made here and not relayed. */
export function respond(
  request: RequestPrimitive,
  rsc: number,
  content?: Content,
): ResponsePrimitive {
  return {
    kind: "response",
    requestIdentifier: request.requestIdentifier,
    responseStatusCode: rsc,
    releaseVersion: request.releaseVersion,
    content,
    carried: NOTHING_CARRIED,
    failure: undefined,
  };
}

/**
 * The answer that says why there is none from the target, with a `m2m:dbg` sentence (TS-0004, 7.5.2).
 *
 * @param to the request, or what could be read of one: its identifier is "" when even that was unreadable
 */
export function respondFailure(
  to: RequestPrimitive | { requestIdentifier: RequestId; releaseVersion: string | undefined },
  error: unknown,
): ResponsePrimitive {
  const failure = asGatewayError(error);
  return {
    kind: "response",
    requestIdentifier: to.requestIdentifier,
    responseStatusCode: failure.rsc,
    releaseVersion: to.releaseVersion,
    content: new MadeContent({ "m2m:dbg": failure.message }),
    carried: NOTHING_CARRIED,
    failure: failure.code,
  };
}

/** For what arrived so broken that it has no request identifier. */
export const NO_REQUEST = { requestIdentifier: requestId(""), releaseVersion: undefined };

/** Errors that are not ours say nothing about our insides to an originator. */
export function asGatewayError(error: unknown): GatewayError {
  return error instanceof GatewayError ? error : new GatewayError("GW_INTERNAL", { cause: error });
}

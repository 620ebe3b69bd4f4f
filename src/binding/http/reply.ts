import type { ServerResponse } from "node:http";
import { GatewayError } from "../../base/errors.ts";
import { Rsc } from "../../base/response-status-code.ts";
import type { Codec, Payload } from "../../codec/codec.ts";
import type { Authenticator } from "../../core/credential.ts";
import type { Route } from "../../core/route.ts";
import type { Content } from "../../primitive/content.ts";
import type { Operation, ResponsePrimitive } from "../../primitive/primitive.ts";
import { respondFailure } from "../../primitive/respond.ts";
import { httpFromResponse } from "./response-mapping.ts";

/** What of a request its answer depends on; undefined where the request was not understood. */
export interface Asked {
  readonly operation: Operation | undefined;
  readonly route: Route | undefined;
  /** Of the originator, with what was learnt from its request. */
  readonly codec: Codec;
  /** How the originator reads empty XML elements. */
  readonly emptyIsNull: boolean;
}

/** Writes response primitives as HTTP responses (TS-0009, 6.3). */
export class ReplyWriter {
  readonly #disposition: boolean;
  readonly #laterHeaders: boolean;
  readonly #authenticator: Pick<Authenticator, "schemes">;

  /** @param options `disposition`: say with X-M2MGW-Disposition what became of a request to a registree */
  constructor(options: {
    readonly disposition: boolean;
    readonly laterHeaders: boolean;
    readonly authenticator: Pick<Authenticator, "schemes">;
  }) {
    this.#disposition = options.disposition;
    this.#laterHeaders = options.laterHeaders;
    this.#authenticator = options.authenticator;
  }

  /** @param disposition what became of the request, which an answer that cannot be written does not change */
  write(
    response: ServerResponse,
    answer: ResponsePrimitive,
    asked: Asked,
    disposition = dispositionOf(answer),
  ): void {
    const { operation, route, codec } = asked;
    const { status, headers, content } = httpFromResponse(answer, {
      operation,
      mediaType: codec.mediaType,
      laterHeaders: this.#laterHeaders,
      schemes: this.#authenticator.schemes,
    });
    const body = this.#bodyOf(content, asked);
    if (body instanceof GatewayError) {
      const told = answer.failure !== body.code;
      const instead = told ? respondFailure(answer, body) : withoutContent(answer);
      this.write(response, instead, asked, disposition);
      return;
    }
    headers.push("Content-Length", String(Buffer.byteLength(body)));
    if (this.#disposition && (route?.via === "registree" || route?.via === "refuse")) {
      headers.push("X-M2MGW-Disposition", disposition);
    }
    response.writeHead(status, headers);
    response.end(body);
  }

  /** Where the originator's serialization cannot say the result, that is what it is told: the request was carried out. */
  #bodyOf(content: Content | undefined, { codec, emptyIsNull }: Asked): Payload | GatewayError {
    if (content === undefined) return "";
    try {
      return codec.encodeContent(content, { emptyIsNull });
    } catch (cause) {
      const detail = cause instanceof GatewayError ? cause.message : "it cannot be written";
      return new GatewayError("GW_NOT_ACCEPTABLE", { detail, cause });
    }
  }
}

const withoutContent = (answer: ResponsePrimitive): ResponsePrimitive => ({
  ...answer,
  content: undefined,
});

type Disposition = "relayed" | "held" | "expired" | "refused";

function dispositionOf(answer: ResponsePrimitive): Disposition {
  if (answer.held) return "held";
  if (answer.failure === undefined) return "relayed";
  return answer.responseStatusCode === Rsc.REQUEST_TIMEOUT ? "expired" : "refused";
}

import { type Dispatcher, errors, type Pool } from "undici";
import type { Clock, EpochMs, Timer } from "../../base/clock.ts";
import { GatewayError } from "../../base/errors.ts";
import type { Codec, Codecs } from "../../codec/codec.ts";
import type { Observer, Port } from "../../core/ports.ts";
import type { Content, Serialization } from "../../primitive/content.ts";
import {
  answersWithNull,
  type RequestPrimitive,
  type ResponsePrimitive,
  responseTypeOf,
} from "../../primitive/primitive.ts";
import { parseContentType } from "./content-type.ts";
import { httpFromRequest } from "./request-mapping.ts";
import { responseFromHttp } from "./response-mapping.ts";

export interface CsePortOptions {
  readonly pool: Pool;
  /** Path of the CSE's URL, without a slash at its end. */
  readonly basePath: string;
  readonly codecs: Codecs;
  /** What the CSE reads and writes, the best first; never empty. */
  readonly serializations: readonly Serialization[];
  /** Use the header fields of later releases. */
  readonly laterHeaders: boolean;
  /** Requests under way to the CSE; more are refused. */
  readonly maxInFlight: number;
  /** Bytes of an answer's body. */
  readonly maxBody: number;
  readonly clock: Clock;
  readonly observer: Observer;
}

/** The CSE over HTTP: one request primitive, one HTTP request (TS-0009, 5.1). */
export class CsePort implements Port {
  readonly #options: CsePortOptions;
  #inFlight = 0;

  constructor(options: CsePortOptions) {
    const { codecs } = options;
    this.#options = { ...options, codecs: { ...codecs, xml: codecs.xml.forPeer() } };
  }

  async request(request: RequestPrimitive, deadline: EpochMs): Promise<ResponsePrimitive> {
    if (this.#inFlight >= this.#options.maxInFlight) throw new GatewayError("GW_CSE_BUSY");
    this.#inFlight += 1;
    try {
      return this.#read(await this.#askOnceOrTwice(request, deadline), request);
    } finally {
      this.#inFlight -= 1;
    }
  }

  /** A Retrieve whose connection broke is repeated: CSEs close idle connections without announcing it. */
  async #askOnceOrTwice(request: RequestPrimitive, deadline: EpochMs): Promise<Answer> {
    try {
      return await this.#ask(request, deadline);
    } catch (error) {
      const broken = error instanceof GatewayError && error.code === "GW_CSE_CONNECTION_LOST";
      if (!broken || request.operation !== "retrieve") throw error;
      return await this.#ask(request, deadline);
    }
  }

  #ask(request: RequestPrimitive, deadline: EpochMs): Promise<Answer> {
    const { pool, basePath, clock, maxBody, observer } = this.#options;
    const codec = this.#codecFor(request.content?.serialization ?? request.answerIn);
    const { method, target, headers, content } = httpFromRequest(request, {
      mediaType: codec.mediaType,
      laterHeaders: this.#options.laterHeaders,
    });
    const accept = this.#codecFor(request.answerIn).mediaType;
    const body =
      content === undefined
        ? null
        : codec.encodeContent(content, { emptyIsNull: request.operation === "update" });
    return new Promise((resolve, reject) => {
      const exchange = new Exchange(maxBody, (outcome) => {
        timer.cancel();
        if (outcome instanceof GatewayError && outcome.code === "GW_CSE_BUSY") {
          reject(outcome);
          return;
        }
        observer.cseReachable(
          !(outcome instanceof GatewayError) || outcome.code !== "GW_CSE_UNREACHABLE",
        );
        if (outcome instanceof GatewayError) reject(outcome);
        else resolve(outcome);
      });
      const timer: Timer = clock.at(deadline, () =>
        // With a connection there, it was the turn that did not come, not the CSE.
        exchange.expire(pool.stats.connected > 0 ? "GW_CSE_BUSY" : "GW_CSE_UNREACHABLE"),
      );
      pool.dispatch(
        {
          method: method as Dispatcher.HttpMethod,
          path: basePath + target,
          headers: [...headers, "Accept", accept],
          body,
          // One deadline for the whole exchange, ours.
          headersTimeout: 0,
          bodyTimeout: 0,
        },
        exchange,
      );
    });
  }

  /** What the CSE is spoken to in: as it comes where the CSE reads that, so that nothing need be transcoded. */
  #codecFor(wanted: Serialization | undefined): Codec {
    const { codecs, serializations } = this.#options;
    const [best = "json"] = serializations;
    return codecs[wanted !== undefined && serializations.includes(wanted) ? wanted : best];
  }

  #read(answer: Answer, request: RequestPrimitive): ResponsePrimitive {
    const { response, fault } = responseFromHttp(
      { status: answer.status, rawHeaders: answer.rawHeaders },
      this.#contentOf(answer, request),
      {
        operation: request.operation,
        responseType: responseTypeOf(request),
        requestIdentifier: request.requestIdentifier,
        releaseVersion: request.releaseVersion,
        laterHeaders: this.#options.laterHeaders,
      },
    );
    if (fault !== undefined) throw new GatewayError("GW_CSE_ANSWER_UNREADABLE", fault);
    const { location } = answer;
    return location === undefined ? response : { ...response, location };
  }

  /** A body that no oneM2M sender writes, such as an HTML error page, is left out; the status speaks for it. */
  #contentOf(
    { status, contentType, body, isOneM2m }: Answer,
    request: RequestPrimitive,
  ): Content | undefined {
    if (body.length === 0) return undefined;
    try {
      const { serialization } = parseContentType(contentType);
      const read = contentType === undefined ? "json" : serialization;
      if (read !== undefined) {
        const emptyIsNull = answersWithNull(request);
        return this.#options.codecs[read].decodeContent(body, { emptyIsNull });
      }
    } catch (cause) {
      if (contentType === undefined) return undefined;
      const detail = cause instanceof GatewayError ? cause.message : "its content cannot be read";
      throw new GatewayError("GW_CSE_ANSWER_UNREADABLE", { detail, cause });
    }
    // An error page speaks by its status; a success that is no oneM2M answer would be a lie.
    if (isOneM2m || status < 300)
      throw new GatewayError("GW_CSE_ANSWER_UNREADABLE", "its content has another media type");
    return undefined;
  }
}

interface Answer {
  readonly status: number;
  readonly rawHeaders: readonly string[];
  readonly contentType: string | undefined;
  readonly isOneM2m: boolean;
  /** Content-Location. */
  readonly location: string | undefined;
  readonly body: Buffer;
}

/** One HTTP exchange as undici tells it. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #maxBody: number;
  readonly #chunks: Buffer[] = [];
  #settle: ((outcome: Answer | GatewayError) => void) | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #rawHeaders: string[] = [];
  #contentType: string | undefined;
  #isOneM2m = false;
  #location: string | undefined;
  #size = 0;

  constructor(maxBody: number, settle: (outcome: Answer | GatewayError) => void) {
    this.#maxBody = maxBody;
    this.#settle = settle;
  }

  /** The deadline has come. @param unsent why it was not sent, if it was not */
  expire(unsent: "GW_CSE_BUSY" | "GW_CSE_UNREACHABLE"): void {
    this.#fail(new GatewayError(this.#controller === undefined ? unsent : "GW_CSE_NO_ANSWER"));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#settle === undefined) controller.abort(new Error("expired before it was sent"));
    else this.#controller = controller;
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return;
    this.#status = status;
    this.#rawHeaders = textsOf(controller.rawHeaders);
    this.#contentType = headers["content-type"]?.toString();
    this.#isOneM2m = headers["x-m2m-rsc"] !== undefined;
    this.#location = headers["content-location"]?.toString();
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > this.#maxBody) {
      this.#fail(
        new GatewayError("GW_CSE_ANSWER_UNREADABLE", `it is larger than ${this.#maxBody} bytes`),
      );
    } else {
      this.#chunks.push(chunk);
    }
  }

  onResponseEnd(): void {
    const [only] = this.#chunks;
    this.#end({
      status: this.#status,
      rawHeaders: this.#rawHeaders,
      contentType: this.#contentType,
      isOneM2m: this.#isOneM2m,
      location: this.#location,
      body: this.#chunks.length === 1 && only !== undefined ? only : Buffer.concat(this.#chunks),
    });
  }

  onResponseError(_controller: Dispatcher.DispatchController, cause: Error): void {
    if (cause instanceof errors.HTTPParserError) {
      this.#end(new GatewayError("GW_CSE_ANSWER_UNREADABLE", { detail: "it is not HTTP", cause }));
    } else if (this.#controller === undefined) {
      this.#end(new GatewayError("GW_CSE_UNREACHABLE", { cause }));
    } else {
      this.#end(new GatewayError("GW_CSE_CONNECTION_LOST", { cause }));
    }
  }

  #fail(error: GatewayError): void {
    this.#end(error);
    this.#controller?.abort(error);
  }

  #end(outcome: Answer | GatewayError): void {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.(outcome);
  }
}

function textsOf(rawHeaders: Dispatcher.DispatchController["rawHeaders"]): string[] {
  if (!Array.isArray(rawHeaders)) return [];
  return rawHeaders.map((text) => (typeof text === "string" ? text : text.toString("latin1")));
}

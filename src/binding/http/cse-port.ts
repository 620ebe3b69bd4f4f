import type { Pool } from "undici";
import type { Clock, EpochMs } from "../../base/clock.ts";
import { GatewayError, saysUnsent } from "../../base/errors.ts";
import type { Codec, Codecs } from "../../codec/codec.ts";
import type { Observer, Port } from "../../core/ports.ts";
import type { Tracing } from "../../core/tracing.ts";
import type { Serialization } from "../../primitive/content.ts";
import type { RequestPrimitive, ResponsePrimitive } from "../../primitive/primitive.ts";
import { responseOfAnswer } from "./answer-reading.ts";
import { type Answer, type ExchangeFailures, exchange } from "./client-exchange.ts";
import { refusedByProxy, whyUnreachable } from "./cse-proxy.ts";
import { httpFromRequest } from "./request-mapping.ts";

export interface CsePortOptions {
  readonly pool: Pool;
  /** Of the CSE, such as `http://127.0.0.1:8080`. */
  readonly origin: string;
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
  readonly tracing: Tracing | undefined;
  readonly clock: Clock;
  readonly observer: Observer;
}

const FAILURES = {
  unreachable: "GW_CSE_UNREACHABLE",
  lost: "GW_CSE_CONNECTION_LOST",
  silent: "GW_CSE_NO_ANSWER",
  unreadable: "GW_CSE_ANSWER_UNREADABLE",
} as const satisfies ExchangeFailures;

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
      const answer = await this.#askOnceOrTwice(request, deadline);
      const { codecs, laterHeaders } = this.#options;
      const rules = { codecs, laterHeaders, unreadable: FAILURES.unreadable };
      return responseOfAnswer(answer, request, { ...rules, statusSuffices: false });
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
      return await this.#ask(request, deadline).catch((again: unknown) => {
        // The first one was sent all the same.
        throw saysUnsent(again) ? error : again;
      });
    }
  }

  async #ask(request: RequestPrimitive, deadline: EpochMs): Promise<Answer> {
    const { pool, origin, basePath, clock, maxBody, observer, tracing } = this.#options;
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
    const sent = {
      method,
      target: basePath + target,
      headers: [...headers, "Accept", accept],
      body,
    };
    try {
      const answer = await exchange(sent, {
        asked: request,
        origin,
        tracing,
        dispatcher: pool,
        clock,
        deadline,
        maxBody,
        failures: FAILURES,
        // With a connection there, it was the turn that did not come, not the CSE.
        whyUnsent: () => (pool.stats.connected > 0 ? "GW_CSE_BUSY" : "GW_CSE_UNREACHABLE"),
      });
      if (answer.status === 407) throw refusedByProxy();
      observer.cseReachable(true);
      return answer;
    } catch (error) {
      const code = error instanceof GatewayError ? error.code : undefined;
      if (code !== "GW_CSE_BUSY") {
        observer.cseReachable(code !== "GW_CSE_UNREACHABLE", whyUnreachable(error));
      }
      throw error;
    }
  }

  /** What the CSE is spoken to in: as it comes where the CSE reads that, so that nothing need be transcoded. */
  #codecFor(wanted: Serialization | undefined): Codec {
    const { codecs, serializations } = this.#options;
    const [best = "json"] = serializations;
    return codecs[wanted !== undefined && serializations.includes(wanted) ? wanted : best];
  }
}

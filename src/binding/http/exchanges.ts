import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { type Clock, type Millis, millis } from "../../base/clock.ts";
import { GatewayError } from "../../base/errors.ts";
import { ownAddressOf } from "../../base/peer-address.ts";
import type { Codec, Codecs } from "../../codec/codec.ts";
import type { Applications } from "../../core/applications.ts";
import type { Authenticator, Shown } from "../../core/credential.ts";
import type { Limits } from "../../core/limits.ts";
import type { Observer, Peer } from "../../core/ports.ts";
import type { WhenGone } from "../../core/to-hold.ts";
import type { Serialization } from "../../primitive/content.ts";
import {
  answersWithNull,
  type Operation,
  type RequestPrimitive,
} from "../../primitive/primitive.ts";
import { parseAbsRel } from "../../primitive/timestamps.ts";
import type { Trace } from "../../primitive/trace.ts";
import type { Admission } from "./admission.ts";
import { isOfScheme } from "./authorization.ts";
import { checkCoding, type Received, readBody } from "./body.ts";
import { contentOfBody } from "./body-content.ts";
import { type Classified, classify } from "./classify.ts";
import { headerText } from "./header-fields.ts";
import { isBodyless } from "./methods.ts";
import { answerWantedIn, isConditional, passesAsItIs } from "./negotiation.ts";
import type { PassThrough } from "./pass-through.ts";
import type { ReplyWriter } from "./reply.ts";
import { requestFromHttp } from "./request-mapping.ts";
import type { ServerSpans } from "./server-spans.ts";
import { originForm } from "./target.ts";

export interface HttpExchangeOptions {
  /** First path segment of the gateway's points of access, such as `/poa`. */
  readonly prefix: string;
  readonly maxBody: number;
  readonly limits: Limits;
  /** Use the header fields of later releases. */
  readonly laterHeaders: boolean;
  /** Release Version Indicator assumed when a request has none (TS-0004, 7.3.2.1). */
  readonly releaseVersion: string;
  /** How long the CSE may take for what passes through, when the request names no time. */
  readonly cseTimeout: Millis;
  readonly codecs: Codecs;
  /** See `ReadOptions`. */
  readonly owesNulls: (to: string, rqi: string) => boolean;
  /** What the CSE reads and writes; whatever else an application speaks cannot pass through as it is. */
  readonly cseSerializations: readonly Serialization[];
  readonly applications: Applications;
  readonly authenticator: Authenticator;
  /** What a client has proven by TLS. */
  readonly provenBy: (socket: Socket) => Omit<Shown, "authorization">;
  /** Undefined when there is no CSE behind HTTP: every request then becomes a primitive. */
  readonly passThrough: PassThrough | undefined;
  readonly clock: Clock;
  readonly observer: Observer;
}

/** What is known of a request once it has been let in. */
interface Asked {
  readonly url: string;
  readonly peer: Peer;
  /** Takes the bytes of a body that does not announce its length. */
  readonly received: Received | undefined;
  readonly trace: Trace | undefined;
}

/** One that can be understood, and that the gateway has an operation for. */
type Understood = Classified & { readonly operation: Operation };

/** Serves HTTP requests: as request primitives, or by passing them through to the CSE unread. */
export class HttpExchanges {
  readonly #options: HttpExchangeOptions;
  readonly #admission: Admission;
  readonly #replies: ReplyWriter;
  readonly #spans: ServerSpans;

  constructor(
    options: HttpExchangeOptions,
    parts: {
      readonly admission: Admission;
      readonly replies: ReplyWriter;
      readonly spans: ServerSpans;
    },
  ) {
    this.#options = options;
    this.#admission = parts.admission;
    this.#replies = parts.replies;
    this.#spans = parts.spans;
  }

  /** @throws GatewayError by rejection: why it is not served; nothing has been answered then */
  async serve(
    request: IncomingMessage,
    response: ServerResponse,
    url: string,
    trace: Trace | undefined,
  ): Promise<void> {
    this.#admission.check(request, response, url);
    const { applications, authenticator, passThrough, prefix } = this.#options;
    const peer: Peer = {
      face: "http",
      address: ownAddressOf(request.socket.remoteAddress, request.headers),
      otherEnd: request.socket.remoteAddress,
      credential: authenticator.isConfigured
        ? await this.#admission.credentialOf(request)
        : undefined,
      trusted: false,
    };
    const { method = "", headers } = request;
    // Behind what is waited for: other rules may hold by now.
    const mayPass = passThrough !== undefined && !applications.restricts;
    const head = { method, url, contentType: headers["content-type"] };
    const classified = classify(head, prefix, applications, mayPass);
    const received = this.#admission.charge(request, peer.credential);
    if (classified !== undefined) {
      const { operation, to, atPoint, contentType } = classified;
      const { resourceType } = contentType;
      const originator = headerText(headers["x-m2m-origin"]);
      // Written out: a copy of all of it would be the dearest of what is done up to here.
      applications.admit({ operation, to, resourceType, atPoint }, originator, peer);
    }
    const asked: Asked = { url, peer, received, trace };
    if (classified === undefined || this.#passes(classified, request)) {
      await this.#pass(request, response, classified, asked);
    } else if (isUnderstood(classified)) {
      await this.#carry(request, response, classified, asked);
    } else if (method === "OPTIONS") {
      // Outside oneM2M; grants nothing to other web origins.
      response.writeHead(204, ["Allow", "GET, POST, PUT, DELETE, OPTIONS"]).end();
    } else throw new GatewayError("GW_METHOD_NOT_ALLOWED");
  }

  /** Whether the CSE gets it as it came. */
  #passes(classified: Classified, { headers }: IncomingMessage): boolean {
    const { cseSerializations, passThrough } = this.#options;
    if (classified.route.via !== "cse" || passThrough === undefined) return false;
    return passesAsItIs(classified, headers.accept, cseSerializations);
  }

  async #pass(
    request: IncomingMessage,
    response: ServerResponse,
    classified: Classified | undefined,
    { url, received, trace }: Asked,
  ): Promise<void> {
    const { applications, clock, cseTimeout, passThrough } = this.#options;
    if (passThrough === undefined) throw new GatewayError("GW_NO_CSE");
    const now = clock.now();
    const expires = parseAbsRel(request.headers["x-m2m-ret"], now)?.at;
    const wait = expires === undefined ? cseTimeout : millis(Math.max(expires - now, 1));
    const isOurs = isOfScheme(request.headers.authorization, this.#options.authenticator.schemes);
    const withheld = isOurs ? ["authorization"] : [];
    const target = originForm(url);
    const going = { withheld, received, trace };
    const rsc = await passThrough.carry(request, response, target, wait, going);
    this.#spans.passed(response, rsc);
    if (classified?.operation !== undefined && rsc !== undefined) {
      await applications.passedThrough(classified.operation, classified.to, rsc);
    }
  }

  /** Serves a request as a request primitive. */
  async #carry(
    request: IncomingMessage,
    response: ServerResponse,
    classified: Understood,
    { peer, received, trace }: Asked,
  ): Promise<void> {
    const { applications, codecs, observer, passThrough } = this.#options;
    const { operation, route, contentType } = classified;
    const { headers } = request;
    if (route.via === "cse" && passThrough !== undefined && isConditional(headers)) {
      throw new GatewayError(
        "GW_REQUEST_INVALID",
        "its condition (If-Match or the like) cannot go with content that is transcoded for the CSE",
      );
    }
    const answerIn =
      answerWantedIn(headers.accept, contentType.serialization) ??
      applications.readBestBy(headerText(headers["x-m2m-origin"]));
    const body = await this.#bodyOf(request, operation, received);
    // One for the request and its answer: it may learn from the one what the other needs.
    const codec = codecs[answerIn ?? "json"].forPeer();
    const primitive = this.#primitive(request, classified, body, { answerIn, codec, trace });
    this.#spans.asked(response, primitive);
    const whenGone: WhenGone = (left) => {
      // It may have hung up while a live connection was tried.
      if (response.destroyed) left();
      else response.once("close", left);
    };
    const answer = await applications.receive(route, primitive, whenGone, peer.address);
    if (answer === undefined) {
      response.writeHead(204).end();
      return;
    }
    this.#spans.answered(response, answer);
    const emptyIsNull = answersWithNull(primitive);
    const started = performance.now();
    this.#replies.write(response, answer, { operation, route, codec, emptyIsNull });
    observer.spent("answer", (performance.now() - started) / 1000);
  }

  /** @throws GatewayError as `readBody` and `checkCoding` do */
  #bodyOf(
    request: IncomingMessage,
    operation: Operation,
    received: Received | undefined,
  ): Promise<Buffer> | undefined {
    const { clock, limits, maxBody: limit } = this.#options;
    checkCoding(request.headers);
    const within = limits.current.bodyTimeout;
    return isBodyless(operation)
      ? undefined
      : readBody(request, { clock, limit, within, received });
  }

  /** @param answering `codec` for its answer, and for the request where that is in the same serialization */
  #primitive(
    { headers, rawHeaders }: IncomingMessage,
    { operation, to, query, contentType }: Understood,
    body: Buffer | undefined,
    answering: {
      readonly answerIn: Serialization | undefined;
      readonly codec: Codec;
      readonly trace: Trace | undefined;
    },
  ): RequestPrimitive {
    const { codecs, laterHeaders, owesNulls, releaseVersion } = this.#options;
    const { answerIn, codec, trace } = answering;
    const isDeclared = headers["content-type"] !== undefined;
    const content =
      body === undefined || body.length === 0
        ? undefined
        : contentOfBody(
            body,
            isDeclared ? contentType : undefined,
            (read) => (read === codec.serialization ? codec : codecs[read]),
            { emptyIsNull: operation === "update", owesNulls: (rqi) => owesNulls(to, rqi) },
          );
    const head = { operation, to, query, contentType, rawHeaders, answerIn, trace };
    return requestFromHttp(head, content, { releaseVersion, laterHeaders });
  }
}

const isUnderstood = (classified: Classified): classified is Understood =>
  classified.operation !== undefined;

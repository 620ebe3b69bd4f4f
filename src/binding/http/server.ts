import { type IncomingMessage, METHODS, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { type FastifyInstance, fastify, type HTTPMethods } from "fastify";
import { type Clock, type EpochMs, later, type Millis, millis } from "../../base/clock.ts";
import { GatewayError } from "../../base/errors.ts";
import { ownAddressOf } from "../../base/peer-address.ts";
import { Rsc } from "../../base/response-status-code.ts";
import type { Codec, Codecs } from "../../codec/codec.ts";
import type { Applications } from "../../core/applications.ts";
import type { Binding, ListenAddress, Observer } from "../../core/ports.ts";
import type { WhenGone } from "../../core/to-hold.ts";
import type { Serialization } from "../../primitive/content.ts";
import type { RequestId, RequestPrimitive } from "../../primitive/primitive.ts";
import { answersWithNull, requestId } from "../../primitive/primitive.ts";
import { respondFailure } from "../../primitive/respond.ts";
import { parseAbsRel } from "../../primitive/timestamps.ts";
import { readBody } from "./body.ts";
import { contentOfBody } from "./body-content.ts";
import { type Classified, classify } from "./classify.ts";
import { isBodyless } from "./methods.ts";
import { answerWantedIn, isConditional, passesAsItIs, sentenceReadIn } from "./negotiation.ts";
import type { PassThrough } from "./pass-through.ts";
import { ReplyWriter } from "./reply.ts";
import { type HttpRequestHead, requestFromHttp } from "./request-mapping.ts";
import { originForm } from "./target.ts";

export interface HttpServerOptions {
  readonly host: string;
  readonly port: number;
  /** First path segment of the gateway's points of access, such as `/poa`. */
  readonly prefix: string;
  readonly maxBody: number;
  /** Say with X-M2MGW-Disposition what became of a request to a registree. */
  readonly disposition: boolean;
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
  /** Undefined when there is no CSE behind HTTP: every request then becomes a primitive. */
  readonly passThrough: PassThrough | undefined;
  readonly clock: Clock;
  readonly observer: Observer;
}

/** Longer than the idle time of the proxies that may stand before the gateway, so that they close first. */
const KEEP_ALIVE = 75_000;
/** How long a whole request may take to come, the longest upload included. */
const REQUEST_TIMEOUT = 300_000;
/** How long the body of a request for a registree may take to come. */
const BODY_TIMEOUT: Millis = millis(30_000);
/** How long an answer that was decided on may take to leave. */
const ANSWERING: Millis = millis(1_000);

/** The HTTP face: TS-0009 server for applications and for the CSE, and the CSE's front door. */
export class HttpServer implements Binding {
  readonly #options: HttpServerOptions;
  readonly #fastify: FastifyInstance;
  readonly #replies: ReplyWriter;
  #draining = false;
  /** Requests whose response has not ended. */
  #active = 0;
  #idle: (() => void) | undefined;

  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.#replies = new ReplyWriter(options);
    this.#fastify = fastify({
      // The whole path space belongs to To: the router must neither decode nor judge it.
      rewriteUrl: () => "/",
      keepAliveTimeout: KEEP_ALIVE,
      requestTimeout: REQUEST_TIMEOUT,
      forceCloseConnections: "idle",
      return503OnClosing: false,
      exposeHeadRoutes: false,
      clientErrorHandler: answerUnreadable,
    });
    this.#fastify.removeAllContentTypeParsers();
    this.#fastify.addContentTypeParser("*", (_request, _payload, done) => done(null));
    const known = new Set<string>(this.#fastify.supportedMethods);
    for (const method of METHODS) {
      if (method !== "CONNECT" && !known.has(method)) {
        this.#fastify.addHttpMethod(method, { hasBody: true });
      }
    }
    this.#fastify.route({
      method: METHODS.filter((method) => method !== "CONNECT") as HTTPMethods[],
      url: "/",
      handler: (request, reply) => {
        // Fastify lower-cases header names, and peers exist that compare them with case.
        reply.hijack();
        this.#track(reply.raw);
        this.#serve(request.raw, reply.raw, request.originalUrl).catch((error: unknown) => {
          this.#fail(request.raw, reply.raw, error);
        });
      },
    });
    this.#fastify.setErrorHandler((error, request, reply) => {
      reply.hijack();
      const failed = fromFastify(error);
      if (this.#options.passThrough === undefined) {
        this.#fail(request.raw, reply.raw, failed);
        return;
      }
      // What Fastify finds wrong with a head, the CSE may judge otherwise.
      this.#track(reply.raw);
      this.#serve(request.raw, reply.raw, request.originalUrl).catch((other: unknown) => {
        this.#fail(request.raw, reply.raw, other);
      });
    });
  }

  /** For the WebSocket face on the same port. */
  get server(): Server {
    return this.#fastify.server;
  }

  async start(): Promise<ListenAddress> {
    const { host, port } = this.#options;
    await this.#fastify.listen({ host, port });
    const { address, family, port: bound } = this.#fastify.server.address() as AddressInfo;
    return { url: `http://${family === "IPv6" ? `[${address}]` : address}:${bound}` };
  }

  async stop(deadline: EpochMs): Promise<void> {
    this.#draining = true;
    // It still listens, to tell newcomers that they are refused and for how long.
    if (this.#active > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
        this.#options.clock.at(later(deadline, ANSWERING), resolve);
      });
    }
    const closed = this.#fastify.close();
    this.#fastify.server.closeAllConnections();
    await closed;
  }

  #track(response: ServerResponse): void {
    this.#active += 1;
    response.once("close", () => {
      this.#active -= 1;
      if (this.#active === 0) this.#idle?.();
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse, url: string): Promise<void> {
    if (this.#draining) throw new GatewayError("GW_DRAINING");
    const { applications, clock, codecs, maxBody, passThrough, prefix } = this.#options;
    const head = {
      method: request.method ?? "",
      url,
      contentType: request.headers["content-type"],
    };
    const classified = classify(head, prefix, applications, passThrough !== undefined);
    if (
      classified === undefined ||
      (classified.route.via === "cse" &&
        passThrough !== undefined &&
        passesAsItIs(classified, request.headers.accept, this.#options.cseSerializations))
    ) {
      await this.#pass(request, response, url, classified);
      return;
    }
    const { route, operation, to, query, contentType } = classified;
    if (operation === undefined) {
      if (request.method !== "OPTIONS") throw new GatewayError("GW_METHOD_NOT_ALLOWED");
      // Outside oneM2M; grants nothing to other web origins.
      response.writeHead(204, ["Allow", "GET, POST, PUT, DELETE, OPTIONS"]).end();
      return;
    }
    if (route.via === "cse" && passThrough !== undefined && isConditional(request.headers)) {
      throw new GatewayError(
        "GW_REQUEST_INVALID",
        "its condition (If-Match or the like) cannot go with content that is transcoded for the CSE",
      );
    }
    const answerIn =
      answerWantedIn(request.headers.accept, contentType.serialization) ??
      applications.readBestBy(headerText(request.headers["x-m2m-origin"]));
    const body = isBodyless(operation)
      ? undefined
      : await readBody(request, { clock, limit: maxBody, within: BODY_TIMEOUT });
    const { rawHeaders } = request;
    // One for the request and its answer: it may learn from the one what the other needs.
    const codec = codecs[answerIn ?? "json"].forPeer();
    const primitive = this.#primitive(
      { operation, to, query, contentType, rawHeaders, answerIn },
      body,
      head.contentType !== undefined,
      codec,
    );
    const whenGone: WhenGone = (left) => {
      // It may have hung up while a live connection was tried.
      if (response.closed) left();
      else response.once("close", left);
    };
    const peerAddress = ownAddressOf(request.socket.remoteAddress, request.headers);
    const answer = await applications.receive(route, primitive, whenGone, peerAddress);
    if (answer === undefined) response.writeHead(204).end();
    else {
      const emptyIsNull = answersWithNull(primitive);
      this.#replies.write(response, answer, { operation, route, codec, emptyIsNull });
    }
  }

  /** @param codec for the originator's answer, and for its request where that is in the same serialization */
  #primitive(
    head: HttpRequestHead,
    body: Buffer | undefined,
    isDeclared: boolean,
    codec: Codec,
  ): RequestPrimitive {
    const { codecs, laterHeaders, owesNulls, releaseVersion } = this.#options;
    const { operation, to } = head;
    const content =
      body === undefined || body.length === 0
        ? undefined
        : contentOfBody(
            body,
            isDeclared ? head.contentType : undefined,
            (read) => (read === codec.serialization ? codec : codecs[read]),
            { emptyIsNull: operation === "update", owesNulls: (rqi) => owesNulls(to, rqi) },
          );
    return requestFromHttp(head, content, { releaseVersion, laterHeaders });
  }

  async #pass(
    request: IncomingMessage,
    response: ServerResponse,
    url: string,
    classified: Classified | undefined,
  ): Promise<void> {
    const { applications, clock, cseTimeout, passThrough } = this.#options;
    if (passThrough === undefined) throw new GatewayError("GW_NO_CSE");
    const now = clock.now();
    const expires = parseAbsRel(request.headers["x-m2m-ret"], now)?.at;
    const wait = expires === undefined ? cseTimeout : millis(Math.max(expires - now, 1));
    const rsc = await passThrough.carry(request, response, originForm(url), wait);
    if (classified?.operation !== undefined && rsc !== undefined) {
      await applications.passedThrough(classified.operation, classified.to, rsc);
    }
  }

  #fail(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const { "x-m2m-ri": ri, "x-m2m-rvi": rvi } = request.headers;
    const failure = respondFailure(
      { requestIdentifier: headerText(ri), releaseVersion: headerText(rvi) || undefined },
      error,
    );
    if (failure.failure !== undefined) this.#options.observer.refused(failure.failure);
    // Bytes of a body that nobody read would be taken for the next request.
    if (!request.complete) response.shouldKeepAlive = false;
    this.#replies.write(response, failure, {
      operation: undefined,
      route: undefined,
      codec: this.#options.codecs[sentenceReadIn(request.headers) ?? "json"],
      emptyIsNull: false,
    });
    request.resume();
  }
}

function headerText(value: string | string[] | undefined): RequestId {
  return requestId(typeof value === "string" ? value : "");
}

function fromFastify(error: unknown): unknown {
  const code =
    typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return code === "FST_ERR_CTP_INVALID_MEDIA_TYPE"
    ? new GatewayError("GW_MEDIA_TYPE_UNSUPPORTED")
    : error;
}

/** What is not even HTTP: answered in oneM2M's terms all the same, and the connection closed. */
function answerUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const status =
    error.code === "HPE_HEADER_OVERFLOW"
      ? "431 Request Header Fields Too Large"
      : "400 Bad Request";
  const body = JSON.stringify({ "m2m:dbg": "the request is not readable HTTP" });
  socket.once("finish", () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n` +
      `X-M2M-RSC: ${Rsc.BAD_REQUEST}\r\nX-M2M-RI: \r\nConnection: close\r\n\r\n${body}`,
  );
}

import type { ServerResponse } from "node:http";
import { type IncomingMessage, METHODS, type RequestListener, type Server } from "node:http";
import type { Socket } from "node:net";
import { type FastifyInstance, fastify, type HTTPMethods } from "fastify";
import { GatewayError } from "../../base/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { serverOptionsOf } from "../limits/head.ts";
import type { TlsListener } from "../tls/listener.ts";

/** Longer than the idle time of the proxies that may stand before the gateway, so that they close first. */
const KEEP_ALIVE = 75_000;

export interface BareServerOptions {
  readonly limits: Limits;
  /** Undefined where it listens in the clear. */
  readonly tls: TlsListener | undefined;
  /** @param wrong what Fastify finds wrong with the head */
  readonly handle: (
    request: IncomingMessage,
    response: ServerResponse,
    url: string,
    wrong: unknown,
  ) => void;
  /** For what is no request; the connection is the callee's to close. */
  readonly unreadable: (error: Error & { code?: string }, socket: Socket) => void;
}

/** Makes a Fastify server that has no opinions: whatever the method, the path and the media type, it is handed on unread. */
export function bareServer({
  limits,
  tls,
  handle,
  unreadable,
}: BareServerOptions): FastifyInstance {
  const instance: FastifyInstance = fastify({
    http: serverOptionsOf(limits.current),
    // The whole path space belongs to To: the router must neither decode nor judge it.
    rewriteUrl: () => "/",
    ...(tls && { serverFactory: secureServers(tls, limits) }),
    keepAliveTimeout: KEEP_ALIVE,
    forceCloseConnections: "idle",
    return503OnClosing: false,
    exposeHeadRoutes: false,
    clientErrorHandler: unreadable,
  });
  // Beyond a number node would leave header fields out in silence, such as those of the proxy before it.
  instance.server.maxHeadersCount = 0;
  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser("*", (_request, _payload, done) => done(null));
  const known = new Set<string>(instance.supportedMethods);
  const methods = METHODS.filter((method) => method !== "CONNECT") as HTTPMethods[];
  for (const method of methods) {
    if (!known.has(method)) instance.addHttpMethod(method, { hasBody: true });
  }
  instance.route({
    method: methods,
    url: "/",
    handler: (request, reply) => {
      // Fastify lower-cases header names, and peers exist that compare them with case.
      reply.hijack();
      handle(request.raw, reply.raw, request.originalUrl, undefined);
    },
  });
  instance.setErrorHandler((error, request, reply) => {
    reply.hijack();
    handle(request.raw, reply.raw, request.originalUrl, fromFastify(error));
  });
  return instance;
}

/** Fastify asks for more than one where a name stands for several addresses, and gives its own servers only their times. */
const secureServers =
  (tls: TlsListener, limits: Limits) =>
  (handler: RequestListener): Server =>
    tls.createServer({ ...serverOptionsOf(limits.current), keepAliveTimeout: KEEP_ALIVE }, handler);

function fromFastify(error: unknown): unknown {
  const code =
    typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return code === "FST_ERR_CTP_INVALID_MEDIA_TYPE"
    ? new GatewayError("GW_MEDIA_TYPE_UNSUPPORTED")
    : error;
}

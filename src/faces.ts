import type { Clock } from "./base/clock.ts";
import type { PassThrough } from "./binding/http/pass-through.ts";
import { HttpServer } from "./binding/http/server.ts";
import type { LinkOptions } from "./binding/ws/link-options.ts";
import { type WsRules, WsServer } from "./binding/ws/server.ts";
import type { Codecs } from "./codec/codec.ts";
import { blockListOf, isLoopback } from "./config/addresses.ts";
import type { Config } from "./config/schema.ts";
import type { Applications } from "./core/applications.ts";
import type { Links } from "./core/links.ts";
import type { Observer } from "./core/ports.ts";
import type { Tracing } from "./core/tracing.ts";
import type { Guarding } from "./guarding.ts";
import { countingAuthenticator } from "./observe/counting-authenticator.ts";
import type { Domain } from "./primitive/identifiers.ts";
import type { LiveConfig } from "./reload.ts";
import { provenTo } from "./securing.ts";
import { samePort } from "./starting.ts";

export interface FaceParts {
  readonly domain: Domain;
  readonly guarding: Guarding;
  readonly codecs: Codecs;
  readonly owesNulls: LinkOptions["owesNulls"];
  readonly applications: Applications;
  readonly passThrough: PassThrough | undefined;
  readonly links: Links;
  readonly live: LiveConfig;
  readonly tracing: Tracing | undefined;
  readonly traces: LinkOptions["traces"];
  readonly clock: Clock;
  readonly observer: Observer;
}

/** Builds the two faces that speak oneM2M; they listen when they are started, HTTP first where they share a port. */
export function createFaces(
  config: Config,
  parts: FaceParts,
): { readonly http: HttpServer; readonly ws: WsServer } {
  const { domain, guarding, links, live, ...rest } = parts;
  const { limiting, permissions, tls } = guarding;
  const authenticator = countingAuthenticator(guarding.authenticator, parts.observer);
  const http = new HttpServer({
    ...rest,
    ...config.http.listen,
    tls: tls.http,
    ...limiting,
    maxConnections: () =>
      config.http.maxConnections + (samePort(config) ? config.ws.maxConnections : 0),
    prefix: config.http.prefix,
    maxBody: config.http.maxBody,
    disposition: config.http.disposition,
    laterHeaders: config.http.laterHeaders,
    releaseVersion: config.http.releaseVersion,
    cseTimeout: config.cse.timeout,
    cseSerializations: config.cse.serializations,
    authenticator,
    provenBy: provenTo(tls.http),
  });
  const ws = new WsServer({
    ...rest,
    ...config.ws.listen,
    ...limiting,
    shared: samePort(config) ? http.server : undefined,
    tls: tls.ws,
    rules: wsRulesOf(config),
    admission: {
      domain,
      authenticator,
      check: (peer) => permissions.checkNewcomer(peer),
      observer: parts.observer,
    },
    provenBy: provenTo(tls.ws),
    lenient: config.ws.lenient,
    deflate: config.ws.deflate,
    maxMessage: config.ws.maxMessage,
    maxConnections: config.ws.maxConnections,
    linkLimits: { ...config.ws, drain: config.shutdown.drain },
    links,
  });
  live.add((next) => () => {
    ws.configure(wsRulesOf(next));
    links.review();
  });
  return { http, ws };
}

const wsRulesOf = ({ ws }: Config): WsRules => ({
  handshake: ws,
  trust: {
    mode: ws.trustOrigin,
    loopbackListener: isLoopback(ws.listen.host),
    networks: blockListOf(ws.trustedNetworks),
  },
});

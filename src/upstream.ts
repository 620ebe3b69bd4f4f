import type { Agent } from "node:http";
import type { Pool } from "undici";
import type { Clock } from "./base/clock.ts";
import { cseConnections } from "./binding/http/cse-pool.ts";
import { CsePort } from "./binding/http/cse-port.ts";
import { CseProbe } from "./binding/http/cse-probe.ts";
import { PassThrough } from "./binding/http/pass-through.ts";
import type { ThroughProxy } from "./binding/proxy/attempt.ts";
import { tunnelAgent } from "./binding/proxy/tunnel-agent.ts";
import type { SecuredBy } from "./binding/tls/client.ts";
import { WsDialler, type WsDiallerOptions } from "./binding/ws/dialler.ts";
import type { LinkOptions } from "./binding/ws/link-options.ts";
import type { Codecs } from "./codec/codec.ts";
import { isWebSocketUrl } from "./config/addresses.ts";
import type { Config } from "./config/schema.ts";
import type { Observer, Port } from "./core/ports.ts";
import { RegistrarPort } from "./core/registrar-port.ts";
import type { Tracing } from "./core/tracing.ts";
import type { Domain } from "./primitive/identifiers.ts";
import { createRegistrar } from "./registrar/registrar.ts";
import type { State } from "./store/lmdb-open.ts";

/** The way to the CSE, and what goes with it. */
export interface Upstream {
  readonly port: Port;
  /** Undefined where there is no CSE that requests could pass through to. */
  readonly passThrough: PassThrough | undefined;
  /** The same as `port` where the CSE is dialled over WebSocket, to be started. */
  readonly registrar?: RegistrarPort;
  close(): Promise<void>;
}

type Secured = { readonly secured: SecuredBy };

export interface UpstreamParts {
  readonly domain: Domain & { readonly cseName: string };
  readonly state: State;
  readonly codecs: Codecs;
  readonly owesNulls: LinkOptions["owesNulls"];
  /** How connections to the CSE, and to the proxy before it, are secured. */
  readonly tls: { readonly cse: Secured; readonly proxy: Secured };
  readonly tracing: Tracing | undefined;
  readonly traces: LinkOptions["traces"];
  readonly clock: Clock;
  readonly observer: Observer;
}

/** Builds the way to the configured CSE, or the built-in registrar where there is none. */
export function createUpstream(config: Config, parts: UpstreamParts): Upstream {
  const { url } = config.cse;
  if (url === undefined) return standalone(parts);
  return isWebSocketUrl(url) ? dialled(url, config, parts) : overHttp(url, config, parts);
}

function standalone({ domain, state, clock, observer }: UpstreamParts): Upstream {
  const registrar = createRegistrar({
    domain,
    clock,
    resources: state.table("resources"),
    warn: (message, fields) => observer.warn(message, fields),
  });
  return {
    port: registrar,
    passThrough: undefined,
    close: () => Promise.resolve(registrar.close()),
  };
}

/** Tells the observer how it goes with the registrar. */
function toldTo(observer: Observer, url: string): WsDiallerOptions["tried"] {
  let failed = false;
  return (result, why, isNews) => {
    observer.dialled(result);
    // Once it is away, only another reason is worth a line.
    if (failed && why !== undefined && isNews) {
      observer.warn("the registrar is still not reachable", { url, error: why });
    }
    observer.cseReachable(why === undefined, why);
    failed = why !== undefined;
  };
}

/** What a dialler is built of, beside the configuration. */
export type DiallerParts = Pick<
  UpstreamParts,
  "codecs" | "owesNulls" | "tls" | "traces" | "clock" | "observer"
>;

/** Opens WebSockets to the registrar at `url`. @param agent makes the connections, where they are not made straight */
export function diallerTo(
  url: string,
  { cse, shutdown, ws }: Config,
  parts: DiallerParts,
  agent: Agent | undefined,
  tried: WsDiallerOptions["tried"] = toldTo(parts.observer, url),
): WsDialler {
  return new WsDialler({
    ...parts,
    url,
    secured: parts.tls.cse.secured,
    tried,
    subprotocols: cse.subprotocols,
    deflate: cse.deflate,
    maxMessage: ws.maxMessage,
    timeout: cse.connectTimeout,
    agent,
    lenient: ws.lenient,
    limits: { ...ws, window: cse.window, drain: shutdown.drain },
  });
}

type CsePortParts = Pick<UpstreamParts, "codecs" | "clock" | "observer" | "tracing">;

/** Asks the CSE at `url` over HTTP. @param pool of connections to it, or to the proxy before it */
export function csePortTo(
  url: URL,
  { cse, http }: Config,
  { codecs, clock, observer, tracing }: CsePortParts,
  pool: Pool,
): CsePort {
  return new CsePort({
    pool,
    origin: url.origin,
    basePath: basePathOf(url),
    codecs,
    serializations: cse.serializations,
    laterHeaders: http.laterHeaders,
    maxInFlight: cse.maxInFlight,
    maxBody: http.maxBody,
    tracing,
    clock,
    observer,
  });
}

const basePathOf = ({ pathname }: URL): string => pathname.replace(/\/+$/, "");

function dialled(url: string, config: Config, parts: UpstreamParts): Upstream {
  const { cse } = config;
  const leaving = new AbortController();
  const through = throughProxy(config, parts.tls, parts.clock, leaving.signal);
  const agent = through && tunnelAgent(new URL(url), through);
  const dialler = diallerTo(url, config, parts, agent);
  const registrar = new RegistrarPort({
    ...parts,
    dialler,
    links: cse.links,
    always: cse.connect === "always",
    idleClose: cse.idleClose,
    windows: cse.windows,
    longestPause: cse.reconnectMax,
    originator: cse.originator,
    namesOriginator: cse.handshakeOrigin,
    maxConnections: cse.connections,
    maxInFlight: cse.maxInFlight,
  });
  return {
    port: registrar,
    passThrough: undefined,
    registrar,
    close: () => {
      leaving.abort();
      return registrar.close();
    },
  };
}

function overHttp(cseUrl: string, config: Config, parts: UpstreamParts): Upstream {
  const { cse, request } = config;
  const { clock, observer, tls, tracing } = parts;
  const url = new URL(cseUrl);
  const leaving = new AbortController();
  const through = throughProxy(config, tls, clock, leaving.signal);
  const pool = cseConnections(url, cse.connections, through, tls.cse.secured);
  // Of its own: long polls of applications must not keep registrees from the CSE.
  const rawPool = cseConnections(url, cse.connections, through, tls.cse.secured);
  const probe = new CseProbe({ url, through, clock, observer });
  probe.start();
  return {
    port: csePortTo(url, config, parts, pool),
    passThrough: new PassThrough({
      pool: rawPool,
      connections: cse.connections,
      origin: url.origin,
      basePath: basePathOf(url),
      maxInFlight: cse.maxInFlight,
      maxBody: config.http.maxBody,
      bodyPause: cse.timeout,
      openMax: request.openMax,
      tracing,
      clock,
      observer,
    }),
    close: async () => {
      probe.stop();
      leaving.abort();
      await Promise.all([pool.destroy(), rawPool.destroy()]);
    },
  };
}

/** The way through the proxy before the CSE, if there is one. @param signal ends attempts that are under way */
export function throughProxy(
  { cseProxy, proxy: { timeout } }: Config,
  tls: Pick<UpstreamParts["tls"], "proxy">,
  clock: Clock,
  signal: AbortSignal,
): ThroughProxy | undefined {
  return cseProxy === undefined
    ? undefined
    : { proxy: cseProxy, secured: tls.proxy.secured, timeout, clock, signal };
}

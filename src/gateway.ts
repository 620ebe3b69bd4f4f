import { randomBytes } from "node:crypto";
import type { DestinationStream } from "pino";
import { AdminServer } from "./admin/server.ts";
import { type Clock, type EpochMs, later, SystemClock } from "./base/clock.ts";
import { cseConnections } from "./binding/http/cse-pool.ts";
import { CsePort } from "./binding/http/cse-port.ts";
import { CseProbe } from "./binding/http/cse-probe.ts";
import { PassThrough } from "./binding/http/pass-through.ts";
import { HttpServer } from "./binding/http/server.ts";
import { WsServer } from "./binding/ws/server.ts";
import type { Codecs } from "./codec/codec.ts";
import { blockListOf, isLoopback } from "./config/addresses.ts";
import { deploymentOf } from "./config/load.ts";
import type { Config } from "./config/schema.ts";
import { AcceptedRequests } from "./core/accepted.ts";
import { Applications } from "./core/applications.ts";
import { Exchanges } from "./core/exchange.ts";
import { Links } from "./core/links.ts";
import type { PointsOfAccess } from "./core/points-of-access.ts";
import type { Binding, ListenAddress, Observer, Port } from "./core/ports.ts";
import { Registrations } from "./core/registrations.ts";
import { type Registration, Registry } from "./core/registry.ts";
import { countingCodecs } from "./observe/counting-codec.ts";
import { createLog, LogObserver } from "./observe/log.ts";
import { Metrics } from "./observe/metrics.ts";
import { observeBoth } from "./observe/observers.ts";
import type { CseId, Domain } from "./primitive/identifiers.ts";
import { createRegistrar } from "./registrar/registrar.ts";
import { openState, type State } from "./store/lmdb-open.ts";

/** The URLs that listen. */
export interface Faces {
  readonly http: string;
  readonly ws: string;
  readonly admin: string;
}

export interface GatewayOptions {
  readonly clock?: Clock;
  /** Where log records go; standard error by default. */
  readonly logDestination?: DestinationStream;
  readonly version?: string;
}

export interface Gateway {
  /** Opens the state and starts every face. @throws when an address or the state cannot be had; nothing is left open then */
  start(): Promise<Faces>;
  /** Takes nothing new, finishes what is under way within `shutdown.drain`, then closes. */
  stop(): Promise<void>;
}

/** Builds a gateway; nothing listens before `start`. */
export function createGateway(config: Config, options: GatewayOptions = {}): Gateway {
  return new Assembly(config, options);
}

/** The way to the CSE, and what goes with it. */
interface Upstream {
  readonly port: Port;
  readonly passThrough: PassThrough | undefined;
  readonly close: () => Promise<void>;
}

class Assembly implements Gateway {
  readonly #config: Config;
  readonly #clock: Clock;
  readonly #options: GatewayOptions;
  /** What is stopped or closed, in the reverse of this order. */
  readonly #closing: (() => Promise<void>)[] = [];
  #draining = false;

  constructor(config: Config, options: GatewayOptions) {
    this.#config = config;
    this.#options = options;
    this.#clock = options.clock ?? new SystemClock();
  }

  async start(): Promise<Faces> {
    try {
      return await this.#assemble();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.#draining = true;
    const failures: unknown[] = [];
    for (const close of this.#closing.splice(0).reverse()) {
      // Whatever fails to close, the state is closed last and must be.
      await close().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }

  async #assemble(): Promise<Faces> {
    const config = this.#config;
    const clock = this.#clock;
    const domain: Domain & { cseName: string } = {
      cseId: config.cse.id as CseId,
      spId: config.cse.spId,
      cseName: config.cse.name,
    };
    const state = await openState(config.stateDir);
    this.#closing.push(() => state.close());

    const metrics = new Metrics({
      links: () => links.open,
      registrees: () => registry.registered,
      version: this.#options.version ?? "unknown",
    });
    const log = createLog(config.log.level, this.#options.logDestination ?? process.stderr);
    const observer = observeBoth(metrics, new LogObserver(log, config.cse.url));

    const codecs = countingCodecs(observer, config.xml.namespaces);
    const upstream = this.#upstream(domain, state, codecs, observer);
    this.#closing.push(upstream.close);
    const registry = new Registry({
      domain,
      clock,
      observer,
      table: state.table<Registration>("registrees"),
    });
    this.#closing.push(() => Promise.resolve(registry.close()));
    const accepted = new AcceptedRequests(domain, registry);
    const exchanges = new Exchanges({
      accepted,
      clock,
      cse: upstream.port,
      patience: { ...config.request, cseTimeout: config.cse.timeout },
      observer,
    });
    const points: PointsOfAccess & { base: string } = { base: "" };
    const registrations = new Registrations({
      clock,
      domain,
      registry,
      exchanges,
      points,
      observer,
      newToken: () => randomBytes(16).toString("base64url"),
      originator: config.cse.originator,
      lenient: config.ws.lenient,
    });
    const links = new Links({
      domain,
      clock,
      registry,
      registrations,
      exchanges,
      points,
      observer,
      unboundTimeout: config.ws.unboundTimeout,
      allowCseOnPlain: config.ws.allowCseOnPlain,
    });

    const admin = new AdminServer({
      ...config.admin.listen,
      metrics,
      readiness: () => ({
        ready: !this.#draining,
        mode: deploymentOf(config),
        links: links.open,
      }),
    });
    const http = new HttpServer({
      ...config.http.listen,
      prefix: config.http.prefix,
      maxBody: config.http.maxBody,
      disposition: config.http.disposition,
      laterHeaders: config.http.laterHeaders,
      releaseVersion: config.http.releaseVersion,
      cseTimeout: config.cse.timeout,
      codecs,
      owesNulls: accepted.owesNulls,
      cseSerializations: config.cse.serializations,
      applications: new Applications({
        domain,
        registry,
        exchanges,
        registrations,
        clock,
        observer,
      }),
      passThrough: upstream.passThrough,
      clock,
      observer,
    });
    const ws = new WsServer({
      ...config.ws.listen,
      shared: samePort(config) ? http.server : undefined,
      handshake: config.ws,
      trust: {
        mode: config.ws.trustOrigin,
        loopbackListener: isLoopback(config.ws.listen.host),
        networks: blockListOf(config.ws.trustedNetworks),
      },
      codecs,
      owesNulls: accepted.owesNulls,
      lenient: config.ws.lenient,
      deflate: config.ws.deflate,
      maxMessage: config.ws.maxMessage,
      maxConnections: config.ws.maxConnections,
      limits: { ...config.ws, drain: config.shutdown.drain },
      clock,
      observer,
      links,
    });

    const deadline = (): EpochMs => later(clock.now(), config.shutdown.drain);
    const { url: adminUrl } = await started(admin, "admin.listen");
    this.#closing.push(() => admin.stop(deadline()));
    // Both faces drain together: each waits for answers that come in at the other.
    const faces: Binding[] = [];
    this.#closing.push(async () => {
      await Promise.all(faces.map((face) => face.stop(deadline())));
    });
    faces.push(http);
    const { url: httpUrl } = await started(http, "http.listen");
    points.base = `${config.http.advertise ?? httpUrl}${config.http.prefix}/`;
    // Last, since registrations need the gateway's own URL.
    faces.push(ws);
    const { url: wsUrl } = await started(ws, "ws.listen");
    return { http: httpUrl, ws: wsUrl, admin: adminUrl };
  }

  #upstream(
    domain: Domain & { cseName: string },
    state: State,
    codecs: Codecs,
    observer: Observer,
  ): Upstream {
    const clock = this.#clock;
    const { cse, http, request } = this.#config;
    if (cse.url === undefined) {
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
    const url = new URL(cse.url);
    const basePath = url.pathname.replace(/\/+$/, "");
    const pool = cseConnections(url, cse.connections);
    // Of its own: long polls of applications must not keep registrees from the CSE.
    const rawPool = cseConnections(url, cse.connections);
    const probe = new CseProbe(url, clock, observer);
    probe.start();
    return {
      port: new CsePort({
        pool,
        basePath,
        codecs,
        serializations: cse.serializations,
        laterHeaders: http.laterHeaders,
        maxInFlight: cse.maxInFlight,
        maxBody: http.maxBody,
        clock,
        observer,
      }),
      passThrough: new PassThrough({
        pool: rawPool,
        basePath,
        maxInFlight: cse.maxInFlight,
        bodyPause: cse.timeout,
        openMax: request.openMax,
        clock,
        observer,
      }),
      close: async () => {
        probe.stop();
        await Promise.all([pool.destroy(), rawPool.destroy()]);
      },
    };
  }
}

/** Starts a face; when its address cannot be had, the error names the key to change. */
async function started(binding: Binding, key: string): Promise<ListenAddress> {
  try {
    return await binding.start();
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    const hint = code === "EADDRINUSE" ? "; is another gateway running?" : "";
    throw new Error(`${key}: ${cause instanceof Error ? cause.message : cause}${hint}`, { cause });
  }
}

function samePort({ http, ws }: Config): boolean {
  return (
    http.listen.port !== 0 &&
    http.listen.port === ws.listen.port &&
    http.listen.host === ws.listen.host
  );
}

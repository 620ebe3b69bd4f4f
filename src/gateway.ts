import { randomBytes } from "node:crypto";
import type { DestinationStream } from "pino";
import { AdminServer } from "./admin/server.ts";
import { type Clock, type EpochMs, later, SystemClock } from "./base/clock.ts";
import { HttpServer } from "./binding/http/server.ts";
import { WsServer } from "./binding/ws/server.ts";
import { blockListOf, isLoopback } from "./config/addresses.ts";
import { deploymentOf } from "./config/load.ts";
import type { Config } from "./config/schema.ts";
import { AcceptedRequests } from "./core/accepted.ts";
import { Applications } from "./core/applications.ts";
import { BridgePoints } from "./core/bridge-points.ts";
import { BridgeTargets } from "./core/bridge-targets.ts";
import { FrontPoints } from "./core/front-points.ts";
import { LateAnswers } from "./core/late-answers.ts";
import { Links } from "./core/links.ts";
import { peersIn, registrationOf } from "./core/peers.ts";
import type { Binding } from "./core/ports.ts";
import { RegistrarRequests } from "./core/registrar-requests.ts";
import { Registrations } from "./core/registrations.ts";
import { RegistreeRequests } from "./core/registree-requests.ts";
import { type Registration, Registry } from "./core/registry.ts";
import { createDownstream } from "./downstream.ts";
import { countingCodecs } from "./observe/counting-codec.ts";
import { createLog, LogObserver } from "./observe/log.ts";
import { Metrics } from "./observe/metrics.ts";
import { observeBoth } from "./observe/observers.ts";
import { type CseId, type Domain, entityIdOf } from "./primitive/identifiers.ts";
import { passed, portOf, samePort, started } from "./starting.ts";
import { openState } from "./store/lmdb-open.ts";
import { createPeers, createUpstream } from "./upstream.ts";

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

const REGISTERS_HERE = { standalone: "callable", front: "nobody", bridge: "all" } as const;

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
      held: () => holding.hold,
      registrar: () => upstream.registrar,
    });
    const log = createLog(config.log.level, this.#options.logDestination ?? process.stderr);
    const observer = observeBoth(metrics, new LogObserver(log, config.cse.url));

    const codecs = countingCodecs(observer, config.xml.namespaces);
    const upstream = createUpstream(config, {
      domain,
      state,
      codecs,
      owesNulls: (to, rqi) => accepted.owesNulls(to, rqi),
      clock,
      observer,
    });
    this.#closing.push(() => upstream.close());
    const newId = (): string => randomBytes(16).toString("base64url");
    const targets =
      deploymentOf(config) === "bridge"
        ? new BridgeTargets({ domain, table: state.table("targets"), newToken: newId, observer })
        : undefined;
    const peers = peersIn(config.peers, domain);
    const registry = new Registry({
      domain,
      clock,
      observer,
      table: state.table<Registration>("registrees"),
      targets,
      peers: peers.map((peer) => registrationOf(peer, newId())),
    });
    this.#closing.push(() => Promise.resolve(registry.close()));
    const accepted = new AcceptedRequests(domain, registry);
    const points =
      targets === undefined ? new FrontPoints() : new BridgePoints(targets, config.cse.targets);
    const downstream = createDownstream(config, {
      domain,
      state,
      codecs,
      cse: upstream.port,
      registry,
      accepted,
      points,
      clock,
      observer,
      newId,
    });
    this.#closing.push(() => downstream.close());
    const { holding, ownPorts } = downstream;
    const { deadLetters, exchanges, hold } = holding;
    const registrations = new Registrations({
      clock,
      domain,
      registry,
      exchanges,
      points,
      observer,
      newToken: newId,
      originator: config.cse.originator,
      lenient: config.ws.lenient,
    });
    const registreeRequests = new RegistreeRequests({
      domain,
      registry,
      registrations,
      exchanges,
      points,
      observer,
    });
    const lateAnswers = new LateAnswers({ clock, keptFor: config.hold.lateAnswers });
    const links = new Links({
      domain,
      clock,
      registry,
      registrations,
      registreeRequests,
      exchanges,
      hold,
      lateAnswers,
      observer,
      unboundTimeout: config.ws.unboundTimeout,
      allowCseOnPlain: config.ws.allowCseOnPlain,
    });

    const connections = createPeers(config, {
      peers,
      domain,
      links,
      codecs,
      owesNulls: accepted.owesNulls,
      clock,
      observer,
      newId,
    });

    const admin = new AdminServer({
      ...config.admin.listen,
      metrics,
      readiness: () => ({
        ready: !this.#draining,
        mode: deploymentOf(config),
        links: links.open,
        storing: holding.hold.accepting,
      }),
      // Nobody else is authenticated there.
      deadLetters: isLoopback(config.admin.listen.host)
        ? {
            list: (registree) => deadLetters.list(entityIdOf(registree, domain)),
            replay: (registree, sequence) =>
              deadLetters.replay(entityIdOf(registree, domain), sequence),
            isOwnHost: isLoopback,
          }
        : undefined,
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
        registreeRequests,
        reach: holding.reach,
        registersHere: REGISTERS_HERE[deploymentOf(config)],
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
    ownPorts.add(portOf(adminUrl));
    this.#closing.push(() => admin.stop(deadline()));
    // Both faces drain together: each waits for answers that come in at the other.
    const faces: Binding[] = [];
    this.#closing.push(async () => {
      const until = deadline();
      // What was held may be under way over HTTP, which is broken off after this.
      const sent = Promise.race([hold.drain(), passed(until, clock)]);
      await Promise.all([sent, ...faces.map((face) => face.stop(until))]);
      // Behind them: what they finish may have to go up.
      await Promise.all([upstream.registrar?.close(), connections.close()]);
    });
    faces.push(http);
    const { url: httpUrl } = await started(http, "http.listen");
    ownPorts.add(portOf(httpUrl));
    points.base = `${config.http.advertise ?? httpUrl}${config.http.prefix}/`;
    // Last, since registrations need the gateway's own URL.
    faces.push(ws);
    const { url: wsUrl } = await started(ws, "ws.listen");
    ownPorts.add(portOf(wsUrl));
    holding.resume();
    const requests = new RegistrarRequests({
      registry,
      exchanges,
      registreeRequests,
      lateAnswers,
      clock,
      observer,
      newId,
    });
    upstream.registrar?.start(requests, registry);
    connections.start();
    return { http: httpUrl, ws: wsUrl, admin: adminUrl };
  }
}

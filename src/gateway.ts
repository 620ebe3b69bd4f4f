import { randomBytes } from "node:crypto";
import type { DestinationStream, Logger } from "pino";
import { AdminServer } from "./admin/server.ts";
import { type Clock, type EpochMs, later, SystemClock } from "./base/clock.ts";
import { LinkTraces } from "./binding/ws/link-traces.ts";
import { DEEPEST } from "./codec/json/scan.ts";
import type { ConfigChanges } from "./config/changes.ts";
import { deploymentOf } from "./config/load.ts";
import type { Config } from "./config/schema.ts";
import { AcceptedRequests } from "./core/accepted.ts";
import { BridgePoints } from "./core/bridge-points.ts";
import { BridgeTargets } from "./core/bridge-targets.ts";
import { FrontPoints } from "./core/front-points.ts";
import { registrationOf } from "./core/peers.ts";
import type { Binding, Observer } from "./core/ports.ts";
import type { Registration } from "./core/registration.ts";
import { Registry } from "./core/registry.ts";
import { createDownstream } from "./downstream.ts";
import { createFaces } from "./faces.ts";
import { createGuarding } from "./guarding.ts";
import { Audit } from "./observe/audit.ts";
import { countingCodecs } from "./observe/counting-codec.ts";
import { createLog, type Log, LogObserver } from "./observe/log.ts";
import { Metrics } from "./observe/metrics.ts";
import { observeAll } from "./observe/observers.ts";
import { registeredTracing } from "./observe/tracing.ts";
import { createOperating, createWatching } from "./operating.ts";
import { createPeering } from "./peering.ts";
import type { CseId, Domain } from "./primitive/identifiers.ts";
import { createRegistering } from "./registering.ts";
import { LiveConfig } from "./reload.ts";
import { passed, portOf, started } from "./starting.ts";
import { openState } from "./store/lmdb-open.ts";
import { createUpstream, type DiallerParts } from "./upstream.ts";

/** The URLs that listen. */
export interface Faces {
  readonly http: string;
  readonly ws: string;
  readonly admin: string;
}

export interface GatewayOptions {
  readonly clock?: Clock;
  /** Where log records go; standard output by default. */
  readonly logDestination?: DestinationStream;
  readonly version?: string;
  /** Reads the configuration again, for `reload`; throws when it is not right. */
  readonly readConfig?: () => Config;
  /** Has whoever runs the gateway stop it, for an operator who asks for that. */
  readonly leave?: () => void;
}

export interface Gateway {
  /** Its log, for what is done to it: that is recorded whatever `log.level` is. */
  readonly log: Log;
  /** Opens the state and starts every face. @throws when an address or the state cannot be had; nothing is left open then */
  start(): Promise<Faces>;
  /**
   * Reads the configuration again and lets it hold as far as a running gateway can take it over: all of that, or
   * nothing.
   *
   * @param options `dryRun`: only finds out what would happen
   * @throws when it is not right; the old one holds on
   */
  reload(options: { readonly dryRun: boolean }): Promise<ConfigChanges>;
  /** Takes nothing new, finishes what is under way within `shutdown.drain`, then closes. */
  stop(): Promise<void>;
}

/** Builds a gateway; nothing listens before `start`. */
export function createGateway(config: Config, options: GatewayOptions = {}): Gateway {
  return new Assembly(config, options);
}

class Assembly implements Gateway {
  readonly log: Log;
  readonly #log: Logger;
  readonly #config: Config;
  readonly #live: LiveConfig;
  readonly #clock: Clock;
  readonly #options: GatewayOptions;
  /** What is stopped or closed, in the reverse of this order. */
  readonly #closing: (() => Promise<void>)[] = [];
  #draining = false;
  #observer: Observer | undefined;

  constructor(config: Config, options: GatewayOptions) {
    this.#config = config;
    this.#live = new LiveConfig(config);
    this.#options = options;
    this.#clock = options.clock ?? new SystemClock();
    const { logDestination = process.stdout } = options;
    this.#log = createLog(config.log.level, logDestination);
    this.log = this.#log.child({}, { level: "info" });
  }

  async start(): Promise<Faces> {
    try {
      return await this.#assemble();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async reload({ dryRun }: { readonly dryRun: boolean }): Promise<ConfigChanges> {
    const { readConfig } = this.#options;
    const changes = await this.#live.reload(readConfig ?? (() => this.#live.current), dryRun);
    if (!dryRun) this.#observer?.acted("reload", { ...changes });
    return changes;
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
    const { version = "unknown" } = this.#options;
    const watching = createWatching(config, { clock, domain });
    const tracing = registeredTracing(version);
    const traces = new LinkTraces(tracing, config.ws.traceContext);
    const metrics = new Metrics({
      links: () => links.open,
      isOverloaded: () => limiting.load.isOverloaded,
      isDraining: () => this.#draining,
      registrees: () => operating.registrees(),
      version,
      held: () => holding.hold,
      oldestHeld: () => operating.oldestHeld(),
      freeBytes: () => state.freeBytes(),
      registrar: () => upstream.registrar,
      certificates: () => tls.certificates(),
    });
    const log = this.#log;
    const observer = observeAll(
      ...metrics.observers,
      new LogObserver(log, config.cse.url),
      new Audit(log, clock),
      ...watching.observers,
    );
    this.#observer = observer;
    const state = await openState(config.stateDir, observer);
    this.#closing.push(() => state.close());

    const common = { domain, clock, observer, tracing };
    const guarding = createGuarding(config, { ...common, live: this.#live });
    const { limiting, tls } = guarding;
    const { limits, load } = limiting;
    this.#closing.push(() => Promise.resolve(guarding.close()));

    const codecs = countingCodecs(observer, config.xml.namespaces, () => limits.current.nesting);
    // What was taken in under another limit must be read again.
    const storedCodecs = countingCodecs(observer, config.xml.namespaces, () => DEEPEST);
    const owesNulls: DiallerParts["owesNulls"] = (to, rqi) => accepted.owesNulls(to, rqi);
    const wire = { ...common, codecs, owesNulls, traces, tls };
    const upstream = createUpstream(config, { ...wire, state });
    this.#closing.push(() => upstream.close());
    const newId = (): string => randomBytes(16).toString("base64url");
    const targets =
      deploymentOf(config) === "bridge"
        ? new BridgeTargets({
            ...common,
            table: state.table("targets"),
            newToken: newId,
            most: () => limits.current.targets,
          })
        : undefined;
    const peering = createPeering(config, wire);
    this.#closing.push(() => Promise.resolve(peering.close()));
    const registry = new Registry({
      ...common,
      table: state.table<Registration>("registrees"),
      targets,
      peers: peering.peers.map((peer) => registrationOf(peer, newId())),
    });
    this.#closing.push(() => Promise.resolve(registry.close()));
    const accepted = new AcceptedRequests(domain, registry);
    const points =
      targets === undefined ? new FrontPoints() : new BridgePoints(targets, config.cse.targets);
    const downstream = createDownstream(config, {
      ...wire,
      state,
      storedCodecs,
      cse: upstream.port,
      registry,
      accepted,
      limits,
      points,
      pools: peering.pools,
      wayToPeer: (id, link) => connections.wayTo(id, link),
      newId,
    });
    this.#closing.push(() => downstream.close());
    const { holding, ownPorts } = downstream;
    const { links, connections, applications, registrarRequests } = createRegistering(config, {
      ...common,
      registry,
      points,
      holding,
      dialled: peering.dialled,
      guarding,
      newId,
    });
    const operating = createOperating(this.#live, {
      ...common,
      watching,
      registry,
      holding,
      store: downstream.store,
      points,
      links,
      applications,
      limits,
      log,
      version,
      reload: (options) => this.reload(options),
      leave: this.#options.leave,
      reasons: () => [
        ...(this.#draining ? ["it is shutting down"] : []),
        ...(load.isOverloaded ? ["it is overloaded"] : []),
      ],
    });
    this.#closing.push(() => Promise.resolve(operating.close()));
    const admin = new AdminServer({
      ...config.admin.listen,
      tls: tls.admin,
      metrics,
      readiness: () => ({
        ready: !this.#draining && !load.isOverloaded,
        overloaded: load.isOverloaded,
        mode: deploymentOf(config),
        links: links.open,
        storing: holding.hold.accepting,
      }),
      ...operating,
      version,
      warn: (message, fields) => observer.warn(message, fields),
    });
    const { http, ws } = createFaces(config, {
      ...wire,
      guarding,
      applications,
      passThrough: upstream.passThrough,
      links,
      live: this.#live,
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
      const sent = Promise.race([holding.hold.drain(), passed(until, clock)]);
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
    upstream.registrar?.start(registrarRequests, registry);
    connections.start();
    return { http: httpUrl, ws: wsUrl, admin: adminUrl };
  }
}

import { type Clock, type EpochMs, type Millis, millis } from "../base/clock.ts";
import { type FailureCode, GatewayError, saysUnsent } from "../base/errors.ts";
import type { WeeklyWindow } from "../base/weekly-windows.ts";
import { type Domain, type EntityId, entityIdOf, originatorOf } from "../primitive/identifiers.ts";
import type { RequestPrimitive, ResponsePrimitive } from "../primitive/primitive.ts";
import type { Dialler, Link, LinkHost, Observer, Port } from "./ports.ts";
import { RegistrarConnection } from "./registrar-connection.ts";
import type { Registry } from "./registry.ts";

/** `shared`: one connection for all (TS-0020, 5.2). `per-originator`: one for each, as ACME wants it. */
export type LinkSharing = "shared" | "per-originator";

export interface RegistrarPortParts {
  readonly domain: Domain;
  readonly dialler: Dialler;
  readonly links: LinkSharing;
  /** Connections are opened before they are needed, and again when they have closed. */
  readonly always: boolean;
  readonly idleClose: Millis | undefined;
  /** When the registrar may expect connections; none of them means always. */
  readonly windows: readonly WeeklyWindow[];
  readonly longestPause: Millis;
  /** The gateway's own originator, whom the shared connection names. */
  readonly originator: string | undefined;
  /** Whether handshakes name an originator. */
  readonly namesOriginator: boolean;
  /** So many at a time, where each originator has one. */
  readonly maxConnections: number;
  /** Requests under way; more are refused. */
  readonly maxInFlight: number;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly random?: () => number;
}

/** Serves what comes down the connections to the registrar. */
export interface RegistrarHost {
  /** @param whose connection it is; undefined for one that all share */
  opened(link: Link, whose: EntityId | undefined): void;
  /** See `LinkHost`. */
  receive(
    request: RequestPrimitive,
    whose: EntityId | undefined,
    arrived: EpochMs,
  ): Promise<ResponsePrimitive | undefined>;
  /** See `LinkHost`. */
  unanswered: LinkHost["unanswered"];
}

/** Who is registered; the registry. */
export type Registrees = Pick<
  Registry,
  "all" | "registered" | "registration" | "onRegistered" | "onDeregistered"
>;

/** What a failure on a link is when the registrar is at its other end. */
const FAILURES: ReadonlyMap<FailureCode, FailureCode> = new Map([
  ["GW_LINK_BUSY", "GW_CSE_BUSY"],
  ["GW_NOT_SENT_IN_TIME", "GW_CSE_BUSY"],
  ["GW_NO_ANSWER", "GW_CSE_NO_ANSWER"],
  ["GW_LINK_LOST", "GW_CSE_CONNECTION_LOST"],
]);

/** How long the connection of somebody stays who is not registered. */
const PASSING = millis(30_000);

/** The registrar over WebSockets that the gateway opens itself. */
export class RegistrarPort implements Port {
  readonly #parts: RegistrarPortParts;
  readonly #connections = new Map<EntityId | undefined, RegistrarConnection>();
  #host: RegistrarHost | undefined;
  #registrees: Registrees | undefined;
  #inFlight = 0;
  #isClosing = false;
  /** Of connections that are no more. */
  #secondsPast = 0;

  constructor(parts: RegistrarPortParts) {
    this.#parts = parts;
  }

  /** Connections that are open, and how long all together have been, in seconds. */
  get connected(): { readonly open: number; readonly seconds: number } {
    let open = 0;
    let seconds = this.#secondsPast;
    for (const connection of this.#connections.values()) {
      if (connection.link !== undefined) open += 1;
      seconds += connection.seconds;
    }
    return { open, seconds };
  }

  /** Begins to connect. Requests before that are refused. */
  start(host: RegistrarHost, registrees: Registrees): void {
    this.#host = host;
    this.#registrees = registrees;
    registrees.onRegistered.push((id) => this.#registered(id));
    registrees.onDeregistered.push((id) => this.#deregistered(id));
    if (!this.#parts.always) return;
    if (this.#parts.links === "shared") this.#connectionOf(undefined, undefined).open();
    else for (const { id } of registrees.all()) this.#registered(id);
  }

  async request(request: RequestPrimitive, deadline: EpochMs): Promise<ResponsePrimitive> {
    if (this.#inFlight >= this.#parts.maxInFlight) throw new GatewayError("GW_CSE_BUSY");
    this.#inFlight += 1;
    try {
      return await this.#askOnceOrTwice(request, deadline);
    } catch (error) {
      const code = error instanceof GatewayError ? FAILURES.get(error.code) : undefined;
      throw code === undefined ? error : new GatewayError(code, { cause: error });
    } finally {
      this.#inFlight -= 1;
    }
  }

  /** Opens nothing more, and closes what is open when nothing is under way on it. Resolves when all is closed. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await Promise.all([...this.#connections.values()].map((connection) => connection.close()));
  }

  /** A Retrieve whose connection broke is repeated: networks drop connections without a word. */
  async #askOnceOrTwice(request: RequestPrimitive, deadline: EpochMs): Promise<ResponsePrimitive> {
    try {
      return await this.#ask(request, deadline);
    } catch (error) {
      const broken = error instanceof GatewayError && error.code === "GW_LINK_LOST";
      if (!broken || request.operation !== "retrieve") throw error;
      return await this.#ask(request, deadline).catch((again: unknown) => {
        // The first one was sent all the same.
        throw saysUnsent(again) ? error : again;
      });
    }
  }

  async #ask(request: RequestPrimitive, deadline: EpochMs): Promise<ResponsePrimitive> {
    const { domain, links } = this.#parts;
    const { from = "" } = request;
    const originator = entityIdOf(from, domain);
    const key = links === "shared" ? undefined : originator;
    for (;;) {
      try {
        return await this.#connectionOf(key, from).use(deadline, (link) =>
          link.deliver(request, deadline, originator),
        );
      } catch (error) {
        // It closed before anything was sent: the next one will do.
        const unsent = error instanceof GatewayError && error.code === "GW_TARGET_OFFLINE";
        if (!unsent) throw error;
      } finally {
        this.#tidy(key);
      }
    }
  }

  /** @param from how the originator is named to the registrar */
  #connectionOf(key: EntityId | undefined, from: string | undefined): RegistrarConnection {
    const known = this.#connections.get(key);
    if (known !== undefined) return known;
    if (this.#isClosing) throw new GatewayError("GW_DRAINING");
    const { maxConnections, originator, namesOriginator } = this.#parts;
    const { size } = this.#connections;
    if (size >= maxConnections || (!this.#isLasting(key) && this.#passing >= maxConnections / 2)) {
      throw new GatewayError("GW_CSE_BUSY");
    }
    const named = key === undefined ? originator : from;
    const connection: RegistrarConnection = new RegistrarConnection({
      ...this.#parts,
      random: this.#parts.random ?? Math.random,
      idleClose: () =>
        key === undefined || this.#isLasting(key) ? this.#parts.idleClose : PASSING,
      reopens: () => this.#parts.always && this.#isLasting(key),
      dial: () => this.#dial(connection, key, namesOriginator ? named : undefined),
      opened: (link) => this.#host?.opened(link, key),
    });
    this.#connections.set(key, connection);
    return connection;
  }

  #dial(
    connection: RegistrarConnection,
    key: EntityId | undefined,
    named: string | undefined,
  ): Promise<Link> {
    const host = this.#host;
    if (host === undefined) return Promise.reject(new GatewayError("GW_CSE_UNREACHABLE"));
    return this.#parts.dialler.dial(named === "" ? undefined : named, {
      receive: (request, _link, arrived) => {
        connection.used();
        return host.receive(request, key, arrived);
      },
      unanswered: (request, response, arrived) => host.unanswered(request, response, arrived),
      closed: (link) => {
        connection.closed(link);
        this.#tidy(key);
      },
    });
  }

  /** Connections of those who are not registered: they shall leave room for those who are. */
  get #passing(): number {
    return [...this.#connections.keys()].filter((key) => !this.#isLasting(key)).length;
  }

  /** Somebody has registered: it has to be reached, too. */
  #registered(id: EntityId): void {
    const { always, links, maxConnections, observer } = this.#parts;
    if (links === "shared") return;
    const known = this.#connections.get(id);
    // It was that of somebody who was not registered.
    known?.used();
    if (!always || this.#isClosing) return;
    if (known === undefined && this.#connections.size >= maxConnections) {
      observer.warn("a registree has no connection to the registrar", {
        registree: id,
        limit: `cse.connections: ${maxConnections}`,
      });
      return;
    }
    const kind = this.#registrees?.registration(id)?.kind ?? "ae";
    this.#connectionOf(id, originatorOf(id, kind)).open();
  }

  /** Somebody is no more. */
  #deregistered(id: EntityId): void {
    const connection = this.#connections.get(id);
    if (connection === undefined) return;
    // What it still has to tell is told there.
    void connection.close().then(() => {
      this.#secondsPast += connection.seconds;
    });
    this.#connections.delete(id);
  }

  /** Whether somebody is to be reached on a connection: not on that of an entity which only tries to register. */
  #isLasting(key: EntityId | undefined): boolean {
    const registrees = this.#registrees;
    if (registrees === undefined) return false;
    return key === undefined
      ? registrees.registered > 0
      : registrees.registration(key) !== undefined;
  }

  #tidy(key: EntityId | undefined): void {
    if (key === undefined || this.#isLasting(key)) return;
    const connection = this.#connections.get(key);
    if (connection?.isUnused !== true) return;
    // It may be dialled still: whoever waited has gone.
    void connection.close();
    this.#secondsPast += connection.seconds;
    this.#connections.delete(key);
  }
}

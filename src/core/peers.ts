import { type Clock, later, type Millis, millis } from "../base/clock.ts";
import { type Domain, type EntityId, entityIdOf } from "../primitive/identifiers.ts";
import type { Links } from "./links.ts";
import { isHttpPoint } from "./points-of-access.ts";
import type { Dialler, Link, Observer } from "./ports.ts";
import { questionOf } from "./question.ts";
import { RegistrarConnection } from "./registrar-connection.ts";
import type { Registration } from "./registry.ts";

/** A further CSE, or all of another provider, as it is configured. */
export interface Peer {
  readonly id: EntityId;
  /** http(s) or ws(s); undefined when it opens the connection itself. */
  readonly url: string | undefined;
}

/**
 * Peers as the registry keeps them: registered whatever they do, and reached on a link, or at their URL over HTTP.
 *
 * @param urls by CSE-ID or M2M-SP-ID
 */
export const peersIn = (urls: ReadonlyMap<string, string>, domain: Domain): readonly Peer[] =>
  [...urls].map(([id, url]) => ({
    id: entityIdOf(id, domain),
    url: /^\w+:/.test(url) ? url : undefined,
  }));

export const registrationOf = ({ id, url }: Peer, token: string): Registration => ({
  id,
  kind: "cse",
  token,
  addresses: [],
  pointsOfAccess: url !== undefined && isHttpPoint(url) ? [url] : undefined,
  reachable: true,
  expires: undefined,
});

export interface PeersParts {
  readonly domain: Domain;
  readonly peers: readonly Peer[];
  readonly diallerTo: (url: string) => Dialler;
  readonly links: Links;
  readonly longestPause: Millis;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly newId: () => string;
}

/** How long a peer may take to say that it knows who has connected. */
const INTRODUCTION = millis(20_000);

/** Keeps connections to those peers open that are dialled over WebSocket (TS-0020, 5.2: an IN-CSE has both roles on Mcc'). */
export class Peers {
  readonly #parts: PeersParts;
  readonly #connections: readonly RegistrarConnection[];

  constructor(parts: PeersParts) {
    this.#parts = parts;
    this.#connections = parts.peers.flatMap(({ id, url }) =>
      url === undefined || isHttpPoint(url) ? [] : [this.#connectionTo(id, url)],
    );
  }

  start(): void {
    for (const connection of this.#connections) connection.open();
  }

  /** Resolves when nothing is under way any more and all are closed. */
  async close(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.close()));
  }

  #connectionTo(id: EntityId, url: string): RegistrarConnection {
    const { clock, diallerTo, links, longestPause } = this.#parts;
    const dialler = diallerTo(url);
    const connection: RegistrarConnection = new RegistrarConnection({
      clock,
      longestPause,
      random: Math.random,
      idleClose: () => undefined,
      reopens: () => true,
      dial: () =>
        dialler.dial(this.#ownId(), {
          receive: (request, link, arrived) => {
            // What comes behind the handshake is read before the connection is told of.
            links.connected(link, id);
            return links.receive(request, link, arrived);
          },
          unanswered: (request, response, arrived) => links.unanswered(request, response, arrived),
          closed: (link) => {
            links.closed(link);
            connection.closed(link);
          },
        }),
      opened: (link) => this.#opened(link, id),
    });
    return connection;
  }

  #opened(link: Link, id: EntityId): void {
    const { links, observer } = this.#parts;
    try {
      links.connected(link, id);
    } catch (error) {
      observer.warn("a peer is connected otherwise already", { peer: id, error });
      link.close("superseded");
      return;
    }
    this.#introduce(link, id).catch((error: unknown) =>
      observer.warn("a peer does not say whether it knows this CSE", { peer: id, error }),
    );
  }

  /** Who has connected is known by its first request, where the handshake is not believed. */
  async #introduce(link: Link, id: EntityId): Promise<void> {
    const { clock, newId } = this.#parts;
    // A provider is no resource.
    if (id.indexOf("/", 2) < 0 && id.startsWith("//")) return;
    const { request } = questionOf(
      { operation: "retrieve", to: id, from: this.#ownId() },
      undefined,
      {
        clock,
        newToken: newId,
      },
    );
    await link.deliver(request, later(clock.now(), INTRODUCTION), id);
  }

  #ownId(): string {
    const { cseId, spId } = this.#parts.domain;
    return spId === undefined ? cseId : `//${spId}${cseId}`;
  }
}

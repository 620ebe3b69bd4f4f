import { type Clock, type EpochMs, later, type Millis, millis } from "../base/clock.ts";
import { type FailureCode, GatewayError } from "../base/errors.ts";
import type { WeeklyWindow } from "../base/weekly-windows.ts";
import type { Serialization } from "../primitive/content.ts";
import type { EntityId } from "../primitive/identifiers.ts";
import type { RequestPrimitive, ResponsePrimitive } from "../primitive/primitive.ts";
import type { Links } from "./links.ts";
import type { Dialler, Link, Observer, Way } from "./ports.ts";
import { questionOf } from "./question.ts";
import { RegistrarConnection } from "./registrar-connection.ts";
import type { Registration } from "./registration.ts";

/** A further CSE, or all of another provider, as it is configured. */
export interface Peer {
  readonly id: EntityId;
  /** Where it is called, or dialled when there is something to send; undefined when it is reached on a link only. */
  readonly pointOfAccess: string | undefined;
  /** What it reads over HTTP, the best first. */
  readonly reads: readonly Serialization[];
  /** How long its answer is waited for when a request names no expiration. */
  readonly answersWithin: Millis;
}

/** A peer as the registry keeps it: registered whatever it does, and reached on a link, or at its URL. */
export const registrationOf = (
  { id, pointOfAccess, reads, answersWithin }: Peer,
  token: string,
): Registration => ({
  id,
  kind: "cse",
  token,
  addresses: [],
  pointsOfAccess: pointOfAccess === undefined ? undefined : [pointOfAccess],
  reachable: true,
  expires: undefined,
  reads,
  answersWithin,
});

/** One that is dialled over WebSocket. */
export interface DialledPeer {
  readonly id: EntityId;
  readonly dialler: Dialler;
  /** In whose name it is asked whether it knows this CSE. */
  readonly originator: string;
  /** Whether the handshake names that, too. */
  readonly namesOriginator: boolean;
  /** The connection is opened before it is needed, and again when it has closed. */
  readonly always: boolean;
  readonly idleClose: Millis | undefined;
  readonly windows: readonly WeeklyWindow[];
  readonly longestPause: Millis;
  /** Requests under way; more are refused, or held. */
  readonly maxInFlight: number;
}

export interface PeersParts {
  readonly dialled: readonly DialledPeer[];
  readonly links: Links;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly newId: () => string;
}

/** How long a peer may take to say that it knows who has connected. */
const INTRODUCTION = millis(20_000);

/** Connections to those peers that are dialled over WebSocket (TS-0020, 5.2: an IN-CSE has both roles on Mcc'). */
export class Peers {
  readonly #parts: PeersParts;
  readonly #ways: ReadonlyMap<EntityId, WayToPeer>;

  constructor(parts: PeersParts) {
    this.#parts = parts;
    this.#ways = new Map(
      parts.dialled.map((peer) => [peer.id, new WayToPeer(peer, this.#connectionTo(peer))]),
    );
  }

  start(): void {
    for (const { connection, peer } of this.#ways.values()) if (peer.always) connection.open();
  }

  /** Resolves when nothing is under way any more and all are closed. */
  async close(): Promise<void> {
    await Promise.all([...this.#ways.values()].map(({ connection }) => connection.close()));
  }

  /**
   * The way to a peer on the connection that is dialled; undefined where there is none, and none is opened for a request.
   *
   * @param link that the peer has now: where it has opened that itself, that is the way
   */
  wayTo(id: EntityId, link: Link | undefined): Way | undefined {
    const way = this.#ways.get(id);
    const isWay = link === undefined ? way?.peer.always === false : way?.connection.link === link;
    return isWay ? way : undefined;
  }

  #connectionTo(peer: DialledPeer): RegistrarConnection {
    const { clock, links } = this.#parts;
    const { always, dialler, id, idleClose, longestPause, namesOriginator, windows } = peer;
    const connection: RegistrarConnection = new RegistrarConnection({
      clock,
      longestPause,
      windows,
      random: Math.random,
      idleClose: () => idleClose,
      reopens: () => always,
      dial: () =>
        dialler.dial(namesOriginator ? peer.originator : undefined, {
          receive: (request, link, arrived) => {
            connection.used();
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
      opened: (link) => this.#opened(link, peer),
    });
    return connection;
  }

  #opened(link: Link, peer: DialledPeer): void {
    const { links, observer } = this.#parts;
    const { id } = peer;
    try {
      links.connected(link, id);
    } catch (error) {
      observer.warn("a peer is connected otherwise already", { peer: id, error });
      link.close("superseded");
      return;
    }
    this.#introduce(link, peer).catch((error: unknown) =>
      observer.warn("a peer does not say whether it knows this CSE", { peer: id, error }),
    );
  }

  /** Who has connected is known by its first request, where the handshake is not believed. */
  async #introduce(link: Link, { id, originator }: DialledPeer): Promise<void> {
    const { clock, newId } = this.#parts;
    // A provider is no resource.
    if (id.indexOf("/", 2) < 0 && id.startsWith("//")) return;
    const { request } = questionOf({ operation: "retrieve", to: id, from: originator }, undefined, {
      clock,
      newToken: newId,
    });
    await link.deliver(request, later(clock.now(), INTRODUCTION), id);
  }
}

/** How it is said that there is no connection. */
const AWAY: ReadonlySet<FailureCode> = new Set(["GW_CSE_UNREACHABLE", "GW_DRAINING"]);

/** Sends on a connection that is opened for it where need be, and counts as used meanwhile. */
class WayToPeer implements Way {
  readonly peer: DialledPeer;
  readonly connection: RegistrarConnection;
  #inFlight = 0;

  constructor(peer: DialledPeer, connection: RegistrarConnection) {
    this.peer = peer;
    this.connection = connection;
  }

  async deliver(
    request: RequestPrimitive,
    deadline: EpochMs,
    registree: EntityId,
  ): Promise<ResponsePrimitive> {
    if (this.#inFlight >= this.peer.maxInFlight) throw new GatewayError("GW_LINK_BUSY");
    this.#inFlight += 1;
    try {
      return await this.connection.use(deadline, (link) =>
        link.deliver(request, deadline, registree),
      );
    } catch (error) {
      const isAway = error instanceof GatewayError && AWAY.has(error.code);
      throw isAway ? new GatewayError("GW_TARGET_OFFLINE", { cause: error }) : error;
    } finally {
      this.#inFlight -= 1;
    }
  }
}

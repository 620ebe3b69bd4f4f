import { cseConnections } from "./binding/http/cse-pool.ts";
import type { ConfiguredPool } from "./binding/http/poa-pools.ts";
import { tunnelAgent } from "./binding/proxy/tunnel-agent.ts";
import { isWebSocketUrl } from "./config/addresses.ts";
import type { Config } from "./config/schema.ts";
import type { DialledPeer, Peer } from "./core/peers.ts";
import { type Domain, type EntityId, entityIdOf } from "./primitive/identifiers.ts";
import type { Tls } from "./securing.ts";
import { type DiallerParts, diallerTo, throughProxy } from "./upstream.ts";

/** Further CSEs, and the ways to those that do not open the connection themselves. */
export interface Peering {
  readonly peers: readonly Peer[];
  /** Over HTTP; whoever uses them closes them. */
  readonly pools: ReadonlyMap<EntityId, ConfiguredPool>;
  /** Over WebSocket. */
  readonly dialled: readonly DialledPeer[];
  /** Calls off what is on its way through a proxy. */
  close(): void;
}

export interface PeeringParts {
  readonly domain: Domain;
  readonly tls: Pick<Tls, "peer" | "proxy">;
}

/** Builds the ways to the configured peers, each as the one to the CSE is built. Nothing is connected yet. */
export function createPeering(
  config: Config,
  { domain, tls, ...more }: Omit<DiallerParts, "tls"> & PeeringParts,
): Peering {
  const leaving = new AbortController();
  const peers: Peer[] = [];
  const pools = new Map<EntityId, ConfiguredPool>();
  const dialled: DialledPeer[] = [];
  for (const [name, peer] of config.peers) {
    const id = entityIdOf(name, domain);
    // As the gateway would be configured if this were its CSE.
    const there: Config = { ...config, ...peer };
    const { connect, connections, maxInFlight, serializations, timeout, url } = there.cse;
    const isDialled = url !== undefined && isWebSocketUrl(url);
    const pointOfAccess = isDialled && connect === "always" ? undefined : url;
    peers.push({ id, pointOfAccess, reads: serializations, answersWithin: timeout });
    if (url === undefined) continue;
    const parts = { ...more, tls: { cse: tls.peer(name), proxy: tls.proxy } };
    const through = throughProxy(there, parts.tls, parts.clock, leaving.signal);
    if (isDialled) {
      const agent = through && tunnelAgent(new URL(url), through);
      dialled.push({ id, ...dialledBy(there), dialler: dial(url, there, parts, agent) });
    } else {
      const { secured } = parts.tls.cse;
      const pool = cseConnections(new URL(url), connections, through, secured);
      pools.set(id, { pool, maxInFlight });
    }
  }
  return { peers, pools, dialled, close: () => leaving.abort() };
}

const dialledBy = ({ cse }: Config): Omit<DialledPeer, "id" | "dialler"> => ({
  originator: cse.originator ?? cse.id,
  namesOriginator: cse.handshakeOrigin,
  always: cse.connect === "always",
  idleClose: cse.idleClose,
  windows: cse.windows,
  longestPause: cse.reconnectMax,
  maxInFlight: cse.maxInFlight,
});

const dial = (
  url: string,
  there: Config,
  parts: DiallerParts,
  agent: Parameters<typeof diallerTo>[3],
): ReturnType<typeof diallerTo> =>
  diallerTo(url, there, parts, agent, (_result, why, isNews) => {
    if (why !== undefined && isNews) {
      parts.observer.warn("a peer cannot be reached", { url, error: why });
    }
  });

import { Pool } from "undici";
import { GatewayError } from "../../base/errors.ts";
import type { Codecs } from "../../codec/codec.ts";
import type { NamedAddress } from "../../core/ports.ts";
import type { EntityId } from "../../primitive/identifiers.ts";
import { type CallRules, callableConnector } from "./callable.ts";
import { canonicalHeads } from "./cse-pool.ts";

/** Connections to one origin, on behalf of a peer. */
export interface Destination {
  readonly pool: Pool;
  /** That know the namespaces of whoever answers there. */
  readonly codecs: Codecs;
  /** Calls that may be under way. */
  readonly room: number;
  /** Calls under way. */
  inFlight: number;
}

/** How a configured CSE is called. */
export interface ConfiguredPool {
  /** Closed with all others. */
  readonly pool: Pool;
  readonly maxInFlight: number;
}

type Named = Pick<NamedAddress, "configuredFor" | "peerAddress">;

/** Origins that connections are kept to at most. */
const DESTINATIONS = 256;
/** Connections to each, one request at a time on each. */
const CONNECTIONS = 4;
/** Calls under way to each: whoever is slow shall not take the place of all others. */
const ROOM = 64;

/**
 * Connections to the addresses that peers have named: a few to each, bounded in total, closed when long unused; beside
 * them those to configured CSEs.
 */
export class PoaPools {
  readonly #codecs: Codecs;
  readonly #rules: CallRules;
  /** The one used last stands last. */
  readonly #destinations = new Map<string, Destination>();
  readonly #configured: ReadonlyMap<EntityId, Destination>;

  constructor(
    codecs: Codecs,
    rules: CallRules,
    configured: ReadonlyMap<EntityId, ConfiguredPool> = new Map(),
  ) {
    this.#codecs = codecs;
    this.#rules = rules;
    this.#configured = new Map(
      [...configured].map(([id, { pool, maxInFlight }]) => [id, this.#to(pool, maxInFlight)]),
    );
  }

  /**
   * @param named for whom the origin is checked: a connection made for one peer is none for another
   * @throws GatewayError GW_LINK_BUSY when all others are in use
   */
  take(origin: string, named: Named): Destination {
    const { configuredFor } = named;
    const configured = configuredFor && this.#configured.get(configuredFor);
    if (configured !== undefined) return configured;
    const key = `${named.peerAddress ?? ""} ${origin}`;
    const destination = this.#destinations.get(key) ?? this.#open(origin, named);
    this.#destinations.delete(key);
    this.#destinations.set(key, destination);
    return destination;
  }

  async close(): Promise<void> {
    const all = [...this.#destinations.values(), ...this.#configured.values()];
    this.#destinations.clear();
    await Promise.all(all.map(({ pool }) => pool.destroy()));
  }

  #open(origin: string, named: Named): Destination {
    if (this.#destinations.size >= DESTINATIONS) this.#closeOne();
    const connect = canonicalHeads(callableConnector(named, this.#rules));
    return this.#to(new Pool(origin, { connections: CONNECTIONS, pipelining: 1, connect }), ROOM);
  }

  #to(pool: Pool, room: number): Destination {
    const { xml } = this.#codecs;
    return { pool, codecs: { ...this.#codecs, xml: xml.forPeer() }, room, inFlight: 0 };
  }

  #closeOne(): void {
    for (const [key, { inFlight, pool }] of this.#destinations) {
      if (inFlight > 0) continue;
      this.#destinations.delete(key);
      pool.destroy().catch(() => {
        // Nothing was under way, so nobody is left to be told.
      });
      return;
    }
    throw new GatewayError("GW_LINK_BUSY");
  }
}

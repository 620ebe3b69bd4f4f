import { Pool } from "undici";
import { GatewayError } from "../../base/errors.ts";
import type { Codecs } from "../../codec/codec.ts";
import type { NamedAddress } from "../../core/ports.ts";
import { type CallRules, callableConnector } from "./callable.ts";
import { canonicalHeads } from "./cse-pool.ts";

/** Connections to one origin, on behalf of a peer. */
export interface Destination {
  readonly pool: Pool;
  /** That know the namespaces of whoever answers there. */
  readonly codecs: Codecs;
  /** Calls under way. */
  inFlight: number;
}

type Named = Pick<NamedAddress, "isConfigured" | "peerAddress">;

/** Origins that connections are kept to at most. */
const DESTINATIONS = 256;
/** Connections to each, one request at a time on each. */
const CONNECTIONS = 4;

/** Connections to the addresses that peers have named: a few to each, bounded in total, closed when long unused. */
export class PoaPools {
  readonly #codecs: Codecs;
  readonly #rules: CallRules;
  /** The one used last stands last. */
  readonly #destinations = new Map<string, Destination>();

  constructor(codecs: Codecs, rules: CallRules) {
    this.#codecs = codecs;
    this.#rules = rules;
  }

  /**
   * @param named for whom the origin is checked: a connection made for one peer is none for another
   * @throws GatewayError GW_LINK_BUSY when all others are in use
   */
  take(origin: string, named: Named): Destination {
    const key = `${named.isConfigured === true ? "configured" : (named.peerAddress ?? "")} ${origin}`;
    const destination = this.#destinations.get(key) ?? this.#open(origin, named);
    this.#destinations.delete(key);
    this.#destinations.set(key, destination);
    return destination;
  }

  async close(): Promise<void> {
    const pools = [...this.#destinations.values()].map(({ pool }) => pool);
    this.#destinations.clear();
    await Promise.all(pools.map((pool) => pool.destroy()));
  }

  #open(origin: string, named: Named): Destination {
    if (this.#destinations.size >= DESTINATIONS) this.#closeOne();
    const { xml } = this.#codecs;
    const connect = canonicalHeads(callableConnector(named, this.#rules));
    return {
      pool: new Pool(origin, { connections: CONNECTIONS, pipelining: 1, connect }),
      codecs: { ...this.#codecs, xml: xml.forPeer() },
      inFlight: 0,
    };
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

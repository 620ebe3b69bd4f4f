import type { Clock } from "./base/clock.ts";
import type { ConfiguredPool } from "./binding/http/poa-pools.ts";
import { PoaPort } from "./binding/http/poa-port.ts";
import type { Codecs } from "./codec/codec.ts";
import { blockListOf } from "./config/addresses.ts";
import { priorityBy } from "./config/hold.ts";
import type { Config } from "./config/schema.ts";
import type { AcceptedRequests } from "./core/accepted.ts";
import type { HoldStore } from "./core/hold-store.ts";
import { createHolding, type Holding } from "./core/holding.ts";
import type { Limits } from "./core/limits.ts";
import type { PointsOfAccess } from "./core/points-of-access.ts";
import type { Observer, Port } from "./core/ports.ts";
import type { ReachParts } from "./core/reach.ts";
import type { Registry } from "./core/registry.ts";
import type { Tracing } from "./core/tracing.ts";
import type { Domain, EntityId } from "./primitive/identifiers.ts";
import type { Tls } from "./securing.ts";
import type { State } from "./store/lmdb-open.ts";
import { requestTable } from "./store/request-records.ts";

/** The way to registrees, and what is kept on it. */
export interface Downstream {
  readonly holding: Holding;
  /** What is held, to be looked at. */
  readonly store: HoldStore;
  /** Ports of the gateway's own listeners, to be filled as they are bound: no registree is called there. */
  readonly ownPorts: Set<number>;
  close(): Promise<void>;
}

export interface DownstreamParts {
  readonly domain: Domain;
  readonly state: State;
  readonly codecs: Codecs;
  /** For what is stored. */
  readonly storedCodecs: Codecs;
  readonly cse: Port;
  readonly registry: Registry;
  readonly accepted: AcceptedRequests;
  readonly limits: Limits;
  readonly tls: Pick<Tls, "calls">;
  readonly points: PointsOfAccess;
  /** To further CSEs over HTTP; closed with the rest. */
  readonly pools: ReadonlyMap<EntityId, ConfiguredPool>;
  readonly wayToPeer: NonNullable<ReachParts["wayToPeer"]>;
  readonly tracing: Tracing | undefined;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly newId: () => string;
}

/** Builds the way to registrees: calls over HTTP, and what is held for those that are away. */
export function createDownstream(config: Config, parts: DownstreamParts): Downstream {
  const { state, codecs, storedCodecs, clock, limits, observer, tracing } = parts;
  const ownPorts = new Set<number>();
  const caller = new PoaPort({
    ...config.calls,
    codecs,
    configured: parts.pools,
    rules: {
      networks: blockListOf(config.calls.networks),
      ownPorts,
      secured: parts.tls.calls.secured,
    },
    laterHeaders: config.http.laterHeaders,
    maxBody: config.http.maxBody,
    tracing,
    clock,
  });
  const store: HoldStore = state.holdStore({
    codecs: storedCodecs,
    deadLetters: {
      perRegistree: config.hold.deadLetters,
      keptFor: config.hold.deadLettersKept,
    },
    onUnreadable: ({ kind, registree, sequence, bytes }, error) => {
      const about = { kind, registree, sequence };
      observer.warn("a stored primitive cannot be read", { ...about, error });
      if (kind !== "held") return;
      holding.hold
        .lost(registree, sequence, bytes)
        .catch((also: unknown) =>
          observer.warn("a stored primitive cannot be removed", { ...about, error: also }),
        );
    },
  });
  const holding: Holding = createHolding({
    ...config.hold,
    ...parts,
    maxInFlight: () => limits.current.inFlight,
    caller,
    store,
    table: requestTable(state.table("requests"), storedCodecs, (request, error) =>
      observer.warn("a stored <request> cannot be read", { request, error }),
    ),
    patience: { ...config.request, cseTimeout: config.cse.timeout },
    times: { ...config.hold, ...config.request },
    limits: config.hold,
    priorityOf: priorityBy(config.hold.priorities),
    keptFor: config.hold.resultKept,
    waitsFor: config.hold.max,
    originator: config.cse.originator ?? config.cse.id,
  });
  return {
    holding,
    store,
    ownPorts,
    close: async () => {
      await caller.close();
      holding.close();
    },
  };
}

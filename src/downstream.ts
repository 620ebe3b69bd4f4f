import type { Clock } from "./base/clock.ts";
import { PoaPort } from "./binding/http/poa-port.ts";
import type { Codecs } from "./codec/codec.ts";
import { blockListOf } from "./config/addresses.ts";
import { priorityBy } from "./config/hold.ts";
import type { Config } from "./config/schema.ts";
import type { AcceptedRequests } from "./core/accepted.ts";
import { createHolding, type Holding } from "./core/holding.ts";
import type { PointsOfAccess } from "./core/points-of-access.ts";
import type { Observer, Port } from "./core/ports.ts";
import type { Registry } from "./core/registry.ts";
import type { Domain } from "./primitive/identifiers.ts";
import type { State } from "./store/lmdb-open.ts";
import { requestTable } from "./store/request-records.ts";

/** The way to registrees, and what is kept on it. */
export interface Downstream {
  readonly holding: Holding;
  /** Ports of the gateway's own listeners, to be filled as they are bound: no registree is called there. */
  readonly ownPorts: Set<number>;
  close(): Promise<void>;
}

export interface DownstreamParts {
  readonly domain: Domain;
  readonly state: State;
  readonly codecs: Codecs;
  readonly cse: Port;
  readonly registry: Registry;
  readonly accepted: AcceptedRequests;
  readonly points: PointsOfAccess;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly newId: () => string;
}

/** Builds the way to registrees: calls over HTTP, and what is held for those that are away. */
export function createDownstream(config: Config, parts: DownstreamParts): Downstream {
  const { state, codecs, clock, observer } = parts;
  const ownPorts = new Set<number>();
  const caller = new PoaPort({
    ...config.calls,
    codecs,
    rules: {
      networks: blockListOf(config.calls.networks),
      ownPorts,
    },
    laterHeaders: config.http.laterHeaders,
    maxBody: config.http.maxBody,
    clock,
  });
  const holding: Holding = createHolding({
    ...config.hold,
    ...parts,
    caller,
    store: state.holdStore({
      codecs,
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
    }),
    table: requestTable(state.table("requests"), codecs, (request, error) =>
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
    ownPorts,
    close: async () => {
      await caller.close();
      holding.close();
    },
  };
}

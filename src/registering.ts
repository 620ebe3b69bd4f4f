import type { Clock } from "./base/clock.ts";
import { deploymentOf } from "./config/load.ts";
import type { Config } from "./config/schema.ts";
import { Applications } from "./core/applications.ts";
import type { Holding } from "./core/holding.ts";
import { LateAnswers } from "./core/late-answers.ts";
import { Links } from "./core/links.ts";
import { type DialledPeer, Peers } from "./core/peers.ts";
import type { PointsOfAccess } from "./core/points-of-access.ts";
import type { Observer } from "./core/ports.ts";
import { RegistrarRequests } from "./core/registrar-requests.ts";
import { Registrations } from "./core/registrations.ts";
import { RegistreeRequests } from "./core/registree-requests.ts";
import type { Registry } from "./core/registry.ts";
import type { Guarding } from "./guarding.ts";
import type { Domain } from "./primitive/identifiers.ts";

/** What serves requests, by where they come in. */
export interface Registering {
  /** On links of registrees. */
  readonly links: Links;
  /** On connections to peers that are dialled, to be started. */
  readonly connections: Peers;
  /** Over HTTP. */
  readonly applications: Applications;
  /** On connections to a registrar that is dialled. */
  readonly registrarRequests: RegistrarRequests;
}

export interface RegisteringParts {
  readonly domain: Domain;
  readonly registry: Registry;
  readonly points: PointsOfAccess;
  readonly holding: Holding;
  readonly dialled: readonly DialledPeer[];
  readonly guarding: Guarding;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly newId: () => string;
}

const REGISTERS_HERE = { standalone: "callable", front: "nobody", bridge: "all" } as const;

/** Builds what takes in requests, in whichever way they come, and keeps registrations in step with their answers. */
export function createRegistering(config: Config, parts: RegisteringParts): Registering {
  const { guarding, holding, newId, ...rest } = parts;
  const { exchanges, hold, reach } = holding;
  const { limits } = guarding.limiting;
  const common = { ...rest, exchanges, maxPoints: () => limits.current.points };
  const registrations = new Registrations({
    ...common,
    maxRegistrees: () => limits.current.registrees,
    newToken: newId,
    originator: config.cse.originator,
    lenient: config.ws.lenient,
  });
  const registreeRequests = new RegistreeRequests({ ...common, registrations });
  const lateAnswers = new LateAnswers({ clock: parts.clock, keptFor: config.hold.lateAnswers });
  const serving = { ...common, ...guarding, registrations, registreeRequests, lateAnswers, newId };
  const links = new Links({
    ...serving,
    hold,
    maxPerCredential: () => limits.current.connectionsPerCredential,
    unboundTimeout: config.ws.unboundTimeout,
    allowCseOnPlain: config.ws.allowCseOnPlain,
  });
  return {
    links,
    connections: new Peers({ ...serving, links }),
    applications: new Applications({
      ...serving,
      reach,
      registersHere: REGISTERS_HERE[deploymentOf(config)],
    }),
    registrarRequests: new RegistrarRequests(serving),
  };
}

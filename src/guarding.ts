import { isIPv6 } from "node:net";
import { Authentication } from "./authentication/authentication.ts";
import type { Clock } from "./base/clock.ts";
import { Gatekeeper } from "./binding/limits/gatekeeper.ts";
import { blockListOf } from "./config/addresses.ts";
import { authenticationOf } from "./config/credentials.ts";
import { permissionsOf } from "./config/permissions.ts";
import type { Config } from "./config/schema.ts";
import { Limits, type LimitValues } from "./core/limits.ts";
import { Load } from "./core/load.ts";
import { Meter } from "./core/meter.ts";
import { type PermissionSettings, Permissions } from "./core/permissions.ts";
import type { Observer } from "./core/ports.ts";
import type { Domain } from "./primitive/identifiers.ts";
import type { LiveConfig } from "./reload.ts";
import { createTls, type Tls } from "./securing.ts";

/** What both faces keep to together. */
export interface Limiting {
  readonly limits: Limits;
  readonly load: Load;
  readonly keeper: Gatekeeper;
  readonly meter: Meter;
}

/** Who gets in, in whose name, for what, and how much of it. */
export interface Guarding {
  readonly tls: Tls;
  readonly authenticator: Authentication;
  readonly permissions: Permissions;
  readonly limiting: Limiting;
  close(): void;
}

export interface GuardingParts {
  readonly domain: Domain;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly live: LiveConfig;
}

/** Builds the guards of a gateway, which take other configuration while it runs. @throws when a file is not right */
export function createGuarding(config: Config, parts: GuardingParts): Guarding {
  const { domain, clock, observer, live } = parts;
  const authenticator = new Authentication({ domain, clock }, authenticationOf(config));
  const tls = createTls(config, {
    clock,
    observer,
    pskKeyOf: (identity) => authenticator.pskKeyOf(identity),
  });
  const limiting = createLimiting(config, clock, observer);
  const permissionsBy = (next: Config): PermissionSettings =>
    permissionsOf(next, authenticator.isConfigured);
  const permissions = new Permissions(domain, permissionsBy(config), observer);
  warnOfExposure(config, observer);
  live.add((next) => tls.prepare(next));
  live.add((next) => () => {
    authenticator.configure(authenticationOf(next));
    permissions.configure(permissionsBy(next));
    warnOfExposure(next, observer);
    limiting.limits.configure(limitsOf(next));
    limiting.keeper.configure();
  });
  return {
    ...{ tls, authenticator, permissions, limiting },
    close: () => {
      limiting.load.stop();
      tls.close();
    },
  };
}

/** Builds what keeps the limits of a configuration. */
function createLimiting(config: Config, clock: Clock, observer: Observer): Limiting {
  const limits = new Limits(limitsOf(config));
  const load = new Load(limits, observer);
  const keeper = new Gatekeeper({ limits, load, clock, observer });
  return { limits, load, keeper, meter: new Meter(limits, clock) };
}

/** The limits of a configuration, as those who keep them take them. */
function limitsOf({ limits }: Config): LimitValues {
  const exempt = blockListOf(limits.exempt);
  return {
    ...limits,
    isExempt: (address) => exempt.check(address, isIPv6(address) ? "ipv6" : "ipv4"),
  };
}

function warnOfExposure({ credentials: { file }, proofs }: Config, observer: Observer): void {
  if (!proofs.isExposed) return;
  observer.warn("others than its owner can read the keys in the credentials file", { file });
}

import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import { deadLetterEndpoints } from "./admin/dead-letters.ts";
import type { Endpoint } from "./admin/endpoint.ts";
import { eventEndpoints } from "./admin/events.ts";
import { type Access, Guard } from "./admin/guard.ts";
import { heldEndpoints } from "./admin/held.ts";
import { type PrimitiveAccess, primitiveEndpoints, type ToSend } from "./admin/primitives.ts";
import { registreeEndpoints } from "./admin/registrees.ts";
import { runningEndpoints } from "./admin/running.ts";
import { type Status, statusEndpoints } from "./admin/status.ts";
import { given, timeOf } from "./admin/values.ts";
import { whyEndpoints } from "./admin/why.ts";
import type { Clock, EpochMs } from "./base/clock.ts";
import { jsonCodec } from "./codec/json/json.ts";
import { isLoopback } from "./config/addresses.ts";
import type { ConfigChanges } from "./config/changes.ts";
import { effectiveKeys } from "./config/effective.ts";
import { deploymentOf } from "./config/load.ts";
import type { Config } from "./config/schema.ts";
import type { Applications } from "./core/applications.ts";
import { EventFeed } from "./core/event-feed.ts";
import { HeldList } from "./core/held-list.ts";
import type { HoldStore } from "./core/hold-store.ts";
import type { Holding } from "./core/holding.ts";
import type { Limits } from "./core/limits.ts";
import type { PointsOfAccess } from "./core/points-of-access.ts";
import type { Observer } from "./core/ports.ts";
import { RegistreeList } from "./core/registree-list.ts";
import { RegistreeTimeline } from "./core/registree-timeline.ts";
import { RegistreeTraffic } from "./core/registree-traffic.ts";
import type { Registry } from "./core/registry.ts";
import { Stories } from "./core/stories.ts";
import { Traces } from "./core/traces.ts";
import { VitalSigns } from "./core/vital-signs.ts";
import { LogLevel } from "./observe/log-level.ts";
import { type Content, type ExactTree, MadeContent } from "./primitive/content.ts";
import { type Domain, entityIdOf } from "./primitive/identifiers.ts";
import { type RequestPrimitive, requestId, targetId } from "./primitive/primitive.ts";
import type { LiveConfig } from "./reload.ts";

/** What watches the gateway for whoever runs it. */
export interface Watching {
  readonly timeline: RegistreeTimeline;
  readonly traffic: RegistreeTraffic;
  readonly signs: VitalSigns;
  readonly stories: Stories;
  readonly feed: EventFeed;
  readonly traces: Traces;
  /** To be told everything. */
  readonly observers: readonly Partial<Observer>[];
}

export function createWatching(
  config: Config,
  parts: { readonly clock: Clock; readonly domain: Domain },
): Watching {
  const { clock } = parts;
  const timeline = new RegistreeTimeline(clock);
  const traffic = new RegistreeTraffic(clock);
  const signs = new VitalSigns(clock);
  const stories = new Stories(clock, config.admin.primitives);
  const feed = new EventFeed(parts);
  const traces = new Traces({ ...parts, feed, written });
  return {
    timeline,
    traffic,
    signs,
    stories,
    feed,
    traces,
    observers: [timeline, traffic, signs, stories, feed, traces],
  };
}

/** What the API looks at and acts on. */
export interface OperatingParts {
  readonly watching: Watching;
  readonly registry: Registry;
  readonly holding: Holding;
  readonly store: HoldStore;
  readonly points: PointsOfAccess;
  readonly links: { readonly open: number };
  readonly applications: Applications;
  readonly limits: Limits;
  readonly log: Logger;
  readonly observer: Observer;
  readonly clock: Clock;
  readonly version: string;
  /** Why new work is not welcome; empty when it is. */
  readonly reasons: () => readonly string[];
  readonly reload: (options: { readonly dryRun: boolean }) => Promise<ConfigChanges>;
  readonly leave: (() => void) | undefined;
}

/** The API of whoever runs the gateway, and who may use it. */
export interface Operating {
  readonly guard: Guard;
  readonly endpoints: readonly Endpoint[];
  /** How many registrees there are in each state. */
  readonly registrees: () => ReturnType<RegistreeList["counts"]>;
  /** When what is held longest arrived; undefined while nothing is held. */
  readonly oldestHeld: () => EpochMs | undefined;
  /** Fires no timer any more. */
  close(): void;
}

/** Joins the admin API to the parts of the gateway. */
export function createOperating(live: LiveConfig, parts: OperatingParts): Operating {
  const config = live.current;
  const { applications, clock, holding, limits, log, observer, registry, watching } = parts;
  const { feed, timeline, traces } = watching;
  const { domain } = registry;
  const { hold } = holding;
  const registrees = new RegistreeList({ ...parts, ...holding, ...watching });
  const held = new HeldList({ ...parts, ...holding });
  for (const watcher of [timeline, feed]) {
    registry.onRegistered.push((id) => watcher.registered(id));
    registry.onDeregistered.push((id) => watcher.deregistered(id));
  }
  const level = new LogLevel(log, clock);
  const guard = new Guard(accessOf(config), isLoopback, observer);
  live.add((next) => () => {
    level.set(next.log.level, undefined);
    guard.configure(accessOf(next));
  });
  const access = {
    idOf: (id: string) => entityIdOf(id, domain),
    acted: (action: string, fields: Readonly<Record<string, unknown>>) =>
      observer.acted(action, fields),
    written,
  };
  const started = clock.now();
  const oldest = thrifty(() => held.oldest());
  const counts = thrifty(() => registrees.counts());
  const status = (): Status => {
    const { signs } = watching;
    const { url } = config.cse;
    const reasons = [...parts.reasons()];
    const now = clock.now();
    const { "to-registree": toRegistree, "to-cse": toCse } = signs.inFlight;
    const { accepted: _, restored: __, ...settled } = hold.counts;
    const since = oldest();
    return given({
      version: parts.version,
      mode: deploymentOf(config),
      cse: domain.cseId,
      started: timeOf(started),
      now: timeOf(now),
      uptimeSeconds: (now - started) / 1_000,
      ready: reasons.length === 0,
      reasons,
      links: parts.links.open,
      registrees: counts(),
      held: given({
        ...hold.usage,
        open: hold.openExchanges,
        registrees: hold.registrees.length,
        oldest: since && timeOf(since),
        accepting: hold.accepting,
      }),
      settled,
      upstream: url === undefined ? undefined : upstreamOf(url, signs),
      inFlight: { toRegistree, toCse },
      warnings: signs.warnings.map(({ at, message }) => ({ at: timeOf(at), message })),
    });
  };
  return {
    registrees: counts,
    oldestHeld: oldest,
    guard,
    endpoints: [
      ...statusEndpoints(status),
      ...registreeEndpoints({ ...access, list: registrees }),
      ...heldEndpoints({ ...access, list: held }),
      ...deadLetterEndpoints({ ...access, letters: holding.deadLetters }),
      ...primitiveEndpoints({ ...access, send: (wanted) => send(wanted, applications) }),
      ...whyEndpoints(watching.stories),
      ...eventEndpoints({ ...access, feed, traces, clock, limits, observer }),
      ...runningEndpoints({
        ...access,
        keys: () => effectiveKeys(live.current),
        reload: (dryRun) => parts.reload({ dryRun }),
        drain: () => {
          parts.leave?.();
          return parts.leave !== undefined;
        },
        level: {
          current: () => ({
            level: level.level,
            until: level.until && timeOf(level.until),
          }),
          set: (wanted, lasts) => level.set(wanted, lasts),
        },
      }),
    ],
    close: () => {
      level.close();
      traces.close();
    },
  };
}

/** As an application does, in whatever name the rules allow an operator. @throws GatewayError that they do not */
async function send(
  { operation, to, from, resourceType, requestIdentifier, releaseVersion = "3", ...rest }: ToSend,
  applications: Applications,
): ReturnType<PrimitiveAccess["send"]> {
  const { content, parameters = {} } = rest;
  const peer = { face: "admin", address: undefined, credential: undefined, trusted: true } as const;
  applications.admit({ operation, to, resourceType, atPoint: false }, from, peer);
  const request: RequestPrimitive = {
    kind: "request",
    operation,
    to: targetId(to),
    from: from === "" ? undefined : from,
    requestIdentifier: requestId(requestIdentifier ?? `admin-${randomUUID()}`),
    resourceType,
    releaseVersion,
    content: content === undefined ? undefined : new MadeContent(content as ExactTree),
    carried: new Map(Object.entries(parameters)),
  };
  const route = applications.routeOf(operation, to, undefined);
  const received = applications.receive(route, request, undefined, undefined, "admin");
  return { request, response: await received };
}

const written = (content: Content): string =>
  `${jsonCodec.encodeContent(content, { emptyIsNull: false })}`;

function upstreamOf(url: string, { cse }: VitalSigns): NonNullable<Status["upstream"]> {
  return given({
    url,
    reachable: cse?.reachable,
    since: cse && timeOf(cse.since),
    why: cse?.why,
  });
}

const accessOf = ({ admin, adminToken }: Config): Access => ({
  tokenHash: adminToken === undefined ? undefined : Buffer.from(adminToken, "base64"),
  certificates: admin.tls.certificates.length > 0 && admin.tls.clientCertificates === "required",
  loopback: isLoopback(admin.listen.host),
});

/** What may be costly to find out: however often it is asked for, that takes no more than a twentieth of the time. */
function thrifty<T>(find: () => T): () => T {
  let known: { readonly value: T; readonly until: number } | undefined;
  return () => {
    const now = performance.now();
    if (known === undefined || now >= known.until) {
      const value = find();
      const end = performance.now();
      known = { value, until: end + 20 * (end - now) };
    }
    return known.value;
  };
}

import type { EpochMs } from "../base/clock.ts";
import { veiled } from "../base/veiled.ts";
import type { EntityId } from "../primitive/identifiers.ts";
import type { HoldUsage } from "./hold-store.ts";
import type { Evidence } from "./identity.ts";
import { type Page, pageOf } from "./page.ts";
import { type PointsOfAccess, replaced } from "./points-of-access.ts";
import type { Link } from "./ports.ts";
import type { Reach } from "./reach.ts";
import type { Registration } from "./registration.ts";
import type { Happening, RegistreeTimeline } from "./registree-timeline.ts";
import type { RegistreeTraffic, Traffic } from "./registree-traffic.ts";
import type { Registry } from "./registry.ts";

/** How a registree can be reached: on its connection, at its own point of access, or not now. */
export const REACHABILITIES = ["connected", "callable", "away"] as const;
export type Reachability = (typeof REACHABILITIES)[number];

/** One registree as whoever runs the gateway sees it. */
export interface RegistreeFacts {
  readonly registration: Registration;
  readonly state: Reachability;
  readonly link: Link | undefined;
  readonly linkedSince: EpochMs | undefined;
  readonly basis: Evidence["basis"] | undefined;
  readonly held: HoldUsage;
}

/** The same with what has happened to it. */
export interface RegistreeStory extends RegistreeFacts {
  /** pointOfAccess as the gateway tells it to the CSE, its token masked. */
  readonly pointsAtCse: readonly string[];
  readonly traffic: Traffic;
  /** The oldest first. */
  readonly timeline: readonly Happening[];
}

export interface RegistreeListParts {
  readonly registry: Registry;
  readonly reach: Pick<Reach, "find">;
  readonly hold: { usageOf(registree: EntityId): HoldUsage };
  readonly points: PointsOfAccess;
  readonly timeline: RegistreeTimeline;
  readonly traffic: RegistreeTraffic;
}

/** Who is registered, for whoever runs the gateway. */
export class RegistreeList {
  readonly #parts: RegistreeListParts;

  constructor(parts: RegistreeListParts) {
    this.#parts = parts;
  }

  /** In the order of their IDs. @param prefix of the ID, or of the AE-ID-Stem alone */
  page(
    wanted: { readonly prefix?: string | undefined; readonly state?: Reachability | undefined },
    after: string | undefined,
    limit: number,
  ): Page<RegistreeFacts> {
    const { prefix = "", state } = wanted;
    const fits = ({ id }: Registration): boolean =>
      (id.startsWith(prefix) || id.slice(id.lastIndexOf("/") + 1).startsWith(prefix)) &&
      (state === undefined || this.#stateOf(id) === state);
    const { items, next } = pageOf(this.#all(), ({ id }) => id, fits, after, limit);
    return { items: items.map((registration) => this.#factsOf(registration)), next };
  }

  /** Undefined when nobody is registered under this ID. */
  find(id: EntityId): RegistreeStory | undefined {
    const { points, registry, timeline, traffic } = this.#parts;
    const registration = registry.registration(id);
    if (registration === undefined) return undefined;
    const at = replaced(registration.pointsOfAccess ?? [], registration, points);
    return {
      ...this.#factsOf(registration),
      pointsAtCse: at.map((point) => veiled(point.replace(registration.token, masked))),
      traffic: traffic.of(id),
      timeline: timeline.of(id),
    };
  }

  isKnown(id: EntityId): boolean {
    return this.#parts.registry.registration(id) !== undefined;
  }

  /** How many are in each state. Looks at all of them. */
  counts(): Readonly<Record<Reachability | "total", number>> {
    const counts = { total: 0, connected: 0, callable: 0, away: 0 };
    for (const { id } of this.#all()) {
      counts.total += 1;
      counts[this.#stateOf(id)] += 1;
    }
    return counts;
  }

  /** Closes the connection of a registree; false when it has none. It stays registered, and may come back at once. */
  kick(id: EntityId): boolean {
    const link = this.#parts.registry.find(id);
    link?.close("kicked");
    return link !== undefined;
  }

  #all(): Iterable<Registration> {
    return this.#parts.registry.all();
  }

  #stateOf(id: EntityId): Reachability {
    const { reach, registry } = this.#parts;
    if (registry.find(id) !== undefined) return "connected";
    return reach.find(id) === undefined ? "away" : "callable";
  }

  #factsOf(registration: Registration): RegistreeFacts {
    const { hold, registry, timeline } = this.#parts;
    const { id } = registration;
    const link = registry.find(id);
    return {
      registration,
      state: this.#stateOf(id),
      link,
      linkedSince: link && timeline.openedAt(link),
      basis: registry.basisOf(id),
      held: hold.usageOf(id),
    };
  }
}

/** A token permits calls: enough of it to tell two apart, too little to use it. */
const masked = (token: string): string => `${token.slice(0, 4)}…`;

import type { EpochMs } from "../base/clock.ts";
import { GatewayError } from "../base/errors.ts";
import type { EntityId } from "../primitive/identifiers.ts";
import { type RequestPrimitive, type ResponsePrimitive, targetId } from "../primitive/primitive.ts";
import { asGatewayError } from "../primitive/respond.ts";
import { mayBeTarget } from "./bridge-targets.ts";
import { type CalledPlace, CalledPlaces, type CalledPlacesParts } from "./called-places.ts";
import { isHttpPoint } from "./points-of-access.ts";
import type { Caller, Link, NamedAddress, Way } from "./ports.ts";
import type { Registration } from "./registration.ts";
import type { Registry } from "./registry.ts";
import { toAtThisConnection } from "./targets.ts";

export interface ReachParts extends CalledPlacesParts {
  readonly registry: Registry;
  /** Undefined where no address is called. */
  readonly caller?: Caller | undefined;
  /** The way to a CSE that is dialled, where that is more than its link. @param link that it has now */
  readonly wayToPeer?: (id: EntityId, link: Link | undefined) => Way | undefined;
}

/** Addresses that are told of in the log at most: peers make them up. */
const REFUSED = 1_000;

/** To names a target that went with an earlier registration. */
const NOWHERE: Way = {
  deliver: () => Promise.reject(new GatewayError("GW_TARGET_UNKNOWN")),
};

/** How a registree can be reached now: on its live link, else at its own point of access over HTTP, else not at all. */
export class Reach {
  readonly #parts: ReachParts;
  readonly #places: CalledPlaces;
  /** Addresses that are not called, and the log has said so. */
  readonly #refused = new Set<string>();
  readonly #overHttp: Way = {
    id: "its point of access",
    deliver: async (request, deadline, registree) => {
      const registration = this.#parts.registry.registration(registree);
      if (registration === undefined) throw new GatewayError("GW_TARGET_OFFLINE");
      return await this.#call(request, deadline, this.#pointsOf(registration));
    },
  };

  constructor(parts: ReachParts) {
    this.#parts = parts;
    this.#places = new CalledPlaces(parts);
  }

  /** Called when a registree that was left alone for a while may be called again. */
  set onReturned(listener: (id: EntityId) => void) {
    this.#places.onReturned = listener;
  }

  /**
   * Undefined for a registree that takes no requests (requestReachability), too.
   *
   * @param to of the request; where that is a notification target of the registree, that alone is the way
   */
  find(id: EntityId, to?: string): Way | undefined {
    const { caller, registry } = this.#parts;
    if (to !== undefined && registry.isTarget(to)) return this.#toTarget(id, to);
    const registration = registry.registration(id);
    const isTarget = to !== undefined && mayBeTarget(to);
    if (registration?.reachable === false && !isTarget) return undefined;
    const link = registry.find(id);
    if (link !== undefined) return this.#parts.wayToPeer?.(id, link) ?? link;
    if (caller === undefined || registration === undefined) return undefined;
    const points = this.#pointsOf(registration);
    return points.urls.length === 0 || this.#places.isAway(points) ? undefined : this.#overHttp;
  }

  /** Whether there may be a way for some request at least. */
  mayFind(id: EntityId): boolean {
    const { registry } = this.#parts;
    return (
      this.find(id) !== undefined || registry.find(id) !== undefined || registry.hasTargets(id)
    );
  }

  /** It has given a sign of life: it is called again at once. */
  returned(id: EntityId): void {
    this.#places.returned(id);
  }

  /** It is no more. */
  forget(id: EntityId): void {
    this.#places.forget(id);
  }

  /** Calls nobody again by itself. */
  close(): void {
    this.#places.close();
  }

  #toTarget(id: EntityId, to: string): Way | undefined {
    const { caller, registry } = this.#parts;
    const registration = registry.registration(id);
    const url = registry.targetOf(id, to);
    if (registration === undefined || url === undefined) return NOWHERE;
    if (isHttpPoint(url)) {
      const place: CalledPlace = { registration, is: "target", urls: [url] };
      if (caller === undefined || this.#places.isAway(place)) return undefined;
      return { id: url, deliver: (request, deadline) => this.#call(request, deadline, place) };
    }
    const link = registry.find(id);
    const there = targetId(toAtThisConnection(url));
    return (
      link && {
        id: link.id,
        deliver: (request, ...more) => link.deliver({ ...request, to: there }, ...more),
      }
    );
  }

  /** Those that are called, and the one of a peer that is dialled when there is something to send. */
  #pointsOf(registration: Registration): CalledPlace {
    const { id, kind, pointsOfAccess = [] } = registration;
    const isDialled = this.#parts.wayToPeer?.(id, undefined) !== undefined;
    return {
      registration,
      is: kind === "ae" ? "point of an AE" : "point of a CSE",
      urls: isDialled ? pointsOfAccess : pointsOfAccess.filter(isHttpPoint),
    };
  }

  /** Tries the URLs of a place in turn, the one that worked last first, until something was sent. */
  async #call(
    request: RequestPrimitive,
    deadline: EpochMs,
    place: CalledPlace,
  ): Promise<ResponsePrimitive> {
    const { caller, registry } = this.#parts;
    if (caller === undefined) throw new GatewayError("GW_TARGET_OFFLINE");
    const { is, registration } = place;
    const { id, peerAddress, reads } = registration;
    const configuredFor = is !== "target" && registry.isPeer(id) ? id : undefined;
    const dialled = configuredFor && this.#parts.wayToPeer?.(id, undefined);
    let cause: GatewayError | undefined;
    for (const url of this.#places.inTurn(place)) {
      try {
        const address = { url, is, peerAddress, configuredFor, reads };
        const response = await (dialled?.deliver(request, deadline, id) ??
          caller.call(request, deadline, address));
        this.#places.worked(place, url);
        return response;
      } catch (thrown) {
        cause = asGatewayError(thrown);
        if (cause.code === "GW_NOT_CALLABLE") this.#tellRefused(id, { url, is });
        if (!mayGoOn(cause, is)) {
          // Whoever breaks connections would otherwise be sent the same again and again.
          if (cause.code === "GW_LINK_LOST") this.#places.failed(place, cause);
          throw cause;
        }
      }
    }
    this.#places.failed(place, cause);
    throw new GatewayError("GW_TARGET_OFFLINE", { cause });
  }

  #tellRefused(registree: EntityId, { url, is }: Pick<NamedAddress, "url" | "is">): void {
    const key = `${registree} ${url}`;
    if (this.#refused.has(key) || this.#refused.size >= REFUSED) return;
    this.#refused.add(key);
    const { observer } = this.#parts;
    if (is === "target") {
      observer.warn("a registree names a notification target that may not be called", {
        registree,
        to: originOf(url),
      });
    } else {
      observer.warn("a registree names a point of access that may not be called", {
        registree,
        poa: originOf(url),
      });
    }
  }
}

/** For the log: what stands behind it, such as a token, may be what permits calls. */
const originOf = (url: string): string => (URL.canParse(url) ? new URL(url).origin : "no URL");

/** Whether another URL may be tried, and the request may wait: nothing was sent, and that may change. */
function mayGoOn({ code }: GatewayError, is: NamedAddress["is"]): boolean {
  // Which addresses are called does not change; other points of access may come.
  return code === "GW_TARGET_OFFLINE" || (code === "GW_NOT_CALLABLE" && is !== "target");
}

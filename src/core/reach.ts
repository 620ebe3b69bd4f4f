import { type Clock, type EpochMs, later, type Timer } from "../base/clock.ts";
import { GatewayError } from "../base/errors.ts";
import type { EntityId } from "../primitive/identifiers.ts";
import type { RequestPrimitive, ResponsePrimitive } from "../primitive/primitive.ts";
import { asGatewayError } from "../primitive/respond.ts";
import { backOffAfter } from "./back-off.ts";
import { isHttpPoint } from "./points-of-access.ts";
import type { Caller, Observer, Way } from "./ports.ts";
import type { Registration, Registry } from "./registry.ts";

export interface ReachParts {
  readonly registry: Registry;
  /** Undefined where no address is called. */
  readonly caller?: Caller | undefined;
  readonly clock: Clock;
  readonly observer: Observer;
}

/** Points of access that are told of in the log at most: peers make them up. */
const REFUSED = 1_000;

/** What calling a registree has taught, until its registration changes. */
interface Experience {
  readonly registration: Registration;
  /** The point of access that worked last. */
  readonly worked: string | undefined;
  /** Calls in a row that found nobody. */
  readonly failures: number;
  /** While it counts as away. */
  readonly away: Timer | undefined;
}

/** How a registree can be reached now: on its live link, else at its own point of access over HTTP, else not at all. */
export class Reach {
  readonly #parts: ReachParts;
  readonly #experience = new Map<EntityId, Experience>();
  /** Points of access that are not called, and the log has said so. */
  readonly #refused = new Set<string>();
  readonly #overHttp: Way = {
    deliver: (request, deadline, registree) => this.#call(request, deadline, registree),
  };
  /** Called when a registree that was left alone for a while may be called again. */
  onReturned: (id: EntityId) => void = () => {};

  constructor(parts: ReachParts) {
    this.#parts = parts;
  }

  /** Undefined for a registree that takes no requests (requestReachability), too. */
  find(id: EntityId): Way | undefined {
    const { caller, registry } = this.#parts;
    const registration = registry.registration(id);
    if (registration?.reachable === false) return undefined;
    const link = registry.find(id);
    if (link !== undefined || caller === undefined || registration === undefined) return link;
    if (pointsOf(registration).length === 0) return undefined;
    return this.#of(registration)?.away === undefined ? this.#overHttp : undefined;
  }

  /** It has given a sign of life: it is called again at once. */
  returned(id: EntityId): void {
    const known = this.#experience.get(id);
    known?.away?.cancel();
    if (known !== undefined) this.#experience.set(id, { ...known, away: undefined });
    this.onReturned(id);
  }

  /** It is no more. */
  forget(id: EntityId): void {
    this.#experience.get(id)?.away?.cancel();
    this.#experience.delete(id);
  }

  /** Calls nobody again by itself. */
  close(): void {
    for (const id of [...this.#experience.keys()]) this.forget(id);
  }

  /** Tries its points of access in turn, the one that worked last first, until something was sent. */
  async #call(
    request: RequestPrimitive,
    deadline: EpochMs,
    registree: EntityId,
  ): Promise<ResponsePrimitive> {
    const { caller, registry } = this.#parts;
    const registration = registry.registration(registree);
    if (caller === undefined || registration === undefined) {
      throw new GatewayError("GW_TARGET_OFFLINE");
    }
    const { kind, peerAddress, reads } = registration;
    const is = kind === "ae" ? "point of an AE" : "point of a CSE";
    let cause: GatewayError | undefined;
    for (const url of this.#inTurn(registration)) {
      try {
        const address = { url, is, peerAddress, reads } as const;
        const response = await caller.call(request, deadline, address);
        this.#worked(registration, url);
        return response;
      } catch (thrown) {
        cause = asGatewayError(thrown);
        if (cause.code === "GW_NOT_CALLABLE") this.#tellRefused(registree, url);
        if (!wasUnsent(cause)) {
          // Whoever breaks connections would otherwise be sent the same again and again.
          if (cause.code === "GW_LINK_LOST") this.#failed(registration, cause);
          throw cause;
        }
      }
    }
    this.#failed(registration, cause);
    throw new GatewayError("GW_TARGET_OFFLINE", { cause });
  }

  #inTurn(registration: Registration): readonly string[] {
    const points = pointsOf(registration);
    const worked = this.#of(registration)?.worked;
    return worked === undefined ? points : [worked, ...points.filter((url) => url !== worked)];
  }

  /** What is known of a registration as it is now: one that has changed is a new one. */
  #of(registration: Registration): Experience | undefined {
    const experience = this.#experience.get(registration.id);
    return experience?.registration === registration ? experience : undefined;
  }

  #worked(registration: Registration, url: string): void {
    if (!this.#isCurrent(registration)) return;
    const known = this.#of(registration);
    if (known?.worked === url && known.failures === 0) return;
    this.forget(registration.id);
    const experience = { registration, worked: url, failures: 0, away: undefined };
    this.#experience.set(registration.id, experience);
    // Something that went out before it counted as away got through.
    if (known?.away !== undefined) this.onReturned(registration.id);
  }

  #failed(registration: Registration, cause: GatewayError | undefined): void {
    if (!this.#isCurrent(registration)) return;
    const known = this.#of(registration);
    // Of several that were under way the first has said it.
    if (known?.away !== undefined) return;
    const { clock, observer } = this.#parts;
    const { id } = registration;
    const failures = (known?.failures ?? 0) + 1;
    if (failures === 1 && cause?.code !== "GW_NOT_CALLABLE") {
      observer.warn("a registree cannot be reached at its point of access", {
        registree: id,
        error: cause,
      });
    }
    this.forget(id);
    const away = clock.at(later(clock.now(), backOffAfter(failures)), () => {
      this.#experience.set(id, { registration, worked: known?.worked, failures, away: undefined });
      this.onReturned(id);
    });
    this.#experience.set(id, { registration, worked: known?.worked, failures, away });
  }

  #tellRefused(registree: EntityId, url: string): void {
    const key = `${registree} ${url}`;
    if (this.#refused.has(key) || this.#refused.size >= REFUSED) return;
    this.#refused.add(key);
    this.#parts.observer.warn("a registree names a point of access that may not be called", {
      registree,
      poa: url,
    });
  }

  /** It may have changed, or gone, while the call was under way. */
  #isCurrent(registration: Registration): boolean {
    return this.#parts.registry.registration(registration.id) === registration;
  }
}

const pointsOf = ({ pointsOfAccess }: Registration): readonly string[] =>
  pointsOfAccess?.filter(isHttpPoint) ?? NONE;

const wasUnsent = ({ code }: GatewayError): boolean =>
  code === "GW_TARGET_OFFLINE" || code === "GW_NOT_CALLABLE";

const NONE: readonly string[] = [];

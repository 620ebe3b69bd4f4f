import { Rsc } from "../base/response-status-code.ts";
import { type Domain, entityIdOf } from "../primitive/identifiers.ts";
import type { ResponsePrimitive } from "../primitive/primitive.ts";
import type { TimedRequest } from "./deadline.ts";
import type { Exchanges } from "./exchange.ts";
import {
  type PointsOfAccess,
  withGatewayPoint,
  withGatewayTargets,
  withOwnPoints,
} from "./points-of-access.ts";
import type { Registrations } from "./registrations.ts";
import type { Registration, Registry } from "./registry.ts";

export interface RegistreeRequestParts {
  readonly domain: Domain;
  readonly registry: Registry;
  readonly registrations: Registrations;
  readonly exchanges: Exchanges;
  readonly points: PointsOfAccess;
}

/** Who makes a request, and what of it is about a registration. */
export interface Speaking {
  /** In whose name: the originator, or the registree CSE that relays for it. */
  readonly speaker: Registration;
  /** The registration whose resource would change, if there is one. */
  readonly concerned: Registration | undefined;
  /** That is a registration of those who speak. */
  readonly own: boolean;
  /** See `Link.peerAddress`. */
  readonly peerAddress: string | undefined;
}

/** Carries requests of registrees to the CSE, on whichever side they came in. */
export class RegistreeRequests {
  readonly #parts: RegistreeRequestParts;

  constructor(parts: RegistreeRequestParts) {
    this.#parts = parts;
  }

  /** The point of access of the registree is rewritten on the way there, and restored on the way back. Never rejects. */
  async toCse(
    timedRequest: TimedRequest,
    { speaker, concerned, own, peerAddress }: Speaking,
  ): Promise<ResponsePrimitive> {
    const { domain, exchanges, points, registrations, registry } = this.#parts;
    const { request } = timedRequest;
    const { request: pointed, wrote } =
      own && concerned !== undefined && request.operation === "update"
        ? withGatewayPoint(request, registrations.urlOf(concerned), points.base)
        : { request, wrote: undefined };
    const url = registrations.urlOf(speaker);
    const response = await exchanges.carry(
      { via: "cse" },
      { ...timedRequest, request: withGatewayTargets(pointed, speaker, url) },
    );
    if (concerned !== undefined) {
      const points = wrote && { ...wrote, peerAddress };
      await registrations.learn(concerned, request, response, points);
    }
    const itself = request.from !== undefined && entityIdOf(request.from, domain) === speaker.id;
    if (itself && isForgotten(response)) await registrations.forget(speaker);
    return withOwnPoints(response, registry.registration(speaker.id) ?? speaker, url);
  }
}

/** The CSE answers that it does not know the originator any more (TS-0004, 7.3.2.1). */
function isForgotten(response: ResponsePrimitive): boolean {
  return (
    response.failure === undefined &&
    response.responseStatusCode === Rsc.ORIGINATOR_NOT_AUTHENTICATED
  );
}

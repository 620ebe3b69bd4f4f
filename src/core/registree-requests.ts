import { Rsc } from "../base/response-status-code.ts";
import { type Domain, entityIdOf } from "../primitive/identifiers.ts";
import type { RequestPrimitive, ResponsePrimitive } from "../primitive/primitive.ts";
import { respondFailure } from "../primitive/respond.ts";
import type { TimedRequest } from "./deadline.ts";
import type { Exchanges } from "./exchange.ts";
import { checkPoints, type PointsOfAccess, withGatewayPoint } from "./points-of-access.ts";
import type { Observer } from "./ports.ts";
import type { Registration } from "./registration.ts";
import type { Registrations } from "./registrations.ts";
import type { Registry } from "./registry.ts";

export interface RegistreeRequestParts {
  readonly domain: Domain;
  readonly registry: Registry;
  readonly registrations: Registrations;
  readonly exchanges: Exchanges;
  readonly points: PointsOfAccess;
  /** Points of access of one registration at most, asked for each. */
  readonly maxPoints: () => number;
  readonly observer: Observer;
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

  /** The registree's point of access and targets are rewritten on the way there, and restored on the way back. Never rejects. */
  async toCse(timedRequest: TimedRequest, speaking: Speaking): Promise<ResponsePrimitive> {
    const { exchanges, maxPoints, observer, points } = this.#parts;
    const { request } = timedRequest;
    const { speaker, concerned, own } = speaking;
    const updates = own && request.operation === "update" ? concerned : undefined;
    const { request: pointed, wrote } =
      updates === undefined
        ? { request, wrote: undefined }
        : withGatewayPoint(request, updates, points);
    let outgoing: RequestPrimitive;
    try {
      if (updates !== undefined) checkPoints(request, maxPoints());
      const targeted = points.toCse(pointed, speaker);
      // Requests that need not wait stay in their order.
      outgoing = targeted instanceof Promise ? await targeted : targeted;
    } catch (error) {
      const response = respondFailure(request, error);
      if (response.failure !== undefined) observer.refused(response.failure);
      return response;
    }
    const response = await exchanges.carry({ via: "cse" }, { ...timedRequest, request: outgoing });
    return await this.#answered(request, response, speaking, wrote);
  }

  /** Draws the conclusions from an answer, which is then as the registree should see it. */
  async #answered(
    request: RequestPrimitive,
    response: ResponsePrimitive,
    { speaker, concerned, peerAddress }: Speaking,
    wrote: { readonly list: readonly string[] | undefined } | undefined,
  ): Promise<ResponsePrimitive> {
    const { domain, points, registrations, registry } = this.#parts;
    if (concerned !== undefined) {
      const written = wrote && { ...wrote, peerAddress };
      await registrations.learn(concerned, request, response, written);
    }
    const itself = request.from !== undefined && entityIdOf(request.from, domain) === speaker.id;
    if (itself && isForgotten(response)) await registrations.forget(speaker);
    const current = registry.registration(speaker.id) ?? speaker;
    return points.toRegistree(response, current, concerned?.id === speaker.id);
  }
}

/** The CSE answers that it does not know the originator any more (TS-0004, 7.3.2.1). */
function isForgotten(response: ResponsePrimitive): boolean {
  return (
    response.failure === undefined &&
    response.responseStatusCode === Rsc.ORIGINATOR_NOT_AUTHENTICATED
  );
}

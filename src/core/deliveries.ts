import type { Clock } from "../base/clock.ts";
import { GatewayError, saysUnsent } from "../base/errors.ts";
import { Rsc } from "../base/response-status-code.ts";
import { MadeContent } from "../primitive/content.ts";
import type { EntityId } from "../primitive/identifiers.ts";
import {
  type RequestPrimitive,
  type ResponsePrimitive,
  responseTypeOf,
} from "../primitive/primitive.ts";
import { asGatewayError, respond } from "../primitive/respond.ts";
import { deadlineOf, type TimedRequest } from "./deadline.ts";
import type { Hold } from "./hold.ts";
import {
  chooseHoldPlan,
  type HoldPlan,
  type HoldProfile,
  type HoldTimes,
  holdFactsOf,
} from "./hold-policy.ts";
import { mayHold } from "./next-step.ts";
import type { NonBlocking } from "./non-blocking.ts";
import { isOnce, SentAndLost } from "./pending.ts";
import type { Observer } from "./ports.ts";
import type { Reach } from "./reach.ts";
import type { Registry } from "./registry.ts";
import { deliverOn } from "./steps.ts";
import type { ToHold, WhenGone } from "./to-hold.ts";

export interface DeliveryParts {
  readonly reach: Reach;
  readonly hold: Hold;
  readonly registry: Pick<Registry, "isCurrent" | "registration">;
  readonly nonBlocking: NonBlocking;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly profile: HoldProfile;
  readonly times: Pick<HoldTimes, "ceiling" | "openMax">;
}

/** Brings requests to registrees: at once while they can be reached, else by what may be held of them. */
export class Deliveries {
  readonly #parts: DeliveryParts;

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  /**
   * @param whenGone how to be told that the originator does not wait any more
   * @returns the registree's answer, or the acknowledgement that the request is held
   * @throws GatewayError why there is neither
   */
  async deliver(
    { registree, token }: { readonly registree: EntityId; readonly token: string },
    timedRequest: TimedRequest,
    whenGone: WhenGone | undefined,
  ): Promise<ResponsePrimitive> {
    const { clock, hold, observer, profile, reach, registry, times } = this.#parts;
    const { request, arrived, expires } = timedRequest;
    const type = responseTypeOf(request);
    if (type === undefined) throw new GatewayError("GW_REQUEST_INVALID", "rt is none of 1 to 5");
    const { answersWithin = times.ceiling } = registry.registration(registree) ?? {};
    const deadline = deadlineOf(expires, arrived, answersWithin, times.openMax);
    // It may have waited, for a registration.
    if (clock.now() >= deadline) throw new GatewayError("GW_NOT_SENT_IN_TIME");
    const asked = type === "blocking" ? timedRequest : withResponseType(timedRequest, undefined);
    // It may have been on its way for a while.
    if (!registry.isCurrent(registree, token)) throw new GatewayError("GW_TARGET_UNKNOWN");
    const toHold = { registree, token, sequence: hold.nextSequence(), timedRequest: asked };
    const way = reach.find(registree, request.to);
    const plan = (): HoldPlan => chooseHoldPlan(holdFactsOf(request), profile);
    // The common case asks for nothing that has to be read out of the content.
    const isPlain = type === "blocking" && !hold.isWaiting(registree);
    if (way === undefined || !(isPlain || goesLive(plan(), hold.isWaiting(registree)))) {
      return await this.#hold(toHold, request, plan(), undefined, whenGone);
    }
    try {
      const { request: sent } =
        type === "flexBlocking" ? withResponseType(timedRequest, { rtv: 4 }) : asked;
      return await deliverOn(way, sent, deadline, registree, observer);
    } catch (thrown) {
      return await this.#hold(toHold, request, plan(), asGatewayError(thrown), whenGone);
    }
  }

  /**
   * @param request as it came, which is what its originator is answered
   * @param failed why the way to it did not do, if there was one
   */
  async #hold(
    toHold: ToHold,
    request: RequestPrimitive,
    plan: HoldPlan,
    failed: GatewayError | undefined,
    whenGone: WhenGone | undefined,
  ): Promise<ResponsePrimitive> {
    const { clock, hold } = this.#parts;
    const { expires } = toHold.timedRequest;
    const isLate = expires !== undefined && clock.now() >= expires;
    if (failed !== undefined && (isLate || !mayHold(failed.code, isOnce(request), plan)))
      throw failed;
    const lost = failed?.code === "GW_LINK_LOST" ? failed : undefined;
    const again = failed instanceof SentAndLost ? sentAgain(toHold, failed) : toHold;
    try {
      switch (plan.hold) {
        case "never":
          throw failed ?? new GatewayError("GW_TARGET_OFFLINE");
        case "open": {
          const response = await hold.open(again, plan.turn, lost !== undefined, whenGone);
          return { ...response, requestIdentifier: request.requestIdentifier };
        }
        case "stored":
          return await this.#store(again, request, plan);
      }
    } catch (error) {
      // That it may have arrived is what its originator needs to know.
      throw lost !== undefined && saysUnsent(error) ? lost : error;
    }
  }

  /** @param request as it came, which is what its originator is answered */
  async #store(
    toHold: ToHold,
    request: RequestPrimitive,
    { result, acknowledgement = Rsc.ACCEPTED }: Extract<HoldPlan, { hold: "stored" }>,
  ): Promise<ResponsePrimitive> {
    const { hold, nonBlocking } = this.#parts;
    if (result === "none") {
      await hold.store(toHold, undefined);
      return { ...respond(request, acknowledgement), held: true };
    }
    const reference = await nonBlocking.accept(toHold, request, result, (about) =>
      hold.store(toHold, about),
    );
    const content = new MadeContent({ "m2m:uri": reference });
    return { ...respond(request, acknowledgement, content), held: true };
  }
}

/**
 * With another Response Type, or none: that the registree answers now, and tells nobody else, is what the gateway needs
 * to see to its originator's wish (TS-0004, 7.3.2.8).
 */
function withResponseType(timedRequest: TimedRequest, rt: object | undefined): TimedRequest {
  const carried = new Map(timedRequest.request.carried);
  if (rt === undefined) carried.delete("rt");
  else carried.set("rt", rt);
  return { ...timedRequest, request: { ...timedRequest.request, carried } };
}

/** The same request under the identifier that the registree has seen: it may know by that that it has it already. */
function sentAgain(toHold: ToHold, { sentAs }: SentAndLost): ToHold {
  const { timedRequest } = toHold;
  const request = { ...timedRequest.request, requestIdentifier: sentAs };
  return { ...toHold, timedRequest: { ...timedRequest, request } };
}

/** Whether a way that is open is tried first. @param isWaiting others wait for the registree already */
function goesLive(plan: HoldPlan, isWaiting: boolean): boolean {
  switch (plan.hold) {
    case "never":
      return true;
    case "open":
      return !isWaiting || plan.turn !== "inTurn";
    case "stored":
      return plan.live && !isWaiting;
  }
}

import type { Clock, Millis } from "../base/clock.ts";
import { GatewayError } from "../base/errors.ts";
import { rscClassOf } from "../base/response-status-code.ts";
import { type ResponsePrimitive, responseTypeOf } from "../primitive/primitive.ts";
import { respondFailure } from "../primitive/respond.ts";
import type { AcceptedRequests } from "./accepted.ts";
import { deadlineOf, type TimedRequest } from "./deadline.ts";
import type { Deliveries } from "./deliveries.ts";
import type { NonBlocking } from "./non-blocking.ts";
import type { Direction, Observer, Port } from "./ports.ts";
import type { Route } from "./route.ts";
import type { WhenGone } from "./to-hold.ts";

/** How long exchanges stay open; see the configuration keys of the same names. */
export interface Patience {
  /** For the CSE, when the request names no time of its own. */
  readonly cseTimeout: Millis;
  /** For anybody, whatever time the request names. */
  readonly openMax: Millis;
}

/** Carries requests out along their routes; every failure comes back as a response primitive. */
export class Exchanges {
  readonly #clock: Clock;
  readonly #cse: Port;
  readonly #deliveries: Deliveries;
  readonly #nonBlocking: NonBlocking;
  readonly #patience: Patience;
  readonly #observer: Observer;
  readonly #accepted: AcceptedRequests;
  readonly #maxInFlight: () => number;
  #inFlight = 0;

  constructor(parts: {
    clock: Clock;
    cse: Port;
    deliveries: Deliveries;
    nonBlocking: NonBlocking;
    patience: Patience;
    observer: Observer;
    accepted: AcceptedRequests;
    /** Exchanges under way at most, asked for each. */
    maxInFlight: () => number;
  }) {
    this.#clock = parts.clock;
    this.#cse = parts.cse;
    this.#deliveries = parts.deliveries;
    this.#nonBlocking = parts.nonBlocking;
    this.#patience = parts.patience;
    this.#observer = parts.observer;
    this.#accepted = parts.accepted;
    this.#maxInFlight = parts.maxInFlight;
  }

  /**
   * One exchange, within the one deadline that its arrival and its own times set. Never rejects.
   *
   * @param whenGone how to be told that the originator does not wait any more
   */
  async carry(
    route: Route,
    timedRequest: TimedRequest,
    whenGone?: WhenGone,
  ): Promise<ResponsePrimitive> {
    if (route.via === "request") return this.#nonBlocking.receive(route.id, timedRequest.request);
    if (this.#inFlight >= this.#maxInFlight()) {
      this.#observer.refused("GW_OVERLOADED");
      return respondFailure(timedRequest.request, new GatewayError("GW_OVERLOADED"));
    }
    const started = performance.now();
    const direction: Direction = route.via === "cse" ? "to-cse" : "to-registree";
    const { request, expires } = timedRequest;
    this.#inFlight += 1;
    this.#observer.exchangeStarted(direction);
    this.#observer.stepped(request, { is: "routed", route });
    let response: ResponsePrimitive;
    try {
      const sent = this.#send(route, timedRequest, whenGone);
      // Up to here nobody was waited for.
      this.#observer.spent("forward", (performance.now() - started) / 1000);
      response = await sent;
    } catch (error) {
      // The originator's own time passed: 4008 even though nothing was sent.
      const isPast = expires !== undefined && this.#clock.now() >= expires;
      const expired = isPast && isNotSentInTime(error);
      response = respondFailure(
        request,
        expired ? new GatewayError("GW_REQUEST_EXPIRED", { cause: error }) : error,
      );
    }
    this.#inFlight -= 1;
    this.#accepted.answered(request, response);
    this.#observer.stepped(request, { is: "replied", response, route });
    const { failure, responseStatusCode } = response;
    const rscClass = rscClassOf(responseStatusCode);
    const seconds = (performance.now() - started) / 1000;
    const { operation } = request;
    const ended = { direction, operation, rscClass, failure, seconds };
    this.#observer.exchangeEnded(ended, request, response);
    return response;
  }

  #send(
    route: Exclude<Route, { via: "request" }>,
    timedRequest: TimedRequest,
    whenGone: WhenGone | undefined,
  ): Promise<ResponsePrimitive> {
    const { request, expires, arrived } = timedRequest;
    if (route.via === "refuse") throw new GatewayError(route.code);
    if (route.via === "registree") {
      return this.#deliveries.deliver(route, timedRequest, whenGone);
    }
    if (responseTypeOf(request) === undefined) {
      throw new GatewayError("GW_REQUEST_INVALID", "rt is none of 1 to 5");
    }
    const { cseTimeout, openMax } = this.#patience;
    const deadline = deadlineOf(expires, arrived, cseTimeout, openMax);
    // It may have waited for a registration.
    if (this.#clock.now() >= deadline) throw new GatewayError("GW_NOT_SENT_IN_TIME");
    return this.#cse.request(request, deadline);
  }
}

function isNotSentInTime(error: unknown): boolean {
  return error instanceof GatewayError && error.code === "GW_NOT_SENT_IN_TIME";
}

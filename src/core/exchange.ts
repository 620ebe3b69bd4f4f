import type { Clock, EpochMs, Millis } from "../base/clock.ts";
import { GatewayError } from "../base/errors.ts";
import { rscClassOf } from "../base/response-status-code.ts";
import {
  type RequestPrimitive,
  type ResponsePrimitive,
  responseTypeOf,
} from "../primitive/primitive.ts";
import { respondFailure } from "../primitive/respond.ts";
import { deadlineOf, type TimedRequest, timed } from "./deadline.ts";
import type { Direction, Observer, Port } from "./ports.ts";
import type { Route } from "./route.ts";

/** How long exchanges stay open; see the configuration keys of the same names. */
export interface Patience {
  /** For a silent registree, when the request names no time of its own. */
  readonly ceiling: Millis;
  /** For the CSE, when the request names no time of its own. */
  readonly cseTimeout: Millis;
  /** For anybody, whatever time the request names. */
  readonly openMax: Millis;
}

/** Carries requests out along their routes; every failure comes back as a response primitive. */
export class Exchanges {
  readonly #clock: Clock;
  readonly #cse: Port;
  readonly #patience: Patience;
  readonly #observer: Observer;

  constructor(parts: { clock: Clock; cse: Port; patience: Patience; observer: Observer }) {
    this.#clock = parts.clock;
    this.#cse = parts.cse;
    this.#patience = parts.patience;
    this.#observer = parts.observer;
  }

  /**
   * One exchange, from arrival to answer. Never rejects.
   *
   * @returns undefined when the originator wants no response (Response Type noResponse; TS-0001, 8.1.2)
   */
  carry(route: Route, request: RequestPrimitive): Promise<ResponsePrimitive | undefined> {
    const answer = this.#answer(route, request);
    if (responseTypeOf(request) !== "noResponse") return answer;
    answer.catch((error: unknown) => this.#observer.warn("an exchange failed", { error }));
    return Promise.resolve(undefined);
  }

  async #answer(route: Route, request: RequestPrimitive): Promise<ResponsePrimitive> {
    const arrived = this.#clock.now();
    const direction: Direction = route.via === "cse" ? "to-cse" : "to-registree";
    this.#observer.exchangeStarted(direction);
    let response: ResponsePrimitive;
    let expires: EpochMs | undefined;
    try {
      checkResponseType(request, direction);
      const timedRequest = timed(request, arrived);
      expires = timedRequest.expires;
      response = await this.#send(route, timedRequest, arrived);
    } catch (error) {
      // The originator's own time passed: 4008 even though nothing was sent.
      const expired = expires !== undefined && isNotSentInTime(error);
      response = respondFailure(
        request,
        expired ? new GatewayError("GW_REQUEST_EXPIRED", { cause: error }) : error,
      );
    }
    this.#observer.exchangeEnded({
      direction,
      operation: request.operation,
      rscClass: rscClassOf(response.responseStatusCode),
      failure: response.failure,
      seconds: (this.#clock.now() - arrived) / 1000,
    });
    return response;
  }

  #send(
    route: Route,
    { request, expires }: TimedRequest,
    arrived: EpochMs,
  ): Promise<ResponsePrimitive> {
    const { ceiling, cseTimeout, openMax } = this.#patience;
    switch (route.via) {
      case "refuse":
        throw new GatewayError(route.code);
      case "cse":
        return this.#cse.request(request, deadlineOf(expires, arrived, cseTimeout, openMax));
      case "link":
        return route.link.deliver(
          request,
          deadlineOf(expires, arrived, ceiling, openMax),
          route.registree,
        );
    }
  }
}

function isNotSentInTime(error: unknown): boolean {
  return error instanceof GatewayError && error.code === "GW_NOT_SENT_IN_TIME";
}

/**
 * Towards the CSE every Response Type is the CSE's to honour. A registree answers at once or not at all, and the
 * gateway keeps no results, so the two non-blocking ones cannot be served there.
 */
function checkResponseType(request: RequestPrimitive, direction: Direction): void {
  const type = responseTypeOf(request);
  if (type === undefined) throw new GatewayError("GW_REQUEST_INVALID", "rt is none of 1 to 5");
  if (direction === "to-cse") return;
  if (type === "nonBlockingSynch") throw new GatewayError("GW_NON_BLOCKING_SYNCH");
  if (type === "nonBlockingAsynch") throw new GatewayError("GW_NON_BLOCKING_ASYNCH");
}

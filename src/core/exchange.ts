import type { Clock, Millis } from "../base/clock.ts";
import { GatewayError } from "../base/errors.ts";
import { rscClassOf } from "../base/response-status-code.ts";
import {
  type RequestPrimitive,
  type ResponsePrimitive,
  responseTypeOf,
} from "../primitive/primitive.ts";
import { respondFailure } from "../primitive/respond.ts";
import type { AcceptedRequests } from "./accepted.ts";
import { deadlineOf, type TimedRequest } from "./deadline.ts";
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
  readonly #accepted: AcceptedRequests;

  constructor(parts: {
    clock: Clock;
    cse: Port;
    patience: Patience;
    observer: Observer;
    accepted: AcceptedRequests;
  }) {
    this.#clock = parts.clock;
    this.#cse = parts.cse;
    this.#patience = parts.patience;
    this.#observer = parts.observer;
    this.#accepted = parts.accepted;
  }

  /** One exchange, within the one deadline that its arrival and its own times set. Never rejects. */
  async carry(route: Route, timedRequest: TimedRequest): Promise<ResponsePrimitive> {
    const started = performance.now();
    const direction: Direction = route.via === "cse" ? "to-cse" : "to-registree";
    const { request, expires } = timedRequest;
    this.#observer.exchangeStarted(direction);
    let response: ResponsePrimitive;
    try {
      checkResponseType(request, direction);
      response = await this.#send(route, timedRequest);
    } catch (error) {
      // The originator's own time passed: 4008 even though nothing was sent.
      const expired = expires !== undefined && isNotSentInTime(error);
      response = respondFailure(
        request,
        expired ? new GatewayError("GW_REQUEST_EXPIRED", { cause: error }) : error,
      );
    }
    this.#accepted.answered(request, response);
    this.#observer.exchangeEnded({
      direction,
      operation: request.operation,
      rscClass: rscClassOf(response.responseStatusCode),
      failure: response.failure,
      seconds: (performance.now() - started) / 1000,
    });
    return response;
  }

  #send(route: Route, { request, expires, arrived }: TimedRequest): Promise<ResponsePrimitive> {
    const { ceiling, cseTimeout, openMax } = this.#patience;
    if (route.via === "refuse") throw new GatewayError(route.code);
    const wait = route.via === "cse" ? cseTimeout : ceiling;
    const deadline = deadlineOf(expires, arrived, wait, openMax);
    // It may have waited, for its turn on the link or for a registration.
    if (this.#clock.now() >= deadline) throw new GatewayError("GW_NOT_SENT_IN_TIME");
    return route.via === "cse"
      ? this.#cse.request(request, deadline)
      : route.link.deliver(request, deadline, route.registree);
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

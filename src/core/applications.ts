import type { Clock } from "../base/clock.ts";
import { Rsc } from "../base/response-status-code.ts";
import type { Serialization } from "../primitive/content.ts";
import { type Domain, entityIdOf, stemOf } from "../primitive/identifiers.ts";
import {
  type Operation,
  type RequestPrimitive,
  type ResponsePrimitive,
  responseTypeOf,
  type TargetId,
  targetId,
} from "../primitive/primitive.ts";
import { respondFailure } from "../primitive/respond.ts";
import { type TimedRequest, timed } from "./deadline.ts";
import type { Exchanges } from "./exchange.ts";
import type { Observer } from "./ports.ts";
import type { Registrations } from "./registrations.ts";
import type { Registry } from "./registry.ts";
import { chooseRoute, type Route } from "./route.ts";

/** Serves the requests that applications and the CSE make at the HTTP face. */
export class Applications {
  readonly #domain: Domain;
  readonly #registry: Registry;
  readonly #exchanges: Exchanges;
  readonly #registrations: Registrations;
  readonly #clock: Clock;
  readonly #observer: Observer;

  constructor(parts: {
    domain: Domain;
    registry: Registry;
    exchanges: Exchanges;
    registrations: Registrations;
    clock: Clock;
    observer: Observer;
  }) {
    this.#domain = parts.domain;
    this.#clock = parts.clock;
    this.#observer = parts.observer;
    this.#registry = parts.registry;
    this.#exchanges = parts.exchanges;
    this.#registrations = parts.registrations;
  }

  /** Where a request goes; see `chooseRoute`. */
  routeOf(operation: Operation | undefined, to: string, token: string | undefined): Route {
    return chooseRoute(operation, to, token, this.#registry);
  }

  /** What To is when a point of access is called without one: the registree's own ID. */
  targetBehind(token: string): TargetId | undefined {
    const registration = this.#registry.byToken(token);
    if (registration === undefined) return undefined;
    return targetId(registration.kind === "ae" ? stemOf(registration.id) : registration.id);
  }

  /** What an originator said at its registration that it reads best (TS-0004, 7.3.3.12). */
  readBestBy(originator: string): Serialization | undefined {
    return this.#registry.registration(entityIdOf(originator, this.#domain))?.reads?.[0];
  }

  /** Never rejects: a failure is a response primitive. Undefined when no response is wanted. */
  receive(route: Route, request: RequestPrimitive): Promise<ResponsePrimitive | undefined> {
    let timedRequest: TimedRequest;
    try {
      timedRequest = timed(request, this.#clock.now());
    } catch (error) {
      const response = respondFailure(request, error);
      if (response.failure !== undefined) this.#observer.refused(response.failure);
      return Promise.resolve(response);
    }
    const answer =
      route.via === "cse"
        ? this.#toCse(route, timedRequest)
        : this.#exchanges.carry(route, timedRequest);
    return responseTypeOf(request) === "noResponse" ? Promise.resolve(undefined) : answer;
  }

  async #toCse(route: Route, timedRequest: TimedRequest): Promise<ResponsePrimitive> {
    const { request } = timedRequest;
    const concerned = this.#registrations.concernedBy(request);
    const response = await this.#exchanges.carry(route, timedRequest);
    if (concerned !== undefined) {
      await this.#registrations.learn(concerned, request, response, undefined);
    }
    return response;
  }

  /** Tells that a request went past, unread, and how it was answered. */
  async passedThrough(operation: Operation, to: string, rsc: number): Promise<void> {
    const changed =
      (operation === "delete" && rsc === Rsc.DELETED) ||
      (operation === "update" && rsc === Rsc.UPDATED);
    const registration = changed ? this.#registry.byAddress(to) : undefined;
    if (registration === undefined) return;
    if (operation === "delete") await this.#registrations.forget(registration);
    else await this.#registrations.refresh(registration);
  }
}

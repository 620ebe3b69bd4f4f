import { Rsc } from "../base/response-status-code.ts";
import { stemOf } from "../primitive/identifiers.ts";
import {
  type Operation,
  type RequestPrimitive,
  type ResponsePrimitive,
  type TargetId,
  targetId,
} from "../primitive/primitive.ts";
import type { Exchanges } from "./exchange.ts";
import type { Registrations } from "./registrations.ts";
import type { Registry } from "./registry.ts";
import { chooseRoute, type Route } from "./route.ts";

/** Serves the requests that applications and the CSE make at the HTTP face. */
export class Applications {
  readonly #registry: Registry;
  readonly #exchanges: Exchanges;
  readonly #registrations: Registrations;

  constructor(parts: { registry: Registry; exchanges: Exchanges; registrations: Registrations }) {
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

  /** Never rejects: a failure is a response primitive. Undefined when no response is wanted. */
  receive(route: Route, request: RequestPrimitive): Promise<ResponsePrimitive | undefined> {
    return route.via === "cse"
      ? this.#toCse(route, request)
      : this.#exchanges.carry(route, request);
  }

  async #toCse(route: Route, request: RequestPrimitive): Promise<ResponsePrimitive | undefined> {
    const concerned = this.#registrations.concernedBy(request);
    const response = await this.#exchanges.carry(route, request);
    if (concerned !== undefined && response !== undefined) {
      await this.#registrations.learn(concerned, request, response, undefined);
    }
    return response;
  }

  /** Tells that a Delete went past, unread, and how it was answered. */
  async deleted(to: string, rsc: number): Promise<void> {
    const registration = rsc === Rsc.DELETED ? this.#registry.byAddress(to) : undefined;
    if (registration !== undefined) await this.#registrations.forget(registration.id);
  }
}

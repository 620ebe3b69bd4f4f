import type { Clock } from "../base/clock.ts";
import { Rsc } from "../base/response-status-code.ts";
import type { Serialization } from "../primitive/content.ts";
import { type Domain, type EntityId, entityIdOf, originatorOf } from "../primitive/identifiers.ts";
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
import { registersA } from "./learn.ts";
import type { Permissions } from "./permissions.ts";
import { namesHttpPoint } from "./points-of-access.ts";
import type { Observer, Peer } from "./ports.ts";
import type { Reach } from "./reach.ts";
import type { Registration } from "./registration.ts";
import type { Registrations } from "./registrations.ts";
import type { RegistreeRequests } from "./registree-requests.ts";
import type { Registry } from "./registry.ts";
import { chooseRoute, type Route } from "./route.ts";
import type { WhenGone } from "./to-hold.ts";

/** What the head of an HTTP request says about what it asks for. */
export interface Asked {
  readonly operation: Operation | undefined;
  readonly to: string;
  readonly resourceType: number | undefined;
  /** It calls a point of access of the gateway. */
  readonly atPoint: boolean;
}

export type RegistersHere = "nobody" | "callable" | "all";

/** Serves the requests that applications and the CSE make at the HTTP face. */
export class Applications {
  readonly #domain: Domain;
  readonly #registry: Registry;
  readonly #exchanges: Exchanges;
  readonly #registrations: Registrations;
  readonly #registreeRequests: RegistreeRequests;
  readonly #reach: Reach;
  readonly #registersHere: RegistersHere;
  readonly #permissions: Permissions;
  readonly #clock: Clock;
  readonly #observer: Observer;

  /**
   * @param parts `registersHere`: who registers over HTTP becomes a registree: nobody where a CSE over HTTP stands behind,
   *   which knows them itself; else those that can be called, or all, where the registrar could call none of their targets
   */
  constructor(parts: {
    domain: Domain;
    registry: Registry;
    exchanges: Exchanges;
    registrations: Registrations;
    registreeRequests: RegistreeRequests;
    reach: Reach;
    registersHere: RegistersHere;
    permissions: Permissions;
    clock: Clock;
    observer: Observer;
  }) {
    this.#domain = parts.domain;
    this.#clock = parts.clock;
    this.#observer = parts.observer;
    this.#registry = parts.registry;
    this.#exchanges = parts.exchanges;
    this.#registrations = parts.registrations;
    this.#registreeRequests = parts.registreeRequests;
    this.#reach = parts.reach;
    this.#registersHere = parts.registersHere;
    this.#permissions = parts.permissions;
  }

  /** Where a request goes; see `chooseRoute`. */
  routeOf(operation: Operation | undefined, to: string, token: string | undefined): Route {
    return chooseRoute(operation, to, token, this.#registry);
  }

  /** What To is when a point of access is called without one: the registree's own ID. */
  targetBehind(token: string): TargetId | undefined {
    const registration = this.#registry.byToken(token);
    if (registration === undefined) return undefined;
    return targetId(originatorOf(registration.id, registration.kind));
  }

  /**
   * Refuses what nothing permits, from the head of a request alone: it may pass through unread.
   *
   * @throws GatewayError as `Permissions.check` does
   */
  admit({ operation, to, resourceType, atPoint }: Asked, originator: string, peer: Peer): void {
    const registers = operation === "create" && (resourceType === 2 || resourceType === 16);
    this.#permissions.check({
      peer,
      originator,
      act: registers ? "register" : operation,
      to,
      atPoint,
    });
  }

  /** Nobody may ask what cannot be understood here, where not everybody may ask for everything. */
  get restricts(): boolean {
    return this.#permissions.restricts;
  }

  /** What an originator said at its registration that it reads best (TS-0004, 7.3.3.12). */
  readBestBy(originator: string): Serialization | undefined {
    return this.#registry.registration(entityIdOf(originator, this.#domain))?.reads?.[0];
  }

  /**
   * Never rejects: a failure is a response primitive. Undefined when no response is wanted.
   *
   * @param whenGone how to be told that the originator does not wait any more
   * @param peerAddress the address that the peer has itself; undefined where a proxy speaks for it
   */
  receive(
    route: Route,
    request: RequestPrimitive,
    whenGone?: WhenGone,
    peerAddress?: string | undefined,
    face: Peer["face"] = "http",
  ): Promise<ResponsePrimitive | undefined> {
    this.#observer.stepped(request, { is: "received", face, by: peerAddress });
    let timedRequest: TimedRequest;
    try {
      timedRequest = timed(request, this.#clock.now());
    } catch (error) {
      const response = respondFailure(request, error);
      if (response.failure !== undefined) this.#observer.refused(response.failure);
      this.#observer.stepped(request, { is: "replied", response });
      return Promise.resolve(response);
    }
    const answer = this.#answer(route, timedRequest, whenGone, peerAddress);
    if (responseTypeOf(request) !== "noResponse") return answer;
    // What a registree will get is on disk before its originator goes on, who is told when it is not.
    return route.via === "cse"
      ? Promise.resolve(undefined)
      : answer.then((response) => (response.failure === undefined ? undefined : response));
  }

  async #answer(
    route: Route,
    timedRequest: TimedRequest,
    whenGone: WhenGone | undefined,
    peerAddress: string | undefined,
  ): Promise<ResponsePrimitive> {
    const speaker = this.#speakerOf(timedRequest.request);
    const response =
      route.via === "cse"
        ? await this.#toCse(timedRequest, speaker, peerAddress)
        : await this.#exchanges.carry(route, timedRequest, whenGone);
    if (speaker !== undefined) this.#isThere(speaker.id);
    return response;
  }

  async #toCse(
    timedRequest: TimedRequest,
    speaker: Registration | undefined,
    peerAddress: string | undefined,
  ): Promise<ResponsePrimitive> {
    const { request } = timedRequest;
    const concerned = this.#registrations.concernedBy(request);
    const registersHere = this.#registersHere;
    const callable = registersHere !== "nobody" && namesHttpPoint(request.content);
    const kind = callable || registersHere === "all" ? registersA(request) : undefined;
    if (kind !== undefined) return await this.#register(kind, timedRequest, peerAddress);
    if (registersHere !== "nobody" && speaker !== undefined) {
      const own = concerned?.id === speaker.id;
      const speaking = { speaker, concerned, own, peerAddress };
      return await this.#registreeRequests.toCse(timedRequest, speaking);
    }
    const response = await this.#exchanges.carry({ via: "cse" }, timedRequest);
    if (concerned !== undefined) {
      await this.#registrations.learn(concerned, request, response, undefined);
    } else if (callable && response.responseStatusCode === Rsc.UPDATED) {
      await this.#adopt(timedRequest, peerAddress);
    }
    return response;
  }

  async #register(
    kind: "ae" | "cse",
    timedRequest: TimedRequest,
    peerAddress: string | undefined,
  ): Promise<ResponsePrimitive> {
    let id: EntityId | undefined;
    try {
      this.#permissions.checkRegistration(timedRequest.request);
      const known = (registered: Registration): void => {
        id = registered.id;
      };
      return await this.#registrations.create(kind, timedRequest, peerAddress, known);
    } catch (error) {
      const response = respondFailure(timedRequest.request, error);
      if (response.failure !== undefined) this.#observer.refused(response.failure);
      return response;
    } finally {
      if (id !== undefined) this.#isThere(id);
    }
  }

  /** An AE that registered without a point of access, and has one now, is a registree from now on. */
  async #adopt(asked: TimedRequest, peerAddress: string | undefined): Promise<void> {
    const { from = "" } = asked.request;
    const id = entityIdOf(from, this.#domain);
    try {
      await this.#registrations.adopt(id, from, asked, peerAddress);
    } catch (error) {
      this.#observer.warn("an AE with a point of access of its own was not taken in", {
        registree: id,
        error,
      });
    }
  }

  #speakerOf({ from }: RequestPrimitive): Registration | undefined {
    return from === undefined
      ? undefined
      : this.#registry.registration(entityIdOf(from, this.#domain));
  }

  /** Whoever asks for something is there: what is held for it is sent to it, behind the answer. */
  #isThere(id: EntityId): void {
    setImmediate(() => this.#reach.returned(id));
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

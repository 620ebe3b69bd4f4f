import type { Clock } from "../base/clock.ts";
import { GatewayError } from "../base/errors.ts";
import { Rsc } from "../base/response-status-code.ts";
import { rootObjectOf } from "../primitive/content.ts";
import {
  type Domain,
  type EntityId,
  entityIdOf,
  relativeToProvider,
  stemOf,
} from "../primitive/identifiers.ts";
import type { RequestPrimitive, ResponsePrimitive } from "../primitive/primitive.ts";
import { Adoptions, type WrittenPoints } from "./adoption.ts";
import type { TimedRequest } from "./deadline.ts";
import type { Exchanges } from "./exchange.ts";
import { type LearntResource, learnRegistration, learnRetrieved, learnUpdate } from "./learn.ts";
import { checkPoints, type PointsOfAccess, withGatewayPoint } from "./points-of-access.ts";
import type { Observer } from "./ports.ts";
import { questionOf } from "./question.ts";
import type { Registration } from "./registration.ts";
import type { Registry } from "./registry.ts";

export interface RegistrationParts {
  readonly clock: Clock;
  readonly domain: Domain;
  readonly registry: Registry;
  readonly exchanges: Exchanges;
  readonly points: PointsOfAccess;
  /** Points of access of one registration at most, asked for each. */
  readonly maxPoints: () => number;
  /** Registrees at most, asked for each. */
  readonly maxRegistrees: () => number;
  readonly observer: Observer;
  /** 128 random bits as text for a URL. */
  readonly newToken: () => string;
  /** The originator for the gateway's own questions; undefined when none is configured. */
  readonly originator: string | undefined;
  /** Take booleans written as strings, as nCube-Thyme writes them. */
  readonly lenient: boolean;
}

/** Registers with the CSE in a registree's name, and keeps what is known of registrations in step with its answers. */
export class Registrations {
  readonly #parts: RegistrationParts;
  readonly #adoptions: Adoptions;

  constructor(parts: RegistrationParts) {
    this.#parts = parts;
    this.#adoptions = new Adoptions(parts, async (...known) => {
      const registration = this.#registration(...known);
      await this.#store(registration);
      return registration;
    });
  }

  /**
   * Carries a Create of `<AE>` or `<remoteCSE>` to the CSE, with the gateway as its point of access.
   *
   * @param peerAddress see `Link.peerAddress`
   * @param known called as soon as the registration is known here, before it is durable: nobody else may claim the
   *   identity in between
   * @returns the answer as the registree should see it
   * @throws GatewayError GW_REQUEST_INVALID, GW_TOO_MANY_POINTS, GW_TOO_MANY_REGISTREES
   */
  async create(
    kind: "ae" | "cse",
    timedRequest: TimedRequest,
    peerAddress: string | undefined,
    known: (registration: Registration) => void,
  ): Promise<ResponsePrimitive> {
    const { domain, exchanges, maxPoints, newToken, points, registry } = this.#parts;
    const { request } = timedRequest;
    checkPoints(request, maxPoints());
    this.#checkRoom(request.from);
    const token = newToken();
    const { request: outgoing, wrote } = withGatewayPoint(
      this.#normalised(request),
      { token },
      points,
    );
    const carried = { ...timedRequest, request: outgoing };
    const response = await exchanges.carry({ via: "cse" }, carried);
    const learnt = learnRegistration(kind, outgoing, response, domain);
    if (learnt === undefined) return response;
    const id = learnt.id ?? (await this.#assigned(learnt, timedRequest));
    if (id === undefined) {
      // Its next request, with the AE-ID that it must find out itself, lets it be adopted.
      this.#parts.observer.warn("a registration succeeded without telling the AE-ID", {
        to: request.to,
      });
      return response;
    }
    const registered = this.#registration(id, token, learnt, { list: wrote?.list, peerAddress });
    registry.release(id);
    const stored = this.#store(registered);
    known(registered);
    await stored;
    return points.toRegistree(response, registered, true);
  }

  /** See `Adoptions`. @throws GatewayError GW_ORIGINATOR_UNKNOWN, or why the CSE was not reached */
  adopt(
    id: EntityId,
    from: string,
    asked: TimedRequest | undefined,
    peerAddress: string | undefined,
  ): Promise<Registration> {
    this.#checkRoom(from);
    return this.#adoptions.adopt(id, from, asked, peerAddress);
  }

  /** The registration whose resource a request would change, if there is one. */
  concernedBy(request: RequestPrimitive): Registration | undefined {
    return request.operation === "create" || request.operation === "notify"
      ? undefined
      : this.#parts.registry.byAddress(request.to);
  }

  /** Draws the conclusions from an answered request that concerned a registration's own resource. */
  async learn(
    concerned: Registration,
    request: RequestPrimitive,
    response: ResponsePrimitive,
    wrote: WrittenPoints | undefined,
  ): Promise<void> {
    const { registry } = this.#parts;
    const { responseStatusCode, failure } = response;
    if (request.operation === "delete" && responseStatusCode === Rsc.DELETED) {
      return await this.forget(concerned);
    }
    // Others may be told so of what they must not see, and who asks for a part or on a condition may miss only that.
    const part = request.operation === "retrieve" && request.content !== undefined;
    const whole = !part && !request.to.includes("#") && !request.carried.has("fc");
    const itself =
      request.from !== undefined && entityIdOf(request.from, this.#parts.domain) === concerned.id;
    if (responseStatusCode === Rsc.NOT_FOUND && failure === undefined && itself && whole) {
      return await this.forget(concerned);
    }
    if (request.operation !== "update" || responseStatusCode !== Rsc.UPDATED) return;
    const current = registry.registration(concerned.id);
    if (current?.token !== concerned.token) return;
    const left = learnUpdate(request, response);
    const expires = left.expires ?? current.expires;
    const reachable = left.reachable ?? current.reachable;
    const reads = left.reads ?? current.reads;
    const same =
      expires === current.expires && reachable === current.reachable && left.reads === undefined;
    if (wrote === undefined && same) return;
    await this.#store({
      ...current,
      ...(wrote && { pointsOfAccess: wrote.list, peerAddress: wrote.peerAddress }),
      expires,
      reachable,
      reads,
    });
  }

  /** Asks the CSE, in the registree's name, what became of a registration that was changed past this gateway. */
  async refresh(registration: Registration): Promise<void> {
    if (registration.kind !== "ae") return;
    const { domain, exchanges, registry } = this.#parts;
    const stem = stemOf(registration.id);
    const found = await exchanges.carry(
      { via: "cse" },
      questionOf({ operation: "retrieve", to: stem, from: stem }, undefined, this.#parts),
    );
    const learnt = learnRetrieved(found, domain);
    if (learnt?.id !== registration.id) return;
    const current = registry.registration(registration.id);
    if (current?.token !== registration.token) return;
    const { expires, reachable, reads } = learnt;
    await this.#store({ ...current, expires, reachable, reads });
  }

  /** Ends a registration that is no more: nothing reaches it, and its point of access is unknown from now on. */
  async forget({ id, token }: Registration): Promise<void> {
    const { observer, registry } = this.#parts;
    // A late answer about an earlier registration says nothing about the one that followed it.
    if (!registry.isCurrent(id, token)) return;
    try {
      await registry.deregister(id);
    } catch (error) {
      observer.warn("a deregistration could not be stored", { registree: id, error });
    }
  }

  /** Strangers must not make the table of registrees grow without end; who is in it may register anew. */
  #checkRoom(from: string | undefined): void {
    const { domain, maxRegistrees, registry } = this.#parts;
    if (registry.registered < maxRegistrees()) return;
    if (from !== undefined && registry.registration(entityIdOf(from, domain))) return;
    throw new GatewayError("GW_TOO_MANY_REGISTREES");
  }

  /** The AE-ID of a resource whose creation did not tell it; asked with the gateway's own originator. */
  async #assigned(learnt: LearntResource, asked: TimedRequest): Promise<EntityId | undefined> {
    const { domain, exchanges, originator } = this.#parts;
    const [address] = learnt.addresses;
    if (originator === undefined || address === undefined) return undefined;
    const to = relativeToProvider(address, domain);
    const response = await exchanges.carry(
      { via: "cse" },
      questionOf({ operation: "retrieve", to, from: originator }, asked, this.#parts),
    );
    return learnRetrieved(response, domain)?.id;
  }

  #registration(
    id: EntityId,
    token: string,
    learnt: LearntResource,
    { list: pointsOfAccess, peerAddress }: WrittenPoints,
  ): Registration {
    if (!learnt.reachable) {
      this.#parts.observer.warn("a registree takes no requests: it registered with rr false", {
        registree: id,
      });
    }
    const { kind, addresses, reachable, expires, reads } = learnt;
    const stored = { id, kind, token, addresses, pointsOfAccess, reachable, expires, reads };
    return { ...stored, peerAddress };
  }

  async #store(registration: Registration): Promise<void> {
    const { observer, registry } = this.#parts;
    try {
      await registry.register(registration);
    } catch (error) {
      // It is registered at the CSE all the same, and served until the next restart.
      observer.warn("a registration could not be stored", { registree: registration.id, error });
    }
  }

  #normalised(request: RequestPrimitive): RequestPrimitive {
    const resource = rootObjectOf(request.content);
    const rr = resource?.members["rr"];
    if (request.content === undefined || resource === undefined || typeof rr !== "string")
      return request;
    if (!this.#parts.lenient || (rr !== "true" && rr !== "false")) {
      throw new GatewayError("GW_REQUEST_INVALID", "rr must be true or false, not a string");
    }
    const content = request.content.edited([{ path: [resource.root, "rr"], value: rr === "true" }]);
    return { ...request, content };
  }
}

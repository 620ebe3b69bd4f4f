import type { Clock } from "../base/clock.ts";
import { GatewayError } from "../base/errors.ts";
import { Rsc } from "../base/response-status-code.ts";
import { type Content, MadeContent, rootObjectOf } from "../primitive/content.ts";
import {
  type Domain,
  type EntityId,
  relativeToProvider,
  stemOf,
} from "../primitive/identifiers.ts";
import {
  NOTHING_CARRIED,
  type RequestPrimitive,
  type ResponsePrimitive,
  requestId,
  targetId,
} from "../primitive/primitive.ts";
import type { TimedRequest } from "./deadline.ts";
import type { Exchanges } from "./exchange.ts";
import { type LearntResource, learnRegistration, learnRetrieved, learnUpdate } from "./learn.ts";
import {
  type PointsOfAccess,
  replaced,
  withGatewayPoint,
  withOwnPoints,
} from "./points-of-access.ts";
import type { Observer } from "./ports.ts";
import type { Registration, Registry } from "./registry.ts";

export interface RegistrationParts {
  readonly clock: Clock;
  readonly domain: Domain;
  readonly registry: Registry;
  readonly exchanges: Exchanges;
  readonly points: PointsOfAccess;
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

  constructor(parts: RegistrationParts) {
    this.#parts = parts;
  }

  urlOf(registration: { readonly token: string }): string {
    return this.#parts.points.base + registration.token;
  }

  /**
   * Carries a Create of `<AE>` or `<remoteCSE>` to the CSE, with the gateway as its point of access.
   *
   * @returns the answer as the registree should see it, and its registration if it succeeded
   * @throws GatewayError GW_REQUEST_INVALID
   */
  async create(
    kind: "ae" | "cse",
    timedRequest: TimedRequest,
  ): Promise<{ response: ResponsePrimitive | undefined; registered: Registration | undefined }> {
    const { domain, exchanges, newToken, points } = this.#parts;
    const { request } = timedRequest;
    const token = newToken();
    const url = this.urlOf({ token });
    const { request: outgoing, wrote } = withGatewayPoint(
      this.#normalised(request),
      url,
      points.base,
    );
    const response = await exchanges.carry({ via: "cse" }, { ...timedRequest, request: outgoing });
    const learnt = response && learnRegistration(kind, outgoing, response, domain);
    if (response === undefined || learnt === undefined) return { response, registered: undefined };
    const id = learnt.id ?? (await this.#assigned(learnt, timedRequest));
    if (id === undefined) {
      // Its next request, with the AE-ID that it must find out itself, lets it be adopted.
      this.#parts.observer.warn("a registration succeeded without telling the AE-ID", {
        to: request.to,
      });
      return { response, registered: undefined };
    }
    const registered = this.#registration(id, token, learnt, wrote?.list);
    this.#parts.registry.release(id);
    await this.#store(registered);
    return { response: withOwnPoints(response, registered, url), registered };
  }

  /**
   * Takes in an AE that the CSE knows and this gateway does not: asks for its `<AE>` with its own originator, and
   * adds the gateway's point of access to it.
   *
   * @throws GatewayError GW_ORIGINATOR_UNKNOWN when the CSE does not know it either, or why the CSE was not reached
   */
  async adopt(id: EntityId, from: string, asked: TimedRequest | undefined): Promise<Registration> {
    const { domain, exchanges, newToken, points } = this.#parts;
    const ask = (operation: "retrieve" | "update", content?: Content): TimedRequest =>
      this.#question(operation, stemOf(id), from, asked, content);
    const found = await exchanges.carry({ via: "cse" }, ask("retrieve"));
    if (found?.failure !== undefined) throw new GatewayError(found.failure);
    const learnt = found && learnRetrieved(found, domain);
    if (found?.content === undefined || learnt?.id !== id)
      throw new GatewayError("GW_ORIGINATOR_UNKNOWN");
    const token = newToken();
    const listed = learnt.pointsOfAccess ?? [];
    const poa = replaced(listed, this.urlOf({ token }), points.base);
    const told = await exchanges.carry(
      { via: "cse" },
      ask("update", new MadeContent({ "m2m:ae": { poa } })),
    );
    if (told?.responseStatusCode !== Rsc.UPDATED) {
      this.#parts.observer.warn("the CSE did not take the point of access of an adopted AE", {
        registree: id,
        rsc: told?.responseStatusCode,
      });
    }
    const own = listed.filter((entry) => !entry.startsWith(points.base));
    const registration = this.#registration(id, token, learnt, own.length === 0 ? undefined : own);
    await this.#store(registration);
    return registration;
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
    wrote: { list: readonly string[] | undefined } | undefined,
  ): Promise<void> {
    const { registry } = this.#parts;
    // A partial retrieve may miss no more than an attribute.
    const partial =
      request.operation === "retrieve" &&
      (request.content !== undefined || request.to.includes("#"));
    const gone =
      response.failure === undefined &&
      ((response.responseStatusCode === Rsc.NOT_FOUND && !partial) ||
        (request.operation === "delete" && response.responseStatusCode === Rsc.DELETED));
    if (gone) return await this.forget(concerned.id);
    if (request.operation !== "update" || response.responseStatusCode !== Rsc.UPDATED) return;
    const left = learnUpdate(request, response);
    const expires = left.expires ?? concerned.expires;
    const reachable = left.reachable ?? concerned.reachable;
    const same = expires === concerned.expires && reachable === concerned.reachable;
    if (wrote === undefined && same) return;
    const current = registry.registration(concerned.id);
    if (current?.token !== concerned.token) return;
    await this.#store({
      ...current,
      pointsOfAccess: wrote === undefined ? current.pointsOfAccess : wrote.list,
      expires,
      reachable,
    });
  }

  /** Asks the CSE, in the registree's name, what became of a registration that was changed past this gateway. */
  async refresh(registration: Registration): Promise<void> {
    if (registration.kind !== "ae") return;
    const { domain, exchanges, registry } = this.#parts;
    const stem = stemOf(registration.id);
    const found = await exchanges.carry(
      { via: "cse" },
      this.#question("retrieve", stem, stem, undefined),
    );
    const learnt = found && learnRetrieved(found, domain);
    if (learnt?.id !== registration.id) return;
    if (registry.registration(registration.id)?.token !== registration.token) return;
    const { expires, reachable } = learnt;
    await this.#store({ ...registration, expires, reachable });
  }

  /** Ends a registration that is no more: nothing reaches it, and its point of access is unknown from now on. */
  async forget(id: EntityId): Promise<void> {
    const { observer, registry } = this.#parts;
    try {
      await registry.deregister(id);
    } catch (error) {
      observer.warn("a deregistration could not be stored", { registree: id, error });
    }
  }

  /** The AE-ID of a resource whose creation did not tell it; asked with the gateway's own originator. */
  async #assigned(learnt: LearntResource, asked: TimedRequest): Promise<EntityId | undefined> {
    const { domain, exchanges, originator } = this.#parts;
    const [address] = learnt.addresses;
    if (originator === undefined || address === undefined) return undefined;
    const to = relativeToProvider(address, domain);
    const response = await exchanges.carry(
      { via: "cse" },
      this.#question("retrieve", to, originator, asked),
    );
    return response && learnRetrieved(response, domain)?.id;
  }

  /** A request of the gateway's own, within the time of the request that gave rise to it. */
  #question(
    operation: "retrieve" | "update",
    to: string,
    from: string,
    asked: TimedRequest | undefined,
    content?: Content,
  ): TimedRequest {
    const request: RequestPrimitive = {
      kind: "request",
      operation,
      to: targetId(to),
      from,
      requestIdentifier: requestId(this.#parts.newToken()),
      resourceType: undefined,
      releaseVersion: asked?.request.releaseVersion ?? "3",
      content,
      carried: NOTHING_CARRIED,
    };
    const { arrived, expires } = asked ?? { arrived: this.#parts.clock.now(), expires: undefined };
    return { request, arrived, expires };
  }

  #registration(
    id: EntityId,
    token: string,
    learnt: LearntResource,
    pointsOfAccess: readonly string[] | undefined,
  ): Registration {
    if (!learnt.reachable) {
      this.#parts.observer.warn("a registree takes no requests: it registered with rr false", {
        registree: id,
      });
    }
    const { kind, addresses, reachable, expires } = learnt;
    return { id, kind, token, addresses, pointsOfAccess, reachable, expires };
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

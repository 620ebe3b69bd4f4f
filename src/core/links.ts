import type { Clock, EpochMs, Millis } from "../base/clock.ts";
import { GatewayError } from "../base/errors.ts";
import {
  cseIdOf,
  type Domain,
  type EntityId,
  entityIdOf,
  originatorForm,
} from "../primitive/identifiers.ts";
import {
  type RequestPrimitive,
  type ResponsePrimitive,
  responseTypeOf,
} from "../primitive/primitive.ts";
import { respondFailure } from "../primitive/respond.ts";
import { type TimedRequest, timed } from "./deadline.ts";
import { DisplacedLinks } from "./displaced-links.ts";
import type { Exchanges } from "./exchange.ts";
import type { Hold } from "./hold.ts";
import type { Evidence } from "./identity.ts";
import type { LateAnswers } from "./late-answers.ts";
import { registersA } from "./learn.ts";
import { LinkRoom } from "./link-room.ts";
import type { CloseReason, Link, LinkHost, Observer } from "./ports.ts";
import type { Registrations } from "./registrations.ts";
import type { RegistreeRequests } from "./registree-requests.ts";
import type { Registration, Registry } from "./registry.ts";
import { chooseRoute, type Route } from "./route.ts";

export interface LinkParts {
  readonly domain: Domain;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly registrations: Registrations;
  readonly registreeRequests: RegistreeRequests;
  readonly exchanges: Exchanges;
  readonly hold: Pick<Hold, "returned">;
  readonly lateAnswers: LateAnswers;
  readonly observer: Observer;
  /** How long a link may stay without an identity. */
  readonly unboundTimeout: Millis;
  /** The laboratory switch: CSEs on connections that are not secured. */
  readonly allowCseOnPlain: boolean;
}

/**
 * Serves the requests that come in on links: finds out who speaks, binds the link to it, and carries the request on.
 *
 * TS-0020 has no procedure for telling who opened a connection; an identity is learnt from a registration, from the
 * handshake where that is trusted, and from `fr`.
 */
export class Links implements LinkHost {
  readonly #parts: LinkParts;
  readonly #rooms = new Map<Link, LinkRoom>();
  readonly #displaced = new DisplacedLinks();
  /** In whose name requests came, as far as that was accepted. */
  readonly #speakers = new WeakMap<RequestPrimitive, EntityId>();

  constructor(parts: LinkParts) {
    this.#parts = parts;
    parts.registry.onEmptied = (link) => this.#awaitIdentity(link, "deregistered");
  }

  get open(): number {
    return this.#rooms.size;
  }

  opened(link: Link, claimed: string | undefined): void {
    this.#rooms.set(link, new LinkRoom(this.#parts.clock, this.#parts.unboundTimeout));
    this.#awaitIdentity(link, "unidentified");
    if (claimed === undefined || claimed === "" || !link.trusted) return;
    this.#identify(claimed, undefined, "handshake", link)
      .catch(() => {
        // No harm: an entity about to register claims an identity that nobody knows yet.
      })
      .finally(() => this.#answered(link));
  }

  /** A link that the gateway has opened itself, to a CSE that it knows. May be called twice. */
  connected(link: Link, id: EntityId): void {
    if (this.#rooms.has(link)) return;
    this.#rooms.set(link, new LinkRoom(this.#parts.clock, this.#parts.unboundTimeout));
    this.#bind(id, link, "configuration");
    this.#answered(link);
  }

  unanswered(request: RequestPrimitive, response: ResponsePrimitive, arrived: EpochMs): void {
    const { lateAnswers, registry } = this.#parts;
    const asked = this.#speakers.get(request);
    // Of a stranger nobody knows where an answer would belong.
    if (asked === undefined) return;
    const link = registry.find(asked);
    if (link === undefined) lateAnswers.keep(asked, { request, response }, arrived);
    else link.answer(request, response);
  }

  closed(link: Link): void {
    const room = this.#rooms.get(link);
    this.#rooms.delete(link);
    this.#displaced.closed(link);
    room?.identified();
    this.#parts.registry.unbind(link);
  }

  receive(
    request: RequestPrimitive,
    link: Link,
    arrived: EpochMs,
  ): Promise<ResponsePrimitive | undefined> {
    const answer = this.#answer(request, link, arrived).finally(() => this.#answered(link));
    return responseTypeOf(request) === "noResponse" ? Promise.resolve(undefined) : answer;
  }

  async #answer(
    received: RequestPrimitive,
    link: Link,
    arrived: EpochMs,
  ): Promise<ResponsePrimitive> {
    try {
      const timedRequest = timed(received, arrived);
      const { request } = timedRequest;
      const route = chooseRoute(request.operation, request.to, undefined, this.#parts.registry);
      const kind = registersA(request);
      if (kind !== undefined && route.via === "cse")
        return await this.#register(kind, timedRequest, link, received);
      const speaker = this.#speaker(request.from, link);
      if (speaker !== undefined) {
        this.#speakers.set(received, speaker.id);
        return await this.#carry(route, timedRequest, speaker, link);
      }
      const found = await this.#speakerOnceKnown(timedRequest, link);
      this.#speakers.set(received, found.id);
      // What was waited for may have changed where the request goes.
      const now = chooseRoute(request.operation, request.to, undefined, this.#parts.registry);
      return await this.#carry(now, timedRequest, found, link);
    } catch (error) {
      const response = respondFailure(received, error);
      if (response.failure !== undefined) this.#parts.observer.refused(response.failure);
      return response;
    }
  }

  #carry(
    route: Route,
    timedRequest: TimedRequest,
    speaker: Registration,
    link: Link,
  ): Promise<ResponsePrimitive> {
    return route.via === "cse"
      ? this.#toCse(timedRequest, speaker, link)
      : this.#parts.exchanges.carry(route, timedRequest);
  }

  async #register(
    kind: "ae" | "cse",
    timedRequest: TimedRequest,
    link: Link,
    received: RequestPrimitive,
  ): Promise<ResponsePrimitive> {
    if (kind === "cse") {
      if (timedRequest.request.from === undefined) throw new GatewayError("GW_ORIGINATOR_MISSING");
      this.#checkCseAllowed(link);
    }
    return await this.#roomOf(link).settle(() =>
      this.#parts.registrations.create(kind, timedRequest, link.peerAddress, (registered) => {
        this.#speakers.set(received, registered.id);
        if (this.#rooms.has(link)) this.#bind(registered.id, link, "registration");
      }),
    );
  }

  async #toCse(
    timedRequest: TimedRequest,
    speaker: Registration,
    link: Link,
  ): Promise<ResponsePrimitive> {
    const { registrations, registreeRequests, registry } = this.#parts;
    const { request } = timedRequest;
    const concerned = registrations.concernedBy(request);
    const own = concerned !== undefined && registry.isBound(concerned.id, link);
    const { peerAddress } = link;
    const speaking = { speaker, concerned, own, peerAddress };
    const response = await registreeRequests.toCse(timedRequest, speaking);
    // An update of pointOfAccess flushes what is held (TS-0001, 10.2.2.4), one of requestReachability may let it go.
    if (own && request.operation === "update") this.#rooms.get(link)?.returned.add(concerned.id);
    return response;
  }

  /** In whose name the link speaks, if it is known to speak for `from`. @throws GatewayError */
  #speaker(from: string | undefined, link: Link): Registration | undefined {
    if (from === undefined) throw new GatewayError("GW_ORIGINATOR_MISSING");
    const { domain, registry } = this.#parts;
    const id = entityIdOf(from, domain);
    if (registry.isBound(id, link)) return registry.registration(id);
    return this.#cseThatRelays(id, from, link);
  }

  async #speakerOnceKnown(timedRequest: TimedRequest, link: Link): Promise<Registration> {
    const { from } = timedRequest.request;
    const room = this.#rooms.get(link);
    // No await unless there is something to wait for: of messages that come together, only one may ask the CSE.
    while (room?.isSettling) {
      await room.settled();
      const speaker = this.#speaker(from, link);
      if (speaker !== undefined) return speaker;
    }
    if (from === undefined) throw new GatewayError("GW_ORIGINATOR_MISSING");
    return await this.#identify(from, timedRequest, "from", link);
  }

  /**
   * The registree CSE on this link, if it may relay for `from`: it speaks for its AEs and descendants, but neither
   * for another registree CSE, nor for that one's AEs, nor for an AE of the own CSE (TS-0004, 7.3.2.1).
   */
  #cseThatRelays(id: EntityId, from: string, link: Link): Registration | undefined {
    const { domain, registry } = this.#parts;
    for (const identity of registry.identitiesOf(link)) {
      const registration = registry.registration(identity);
      if (registration?.kind !== "cse") continue;
      const home = cseIdOf(from, domain);
      const other = home === undefined ? undefined : registry.cseBefore(home);
      const foreign = other !== undefined && other.id !== registration.id;
      const local =
        home === undefined || home === domain.cseId || registry.registration(id) !== undefined;
      if (foreign || local) throw new GatewayError("GW_ORIGINATOR_NOT_YOURS");
      return registration;
    }
    return undefined;
  }

  /** Finds out whether a link may speak for `from`, and binds it. @throws GatewayError */
  async #identify(
    from: string,
    asked: TimedRequest | undefined,
    basis: Evidence["basis"],
    link: Link,
  ): Promise<Registration> {
    const { domain, registrations, registry } = this.#parts;
    const id = entityIdOf(from, domain);
    const known = registry.registration(id);
    const form = originatorForm(from, domain);
    if (known?.kind === "cse" || (known === undefined && form === "cse")) {
      this.#checkCseAllowed(link);
      if (known === undefined) throw new GatewayError("GW_ORIGINATOR_UNKNOWN");
    }
    if (known !== undefined) {
      await this.#bindUnlessHeld(id, link, basis);
      return known;
    }
    return await this.#roomOf(link).settle(async () => {
      const adopted = await registrations.adopt(id, from, asked, link.peerAddress);
      await this.#bindUnlessHeld(id, link, basis);
      return adopted;
    });
  }

  /**
   * Binds, once a link that may not be displaced has been given the time to show that it lives: behind a NAT that
   * forgot a connection, only its peer knows that it has gone, and is the one who comes anew (websocket-binding, D-3.3).
   *
   * @throws GatewayError GW_IDENTITY_TAKEN when it lives
   */
  async #bindUnlessHeld(id: EntityId, link: Link, basis: Evidence["basis"]): Promise<void> {
    for (;;) {
      const holder = this.#bind(id, link, basis);
      if (holder === undefined) return;
      if (await holder.probe()) {
        this.#parts.observer.takeoverRefused(link, id);
        throw new GatewayError("GW_IDENTITY_TAKEN");
      }
    }
  }

  #checkCseAllowed(link: Link): void {
    if (!link.secured && !this.#parts.allowCseOnPlain) throw new GatewayError("GW_CSE_NEEDS_TLS");
  }

  /** @returns the link that keeps the identity, when one does */
  #bind(id: EntityId, link: Link, basis: Evidence["basis"]): Link | undefined {
    const { registry } = this.#parts;
    const room = this.#roomOf(link);
    const result = registry.bind(id, link, { basis, proven: false, trusted: link.trusted });
    if (!result.bound) return result.holder;
    room.identified();
    room.returned.add(id);
    // Answers count wherever they arrive, by registree and identifier (websocket-binding, D-3.4).
    if (result.displaced !== undefined) this.#displaced.add(id, result.displaced);
    for (const other of this.#displaced.of(id)) if (other !== link) link.inherit(other, id);
    if (result.displaced !== undefined && registry.identitiesOf(result.displaced).size === 0) {
      result.displaced.close("superseded");
    }
    return undefined;
  }

  /** Whoever came back with a request is sent what is held for it behind the answer to that. */
  #answered(link: Link): void {
    const room = this.#rooms.get(link);
    if (room === undefined || room.returned.size === 0) return;
    const returned = [...room.returned];
    room.returned.clear();
    const { hold, lateAnswers } = this.#parts;
    setImmediate(() => {
      for (const id of returned) {
        if (link.open) {
          for (const { request, response } of lateAnswers.take(id)) link.answer(request, response);
        }
        hold.returned(id);
      }
    });
  }

  /** Closes the link unless it is bound within the time allowed. */
  #awaitIdentity(link: Link, reason: CloseReason): void {
    this.#rooms.get(link)?.awaitIdentity(() => link.close(reason));
  }

  /** @throws GatewayError GW_TARGET_OFFLINE when the link has closed, as it may while the CSE is being asked */
  #roomOf(link: Link): LinkRoom {
    const room = this.#rooms.get(link);
    if (room === undefined) throw new GatewayError("GW_TARGET_OFFLINE");
    return room;
  }
}

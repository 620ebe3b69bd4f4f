import type { Clock, EpochMs, Millis } from "../base/clock.ts";
import { type FailureCode, GatewayError } from "../base/errors.ts";
import { Tally } from "../base/tally.ts";
import { type Domain, type EntityId, entityIdOf } from "../primitive/identifiers.ts";
import {
  type RequestPrimitive,
  type ResponsePrimitive,
  responseTypeOf,
} from "../primitive/primitive.ts";
import { respondFailure } from "../primitive/respond.ts";
import type { Authenticator } from "./credential.ts";
import { type TimedRequest, timed } from "./deadline.ts";
import type { Exchanges } from "./exchange.ts";
import type { Hold } from "./hold.ts";
import { Identification } from "./identification.ts";
import type { LateAnswers } from "./late-answers.ts";
import { registersA } from "./learn.ts";
import { LinkRoom } from "./link-room.ts";
import type { Permissions } from "./permissions.ts";
import type { Asking, CloseReason, Link, LinkHost, Observer, Peer } from "./ports.ts";
import type { Registration } from "./registration.ts";
import type { Registrations } from "./registrations.ts";
import type { RegistreeRequests } from "./registree-requests.ts";
import type { Registry } from "./registry.ts";
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
  readonly permissions: Permissions;
  readonly authenticator: Pick<Authenticator, "holds">;
  readonly observer: Observer;
  /** How long a link may stay without an identity. */
  readonly unboundTimeout: Millis;
  /** Links with one credential at most, asked for each. */
  readonly maxPerCredential: () => number;
  /** The laboratory switch: CSEs on connections that are not secured. */
  readonly allowCseOnPlain: boolean;
}

/** What a peer is denied that the rules permit, since it has not proven to be whom that takes. */
const UNPROVEN: ReadonlySet<FailureCode> = new Set([
  "GW_ORIGINATOR_UNKNOWN",
  "GW_ORIGINATOR_NOT_YOURS",
  "GW_CSE_NEEDS_TLS",
]);

/** Serves the requests that come in on links: finds out who speaks, and carries the request on if that is permitted. */
export class Links implements LinkHost {
  readonly #parts: LinkParts;
  readonly #rooms = new Map<Link, LinkRoom>();
  readonly #perCredential = new Tally();
  readonly #identification: Identification;
  /** In whose name requests came, as far as that was accepted. */
  readonly #speakers = new WeakMap<RequestPrimitive, EntityId>();

  constructor(parts: LinkParts) {
    this.#parts = parts;
    this.#identification = new Identification(parts, (link) => this.#roomOf(link));
    parts.registry.onEmptied = (link) => this.#awaitIdentity(link, "deregistered");
  }

  get open(): number {
    return this.#rooms.size;
  }

  opened(link: Link, claimed: string | undefined): void {
    const { credential, trusted } = link;
    const { clock, maxPerCredential, observer, unboundTimeout } = this.#parts;
    this.#rooms.set(link, new LinkRoom(clock, unboundTimeout));
    if (credential !== undefined) {
      this.#perCredential.add(credential.id);
      if (this.#perCredential.of(credential.id) > maxPerCredential()) {
        observer.limitReached("connections-per-credential");
        link.close("crowded");
        return;
      }
    }
    this.#awaitIdentity(link, "unidentified");
    const said = trusted || credential !== undefined ? claimed || credential?.entity : undefined;
    if (said === undefined) return;
    const { domain, permissions } = this.#parts;
    // Whoever may ask for nothing in that name is not sent what is for it, nor is it adopted.
    if (!permissions.admits(peerOf(link), [entityIdOf(said, domain)])) return;
    const basis = claimed ? "handshake" : "credential";
    this.#identification
      .identify(said, undefined, basis, link)
      .catch(() => {
        // No harm: an entity about to register claims an identity that nobody knows yet.
      })
      .finally(() => this.#answered(link));
  }

  /** A link that the gateway has opened itself, to a CSE that it knows. May be called twice. */
  connected(link: Link, id: EntityId): void {
    if (this.#rooms.has(link)) return;
    this.#rooms.set(link, new LinkRoom(this.#parts.clock, this.#parts.unboundTimeout, true));
    this.#identification.bind(id, link, "configuration");
    this.#answered(link);
  }

  /** Closes the links of peers that other rules do not admit any more, or whose credential has been taken away. */
  review(): void {
    const { authenticator, observer, permissions, registry } = this.#parts;
    for (const [link, room] of this.#rooms) {
      const { credential } = link;
      const holds = credential === undefined || authenticator.holds(credential);
      const names = registry.identitiesOf(link);
      if (room.isOurs || (holds && permissions.admits(peerOf(link), names))) continue;
      observer.expelled(link);
      link.close("denied");
    }
  }

  speakerOn(link: Link): EntityId | undefined {
    const [first] = this.#parts.registry.identitiesOf(link);
    return first;
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
    if (this.#rooms.delete(link) && link.credential !== undefined) {
      this.#perCredential.remove(link.credential.id);
    }
    room?.identified();
    this.#identification.closed(link);
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
    const { observer } = this.#parts;
    observer.stepped(received, { is: "received", face: "ws", by: link.id });
    let permitted: Asking | undefined;
    try {
      const timedRequest = timed(received, arrived);
      const { request } = timedRequest;
      const route = chooseRoute(request.operation, request.to, undefined, this.#parts.registry);
      const kind = registersA(request);
      const registers = kind !== undefined && route.via === "cse";
      const { permissions } = this.#parts;
      const asking: Asking = {
        peer: peerOf(link),
        originator: request.from ?? "",
        act: kind === undefined ? request.operation : "register",
        to: request.to,
        // A registree CSE relays what others ask for; nobody registers through it (TS-0001, 10.2.2.2).
        relayed:
          permissions.restricts && !registers && this.#identification.relays(request.from, link),
      };
      permissions.check(asking);
      permitted = asking;
      if (registers) return await this.#register(kind, timedRequest, link, received);
      const speaker = this.#identification.speaker(request.from, link);
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
      const { failure } = response;
      if (failure !== undefined) {
        observer.refused(failure);
        if (permitted !== undefined && UNPROVEN.has(failure)) observer.denied(permitted, failure);
      }
      observer.stepped(received, { is: "replied", response });
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
      this.#identification.checkCseAllowed(link);
    }
    this.#parts.permissions.checkRegistration(timedRequest.request);
    return await this.#roomOf(link).settle(() =>
      this.#parts.registrations.create(kind, timedRequest, link.peerAddress, (registered) => {
        this.#speakers.set(received, registered.id);
        if (this.#rooms.has(link)) this.#identification.bind(registered.id, link, "registration");
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

  async #speakerOnceKnown(timedRequest: TimedRequest, link: Link): Promise<Registration> {
    const { from } = timedRequest.request;
    const room = this.#rooms.get(link);
    // No await unless there is something to wait for: of messages that come together, only one may ask the CSE.
    while (room?.isSettling) {
      await room.settled();
      const speaker = this.#identification.speaker(from, link);
      if (speaker !== undefined) return speaker;
    }
    if (from === undefined) throw new GatewayError("GW_ORIGINATOR_MISSING");
    return await this.#identification.identify(from, timedRequest, "from", link);
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

const peerOf = ({ peerAddress, otherEnd, credential, trusted }: Link): Peer => ({
  face: "ws",
  address: peerAddress,
  otherEnd,
  credential,
  trusted,
});

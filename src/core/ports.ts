import type { EpochMs } from "../base/clock.ts";
import type { FailureCode } from "../base/errors.ts";
import type { RscClass } from "../base/response-status-code.ts";
import type { TlsParty, TlsResult } from "../base/tls.ts";
import type { Serialization } from "../primitive/content.ts";
import type { EntityId } from "../primitive/identifiers.ts";
import {
  OPERATIONS,
  type Operation,
  type RequestPrimitive,
  type ResponsePrimitive,
} from "../primitive/primitive.ts";
import type { Unproven } from "./access-refused.ts";
import type { Credential } from "./credential.ts";
import type { Outcome } from "./hold-store.ts";
import type {
  DialResult,
  HandshakeResult,
  LimitName,
  ProofResult,
  ShownAs,
  Stage,
} from "./measures.ts";
import type { Step } from "./steps.ts";

/** A way out. Settles exactly once; rejects only with GatewayError, at `deadline` at the latest. */
export interface Port {
  request(request: RequestPrimitive, deadline: EpochMs): Promise<ResponsePrimitive>;
}

/** A way to a registree: its link, or its own point of access. */
export interface Way {
  /** The link, or an address that is called; undefined for one that is dialled when it is needed. */
  readonly id?: string;
  /**
   * Sends `request` and waits for the answer of `registree`.
   *
   * Rejects only with GatewayError: GW_TARGET_OFFLINE, GW_LINK_BUSY and GW_NOT_SENT_IN_TIME when nothing was sent,
   * GW_NO_ANSWER and GW_LINK_LOST when it was, GW_REQUEST_IDENTIFIER_IN_USE.
   */
  deliver(
    request: RequestPrimitive,
    deadline: EpochMs,
    registree: EntityId,
  ): Promise<ResponsePrimitive>;
}

/** An address over HTTP that a peer has named. */
export interface NamedAddress {
  /** http:// or https://; its query may name a serialization (`ct`). */
  readonly url: string;
  /** What it is: the point of access of a registree, behind which To may have to stand, or the target as a whole. */
  readonly is: "point of an AE" | "point of a CSE" | "target";
  /** The peer's own address, which may be called; undefined where that is not known. */
  readonly peerAddress: string | undefined;
  /** The CSE for which the configuration names it: it is called as that says, wherever it is. */
  readonly configuredFor?: EntityId | undefined;
  /** What is read there, the best first; undefined when nothing was said. */
  readonly reads: readonly Serialization[] | undefined;
}

/** Calls addresses that peers have named. */
export interface Caller {
  /**
   * One request, one call. Rejects as `Way` does, and with GW_NOT_CALLABLE when that address may not be called.
   */
  call(
    request: RequestPrimitive,
    deadline: EpochMs,
    address: NamedAddress,
  ): Promise<ResponsePrimitive>;
}

/** Who makes a request, as far as the connection and the head of the request tell. */
export interface Peer {
  readonly face: "http" | "ws" | "admin";
  /** The address that the peer has itself; undefined where a proxy speaks for it. */
  readonly address: string | undefined;
  /** The address at the other end of its connection, which may be a proxy's; undefined where there is none. */
  readonly otherEnd?: string | undefined;
  /** What it has proven to be; undefined for one that has proven nothing. */
  readonly credential: Credential | undefined;
  /** What it claims may be believed: it comes from a network configured as trusted. */
  readonly trusted: boolean;
}

/** What may be permitted: the operations, and among Creates those that register an AE or a CSE by themselves. */
export const ACTS = ["register", ...OPERATIONS] as const;
export type Act = (typeof ACTS)[number];

/** A request, as far as it is known before it is read as a whole. */
export interface Asking {
  readonly peer: Peer;
  /** As it is written; empty where it is missing. */
  readonly originator: string;
  /** Undefined for an HTTP method that oneM2M has no operation for. */
  readonly act: Act | undefined;
  readonly to: string;
  /** A registree CSE relays it: what that may say in whose name is not up to its credential (TS-0004, 7.3.2.1). */
  readonly relayed?: boolean;
  /** It calls a point of access, whose token is a permission by itself. */
  readonly atPoint?: boolean;
}

/** Somebody who is not let in. Whatever it says of itself is a claim. */
export interface Refusal extends Unproven {
  readonly face: Peer["face"];
  /** Of the other end of the connection, which may be a proxy's; as sockets give it. */
  readonly address: string | undefined;
  /** X-M2M-Origin, if it got as far as saying that. */
  readonly originator?: string | undefined;
}

/** Why the core closes a link; the binding knows the close code. */
export type CloseReason =
  | "denied"
  | "restart"
  | "expired"
  | "crowded"
  | "superseded"
  | "unidentified"
  | "deregistered"
  | "idle"
  | "overloaded"
  | "kicked"
  | "shutdown";

/** One live connection of a registree, or of several, seen without its socket. */
export interface Link extends Way {
  /** Unique in this process; for logs, never for peers. */
  readonly id: string;
  /** False once it is draining or closed: no new request may be sent on it. */
  readonly open: boolean;
  /** What the peer claims may be believed: it comes from a network configured as trusted. */
  readonly trusted: boolean;
  /** The connection is secured (TLS), so that a CSE may come over it (TS-0003, 7.1.2). */
  readonly secured: boolean;
  /** What the peer has proven to be; undefined for one that has proven nothing. */
  readonly credential?: Credential | undefined;
  /** The address that the peer has itself; undefined where a proxy speaks for it. */
  readonly peerAddress?: string | undefined;
  /** @see Peer.otherEnd */
  readonly otherEnd?: string | undefined;
  /** As the peer spelled it. */
  readonly subprotocol?: string | undefined;
  /** Lets answers that `registree` still owes on `other` arrive on this link too. */
  inherit(other: Link, registree: EntityId): void;
  /** Ends the waiting for `registree`, which is no more: GW_TARGET_UNKNOWN (TS-0020, 6.4). */
  abandon(registree: EntityId): void;
  /** Answers a request that came on an earlier link of the same registree. Never throws. */
  answer(request: RequestPrimitive, response: ResponsePrimitive): void;
  /** Asks for a sign of life now, and resolves with whether it came; a link that gives none closes itself. */
  probe(): Promise<boolean>;
  /** Finishes what is under way and closes. May be called twice. */
  close(reason: CloseReason): void;
}

export interface ListenAddress {
  /** Such as `http://127.0.0.1:8088`. */
  readonly url: string;
}

/** A way in. */
export interface Binding {
  start(): Promise<ListenAddress>;
  /** Takes nothing new, finishes what is under way until `deadline`, then closes. */
  stop(deadline: EpochMs): Promise<void>;
}

/** What a link tells the core, and asks it. */
export interface LinkService {
  /** For each request primitive on a link. Never rejects: a failure is a response primitive; undefined when none is wanted. */
  receive(
    request: RequestPrimitive,
    link: Link,
    arrived: EpochMs,
  ): Promise<ResponsePrimitive | undefined>;
  /** The answer to a request of the peer found the link closed. @param arrived when the request did */
  unanswered(request: RequestPrimitive, response: ResponsePrimitive, arrived: EpochMs): void;
  closed(link: Link): void;
}

/** The same for those that others open. */
export interface LinkHost extends LinkService {
  /** @param claimed the originator the handshake named, if any; it counts only on a trusted link */
  opened(link: Link, claimed: string | undefined): void;
  /** The registree that a link is bound to; of several the one that was first. */
  speakerOn(link: Link): EntityId | undefined;
}

/** Opens connections to the registrar, as the client of TS-0020. */
export interface Dialler {
  /**
   * One attempt. Rejects with GatewayError GW_CSE_UNREACHABLE only.
   *
   * @param originator whom the handshake names (X-M2M-Origin), if anybody
   * @param service of the link that comes of it
   */
  dial(originator: string | undefined, service: LinkService): Promise<Link>;
}

/** A durable map: registrees, the built-in registrar's resources, and the `<request>` resources of the gateway. */
export interface Table<V> {
  /** All that is stored, in no order; read once, at start. */
  entries(): Iterable<readonly [string, V]>;
  /** As it was when the last `put` or `remove` of the key resolved. @throws GatewayError GW_STORE_FAILED */
  get(key: string): V | undefined;
  /** Resolves when it would survive a crash. @throws GatewayError GW_STORE_FAILED */
  put(key: string, value: V): Promise<void>;
  /** Resolves when it would survive a crash; nothing to remove is no error. @throws GatewayError GW_STORE_FAILED */
  remove(key: string): Promise<void>;
}

/** `to-registree`: from HTTP or a link down to a registree. `to-cse`: from a link, or HTTP as a primitive, to the CSE port. */
export type Direction = "to-registree" | "to-cse";

/** What the core tells whoever watches. All calls are cheap, take closed sets, and throw nothing. */
export interface Observer {
  linkOpened(link: Link, peer: string): void;
  linkClosed(link: Link, reason: string): void;
  bound(link: Link, registree: EntityId, displaced: Link | undefined): void;
  unbound(link: Link, registree: EntityId): void;
  takeoverRefused(link: Link, registree: EntityId): void;
  exchangeStarted(direction: Direction): void;
  /** @param request and its response, for who may name identifiers: a label of a metric may not */
  exchangeEnded(
    exchange: {
      readonly direction: Direction;
      readonly operation: Operation;
      readonly rscClass: RscClass;
      readonly failure: FailureCode | undefined;
      readonly seconds: number;
    },
    request: RequestPrimitive,
    response: ResponsePrimitive,
  ): void;
  /** A request primitive has come further. */
  stepped(request: RequestPrimitive, step: Step): void;
  /** The gateway itself has worked for a primitive, or has let it wait. */
  spent(stage: Stage, seconds: number): void;
  /** One that was held has ended. @param seconds since it arrived */
  settled(outcome: Outcome, seconds: number): void;
  /** A transaction is on disk, or cannot be brought there. */
  written(seconds: number, failed: boolean): void;
  /** A peer was asked who it is: in a handshake, or for an HTTP request. */
  authenticated(shown: ShownAs, result: ProofResult): void;
  /** A connection, or a request before anybody looks at what it asks for, whose maker has not proven who it is. */
  accessRefused(refusal: Refusal): void;
  /** The rules do not admit the peer of a link any more. */
  expelled(link: Link): void;
  /** A request that nothing permits, or for which its peer has not proven enough. */
  denied(asking: Asking, failure: FailureCode): void;
  /** Whoever runs the gateway has changed something. @param action a closed set of words */
  acted(action: string, fields: Readonly<Record<string, unknown>>): void;
  /** A request that was answered with a failure before it became an exchange. */
  refused(failure: FailureCode): void;
  /** A response nobody waits for: it came late, twice, or was never asked for. */
  unmatched(link: Link): void;
  /** A message that is no primitive. */
  malformed(link: Link, detail: string): void;
  handshake(result: HandshakeResult): void;
  /** TLS with a client came about, or did not. */
  tlsHandshake(face: TlsParty, result: TlsResult): void;
  /** Files of TLS were read again. @param why nothing has changed, when something is wrong with one */
  tlsReloaded(party: TlsParty, why: string | undefined): void;
  /** A connection, or what came on it or was asked for, was turned away or slowed down by a limit. */
  limitReached(limit: LimitName): void;
  /** Content went out in another serialization than it came in. */
  transcoded(from: Serialization, to: Serialization): void;
  /** A message or a content could not be read, or not be written in this serialization. */
  codecFailed(serialization: Serialization, act: "read" | "write"): void;
  /** A name that no table knows was transcoded from or to XML by a guess at its type. */
  unknownName(name: string): void;
  passedThrough(status: number, seconds: number): void;
  /** A connection to the registrar was tried. */
  dialled(result: DialResult): void;
  /** @param why it was not, where that is known; names hosts, so it is for no peer */
  cseReachable(reachable: boolean, why?: string): void;
  /** Something a person should know that no peer is told. */
  warn(message: string, fields: Readonly<Record<string, unknown>>): void;
}

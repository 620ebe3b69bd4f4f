import type { EpochMs } from "../base/clock.ts";
import type { FailureCode } from "../base/errors.ts";
import type { RscClass } from "../base/response-status-code.ts";
import type { EntityId } from "../primitive/identifiers.ts";
import type { Operation, RequestPrimitive, ResponsePrimitive } from "../primitive/primitive.ts";

/** A way out. Settles exactly once; rejects only with GatewayError, at `deadline` at the latest. */
export interface Port {
  request(request: RequestPrimitive, deadline: EpochMs): Promise<ResponsePrimitive>;
}

/** Why the core closes a link; the binding knows the close code. */
export type CloseReason = "superseded" | "unidentified" | "deregistered" | "shutdown";

/** One live connection of a registree, seen without its socket. */
export interface Link extends Port {
  /** Unique in this process; for logs, never for peers. */
  readonly id: string;
  /** False once it is draining or closed: no new request may be sent on it. */
  readonly open: boolean;
  /** The peer's claims may be believed: it comes from a network that was configured as trusted. */
  readonly trusted: boolean;
  /** The connection is secured (TLS), so that a CSE may come over it. */
  readonly secured: boolean;
  /** Lets answers that `registree` owes on `other` arrive on this link too. */
  inherit(other: Link, registree: EntityId): void;
  /** Asks for a sign of life now; a link without one closes itself. */
  probe(): void;
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

/** What a binding for links tells the core, and asks it. */
export interface LinkHost {
  /** @param claimed the originator the handshake named, if any; it counts only on a trusted link */
  opened(link: Link, claimed: string | undefined): void;
  /** For each request primitive on a link. Never rejects: a failure is a response primitive. */
  receive(request: RequestPrimitive, link: Link): Promise<ResponsePrimitive>;
  closed(link: Link): void;
}

/** A durable map of small values, whole in memory and on disk: registrees, and the built-in registrar's resources. */
export interface Table<V> {
  /** All that is stored, in no order; read once, at start. */
  entries(): Iterable<readonly [string, V]>;
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
  exchangeEnded(exchange: {
    readonly direction: Direction;
    readonly operation: Operation;
    readonly rscClass: RscClass;
    readonly failure: FailureCode | undefined;
    readonly seconds: number;
  }): void;
  /** A response nobody waits for: it came late, twice, or was never asked for. */
  unmatched(link: Link): void;
  /** A message that is no primitive. */
  malformed(link: Link, detail: string): void;
  handshake(result: HandshakeResult): void;
  passedThrough(status: number, seconds: number): void;
  cseReachable(reachable: boolean): void;
  /** Something a person should know that no peer is told. */
  warn(message: string, fields: Readonly<Record<string, unknown>>): void;
}

/** What became of a WebSocket handshake; a closed set, for labels. */
export const HANDSHAKE_RESULTS = [
  "accepted",
  "bad-request",
  "bad-subprotocol",
  "wrong-target",
  "wrong-method",
  "wrong-version",
  "not-upgrade",
  "origin-refused",
  "host-refused",
  "full",
  "draining",
] as const;
export type HandshakeResult = (typeof HANDSHAKE_RESULTS)[number];

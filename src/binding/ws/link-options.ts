import type { Clock, Millis } from "../../base/clock.ts";
import type { Codec } from "../../codec/codec.ts";
import type { Link, LinkService, Observer } from "../../core/ports.ts";
import type { Dialect } from "../../dialect/dialect.ts";
import type { ConversationOptions } from "./conversation.ts";
import type { Corks } from "./corks.ts";
import type { LinkTraces } from "./link-traces.ts";
import type { LineLimits } from "./waiting-line.ts";

/** What waits in each direction is bounded; more is refused. */
export interface LinkLimits extends LineLimits {
  /** Requests in flight in each direction; more wait. */
  readonly window: number;
  /** Silence after which a ping is sent. */
  readonly pingAfter: Millis;
  /** How long its pong may take. */
  readonly pongWithin: Millis;
  /** How long a closing link waits for what is under way. */
  readonly drain: Millis;
}

/** What strangers are held to, as registrees are; nothing of it holds for a peer that the gateway has dialled itself. */
export interface LinkGuard {
  /** Counts what came, and says how long nothing more should be read. */
  readonly charge: (primitives: number, bytes: number) => Millis;
  /** How long more than `maxBuffered` may wait to be read by the peer. */
  readonly writeTimeout: () => Millis;
  readonly isOverloaded: () => boolean;
  /** Whether it is known who is behind the link. */
  readonly isKnown: () => boolean;
}

export interface LinkOptions
  extends Pick<Link, "id" | "trusted" | "secured" | "credential" | "peerAddress" | "otherEnd"> {
  readonly codec: Codec;
  readonly owesNulls: ConversationOptions["owesNulls"];
  readonly dialect: Dialect;
  readonly lenient: boolean;
  readonly limits: LinkLimits;
  readonly guard?: LinkGuard;
  /** Shared by the links of one server. */
  readonly corks: Corks;
  readonly traces: LinkTraces;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly host: LinkService;
}

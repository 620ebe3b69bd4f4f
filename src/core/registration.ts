import type { EpochMs, Millis } from "../base/clock.ts";
import type { Serialization } from "../primitive/content.ts";
import type { EntityId } from "../primitive/identifiers.ts";

/** What is known of a registree while it is registered, online or not. Stored as it is. */
export interface Registration {
  readonly id: EntityId;
  readonly kind: "ae" | "cse";
  /** Names its point of access at this gateway: 128 random bits, one per registration. */
  readonly token: string;
  /** Addresses of its `<AE>` or `<remoteCSE>`, in the spelling of `addressOf`. */
  readonly addresses: readonly string[];
  /** pointOfAccess as the registree wrote it; undefined when it wrote none. */
  readonly pointsOfAccess: readonly string[] | undefined;
  /** requestReachability: it takes requests at all. */
  readonly reachable: boolean;
  /** When its resource expires, if the registrar said so. */
  readonly expires: EpochMs | undefined;
  /** contentSerialization: what it reads, the best first; undefined when it did not say. */
  readonly reads?: readonly Serialization[] | undefined;
  /** The address it had itself when it wrote `pointsOfAccess`; undefined where that is not known. */
  readonly peerAddress?: string | undefined;
  /** How long its answer is waited for when a request names no expiration; as for all where it is undefined. */
  readonly answersWithin?: Millis;
}

/** A peer stays as it is configured; only where the CSE finds it is what the CSE was told when it registered there, too. */
export const asPeer = (peer: Registration, { token, addresses }: Registration): Registration => ({
  ...peer,
  token,
  addresses,
});

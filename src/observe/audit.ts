import type { Logger } from "pino";
import { networkOf } from "../base/address-network.ts";
import { BucketTable } from "../base/bucket-table.ts";
import type { Clock } from "../base/clock.ts";
import type { FailureCode } from "../base/errors.ts";
import { plainAddress } from "../base/peer-address.ts";
import { type Rate, TokenBucket } from "../base/token-bucket.ts";
import { veiled } from "../base/veiled.ts";
import type { Asking, Link, Observer, Peer, Refusal } from "../core/ports.ts";
import type { EntityId } from "../primitive/identifiers.ts";

/** Refusals of one address that are recorded, and of all together. */
const OF_ONE: Rate = { perSecond: 10 / 60, burst: 10 };
const OF_ALL: Rate = { perSecond: 2, burst: 120 };
/** Addresses whose refusals are counted. */
const ADDRESSES = 20_000;
/** Characters of what a peer says of itself. */
const LONGEST = 256;

/**
 * The record of who was let in, turned away and put out, and of what operators did: a stream of its own, whatever
 * the level of the log is.
 *
 * Whoever is refused must not fill a disk with it: of a credential or an address about ten refusals a minute are recorded, of
 * all strangers 120, and the next one that is says how many before it were not.
 */
export class Audit implements Partial<Observer> {
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #ofOne = new BucketTable(ADDRESSES);
  readonly #ofAll: TokenBucket;
  #leftOut = 0;

  /** @param log of the gateway, in whose format and to whose destination it goes, marked `stream: audit` */
  constructor(log: Logger, clock: Clock) {
    this.#log = log.child({ stream: "audit" }, { level: "info" });
    this.#clock = clock;
    this.#ofAll = new TokenBucket(clock.now());
  }

  bound(link: Link, registree: EntityId, displaced: Link | undefined): void {
    if (displaced === undefined) return;
    this.#log.info({ ...peerOf(link), registree, displaced: displaced.id }, "identity taken over");
  }

  takeoverRefused(link: Link, registree: EntityId): void {
    this.#refused("take-over refused", link, { ...peerOf(link), registree });
  }

  expelled(link: Link): void {
    this.#log.warn(peerOf(link), "link expelled");
  }

  accessRefused({ face, address, shown, claimed, originator, why }: Refusal): void {
    const peer = plainAddress(address);
    const about = { face, peer, shown, claimed, originator, why };
    this.#refused("access refused", { face, otherEnd: address }, about);
  }

  denied({ peer, originator, act, to }: Asking, failure: FailureCode): void {
    const { face, address, credential } = peer;
    const who = { face, peer: address, credential: credential?.id, originator };
    this.#refused("request denied", peer, { ...who, act, to, code: failure });
  }

  acted(action: string, fields: Readonly<Record<string, unknown>>): void {
    this.#log.info({ ...fields, action }, "operator acted");
  }

  #refused(message: string, who: Partial<Peer>, fields: Fields): void {
    if (!this.#mayRecord(who)) {
      this.#leftOut += 1;
      return;
    }
    const told = Object.entries(fields).map(([name, text]) => [name, text && readable(text)]);
    const leftOut = this.#leftOut || undefined;
    this.#leftOut = 0;
    this.#log.warn({ ...Object.fromEntries(told), leftOut }, message);
  }

  /** Strangers must not use up what there is for those who have proven who they are, or for the face of operators. */
  #mayRecord({ credential, face, otherEnd = "" }: Partial<Peer>): boolean {
    const now = this.#clock.now();
    const key = credential === undefined ? networkOf(otherEnd) : `credential ${credential.id}`;
    if (!this.#ofOne.of(key, OF_ONE, now).take(1, OF_ONE, now)) return false;
    return credential !== undefined || face === "admin" || this.#ofAll.take(1, OF_ALL, now);
  }
}

type Fields = Readonly<Record<string, string | undefined>>;

/** What peers have made up, as far as a person needs it, and without what a terminal would obey. */
function readable(text: string): string {
  // Before it is cut: half a secret is not recognized any more.
  const safe = veiled(text);
  const short = safe.length > LONGEST ? `${safe.slice(0, LONGEST)}…` : safe;
  return short.replaceAll(/\p{C}/gu, "\uFFFD");
}

const peerOf = ({ id, peerAddress, credential }: Link): Fields => ({
  link: id,
  peer: peerAddress,
  credential: credential?.id,
});

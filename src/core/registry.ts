import { type Clock, later, type Timer } from "../base/clock.ts";
import {
  addressOf,
  type CseId,
  cseIdOf,
  type Domain,
  type EntityId,
  entityIdOf,
} from "../primitive/identifiers.ts";
import type { Operation } from "../primitive/primitive.ts";
import { STORE_PAUSE } from "./back-off.ts";
import type { BridgeTargets } from "./bridge-targets.ts";
import { type Evidence, mayTakeOver } from "./identity.ts";
import type { Link, Observer, Table } from "./ports.ts";
import { asPeer, type Registration } from "./registration.ts";

export type BindResult =
  | { readonly bound: true; readonly displaced: Link | undefined }
  | { readonly bound: false; readonly holder: Link };

interface Holder {
  readonly link: Link;
  readonly evidence: Evidence;
}

/**
 * Who is registered, and on which link each one is now. A link carries any number of identities, an identity is on
 * one link at most. Registrations outlive links and restarts: closing does not deregister (TS-0020, 6.4).
 */
export class Registry {
  readonly domain: Domain;
  readonly #clock: Clock;
  readonly #observer: Observer;
  readonly #table: Table<Registration>;
  readonly #targets: BridgeTargets | undefined;
  readonly #registrations = new Map<EntityId, Registration>();
  /** Those that are configured, and registered whatever they do. */
  readonly #peers = new Map<EntityId, Registration>();
  readonly #byToken = new Map<string, Registration>();
  readonly #byAddress = new Map<string, Registration>();
  /** When a registration expires, or when the end of one is written again. */
  readonly #timers = new Map<EntityId, Timer>();
  readonly #holders = new Map<EntityId, Holder>();
  readonly #identities = new Map<Link, Set<EntityId>>();
  /** Called when a link has lost its last identity and is still open. */
  onEmptied: (link: Link) => void = () => {};
  /** Called when somebody has registered, or anew. */
  readonly onRegistered: ((id: EntityId) => void)[] = [];
  /** Called when a registration has ended. */
  readonly onDeregistered: ((id: EntityId) => void)[] = [];

  constructor(parts: {
    domain: Domain;
    clock: Clock;
    observer: Observer;
    table: Table<Registration>;
    /** Where registrees are behind a bridge. */
    targets?: BridgeTargets | undefined;
    peers?: readonly Registration[];
  }) {
    this.domain = parts.domain;
    this.#clock = parts.clock;
    this.#observer = parts.observer;
    this.#table = parts.table;
    this.#targets = parts.targets;
    for (const [, registration] of parts.table.entries()) this.#remember(registration);
    for (const peer of parts.peers ?? []) {
      const stored = this.#registrations.get(peer.id) ?? peer;
      this.#drop(peer.id);
      this.#remember(asPeer(peer, stored));
      this.#peers.set(peer.id, peer);
    }
    this.#targets?.restore((id, token) => this.isCurrent(id, token));
  }

  /** Takes a registration in, in the place of an earlier one of the same entity. @throws GatewayError GW_STORE_FAILED */
  async register(registration: Registration): Promise<void> {
    const { id, token } = registration;
    if (!this.isCurrent(id, token)) this.#targets?.forget(id);
    this.#drop(id);
    const peer = this.#peers.get(id);
    this.#remember(peer === undefined ? registration : asPeer(peer, registration));
    if (peer === undefined) for (const tell of this.onRegistered) tell(id);
    await this.#table.put(id, registration);
  }

  /**
   * Ends a registration and its token, and releases the identity. What could not be written is written again until it
   * is, or until the entity registers anew.
   *
   * @throws GatewayError GW_STORE_FAILED when it is not written yet
   */
  async deregister(id: EntityId): Promise<void> {
    if (this.#peers.has(id)) return;
    this.#targets?.forget(id);
    this.#drop(id);
    this.#holders.get(id)?.link.abandon(id);
    for (const tell of this.onDeregistered) tell(id);
    this.release(id);
    await this.#remove(id);
  }

  registration(id: EntityId): Registration | undefined {
    return this.#registrations.get(id);
  }

  /** Whether `id` is registered, and by the registration that this token is of: not anew since. */
  isCurrent(id: EntityId, token: string): boolean {
    return this.#registrations.get(id)?.token === token;
  }

  byToken(token: string): Registration | undefined {
    return this.#byToken.get(token);
  }

  /** The registree whose `<AE>` or `<remoteCSE>` has this address. */
  byAddress(to: string): Registration | undefined {
    return this.#byAddress.get(addressOf(to, this.domain));
  }

  /** Whether To is what a notification target behind the bridge is called, known or not any more. */
  isTarget(to: string): boolean {
    return this.#targets?.nameIn(to) !== undefined;
  }

  /** The notification target of `id` with this To, as that wrote it. */
  targetOf(id: EntityId, to: string): string | undefined {
    const target = this.#targets?.find(this.#targets.nameIn(to) ?? "");
    return target?.registree === id ? target.url : undefined;
  }

  /** Whether a registree has notification targets behind the bridge. */
  hasTargets(id: EntityId): boolean {
    return this.#targets?.has(id) === true;
  }

  /**
   * The registree that a request with this To concerns: the one that has named it as a target, the registree CSE it
   * lies under, or for a Notify the AE whose AE-ID or `<AE>` address it is (TS-0001, 10.2.5.21).
   */
  ownerOf(operation: Operation | undefined, to: string): Registration | undefined {
    const name = this.#targets?.nameIn(to);
    if (name !== undefined) {
      const target = this.#targets?.find(name);
      return target && this.#registrations.get(target.registree);
    }
    const cseId = cseIdOf(to, this.domain);
    if (cseId !== undefined && cseId !== this.domain.cseId) {
      const cse = this.cseBefore(cseId);
      if (cse !== undefined) return cse;
    }
    if (operation !== "notify") return undefined;
    const ae = this.#registrations.get(entityIdOf(to, this.domain)) ?? this.byAddress(to);
    return ae?.kind === "ae" ? ae : undefined;
  }

  /** The registree CSE with this CSE-ID, or the peer that stands for its provider. */
  cseBefore(cseId: CseId): Registration | undefined {
    const cse = this.#registrations.get(entityIdOf(cseId, this.domain)) ?? this.#providerOf(cseId);
    return cse?.kind === "cse" ? cse : undefined;
  }

  /** Whether it is configured, and its points of access with it. */
  isPeer(id: EntityId): boolean {
    return this.#peers.has(id);
  }

  /** Lets no registration expire any more, and writes nothing again. */
  close(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  /** All who have registered. */
  *all(): Iterable<Registration> {
    for (const registration of this.#registrations.values()) {
      if (!this.#peers.has(registration.id)) yield registration;
    }
  }

  get registered(): number {
    return this.#registrations.size - this.#peers.size;
  }

  find(id: EntityId): Link | undefined {
    const link = this.#holders.get(id)?.link;
    return link?.open === true ? link : undefined;
  }

  /** Whether `link` speaks for `id`, also while it drains. */
  isBound(id: EntityId, link: Link): boolean {
    return this.#holders.get(id)?.link === link;
  }

  /** How it was learnt that the link of `id` speaks for it; undefined while it has none. */
  basisOf(id: EntityId): Evidence["basis"] | undefined {
    return this.#holders.get(id)?.evidence.basis;
  }

  identitiesOf(link: Link): ReadonlySet<EntityId> {
    return this.#identities.get(link) ?? NONE;
  }

  /** Puts `id` on `link`, if `evidence` is good enough against the link that holds it now. */
  bind(id: EntityId, link: Link, evidence: Evidence): BindResult {
    const holder = this.#holders.get(id);
    if (holder?.link === link) return { bound: true, displaced: undefined };
    if (holder !== undefined && !mayTakeOver({ ...holder, open: holder.link.open }, evidence)) {
      return { bound: false, holder: holder.link };
    }
    if (holder !== undefined) this.#take(id, holder.link);
    this.#holders.set(id, { link, evidence });
    const identities = this.#identities.get(link);
    if (identities === undefined) this.#identities.set(link, new Set([id]));
    else identities.add(id);
    this.#observer.bound(link, id, holder?.link);
    return { bound: true, displaced: holder?.link };
  }

  /** Takes `id` off its link. */
  release(id: EntityId): void {
    const holder = this.#holders.get(id);
    if (holder === undefined) return;
    this.#take(id, holder.link);
    if (holder.link.open && this.identitiesOf(holder.link).size === 0) this.onEmptied(holder.link);
  }

  /** Takes all identities off a link that is gone. Has no effect on those displaced before. */
  unbind(link: Link): void {
    const identities = this.#identities.get(link);
    this.#identities.delete(link);
    for (const id of identities ?? []) {
      this.#holders.delete(id);
      this.#observer.unbound(link, id);
    }
  }

  /** The peer that stands for all CSEs of another provider. */
  #providerOf(cseId: string): Registration | undefined {
    return cseId.startsWith("//")
      ? this.#registrations.get(cseId.slice(0, cseId.indexOf("/", 2)) as EntityId)
      : undefined;
  }

  #take(id: EntityId, link: Link): void {
    this.#holders.delete(id);
    const identities = this.#identities.get(link);
    identities?.delete(id);
    if (identities?.size === 0) this.#identities.delete(link);
    this.#observer.unbound(link, id);
  }

  #remember(registration: Registration): void {
    this.#registrations.set(registration.id, registration);
    this.#byToken.set(registration.token, registration);
    for (const address of registration.addresses) this.#byAddress.set(address, registration);
    if (registration.expires === undefined) return;
    const timer = this.#clock.at(registration.expires, () => {
      this.deregister(registration.id).catch((error: unknown) =>
        this.#observer.warn("an expired registration could not be removed", { error }),
      );
    });
    this.#timers.set(registration.id, timer);
  }

  async #remove(id: EntityId): Promise<void> {
    try {
      await this.#table.remove(id);
    } catch (error) {
      // One that has come meanwhile takes its place in the store.
      if (!this.#registrations.has(id)) this.#timers.set(id, this.#removalAgain(id));
      throw error;
    }
  }

  #removalAgain(id: EntityId): Timer {
    return this.#clock.at(later(this.#clock.now(), STORE_PAUSE), () => {
      this.#remove(id).catch((error: unknown) =>
        this.#observer.warn("a deregistration could not be stored", { registree: id, error }),
      );
    });
  }

  #drop(id: EntityId): void {
    this.#timers.get(id)?.cancel();
    this.#timers.delete(id);
    const registration = this.#registrations.get(id);
    if (registration === undefined) return;
    this.#registrations.delete(id);
    this.#byToken.delete(registration.token);
    for (const address of registration.addresses) {
      if (this.#byAddress.get(address) === registration) this.#byAddress.delete(address);
    }
  }
}

const NONE: ReadonlySet<EntityId> = new Set();

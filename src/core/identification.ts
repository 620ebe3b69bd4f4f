import { GatewayError } from "../base/errors.ts";
import {
  cseIdOf,
  type Domain,
  type EntityId,
  entityIdOf,
  originatorForm,
} from "../primitive/identifiers.ts";
import type { TimedRequest } from "./deadline.ts";
import { DisplacedLinks } from "./displaced-links.ts";
import { type Evidence, strengthOf } from "./identity.ts";
import type { LinkRoom } from "./link-room.ts";
import type { Link, Observer } from "./ports.ts";
import type { Registration } from "./registration.ts";
import type { Registrations } from "./registrations.ts";
import type { Registry } from "./registry.ts";

export interface IdentificationParts {
  readonly domain: Domain;
  readonly registry: Registry;
  readonly registrations: Registrations;
  readonly observer: Observer;
  /** The laboratory switch: CSEs on connections that are not secured. */
  readonly allowCseOnPlain: boolean;
}

/**
 * Finds out in whose name a link speaks, and binds it.
 *
 * TS-0020 has no procedure for telling who opened a connection; an identity is learnt from a credential, a registration,
 * the handshake where that is trusted, and `fr`.
 */
export class Identification {
  readonly #parts: IdentificationParts;
  readonly #roomOf: (link: Link) => LinkRoom;
  readonly #displaced = new DisplacedLinks();

  /** @param roomOf throws GatewayError GW_TARGET_OFFLINE for a link that has closed */
  constructor(parts: IdentificationParts, roomOf: (link: Link) => LinkRoom) {
    this.#parts = parts;
    this.#roomOf = roomOf;
  }

  /** In whose name the link speaks, if it is known to speak for `from`. @throws GatewayError */
  speaker(from: string | undefined, link: Link): Registration | undefined {
    if (from === undefined) throw new GatewayError("GW_ORIGINATOR_MISSING");
    const { domain, registry } = this.#parts;
    const id = entityIdOf(from, domain);
    if (registry.isBound(id, link)) return registry.registration(id);
    return this.#cseThatRelays(id, from, link);
  }

  /** Whether a registree CSE speaks on the link, and in another name than its own. */
  relays(from: string | undefined, link: Link): boolean {
    const { domain, registry } = this.#parts;
    const id = entityIdOf(from ?? "", domain);
    return !registry.isBound(id, link) && this.#cseOn(link) !== undefined;
  }

  /** Finds out whether a link may speak for `from`, and binds it. @throws GatewayError */
  async identify(
    from: string,
    asked: TimedRequest | undefined,
    basis: Evidence["basis"],
    link: Link,
  ): Promise<Registration> {
    const { domain, registrations, registry } = this.#parts;
    const id = entityIdOf(from, domain);
    this.#checkCovered(id, link);
    const known = registry.registration(id);
    const form = originatorForm(from, domain);
    if (known?.kind === "cse" || (known === undefined && form === "cse")) {
      this.checkCseAllowed(link);
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

  /** @returns the link that keeps the identity, when one does */
  bind(id: EntityId, link: Link, basis: Evidence["basis"]): Link | undefined {
    const { registry } = this.#parts;
    const room = this.#roomOf(link);
    const strength = strengthOf(link.credential?.covers(id) ? link.credential : undefined);
    const result = registry.bind(id, link, { basis, strength, trusted: link.trusted });
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

  /** The link has closed. */
  closed(link: Link): void {
    this.#displaced.closed(link);
    this.#parts.registry.unbind(link);
  }

  /** A CSE needs a security association (TS-0003, 7.1.2). @throws GatewayError GW_CSE_NEEDS_TLS */
  checkCseAllowed(link: Link): void {
    const secured = link.secured && link.credential !== undefined;
    if (!secured && !this.#parts.allowCseOnPlain) throw new GatewayError("GW_CSE_NEEDS_TLS");
  }

  #checkCovered(id: EntityId, link: Link): void {
    if (link.credential?.covers(id) === false) throw new GatewayError("GW_ORIGINATOR_NOT_YOURS");
  }

  /**
   * The registree CSE on this link, if it may relay for `from`: it speaks for its AEs and descendants, but neither
   * for another registree CSE, nor for that one's AEs, nor for an AE of the own CSE (TS-0004, 7.3.2.1).
   */
  #cseThatRelays(id: EntityId, from: string, link: Link): Registration | undefined {
    const { domain, registry } = this.#parts;
    const cse = this.#cseOn(link);
    if (cse === undefined) return undefined;
    const home = cseIdOf(from, domain);
    const other = home === undefined ? undefined : registry.cseBefore(home);
    const foreign = other !== undefined && other.id !== cse.id;
    const isOwn =
      home === undefined ||
      home === domain.cseId ||
      // Where nobody has said which provider is the own one, it may be this.
      (domain.spId === undefined && home.startsWith("//") && home.endsWith(domain.cseId));
    const local = isOwn || registry.registration(id) !== undefined;
    if (foreign || local) throw new GatewayError("GW_ORIGINATOR_NOT_YOURS");
    return cse;
  }

  #cseOn(link: Link): Registration | undefined {
    const { registry } = this.#parts;
    for (const identity of registry.identitiesOf(link)) {
      const registration = registry.registration(identity);
      if (registration?.kind === "cse") return registration;
    }
    return undefined;
  }

  /**
   * Binds, once a link that may not be displaced has been given the time to show that it lives: behind a NAT that
   * forgot a connection, only its peer knows that it has gone, and is the one who comes anew (websocket-binding, D-3.3).
   *
   * @throws GatewayError GW_IDENTITY_TAKEN when it lives
   */
  async #bindUnlessHeld(id: EntityId, link: Link, basis: Evidence["basis"]): Promise<void> {
    for (;;) {
      const holder = this.bind(id, link, basis);
      if (holder === undefined) return;
      if (await holder.probe()) {
        this.#parts.observer.takeoverRefused(link, id);
        throw new GatewayError("GW_IDENTITY_TAKEN");
      }
    }
  }
}

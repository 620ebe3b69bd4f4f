import { GatewayError } from "../base/errors.ts";
import type { Content } from "../primitive/content.ts";
import { addressOf, type Domain, type EntityId } from "../primitive/identifiers.ts";
import type { Observer, Table } from "./ports.ts";

/** A notification target that a registree has named, and that only its own network knows. Stored as it is. */
export interface BridgeTarget {
  readonly registree: EntityId;
  /** Token of the registration that it goes with. */
  readonly token: string;
  /** As the registree wrote it. */
  readonly url: string;
}

/** A target, and whether its name would survive a crash. */
interface Kept {
  readonly name: string;
  readonly stored: Promise<void>;
}

const PREFIX = "m2mgw-to-";
/** Characters of a target. */
const LONGEST = 2_048;

/**
 * The names under which the registrar calls targets in the network of a bridge: each an unguessable resource ID, which
 * comes back as To.
 */
export class BridgeTargets {
  readonly #domain: Domain;
  readonly #table: Table<BridgeTarget>;
  readonly #newToken: () => string;
  readonly #most: () => number;
  readonly #observer: Observer;
  readonly #byName = new Map<string, BridgeTarget>();
  readonly #byRegistree = new Map<EntityId, Map<string, Kept>>();

  constructor(parts: {
    domain: Domain;
    table: Table<BridgeTarget>;
    /** 128 random bits as text for a URL. */
    newToken: () => string;
    /** Targets of one registree at most: nobody tells when one is not needed any more. */
    most: () => number;
    observer: Observer;
  }) {
    this.#domain = parts.domain;
    this.#table = parts.table;
    this.#newToken = parts.newToken;
    this.#most = parts.most;
    this.#observer = parts.observer;
  }

  /** Takes in what is stored of those who are registered still, and removes the rest; to be called once, at start. */
  restore(isCurrent: (registree: EntityId, token: string) => boolean): void {
    for (const [name, target] of this.#table.entries()) {
      if (!isCurrent(target.registree, target.token)) this.#remove(name, target.registree);
      else this.#remember(target, { name, stored: Promise.resolve() });
    }
  }

  /**
   * The name of a target, the same each time; resolves when it would survive a crash.
   *
   * @throws GatewayError GW_TOO_MANY_TARGETS, GW_REQUEST_INVALID, GW_STORE_FAILED
   */
  async keep({ id, token }: { id: EntityId; token: string }, url: string): Promise<string> {
    const known = this.#byRegistree.get(id);
    const kept = known?.get(url) ?? this.#add({ registree: id, token, url }, known?.size ?? 0);
    await kept.stored;
    return kept.name;
  }

  /** The name that To has, in whichever form; undefined when it can be none of ours. */
  nameIn(to: string): string | undefined {
    if (!to.includes(PREFIX)) return undefined;
    const { cseId } = this.#domain;
    const address = addressOf(to, this.#domain);
    const name = address.slice(cseId.length + 1);
    return address === `${cseId}/${name}` && name.startsWith(PREFIX) && !name.includes("/")
      ? name
      : undefined;
  }

  /** Undefined for a name that nobody has any more. */
  find(name: string): BridgeTarget | undefined {
    return this.#byName.get(name);
  }

  /** Whether a registree has named any. */
  has(id: EntityId): boolean {
    return this.#byRegistree.has(id);
  }

  /** Ends all targets of a registree. */
  forget(id: EntityId): void {
    const known = this.#byRegistree.get(id);
    this.#byRegistree.delete(id);
    for (const { name } of known?.values() ?? []) {
      this.#byName.delete(name);
      this.#remove(name, id);
    }
  }

  #add(target: BridgeTarget, others: number): Kept {
    if (others >= this.#most()) throw new GatewayError("GW_TOO_MANY_TARGETS");
    if (target.url.length > LONGEST) {
      throw new GatewayError("GW_REQUEST_INVALID", `a target has more than ${LONGEST} characters`);
    }
    const name = PREFIX + this.#newToken();
    const kept = { name, stored: this.#table.put(name, target) };
    this.#remember(target, kept);
    kept.stored.catch(() => {
      // Whoever waits for it is told why.
      this.#byName.delete(name);
      const known = this.#byRegistree.get(target.registree);
      if (known?.get(target.url) === kept) known.delete(target.url);
    });
    return kept;
  }

  #remember(target: BridgeTarget, kept: Kept): void {
    this.#byName.set(kept.name, target);
    const known = this.#byRegistree.get(target.registree);
    if (known === undefined) this.#byRegistree.set(target.registree, new Map([[target.url, kept]]));
    else known.set(target.url, kept);
  }

  #remove(name: string, registree: EntityId): void {
    this.#table.remove(name).catch((error: unknown) => {
      // The next start tries again: nobody is registered with that token then.
      this.#observer.warn("a notification target could not be removed", { registree, error });
    });
  }
}

/** Whether To can be what a bridge calls a target, this one or one at the other end of a link. */
export const mayBeTarget = (to: string): boolean => to.includes(PREFIX);

/** Whether a content can have the name of a target in it. */
export const mayNameTarget = (content: Content): boolean => content.mentions(PREFIX);

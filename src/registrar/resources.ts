import { type Clock, type EpochMs, epochMs, type Timer } from "../base/clock.ts";
import { GatewayError } from "../base/errors.ts";
import type { Observer, Table } from "../core/ports.ts";
import type { TreeObject } from "../primitive/content.ts";
import { type EntityId, entityIdOf } from "../primitive/identifiers.ts";
import { parseTimestamp } from "../primitive/timestamps.ts";
import { AE, REMOTE_CSE, type ResourceKind } from "./attributes.ts";
import { baseIdOf, type RegistrarDomain } from "./targets.ts";

/** A registered entity's resource as it lies in the table, under its resource ID. */
export interface StoredResource {
  readonly root: ResourceKind["root"];
  readonly attributes: TreeObject;
}

export interface Resource {
  readonly kind: ResourceKind;
  readonly id: string;
  readonly name: string;
  readonly entity: EntityId;
  readonly expires: EpochMs;
  readonly attributes: TreeObject;
  /** Bytes of the attributes, about. */
  readonly size: number;
}

export interface ResourcesOptions {
  readonly domain: RegistrarDomain;
  readonly clock: Clock;
  readonly table: Table<StoredResource>;
  readonly onExpired: (entity: EntityId) => void;
  readonly warn: Observer["warn"];
  readonly maxResources: number;
  /** Of all attributes. */
  readonly maxBytes: number;
}

/** Our choice: some hundred times what a registration takes that names a few points of access. */
const LARGEST = 64 * 1024;

/**
 * The resources of registered entities, children of the CSEBase all of them; each goes when its time has come.
 *
 * What can be read here is on disk. A resource on its way there is not found yet, but its names are taken.
 */
export class Resources {
  readonly #options: ResourcesOptions;
  readonly #byId = new Map<string, Resource>();
  readonly #byName = new Map<string, Resource>();
  readonly #byEntity = new Map<EntityId, Resource>();
  readonly #arriving = new Set<Resource>();
  readonly #timers = new Map<string, Timer>();
  /** Ends of the queues of changes, by resource ID. */
  readonly #turns = new Map<string, Promise<unknown>>();
  #bytes = 0;

  /** Reads the table; what expired while nobody was here goes at once. */
  constructor(options: ResourcesOptions) {
    this.#options = options;
    const { clock, domain, table } = options;
    for (const [, stored] of table.entries()) {
      const resource = resourceOf(stored, domain);
      this.#index(resource);
      if (resource.expires <= clock.now()) this.#expire(resource);
      else this.#watch(resource);
    }
  }

  /**
   * Finds room for a new resource, or for one in the place of `current`; what is on its way counts.
   *
   * @throws GatewayError GW_CONTENT_TOO_LARGE for the resource alone, GW_OVERLOADED for all together
   */
  checkRoom({ size }: Resource, current?: Resource): void {
    const { maxBytes, maxResources } = this.#options;
    if (size > LARGEST) {
      throw new GatewayError(
        "GW_CONTENT_TOO_LARGE",
        `a registration takes at most ${LARGEST} bytes`,
      );
    }
    const more = size - (current?.size ?? 0);
    const isFull = current === undefined && this.#byId.size >= maxResources;
    if (isFull || (more > 0 && this.#bytes + more > maxBytes)) {
      throw new GatewayError("GW_OVERLOADED");
    }
  }

  byId(id: string): Resource | undefined {
    return this.#settled(this.#byId.get(id));
  }

  byName(name: string): Resource | undefined {
    return this.#settled(this.#byName.get(name));
  }

  isIdFree(id: string): boolean {
    const { domain } = this.#options;
    // One segment in an address may be either a resource ID or the CSEBase's name.
    return !this.#byId.has(id) && id !== domain.cseName && id !== baseIdOf(domain);
  }

  isNameFree(name: string): boolean {
    return !this.#byName.has(name);
  }

  /** An AE `/S1` and a CSE `/S1` would be the same originator, so there is only one of them. */
  isEntityFree(entity: EntityId): boolean {
    const { domain } = this.#options;
    return !this.#byEntity.has(entity) && entity !== entityIdOf(domain.cseId, domain);
  }

  /**
   * Adds a resource whose resource ID, name and entity the caller has just found free.
   *
   * Resolves when it is durable. @throws GatewayError GW_STORE_FAILED, and then there is nothing
   */
  async add(resource: Resource): Promise<void> {
    this.#index(resource);
    this.#arriving.add(resource);
    try {
      await this.inTurn(resource.id, () => this.#store(resource));
      this.#watch(resource);
    } catch (error) {
      this.#unindex(resource);
      throw error;
    } finally {
      this.#arriving.delete(resource);
    }
  }

  /** Runs `change` when earlier changes of the same resource are durable or have failed. */
  async inTurn<T>(id: string, change: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(id) ?? Promise.resolve()).then(change);
    // The next in turn waits for this one; whether it succeeded concerns its own caller only.
    const end = turn.then(noop, noop);
    this.#turns.set(id, end);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(id) === end) this.#turns.delete(id);
    }
  }

  /**
   * Puts `next` in the place of `current`; only in its turn.
   *
   * @returns false when `current` expired on the way
   * @throws GatewayError GW_STORE_FAILED, and then `current` stays
   */
  async replace(current: Resource, next: Resource): Promise<boolean> {
    await this.#store(next);
    if (this.#byId.get(current.id) !== current) return false;
    this.#unindex(current);
    this.#index(next);
    this.#watch(next);
    return true;
  }

  /** Takes a resource out; only in its turn. @throws GatewayError GW_STORE_FAILED, and then it stays */
  async remove(resource: Resource): Promise<void> {
    await this.#options.table.remove(resource.id);
    this.#unindex(resource);
  }

  /** Stops watching the time; the table is the caller's. May be called twice. */
  close(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  #settled(resource: Resource | undefined): Resource | undefined {
    return resource !== undefined && this.#arriving.has(resource) ? undefined : resource;
  }

  #index(resource: Resource): void {
    this.#bytes += resource.size;
    this.#byId.set(resource.id, resource);
    this.#byName.set(resource.name, resource);
    this.#byEntity.set(resource.entity, resource);
  }

  #unindex(resource: Resource): void {
    if (this.#byId.get(resource.id) !== resource) return;
    this.#bytes -= resource.size;
    this.#byId.delete(resource.id);
    this.#byName.delete(resource.name);
    this.#byEntity.delete(resource.entity);
    this.#timers.get(resource.id)?.cancel();
    this.#timers.delete(resource.id);
  }

  #watch(resource: Resource): void {
    const timer = this.#options.clock.at(resource.expires, () => this.#expire(resource));
    this.#timers.set(resource.id, timer);
  }

  #expire(resource: Resource): void {
    const { onExpired, table, warn } = this.#options;
    this.#unindex(resource);
    onExpired(resource.entity);
    this.inTurn(resource.id, () => table.remove(resource.id)).catch((error: unknown) =>
      // It is gone all the same: the next start finds it expired.
      warn("an expired resource could not be removed", { resource: resource.id, error }),
    );
  }

  #store({ id, kind, attributes }: Resource): Promise<void> {
    return this.#options.table.put(id, { root: kind.root, attributes });
  }
}

/** Builds what is indexed from what is stored; both were checked when they came in. */
export function resourceOf(stored: StoredResource, domain: RegistrarDomain): Resource {
  const { attributes, root } = stored;
  const kind = root === "m2m:ae" ? AE : REMOTE_CSE;
  return {
    kind,
    id: String(attributes["ri"]),
    name: String(attributes["rn"]),
    entity: entityIdOf(String(attributes[root === "m2m:ae" ? "aei" : "csi"]), domain),
    expires: parseTimestamp(String(attributes["et"])) ?? epochMs(0),
    attributes,
    size: Buffer.byteLength(JSON.stringify(attributes, bigintAsText)),
  };
}

const bigintAsText = (_name: string, value: unknown): unknown =>
  typeof value === "bigint" ? String(value) : value;

function noop(): void {}

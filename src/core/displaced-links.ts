import type { EntityId } from "../primitive/identifiers.ts";
import type { Link } from "./ports.ts";

/** Links that have been displaced and may still be owed answers by registrees that were on them. */
export class DisplacedLinks {
  readonly #of = new Map<EntityId, Set<Link>>();
  readonly #registrees = new Map<Link, Set<EntityId>>();

  /** `registree` has gone from `link` to another one. */
  add(registree: EntityId, link: Link): void {
    enter(this.#of, registree, link);
    enter(this.#registrees, link, registree);
  }

  /** Those that `registree` was on, the earliest first. */
  of(registree: EntityId): Iterable<Link> {
    return this.#of.get(registree) ?? [];
  }

  /** The link has closed. */
  closed(link: Link): void {
    for (const registree of this.#registrees.get(link) ?? []) {
      const links = this.#of.get(registree);
      links?.delete(link);
      if (links?.size === 0) this.#of.delete(registree);
    }
    this.#registrees.delete(link);
  }
}

function enter<K, V>(sets: Map<K, Set<V>>, key: K, value: V): void {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([value]));
  else set.add(value);
}

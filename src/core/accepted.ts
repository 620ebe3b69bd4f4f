import { Rsc } from "../base/response-status-code.ts";
import { type Domain, type EntityId, entityIdOf } from "../primitive/identifiers.ts";
import {
  answersWithNull,
  type RequestPrimitive,
  type ResponsePrimitive,
} from "../primitive/primitive.ts";
import type { Registry } from "./registry.ts";

/** So many are remembered, the latest. */
const MAX_REMEMBERED = 10_000;
/** What is remembered of one has at most so many characters; no originator and identifier of oneM2M are longer. */
const MAX_LENGTH = 512;

const ACCEPTED: ReadonlySet<number> = new Set([
  Rsc.ACCEPTED,
  Rsc.ACCEPTED_SYNCH,
  Rsc.ACCEPTED_ASYNCH,
]);

/**
 * Requests that were accepted to be answered later and whose answers will tell with null what is gone.
 *
 * Such an answer comes in the content of a Notify to the originator (TS-0001, 8.2.2.3), where XML alone does not say
 * that it has nulls. A restart forgets them, and the answer then reads like any other.
 */
export class AcceptedRequests {
  readonly #domain: Domain;
  readonly #registry: Pick<Registry, "ownerOf">;
  /** The latest last. */
  readonly #keys = new Set<string>();

  constructor(domain: Domain, registry: Pick<Registry, "ownerOf">) {
    this.#domain = domain;
    this.#registry = registry;
  }

  /** Takes in how a request was answered. */
  answered(request: RequestPrimitive, { responseStatusCode }: ResponsePrimitive): void {
    if (!ACCEPTED.has(responseStatusCode) || !answersWithNull(request)) return;
    const key = keyOf(entityIdOf(request.from ?? "", this.#domain), request.requestIdentifier);
    if (key.length > MAX_LENGTH) return;
    this.#keys.delete(key);
    const [oldest] = this.#keys;
    if (this.#keys.size >= MAX_REMEMBERED && oldest !== undefined) this.#keys.delete(oldest);
    this.#keys.add(key);
  }

  /** Whether a response to `rqi` in a Notify to `to` answers one of them. */
  readonly owesNulls = (to: string, rqi: string): boolean => {
    if (this.#keys.size === 0) return false;
    const owner = this.#registry.ownerOf("notify", to);
    const originator = owner?.kind === "ae" ? owner.id : entityIdOf(to, this.#domain);
    return this.#keys.has(keyOf(originator, rqi));
  };
}

const keyOf = (originator: EntityId, rqi: string): string => `${originator}\n${rqi}`;

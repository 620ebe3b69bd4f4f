import type { EpochMs } from "./clock.ts";
import { type Rate, TokenBucket } from "./token-bucket.ts";

/** How many of the oldest are looked at when room is needed. */
const LOOKED_AT = 8;

/**
 * Token buckets by key, at most `capacity` of them: strangers make up keys.
 *
 * One that is full says as much as none, and goes first; where none of the oldest is, the oldest goes, and who had it
 * begins anew: better to forgive one of very many than to refuse somebody who has sent nothing.
 */
export class BucketTable {
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#buckets.size;
  }

  of(key: string, rate: Rate, now: EpochMs): TokenBucket {
    const known = this.#buckets.get(key);
    if (known !== undefined) return known;
    if (this.#buckets.size >= this.#capacity) this.#makeRoom(rate, now);
    const bucket = new TokenBucket(now);
    this.#buckets.set(key, bucket);
    return bucket;
  }

  #makeRoom(rate: Rate, now: EpochMs): void {
    let looked = 0;
    for (const [key, bucket] of this.#buckets) {
      if (bucket.isFull(rate, now)) this.#buckets.delete(key);
      looked += 1;
      if (looked === LOOKED_AT) break;
    }
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size >= this.#capacity && oldest !== undefined) this.#buckets.delete(oldest);
  }
}

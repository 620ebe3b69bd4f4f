import { createHmac, randomBytes } from "node:crypto";
import { hashToken } from "../base/token-hash.ts";
import type { Credential } from "../core/credential.ts";

/**
 * Tokens that mean nothing to whoever has them (RFC 6750).
 *
 * They are made at random, 256 bits of it, so one round of SHA-256 keeps them: nobody can try them all. They are looked
 * up under a key of this process, so that the time a look-up takes says nothing about the hashes in the file.
 */
export class BearerTokens {
  readonly #key = randomBytes(32);
  readonly #known: ReadonlyMap<string, Credential>;

  constructor(known: readonly { readonly hash: Buffer; readonly credential: Credential }[]) {
    this.#known = new Map(known.map(({ hash, credential }) => [this.#mark(hash), credential]));
  }

  get isEmpty(): boolean {
    return this.#known.size === 0;
  }

  find(token: string): Credential | undefined {
    return this.#known.get(this.#mark(hashToken(token)));
  }

  #mark(hash: Buffer): string {
    return createHmac("sha256", this.#key).update(hash).digest("base64");
  }
}

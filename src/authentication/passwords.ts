import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { PasswordHash } from "../base/password-hash.ts";
import { AccessRefused } from "../core/access-refused.ts";
import type { Credential } from "../core/credential.ts";
import type { CheckTurns } from "./check-turns.ts";
import type { deriveKey } from "./scrypt.ts";

/** The password of one user. */
export interface KnownPassword {
  readonly user: string;
  readonly hash: PasswordHash;
  readonly credential: Credential;
}

/** Checks user names and passwords (RFC 7617). */
export class Passwords {
  readonly #known: ReadonlyMap<string, KnownPassword>;
  readonly #turns: CheckTurns;
  readonly #derive: typeof deriveKey;
  /** Checked instead of the hash of a user that nobody has: the answer must take as long. */
  readonly #decoy: PasswordHash | undefined;
  /** A dump of the memory must not be worth more than the file. */
  readonly #markKey = randomBytes(32);
  /** Marks of passwords that were right, by user: one each, so there are never more than entries. */
  readonly #right = new Map<string, Buffer>();
  /** Under way, by mark: many requests of one peer at once are one check. */
  readonly #checks = new Map<string, Promise<Credential>>();

  constructor(known: readonly KnownPassword[], turns: CheckTurns, derive: typeof deriveKey) {
    this.#known = new Map(known.map((one) => [one.user, one]));
    this.#turns = turns;
    this.#derive = derive;
    const costs = known[0]?.hash;
    this.#decoy = costs && {
      ...costs,
      salt: randomBytes(costs.salt.length),
      key: randomBytes(costs.key.length),
    };
  }

  get isEmpty(): boolean {
    return this.#known.size === 0;
  }

  /**
   * At once for a password that was right before.
   *
   * @throws AccessRefused GW_CREDENTIALS_REFUSED
   * @throws GatewayError GW_OVERLOADED while too many wait to be checked
   */
  check(user: string, password: Buffer): Credential | Promise<Credential> {
    const mark = createHmac("sha256", this.#markKey).update(`${user}:`).update(password).digest();
    const known = this.#known.get(user);
    const right = this.#right.get(user);
    if (known !== undefined && right !== undefined && timingSafeEqual(right, mark)) {
      return known.credential;
    }
    const key = mark.toString("base64");
    const running = this.#checks.get(key);
    if (running !== undefined) return running;
    const check = this.#check(user, password, mark).finally(() => this.#checks.delete(key));
    this.#checks.set(key, check);
    return check;
  }

  async #check(user: string, password: Buffer, mark: Buffer): Promise<Credential> {
    const known = this.#known.get(user);
    const hash = known?.hash ?? this.#decoy;
    if (hash === undefined) throw refusal(user, "unknown");
    const key = await this.#turns.run(() => this.#derive(password, hash));
    if (!timingSafeEqual(key, hash.key) || known === undefined) {
      throw refusal(user, known === undefined ? "unknown" : "wrong");
    }
    this.#right.set(known.user, mark);
    return known.credential;
  }
}

function refusal(user: string, why: "unknown" | "wrong"): AccessRefused {
  // A name that nobody has may be a token, as many clients send theirs.
  const claimed = why === "unknown" ? undefined : user;
  return new AccessRefused("GW_CREDENTIALS_REFUSED", { shown: "basic", claimed, why });
}

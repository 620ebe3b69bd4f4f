import type { JsonWebKey } from "node:crypto";
import {
  createLocalJWKSet,
  decodeJwt,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyOptions,
  jwtVerify,
} from "jose";
import { type Clock, type EpochMs, epochMs } from "../base/clock.ts";
import { JWT_ALGORITHMS } from "../base/jwt-algorithms.ts";
import { AccessRefused, type RefusalReason } from "../core/access-refused.ts";

/** What a JSON Web Token must be to be taken. */
export interface TokenRules {
  readonly keys: readonly JsonWebKey[];
  readonly audience: string;
  /** Undefined for any. */
  readonly issuer: string | undefined;
  /** Name of the claim that holds the originators: a list, or one text with blanks between them. */
  readonly originatorsClaim: string;
}

/** What a valid token says. */
export interface TokenClaims {
  readonly subject: string;
  readonly originators: readonly string[];
  readonly expires: EpochMs;
}

/** Clocks of two machines differ a little (RFC 7519, 4.1.4). */
const LEEWAY_SECONDS = 5;

/** Checks JSON Web Tokens (RFC 7519) with public keys. */
export class JsonWebTokens {
  readonly #rules: TokenRules;
  readonly #clock: Clock;
  readonly #keyFor: ReturnType<typeof createLocalJWKSet>;

  constructor(rules: TokenRules, clock: Clock) {
    this.#rules = rules;
    this.#clock = clock;
    this.#keyFor = createLocalJWKSet({ keys: [...rules.keys] } as JSONWebKeySet);
  }

  /** Compact form (RFC 7515, 7.1); opaque tokens seldom look so. */
  static looksLike(token: string): boolean {
    return /^[\w-]+\.[\w-]+\.[\w-]*$/.test(token);
  }

  /** @throws AccessRefused GW_CREDENTIALS_REFUSED; the token is not in it, nor in its cause */
  async check(token: string): Promise<TokenClaims> {
    const payload = await this.#payloadOf(token);
    const { sub = "", exp = 0 } = payload;
    const originators = originatorsIn(payload[this.#rules.originatorsClaim]);
    if (originators === undefined) {
      throw refused(token, "wrong-claim", "the token names no originators");
    }
    return { subject: sub, originators, expires: epochMs(exp * 1000) };
  }

  async #payloadOf(token: string): Promise<JWTPayload> {
    const { audience, issuer } = this.#rules;
    const options: JWTVerifyOptions = {
      algorithms: [...JWT_ALGORITHMS],
      audience,
      ...(issuer === undefined ? {} : { issuer }),
      currentDate: new Date(this.#clock.now()),
      clockTolerance: LEEWAY_SECONDS,
      // Our choice: nothing takes a token back, so each must end by itself.
      requiredClaims: ["sub", "exp"],
    };
    try {
      return (await jwtVerify(token, this.#keyFor, options)).payload;
    } catch (error) {
      if (error instanceof errors.JWKSMultipleMatchingKeys) {
        return await payloadByOneOf(error, token, options);
      }
      throw refusal(error, token);
    }
  }
}

/** Keys without ID: which of them it was, only trying tells. */
async function payloadByOneOf(
  keys: errors.JWKSMultipleMatchingKeys,
  token: string,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  for await (const key of keys) {
    try {
      return (await jwtVerify(token, key, options)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw refusal(error, token);
    }
  }
  throw refused(token, "wrong");
}

function refusal(error: unknown, token: string): unknown {
  if (!(error instanceof errors.JOSEError)) return error;
  if (error instanceof errors.JWTExpired) return refused(token, "expired", "the token has expired");
  if (error instanceof errors.JWTClaimValidationFailed) {
    return refused(token, "wrong-claim", `the token's claim ${error.claim} is not as it must be`);
  }
  const isReadable = !(error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid);
  return refused(token, isReadable ? "wrong" : "unreadable");
}

const refused = (token: string, why: RefusalReason, detail?: string): AccessRefused =>
  new AccessRefused(
    "GW_CREDENTIALS_REFUSED",
    { shown: "jwt", claimed: subjectIn(token), why },
    detail,
  );

/** What a token says, whoever has made it. */
function subjectIn(token: string): string | undefined {
  try {
    const { sub } = decodeJwt<{ readonly sub?: unknown }>(token);
    return typeof sub === "string" ? sub : undefined;
  } catch (error) {
    if (error instanceof errors.JWTInvalid) return undefined;
    throw error;
  }
}

function originatorsIn(claim: unknown): readonly string[] | undefined {
  const list = typeof claim === "string" ? claim.split(" ").filter((part) => part !== "") : claim;
  if (Array.isArray(list) && list.every((one) => typeof one === "string" && one !== "")) {
    return list;
  }
  return undefined;
}

import { GatewayError } from "../../base/errors.ts";
import type { HttpScheme } from "../../core/credential.ts";

/** HTTP authentication schemes (IANA registry, and those seen in the wild), in lower case. */
const SCHEMES: ReadonlySet<string> = new Set([
  "basic",
  "bearer",
  "concealed",
  "digest",
  "dpop",
  "gnap",
  "hoba",
  "mutual",
  "negotiate",
  "ntlm",
  "privatetoken",
  "scram-sha-1",
  "scram-sha-256",
  "token",
  "vapid",
]);

/**
 * Compact JWS has three parts and compact JWE five, of which some may be empty (RFC 7515, 7.1; RFC 7516, 7.1). The
 * example of TS-0009, 6.4.19 has six, so they are not counted.
 */
const COMPACT_JOSE = /^[\w-]+(?:\.[\w-]*){2,}$/;

/**
 * The Tokens in an Authorization value (TS-0009, 6.4.19): bare and joined by `+`, without the scheme that RFC 9110,
 * 11.6.2 asks for.
 *
 * @returns undefined without a value, and for credentials of HTTP itself, which end at this hop
 * @throws GatewayError GW_REQUEST_INVALID for a value that is neither; it is not in the error
 */
export function tokensOf(value: string | undefined): string[] | undefined {
  if (value === undefined) return undefined;
  const blank = value.indexOf(" ");
  if (blank > 0 && SCHEMES.has(value.slice(0, blank).toLowerCase())) return undefined;
  const tokens = value.split("+").map((token) => token.trim());
  if (tokens.every(isToken)) return tokens;
  throw new GatewayError(
    "GW_REQUEST_INVALID",
    "the header Authorization holds neither a known scheme nor oneM2M tokens",
  );
}

/** Whether an Authorization value is of one of these schemes: it then is for this gateway, and for nobody behind it. */
export function isOfScheme(value: string | undefined, schemes: readonly HttpScheme[]): boolean {
  const scheme = value?.slice(0, value.indexOf(" ")).toLowerCase();
  return schemes.some((one) => one.toLowerCase() === scheme);
}

/** Whether `token` may stand in Authorization without being taken for credentials. */
export const isToken = (token: unknown): token is string =>
  typeof token === "string" && COMPACT_JOSE.test(token);

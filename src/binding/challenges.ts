import type { FailureCode } from "../base/errors.ts";
import type { HttpScheme } from "../core/credential.ts";

const CHALLENGES: Readonly<Record<HttpScheme, string>> = {
  Basic: 'Basic realm="m2mgw", charset="UTF-8"',
  Bearer: 'Bearer realm="m2mgw"',
};

/**
 * Flat list of names and values that ask for credentials (RFC 9110, 11.6.1), for a failure that credentials would mend.
 *
 * @returns empty for others, and where no scheme is configured: a 401 must name one, so 403 is what is left to say
 */
export function challengesFor(
  failure: FailureCode | undefined,
  schemes: readonly HttpScheme[],
): string[] {
  if (failure !== "GW_CREDENTIALS_NEEDED" && failure !== "GW_CREDENTIALS_REFUSED") return [];
  return schemes.flatMap((scheme) => ["WWW-Authenticate", CHALLENGES[scheme]]);
}

import { GatewayError } from "../base/errors.ts";
import { AccessRefused, type Unproven } from "../core/access-refused.ts";
import type { Authenticator, Credential } from "../core/credential.ts";
import type { ShownAs } from "../core/measures.ts";
import type { Observer } from "../core/ports.ts";

/** `authenticator`, telling `observer` what was shown and what came of it; nothing where nobody can prove anything. */
export function countingAuthenticator(
  authenticator: Authenticator,
  observer: Pick<Observer, "authenticated">,
): Authenticator {
  const found = <C extends Credential | undefined>(credential: C): C => {
    if (credential === undefined) observer.authenticated("nothing", "none");
    else observer.authenticated(labelOf(credential.kind), "proven");
    return credential;
  };
  const failed = (error: unknown): never => {
    if (error instanceof AccessRefused) {
      observer.authenticated(labelOf(error.unproven.shown), "refused");
    } else if (error instanceof GatewayError && error.code === "GW_OVERLOADED") {
      // Nothing else takes so long to check that it has to wait.
      observer.authenticated("basic", "unchecked");
    }
    throw error;
  };
  return {
    get isConfigured() {
      return authenticator.isConfigured;
    },
    get schemes() {
      return authenticator.schemes;
    },
    holds: (credential) => authenticator.holds(credential),
    authenticate(shown) {
      if (!authenticator.isConfigured) return authenticator.authenticate(shown);
      try {
        const credential = authenticator.authenticate(shown);
        return credential instanceof Promise ? credential.then(found, failed) : found(credential);
      } catch (error) {
        return failed(error);
      }
    },
  };
}

const labelOf = (shown: Unproven["shown"]): ShownAs => (shown === "jwt" ? "bearer" : shown);

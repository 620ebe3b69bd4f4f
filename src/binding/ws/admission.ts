import { GatewayError } from "../../base/errors.ts";
import { AccessRefused, withdrawn } from "../../core/access-refused.ts";
import type { Authenticator, Credential, Shown } from "../../core/credential.ts";
import type { HandshakeResult } from "../../core/measures.ts";
import type { Observer, Peer } from "../../core/ports.ts";
import { type Domain, entityIdOf } from "../../primitive/identifiers.ts";
import { challengesFor } from "../challenges.ts";
import type { RefusedHandshake } from "./handshake.ts";

/** Who may open a connection. */
export interface AdmissionRules {
  readonly domain: Domain;
  readonly authenticator: Authenticator;
  readonly observer: Pick<Observer, "accessRefused">;
  /** Throws AccessRefused GW_CREDENTIALS_NEEDED for a peer that may ask for nothing: it needs no connection. */
  readonly check: (peer: Peer) => void;
}

/** Whoever asks for a connection, as far as that is known without its credentials. */
export interface Newcomer {
  readonly shown: Shown;
  /** X-M2M-Origin. */
  readonly claimed: string | undefined;
  /** Its own; undefined where a proxy speaks for it. */
  readonly address: string | undefined;
  /** The address at the other end of the connection. */
  readonly otherEnd: string | undefined;
  readonly trusted: boolean;
}

export interface Admitted {
  readonly result: "admitted";
  readonly credential: Credential | undefined;
}

/** Decides who gets a connection, by what it has proven; at once where nothing has to be computed for that. */
export function admission(
  rules: AdmissionRules,
  newcomer: Newcomer,
): Admitted | RefusedHandshake | Promise<Admitted | RefusedHandshake> {
  const { authenticator, observer } = rules;
  const refuse = (error: unknown): RefusedHandshake => {
    if (error instanceof AccessRefused) {
      const { claimed: originator, otherEnd: address } = newcomer;
      observer.accessRefused({ face: "ws", address, originator, ...error.unproven });
    }
    return refusalOf(error, authenticator);
  };
  try {
    const found = authenticator.authenticate(newcomer.shown);
    if (!(found instanceof Promise)) return admitted(rules, newcomer, found);
    return found.then((credential) => admittedLate(rules, newcomer, credential)).catch(refuse);
  } catch (error) {
    return refuse(error);
  }
}

function admitted(
  { check, domain }: AdmissionRules,
  { address, claimed, otherEnd, trusted }: Newcomer,
  credential: Credential | undefined,
): Admitted {
  check({ face: "ws", address, otherEnd, credential, trusted });
  if (claimed && credential?.covers(entityIdOf(claimed, domain)) === false) {
    throw new AccessRefused(
      "GW_ORIGINATOR_NOT_YOURS",
      { shown: credential.kind, claimed: credential.id, why: "other-originator" },
      "X-M2M-Origin",
    );
  }
  return { result: "admitted", credential };
}

/** Other credentials may have come to hold while this one was checked. */
function admittedLate(
  rules: AdmissionRules,
  newcomer: Newcomer,
  credential: Credential | undefined,
): Admitted {
  if (credential !== undefined && !rules.authenticator.holds(credential)) {
    throw withdrawn(credential);
  }
  return admitted(rules, newcomer, credential);
}

const RESULTS: ReadonlyMap<string, RefusedHandshake["result"]> = new Map<
  string,
  Exclude<HandshakeResult, "accepted">
>([
  ["GW_CREDENTIALS_NEEDED", "credentials-needed"],
  ["GW_CREDENTIALS_REFUSED", "credentials-refused"],
  ["GW_ORIGINATOR_NOT_YOURS", "originator-refused"],
]);

function refusalOf(error: unknown, { schemes }: Authenticator): RefusedHandshake {
  if (!(error instanceof GatewayError)) throw error;
  const { code, message } = error;
  if (code === "GW_OVERLOADED") return overloaded("full", message);
  const headers = challengesFor(code, schemes);
  const result = RESULTS.get(code) ?? "credentials-refused";
  return { result, status: headers.length > 0 ? 401 : 403, headers, sentence: message };
}

/** Seconds after which a refused client may try again. */
const RETRY_AFTER = "5";

/** For whom there is no room now. */
export const overloaded = (result: "full" | "draining", sentence: string): RefusedHandshake => ({
  result,
  status: 503,
  sentence,
  headers: ["Retry-After", RETRY_AFTER],
});

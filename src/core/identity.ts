import type { Credential } from "./credential.ts";

/** Why a link may speak for an identity. Which claim it was makes no difference to take-over, only to whom it is told. */
export interface Evidence {
  readonly basis: "registration" | "handshake" | "from" | "configuration" | "credential";
  readonly strength: Strength;
  /** The claim comes from a network that is trusted not to lie. */
  readonly trusted: boolean;
}

/** Of evidence, the strongest last (websocket-binding, 3): a mere claim, a shared secret, a certificate. */
const STRENGTHS = ["claim", "secret", "certificate"] as const;
export type Strength = (typeof STRENGTHS)[number];

/** How strong the evidence is for what a peer with this credential says in its name. */
export function strengthOf(credential: Credential | undefined): Strength {
  if (credential === undefined) return "claim";
  return credential.kind === "certificate" ? "certificate" : "secret";
}

/**
 * Whether a newcomer takes an identity over from the link that holds it.
 *
 * Weaker evidence never displaces stronger. Between claims, the newcomer wins only from a trusted network or when
 * the holder is gone: otherwise any stranger could cut a device off by naming it.
 */
export function mayTakeOver(
  holder: { readonly evidence: Evidence; readonly open: boolean },
  newcomer: Evidence,
): boolean {
  if (!holder.open) return true;
  const held = STRENGTHS.indexOf(holder.evidence.strength);
  const offered = STRENGTHS.indexOf(newcomer.strength);
  if (held !== offered) return offered > held;
  return newcomer.strength !== "claim" || newcomer.trusted;
}

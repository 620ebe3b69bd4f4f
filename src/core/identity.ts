/**
 * Why a link may speak for an identity (`proven` by the connection's own security, else a mere claim).
 * Which claim it was makes no difference to take-over, only to whom it is told.
 */
export interface Evidence {
  readonly basis: "registration" | "handshake" | "from" | "configuration";
  readonly proven: boolean;
  /** The claim comes from a network that is trusted not to lie. */
  readonly trusted: boolean;
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
  if (holder.evidence.proven !== newcomer.proven) return newcomer.proven;
  return newcomer.proven || newcomer.trusted;
}

import type { IncomingHttpHeaders } from "node:http";
import { type BlockList, isIPv6 } from "node:net";

export interface TrustRules {
  /** `auto`: loopback peers of a loopback listener, and the trusted networks. */
  readonly mode: "auto" | "always" | "never";
  readonly loopbackListener: boolean;
  readonly networks: BlockList;
}

/**
 * Whether what a peer claims about itself may be believed.
 *
 * A peer on the own machine is, so that a first try works; one that a proxy speaks for is not, wherever the proxy is.
 */
export function isTrusted(
  rules: TrustRules,
  address: string | undefined,
  headers: IncomingHttpHeaders,
): boolean {
  if (rules.mode !== "auto") return rules.mode === "always";
  if (address === undefined) return false;
  const plain = address.startsWith("::ffff:") ? address.slice(7) : address;
  const forwarded = Object.keys(headers).some(
    (name) => name === "forwarded" || name.startsWith("x-forwarded-"),
  );
  // Then the peer is a proxy, and who is behind it nobody knows.
  if (forwarded) return false;
  if (rules.networks.check(plain, isIPv6(plain) ? "ipv6" : "ipv4")) return true;
  return rules.loopbackListener && (plain === "::1" || plain.startsWith("127."));
}

import type { IncomingHttpHeaders } from "node:http";
import { type BlockList, isIPv6 } from "node:net";
import { ownAddressOf } from "../../base/peer-address.ts";

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
  const own = ownAddressOf(address, headers);
  if (own === undefined) return false;
  if (rules.networks.check(own, isIPv6(own) ? "ipv6" : "ipv4")) return true;
  return rules.loopbackListener && (own === "::1" || own.startsWith("127."));
}

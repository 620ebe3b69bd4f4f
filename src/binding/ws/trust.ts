import { type BlockList, isIPv6 } from "node:net";

export interface TrustRules {
  /** `auto`: loopback peers of a loopback listener, and the trusted networks. */
  readonly mode: "auto" | "always" | "never";
  readonly loopbackListener: boolean;
  readonly networks: BlockList;
  /** Peers can prove who they are: a claim from loopback alone is not believed any more. */
  readonly credentialsKnown: boolean;
}

/**
 * Whether what a peer claims about itself may be believed.
 *
 * A peer on the own machine is, so that a first try works; one that a proxy speaks for is not, wherever the proxy is.
 *
 * @param own its own address; undefined where a proxy speaks for it
 */
export function isTrusted(rules: TrustRules, own: string | undefined): boolean {
  if (rules.mode !== "auto") return rules.mode === "always";
  if (own === undefined) return false;
  if (rules.networks.check(own, isIPv6(own) ? "ipv6" : "ipv4")) return true;
  if (rules.credentialsKnown || !rules.loopbackListener) return false;
  return own === "::1" || own.startsWith("127.");
}

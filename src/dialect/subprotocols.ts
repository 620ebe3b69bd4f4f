import type { Serialization } from "../primitive/content.ts";

/** What a subprotocol name stands for (TS-0020, table 6.2.2.9-1). */
export interface Subprotocol {
  readonly serialization: Serialization;
  /** Whether the first request to a peer that has sent none is wrapped in `m2m:rqp`. */
  readonly wrapsFirst: boolean;
}

/** By name in lower case: the registry will not have names that differ by case only (RFC 7936, 2). */
const SUBPROTOCOLS: ReadonlyMap<string, Subprotocol> = new Map([
  ["onem2m.json", { serialization: "json", wrapsFirst: false }],
  ["onem2m.r2.0.json", { serialization: "json", wrapsFirst: false }],
  ["onem2m.xml", { serialization: "xml", wrapsFirst: true }],
  ["onem2m.r2.0.xml", { serialization: "xml", wrapsFirst: true }],
  ["onem2m.cbor", { serialization: "cbor", wrapsFirst: false }],
  ["onem2m.r2.0.cbor", { serialization: "cbor", wrapsFirst: false }],
]);

/** A name from a change request that was never adopted, yet copied into clients. */
const PRO_V1: Subprotocol = { serialization: "json", wrapsFirst: true };

/**
 * The first name of a client's list that is supported: its order is its preference (TS-0020, 6.2.2.7).
 *
 * @returns also the name in the client's spelling, which must be echoed: clients refuse any other
 */
export function chooseSubprotocol(
  offered: readonly string[],
  rules: { readonly proV1: boolean },
): { readonly name: string; readonly subprotocol: Subprotocol } | undefined {
  for (const name of offered) {
    const key = name.toLowerCase();
    const subprotocol = rules.proV1 && key === "onem2m-pro-v1.0" ? PRO_V1 : SUBPROTOCOLS.get(key);
    if (subprotocol !== undefined) return { name, subprotocol };
  }
  return undefined;
}

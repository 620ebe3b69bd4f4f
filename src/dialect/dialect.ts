import type { Subprotocol } from "./subprotocols.ts";

/** How one WebSocket peer wants to be spoken to, as far as it can be heard. */
export interface Dialect {
  /** JSON and CBOR primitives inside `m2m:rqp` / `m2m:rsp`: R2 peers, Daikin adapters; ACME and Mobius refuse it. */
  readonly wrapped: boolean;
  /** JSON in binary frames: ACME's client. */
  readonly binary: boolean;
  /** CBOR as hex text: nCube-Thyme. */
  readonly hex: boolean;
  /** Attribute conditions among the members of `fc`: ACME, mobius4. */
  readonly flatConditions: boolean;
}

/** Before anything was heard, the subprotocol is all there is to go by. */
export function firstDialect(subprotocol: Subprotocol): Dialect {
  return {
    wrapped: subprotocol.wrapsFirst,
    binary: subprotocol.serialization === "cbor",
    hex: false,
    flatConditions: false,
  };
}

/**
 * After a request: a peer is answered, and asked, the way it asked last. Gives `dialect` itself when nothing changed.
 *
 * @param flatConditions undefined when the request did not show it
 */
export function nextDialect(
  dialect: Dialect,
  wrapped: boolean,
  binary: boolean,
  hex: boolean,
  flatConditions = dialect.flatConditions,
): Dialect {
  const isSame =
    dialect.wrapped === wrapped &&
    dialect.binary === binary &&
    dialect.hex === hex &&
    dialect.flatConditions === flatConditions;
  return isSame ? dialect : { wrapped, binary, hex, flatConditions };
}

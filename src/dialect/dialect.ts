import type { Subprotocol } from "./subprotocols.ts";

/** How one WebSocket peer wants to be spoken to, as far as it can be heard. */
export interface Dialect {
  /** JSON primitives inside `m2m:rqp` / `m2m:rsp`: R2 peers, Daikin adapters; ACME and Mobius refuse it. */
  readonly wrapped: boolean;
  /** JSON in binary frames: ACME's client. */
  readonly binary: boolean;
}

/** Before anything was heard, the subprotocol is all there is to go by. */
export function firstDialect(subprotocol: Subprotocol): Dialect {
  return { wrapped: subprotocol.wrapsFirst, binary: subprotocol.serialization === "cbor" };
}

/** After a request: a peer is answered, and asked, the way it asked last. Gives `dialect` itself when nothing changed. */
export function nextDialect(dialect: Dialect, heard: Dialect): Dialect {
  return dialect.wrapped === heard.wrapped && dialect.binary === heard.binary ? dialect : heard;
}

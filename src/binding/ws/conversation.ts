import type { Codec, Payload, Reading } from "../../codec/codec.ts";
import { type Dialect, nextDialect } from "../../dialect/dialect.ts";
import {
  hasFlatConditions,
  withConditions,
  withFlatConditions,
} from "../../dialect/filter-criteria.ts";
import { withoutIdleResultType } from "../../dialect/result-type.ts";
import type { Primitive, RequestId, RequestPrimitive } from "../../primitive/primitive.ts";

export interface ConversationOptions {
  readonly codec: Codec;
  readonly dialect: Dialect;
  readonly lenient: boolean;
  /** The request to the peer that waits under an identifier of the connection. */
  readonly asked: (rqi: string) => RequestPrimitive | undefined;
  /** See `ReadOptions`. */
  readonly owesNulls: (to: string, rqi: string) => boolean;
}

/** A message as it goes into frames. */
export interface Message {
  readonly payload: Payload;
  readonly binary: boolean;
}

/** Primitives as one peer spells them: its serialization, and what was heard of its dialect. */
export class Conversation {
  readonly #codec: Codec;
  readonly #options: ConversationOptions;
  #dialect: Dialect;

  constructor(options: ConversationOptions) {
    this.#options = options;
    this.#codec = options.codec;
    this.#dialect = options.dialect;
  }

  /** Whether a frame has the opcode of the serialization (TS-0020, 6.2.2.9). */
  expects(isBinary: boolean): boolean {
    return isBinary === (this.#codec.frame === "binary");
  }

  /** Understands a message, and learns from a request how the peer wants to be spoken to. Never throws. */
  read(message: Uint8Array, isBinary: boolean): Reading {
    const reading = this.#codec.readPrimitive(message, this.#options);
    if ("malformed" in reading || reading.primitive.kind === "response") return reading;
    const { wrapped, hex = false } = reading;
    const primitive = this.#options.lenient
      ? withoutIdleResultType(reading.primitive)
      : reading.primitive;
    // CBOR goes into a text frame as hex only.
    const binary = this.#codec.frame === "binary" ? !hex : isBinary;
    if (!this.#options.lenient || !primitive.carried.has("fc")) {
      this.#dialect = nextDialect(this.#dialect, wrapped, binary, hex);
      return primitive === reading.primitive ? reading : { ...reading, primitive };
    }
    const flat = hasFlatConditions(primitive);
    this.#dialect = nextDialect(this.#dialect, wrapped, binary, hex, flat);
    return { ...reading, primitive: flat === true ? withConditions(primitive) : primitive };
  }

  /**
   * @param emptyIsNull whether the peer reads empty elements of an answer as null
   * @throws GatewayError GW_CONTENT_NOT_TRANSCODABLE
   */
  write(primitive: Primitive, requestIdentifier: RequestId, emptyIsNull: boolean): Message {
    const { wrapped, binary, hex, flatConditions } = this.#dialect;
    const spoken =
      flatConditions && primitive.kind === "request" ? withFlatConditions(primitive) : primitive;
    const payload = this.#codec.writePrimitive(spoken, {
      wrapped,
      hex,
      requestIdentifier,
      emptyIsNull,
    });
    return { payload, binary };
  }
}

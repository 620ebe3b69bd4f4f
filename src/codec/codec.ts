import type { Content, Serialization } from "../primitive/content.ts";
import type { Primitive, RequestId, RequestPrimitive } from "../primitive/primitive.ts";

/** UTF-8 text or bytes, as it goes into an HTTP body or a WebSocket frame. */
export type Payload = string | Uint8Array;

/** What a message turned out to be. */
export type Reading =
  | {
      readonly primitive: Primitive;
      /** It came inside `m2m:rqp` or `m2m:rsp`: TS-0020 V2 prints that for JSON, TS-0004, 8.4.2 forbids it. */
      readonly wrapped: boolean;
      /** It came as hex text, as nCube-Thyme sends CBOR and Mobius answers with it. */
      readonly hex?: true;
    }
  | Malformed;

/** A message that is no primitive. */
export interface Malformed {
  readonly malformed: string;
  /** Not even the serialization holds: nothing of it could be read. */
  readonly unreadable: boolean;
  /** Whether an answer can be correlated, and whether one is due: nobody answers a response. */
  readonly requestIdentifier: RequestId | undefined;
  readonly mayAnswer: boolean;
}

export interface ReadOptions {
  /** Take numbers written as strings in the envelope, as nCube-Thyme writes them. */
  readonly lenient: boolean;
  /** The request that a response with this identifier answers, if one is waiting: it tells how XML content reads. */
  readonly asked?: ((rqi: string) => RequestPrimitive | undefined) | undefined;
  /** The same of a request of `to` that was accepted to be answered later, by a Notify: whether with null. */
  readonly owesNulls?: ((to: string, rqi: string) => boolean) | undefined;
}

/** What XML alone does not say of a content. */
export interface ContentContext {
  /**
   * Empty elements stand for null: in the content of an Update, and of the answer to one with rcn 9
   * (TS-0004, 7.3.3.7 and 7.3.3.12). Elsewhere it depends on the type.
   */
  readonly emptyIsNull: boolean;
  /** Whether a response with this identifier inside the content answers such a request: then they do in its content. */
  readonly owesNulls?: ((rqi: string) => boolean) | undefined;
}

export interface WriteOptions {
  readonly wrapped: boolean;
  /** As hex text, for a peer that sends such; CBOR only. */
  readonly hex?: boolean;
  /** Whether the receiver reads empty elements in the content of a response as null; XML only. */
  readonly emptyIsNull?: boolean;
  /** Goes out in place of the primitive's own identifier, where that one is taken on the connection. */
  readonly requestIdentifier: RequestId;
}

/** Every serialization there is. */
export type Codecs = Readonly<Record<Serialization, Codec>>;

/**
 * One serialization: of content alone for HTTP bodies, of whole primitives for WebSocket messages.
 *
 * It keeps nothing of what it reads, but for one made by `forPeer`.
 */
export interface Codec {
  readonly serialization: Serialization;
  /** Plain media type, as sent; what is accepted is wider (TS-0004, 6.7). */
  readonly mediaType: string;
  readonly frame: "text" | "binary";
  /** For a connection: writes namespaces as its peer declared them, of which JSON and CBOR have only the prefix. */
  forPeer(): Codec;
  /** Checks the whole of it. @throws GatewayError GW_CONTENT_MALFORMED */
  decodeContent(bytes: Uint8Array, context: ContentContext): Content;
  /** Gives what was received where the serialization is the same. @throws GatewayError GW_CONTENT_NOT_TRANSCODABLE */
  encodeContent(content: Content, context: ContentContext): Payload;
  /** Never throws for what a peer sent. */
  readPrimitive(message: Uint8Array, options: ReadOptions): Reading;
  /** @throws GatewayError GW_CONTENT_NOT_TRANSCODABLE */
  writePrimitive(primitive: Primitive, options: WriteOptions): Payload;
}

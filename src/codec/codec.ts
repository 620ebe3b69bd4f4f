import type { Content, Serialization } from "../primitive/content.ts";

/** Content as it goes into an HTTP body: UTF-8 text or bytes. */
export type Payload = string | Uint8Array;

/** One serialization of content. Primitives and their envelopes are in the codec's own file. */
export interface Codec {
  readonly serialization: Serialization;
  /** Plain media type, as sent; what is accepted is wider (TS-0004, 6.7). */
  readonly mediaType: string;
  /** Checks the whole of it. @throws GatewayError GW_CONTENT_MALFORMED */
  decodeContent(bytes: Uint8Array): Content;
  /** Gives the bytes received where the serialization is the same. */
  encodeContent(content: Content): Payload;
}

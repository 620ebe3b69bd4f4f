import { GatewayError } from "../../base/errors.ts";
import type { Codec, ContentContext } from "../../codec/codec.ts";
import type { Content, Serialization } from "../../primitive/content.ts";
import type { ContentType } from "./content-type.ts";

/**
 * The content that a body is.
 *
 * @param contentType undefined where the request has none
 * @throws GatewayError GW_MEDIA_TYPE_UNSUPPORTED, GW_CONTENT_MALFORMED
 */
export function contentOfBody(
  body: Buffer,
  contentType: ContentType | undefined,
  codecFor: (serialization: Serialization) => Codec,
  context: ContentContext,
): Content {
  const unsupported = (cause?: unknown): GatewayError =>
    new GatewayError("GW_MEDIA_TYPE_UNSUPPORTED", {
      detail: "application/json, application/xml and application/cbor are understood",
      cause,
    });
  const serialization = contentType === undefined ? "json" : contentType.serialization;
  if (serialization === undefined) throw unsupported();
  try {
    return codecFor(serialization).decodeContent(body, context);
  } catch (error) {
    // Clients exist that leave Content-Type out; what they send is JSON, or nobody knows what.
    throw contentType === undefined ? unsupported(error) : error;
  }
}

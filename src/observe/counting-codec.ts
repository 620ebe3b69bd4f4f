import { cborCodec } from "../codec/cbor/cbor.ts";
import type { Codec, Codecs } from "../codec/codec.ts";
import { jsonCodec } from "../codec/json/json.ts";
import { createXmlCodec } from "../codec/xml/xml.ts";
import type { Observer } from "../core/ports.ts";
import type { Content } from "../primitive/content.ts";

/**
 * Every codec, telling `observer` of what was transcoded, and by a guess.
 *
 * @param namespaces for XML, by prefix
 */
export function countingCodecs(
  observer: Pick<Observer, "transcoded" | "unknownName">,
  namespaces: ReadonlyMap<string, string>,
): Codecs {
  const onUnknown = (name: string): void => observer.unknownName(name);
  return {
    json: countingCodec(jsonCodec, observer),
    xml: countingCodec(createXmlCodec({ onUnknown, namespaces }), observer),
    cbor: countingCodec(cborCodec, observer),
  };
}

/** `codec`, telling `observer` of content that came in another serialization. */
function countingCodec(codec: Codec, observer: Pick<Observer, "transcoded">): Codec {
  const tell = (content: Content | undefined): void => {
    const from = content?.serialization;
    if (from !== undefined && from !== codec.serialization) {
      observer.transcoded(from, codec.serialization);
    }
  };
  const counting: Codec = {
    ...codec,
    forPeer() {
      const own = codec.forPeer();
      return own === codec ? counting : countingCodec(own, observer);
    },
    encodeContent(content, context) {
      const payload = codec.encodeContent(content, context);
      tell(content);
      return payload;
    },
    writePrimitive(primitive, options) {
      const payload = codec.writePrimitive(primitive, options);
      tell(primitive.content);
      return payload;
    },
  };
  return counting;
}

import type { Codec } from "../codec/codec.ts";
import type { Observer } from "../core/ports.ts";
import type { Content } from "../primitive/content.ts";

/** `codec`, telling `observer` of content that came in another serialization. */
export function countingCodec(codec: Codec, observer: Pick<Observer, "transcoded">): Codec {
  const tell = (content: Content | undefined): void => {
    const from = content?.serialization;
    if (from !== undefined && from !== codec.serialization) {
      observer.transcoded(from, codec.serialization);
    }
  };
  return {
    ...codec,
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
}

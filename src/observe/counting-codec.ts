import { createCborCodec } from "../codec/cbor/cbor.ts";
import type { Codec, Codecs } from "../codec/codec.ts";
import { createJsonCodec } from "../codec/json/json.ts";
import { MAX_DEPTH } from "../codec/json/scan.ts";
import { createXmlCodec } from "../codec/xml/xml.ts";
import type { Observer } from "../core/ports.ts";
import type { Content } from "../primitive/content.ts";

/** What codecs tell. */
export type CodecObserver = Pick<Observer, "transcoded" | "unknownName" | "spent" | "codecFailed">;

/**
 * Every codec, telling `observer` of what was transcoded, and by a guess; how long reading took; and what failed.
 *
 * @param namespaces for XML, by prefix
 * @param nesting how deep what is read may be nested
 */
export function countingCodecs(
  observer: CodecObserver,
  namespaces: ReadonlyMap<string, string>,
  nesting = () => MAX_DEPTH,
): Codecs {
  const onUnknown = (name: string): void => observer.unknownName(name);
  return {
    json: countingCodec(createJsonCodec(nesting), observer),
    xml: countingCodec(createXmlCodec({ onUnknown, namespaces, nesting }), observer),
    cbor: countingCodec(createCborCodec(nesting), observer),
  };
}

function countingCodec(codec: Codec, observer: CodecObserver): Codec {
  const { serialization } = codec;
  const tell = (content: Content | undefined): void => {
    const from = content?.serialization;
    if (from !== undefined && from !== serialization) observer.transcoded(from, serialization);
  };
  const counted = <T>(act: "read" | "write", work: () => T): T => {
    try {
      return work();
    } catch (error) {
      observer.codecFailed(serialization, act);
      throw error;
    }
  };
  const timed = <T>(read: () => T): T => {
    const started = performance.now();
    const result = read();
    observer.spent("read", (performance.now() - started) / 1000);
    return result;
  };
  const counting: Codec = {
    ...codec,
    forPeer() {
      const own = codec.forPeer();
      return own === codec ? counting : countingCodec(own, observer);
    },
    decodeContent(bytes, context) {
      return timed(() => counted("read", () => codec.decodeContent(bytes, context)));
    },
    encodeContent(content, context) {
      const payload = counted("write", () => codec.encodeContent(content, context));
      tell(content);
      return payload;
    },
    readPrimitive(message, options) {
      const reading = timed(() => codec.readPrimitive(message, options));
      if ("malformed" in reading) observer.codecFailed(serialization, "read");
      return reading;
    },
    writePrimitive(primitive, options) {
      const payload = counted("write", () => codec.writePrimitive(primitive, options));
      tell(primitive.content);
      return payload;
    },
  };
  return counting;
}

import { createXmlCodec } from "../../../src/codec/xml/xml.ts";
import {
  type Content,
  type ExactTree,
  MadeContent,
  type Tree,
} from "../../../src/primitive/content.ts";
import { bytes, contentOf as jsonContentOf } from "../json/using-json.ts";

/** XML for whoever does not count unknown names. */
export const xmlCodec = createXmlCodec({ onUnknown() {} });

export const CORE = "http://www.onem2m.org/xml/protocols";
export const COMMON = `${CORE}/commondomain`;

/** What a document holds when its root is one of the core's: `<m2m:NAME>INSIDE</m2m:NAME>`. */
export const core = (name: string, inside: string): string =>
  `<m2m:${name} xmlns:m2m="${CORE}">${inside}</m2m:${name}>`;

export const contentOf = (xml: string, emptyIsNull = false): Content =>
  xmlCodec.decodeContent(bytes(xml), { emptyIsNull });

/** The content as XML. */
export const encoded = (content: Content): string =>
  xmlCodec.encodeContent(content, { emptyIsNull: false }) as string;

/** What another serialization is given. */
export const exactOf = (xml: string, emptyIsNull = false): ExactTree =>
  contentOf(xml, emptyIsNull).exact();

/** The document of a content that is told in JSON, without the declaration in front. */
export const xmlOf = (json: Tree | string, emptyIsNull = false): string =>
  withoutDeclaration(
    xmlCodec.encodeContent(typeof json === "string" ? jsonContentOf(json) : new MadeContent(json), {
      emptyIsNull,
    }) as string,
  );

export const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>';

export function withoutDeclaration(document: string): string {
  if (!document.startsWith(DECLARATION)) throw new Error("a document without declaration");
  return document.slice(DECLARATION.length);
}

import { XMLParser } from "fast-xml-parser";

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  ignoreDeclaration: true,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  htmlEntities: true,
});

/**
 * XML in a form to compare with `toEqual`: order of elements counts, where namespaces are declared does not.
 *
 * Fails on a prefix that nothing declares.
 */
export function xmlTree(text: string): unknown {
  for (const [, prefix] of text.matchAll(/<(\w+):/g)) {
    if (!text.includes(`xmlns:${prefix}=`)) throw new Error(`no namespace for ${prefix}: ${text}`);
  }
  return parser.parse(text.replaceAll(/\sxmlns(:\w+)?="[^"]*"/g, ""));
}

/** The same for markup cut out of a message that declared the namespaces. */
export const markupTree = (markup: string): unknown =>
  parser.parse(markup.replaceAll(/\sxmlns(:\w+)?="[^"]*"/g, ""));

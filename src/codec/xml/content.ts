import { GatewayError } from "../../base/errors.ts";
import {
  type Content,
  type Edit,
  type ExactTree,
  roundedTree,
  type Tree,
} from "../../primitive/content.ts";
import type { ContentContext } from "../codec.ts";
import { NO_UTF8, utf8Text } from "../json/content.ts";
import { editedElement } from "./edit.ts";
import { markupOf, XML_DECLARATION } from "./markup.ts";
import type { Namespaces } from "./namespaces.ts";
import { parseXml, type XmlElement } from "./parse.ts";
import { XmlReader } from "./read.ts";
import { XmlFault } from "./scan.ts";
import { XmlWriter } from "./write.ts";

/** Told each name that no table knows, where content changes its serialization. */
export type OnUnknown = (name: string) => void;
const IGNORED: OnUnknown = () => undefined;

/** Whom documents come from and go to, and what is told of their names. */
export interface XmlPeer {
  /** How deep documents may be nested now. */
  readonly nesting: () => number;
  readonly namespaces: Namespaces;
  readonly onUnknown: OnUnknown;
}

export interface XmlContentOptions extends XmlPeer, ContentContext {
  /** The document as received; undefined for an element out of a larger one. */
  readonly text: string | undefined;
  readonly size: number;
}

/** Reads a document that is content alone, as an HTTP body has it. @throws GatewayError GW_CONTENT_MALFORMED */
export function decodeXmlContent(
  bytes: Uint8Array,
  context: ContentContext,
  peer: XmlPeer,
): XmlContent {
  const text = utf8Text(bytes);
  if (text === undefined) throw new GatewayError("GW_CONTENT_MALFORMED", NO_UTF8);
  try {
    const element = parseXml(text, peer.namespaces.undeclared, peer.nesting());
    return new XmlContent(element, { ...context, ...peer, text, size: text.length });
  } catch (error) {
    if (!(error instanceof XmlFault)) throw error;
    throw new GatewayError("GW_CONTENT_MALFORMED", {
      detail: `XML with ${error.message}`,
      cause: error,
    });
  }
}

/**
 * The XML document of any content: as received where it came as a document.
 *
 * @param emptyIsNull whether its receiver reads empty elements as null
 * @throws GatewayError GW_CONTENT_NOT_TRANSCODABLE
 */
export function xmlDocumentOf(content: Content, emptyIsNull: boolean, peer: XmlPeer): string {
  if (content instanceof XmlContent) return content.document();
  return writerFor(peer).document(content.exact(), emptyIsNull);
}

/** Writes one document to a peer. */
export function writerFor({ namespaces, onUnknown }: XmlPeer): XmlWriter {
  return new XmlWriter({ namespaceOf: namespaces.namespaceOf, onUnknown });
}

/**
 * Content that came in as XML.
 *
 * It is parsed once, when it arrives, and keeps its elements: an element out of a primitive has its namespaces from
 * around it, and is written from what it is rather than from its text. What the tables make of the elements is worked
 * out only when somebody asks, since between two XML peers nobody does (TS-0004 says what they mean, the receiver
 * judges them).
 */
export class XmlContent implements Content {
  readonly serialization = "xml";
  readonly size: number;
  readonly element: XmlElement;
  readonly #options: XmlContentOptions;
  #tree: Tree | undefined;
  #exact: ExactTree | undefined;

  constructor(element: XmlElement, options: XmlContentOptions) {
    this.element = element;
    this.size = options.size;
    this.#options = options;
  }

  /** A document of its own. */
  document(): string {
    return this.#options.text ?? XML_DECLARATION + markupOf(this.element);
  }

  root(): string {
    return this.#options.namespaces.rootNameOf(this.element);
  }

  /** What contradicts the tables is text in it. */
  tree(): Tree {
    this.#tree ??= roundedTree(this.#read("keep", IGNORED));
    return this.#tree;
  }

  /** @throws GatewayError GW_CONTENT_NOT_TRANSCODABLE for what contradicts the tables */
  exact(): ExactTree {
    try {
      this.#exact ??= this.#read("refuse", this.#options.onUnknown);
      return this.#exact;
    } catch (error) {
      if (!(error instanceof XmlFault)) throw error;
      throw new GatewayError("GW_CONTENT_NOT_TRANSCODABLE", {
        detail: error.message,
        cause: error,
      });
    }
  }

  mentions(text: string): boolean {
    return mentions(this.element, text);
  }

  /** Between elements every byte may change, what they say does not. */
  edited(edits: readonly Edit[]): Content {
    const { namespaces } = this.#options;
    const element = edits.reduce((it, edit) => editedElement(it, edit, namespaces), this.element);
    return new XmlContent(element, { ...this.#options, text: undefined });
  }

  #read(mismatch: "refuse" | "keep", onUnknown: OnUnknown): ExactTree {
    const reader = new XmlReader({ ...this.#options, mismatch, onUnknown });
    return reader.content(this.element, this.#options.emptyIsNull);
  }
}

/** In the text as it is meant, references resolved. */
function mentions({ attributes, children }: XmlElement, text: string): boolean {
  return (
    attributes.some(({ value }) => value.includes(text)) ||
    children.some((child) =>
      typeof child === "string" ? child.includes(text) : mentions(child, text),
    )
  );
}

import { expect } from "vitest";
import { CBOR, cborOf, fromCbor, XML, XMLNS } from "./coders.ts";
import type { Message, RegistreeOptions } from "./fake-registree.ts";
import { markupTree, xmlTree } from "./same-xml.ts";

/** One content in JSON shape and as XML without a declaration; CBOR has the shape of JSON (TS-0004, 8.5.1). */
export interface Sample {
  readonly json: Record<string, unknown>;
  readonly xml: string;
}

/** A serialization as a peer of the gateway uses it, by means of its own. */
export interface Form {
  readonly name: "json" | "xml" | "cbor";
  readonly mediaType: string;
  readonly registree: RegistreeOptions;
  /** As the body of an HTTP message. */
  body(sample: Sample): string | Buffer;
  /** As `pc` of a message that the registree of this form sends. */
  pc(sample: Sample): Record<string, unknown>;
  expectBody(bytes: Buffer, sample: Sample, what?: string): void;
  /** Of a message that the registree of this form has read. */
  expectPc(message: Message, sample: Sample, what?: string): void;
}

const declared = (markup: string): string =>
  markup.includes("xmlns:m2m=") ? markup : markup.replace(/^<[\w:]+/, (root) => `${root} ${XMLNS}`);

export const JSON_FORM: Form = {
  name: "json",
  mediaType: "application/json",
  registree: {},
  body: ({ json }) => JSON.stringify(json),
  pc: ({ json }) => json,
  expectBody: (bytes, { json }, what) => expect(JSON.parse(bytes.toString()), what).toEqual(json),
  expectPc: ({ pc }, { json }, what) => expect(pc, what).toEqual(json),
};

export const XML_FORM: Form = {
  name: "xml",
  mediaType: "application/xml",
  registree: XML,
  body: ({ xml }) => declared(xml),
  pc: ({ xml }) => ({ xml }),
  expectBody: (bytes, { xml }, what) =>
    expect(xmlTree(bytes.toString()), what).toEqual(markupTree(xml)),
  expectPc: ({ pc }, { xml }, what) =>
    expect(markupTree(String(pc?.["xml"])), what).toEqual(markupTree(xml)),
};

export const CBOR_FORM: Form = {
  name: "cbor",
  mediaType: "application/cbor",
  registree: CBOR,
  body: ({ json }) => cborOf(json),
  pc: ({ json }) => json,
  expectBody: (bytes, { json }, what) => expect(fromCbor(bytes), what).toEqual(json),
  expectPc: ({ pc }, { json }, what) => expect(pc, what).toEqual(json),
};

export const FORMS: readonly Form[] = [JSON_FORM, XML_FORM, CBOR_FORM];

/** `m2m:dbg` of a message or body of this form: what an originator is told about a failure. */
export function sentenceIn(form: Form, content: Buffer | Message): string {
  const pc = content instanceof Uint8Array ? undefined : content.pc;
  if (form.name === "xml") {
    const markup = content instanceof Uint8Array ? content.toString() : String(pc?.["xml"]);
    return /<m2m:dbg\b[^>]*>([^<]+)<\/m2m:dbg>/.exec(markup)?.[1] ?? "";
  }
  const read = form.name === "cbor" ? fromCbor : (bytes: Buffer) => JSON.parse(bytes.toString());
  const tree = content instanceof Uint8Array ? read(content) : pc;
  return String((tree as Record<string, unknown> | undefined)?.["m2m:dbg"] ?? "");
}

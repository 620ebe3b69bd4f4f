import { Decoder, Encoder } from "cbor-x";
import type { Coder, Message, RegistreeOptions } from "./fake-registree.ts";

const encoder = new Encoder({ useRecords: false, tagUint8Array: false });
const decoder = new Decoder({ useRecords: false, mapsAsObjects: true });

/** CBOR as a stock library writes it. */
export const cborOf = (value: unknown): Buffer => Buffer.from(encoder.encode(value));

/** What a stock library reads in CBOR; integers that a double would lose are bigint. */
export const fromCbor = (bytes: Uint8Array): unknown => withNumbers(decoder.decode(bytes));

/** The library makes a bigint of every integer of 64 bits. */
function withNumbers(value: unknown): unknown {
  if (typeof value === "bigint") {
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }
  if (Array.isArray(value)) return value.map(withNumbers);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, of]) => [name, withNumbers(of)]));
}

const wrapperOf = (message: Message): string => (message.op === undefined ? "m2m:rsp" : "m2m:rqp");

const cborCoder = (wraps: boolean): Coder => ({
  encode: (message) => cborOf(wraps ? { [wrapperOf(message)]: message } : message),
  decode: (bytes) => {
    const outer = fromCbor(bytes) as Message;
    return (outer["m2m:rqp"] ?? outer["m2m:rsp"] ?? outer) as Message;
  },
});

export const XMLNS = 'xmlns:m2m="http://www.onem2m.org/xml/protocols"';

export const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** A value as an element, lists of scalars as xs:list; `{ xml }` stands for its own markup. */
export function element(name: string, value: unknown): string {
  if (Array.isArray(value)) {
    return value.some((item) => typeof item === "object")
      ? value.map((item) => element(name, item)).join("")
      : `<${name}>${escaped(value.join(" "))}</${name}>`;
  }
  if (typeof value !== "object" || value === null) {
    return `<${name}>${escaped(String(value ?? ""))}</${name}>`;
  }
  if ("xml" in value) return `<${name}>${value.xml}</${name}>`;
  const { rn, ...members } = value as Record<string, unknown>;
  const inner = Object.entries(members).map(([member, of]) => element(member, of));
  return `<${name}${rn === undefined ? "" : ` rn="${rn}"`}>${inner.join("")}</${name}>`;
}

const xmlCoder: Coder = {
  encode: (message) =>
    element(wrapperOf(message), message).replace(/^<m2m:r..?/, (root) => `${root} ${XMLNS}`),
  decode: (bytes) => {
    const text = bytes.toString();
    const [, inner = ""] = /<m2m:r(?:qp|sp)\b[^>]*>(.*)<\/m2m:r(?:qp|sp)>\s*$/su.exec(text) ?? [];
    const [pc, content] = /<pc>(.*)<\/pc>/su.exec(inner) ?? [];
    const parameters = [...inner.replace(pc ?? "", "").matchAll(/<(\w+)>(.*?)<\/\1>/gsu)].map(
      ([, name = "", value]) => [name, /^(op|rsc|ty)$/.test(name) ? Number(value) : value] as const,
    );
    return { ...Object.fromEntries(parameters), ...(pc && { pc: { xml: content } }) };
  },
};

/** Options of a registree that speaks CBOR, bare. */
export const CBOR: RegistreeOptions = { subprotocols: ["oneM2M.cbor"], coder: cborCoder(false) };
/** Options of a registree that wraps its CBOR, as those of Release 2 do. */
export const WRAPPED_CBOR: RegistreeOptions = {
  subprotocols: ["oneM2M.R2.0.cbor"],
  coder: cborCoder(true),
};
/** Options of a registree that speaks XML; it reads `pc` as `{ xml }`, the markup inside. */
export const XML: RegistreeOptions = { subprotocols: ["oneM2M.xml"], coder: xmlCoder };

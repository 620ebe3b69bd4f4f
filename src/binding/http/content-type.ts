import { GatewayError } from "../../base/errors.ts";
import { SERIALIZATIONS, type Serialization } from "../../primitive/content.ts";

/** What a Content-Type header field says. */
export interface ContentType {
  /** undefined for a media type or a charset that cannot be read, and without the header field. */
  readonly serialization: Serialization | undefined;
  /** The parameter `ty`: with it a POST is a Create (TS-0009, 6.2.1). */
  readonly resourceType: number | undefined;
}

const NOTHING_SAID: ContentType = { serialization: undefined, resourceType: undefined };
const PLAIN_JSON: ContentType = { serialization: "json", resourceType: undefined };

/** Vendor types announce what kind of content it is, which its root tells as well (TS-0004, 6.7). */
const VENDOR_KINDS = ["res", "ntfy", "preq", "prsp", "attrs"] as const;

/** Media types that are read (TS-0009, 6.4.3), in lower case. */
const BY_MEDIA_TYPE: ReadonlyMap<string, Serialization> = new Map(
  SERIALIZATIONS.flatMap((serialization) => [
    [`application/${serialization}`, serialization] as const,
    ...VENDOR_KINDS.map(
      (kind) => [`application/vnd.onem2m-${kind}+${serialization}`, serialization] as const,
    ),
  ]),
);

/** The serialization a media type without parameters stands for; undefined for others. */
export const serializationOf = (mediaType: string): Serialization | undefined =>
  BY_MEDIA_TYPE.get(mediaType.trim().toLowerCase());

const RESOURCE_TYPE = /^\d{1,9}$/;

/**
 * Reads a Content-Type: `application/json;ty=4`, parameters in any order, names in any case, quoted or not.
 *
 * Whoever needs the content refuses an undefined `serialization` with GW_MEDIA_TYPE_UNSUPPORTED; any charset other
 * than UTF-8 is one (TS-0004, 8.3 and 8.4).
 *
 * @throws GatewayError GW_REQUEST_INVALID when `ty` is no number, or there twice
 */
export function parseContentType(value: string | undefined): ContentType {
  if (value === undefined) return NOTHING_SAID;
  if (value === "application/json") return PLAIN_JSON;
  const [mediaType = "", ...parameters] = splitOutsideQuotes(value, ";");
  let serialization = serializationOf(mediaType);
  let resourceType: number | undefined;
  for (const parameter of parameters) {
    const { name, text } = parameterOf(parameter);
    if (name === "charset" && !/^utf-?8$/i.test(text)) serialization = undefined;
    if (name !== "ty") continue;
    if (resourceType !== undefined) throw badType("Content-Type has ty twice");
    if (!RESOURCE_TYPE.test(text)) throw badType("ty in Content-Type is not a resource type");
    resourceType = Number(text);
  }
  return { serialization, resourceType };
}

/**
 * Writes a Content-Type, exactly `application/json;ty=4` or the media type alone.
 *
 * Never a charset: an ACME server refuses any other parameter, an ACME client drops the body.
 */
export function writeContentType(mediaType: string, resourceType: number | undefined): string {
  return resourceType === undefined ? mediaType : `${mediaType};ty=${resourceType}`;
}

/** Cuts at `separator` where it is in no quoted string (RFC 9110, 5.6.4). */
export function splitOutsideQuotes(value: string, separator: ";" | ","): string[] {
  if (!value.includes('"')) return value.split(separator);
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let at = 0; at < value.length; at += 1) {
    const char = value[at];
    if (quoted && char === "\\") at += 1;
    else if (char === '"') quoted = !quoted;
    else if (char === separator && !quoted) {
      parts.push(value.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(value.slice(start));
  return parts;
}

/** One `name=value` of a header field; the name in lower case, the value without its quotes. */
export function parameterOf(text: string): { name: string; text: string } {
  const equals = text.indexOf("=");
  if (equals < 0) return { name: text.trim().toLowerCase(), text: "" };
  const value = text.slice(equals + 1).trim();
  const isQuoted = value.length > 1 && value.startsWith('"') && value.endsWith('"');
  return {
    name: text.slice(0, equals).trim().toLowerCase(),
    text: isQuoted ? value.slice(1, -1).replace(/\\(.)/g, "$1") : value,
  };
}

function badType(detail: string): GatewayError {
  return new GatewayError("GW_REQUEST_INVALID", detail);
}

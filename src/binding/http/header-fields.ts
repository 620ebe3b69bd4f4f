import {
  formatScalar,
  headerOf,
  type Parameter,
  parameterByHeader,
  parameterByLaterHeader,
  parameterByShort,
  parseScalar,
} from "../../primitive/parameters.ts";

/** The oneM2M header fields of one message. */
export interface HeaderFields {
  /** Values by the parameter's short name, as text. Empty ones count as absent, but for `rt` (X-M2M-RTU). */
  readonly texts: ReadonlyMap<string, string>;
  /** The header field that is there twice, if any; a stack on the way would have joined it to one wrong value. */
  readonly repeated: string | undefined;
}

/** A header field as node gives it; "" where it is not there. */
export const headerText = (value: string | string[] | undefined): string =>
  typeof value === "string" ? value : "";

/**
 * Picks the oneM2M header fields in one pass; all others are skipped (TS-0009, 6.4.0).
 *
 * @param rawHeaders names and values in turn, as node gives them
 * @param laterHeaders take those of later releases too
 */
export function readHeaderFields(
  rawHeaders: readonly string[],
  side: "request" | "response",
  laterHeaders: boolean,
): HeaderFields {
  const texts = new Map<string, string>();
  let repeated: string | undefined;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    const parameter =
      parameterByHeader(name) ?? (laterHeaders ? parameterByLaterHeader(name) : undefined);
    if (parameter === undefined) continue;
    if (parameter.occurs !== side && parameter.occurs !== "both") continue;
    const text = rawHeaders[at + 1] as string;
    if (texts.has(parameter.short)) repeated ??= headerOf(parameter, true);
    if (text !== "" || parameter.short === "rt") texts.set(parameter.short, text);
  }
  return { texts, repeated };
}

/** Those parameters among `texts` that have no member of their own in a primitive, with typed values. */
export interface Carriable {
  /** undefined when there are none. */
  readonly carried: Map<string, unknown> | undefined;
  /** Short names of parameters whose value is not of their type; these are not in `carried`. */
  readonly malformed: readonly string[];
}

/** Types `texts`, but for the parameters in `own`. */
export function carriedOf(texts: ReadonlyMap<string, string>, own: ReadonlySet<string>): Carriable {
  let carried: Map<string, unknown> | undefined;
  let malformed: string[] | undefined;
  for (const [short, text] of texts) {
    if (own.has(short)) continue;
    const value = readValue(parameterByShort(short), text);
    if (value === undefined) {
      malformed ??= [];
      malformed.push(short);
    } else {
      carried ??= new Map();
      carried.set(short, value);
    }
  }
  return { carried, malformed: malformed ?? NONE };
}

const NONE: readonly string[] = [];

function readValue(parameter: Parameter | undefined, text: string): unknown {
  switch (parameter?.type) {
    case "text":
    case "time":
    case "number":
    case "boolean":
      return parseScalar(parameter.type, text);
    case "texts":
      return itemsOf(text);
    case "assignedTokens":
      return assignedTokensOf(text);
    default:
      return undefined;
  }
}

/** Blanks around `+` are in the printed examples of TS-0009, 6.4.18, and mean nothing. */
function itemsOf(text: string): string[] | undefined {
  const items = text.split("+").map((item) => item.trim());
  return items.includes("") ? undefined : items;
}

/** `lti:tkid` pairs; a local token identifier is an NCName and so has no colon. */
function assignedTokensOf(text: string): { ltia: { lti: string; tkid: string }[] } | undefined {
  const ltia: { lti: string; tkid: string }[] = [];
  for (const pair of itemsOf(text) ?? [""]) {
    const colon = pair.indexOf(":");
    if (colon < 1 || colon === pair.length - 1) return undefined;
    ltia.push({ lti: pair.slice(0, colon), tkid: pair.slice(colon + 1) });
  }
  return { ltia };
}

/** X-M2M-RTU, where `&` separates, so that one inside a URI comes as `%26`; undefined when an item is empty. */
export function parseTargets(text: string): string[] | undefined {
  if (text === "") return [];
  const targets = text.split("&").map((target) => target.trim().replaceAll("%26", "&"));
  return targets.includes("") ? undefined : targets;
}

/** The text of X-M2M-RTU, empty for an empty list; undefined for what is no list of texts. */
export function formatTargets(targets: unknown): string | undefined {
  if (!Array.isArray(targets) || !targets.every((target) => typeof target === "string")) {
    return undefined;
  }
  return targets.map((target) => target.replaceAll("&", "%26")).join("&");
}

/** The header field text of a parameter; undefined when `value` is not of its type or cannot stand in a header field. */
export function writeHeaderValue(type: Parameter["type"], value: unknown): string | undefined {
  const text = textOf(type, value);
  return text !== undefined && isFieldValue(text) ? text : undefined;
}

function textOf(type: Parameter["type"], value: unknown): string | undefined {
  switch (type) {
    case "text":
    case "time":
    case "number":
    case "boolean":
      return formatScalar(type, value);
    case "texts":
      return joined(value);
    case "assignedTokens":
      return joinedTokens(value);
    default:
      return undefined;
  }
}

function joined(items: unknown): string | undefined {
  if (!Array.isArray(items) || items.length === 0) return undefined;
  const canJoin = items.every(
    (item) => typeof item === "string" && item !== "" && !item.includes("+"),
  );
  return canJoin ? items.join("+") : undefined;
}

function joinedTokens(value: unknown): string | undefined {
  const pairs = (value as { ltia?: unknown } | null | undefined)?.ltia;
  if (!Array.isArray(pairs)) return undefined;
  const isPair = (pair: { lti?: unknown; tkid?: unknown } | null | undefined): boolean =>
    typeof pair?.lti === "string" &&
    pair.lti !== "" &&
    !pair.lti.includes(":") &&
    typeof pair.tkid === "string" &&
    pair.tkid !== "";
  return pairs.every(isPair) ? joined(pairs.map(({ lti, tkid }) => `${lti}:${tkid}`)) : undefined;
}

/**
 * Whether `text` arrives as it is: no control characters, which would end the field, nothing beyond Latin-1, and no
 * blanks around it, which receivers cut off.
 */
export function isFieldValue(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if ((code < 0x20 && code !== TAB) || code === 0x7f || code > 0xff) return false;
  }
  return !isBlank(text.charCodeAt(0)) && !isBlank(text.charCodeAt(text.length - 1));
}

const TAB = 0x09;
const isBlank = (code: number): boolean => code === 0x20 || code === TAB;

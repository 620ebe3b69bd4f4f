import { GatewayError } from "../../base/errors.ts";
import { type TargetId, targetId } from "../../primitive/primitive.ts";

const PATH_AS_IT_IS = /^[A-Za-z0-9\-._~!$&'()*+,;=:@/]*$/;
const OUTSIDE_PCHAR = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/]+/g;
const REFUSED_ESCAPE = /%(?:00|2f)/i;
const DOT_SEGMENT = /(?:^|\/)\.\.?(?:\/|$)/;

/**
 * Path and query of a request-target, both still percent-encoded, the query without `?` and "" when there is none.
 *
 * Takes origin-form and absolute-form, which servers must accept (RFC 9112, 3.2.2); of the latter the authority
 * is not looked at.
 */
export function splitTarget(url: string): { path: string; query: string } {
  const mark = url.indexOf("?");
  const before = mark < 0 ? url : url.slice(0, mark);
  return { path: pathWithoutAuthority(before), query: mark < 0 ? "" : url.slice(mark + 1) };
}

/**
 * A request-target without scheme and authority, and otherwise as it came.
 *
 * @throws GatewayError GW_REQUEST_INVALID for `*`, which is about the gateway itself and no resource
 */
export function originForm(url: string): string {
  if (url.startsWith("/")) return url;
  const { path, query } = splitTarget(url);
  if (!path.startsWith("/")) throw invalid("the request-target has no path");
  return query === "" ? path : `${path}?${query}`;
}

/**
 * Whether a path may lead out of the one that a request-target is put behind, for some reader at least: servers resolve
 * `..` as they like, before or after decoding, and some take `\` for `/` or let `;` end a segment.
 */
export function mayClimb(url: string): boolean {
  const { path } = splitTarget(url);
  const decoded = path.replaceAll(/%2e/gi, ".").replaceAll(/%(?:2f|5c)/gi, "/");
  return CLIMBING_SEGMENT.test(decoded);
}

const CLIMBING_SEGMENT = /(?:^|[/\\])\.\.(?:[/\\;]|$)/;

function pathWithoutAuthority(url: string): string {
  if (url.startsWith("/")) return url;
  const scheme = url.indexOf("://");
  if (scheme < 0) return url;
  const slash = url.indexOf("/", scheme + 3);
  return slash < 0 ? "/" : url.slice(slash);
}

/**
 * To, from the path of a request (TS-0009, 6.2.2.1): `/~/id-in/a` is SP-relative, `/_/sp/id-in/a` absolute.
 *
 * Percent-escapes go first, so `/%7E/x` equals `/~/x`; `%23attr` at the end stays as `#attr`.
 *
 * @throws GatewayError GW_REQUEST_INVALID
 */
export function targetOf(path: string): TargetId {
  if (!path.startsWith("/")) throw invalid("the path does not begin with /");
  const decoded = path.includes("%") ? decodedPath(path) : path;
  if (hasDotSegment(decoded)) throw invalid("the path has a segment . or ..");
  // A point of access that ends in a slash, put before a mapped path, doubles the slash.
  const start = decoded.startsWith("//~/") || decoded.startsWith("//_/") ? 1 : 0;
  const end = decoded.length > 1 && decoded.endsWith("/") ? decoded.length - 1 : decoded.length;
  const to = unmarked(decoded.slice(start, end));
  if (isBare(to)) throw invalid("the path names no target");
  const hash = to.indexOf("#");
  if (hash >= 0 && to.includes("/", hash)) throw invalid("%23 stands before the last segment");
  return targetId(to);
}

function unmarked(path: string): string {
  if (path.startsWith("/~/")) return path.slice(2);
  if (path.startsWith("/_/")) return `/${path.slice(2)}`;
  return path.slice(1);
}

function decodedPath(path: string): string {
  // Whoever decodes earlier or later would see other segments, or a shorter path.
  if (REFUSED_ESCAPE.test(path)) throw invalid("the path has %00 or %2F");
  try {
    return decodeURIComponent(path);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    throw new GatewayError("GW_REQUEST_INVALID", {
      detail: "the path has a malformed percent-escape",
      cause: error,
    });
  }
}

/**
 * The path for `to`, the inverse of `targetOf`; an attribute `#attr` is not in it, for HTTP carries that in `atrl`.
 *
 * @throws GatewayError GW_REQUEST_INVALID for what a path would turn into another target
 */
export function pathOf(to: string): string {
  const resource = splitAttribute(to).resource;
  const trimmed = resource.endsWith("/") ? resource.slice(0, -1) : resource;
  if (isBare(trimmed)) throw invalid("to names no target");
  if (hasDotSegment(trimmed)) throw invalid("to has a segment . or ..");
  if (trimmed.startsWith("~/") || trimmed.startsWith("_/")) {
    throw invalid("to begins with a segment that marks other forms in HTTP");
  }
  const path = escaped(trimmed);
  if (path.startsWith("//")) return `/_${path.slice(1)}`;
  return path.startsWith("/") ? `/~${path}` : `/${path}`;
}

/** `id#attr` in its two parts (TS-0004, 6.2.3); `attribute` is undefined without one. */
export function splitAttribute(to: string): { resource: string; attribute: string | undefined } {
  const hash = to.indexOf("#");
  if (hash < 0) return { resource: to, attribute: undefined };
  const attribute = to.slice(hash + 1);
  return { resource: to.slice(0, hash), attribute: attribute === "" ? undefined : attribute };
}

function escaped(to: string): string {
  if (PATH_AS_IT_IS.test(to)) return to;
  if (to.includes("\0")) throw invalid("to has a NUL character");
  try {
    return to.replace(OUTSIDE_PCHAR, encodeURIComponent);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    throw new GatewayError("GW_REQUEST_INVALID", {
      detail: "to has half of a surrogate pair",
      cause: error,
    });
  }
}

/** Clients, proxies and servers resolve dot segments as they like, so that the target would depend on them. */
const hasDotSegment = (path: string): boolean => path.includes(".") && DOT_SEGMENT.test(path);

const isBare = (to: string): boolean =>
  to === "" || to === "/" || to === "//" || to === "~" || to === "_" || to.startsWith("#");

function invalid(detail: string): GatewayError {
  return new GatewayError("GW_REQUEST_INVALID", detail);
}

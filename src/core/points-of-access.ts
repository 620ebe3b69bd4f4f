import {
  type Content,
  type Edit,
  isTreeObject,
  rootObjectOf,
  type Tree,
} from "../primitive/content.ts";
import type { RequestPrimitive, ResponsePrimitive } from "../primitive/primitive.ts";

/** Where a CSE reaches registrees: `<advertised>/<prefix>/<token>`. */
export interface PointsOfAccess {
  /** Everything before the token, slash included; known once the HTTP face listens. */
  readonly base: string;
}

/** A registree's point of access here, and what it wrote itself in that place. */
export interface OwnPoint {
  readonly token: string;
  /** As written by the registree; undefined when it wrote none. */
  readonly pointsOfAccess: readonly string[] | undefined;
}

const REGISTRATION_ROOTS = new Set(["m2m:ae", "m2m:csr"]);
const WEB_SOCKET = /^wss?($|:)/i;
const THIS_CONNECTION = /^wss?(:\/\/(default)?)?$/i;
const HTTP = /^https?:\/\//i;
const MEMBERS_WITH_TARGETS = ["nu", "su", "nfu"] as const;

/** Whether a registree can be called there (TS-0009), as far as its spelling tells. */
export const isHttpPoint = (entry: string): boolean => HTTP.test(entry);

/**
 * Whether a request registers, or registers anew, an entity that can be called over HTTP: one that takes requests
 * (requestReachability), and names a point of access for them.
 */
export function namesHttpPoint(content: Content | undefined): boolean {
  const registration = rootObjectOf(content);
  if (registration === undefined || !REGISTRATION_ROOTS.has(registration.root)) return false;
  const { poa, rr } = registration.members;
  // nCube-Thyme writes it as a string.
  return rr !== false && rr !== "false" && stringsOf(poa)?.some(isHttpPoint) === true;
}

/**
 * A create or update of `<AE>` or `<remoteCSE>` with each ws entry of its pointOfAccess replaced by the gateway's
 * URL, which is added where none was. The CSE cannot dial a registree that listens nowhere (TS-0020, 6.2.1).
 *
 * @returns also the list as the registree wrote it; `wrote` is undefined when an update leaves pointOfAccess alone
 */
export function withGatewayPoint(
  request: RequestPrimitive,
  url: string,
  base: string,
): { request: RequestPrimitive; wrote: { list: readonly string[] | undefined } | undefined } {
  const registration = rootObjectOf(request.content);
  if (
    request.content === undefined ||
    registration === undefined ||
    !REGISTRATION_ROOTS.has(registration.root)
  ) {
    return { request, wrote: undefined };
  }
  const { poa } = registration.members;
  if (request.operation === "update" && poa === undefined) return { request, wrote: undefined };
  const list = stringsOf(poa);
  const value = replaced(list ?? [], url, base);
  const content = request.content.edited([{ path: [registration.root, "poa"], value }]);
  // What the registree reads back must not show it the gateway's URL, even if it wrote that itself once.
  return {
    request: { ...request, content },
    wrote: { list: list?.filter((entry) => !entry.startsWith(base)) },
  };
}

/** The pointOfAccess list to store for an entity that is adopted: what it has, with the gateway's URL in place. */
export function replaced(list: readonly string[], url: string, base: string): string[] {
  const out: string[] = [];
  for (const entry of list) {
    const next = WEB_SOCKET.test(entry) || entry.startsWith(base) ? url : entry;
    if (next !== url || !out.includes(url)) out.push(next);
  }
  if (!out.includes(url)) out.push(url);
  return out;
}

/**
 * A request with those notification targets that mean "this connection" replaced by the gateway's URL: `nu`, `su` and
 * `nfu` of a `<subscription>`, and the targets of Response Type. A query such as `?ct=json` stays.
 */
export function withGatewayTargets(
  request: RequestPrimitive,
  own: OwnPoint,
  url: string,
): RequestPrimitive {
  const content =
    request.content?.root() === "m2m:sub" ? retargeted(request.content, own, url) : request.content;
  const rt = request.carried.get("rt");
  const targets = isRecord(rt) ? stringsOf(rt["nu"] as Tree | undefined) : undefined;
  const moved = targets?.map((target) => gatewayTarget(target, own, url) ?? target);
  if (moved === undefined || moved.every((target, index) => target === targets?.[index])) {
    return content === request.content ? request : { ...request, content };
  }
  const carried = new Map(request.carried);
  carried.set("rt", { ...(rt as object), nu: moved });
  return { ...request, content, carried };
}

/** A response to a registree with its pointOfAccess as the registree wrote it, so that it can be written back. */
export function withOwnPoints(
  response: ResponsePrimitive,
  own: OwnPoint,
  url: string,
): ResponsePrimitive {
  const { content } = response;
  if (content === undefined || !content.mentions(own.token)) return response;
  const found = registrationPath(content);
  if (found === undefined) return response;
  const listed = stringsOf(found.poa);
  if (listed === undefined || !listed.includes(url)) return response;
  const mine = own.pointsOfAccess ?? [];
  const known = new Set(mine.map(normalised));
  const others = listed.filter((entry) => entry !== url && !known.has(normalised(entry)));
  const list = [...mine, ...others];
  const value = own.pointsOfAccess === undefined && list.length === 0 ? undefined : list;
  return { ...response, content: content.edited([{ path: found.path, value }]) };
}

/** CSEs store URLs without the slash at their end. */
const normalised = (url: string): string => url.replace(/\/+$/, "");

function retargeted(content: Content, own: OwnPoint, url: string): Content {
  const members = rootObjectOf(content)?.members;
  if (members === undefined) return content;
  const edits: Edit[] = [];
  for (const name of MEMBERS_WITH_TARGETS) {
    const value = movedTargets(members[name], own, url);
    if (value !== undefined) edits.push({ path: ["m2m:sub", name], value });
  }
  return edits.length === 0 ? content : content.edited(edits);
}

function movedTargets(value: Tree | undefined, own: OwnPoint, url: string): Tree | undefined {
  if (typeof value === "string") return gatewayTarget(value, own, url);
  if (!Array.isArray(value)) return undefined;
  const moved = value.map((target: Tree) =>
    typeof target === "string" ? (gatewayTarget(target, own, url) ?? target) : target,
  );
  return moved.some((target, index) => target !== value[index]) ? moved : undefined;
}

/** The gateway's URL for a target that means the sender itself; undefined for any other. */
function gatewayTarget(target: string, own: OwnPoint, url: string): string | undefined {
  if (!WEB_SOCKET.test(target)) return undefined;
  const mark = target.indexOf("?");
  const bare = mark < 0 ? target : target.slice(0, mark);
  const self = THIS_CONNECTION.test(bare) || own.pointsOfAccess?.includes(bare) === true;
  return self ? url + target.slice(bare.length) : undefined;
}

/** Where the registration lies in a response: as the root, or inside `m2m:rce` with or without its prefix. */
function registrationPath(
  content: Content,
): { path: [string, ...string[]]; poa: Tree | undefined } | undefined {
  const outer = rootObjectOf(content);
  if (outer === undefined) return undefined;
  if (REGISTRATION_ROOTS.has(outer.root)) {
    return { path: [outer.root, "poa"], poa: outer.members["poa"] };
  }
  if (outer.root !== "m2m:rce") return undefined;
  for (const [name, inner] of Object.entries(outer.members)) {
    if (isTreeObject(inner) && REGISTRATION_ROOTS.has(prefixed(name))) {
      return { path: [outer.root, name, "poa"], poa: inner["poa"] };
    }
  }
  return undefined;
}

const prefixed = (name: string): string => (name.includes(":") ? name : `m2m:${name}`);

/** A list of strings; a single one is taken as a list of one, as some clients write it. */
function stringsOf(value: Tree | undefined): readonly string[] | undefined {
  if (typeof value === "string") return [value];
  if (!Array.isArray(value)) return undefined;
  return value.filter((item): item is string => typeof item === "string");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

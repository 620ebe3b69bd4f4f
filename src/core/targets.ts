import {
  type Edit,
  resourceIn,
  rootObjectOf,
  stringsOf,
  type Tree,
  type TreeObject,
} from "../primitive/content.ts";
import type { RequestPrimitive, ResponsePrimitive } from "../primitive/primitive.ts";
import { isWebSocketPoint, type OwnPoint } from "./points-of-access.ts";

/** What a target becomes; undefined where it stays as it is. */
export type Replacement = (target: string) => string | undefined;

/** How a registree names the connection that it has itself (TS-0020, 6.2.1). */
export const THIS_CONNECTION = "ws://default";

const MEANS_THIS_CONNECTION = /^wss?(?:(?::\/\/)?(?=\?|$)|:\/\/default(?=[/?]|$))/i;
const SUBSCRIPTION = "m2m:sub";
const MEMBERS_WITH_TARGETS = ["nu", "su", "nfu"] as const;

/**
 * What follows in a target that means the sender itself, over WebSocket: a path, which is To of what is sent there, and a
 * query such as `?ct=json`; either may be missing. Undefined for any other target.
 */
export function behindThisConnection(target: string, own: OwnPoint): string | undefined {
  const [named] = MEANS_THIS_CONNECTION.exec(target) ?? [];
  if (named !== undefined) return target.slice(named.length);
  if (!isWebSocketPoint(target)) return undefined;
  const bare = target.replace(/\?.*$/s, "");
  return own.pointsOfAccess?.includes(bare) === true ? target.slice(bare.length) : undefined;
}

/** The path and the query that follow a URL in `target`; undefined where it is another one. */
export function behind(target: string, url: string): string | undefined {
  if (!target.startsWith(url)) return undefined;
  const rest = target.slice(url.length);
  return rest === "" || rest.startsWith("/") || rest.startsWith("?") ? rest : undefined;
}

/** To of what is sent to `ws://default/<path>`: what HTTP would make of that path (TS-0009, 6.2.2.1). */
export function toAtThisConnection(url: string): string {
  const path = decoded(url.slice(THIS_CONNECTION.length + 1).replace(/\?.*$/s, ""));
  if (path.startsWith("~/")) return path.slice(1);
  return path.startsWith("_/") ? `/${path.slice(1)}` : path;
}

/** The targets in a request: `nu`, `su` and `nfu` of a `<subscription>`, and those of Response Type. */
export function targetsIn(request: RequestPrimitive): readonly string[] {
  const members = subscriptionIn(request);
  const attributes = MEMBERS_WITH_TARGETS.flatMap((name) => stringsOf(members?.[name]) ?? []);
  return [...attributes, ...(responseTargetsOf(request) ?? [])];
}

/** A request with its targets replaced. */
export function withTargets(request: RequestPrimitive, replacement: Replacement): RequestPrimitive {
  const members = subscriptionIn(request);
  const edits = members === undefined ? [] : editsOf([SUBSCRIPTION], members, replacement);
  const content = edits.length === 0 ? request.content : request.content?.edited(edits);
  const targets = responseTargetsOf(request);
  const moved = targets && replacedIn(targets, replacement);
  if (moved === undefined) return content === request.content ? request : { ...request, content };
  const carried = new Map(request.carried);
  carried.set("rt", { ...(carried.get("rt") as object), nu: moved });
  return { ...request, content, carried };
}

/** A response with the targets replaced of the `<subscription>` that it shows. */
export function withShownTargets(
  response: ResponsePrimitive,
  replacement: Replacement,
): ResponsePrimitive {
  const { content } = response;
  const found = content && resourceIn(content, (root) => root === SUBSCRIPTION);
  if (content === undefined || found === undefined) return response;
  const edits = editsOf(found.path, found.members, replacement);
  return edits.length === 0 ? response : { ...response, content: content.edited(edits) };
}

function subscriptionIn({ content }: RequestPrimitive): TreeObject | undefined {
  return content?.root() === SUBSCRIPTION ? rootObjectOf(content)?.members : undefined;
}

function responseTargetsOf({ carried }: RequestPrimitive): readonly string[] | undefined {
  const rt = carried.get("rt");
  return isRecord(rt) ? stringsOf(rt["nu"] as Tree | undefined) : undefined;
}

function editsOf(
  path: readonly [string, ...string[]],
  members: TreeObject,
  replacement: Replacement,
): Edit[] {
  const edits: Edit[] = [];
  for (const name of MEMBERS_WITH_TARGETS) {
    const before = members[name];
    const value =
      typeof before === "string"
        ? replacement(before)
        : Array.isArray(before)
          ? replacedIn(before, replacement)
          : undefined;
    if (value !== undefined) edits.push({ path: [...path, name], value });
  }
  return edits;
}

/** Undefined where nothing is replaced. What two targets become is not told twice. */
function replacedIn<T extends Tree>(
  list: readonly T[],
  replacement: Replacement,
): (T | string)[] | undefined {
  const moved = list.map((target) =>
    typeof target === "string" ? (replacement(target) ?? target) : target,
  );
  if (moved.every((target, at) => target === list[at])) return undefined;
  return moved.filter((target, at) => target === list[at] || moved.indexOf(target) === at);
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    return path;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

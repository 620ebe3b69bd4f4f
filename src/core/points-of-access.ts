import { GatewayError } from "../base/errors.ts";
import { type Content, resourceIn, rootObjectOf, stringsOf } from "../primitive/content.ts";
import type { RequestPrimitive, ResponsePrimitive } from "../primitive/primitive.ts";
import type { Registration } from "./registration.ts";

/**
 * What stands at the CSE for the points of access and the notification targets of registrees. How they are written there
 * depends on how the CSE reaches the gateway: over HTTP (`FrontPoints`), or on a WebSocket that this one has dialled
 * (`BridgePoints`).
 */
export interface PointsOfAccess {
  /** Of the points of access at the HTTP face everything before the token, slash included; known once that listens. */
  readonly base: string;
  /** What the CSE is told as the point of access of a registree. */
  pointOf(own: Pick<OwnPoint, "token">): string;
  /** Whether an entry of a pointOfAccess list gives way to that. */
  givesWay(entry: string): boolean;
  /**
   * A request of a registree with those notification targets replaced that mean nothing to the CSE.
   *
   * @returns a promise only where there is something to wait for
   * @throws GatewayError GW_TOO_MANY_TARGETS, GW_REQUEST_INVALID, GW_STORE_FAILED
   */
  toCse(request: RequestPrimitive, own: Registration): RequestPrimitive | Promise<RequestPrimitive>;
  /**
   * An answer to a registree with its points of access and targets as it wrote them, so that it can write them back.
   *
   * @param ofItself the request was about its own registration
   */
  toRegistree(response: ResponsePrimitive, own: Registration, ofItself: boolean): ResponsePrimitive;
}

/** A registree's point of access here, and what it wrote itself in that place. */
export interface OwnPoint {
  readonly token: string;
  /** As written by the registree; undefined when it wrote none. */
  readonly pointsOfAccess: readonly string[] | undefined;
}

const REGISTRATION_ROOTS = new Set(["m2m:ae", "m2m:csr"]);
const WEB_SOCKET = /^wss?($|:)/i;
const HTTP = /^https?:\/\//i;

/** Whether a registree can be called there (TS-0009), as far as its spelling tells. */
export const isHttpPoint = (entry: string): boolean => HTTP.test(entry);

/** Whether it is one of WebSocket, `ws` alone included. */
export const isWebSocketPoint = (entry: string): boolean => WEB_SOCKET.test(entry);

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
 * A create or update of `<AE>` or `<remoteCSE>` with the gateway's point of access in the place of those entries that
 * give way to it, added where none does. The CSE cannot dial a registree that listens nowhere (TS-0020, 6.2.1).
 *
 * @returns also the list as the registree wrote it; `wrote` is undefined when an update leaves pointOfAccess alone
 */
export function withGatewayPoint(
  request: RequestPrimitive,
  own: Pick<OwnPoint, "token">,
  points: PointsOfAccess,
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
  const value = replaced(list ?? [], own, points);
  const content = request.content.edited([{ path: [registration.root, "poa"], value }]);
  return { request: { ...request, content }, wrote: { list: list && written(list, points) } };
}

/**
 * Refuses a registration with more points of access than the gateway keeps, each of which it may have to try.
 *
 * Our choice: 4000, for TS-0004 bounds no list, and what is wrong lies in the request.
 *
 * @throws GatewayError GW_TOO_MANY_POINTS
 */
export function checkPoints({ content }: RequestPrimitive, most: number): void {
  const registration = rootObjectOf(content);
  if (registration === undefined || !REGISTRATION_ROOTS.has(registration.root)) return;
  const { poa } = registration.members;
  if (Array.isArray(poa) && poa.length > most) {
    throw new GatewayError("GW_TOO_MANY_POINTS", `the limit is ${most}`);
  }
}

/** The pointOfAccess list to store at the CSE: the gateway's in the place of those that give way to it, once. */
export function replaced(
  list: readonly string[],
  own: Pick<OwnPoint, "token">,
  points: PointsOfAccess,
): string[] {
  const point = points.pointOf(own);
  const out: string[] = [];
  for (const entry of list) {
    const next = points.givesWay(entry) ? point : entry;
    if (next !== point || !out.includes(point)) out.push(next);
  }
  if (!out.includes(point)) out.push(point);
  return out;
}

/** What of a list is the registree's: it must not read the gateway's URL back, even if it wrote that itself once. */
export const written = (list: readonly string[], { base }: PointsOfAccess): readonly string[] =>
  list.filter((entry) => !entry.startsWith(base));

/** A response with the pointOfAccess in it as the registree wrote it. @param point what stands for that at the CSE */
export function withOwnPoints(
  response: ResponsePrimitive,
  own: OwnPoint,
  point: string,
): ResponsePrimitive {
  const { content } = response;
  const found = content && resourceIn(content, (root) => REGISTRATION_ROOTS.has(root));
  if (content === undefined || found === undefined) return response;
  const listed = stringsOf(found.members["poa"]);
  if (listed === undefined || !listed.includes(point)) return response;
  const mine = own.pointsOfAccess ?? [];
  const known = new Set(mine.map(normalised));
  const others = listed.filter((entry) => entry !== point && !known.has(normalised(entry)));
  const list = [...mine, ...others];
  const value = own.pointsOfAccess === undefined && list.length === 0 ? undefined : list;
  return { ...response, content: content.edited([{ path: [...found.path, "poa"], value }]) };
}

/** CSEs store URLs without the slash at their end. Looked for once in each run of slashes: peers may write many. */
const normalised = (url: string): string => url.replace(/(?<!\/)\/+$/, "");

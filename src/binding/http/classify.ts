import { GatewayError } from "../../base/errors.ts";
import type { Applications } from "../../core/applications.ts";
import type { Route } from "../../core/route.ts";
import { type Operation, type TargetId, targetId } from "../../primitive/primitive.ts";
import { type ContentType, parseContentType } from "./content-type.ts";
import { operationOf } from "./methods.ts";
import { parametersIn } from "./query.ts";
import { splitTarget, targetOf } from "./target.ts";

/** What of an HTTP request decides where it goes. */
export interface RequestHead {
  readonly method: string;
  /** Request-target in origin-form or absolute-form. */
  readonly url: string;
  readonly contentType: string | undefined;
}

/** Where a request goes, and what was understood of it on the way to that. */
export interface Classified {
  readonly route: Route;
  /** Undefined for a method that oneM2M has no operation for. */
  readonly operation: Operation | undefined;
  readonly to: TargetId;
  /** Percent-encoded, without `?`. */
  readonly query: string;
  readonly contentType: ContentType;
  /** It calls a point of access of the gateway. */
  readonly atPoint: boolean;
}

/**
 * Finds out where a request goes from its head alone: before its body is read, it must be known whether it passes
 * through unread.
 *
 * @param prefix first path segments of the gateway's points of access, such as `/poa`
 * @returns undefined for a head that cannot be understood, where the CSE may judge it instead
 * @throws GatewayError GW_REQUEST_INVALID for such a head where it may not
 */
export function classify(
  { method, url, contentType: field }: RequestHead,
  prefix: string,
  applications: Pick<Applications, "routeOf" | "targetBehind">,
  mayPass: boolean,
): Classified | undefined {
  let token: string | undefined;
  try {
    const { path, query } = splitTarget(url);
    const point = pointOfAccessIn(path, prefix);
    token = point?.token;
    const contentType = parseContentType(field);
    const operation = operationOf(method, contentType.resourceType);
    const to =
      point?.rest === ""
        ? (applications.targetBehind(point.token) ?? NO_TARGET)
        : targetOf(point?.rest ?? path);
    const route = applications.routeOf(operation, to, token);
    const called = token !== undefined && operation === "notify";
    const atPoint = token !== undefined;
    return {
      route,
      operation,
      to,
      query: called ? parametersIn(query) : query,
      contentType,
      atPoint,
    };
  } catch (error) {
    if (mayPass && token === undefined && error instanceof GatewayError) return undefined;
    throw error;
  }
}

/** Of a token that nobody has; it is refused before anyone reads this. */
const NO_TARGET: TargetId = targetId("");

/** The token of a point of access, and the path behind it; "" when there is none. */
function pointOfAccessIn(
  path: string,
  prefix: string,
): { token: string; rest: string } | undefined {
  if (!path.startsWith(prefix) || path.charAt(prefix.length) !== "/") return undefined;
  const start = prefix.length + 1;
  const end = path.indexOf("/", start);
  if (end < 0) return { token: path.slice(start), rest: "" };
  const rest = path.slice(end);
  return { token: path.slice(start, end), rest: rest === "/" ? "" : rest };
}

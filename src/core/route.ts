import type { FailureCode } from "../base/errors.ts";
import type { Domain, EntityId } from "../primitive/identifiers.ts";
import type { Operation } from "../primitive/primitive.ts";
import { mayBeTarget } from "./bridge-targets.ts";
import { requestAddressed } from "./non-blocking.ts";
import type { Registration } from "./registration.ts";

export type Route =
  /** Whether that has a link is asked when the request is there as a whole. */
  | { readonly via: "registree"; readonly registree: EntityId; readonly token: string }
  /** A `<request>` of the gateway itself. */
  | { readonly via: "request"; readonly id: string }
  | { readonly via: "cse" }
  | { readonly via: "refuse"; readonly code: FailureCode };

/** What the route is chosen from; the registry. */
export interface RouteTable {
  readonly domain: Domain;
  byToken(token: string): Registration | undefined;
  isTarget(to: string): boolean;
  ownerOf(operation: Operation | undefined, to: string): Registration | undefined;
}

const TO_CSE: Route = { via: "cse" };

/**
 * Where a request goes: to the registree whose point of access was called, else to the one whom To concerns, else
 * to the CSE.
 *
 * @param operation undefined for an HTTP method that has none; it can only pass through
 * @param token of the gateway's point of access in the HTTP path; it decides before To, because a registree CSE
 *   also receives requests for descendants whose CSE-ID differs (TS-0001, 8.2.1.1)
 */
export function chooseRoute(
  operation: Operation | undefined,
  to: string,
  token: string | undefined,
  table: RouteTable,
): Route {
  const id = token === undefined ? requestAddressed(to, table.domain) : undefined;
  if (id !== undefined) return { via: "request", id };
  const registration = token === undefined ? table.ownerOf(operation, to) : table.byToken(token);
  const isTarget = table.isTarget(to);
  if (registration === undefined) {
    return token === undefined && !isTarget ? TO_CSE : refuse("GW_TARGET_UNKNOWN");
  }
  if (operation === undefined) return refuse("GW_METHOD_NOT_ALLOWED");
  if ((registration.kind === "ae" || isTarget) && operation !== "notify") {
    return refuse("GW_ONLY_NOTIFY_TO_AE");
  }
  // A target is sent to by its own address, whether the registree takes requests itself or not.
  if (!registration.reachable && !isTarget && !mayBeTarget(to)) {
    return refuse("GW_TARGET_NOT_REACHABLE_BY_REQUEST");
  }
  return { via: "registree", registree: registration.id, token: registration.token };
}

function refuse(code: FailureCode): Route {
  return { via: "refuse", code };
}

import type { RequestPrimitive } from "../primitive/primitive.ts";

/** Structured: what holds where nothing is said. */
const DEFAULT = 1;

/**
 * A request without a Desired Identifier Result Type that says nothing: ACME names the default in every request, and
 * only a Retrieve may name any (TS-0004, table 7.2.1.1-1).
 */
export function withoutIdleResultType(request: RequestPrimitive): RequestPrimitive {
  const { carried, operation } = request;
  if (operation === "retrieve" || carried.get("drt") !== DEFAULT) return request;
  const left = new Map(carried);
  left.delete("drt");
  return { ...request, carried: left };
}

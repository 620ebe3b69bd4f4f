import { isDeepStrictEqual } from "node:util";
import type { RequestPrimitive } from "../primitive/primitive.ts";

/** Whether two requests that share originator and identifier are one request sent twice. */
export function isSameRequest(one: RequestPrimitive, other: RequestPrimitive): boolean {
  return (
    one.operation === other.operation &&
    one.to === other.to &&
    one.content?.size === other.content?.size &&
    isDeepStrictEqual(one.content?.tree(), other.content?.tree())
  );
}

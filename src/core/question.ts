import type { Clock } from "../base/clock.ts";
import type { Content } from "../primitive/content.ts";
import {
  NOTHING_CARRIED,
  type RequestPrimitive,
  requestId,
  targetId,
} from "../primitive/primitive.ts";
import type { TimedRequest } from "./deadline.ts";

/** What the gateway asks the CSE, or tells it, by itself. */
export interface Question {
  readonly operation: "retrieve" | "update";
  readonly to: string;
  readonly from: string;
  readonly content?: Content;
}

/** A request of the gateway's own, within the time of the request that gave rise to it, if one did. */
export function questionOf(
  { operation, to, from, content }: Question,
  asked: TimedRequest | undefined,
  { clock, newToken }: { readonly clock: Clock; readonly newToken: () => string },
): TimedRequest {
  const request: RequestPrimitive = {
    kind: "request",
    operation,
    to: targetId(to),
    from,
    requestIdentifier: requestId(newToken()),
    resourceType: undefined,
    releaseVersion: asked?.request.releaseVersion ?? "3",
    content,
    carried: NOTHING_CARRIED,
    trace: asked?.request.trace,
  };
  const { arrived, expires } = asked ?? { arrived: clock.now(), expires: undefined };
  return { request, arrived, expires };
}

import type { EpochMs } from "../base/clock.ts";
import type { FailureCode } from "../base/errors.ts";
import type { EntityId } from "../primitive/identifiers.ts";
import type { RequestPrimitive, ResponsePrimitive } from "../primitive/primitive.ts";
import { asGatewayError } from "../primitive/respond.ts";
import type { Outcome } from "./hold-store.ts";
import type { Observer, Peer, Way } from "./ports.ts";
import type { Route } from "./route.ts";

/** A step in the life of a request primitive, told when it is made. */
export type Step =
  /** @see Peer.face; `by` is the link, or the address that the peer has itself */
  | { readonly is: "received"; readonly face: Peer["face"]; readonly by: string | undefined }
  | { readonly is: "routed"; readonly route: Route }
  /** `by` is the link, or an address that is called. */
  | { readonly is: "sent"; readonly registree: EntityId; readonly by: string }
  | { readonly is: "failed"; readonly registree: EntityId; readonly code: FailureCode }
  | {
      readonly is: "answered";
      readonly registree: EntityId;
      readonly response: ResponsePrimitive;
    }
  | {
      readonly is: "held";
      readonly registree: EntityId;
      readonly sequence: number;
      readonly expires: EpochMs;
      /** On disk; else its originator waits. */
      readonly stored: boolean;
    }
  /** What was held has ended. */
  | {
      readonly is: "settled";
      readonly registree: EntityId;
      readonly outcome: Outcome;
      readonly why: string;
    }
  /** What its originator is answered. */
  | {
      readonly is: "replied";
      readonly response: ResponsePrimitive;
      /** Undefined where it got none. */
      readonly route?: Route;
    };

/** Delivers as `way` does, and tells the steps of it. */
export async function deliverOn(
  way: Way,
  request: RequestPrimitive,
  deadline: EpochMs,
  registree: EntityId,
  observer: Pick<Observer, "stepped">,
): Promise<ResponsePrimitive> {
  observer.stepped(request, { is: "sent", registree, by: way.id ?? "dialled" });
  try {
    const response = await way.deliver(request, deadline, registree);
    observer.stepped(request, { is: "answered", registree, response });
    return response;
  } catch (error) {
    observer.stepped(request, { is: "failed", registree, code: asGatewayError(error).code });
    throw error;
  }
}

import type { RequestPrimitive, ResponsePrimitive } from "../primitive/primitive.ts";
import {
  isWebSocketPoint,
  type OwnPoint,
  type PointsOfAccess,
  withOwnPoints,
} from "./points-of-access.ts";
import {
  behind,
  behindThisConnection,
  THIS_CONNECTION,
  withShownTargets,
  withTargets,
} from "./targets.ts";

/**
 * Points of access for a CSE that calls the gateway over HTTP: `<base><token>` stands for the connection of a registree,
 * and what follows it in a target stays: it is To of what comes back there.
 */
export class FrontPoints implements PointsOfAccess {
  base = "";

  pointOf({ token }: Pick<OwnPoint, "token">): string {
    return this.base + token;
  }

  givesWay(entry: string): boolean {
    return isWebSocketPoint(entry) || entry.startsWith(this.base);
  }

  toCse(request: RequestPrimitive, own: OwnPoint): RequestPrimitive {
    const point = this.pointOf(own);
    return withTargets(request, (target) => {
      const rest = behindThisConnection(target, own);
      return rest === undefined ? undefined : point + rest;
    });
  }

  toRegistree(response: ResponsePrimitive, own: OwnPoint): ResponsePrimitive {
    if (response.content?.mentions(own.token) !== true) return response;
    const point = this.pointOf(own);
    return withShownTargets(withOwnPoints(response, own, point), (target) => {
      const rest = behind(target, point);
      return rest === undefined ? undefined : THIS_CONNECTION + rest;
    });
  }
}

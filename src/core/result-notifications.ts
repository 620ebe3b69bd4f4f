import { type Clock, later } from "../base/clock.ts";
import { GatewayError } from "../base/errors.ts";
import { type ExactObject, MadeContent } from "../primitive/content.ts";
import { entityIdOf } from "../primitive/identifiers.ts";
import {
  NOTHING_CARRIED,
  type RequestPrimitive,
  type ResponsePrimitive,
  requestId,
  targetId,
} from "../primitive/primitive.ts";
import type { TimedRequest } from "./deadline.ts";
import type { Exchanges } from "./exchange.ts";
import type { Hold } from "./hold.ts";
import type { HoldTimes } from "./hold-policy.ts";
import { isHttpPoint, type PointsOfAccess } from "./points-of-access.ts";
import type { Caller, Observer } from "./ports.ts";
import type { Registry } from "./registry.ts";
import { chooseRoute } from "./route.ts";

export interface ResultNotificationParts {
  readonly clock: Clock;
  readonly hold: Hold;
  readonly registry: Registry;
  readonly exchanges: Exchanges;
  readonly points: PointsOfAccess;
  readonly observer: Observer;
  /** Undefined where no address is called. */
  readonly caller?: Caller | undefined;
  readonly times: Pick<HoldTimes, "ceiling">;
  /** From whom they come. */
  readonly originator: string;
  /** Random text for an identifier. */
  readonly newId: () => string;
}

const URL_WITH_SCHEME = /^[a-z][a-z0-9+.-]*:/i;

/**
 * Tells the result of a non-blocking request to whoever is to be told: the targets that the request names, its
 * originator when it names none, nobody when it names an empty list (TS-0004, 7.5.1.2.5).
 *
 * For registrees they are held like any Notify, over restarts; the CSE is asked once, and so is an address over HTTP
 * that may be called.
 */
export class ResultNotifications {
  readonly #parts: ResultNotificationParts;

  constructor(parts: ResultNotificationParts) {
    this.#parts = parts;
  }

  /**
   * @param result what `m2m:rsp` has
   * @throws GatewayError GW_HOLD_FAILED when the store took none of them in
   */
  async notify(request: RequestPrimitive, result: ExactObject): Promise<void> {
    await Promise.all(
      targetsOf(request).map(async (target) => {
        try {
          await this.#send(target, request, result);
        } catch (error) {
          if (error instanceof GatewayError && error.code === "GW_HOLD_FAILED") throw error;
          this.#warn(target, error);
        }
      }),
    );
  }

  async #send(target: string, request: RequestPrimitive, result: ExactObject): Promise<void> {
    const { clock, exchanges, hold, originator, newId, points, registry } = this.#parts;
    const token = target.startsWith(points.base)
      ? target.slice(points.base.length).replace(/[/?].*$/, "")
      : undefined;
    const isUrl = token === undefined && URL_WITH_SCHEME.test(target);
    const route = chooseRoute("notify", target, token, registry);
    if (route.via === "refuse") throw new GatewayError(route.code);
    const notification: RequestPrimitive = {
      kind: "request",
      operation: "notify",
      to: targetId(token === undefined && !isUrl ? target : (request.from ?? target)),
      from: originator,
      requestIdentifier: requestId(newId()),
      resourceType: undefined,
      releaseVersion: request.releaseVersion,
      content: new MadeContent({ "m2m:rsp": result }),
      carried: NOTHING_CARRIED,
    };
    const arrived = clock.now();
    const timedRequest: TimedRequest = { request: notification, expires: undefined, arrived };
    if (route.via === "registree") {
      const { registree } = route;
      await hold.store({ registree, sequence: hold.nextSequence(), timedRequest }, undefined);
      return;
    }
    const told = isUrl
      ? this.#call(target, notification, request.from)
      : exchanges.carry({ via: "cse" }, timedRequest);
    told
      .then(({ responseStatusCode }) => {
        if (responseStatusCode < 2000 || responseStatusCode >= 3000) {
          this.#warn(target, `answered ${responseStatusCode}`);
        }
      })
      .catch((error: unknown) => this.#warn(target, error));
  }

  /** Of a target that is a URL no more than an answer of HTTP may be expected (TS-0004, 7.3.1.3). */
  async #call(
    url: string,
    notification: RequestPrimitive,
    asker: string | undefined,
  ): Promise<ResponsePrimitive> {
    const { caller, clock, registry, times } = this.#parts;
    if (caller === undefined || !isHttpPoint(url)) throw new GatewayError("GW_NOT_CALLABLE");
    const deadline = later(clock.now(), times.ceiling);
    const known =
      asker === undefined ? undefined : registry.registration(entityIdOf(asker, registry.domain));
    const peerAddress = known?.peerAddress;
    return await caller.call(notification, deadline, {
      url,
      is: "target",
      peerAddress,
      reads: undefined,
    });
  }

  #warn(target: string, error: unknown): void {
    this.#parts.observer.warn("the result of a non-blocking request was not told", {
      to: target,
      error,
    });
  }
}

function targetsOf({ carried, from }: RequestPrimitive): readonly string[] {
  const rt = carried.get("rt");
  const targets = typeof rt === "object" && rt !== null && "nu" in rt ? rt.nu : undefined;
  if (targets === undefined) return from === undefined ? [] : [from];
  const list: readonly unknown[] = Array.isArray(targets) ? targets : [targets];
  return list.filter((target): target is string => typeof target === "string" && target !== "");
}

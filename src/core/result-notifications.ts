import { type Clock, later } from "../base/clock.ts";
import { GatewayError } from "../base/errors.ts";
import { type ExactObject, MadeContent } from "../primitive/content.ts";
import { stemOf } from "../primitive/identifiers.ts";
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
import type { Registration } from "./registration.ts";
import type { Registry } from "./registry.ts";
import { chooseRoute, type Route } from "./route.ts";

export interface ResultNotificationParts {
  readonly clock: Clock;
  readonly hold: Hold;
  readonly registry: Registry;
  readonly exchanges: Exchanges;
  readonly points: Pick<PointsOfAccess, "base">;
  readonly observer: Observer;
  /** Undefined where no address is called. */
  readonly caller?: Caller | undefined;
  readonly times: Pick<HoldTimes, "ceiling">;
  /** From whom they come. */
  readonly originator: string;
  /** Random text for an identifier. */
  readonly newId: () => string;
}

type RegistreeRoute = Extract<Route, { via: "registree" }>;

/** Somebody who is to be told. */
interface Target<R extends Route> {
  readonly route: R;
  /** As the request names it. */
  readonly target: string;
  readonly to: string;
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
   * Holds the news for those that are registrees.
   *
   * @param result what `m2m:rsp` has
   * @throws GatewayError GW_HOLD_FAILED when the store fails
   */
  async hold(request: RequestPrimitive, result: ExactObject): Promise<void> {
    await Promise.all(
      this.#targets(request, "registree").map(async ({ route, target, to }) => {
        try {
          const { hold } = this.#parts;
          const timedRequest = this.#notification(to, request, result);
          const { registree, token } = route;
          const sequence = hold.nextSequence();
          await hold.store({ registree, token, sequence, timedRequest }, undefined);
        } catch (error) {
          if (error instanceof GatewayError && error.code === "GW_HOLD_FAILED") throw error;
          this.#warn(target, error);
        }
      }),
    );
  }

  /** Whether anybody is to be told who is no registree. */
  concernsOthers(request: RequestPrimitive): boolean {
    return this.#targets(request, "other").length > 0;
  }

  /** Tells those who are no registrees, each once. Resolves when all have been tried; never rejects. */
  async tellOthers(request: RequestPrimitive, result: ExactObject): Promise<void> {
    await Promise.all(
      this.#targets(request, "other").map(async ({ route, target, to }) => {
        try {
          if (route.via === "refuse") throw new GatewayError(route.code);
          const timedRequest = this.#notification(to, request, result);
          const { responseStatusCode } = URL_WITH_SCHEME.test(target)
            ? await this.#call(target, timedRequest.request)
            : await this.#parts.exchanges.carry({ via: "cse" }, timedRequest);
          if (!isSuccess(responseStatusCode)) this.#warn(target, `answered ${responseStatusCode}`);
        } catch (error) {
          this.#warn(target, error);
        }
      }),
    );
  }

  #targets(request: RequestPrimitive, who: "registree"): readonly Target<RegistreeRoute>[];
  #targets(request: RequestPrimitive, who: "other"): readonly Target<Route>[];
  #targets(request: RequestPrimitive, who: "registree" | "other"): readonly Target<Route>[] {
    return targetsOf(request)
      .map((target) => this.#targetOf(target, request))
      .filter(({ route }) => (route.via === "registree") === (who === "registree"));
  }

  #targetOf(target: string, { from }: RequestPrimitive): Target<Route> {
    const { points, registry } = this.#parts;
    const token = target.startsWith(points.base)
      ? target.slice(points.base.length).replace(/[/?].*$/s, "")
      : undefined;
    const route = chooseRoute("notify", target, token, registry);
    if (token === undefined && !URL_WITH_SCHEME.test(target)) return { route, target, to: target };
    const called = token === undefined ? undefined : registry.byToken(token);
    return { route, target, to: called === undefined ? (from ?? target) : idForTo(called) };
  }

  #notification(to: string, request: RequestPrimitive, result: ExactObject): TimedRequest {
    const { clock, newId, originator } = this.#parts;
    const notification: RequestPrimitive = {
      kind: "request",
      operation: "notify",
      to: targetId(to),
      from: originator,
      requestIdentifier: requestId(newId()),
      resourceType: undefined,
      releaseVersion: request.releaseVersion,
      content: new MadeContent({ "m2m:rsp": result }),
      carried: NOTHING_CARRIED,
      trace: request.trace,
    };
    return { request: notification, expires: undefined, arrived: clock.now() };
  }

  /** Of a target that is a URL no more than an answer of HTTP may be expected (TS-0004, 7.3.1.3). */
  async #call(url: string, notification: RequestPrimitive): Promise<ResponsePrimitive> {
    const { caller, clock, times } = this.#parts;
    if (caller === undefined || !isHttpPoint(url)) throw new GatewayError("GW_NOT_CALLABLE");
    const deadline = later(clock.now(), times.ceiling);
    // Anybody may claim to be an originator: no address is taken for its own.
    const address = { url, is: "target", peerAddress: undefined, reads: undefined } as const;
    return await caller.call(notification, deadline, address);
  }

  #warn(target: string, error: unknown): void {
    this.#parts.observer.warn("the result of a non-blocking request was not told", {
      to: target,
      error,
    });
  }
}

/** To, where a registree's point of access is called without one. */
const idForTo = ({ id, kind }: Registration): string => (kind === "ae" ? stemOf(id) : id);

const isSuccess = (rsc: number): boolean => rsc >= 2000 && rsc < 3000;

function targetsOf({ carried, from }: RequestPrimitive): readonly string[] {
  const rt = carried.get("rt");
  const targets = typeof rt === "object" && rt !== null && "nu" in rt ? rt.nu : undefined;
  if (targets === undefined) return from === undefined ? [] : [from];
  const list: readonly unknown[] = Array.isArray(targets) ? targets : [targets];
  return list.filter((target): target is string => typeof target === "string" && target !== "");
}

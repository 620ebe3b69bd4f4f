import { type Clock, type EpochMs, later, millis } from "../base/clock.ts";
import { Rsc } from "../base/response-status-code.ts";
import { type EntityId, originatorOf } from "../primitive/identifiers.ts";
import {
  type RequestPrimitive,
  type ResponsePrimitive,
  responseTypeOf,
} from "../primitive/primitive.ts";
import { respondFailure } from "../primitive/respond.ts";
import { timed } from "./deadline.ts";
import type { Exchanges } from "./exchange.ts";
import type { LateAnswers } from "./late-answers.ts";
import type { Link, Observer } from "./ports.ts";
import { questionOf } from "./question.ts";
import type { RegistrarHost } from "./registrar-port.ts";
import type { Registration } from "./registration.ts";
import type { RegistreeRequests } from "./registree-requests.ts";
import type { Registry } from "./registry.ts";
import { chooseRoute, type Route } from "./route.ts";

export interface RegistrarRequestParts {
  readonly registry: Registry;
  readonly exchanges: Exchanges;
  readonly registreeRequests: RegistreeRequests;
  readonly lateAnswers: LateAnswers;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly newId: () => string;
}

/** Registrees that are made known at a time. */
const AT_ONCE = 8;
/** How long a registrar is left alone that did not answer one. */
const AGAIN = millis(5_000);
/** What a gateway before the registrar says while that is away: it may have learnt of nobody then. */
const NO_ANSWER: ReadonlySet<number> = new Set([Rsc.TARGET_NOT_REACHABLE, Rsc.REQUEST_TIMEOUT]);
/** What the shared connection is called where answers wait for it. */
const SHARED = "" as EntityId;

/** Serves the requests that come down from the registrar, and tells it who is to be reached on a connection. */
export class RegistrarRequests implements RegistrarHost {
  readonly #parts: RegistrarRequestParts;
  /** Whose connection a request came on. */
  readonly #askedOf = new WeakMap<RequestPrimitive, EntityId | undefined>();

  constructor(parts: RegistrarRequestParts) {
    this.#parts = parts;
  }

  opened(link: Link, whose: EntityId | undefined): void {
    this.#makeKnown(link, whose).catch((error: unknown) =>
      this.#parts.observer.warn("the registrar was not told who is reached here", { error }),
    );
  }

  receive(
    request: RequestPrimitive,
    whose: EntityId | undefined,
    arrived: EpochMs,
  ): Promise<ResponsePrimitive | undefined> {
    this.#askedOf.set(request, whose);
    const answer = this.#answer(request, whose, arrived);
    return responseTypeOf(request) === "noResponse" ? Promise.resolve(undefined) : answer;
  }

  unanswered(request: RequestPrimitive, response: ResponsePrimitive, arrived: EpochMs): void {
    const whose = this.#askedOf.get(request) ?? SHARED;
    this.#parts.lateAnswers.keep(whose, { request, response }, arrived);
  }

  async #answer(
    received: RequestPrimitive,
    whose: EntityId | undefined,
    arrived: EpochMs,
  ): Promise<ResponsePrimitive> {
    const { observer } = this.#parts;
    observer.stepped(received, { is: "received", face: "ws", by: "registrar" });
    try {
      const timedRequest = timed(received, arrived);
      return await this.#parts.exchanges.carry(
        this.#routeOf(timedRequest.request, whose),
        timedRequest,
      );
    } catch (error) {
      const response = respondFailure(received, error);
      if (response.failure !== undefined) observer.refused(response.failure);
      observer.stepped(received, { is: "replied", response });
      return response;
    }
  }

  /** To a registree, or nowhere: what a registrar sends down is not for it again. */
  #routeOf({ operation, to }: RequestPrimitive, whose: EntityId | undefined): Route {
    const { registry } = this.#parts;
    const route = chooseRoute(operation, to, undefined, registry);
    if (route.via !== "cse") return route;
    // On a connection of its own nobody else can be meant, whatever To says.
    const owner = whose === undefined ? undefined : registry.registration(whose);
    return owner === undefined
      ? { via: "refuse", code: "GW_TARGET_UNKNOWN" }
      : chooseRoute(operation, to, owner.token, registry);
  }

  /**
   * A request in the name of each registree lets the registrar know that it is reached here from now on, without
   * registering again (TS-0020, 5.2, step 15). What it answers keeps the registration in step.
   */
  async #makeKnown(link: Link, whose: EntityId | undefined): Promise<void> {
    const { lateAnswers, registry } = this.#parts;
    const all = whose === undefined ? [...registry.all()] : known(registry.registration(whose));
    await this.#introduceAll(link, all);
    if (!link.open) return;
    for (const { request, response } of lateAnswers.take(whose ?? SHARED)) {
      link.answer(request, response);
    }
  }

  async #introduceAll(link: Link, all: readonly Registration[]): Promise<void> {
    const waiting = [...all];
    const unanswered: Registration[] = [];
    const next = async (): Promise<void> => {
      for (let one = waiting.shift(); one !== undefined && link.open; one = waiting.shift()) {
        if (!(await this.#introduce(one))) unanswered.push(one);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, next));
    if (unanswered.length === 0 || !link.open) return;
    const { clock, registry } = this.#parts;
    // A registrar that has just been started takes connections before it knows its own resources.
    clock.at(later(clock.now(), AGAIN), () => {
      const left = unanswered.filter(({ id, token }) => registry.isCurrent(id, token));
      void this.#introduceAll(link, left);
    });
  }

  /** False when the registrar did not answer. */
  async #introduce(registration: Registration): Promise<boolean> {
    const { clock, newId, registreeRequests } = this.#parts;
    const { id, kind, addresses } = registration;
    const from = originatorOf(id, kind);
    const to = kind === "ae" ? from : (addresses[0] ?? id);
    const question = { operation: "retrieve", to, from } as const;
    const asked = questionOf(question, undefined, { clock, newToken: newId });
    const speaking = {
      speaker: registration,
      concerned: registration,
      own: true,
      peerAddress: undefined,
    };
    const { failure, responseStatusCode } = await registreeRequests.toCse(asked, speaking);
    return failure === undefined && !NO_ANSWER.has(responseStatusCode);
  }
}

const known = (registration: Registration | undefined): Registration[] =>
  registration === undefined ? [] : [registration];

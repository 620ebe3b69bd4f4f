import type { Clock, EpochMs } from "../../base/clock.ts";
import type { RequestPrimitive, ResponsePrimitive } from "../../primitive/primitive.ts";
import { respondFailure } from "../../primitive/respond.ts";
import { Shares } from "./shares.ts";
import { type LineLimits, WaitingLine } from "./waiting-line.ts";

export interface InboxOptions {
  readonly limits: LineLimits & {
    /** Requests that are being served at a time, shared among originators; more wait. */
    readonly window: number;
  };
  readonly clock: Clock;
  /** Undefined when no answer is wanted. */
  readonly serve: (
    request: RequestPrimitive,
    arrived: EpochMs,
  ) => Promise<ResponsePrimitive | undefined>;
  readonly answer: (
    request: RequestPrimitive,
    response: ResponsePrimitive,
    arrived: EpochMs,
  ) => void;
  /** Whether the peer reads too slowly to be served. */
  readonly isSlow: () => boolean;
  /** Called after each request that was served. */
  readonly ended: () => void;
  /** Called with what `answer` and `ended` throw. */
  readonly failed: (error: unknown) => void;
}

/** A request of the peer that found no place in the window. */
interface Arrived {
  readonly request: RequestPrimitive;
  readonly at: EpochMs;
  readonly bytes: number;
}

/**
 * The requests of the peer of one link: those that are being served, and those that await their turn.
 *
 * Several originators may share the link. Each has its share of the window and of what may wait, and its own turn, so
 * that one whose target is slow keeps none of the others waiting. They are told apart by From as it is written: who
 * speaks is known only when a request is served, and who writes itself in two ways loses nothing but their order.
 */
export class Inbox {
  readonly #options: InboxOptions;
  readonly #places: Shares;
  readonly #arrived: WaitingLine<Arrived>;

  constructor(options: InboxOptions) {
    this.#options = options;
    this.#places = new Shares(options.limits.window);
    this.#arrived = new WaitingLine(options.limits);
  }

  /** Whether nothing is being served or waits. */
  get isIdle(): boolean {
    return this.#places.total === 0 && this.#arrived.length === 0;
  }

  /** Serves a request, now or when its turn comes. False when there is no room for it. */
  take(request: RequestPrimitive, bytes: number): boolean {
    const originator = originatorOf(request);
    const at = this.#options.clock.now();
    const isFree = this.#places.allows(originator) && !this.#options.isSlow();
    if (isFree && !this.#arrived.waits(originator)) {
      this.#serve(request, at);
      return true;
    }
    if (!this.#arrived.hasRoom(originator, bytes)) return false;
    this.#arrived.join(originator, { request, at, bytes });
    return true;
  }

  /** Serves what waited, as far as the window allows. */
  progress(): void {
    while (!this.#places.isUsedUp && !this.#options.isSlow()) {
      const next = this.#arrived.next((originator) => this.#places.allows(originator));
      if (next === undefined) break;
      this.#serve(next.request, next.at);
    }
  }

  /** The peer is gone: gives what waits, which will not be served. */
  forget(): RequestPrimitive[] {
    return this.#arrived.takeAll().map(({ request }) => request);
  }

  #serve(request: RequestPrimitive, arrived: EpochMs): void {
    const { serve, answer, ended, failed } = this.#options;
    const originator = originatorOf(request);
    this.#places.take(originator);
    serve(request, arrived)
      .catch((error: unknown) => respondFailure(request, error))
      .then((response) => {
        this.#places.give(originator);
        if (response !== undefined) answer(request, response, arrived);
        ended();
      })
      .catch(failed);
  }
}

/** Absent only in the first registration of an AE. */
const originatorOf = ({ from = "" }: RequestPrimitive): string => from;

import type { Clock, EpochMs } from "../../base/clock.ts";
import { GatewayError } from "../../base/errors.ts";
import { PendingRequests, Waiting } from "../../core/pending.ts";
import type { EntityId } from "../../primitive/identifiers.ts";
import type { RequestId, RequestPrimitive, ResponsePrimitive } from "../../primitive/primitive.ts";
import { Shares } from "./shares.ts";
import { type LineLimits, WaitingLine } from "./waiting-line.ts";

export interface OutboxOptions {
  readonly limits: LineLimits & {
    /** Requests without an answer at a time, shared among registrees; more wait. */
    readonly window: number;
  };
  readonly clock: Clock;
  /** Writes a request under its identifier on the wire. @throws GatewayError */
  readonly send: (request: RequestPrimitive, wireId: RequestId) => void;
  /** Whether the peer reads too slowly to be sent more. */
  readonly isSlow: () => boolean;
  /** Told how many seconds a request has waited for its turn, when it has. */
  readonly waited: (seconds: number) => void;
  /** Called after each request that ended, whatever its outcome. */
  readonly ended: () => void;
}

/** A request that found no place in the window. */
interface Queued {
  readonly waiting: Waiting;
  readonly deadline: EpochMs;
  readonly bytes: number;
  /** When it began to wait, by performance.now(). */
  readonly since: number;
}

/**
 * The requests for the peer of one link: those that await its answer, and those that await their turn.
 *
 * Several registrees may share the link. Each has its share of the window and of what may wait, and its own turn, so
 * that one that does not answer keeps none of the others waiting.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #pending: PendingRequests;
  readonly #places: Shares;
  readonly #queued: WaitingLine<Queued>;
  #progressing = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#places = new Shares(options.limits.window);
    this.#pending = new PendingRequests(
      (registree) => {
        this.#places.give(registree);
        options.ended();
      },
      (registree) => this.#places.take(registree),
    );
    this.#queued = new WaitingLine(options.limits);
  }

  /** Whether no answer is awaited. */
  get isIdle(): boolean {
    return this.#pending.size === 0;
  }

  /**
   * Sends a request, now or when its turn comes.
   *
   * @param registree whom it is for; on a link to a registrar, in whose name it is
   * @throws GatewayError by rejection
   */
  deliver(
    request: RequestPrimitive,
    deadline: EpochMs,
    registree: EntityId,
  ): Promise<ResponsePrimitive> {
    return new Promise((resolve, reject) => {
      const goes = this.#mayGo(registree);
      const bytes = request.content?.size ?? 0;
      if (!goes && !this.#queued.hasRoom(registree, bytes)) {
        return reject(new GatewayError("GW_LINK_BUSY"));
      }
      let leave: (() => boolean) | undefined;
      const timer = this.#options.clock.at(deadline, () => {
        const unsent = leave?.() === true;
        waiting.settle(new GatewayError(unsent ? "GW_NOT_SENT_IN_TIME" : "GW_NO_ANSWER"));
      });
      const waiting = new Waiting(request, registree, (outcome) => {
        timer.cancel();
        if (outcome instanceof GatewayError) reject(outcome);
        else resolve(outcome);
      });
      if (goes) this.#send(waiting);
      else {
        const since = performance.now();
        leave = this.#queued.join(registree, { waiting, deadline, bytes, since });
      }
    });
  }

  /** The request that waits under an identifier of the wire. */
  asked(wireId: string): RequestPrimitive | undefined {
    return this.#pending.asked(wireId);
  }

  /** Takes an answer. False when nobody waits for it. */
  settle(response: ResponsePrimitive): boolean {
    return this.#pending.settle(response);
  }

  /** Lets answers of `registree` that `other` awaits arrive here too. */
  inherit(other: Outbox, registree: EntityId): void {
    this.#pending.inherit(other.#pending, registree);
  }

  /** The registree is no more: what is for it fails. */
  abandon(registree: EntityId): void {
    // First what has not been sent: room in the window must not send it now.
    for (const { waiting } of this.#queued.takeAll(registree)) {
      waiting.settle(new GatewayError("GW_TARGET_UNKNOWN"));
    }
    this.#pending.abandon(registree);
  }

  /** Sends what waited, as far as the window allows. */
  progress(): void {
    // What fails to be written ends at once and calls for progress again; the loop below is that progress.
    if (this.#progressing) return;
    this.#progressing = true;
    while (!this.#places.isUsedUp && !this.#options.isSlow()) {
      const queued = this.#queued.next((registree) => this.#places.allows(registree));
      if (queued === undefined) break;
      this.#options.waited((performance.now() - queued.since) / 1000);
      if (this.#options.clock.now() < queued.deadline) this.#send(queued.waiting);
      else queued.waiting.settle(new GatewayError("GW_NOT_SENT_IN_TIME"));
    }
    this.#progressing = false;
  }

  /** Nothing more will be sent. */
  refuseQueued(): void {
    for (const { waiting } of this.#queued.takeAll()) {
      waiting.settle(new GatewayError("GW_TARGET_OFFLINE"));
    }
  }

  /** No answer can come on this link any more. */
  lose(): void {
    this.#pending.lose();
  }

  /** Whether a request may be sent at once: nobody is overtaken by it. */
  #mayGo(registree: EntityId): boolean {
    const isFree = this.#places.allows(registree) && !this.#options.isSlow();
    return isFree && !this.#queued.waits(registree);
  }

  #send(waiting: Waiting): void {
    try {
      this.#options.send(waiting.request, this.#pending.add(waiting));
    } catch (error) {
      waiting.settle(
        error instanceof GatewayError ? error : new GatewayError("GW_INTERNAL", { cause: error }),
      );
    }
  }
}

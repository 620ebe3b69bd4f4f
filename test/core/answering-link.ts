import type { Clock, EpochMs, Timer } from "../../src/base/clock.ts";
import { type FailureCode, GatewayError } from "../../src/base/errors.ts";
import type { Link } from "../../src/core/ports.ts";
import type { EntityId } from "../../src/primitive/identifiers.ts";
import type { RequestPrimitive, ResponsePrimitive } from "../../src/primitive/primitive.ts";
import { responseOf } from "./primitives.ts";

/** A request that was sent on an AnsweringLink. */
export interface Sent {
  readonly request: RequestPrimitive;
  readonly registree: EntityId;
  readonly at: EpochMs;
  readonly deadline: EpochMs;
}

interface Pending extends Sent {
  readonly timer: Timer;
  readonly settle: (result: ResponsePrimitive | GatewayError) => void;
}

/**
 * A Link without a socket, on which a test answers when it likes.
 *
 * As the real one it sends at once whatever its deadline, and says when that passes that no answer came.
 */
export class AnsweringLink implements Link {
  readonly id: string;
  readonly trusted = true;
  readonly secured = true;
  open = true;
  /** All that went out on it, in order. */
  readonly sent: Sent[] = [];
  /** Told of each before it goes out, refused ones included. */
  onSend: (sent: Sent, refused: boolean) => void = () => {};
  /** Whether whatever comes is answered at once. */
  answers = false;
  /** So many are refused from now on, with this. */
  refuses = 0;
  refusal: FailureCode = "GW_LINK_BUSY";
  readonly #clock: Clock;
  #pending: Pending[] = [];

  constructor(clock: Clock, id = "l1") {
    this.#clock = clock;
    this.id = id;
  }

  get pending(): readonly Sent[] {
    return this.#pending;
  }

  deliver(
    request: RequestPrimitive,
    deadline: EpochMs,
    registree: EntityId,
  ): Promise<ResponsePrimitive> {
    const at = this.#clock.now();
    const sent = { request, registree, at, deadline };
    if (!this.open) return Promise.reject(new GatewayError("GW_TARGET_OFFLINE"));
    const refused = this.refuses > 0;
    this.onSend(sent, refused);
    if (refused) {
      this.refuses -= 1;
      return Promise.reject(new GatewayError(this.refusal));
    }
    this.sent.push(sent);
    if (this.answers) return Promise.resolve(answerTo(request));
    return new Promise((resolve, reject) => {
      const timer = this.#clock.at(deadline, () => {
        this.#pending = this.#pending.filter((other) => other !== pending);
        pending.settle(new GatewayError("GW_NO_ANSWER"));
      });
      const settle: Pending["settle"] = (result) => {
        timer.cancel();
        if (result instanceof GatewayError) reject(result);
        else resolve(result);
      };
      const pending = { ...sent, timer, settle };
      this.#pending.push(pending);
    });
  }

  /** Answers the oldest that is not answered; what that was, undefined for none. */
  answerOldest(rsc = 2000): Sent | undefined {
    const pending = this.#pending.shift();
    pending?.settle(answerTo(pending.request, rsc));
    return pending;
  }

  /** The connection is gone. What was not answered is told so. */
  lose(): readonly Sent[] {
    this.open = false;
    const lost = this.#pending.splice(0);
    for (const { settle } of lost) settle(new GatewayError("GW_LINK_LOST"));
    return lost;
  }

  inherit(): void {}

  abandon(registree: EntityId): void {
    const abandoned = this.#pending.filter((pending) => pending.registree === registree);
    this.#pending = this.#pending.filter((pending) => pending.registree !== registree);
    for (const { settle } of abandoned) settle(new GatewayError("GW_TARGET_UNKNOWN"));
  }

  answer(): void {}

  probe(): Promise<boolean> {
    return Promise.resolve(this.open);
  }

  close(): void {
    this.lose();
  }
}

const answerTo = (request: RequestPrimitive, rsc = 2000): ResponsePrimitive =>
  responseOf(rsc, undefined, request.requestIdentifier);

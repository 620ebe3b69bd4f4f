import type { IncomingMessage, ServerResponse } from "node:http";
import type { Pool } from "undici";
import { type Clock, later, type Millis } from "../../base/clock.ts";
import { type FailureCode, GatewayError } from "../../base/errors.ts";
import type { Received } from "./body.ts";

/** What an exchange waits for: the beginning of its body, its turn to have the rest of that streamed, or the CSE. */
export type Awaited = "client" | "turn" | "cse";

const LATE: Readonly<Record<Exclude<Awaited, "cse">, FailureCode>> = {
  client: "GW_TOO_SLOW",
  turn: "GW_OVERLOADED",
};

export interface GuardTimes {
  /** Longest pause while a body passes. */
  readonly bodyPause: Millis;
  /** Longest time for the whole. */
  readonly openMax: Millis;
  readonly clock: Clock;
}

/** Watches an exchange that passes through. */
export interface Guard {
  /** Aborts when the exchange is over before its end: late, or its client has gone. */
  readonly signal: AbortSignal;
  /** From now on; the CSE, unless told otherwise. */
  waitFor(what: Awaited): void;
  /** Ends the exchange as if it were late. */
  cut(): void;
  /** Why it was ended, if it was. */
  expired(): GatewayError | undefined;
  /** A part of the answer came. */
  moved(): void;
  end(): void;
}

/**
 * Ends an exchange in which nothing moves: for `wait` while the request goes up and until its answer begins, then for
 * `bodyPause`; and any exchange after `openMax`. Whoever stalls, client or CSE, must not hold a connection.
 *
 * @param received told of the body as it comes
 */
export function guardOf(
  request: IncomingMessage,
  response: ServerResponse,
  { clock, bodyPause, openMax, pool }: GuardTimes & { readonly pool: Pool },
  wait: Millis,
  received: Received | undefined,
): Guard {
  const abort = new AbortController();
  let awaited: Awaited = "cse";
  let expired: GatewayError | undefined;
  const cut = (): void => {
    // Only where no connection is, it is sure that nothing was sent.
    const cseIs = pool.stats.connected === 0 ? "GW_CSE_UNREACHABLE" : "GW_CSE_NO_ANSWER";
    expired = new GatewayError(awaited === "cse" ? cseIs : LATE[awaited]);
    abort.abort();
    if (response.headersSent) response.destroy();
  };
  const left = (): void => abort.abort();
  const last = clock.at(later(clock.now(), openMax), cut);
  let idle = clock.at(later(clock.now(), wait), cut);
  const rearm = (pause: Millis): void => {
    idle.cancel();
    idle = clock.at(later(clock.now(), pause), cut);
  };
  const uploading = (chunk: Buffer): void => {
    rearm(wait);
    received?.(chunk.length);
  };
  request.on("data", uploading);
  // Listening alone would start the flow before anybody reads.
  request.pause();
  response.once("close", left);
  return {
    signal: abort.signal,
    expired: () => expired,
    waitFor: (what) => {
      awaited = what;
    },
    moved: () => rearm(bodyPause),
    cut,
    end: () => {
      idle.cancel();
      last.cancel();
      request.off("data", uploading);
      response.off("close", left);
    },
  };
}

/**
 * Rejects when `signal` aborts first. undici gives up at once what is under way, but what waits for a connection only when
 * its turn comes.
 */
export function unlessAborted<T>(asked: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    asked.then(resolve, reject);
    const abort = (): void =>
      reject(new Error("given up while it waited", { cause: signal.reason }));
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
}

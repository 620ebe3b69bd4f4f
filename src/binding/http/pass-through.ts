import type { IncomingMessage, ServerResponse } from "node:http";
import { type Dispatcher, errors, type Pool } from "undici";
import { type Clock, later, type Millis } from "../../base/clock.ts";
import { GatewayError } from "../../base/errors.ts";
import type { Observer } from "../../core/ports.ts";
import { readBody } from "./body.ts";
import { refusedByProxy, whyUnreachable } from "./cse-proxy.ts";

export interface PassThroughOptions {
  readonly pool: Pool;
  /** Path of the CSE's URL, without a slash at its end. */
  readonly basePath: string;
  /** Exchanges under way; more are refused. */
  readonly maxInFlight: number;
  /** Longest pause while a body passes. */
  readonly bodyPause: Millis;
  /** Longest time for the whole. */
  readonly openMax: Millis;
  readonly clock: Clock;
  readonly observer: Observer;
}

/** What belongs to one hop only (RFC 9110, 7.6.1), and what undici or the next server writes itself. */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "expect",
]);

/** Bodies up to this size go out in one write with their headers: tinyIoT reads no further. */
const ONE_WRITE = 64 * 1024;

/**
 * The raw exchange with the CSE for what concerns no registree: method, target, query, headers, body and status go
 * through as they are.
 */
export class PassThrough {
  readonly #options: PassThroughOptions;
  #inFlight = 0;

  constructor(options: PassThroughOptions) {
    this.#options = options;
  }

  /**
   * @param target request-target in origin-form, escapes and all
   * @param wait how long the CSE may take until its answer begins
   * @returns the X-M2M-RSC that went past, when the exchange is over; undefined without one
   * @throws GatewayError GW_OVERLOADED, GW_CSE_UNREACHABLE, GW_CSE_NO_ANSWER, GW_CSE_CONNECTION_LOST, GW_CSE_ANSWER_UNREADABLE,
   *   all before anything was written to `response`
   */
  async carry(
    request: IncomingMessage,
    response: ServerResponse,
    target: string,
    wait: Millis,
  ): Promise<number | undefined> {
    if (this.#inFlight >= this.#options.maxInFlight) throw new GatewayError("GW_OVERLOADED");
    this.#inFlight += 1;
    try {
      return await this.#carry(request, response, target, wait);
    } finally {
      this.#inFlight -= 1;
    }
  }

  async #carry(
    request: IncomingMessage,
    response: ServerResponse,
    target: string,
    wait: Millis,
  ): Promise<number | undefined> {
    const { pool, basePath, observer } = this.#options;
    const started = performance.now();
    const guard = this.#guard(request, response, wait);
    let answer: Dispatcher.ResponseData;
    try {
      answer = await pool.request({
        method: (request.method ?? "GET") as Dispatcher.HttpMethod,
        path: basePath + target,
        headers: forwardable(request.rawHeaders, "host"),
        body: await this.#bodyOf(request, wait),
        responseHeaders: "raw",
        headersTimeout: 0,
        bodyTimeout: 0,
        signal: guard.signal,
      });
      if (answer.statusCode === 407) {
        // Nobody reads the proxy's page; that it was cut off is no error.
        answer.body.on("error", () => {}).destroy();
        throw refusedByProxy();
      }
    } catch (error) {
      guard.end();
      const failure = guard.expired() ?? failureOf(error);
      observer.cseReachable(failure.code !== "GW_CSE_UNREACHABLE", whyUnreachable(failure));
      throw failure;
    }
    observer.cseReachable(true);
    const headers = forwardable(answer.headers as unknown as string[]);
    response.writeHead(answer.statusCode, headers);
    try {
      for await (const chunk of answer.body) {
        guard.moved();
        if (!response.write(chunk)) await drained(response);
      }
      response.end();
    } catch {
      // The status line is gone already; cutting the connection is the only way left to say that it is not whole.
      response.destroy();
    } finally {
      guard.end();
    }
    observer.passedThrough(answer.statusCode, (performance.now() - started) / 1000);
    const at = headers.findIndex(
      (name, index) => index % 2 === 0 && name.toLowerCase() === "x-m2m-rsc",
    );
    return at < 0 ? undefined : Number(headers[at + 1]);
  }

  async #bodyOf(
    request: IncomingMessage,
    within: Millis,
  ): Promise<IncomingMessage | Buffer | null> {
    const length = request.headers["content-length"];
    if (length === undefined) {
      return request.headers["transfer-encoding"] === undefined ? null : request;
    }
    if (Number(length) > ONE_WRITE) return request;
    return await readBody(request, { clock: this.#options.clock, limit: ONE_WRITE, within });
  }

  /**
   * Ends an exchange in which nothing moves: for `wait` while the request goes up and until its answer begins, then
   * for `bodyPause`; and any exchange after `openMax`. Whoever stalls, client or CSE, must not hold a connection.
   */
  #guard(request: IncomingMessage, response: ServerResponse, wait: Millis): Guard {
    const { clock, bodyPause, openMax, pool } = this.#options;
    const abort = new AbortController();
    let expired: GatewayError | undefined;
    const cut = (): void => {
      // Only where no connection is, it is sure that nothing was sent.
      const code = pool.stats.connected === 0 ? "GW_CSE_UNREACHABLE" : "GW_CSE_NO_ANSWER";
      expired = new GatewayError(code);
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
    const uploading = (): void => rearm(wait);
    request.on("data", uploading);
    // Listening alone would start the flow before anybody reads.
    request.pause();
    response.once("close", left);
    return {
      signal: abort.signal,
      expired: () => expired,
      moved: () => rearm(bodyPause),
      end: () => {
        idle.cancel();
        last.cancel();
        request.off("data", uploading);
        response.off("close", left);
      },
    };
  }
}

interface Guard {
  readonly signal: AbortSignal;
  /** Why it was ended, if it was. */
  expired(): GatewayError | undefined;
  /** A part of the answer came. */
  moved(): void;
  end(): void;
}

/** Flat list of header names and values without those of the hop. */
function forwardable(raw: readonly string[], ...without: string[]): string[] {
  const named = new Set(without);
  for (let index = 0; index < raw.length; index += 2) {
    if (raw[index]?.toLowerCase() !== "connection") continue;
    for (const name of (raw[index + 1] ?? "").split(",")) named.add(name.trim().toLowerCase());
  }
  const kept: string[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = String(raw[index]);
    const key = name.toLowerCase();
    if (!HOP_BY_HOP.has(key) && !named.has(key)) kept.push(name, String(raw[index + 1]));
  }
  return kept;
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      response.off("drain", settle);
      response.off("close", settle);
      if (response.destroyed) reject(new GatewayError("GW_CSE_CONNECTION_LOST"));
      else resolve();
    };
    response.on("drain", settle);
    response.on("close", settle);
  });
}

function failureOf(cause: unknown): GatewayError {
  if (cause instanceof GatewayError) return cause;
  if (cause instanceof errors.HTTPParserError) {
    return new GatewayError("GW_CSE_ANSWER_UNREADABLE", { detail: "it is not HTTP", cause });
  }
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  // What cannot be told to have failed before anything was sent may have been executed.
  return new GatewayError(
    NOT_CONNECTED.test(code) ? "GW_CSE_UNREACHABLE" : "GW_CSE_CONNECTION_LOST",
    {
      cause,
    },
  );
}

/** Codes of node and undici for a connection that never came about, TLS included. */
const NOT_CONNECTED =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|E(HOST|NET)UNREACH|ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT|ERR_(TLS|SSL)_.*|CERT_.*|UNABLE_TO_.*|DEPTH_ZERO_.*|SELF_SIGNED_.*)$/;

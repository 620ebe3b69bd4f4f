import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { type Dispatcher, errors, type Pool } from "undici";
import type { Millis } from "../../base/clock.ts";
import { GatewayError } from "../../base/errors.ts";
import type { Observer } from "../../core/ports.ts";
import { failed, type Span, type Tracing } from "../../core/tracing.ts";
import type { Trace } from "../../primitive/trace.ts";
import type { Received } from "./body.ts";
import { refusedByProxy, whyUnreachable } from "./cse-proxy.ts";
import { type Guard, type GuardTimes, guardOf, unlessAborted } from "./exchange-guard.ts";
import { forwardable } from "./hop-by-hop.ts";
import { SlowClients } from "./slow-clients.ts";
import { mayClimb, splitTarget } from "./target.ts";
import { rscIn, traceFields } from "./trace-fields.ts";
import { beginUpload } from "./upload.ts";

export interface PassThroughOptions extends GuardTimes {
  readonly pool: Pool;
  /** In the pool at most. */
  readonly connections: number;
  /** Of the CSE, such as `http://127.0.0.1:8080`. */
  readonly origin: string;
  /** Path of the CSE's URL, without a slash at its end. */
  readonly basePath: string;
  /** Exchanges under way; more are refused. */
  readonly maxInFlight: number;
  /** Bytes of a request's body at most. */
  readonly maxBody: number;
  readonly tracing: Tracing | undefined;
  readonly observer: Observer;
}

/** What goes with a request that passes through. */
export interface Passing {
  /** Names of header fields, in lower case, that are not for the CSE. */
  readonly withheld: readonly string[];
  /** Told of the body as it comes. */
  readonly received: Received | undefined;
  readonly trace: Trace | undefined;
}

interface Body {
  readonly content: Buffer | Readable | null;
  /** To be called when nobody reads it any more; may be called twice. */
  readonly end: () => void;
}

/** Bytes of an answer that wait for its client at most before it counts as a slow one. */
const UNREAD = 64 * 1024;

/**
 * The raw exchange with the CSE for what concerns no registree: method, target, query, headers, body and status go
 * through as they are.
 */
export class PassThrough {
  readonly #options: PassThroughOptions;
  readonly #clients: SlowClients;
  #inFlight = 0;

  constructor(options: PassThroughOptions) {
    this.#options = options;
    this.#clients = new SlowClients(options.connections);
  }

  /**
   * @param target request-target in origin-form, escapes and all
   * @param wait how long the CSE may take until its answer begins
   * @returns the X-M2M-RSC that went past, when the exchange is over; undefined without one
   * @throws GatewayError GW_CONTENT_TOO_LARGE, GW_TOO_SLOW, GW_OVERLOADED, GW_CSE_UNREACHABLE, GW_CSE_NO_ANSWER, GW_CSE_CONNECTION_LOST,
   *   GW_CSE_ANSWER_UNREADABLE, all before anything was written to `response`
   */
  async carry(
    request: IncomingMessage,
    response: ServerResponse,
    target: string,
    wait: Millis,
    passing: Passing,
  ): Promise<number | undefined> {
    const { basePath, maxInFlight } = this.#options;
    if (basePath !== "" && mayClimb(target)) {
      throw new GatewayError("GW_REQUEST_INVALID", "the path has a segment ..");
    }
    const guard = guardOf(request, response, this.#options, wait, passing.received);
    try {
      const body = await this.#bodyOf(request, guard);
      this.#inFlight += 1;
      try {
        if (this.#inFlight > maxInFlight) throw new GatewayError("GW_OVERLOADED");
        this.#relieve();
        return await this.#traced(request, response, target, { ...passing, body, guard });
      } finally {
        this.#inFlight -= 1;
        body.end();
      }
    } finally {
      guard.end();
    }
  }

  /** Makes room for whoever waits for a connection. */
  #relieve(): void {
    if (this.#inFlight > this.#options.connections) this.#clients.relieve();
  }

  /** Reads a small body, and waits for the turn of another. @throws GatewayError before the CSE is asked anything */
  async #bodyOf(request: IncomingMessage, guard: Guard): Promise<Body> {
    try {
      guard.waitFor("client");
      const upload = await unlessAborted(beginUpload(request, this.#options.maxBody), guard.signal);
      guard.waitFor("turn");
      if (upload === null || Buffer.isBuffer(upload)) return { content: upload, end: () => {} };
      const end = await this.#clients.beginUpload(guard.signal);
      return { content: Readable.from(ending(upload, end), { objectMode: false }), end };
    } catch (error) {
      if (error instanceof GatewayError) throw error;
      const detail = "the body ended early";
      throw guard.expired() ?? new GatewayError("GW_REQUEST_INVALID", { detail, cause: error });
    } finally {
      guard.waitFor("cse");
    }
  }

  async #traced(
    request: IncomingMessage,
    response: ServerResponse,
    target: string,
    passing: Under,
  ): Promise<number | undefined> {
    const { origin, tracing } = this.#options;
    // What the request says itself passes like all of its header fields.
    if (tracing === undefined) return await this.#carry(request, response, target, passing);
    const { method = "" } = request;
    const { path } = splitTarget(target);
    const http = { method, path, origin };
    const span: Span = tracing.start({ kind: "http.client", parent: passing.trace, http });
    const withheld = [...passing.withheld, "traceparent", "tracestate"];
    const under = { ...passing, withheld, trace: span.trace };
    try {
      const rsc = await this.#carry(request, response, target, under);
      span.end({ rsc, status: response.statusCode });
      return rsc;
    } catch (error) {
      span.end(failed(error));
      throw error;
    }
  }

  async #carry(
    request: IncomingMessage,
    response: ServerResponse,
    target: string,
    { withheld, trace, body, guard }: Under,
  ): Promise<number | undefined> {
    const { pool, basePath, observer, tracing } = this.#options;
    const started = performance.now();
    let answer: Dispatcher.ResponseData;
    const sent = forwardable(request.rawHeaders, "host", ...withheld);
    if (tracing !== undefined) sent.push(...traceFields(trace));
    try {
      const asked = pool.request({
        method: (request.method ?? "GET") as Dispatcher.HttpMethod,
        path: basePath + target,
        headers: sent,
        body: body.content,
        responseHeaders: "raw",
        headersTimeout: 0,
        bodyTimeout: 0,
        signal: guard.signal,
      });
      answer = await unlessAborted(asked, guard.signal);
      if (answer.statusCode === 407) {
        // Nobody reads the proxy's page; that it was cut off is no error.
        answer.body.on("error", () => {}).destroy();
        throw refusedByProxy();
      }
    } catch (error) {
      const failure = guard.expired() ?? failureOf(error);
      // That tells nothing of the CSE.
      if (failure.code === "GW_CONTENT_TOO_LARGE") throw failure;
      observer.cseReachable(failure.code !== "GW_CSE_UNREACHABLE", whyUnreachable(failure));
      throw failure;
    }
    observer.cseReachable(true);
    const headers = forwardable(answer.headers as unknown as string[]);
    // Bytes of a body that the CSE did not wait for would be taken for the next request.
    if (!request.complete) response.shouldKeepAlive = false;
    response.writeHead(answer.statusCode, headers);
    let read: (() => void) | undefined;
    try {
      for await (const chunk of answer.body) {
        guard.moved();
        if (response.write(chunk) || response.writableLength <= UNREAD) continue;
        read ??= this.#clients.addReader(() => {
          observer.limitReached("slow-reader");
          guard.cut();
        });
        this.#relieve();
        await unlessAborted(drained(response), guard.signal);
      }
      response.end();
      request.resume();
    } catch {
      // The status line is gone already; cutting the connection is the only way left to say that it is not whole.
      response.destroy();
    } finally {
      read?.();
    }
    observer.passedThrough(answer.statusCode, (performance.now() - started) / 1000);
    return rscIn(headers);
  }
}

/** What goes with a request to the CSE. */
interface Under extends Passing {
  readonly body: Body;
  readonly guard: Guard;
}

async function* ending(chunks: AsyncIterable<Buffer>, end: () => void): AsyncIterable<Buffer> {
  try {
    yield* chunks;
  } finally {
    end();
  }
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

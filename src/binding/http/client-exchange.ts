import { type Dispatcher, errors } from "undici";
import type { Clock, EpochMs } from "../../base/clock.ts";
import { type FailureCode, GatewayError } from "../../base/errors.ts";
import type { Tracing } from "../../core/tracing.ts";
import type { RequestPrimitive } from "../../primitive/primitive.ts";
import { rscIn, traceFields } from "./trace-fields.ts";

/** An HTTP response, its body as it came. */
export interface Answer {
  readonly status: number;
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[];
  readonly contentType: string | undefined;
  /** It has X-M2M-RSC. */
  readonly isOneM2m: boolean;
  /** Content-Location. */
  readonly location: string | undefined;
  readonly body: Buffer;
}

/** What failures are called, by who was asked. */
export interface ExchangeFailures {
  /** No connection, and nothing sent. */
  readonly unreachable: FailureCode;
  /** Sent, and the connection broke. */
  readonly lost: FailureCode;
  /** Sent, and the deadline came. */
  readonly silent: FailureCode;
  /** What came is no HTTP, or too much. */
  readonly unreadable: FailureCode;
}

export interface ExchangeOptions {
  /** What it is made for. */
  readonly asked: RequestPrimitive;
  /** Of the server, such as `http://127.0.0.1:8080`. */
  readonly origin: string;
  readonly tracing: Tracing | undefined;
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  readonly deadline: EpochMs;
  /** Bytes of the answer's body. */
  readonly maxBody: number;
  readonly failures: ExchangeFailures;
  /** Why it was not sent, asked when the deadline comes first. */
  readonly whyUnsent: () => FailureCode;
}

/** One request and its answer, redirects included. @throws GatewayError one of `failures`, `whyUnsent` */
export function exchange(
  request: {
    readonly method: string;
    /** Path and query. */
    readonly target: string;
    /** Names and values in turn. */
    readonly headers: string[];
    readonly body: string | Uint8Array | null;
  },
  options: ExchangeOptions,
): Promise<Answer> {
  const { asked, origin, tracing } = options;
  const { dispatcher, clock, deadline, maxBody, failures, whyUnsent } = options;
  const { method, target, body } = request;
  const parent = asked.trace;
  const http = { method, origin };
  const span = tracing?.start({ kind: "http.client", parent, request: asked, http });
  const trace = span?.trace ?? parent;
  const headers =
    trace === undefined ? request.headers : [...request.headers, ...traceFields(trace)];
  return new Promise((resolve, reject) => {
    const running = new Exchange(maxBody, failures, (outcome) => {
      timer.cancel();
      span?.end(
        outcome instanceof GatewayError
          ? { failure: outcome.code }
          : { status: outcome.status, rsc: rscIn(outcome.rawHeaders) },
      );
      if (outcome instanceof GatewayError) reject(outcome);
      else resolve(outcome);
    });
    const timer = clock.at(deadline, () => running.expire(whyUnsent()));
    dispatcher.dispatch(
      {
        method: method as Dispatcher.HttpMethod,
        path: target,
        headers,
        body,
        // One deadline for the whole exchange, ours.
        headersTimeout: 0,
        bodyTimeout: 0,
      },
      running,
    );
  });
}

/** One HTTP exchange as undici tells it. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #maxBody: number;
  readonly #failures: ExchangeFailures;
  readonly #chunks: Buffer[] = [];
  #settle: ((outcome: Answer | GatewayError) => void) | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #rawHeaders: string[] = [];
  #contentType: string | undefined;
  #isOneM2m = false;
  #location: string | undefined;
  #size = 0;

  constructor(
    maxBody: number,
    failures: ExchangeFailures,
    settle: (outcome: Answer | GatewayError) => void,
  ) {
    this.#maxBody = maxBody;
    this.#failures = failures;
    this.#settle = settle;
  }

  /** The deadline has come. @param unsent why it was not sent, if it was not */
  expire(unsent: FailureCode): void {
    const { silent } = this.#failures;
    this.#fail(new GatewayError(this.#controller === undefined ? unsent : silent));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#settle === undefined) controller.abort(new Error("expired before it was sent"));
    else this.#controller = controller;
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return;
    this.#status = status;
    this.#rawHeaders = textsOf(controller.rawHeaders);
    this.#contentType = headers["content-type"]?.toString();
    this.#isOneM2m = headers["x-m2m-rsc"] !== undefined;
    this.#location = headers["content-location"]?.toString();
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > this.#maxBody) {
      const detail = `the answer is larger than ${this.#maxBody} bytes`;
      this.#fail(new GatewayError(this.#failures.unreadable, detail));
    } else {
      this.#chunks.push(chunk);
    }
  }

  onResponseEnd(): void {
    const [only] = this.#chunks;
    this.#end({
      status: this.#status,
      rawHeaders: this.#rawHeaders,
      contentType: this.#contentType,
      isOneM2m: this.#isOneM2m,
      location: this.#location,
      body: this.#chunks.length === 1 && only !== undefined ? only : Buffer.concat(this.#chunks),
    });
  }

  onResponseError(_controller: Dispatcher.DispatchController, cause: Error): void {
    const { unreachable, lost, unreadable } = this.#failures;
    if (cause instanceof GatewayError) {
      this.#end(cause);
    } else if (cause instanceof errors.HTTPParserError) {
      this.#end(new GatewayError(unreadable, { detail: "the answer is not HTTP", cause }));
    } else {
      this.#end(new GatewayError(this.#controller === undefined ? unreachable : lost, { cause }));
    }
  }

  #fail(error: GatewayError): void {
    this.#end(error);
    this.#controller?.abort(error);
  }

  #end(outcome: Answer | GatewayError): void {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.(outcome);
  }
}

function textsOf(rawHeaders: Dispatcher.DispatchController["rawHeaders"]): string[] {
  if (!Array.isArray(rawHeaders)) return [];
  return rawHeaders.map((text) => (typeof text === "string" ? text : text.toString("latin1")));
}

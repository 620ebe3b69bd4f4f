import type { IncomingMessage, ServerResponse } from "node:http";
import { endOf, type Span, type SpanEnd, type Tracing } from "../../core/tracing.ts";
import type { RequestPrimitive, ResponsePrimitive } from "../../primitive/primitive.ts";
import { type Trace, traceOf } from "../../primitive/trace.ts";
import { splitTarget } from "./target.ts";

/** Spans of the requests that the HTTP face serves, each ended with its response. */
export class ServerSpans {
  readonly #tracing: Tracing | undefined;
  readonly #prefix: string;
  readonly #spans = new WeakMap<ServerResponse, { readonly span: Span; end: SpanEnd }>();

  /** @param prefix of the points of access, whose tokens are in no span */
  constructor(tracing: Tracing | undefined, prefix: string) {
    this.#tracing = tracing;
    this.#prefix = prefix;
  }

  /** @returns what is done for the request is a part of; without tracing what the request says itself */
  begin(request: IncomingMessage, response: ServerResponse, url: string): Trace | undefined {
    const { traceparent, tracestate } = request.headers;
    const parent = traceparent === undefined ? undefined : traceOf(traceparent, tracestate);
    if (this.#tracing === undefined) return parent;
    const { path } = splitTarget(url);
    const isPoint = path.startsWith(`${this.#prefix}/`);
    const span = this.#tracing.start({
      kind: "http.server",
      parent,
      http: {
        method: request.method ?? "",
        scheme: "encrypted" in request.socket ? "https" : "http",
        path: isPoint ? `${this.#prefix}/{token}` : path,
        peer: request.socket.remoteAddress,
      },
    });
    const running = { span, end: {} };
    this.#spans.set(response, running);
    response.once("close", () => {
      // Whoever hangs up before has no status either.
      const gone = response.writableFinished ? {} : { failure: "GW_ORIGINATOR_GONE" as const };
      const status = response.headersSent ? response.statusCode : undefined;
      span.end({ ...gone, status, ...running.end });
    });
    return span.trace;
  }

  asked(response: ServerResponse, request: RequestPrimitive): void {
    this.#spans.get(response)?.span.about(request);
  }

  answered(response: ServerResponse, answer: ResponsePrimitive): void {
    const running = this.#spans.get(response);
    if (running !== undefined) running.end = endOf(answer);
  }

  /** What passed through was answered with this Response Status Code. */
  passed(response: ServerResponse, rsc: number | undefined): void {
    const running = this.#spans.get(response);
    if (running !== undefined) running.end = { rsc };
  }
}

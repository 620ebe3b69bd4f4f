import {
  type Attributes,
  createTraceState,
  type Span as OtelSpan,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace as traces,
} from "@opentelemetry/api";
import type { Span, SpanEnd, SpanStart, Tracing } from "../core/tracing.ts";
import type { RequestPrimitive } from "../primitive/primitive.ts";
import type { Trace } from "../primitive/trace.ts";

/**
 * Spans for the OpenTelemetry SDK that is registered in this process; undefined where there is none, so that nothing is
 * spent on it. An SDK has to be registered before the gateway starts, as `node --import` does it.
 */
export function registeredTracing(version: string): Tracing | undefined {
  const provider = traces.getTracerProvider();
  const tracer =
    "getDelegateTracer" in provider && typeof provider.getDelegateTracer === "function"
      ? (provider.getDelegateTracer(NAME, version) as Tracer | undefined)
      : provider.getTracer(NAME, version);
  return tracer && { start: (start) => new TracedSpan(tracer, start) };
}

const NAME = "m2mgw";

/** The span context of this process behind the two header fields, which are written when they are needed. */
class OwnTrace implements Trace {
  readonly context: SpanContext;

  constructor(context: SpanContext) {
    this.context = context;
  }

  get traceparent(): string {
    const { traceId, spanId, traceFlags } = this.context;
    return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
  }

  get tracestate(): string | undefined {
    return this.context.traceState?.serialize() || undefined;
  }
}

function contextOf(trace: Trace): SpanContext {
  if (trace instanceof OwnTrace) return trace.context;
  const { traceparent, tracestate } = trace;
  const [, traceId = "", spanId = "", flags = "00"] = traceparent.split("-");
  return {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16),
    isRemote: true,
    ...(tracestate === undefined ? {} : { traceState: createTraceState(tracestate) }),
  };
}

class TracedSpan implements Span {
  readonly trace: Trace;
  readonly #span: OtelSpan;
  readonly #isServed: boolean;

  constructor(tracer: Tracer, start: SpanStart) {
    const { kind, parent, linked, request } = start;
    const spanKind = KINDS[kind];
    this.#isServed = spanKind === SpanKind.SERVER;
    this.#span = tracer.startSpan(
      nameOf(start),
      {
        kind: spanKind,
        attributes: attributesOf(start),
        links: linked === undefined ? [] : [{ context: contextOf(linked) }],
      },
      parent === undefined ? ROOT_CONTEXT : traces.setSpanContext(ROOT_CONTEXT, contextOf(parent)),
    );
    this.trace = new OwnTrace(this.#span.spanContext());
    if (request !== undefined) this.about(request);
  }

  about({ operation, from, to, requestIdentifier }: RequestPrimitive): void {
    if (!this.#span.isRecording()) return;
    this.#span.setAttributes(
      defined({
        "m2m.operation": operation,
        "m2m.rqi": requestIdentifier,
        "m2m.originator": from,
        "m2m.to": to,
      }),
    );
  }

  end(how: SpanEnd): void {
    if (this.#span.isRecording()) this.#tell(how);
    this.#span.end();
  }

  #tell(how: SpanEnd): void {
    const { failure, rsc, status } = how;
    this.#span.setAttributes(
      defined({
        "http.response.status_code": status,
        "m2m.rsc": rsc,
        "m2m.failure": failure,
      }),
    );
    if (!this.#isError(how)) return;
    const type = failure ?? String(rsc ?? status);
    this.#span.setAttribute("error.type", type);
    this.#span.setStatus({ code: SpanStatusCode.ERROR, message: type });
  }

  /** What a client did wrong is no error of who served it (semantic conventions for HTTP spans, "Status"). */
  #isError({ failure, rsc = 0, status = 0 }: SpanEnd): boolean {
    if (this.#isServed) return status >= 500 || rsc >= 5000 || (failure !== undefined && rsc === 0);
    return failure !== undefined || rsc >= 4000 || status >= 400;
  }
}

const KINDS: Readonly<Record<SpanStart["kind"], SpanKind>> = {
  "http.server": SpanKind.SERVER,
  "http.client": SpanKind.CLIENT,
  "link.server": SpanKind.SERVER,
  "link.client": SpanKind.CLIENT,
  hold: SpanKind.PRODUCER,
  deliver: SpanKind.CONSUMER,
};

/** Names are few; whom a span concerns is in its attributes. */
function nameOf({ kind, http, request }: SpanStart): string {
  switch (kind) {
    case "http.server":
    case "http.client":
      return http?.method ?? "HTTP";
    case "link.server":
    case "link.client":
      return request?.operation ?? "request";
    case "hold":
      return "send hold";
    case "deliver":
      return "process hold";
  }
}

function attributesOf(start: SpanStart): Attributes {
  const { kind, http, link, registree, request } = start;
  const url = http?.origin === undefined ? undefined : new URL(http.origin);
  const isHeld = kind === "hold" || kind === "deliver";
  return defined({
    "http.request.method": http?.method,
    "url.path": http?.path,
    "url.scheme": http?.scheme,
    "client.address": http?.peer,
    "server.address": url?.hostname,
    "server.port": url === undefined ? undefined : Number(url.port || DEFAULT_PORTS[url.protocol]),
    "network.protocol.name": link === undefined ? undefined : "websocket",
    "messaging.system": isHeld ? NAME : undefined,
    "messaging.operation.name": isHeld ? kind : undefined,
    "messaging.operation.type": isHeld ? (kind === "hold" ? "send" : "process") : undefined,
    "messaging.destination.name": isHeld ? "hold" : undefined,
    "messaging.message.id": isHeld ? request?.requestIdentifier : undefined,
    "m2m.registree": registree,
    "m2m.link": link,
  });
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { "http:": "80", "https:": "443" };

const defined = (attributes: Attributes): Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));

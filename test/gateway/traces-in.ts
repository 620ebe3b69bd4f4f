import { context, type SpanContext, trace } from "@opentelemetry/api";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { onTestFinished } from "vitest";

/** What an SDK got that is registered in this process. */
export interface Traces {
  /** The next `count` spans that end, in the order of their names; waits for them. */
  ended(count: number): Promise<readonly ReadableSpan[]>;
  /** Those that have ended by now. */
  readonly all: readonly ReadableSpan[];
  /** How many have begun. */
  readonly begun: number;
}

/** Registers an SDK that exports to memory until the test ends; gateways that are started from now on are traced. */
export function collectTraces(): Traces {
  const exporter = new InMemorySpanExporter();
  const processor = new CountingProcessor(exporter);
  const provider = new BasicTracerProvider({ spanProcessors: [processor] });
  trace.setGlobalTracerProvider(provider);
  onTestFinished(() => {
    trace.disable();
    context.disable();
  });
  let seen = 0;
  return {
    get all() {
      return exporter.getFinishedSpans();
    },
    get begun() {
      return processor.begun;
    },
    ended: async (count) => {
      const from = seen;
      seen += count;
      while (exporter.getFinishedSpans().length < seen) {
        await new Promise((again) => setImmediate(again));
      }
      const spans = exporter.getFinishedSpans().slice(from, seen);
      return spans.sort((one, other) => one.name.localeCompare(other.name));
    },
  };
}

class CountingProcessor extends SimpleSpanProcessor {
  begun = 0;

  override onStart(): void {
    this.begun += 1;
  }
}

/** The span with this name. */
export function named(spans: readonly ReadableSpan[], name: string): ReadableSpan {
  const found = spans.find((span) => span.name === name);
  if (found === undefined) throw new Error(`none of ${spans.map((span) => span.name)} is ${name}`);
  return found;
}

/** As the header field has it. */
export const traceparentOf = (span: { spanContext(): SpanContext }): string => {
  const { traceId, spanId } = span.spanContext();
  return `00-${traceId}-${spanId}-01`;
};

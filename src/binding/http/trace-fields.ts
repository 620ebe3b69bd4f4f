import type { Trace } from "../../primitive/trace.ts";

/** Names and values in turn, of W3C Trace Context; none where there is no trace. */
export function traceFields(trace: Trace | undefined): string[] {
  if (trace === undefined) return [];
  const { traceparent, tracestate } = trace;
  const fields = ["traceparent", traceparent];
  if (tracestate !== undefined) fields.push("tracestate", tracestate);
  return fields;
}

/** What X-M2M-RSC says; undefined without one. @param rawHeaders names and values in turn */
export function rscIn(rawHeaders: readonly string[]): number | undefined {
  const at = rawHeaders.findIndex(
    (name, index) => index % 2 === 0 && name.toLowerCase() === "x-m2m-rsc",
  );
  return at < 0 ? undefined : Number(rawHeaders[at + 1]);
}

import type { RequestPrimitive } from "../primitive/primitive.ts";
import { traceOf } from "../primitive/trace.ts";

/**
 * How a trace is written in `vsi`, which is any text. Our choice, since oneM2M has no place for one: the header fields of
 * W3C Trace Context, `traceparent=00-…-01` and behind `;` what tracing systems add, `tracestate=…`.
 */
const IN_VSI = /^traceparent=([^;]+)(?:;tracestate=(.*))?$/;

/** With the trace in Vendor Information, unless that says something else already. */
export function withTraceSaid(request: RequestPrimitive): RequestPrimitive {
  const { trace, carried } = request;
  if (trace === undefined || carried.has("vsi")) return request;
  const state = trace.tracestate === undefined ? "" : `;tracestate=${trace.tracestate}`;
  const vsi = `traceparent=${trace.traceparent}${state}`;
  return { ...request, carried: new Map(carried).set("vsi", vsi) };
}

/** With the trace out of Vendor Information, if there is one: at the next hop it is another. */
export function withTraceHeard(request: RequestPrimitive): RequestPrimitive {
  const vsi = request.carried.get("vsi");
  const [, traceparent, tracestate] = typeof vsi === "string" ? (IN_VSI.exec(vsi) ?? []) : [];
  const trace = traceOf(traceparent, tracestate);
  if (trace === undefined) return request;
  const carried = new Map(request.carried);
  carried.delete("vsi");
  return { ...request, carried, trace };
}

/** Where something belongs in a trace over several systems: the header fields of W3C Trace Context. */
export interface Trace {
  readonly traceparent: string;
  /** What tracing systems add to it. */
  readonly tracestate?: string | undefined;
}

/** What every receiver has to take (W3C Trace Context, 3.3.1.5). */
const LONGEST_STATE = 512;
const STATE = /^[ -~]+$/;
const PARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-|$)/;
/** Version, trace-id, parent-id and trace-flags; later versions may have more behind them. */
const PARENT_LENGTH = 55;

/**
 * Reads the two header fields; undefined where `traceparent` is missing or none (W3C Trace Context, 3.2.2.3). A
 * `tracestate` that is too long or no text is left out.
 */
export function traceOf(traceparent: unknown, tracestate: unknown): Trace | undefined {
  if (typeof traceparent !== "string" || !PARENT.test(traceparent)) return undefined;
  const isFirstVersion = traceparent.startsWith("00");
  if (isFirstVersion && traceparent.length > PARENT_LENGTH) return undefined;
  // What a later version adds is not handed on by who does not know it.
  const known = isFirstVersion ? traceparent : `00${traceparent.slice(2, PARENT_LENGTH)}`;
  const hasState =
    typeof tracestate === "string" && tracestate.length <= LONGEST_STATE && STATE.test(tracestate);
  return hasState ? { traceparent: known, tracestate } : { traceparent: known };
}

import { TLS_RESULTS } from "../../src/base/tls.ts";
import { type Measured, Metrics } from "../../src/observe/metrics.ts";
import { observeAll } from "../../src/observe/observers.ts";

/** Figures of a gateway of which everything can be said. */
export const MEASURED: Measured = {
  links: () => 3,
  isDraining: () => false,
  isOverloaded: () => false,
  registrees: () => ({ connected: 4, callable: 2, away: 1 }),
  version: "1.2.3",
  held: () => ({
    counts: {
      accepted: 5,
      restored: 2,
      delivered: 3,
      expired: 1,
      superseded: 0,
      cancelled: 0,
      dropped: 1,
      evicted: 0,
    },
    usage: { count: 2, bytes: 700 },
    openExchanges: 1,
    storing: 0,
    accepting: true,
  }),
  oldestHeld: () => 1_000_000 as ReturnType<Measured["oldestHeld"]>,
  freeBytes: () => 1e9,
  registrar: () => ({ connected: { open: 1, seconds: 10 } }),
  certificates: () => [{ party: "ws", index: 0, expires: 2_000_000 as never }],
};

export interface ExposedMetric {
  readonly type: string;
  /** Names of its labels, in order; `le` left out. */
  readonly labels: readonly string[];
}

/** What a gateway can show to Prometheus, each of it once: the text, and our own metrics by name. */
export async function exposedMetrics(): Promise<{
  readonly text: string;
  readonly own: ReadonlyMap<string, ExposedMetric>;
}> {
  const metrics = new Metrics(MEASURED);
  const observer = observeAll(...metrics.observers);
  observer.dialled("connected");
  observer.cseReachable(true);
  for (const result of TLS_RESULTS) observer.tlsHandshake("ws", result);
  const text = await metrics.text();
  const types = [...text.matchAll(/^# TYPE (m2mgw_\S+) (\w+)$/gm)];
  return {
    text,
    own: new Map(
      types.map(([, name = "", type = ""]) => {
        const sample = new RegExp(`^${name}(?:_bucket)?(?:\\{(.*)\\})? `, "m").exec(text);
        const labels = [...(sample?.[1] ?? "").matchAll(/(\w+)="/g)].map(([, label = ""]) => label);
        return [name, { type, labels: labels.filter((label) => label !== "le") }];
      }),
    ),
  };
}

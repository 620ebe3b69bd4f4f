import {
  Counter,
  collectDefaultMetrics,
  Gauge,
  type MetricObjectWithValues,
  Registry,
} from "prom-client";
import { FAILURES, type FailureCode } from "../base/errors.ts";
import { RSC_CLASSES } from "../base/response-status-code.ts";
import {
  type DialResult,
  type Direction,
  HANDSHAKE_RESULTS,
  type HandshakeResult,
  type Observer,
} from "../core/ports.ts";
import { SERIALIZATIONS, type Serialization } from "../primitive/content.ts";
import { OPERATIONS } from "../primitive/primitive.ts";
import { exportHeld, type HeldFigures } from "./hold-metrics.ts";
import { Buckets, CountsBy } from "./hot-counters.ts";
import { type RegistrarFigures, RegistrarMetrics } from "./registrar-metrics.ts";

const DIRECTIONS = ["to-registree", "to-cse"] as const satisfies readonly Direction[];
const STATUS_CLASSES = ["1xx", "2xx", "3xx", "4xx", "5xx"] as const;
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** WebSocket close codes as a closed set of words (RFC 6455, 7.4.1). */
const CLOSE_WORDS: ReadonlyMap<string, string> = new Map([
  ["1000", "normal"],
  ["1001", "going-away"],
  ["1002", "protocol-error"],
  ["1003", "unsupported-data"],
  ["1005", "normal"],
  ["1006", "lost"],
  ["1007", "invalid-data"],
  ["1008", "policy"],
  ["1009", "too-big"],
  ["4001", "superseded"],
  ["4002", "deregistered"],
]);

/** What only the parts themselves know, asked when the metrics are scraped. */
export interface Measured {
  readonly links: () => number;
  readonly registrees: () => number;
  readonly version: string;
  readonly held: () => HeldFigures;
  readonly registrar: () => RegistrarFigures | undefined;
}

/** Every metric, and the Observer that feeds them. Labels are closed sets; no identifier is ever one. */
export class Metrics implements Observer {
  readonly #registry = new Registry();
  readonly #primitives = new CountsBy(DIRECTIONS, OPERATIONS, RSC_CLASSES);
  readonly #failures = new CountsBy(Object.keys(FAILURES) as FailureCode[]);
  readonly #durations = { "to-registree": new Buckets(BOUNDS), "to-cse": new Buckets(BOUNDS) };
  readonly #inFlight = { "to-registree": 0, "to-cse": 0 };
  readonly #passed = new CountsBy(STATUS_CLASSES);
  readonly #passedDurations = new Buckets(BOUNDS);
  readonly #transcodings = new CountsBy(SERIALIZATIONS, SERIALIZATIONS);
  #unknownNames = 0;
  #unmatched = 0;
  readonly #handshakes: Counter<"result">;
  readonly #closes: Counter<"reason">;
  readonly #malformed: Counter;
  readonly #takeovers: Counter<"result">;
  readonly #registrar: RegistrarMetrics;
  #reachable: boolean | undefined;

  constructor(measured: Measured) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#handshakes = new Counter({
      name: "m2mgw_handshakes_total",
      help: "WebSocket handshakes by what became of them.",
      labelNames: ["result"],
      registers,
    });
    for (const result of HANDSHAKE_RESULTS) this.#handshakes.inc({ result }, 0);
    this.#closes = new Counter({
      name: "m2mgw_link_closes_total",
      help: "WebSocket connections closed, by reason.",
      labelNames: ["reason"],
      registers,
    });
    this.#malformed = new Counter({
      name: "m2mgw_malformed_messages_total",
      help: "WebSocket messages that were no oneM2M primitives.",
      registers,
    });
    this.#takeovers = new Counter({
      name: "m2mgw_takeovers_total",
      help: "Identities claimed by a connection while another one held them.",
      labelNames: ["result"],
      registers,
    });
    const reachable = (): boolean | undefined => this.#reachable;
    new Gauge({
      name: "m2mgw_upstream_up",
      help: "1 when the CSE was reachable at the last attempt, 0 when it was not; absent without a CSE.",
      registers,
      collect() {
        const is = reachable();
        if (is === undefined) this.remove();
        else this.set(is ? 1 : 0);
      },
    });
    this.#registrar = new RegistrarMetrics(this.#registry, measured.registrar);
    this.#gauges(measured);
    exportHeld(measured.held, (type, name, help, values) => this.#export(type, name, help, values));
    this.#hot();
  }

  /** In the text format of Prometheus. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  linkOpened(): void {}

  linkClosed(_link: unknown, reason: string): void {
    this.#closes.inc({ reason: CLOSE_WORDS.get(reason) ?? "other" });
  }

  bound(_link: unknown, _registree: unknown, displaced: unknown): void {
    if (displaced !== undefined) this.#takeovers.inc({ result: "taken" });
  }

  unbound(): void {}

  takeoverRefused(): void {
    this.#takeovers.inc({ result: "refused" });
  }

  transcoded(from: Serialization, to: Serialization): void {
    this.#transcodings.add(from, to);
  }

  unknownName(): void {
    this.#unknownNames += 1;
  }

  exchangeStarted(direction: Direction): void {
    this.#inFlight[direction] += 1;
  }

  exchangeEnded(exchange: Parameters<Observer["exchangeEnded"]>[0]): void {
    this.#inFlight[exchange.direction] -= 1;
    this.#primitives.add(exchange.direction, exchange.operation, exchange.rscClass);
    this.#durations[exchange.direction].add(exchange.seconds);
    if (exchange.failure !== undefined) this.#failures.add(exchange.failure);
  }

  refused(failure: FailureCode): void {
    this.#failures.add(failure);
  }

  unmatched(): void {
    this.#unmatched += 1;
  }

  malformed(): void {
    this.#malformed.inc();
  }

  handshake(result: HandshakeResult): void {
    this.#handshakes.inc({ result });
  }

  passedThrough(status: number, seconds: number): void {
    this.#passedDurations.add(seconds);
    this.#passed.add(STATUS_CLASSES[Math.floor(status / 100) - 1] ?? "5xx");
  }

  dialled(result: DialResult): void {
    this.#registrar.dialled(result);
  }

  cseReachable(reachable: boolean): void {
    this.#reachable = reachable;
  }

  warn(): void {}

  #gauges({ links, registrees, version }: Measured): void {
    const gauge = (name: string, help: string, value: () => number): void => {
      new Gauge({
        name,
        help,
        registers: [this.#registry],
        collect() {
          this.set(value());
        },
      });
    };
    gauge("m2mgw_links", "Open WebSocket connections.", links);
    gauge("m2mgw_registrees", "Registered AEs and CSEs, connected or not.", registrees);
    new Gauge({
      name: "m2mgw_build_info",
      help: "The running version, as a label.",
      labelNames: ["version"],
      registers: [this.#registry],
    }).set({ version }, 1);
  }

  /** The metrics of the hot path, made out of our own counters when they are asked for. */
  #hot(): void {
    this.#export(
      "counter",
      "m2mgw_primitives_total",
      "Request primitives answered, by class of Response Status Code.",
      () => valuesOf(this.#primitives, ["direction", "operation", "rsc_class"]),
    );
    this.#export(
      "counter",
      "m2mgw_failures_total",
      "Requests that the gateway answered in the target's place, by failure.",
      () => valuesOf(this.#failures, ["code"]),
    );
    this.#export(
      "counter",
      "m2mgw_passed_through_total",
      "HTTP exchanges passed through to the CSE unread, by status class.",
      () => valuesOf(this.#passed, ["status"]),
    );
    this.#export(
      "counter",
      "m2mgw_transcodings_total",
      "Contents that went out in another serialization than they came in.",
      () => valuesOf(this.#transcodings, ["from", "to"]),
    );
    this.#export(
      "counter",
      "m2mgw_unknown_names_total",
      "Names in no table that were met while transcoding from or to XML.",
      () => [{ value: this.#unknownNames, labels: {} }],
    );
    this.#export(
      "counter",
      "m2mgw_unmatched_responses_total",
      "Responses nobody waited for: late, repeated or never asked for.",
      () => [{ value: this.#unmatched, labels: {} }],
    );
    this.#export("gauge", "m2mgw_exchanges_in_flight", "Exchanges that await their response.", () =>
      DIRECTIONS.map((direction) => ({ value: this.#inFlight[direction], labels: { direction } })),
    );
    const name = "m2mgw_exchange_duration_seconds";
    this.#export(
      "histogram",
      name,
      "Time from the arrival of a request primitive to its response.",
      () =>
        DIRECTIONS.flatMap((direction) =>
          bucketValues(name, this.#durations[direction], { direction }),
        ),
    );
    const passed = "m2mgw_passed_through_duration_seconds";
    this.#export(
      "histogram",
      passed,
      "Time from the head of an HTTP request passed through to the end of its response.",
      () => bucketValues(passed, this.#passedDurations, {}),
    );
  }

  #export(type: string, name: string, help: string, values: () => readonly object[]): void {
    const metric = {
      name,
      help,
      type,
      aggregator: "sum",
      get: () => Promise.resolve({ name, help, type, aggregator: "sum", values: values() }),
      reset: () => {},
    };
    // prom-client asks a metric for nothing but `get` when it is scraped; its own classes count with objects and hashes.
    this.#registry.registerMetric(metric as unknown as Counter);
  }
}

type Value = MetricObjectWithValues<{ value: number; labels: object }>["values"][number];

function valuesOf(
  counts: { entries(): Iterable<{ labels: readonly string[]; count: number }> },
  names: readonly string[],
): Value[] {
  return Array.from(counts.entries(), ({ labels, count }) => ({
    value: count,
    labels: Object.fromEntries(names.map((name, index) => [name, labels[index]])),
  }));
}

function bucketValues(name: string, buckets: Buckets, labels: object): object[] {
  const cumulative = buckets.cumulative();
  const total = cumulative.at(-1) ?? 0;
  return [
    ...cumulative.map((value, index) => ({
      metricName: `${name}_bucket`,
      value,
      labels: { ...labels, le: buckets.bounds[index] ?? "+Inf" },
    })),
    { metricName: `${name}_sum`, value: buckets.sum, labels },
    { metricName: `${name}_count`, value: total, labels },
  ];
}

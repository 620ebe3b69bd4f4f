import { FAILURES, type FailureCode } from "../base/errors.ts";
import { RSC_CLASSES } from "../base/response-status-code.ts";
import { STAGES, type Stage } from "../core/measures.ts";
import type { Direction, Observer } from "../core/ports.ts";
import { SERIALIZATIONS, type Serialization } from "../primitive/content.ts";
import { OPERATIONS } from "../primitive/primitive.ts";
import type { Exposition } from "./exposition.ts";
import { Buckets, CountsBy } from "./hot-counters.ts";

const DIRECTIONS = ["to-registree", "to-cse"] as const satisfies readonly Direction[];
const STATUS_CLASSES = ["1xx", "2xx", "3xx", "4xx", "5xx"] as const;
/** Seconds until somebody far away has answered. */
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** Seconds that our own work takes. */
const OWN_BOUNDS = [0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.001, 0.005, 0.025, 0.1, 1, 10];

/** What is counted on the hot path: exchanges, and what each costs. */
export class ExchangeMetrics implements Partial<Observer> {
  readonly #primitives = new CountsBy(DIRECTIONS, OPERATIONS, RSC_CLASSES);
  readonly #failures = new CountsBy(Object.keys(FAILURES) as FailureCode[]);
  readonly #durations = { "to-registree": new Buckets(BOUNDS), "to-cse": new Buckets(BOUNDS) };
  readonly #inFlight = { "to-registree": 0, "to-cse": 0 };
  readonly #spent = Object.fromEntries(
    STAGES.map((stage) => [stage, new Buckets(OWN_BOUNDS)]),
  ) as Readonly<Record<Stage, Buckets>>;
  readonly #passed = new CountsBy(STATUS_CLASSES);
  readonly #passedDurations = new Buckets(BOUNDS);
  readonly #transcodings = new CountsBy(SERIALIZATIONS, SERIALIZATIONS);
  readonly #codecErrors = new CountsBy(SERIALIZATIONS, ["read", "write"]);
  #unknownNames = 0;
  #unmatched = 0;

  constructor(shown: Exposition) {
    shown.counts(
      "m2mgw_primitives_total",
      "Request primitives answered, by class of Response Status Code.",
      this.#primitives,
      "direction",
      "operation",
      "rsc_class",
    );
    shown.counts(
      "m2mgw_failures_total",
      "Requests that the gateway answered in the target's place, by failure.",
      this.#failures,
      "code",
    );
    shown.samples(
      "gauge",
      "m2mgw_exchanges_in_flight",
      "Exchanges that await their response.",
      () =>
        DIRECTIONS.map((direction) => ({
          value: this.#inFlight[direction],
          labels: { direction },
        })),
    );
    shown.histograms(
      "m2mgw_exchange_duration_seconds",
      "Time from the arrival of a request primitive to its response.",
      DIRECTIONS.map((direction) => ({
        buckets: this.#durations[direction],
        labels: { direction },
      })),
    );
    shown.histograms(
      "m2mgw_overhead_duration_seconds",
      "Time that the gateway itself takes for a primitive, by what it does.",
      STAGES.map((stage) => ({ buckets: this.#spent[stage], labels: { stage } })),
    );
    shown.counts(
      "m2mgw_passed_through_total",
      "HTTP exchanges passed through to the CSE unread, by status class.",
      this.#passed,
      "status",
    );
    shown.histograms(
      "m2mgw_passed_through_duration_seconds",
      "Time from the head of an HTTP request passed through to the end of its response.",
      [{ buckets: this.#passedDurations, labels: {} }],
    );
    shown.counts(
      "m2mgw_transcodings_total",
      "Contents that went out in another serialization than they came in.",
      this.#transcodings,
      "from",
      "to",
    );
    shown.counts(
      "m2mgw_codec_errors_total",
      "Messages and contents that could not be read, or not be written in the serialization that was wanted.",
      this.#codecErrors,
      "serialization",
      "act",
    );
    shown.single(
      "counter",
      "m2mgw_unknown_names_total",
      "Names in no table that were met while transcoding from or to XML.",
      () => this.#unknownNames,
    );
    shown.single(
      "counter",
      "m2mgw_unmatched_responses_total",
      "Responses nobody waited for: late, repeated or never asked for.",
      () => this.#unmatched,
    );
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

  spent(stage: Stage, seconds: number): void {
    this.#spent[stage].add(seconds);
  }

  refused(failure: FailureCode): void {
    this.#failures.add(failure);
  }

  unmatched(): void {
    this.#unmatched += 1;
  }

  passedThrough(status: number, seconds: number): void {
    this.#passedDurations.add(seconds);
    this.#passed.add(STATUS_CLASSES[Math.floor(status / 100) - 1] ?? "5xx");
  }

  transcoded(from: Serialization, to: Serialization): void {
    this.#transcodings.add(from, to);
  }

  codecFailed(serialization: Serialization, act: "read" | "write"): void {
    this.#codecErrors.add(serialization, act);
  }

  unknownName(): void {
    this.#unknownNames += 1;
  }
}

import type { EpochMs } from "../base/clock.ts";
import type { HoldCounts } from "../core/hold-ledger.ts";
import { type HoldUsage, OUTCOMES, type Outcome } from "../core/hold-store.ts";
import type { Observer } from "../core/ports.ts";
import type { Exposition } from "./exposition.ts";
import { Buckets } from "./hot-counters.ts";

/** What is held, as the core counts it. */
export interface HeldFigures {
  readonly counts: HoldCounts;
  readonly usage: HoldUsage;
  /** How many of those are exchanges that are kept open. */
  readonly openExchanges: number;
  /** How many of those are on their way to the disk: not accepted yet. */
  readonly storing: number;
  readonly accepting: boolean;
}

/** Seconds, up to a week. */
const WAIT_BOUNDS = [0.1, 1, 10, 60, 300, 1_800, 7_200, 43_200, 86_400, 604_800];
/** Seconds until something is on disk. */
const WRITE_BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];

/**
 * The metrics of holding, and of the disk.
 *
 * What was restored, accepted and is being stored equals what was settled and what is held, at any time.
 */
export class HoldMetrics implements Partial<Observer> {
  readonly #waits = new Buckets(WAIT_BOUNDS);
  readonly #writes = new Buckets(WRITE_BOUNDS);
  #writeErrors = 0;

  /**
   * @param oldest when what is held longest arrived
   * @param freeBytes on the disk of the state directory
   */
  constructor(
    shown: Exposition,
    held: () => HeldFigures,
    oldest: () => EpochMs | undefined,
    freeBytes: () => number | undefined,
  ) {
    const counter = (name: string, help: string, value: () => number): void =>
      shown.single("counter", name, help, value);
    const gauge = (name: string, help: string, value: () => number | undefined): void =>
      shown.single("gauge", name, help, value);
    counter(
      "m2mgw_hold_accepted_total",
      "Primitives taken in to be held for registrees that were away.",
      () => held().counts.accepted,
    );
    counter(
      "m2mgw_hold_restored_total",
      "Primitives that were held when the gateway started.",
      () => held().counts.restored,
    );
    shown.samples(
      "counter",
      "m2mgw_hold_settled_total",
      "Primitives that were held, by what became of them.",
      () => OUTCOMES.map((outcome) => ({ value: held().counts[outcome], labels: { outcome } })),
    );
    gauge("m2mgw_hold_entries", "Primitives that are held now.", () => held().usage.count);
    gauge(
      "m2mgw_hold_open",
      "Of what is held now, exchanges that are kept open; the rest is on disk.",
      () => held().openExchanges,
    );
    gauge(
      "m2mgw_hold_storing",
      "Of what is held now, primitives on their way to the disk: they are accepted once they are there.",
      () => held().storing,
    );
    gauge("m2mgw_hold_bytes", "Bytes that are held now.", () => held().usage.bytes);
    gauge(
      "m2mgw_hold_oldest_arrival_timestamp_seconds",
      "When what is held longest arrived, in seconds since 1970; absent while nothing is held.",
      () => {
        const arrived = oldest();
        return arrived === undefined ? undefined : arrived / 1000;
      },
    );
    gauge(
      "m2mgw_hold_accepting",
      "1 while primitives can be stored, 0 after the store has failed to take one.",
      () => (held().accepting ? 1 : 0),
    );
    shown.histograms("m2mgw_hold_wait_seconds", "How long what was delivered had been held.", [
      { buckets: this.#waits, labels: {} },
    ]);
    shown.histograms("m2mgw_store_write_duration_seconds", "Time until a transaction is on disk.", [
      { buckets: this.#writes, labels: {} },
    ]);
    counter(
      "m2mgw_store_errors_total",
      "Transactions that could not be written.",
      () => this.#writeErrors,
    );
    gauge(
      "m2mgw_store_free_bytes",
      "Bytes that are free on the disk of the state directory.",
      freeBytes,
    );
  }

  settled(outcome: Outcome, seconds: number): void {
    if (outcome === "delivered") this.#waits.add(seconds);
  }

  written(seconds: number, failed: boolean): void {
    this.#writes.add(seconds);
    if (failed) this.#writeErrors += 1;
  }
}

import type { HoldCounts } from "../core/hold-ledger.ts";
import { type HoldUsage, OUTCOMES } from "../core/hold-store.ts";

/** What is held, as the core counts it. */
export interface HeldFigures {
  readonly counts: HoldCounts;
  readonly usage: HoldUsage;
  /** How many of those are exchanges that are kept open. */
  readonly openExchanges: number;
  readonly accepting: boolean;
}

type Export = (
  type: "counter" | "gauge",
  name: string,
  help: string,
  values: () => readonly { readonly value: number; readonly labels: object }[],
) => void;

/** The metrics of holding. What was restored and accepted equals what was settled and what is held. */
export function exportHeld(held: () => HeldFigures, add: Export): void {
  const single = (
    type: "counter" | "gauge",
    name: string,
    help: string,
    value: () => number,
  ): void => add(type, name, help, () => [{ value: value(), labels: {} }]);
  single(
    "counter",
    "m2mgw_hold_accepted_total",
    "Primitives taken in to be held for registrees that were away.",
    () => held().counts.accepted,
  );
  single(
    "counter",
    "m2mgw_hold_restored_total",
    "Primitives that were held when the gateway started.",
    () => held().counts.restored,
  );
  add(
    "counter",
    "m2mgw_hold_settled_total",
    "Primitives that were held, by what became of them.",
    () => OUTCOMES.map((outcome) => ({ value: held().counts[outcome], labels: { outcome } })),
  );
  single("gauge", "m2mgw_hold_entries", "Primitives that are held now.", () => held().usage.count);
  single(
    "gauge",
    "m2mgw_hold_open",
    "Of what is held now, exchanges that are kept open; the rest is on disk.",
    () => held().openExchanges,
  );
  single("gauge", "m2mgw_hold_bytes", "Bytes that are held now.", () => held().usage.bytes);
  single(
    "gauge",
    "m2mgw_hold_accepting",
    "1 while primitives can be stored, 0 after the store has failed to take one.",
    () => (held().accepting ? 1 : 0),
  );
}

import { type Clock, type EpochMs, later, type Millis, millis, type Timer } from "../base/clock.ts";
import { GatewayError } from "../base/errors.ts";
import type { HoldLedger } from "./hold-ledger.ts";
import type { HoldLine } from "./hold-line.ts";
import type { HeldRequest, HoldStore } from "./hold-store.ts";
import type { Observer } from "./ports.ts";

/** Expired ones that are ended together. */
const AT_ONCE = 256;
/** How often dead letters that are too old are taken out. */
const LETTERS_EVERY = millis(600_000);
/** Before those that could not be ended are looked at again. */
const PAUSE = millis(1_000);

/** Ends what has waited too long, with one timer for all that is stored, and lets dead letters go. */
export class HoldExpiry {
  readonly #store: HoldStore;
  readonly #ledger: HoldLedger;
  readonly #clock: Clock;
  #next: { readonly at: EpochMs; readonly timer: Timer } | undefined;
  readonly #observer: Observer;
  #letters: Timer | undefined;
  #stopped = false;

  constructor(parts: {
    readonly store: HoldStore;
    readonly ledger: HoldLedger;
    readonly clock: Clock;
    readonly observer: Observer;
  }) {
    this.#store = parts.store;
    this.#ledger = parts.ledger;
    this.#clock = parts.clock;
    this.#observer = parts.observer;
    this.#arm(parts.store.nextExpiry());
    this.#sweepLettersAfter(millis(0));
  }

  /** One more is stored, until `expires`. */
  watch(expires: EpochMs): void {
    if (this.#next === undefined || expires < this.#next.at) this.#arm(expires);
  }

  stop(): void {
    this.#stopped = true;
    this.#next?.timer.cancel();
    this.#letters?.cancel();
  }

  #sweepLettersAfter(pause: Millis): void {
    if (this.#stopped) return;
    const clock = this.#clock;
    this.#letters = clock.at(later(clock.now(), pause), () => {
      this.#store
        .sweepDeadLetters(clock.now())
        .catch((error: unknown) =>
          this.#observer.warn("dead letters could not be removed", { error }),
        )
        .finally(() => this.#sweepLettersAfter(LETTERS_EVERY));
    });
  }

  #arm(at: EpochMs | undefined): void {
    this.#next?.timer.cancel();
    this.#next = undefined;
    if (at === undefined || this.#stopped) return;
    const sweep = (): void => {
      this.#sweep().catch((error: unknown) => {
        this.#observer.warn("what has expired could not be looked through", { error });
        this.#arm(later(this.#clock.now(), PAUSE));
      });
    };
    this.#next = { at, timer: this.#clock.at(at, sweep) };
  }

  async #sweep(): Promise<void> {
    const now = this.#clock.now();
    const { due, idle } = this.#dueBy(now);
    await Promise.all(
      idle.map(({ line, held }) =>
        this.#ledger.end(line, held, "expired", new GatewayError("GW_REQUEST_EXPIRED")),
      ),
    );
    if (this.#stopped) return;
    const next = this.#store.nextExpiry();
    const stuck = due > 0 && idle.length === 0;
    this.#arm(next && (stuck ? latest(next, later(now, PAUSE)) : next));
  }

  /** Some of those that are due, and how many of all were looked at. */
  #dueBy(now: EpochMs): { readonly due: number; readonly idle: readonly Due[] } {
    for (let limit = AT_ONCE; ; limit *= 4) {
      const due = this.#store.due(now, limit);
      const idle = due.flatMap((held) => {
        const line = this.#ledger.find(held.registree);
        // What is under way has the same time on its link, and ends there.
        return line?.isIdle(held.sequence) ? [{ line, held }] : [];
      });
      if (idle.length > 0 || due.length < limit) return { due: due.length, idle };
    }
  }
}

interface Due {
  readonly line: HoldLine;
  readonly held: HeldRequest;
}

const latest = (a: EpochMs, b: EpochMs): EpochMs => (a > b ? a : b);

import { type Clock, type EpochMs, later, type Millis, millis, type Timer } from "../base/clock.ts";
import { GatewayError } from "../base/errors.ts";
import { type WeeklyWindow, windowAt } from "../base/weekly-windows.ts";
import type { Link } from "./ports.ts";

export interface RegistrarConnectionParts {
  /** Rejects with GatewayError GW_CSE_UNREACHABLE. */
  readonly dial: () => Promise<Link>;
  readonly clock: Clock;
  /** At least 0 and below 1. */
  readonly random: () => number;
  /** No pause before an attempt is longer. */
  readonly longestPause: Millis;
  /** How long it may go unused; undefined for ever. */
  readonly idleClose: () => Millis | undefined;
  /** When the registrar may expect it; none of them means always. */
  readonly windows: readonly WeeklyWindow[];
  /** Whether it is opened again when it has closed; else only when it is needed. */
  readonly reopens: () => boolean;
  /** Called with each link, as soon as it is open. */
  readonly opened: (link: Link) => void;
}

const FIRST_PAUSE = 1_000;
/** Whoever has stayed that long was not turned away. */
const STEADY = 10_000;
/** What is asked for does not wait for the next attempt, but makes none sooner after the last one. */
const LEAST_PAUSE = millis(1_000);

interface Waiter {
  readonly opened: (link: Link) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * The connection to the registrar: opened, opened again when it has closed (only the client can: TS-0020, 5.2), and
 * closed when it is not used, or its time is over.
 *
 * Pauses are drawn at random from a growing range, so that those who lost a registrar together do not return together.
 */
export class RegistrarConnection {
  readonly #parts: RegistrarConnectionParts;
  readonly #waiters = new Set<Waiter>();
  #link: Link | undefined;
  #openedAt: EpochMs | undefined;
  #isDialling = false;
  #dialledAt: EpochMs | undefined;
  /** In a row. */
  #failures = 0;
  #next: Timer | undefined;
  #unused: Timer | undefined;
  #windowEnds: Timer | undefined;
  #inUse = 0;
  #secondsPast = 0;
  /** It closes because it was not used, and is not opened again before it is needed. */
  #isLeft = false;
  #isOver = false;
  #closing: Promise<void> | undefined;
  #over: () => void = () => {};

  constructor(parts: RegistrarConnectionParts) {
    this.#parts = parts;
  }

  /** The link, if it is open. */
  get link(): Link | undefined {
    return this.#link?.open === true ? this.#link : undefined;
  }

  /** Opens it soon, unless it is open; while it closes, when it has closed. */
  open(): void {
    this.#isLeft = false;
    if (this.#link === undefined && this.#next === undefined) this.#dialIn(this.#pause());
  }

  /** Something has come on it, or how long it may go unused has changed: that is counted from now. */
  used(): void {
    if (this.#inUse === 0) this.#awaitUse();
  }

  /** How long it has been open, over all its links. */
  get seconds(): number {
    const since = this.#link === undefined ? undefined : this.#openedAt;
    return this.#secondsPast + (since === undefined ? 0 : this.#parts.clock.now() - since) / 1_000;
  }

  /** Whether it is neither open nor used. */
  get isUnused(): boolean {
    return this.#inUse === 0 && this.#link === undefined;
  }

  /**
   * Does something on an open link, which is dialled if there is none and the registrar may expect that now.
   *
   * @throws GatewayError GW_CSE_UNREACHABLE when dialling fails, takes until `deadline` or may not be now, and what
   *   `use` throws
   */
  async use<T>(deadline: EpochMs, use: (link: Link) => Promise<T>): Promise<T> {
    this.#inUse += 1;
    this.#unused?.cancel();
    try {
      return await use(this.link ?? (await this.#whenOpen(deadline)));
    } finally {
      this.#inUse -= 1;
      if (this.#inUse === 0) this.#awaitUse();
    }
  }

  /** The link has closed. */
  closed(link: Link): void {
    if (this.#link !== link) return;
    const { clock, reopens } = this.#parts;
    const lived = clock.now() - (this.#openedAt ?? clock.now());
    this.#secondsPast += lived / 1_000;
    this.#link = undefined;
    this.#unused?.cancel();
    this.#windowEnds?.cancel();
    this.#over();
    this.#failures = lived >= STEADY ? 0 : this.#failures + 1;
    const wasLeft = this.#isLeft;
    this.#isLeft = false;
    if (reopens() && !wasLeft) this.#dialIn(this.#pause());
  }

  /**
   * Closes it for good, when what is under way is done, and resolves then. Whoever waits for it waits in vain. May be
   * called twice.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#isOver = true;
    this.#next?.cancel();
    this.#unused?.cancel();
    this.#windowEnds?.cancel();
    this.#fail(new GatewayError("GW_DRAINING"));
    const link = this.#link;
    if (link === undefined) return;
    await new Promise<void>((resolve) => {
      this.#over = resolve;
      link.close("shutdown");
    });
  }

  #whenOpen(deadline: EpochMs): Promise<Link> {
    if (this.#isOver) return Promise.reject(new GatewayError("GW_DRAINING"));
    const { clock } = this.#parts;
    if (this.#opensAt() !== undefined) {
      return Promise.reject(new GatewayError("GW_CSE_UNREACHABLE"));
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        opened: (link) => {
          timer.cancel();
          resolve(link);
        },
        failed: (error) => {
          timer.cancel();
          reject(error);
        },
      };
      const timer = clock.at(deadline, () => {
        this.#waiters.delete(waiter);
        reject(new GatewayError("GW_CSE_UNREACHABLE"));
      });
      this.#waiters.add(waiter);
      const since = this.#dialledAt === undefined ? LEAST_PAUSE : clock.now() - this.#dialledAt;
      this.#dialIn(millis(Math.max(LEAST_PAUSE - since, 0)));
    });
  }

  /** Full jitter over a range that doubles. */
  #pause(): Millis {
    const { longestPause, random } = this.#parts;
    return millis(
      random() * Math.min(FIRST_PAUSE * 2 ** Math.min(this.#failures, 16), longestPause),
    );
  }

  #dialIn(pause: Millis): void {
    if (this.#isDialling || this.#isOver) return;
    this.#next?.cancel();
    const { clock } = this.#parts;
    const opensAt = this.#opensAt();
    if (pause === 0 && opensAt === undefined) return void this.#dial();
    this.#next = clock.at(later(opensAt ?? clock.now(), pause), () => this.#dial());
  }

  /** When its time comes; undefined while that is now. */
  #opensAt(): EpochMs | undefined {
    const { clock, windows } = this.#parts;
    if (windows.length === 0) return undefined;
    const { isOpen, changes } = windowAt(windows, clock.now());
    return isOpen ? undefined : changes;
  }

  #dial(): void {
    const { clock, dial, opened, reopens } = this.#parts;
    this.#next = undefined;
    // Its time passed during the pause.
    if (this.#opensAt() !== undefined) {
      this.#dialIn(this.#pause());
      return;
    }
    this.#isDialling = true;
    this.#dialledAt = clock.now();
    dial()
      .finally(() => {
        this.#isDialling = false;
      })
      .then((link) => {
        // It may have closed at once.
        if (!link.open) throw new GatewayError("GW_CSE_UNREACHABLE");
        if (this.#isOver) return link.close("shutdown");
        this.#link = link;
        this.#isLeft = false;
        this.#openedAt = clock.now();
        this.#awaitWindowEnd(link);
        opened(link);
        for (const waiter of this.#waiters) waiter.opened(link);
        this.#waiters.clear();
        if (this.#inUse === 0) this.#awaitUse();
      })
      .catch((error: unknown) => {
        this.#failures += 1;
        this.#fail(error);
        if (reopens()) this.#dialIn(this.#pause());
      });
  }

  #fail(error: unknown): void {
    for (const waiter of this.#waiters) waiter.failed(error);
    this.#waiters.clear();
  }

  #awaitWindowEnd(link: Link): void {
    const { clock, windows } = this.#parts;
    const now = clock.now();
    const { isOpen, changes } = windowAt(windows, now);
    if (windows.length === 0 || changes === undefined) return;
    this.#windowEnds = clock.at(isOpen ? changes : now, () => link.close("idle"));
  }

  #awaitUse(): void {
    const { clock, idleClose } = this.#parts;
    const link = this.#link;
    const after = idleClose();
    this.#unused?.cancel();
    if (after === undefined || link === undefined) return;
    this.#unused = clock.at(later(clock.now(), after), () => {
      this.#isLeft = true;
      link.close("idle");
    });
  }
}

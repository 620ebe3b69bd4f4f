import { cpuSecondsOf } from "./cpu.ts";

/** How long a measurement takes, and whom it watches. */
export interface Period {
  readonly warmupSeconds: number;
  readonly seconds: number;
  /** The process whose CPU time is counted. */
  readonly serverPid: number;
  /** Requests a second at most; without it as many as are answered. */
  readonly perSecond?: number | undefined;
}

export interface Sample {
  readonly perSecond: number;
  readonly perCpuSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** One request that was answered. */
export interface Answered {
  /** When, in milliseconds since 1970. */
  readonly at: number;
  readonly ms: number;
}

/** How often slots that are held back are let go, in milliseconds. */
const PACE = 1;
/** What is still open this long after the last request was sent has been lost. */
const DRAIN_LIMIT_MS = 5_000;

/**
 * Keeps a fixed number of requests in flight, and measures how they fare.
 *
 * Each slot has one request under way and sends its next as soon as that is answered, or when `perSecond` allows it. Only answers that arrive
 * within the measured period count; what is under way at its end is still waited for, so that a lost request fails
 * the run and cannot flatter it.
 */
export class ClosedLoop {
  /** Settles once: with the measurement when every request was answered, or with the first failure. */
  readonly sample: Promise<Sample>;
  readonly #send: (slot: number) => void;
  readonly #sentAt: Float64Array;
  readonly #latencies: number[] = [];
  /** Called for each answer in the measured period. */
  onAnswered: (answered: Answered) => void = () => {};
  #phase: "warm-up" | "measure" | "drain" = "warm-up";
  #inFlight = 0;
  /** Slots that are held back. */
  readonly #idle: number[] = [];
  readonly #pacing: NodeJS.Timeout | undefined;
  #measured: Omit<Sample, "p50" | "p99"> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #resolve: (sample: Sample) => void = () => {};
  #reject: (error: Error) => void = () => {};

  /** Sends the first request of each slot before it returns, unless it is to hold them back. */
  constructor(slots: number, period: Period, send: (slot: number) => void) {
    this.#send = send;
    this.#sentAt = new Float64Array(slots);
    this.sample = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#timer = setTimeout(() => this.#measure(period), period.warmupSeconds * 1_000);
    for (let slot = 0; slot < slots; slot += 1) this.#idle.push(slot);
    const { perSecond } = period;
    if (perSecond === undefined) for (const slot of this.#idle.splice(0)) this.#go(slot);
    else this.#pacing = this.#paced(perSecond);
  }

  /** The request of `slot` was answered, and rightly. */
  answered(slot: number): void {
    const now = performance.now();
    if (this.#phase === "measure") {
      const ms = now - (this.#sentAt[slot] as number);
      this.#latencies.push(ms);
      this.onAnswered({ at: performance.timeOrigin + now, ms });
    }
    this.#inFlight -= 1;
    if (this.#phase === "drain") {
      if (this.#inFlight === 0) this.#finish();
    } else if (this.#pacing === undefined) this.#go(slot);
    else this.#idle.push(slot);
  }

  #go(slot: number): void {
    this.#inFlight += 1;
    this.#sentAt[slot] = performance.now();
    this.#send(slot);
  }

  #paced(perSecond: number): NodeJS.Timeout {
    let before = performance.now();
    let due = 0;
    return setInterval(() => {
      const now = performance.now();
      due += ((now - before) * perSecond) / 1_000;
      before = now;
      const going = this.#idle.splice(0, Math.floor(due));
      // What nobody was free for is not made up for.
      due = going.length < Math.floor(due) ? 0 : due - going.length;
      for (const slot of going) this.#go(slot);
    }, PACE);
  }

  fail(error: Error): void {
    clearTimeout(this.#timer);
    clearInterval(this.#pacing);
    this.#phase = "drain";
    this.#reject(error);
  }

  #measure(period: Period): void {
    const from = performance.now();
    const cpuBefore = cpuSecondsOf(period.serverPid);
    this.#phase = "measure";
    this.#timer = setTimeout(() => {
      const cpuSeconds = cpuSecondsOf(period.serverPid) - cpuBefore;
      const seconds = (performance.now() - from) / 1_000;
      const requests = this.#latencies.length;
      this.#measured = { perSecond: requests / seconds, perCpuSecond: requests / cpuSeconds };
      this.#drain();
    }, period.seconds * 1_000);
  }

  #drain(): void {
    this.#phase = "drain";
    clearInterval(this.#pacing);
    if (this.#inFlight === 0) {
      this.#finish();
      return;
    }
    this.#timer = setTimeout(
      () => this.fail(new Error(`${this.#inFlight} requests were never answered`)),
      DRAIN_LIMIT_MS,
    );
  }

  #finish(): void {
    clearTimeout(this.#timer);
    const measured = this.#measured;
    if (measured === undefined || this.#latencies.length === 0) {
      this.#reject(new Error("nothing was answered within the measured period"));
      return;
    }
    const ordered = Float64Array.from(this.#latencies).sort();
    this.#resolve({ ...measured, p50: quantile(ordered, 0.5), p99: quantile(ordered, 0.99) });
  }
}

/** The smallest value that a share `q` of `ordered` does not exceed. */
export function quantile(ordered: ArrayLike<number>, q: number): number {
  return ordered[Math.max(0, Math.ceil(q * ordered.length) - 1)] as number;
}

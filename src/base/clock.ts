import type { Brand } from "./brand.ts";

/** A length of time. */
export type Millis = Brand<number, "Millis">;
/** A point in time: milliseconds since 1970-01-01 UTC. */
export type EpochMs = Brand<number, "EpochMs">;

export const millis = (value: number): Millis => value as Millis;
export const epochMs = (value: number): EpochMs => value as EpochMs;

/** `at` moved by `by`; negative lengths move it back. */
export const later = (at: EpochMs, by: Millis): EpochMs => (at + by) as EpochMs;
export const earliest = (a: EpochMs, b: EpochMs | undefined): EpochMs =>
  b === undefined || a <= b ? a : b;

export interface Timer {
  /** Takes the timer out again. May be called twice, and after it fired. */
  cancel(): void;
}

export interface Clock {
  now(): EpochMs;
  /** Calls `fire` once, at `at` or up to one slot (16 ms) later, never earlier. */
  at(at: EpochMs, fire: () => void): Timer;
}

const SLOT = 16;
/** Wakes at least this often while something waits, so that a stepped system clock is noticed. */
const LONGEST_SLEEP = 10_000;
/** An emptied slot further ahead than this is given up at once. */
const NEAR = 60_000;

interface Waiting extends Timer {
  fire: (() => void) | undefined;
}

/**
 * The system clock, with one operating-system timer for all that wait.
 *
 * Every exchange has a deadline and nearly all are cancelled, so both must be cheap: timers of one slot of
 * 16 ms share a list, and only slots are ordered. Slots are absolute, so years ahead cost the same as seconds.
 */
export class SystemClock implements Clock {
  readonly #slots = new Map<number, Set<Waiting>>();
  /** Min-heap of the slot numbers in `#slots`; a number whose slot is gone is skipped. */
  readonly #order: number[] = [];
  #sleeping: NodeJS.Timeout | undefined;
  #wakesAt = Number.POSITIVE_INFINITY;

  now(): EpochMs {
    return Date.now() as EpochMs;
  }

  at(at: EpochMs, fire: () => void): Timer {
    const slot = Math.ceil(at / SLOT);
    let members = this.#slots.get(slot);
    if (members === undefined) {
      members = new Set();
      this.#slots.set(slot, members);
      pushSlot(this.#order, slot);
      this.#arm();
    }
    const home = members;
    const due = slot * SLOT;
    const waiting: Waiting = {
      fire,
      cancel: () => {
        if (waiting.fire === undefined) return;
        waiting.fire = undefined;
        home.delete(waiting);
        // Near slots go by themselves, and are used again until then.
        if (home.size === 0 && due - Date.now() > NEAR && this.#slots.get(slot) === home) {
          this.#slots.delete(slot);
        }
      },
    };
    home.add(waiting);
    return waiting;
  }

  #arm(): void {
    const next = this.#order[0];
    if (next === undefined) return;
    const due = next * SLOT;
    if (due >= this.#wakesAt) return;
    clearTimeout(this.#sleeping);
    const now = Date.now();
    const sleep = Math.min(Math.max(due - now, 0), LONGEST_SLEEP);
    this.#wakesAt = now + sleep;
    this.#sleeping = setTimeout(() => this.#wake(), sleep);
    // What waits is no reason for the process to live: servers and sockets are.
    this.#sleeping.unref();
  }

  #wake(): void {
    this.#wakesAt = Number.POSITIVE_INFINITY;
    const now = Date.now();
    const thrown: unknown[] = [];
    for (
      let next = this.#order[0];
      next !== undefined && next * SLOT <= now;
      next = this.#order[0]
    ) {
      popSlot(this.#order);
      const members = this.#slots.get(next);
      this.#slots.delete(next);
      for (const waiting of members ?? []) {
        const { fire } = waiting;
        waiting.fire = undefined;
        try {
          fire?.();
        } catch (error) {
          thrown.push(error);
        }
      }
    }
    this.#arm();
    // Reaches the process as it would from a timer of its own; the others have fired all the same.
    if (thrown.length > 0) throw thrown[0];
  }
}

function pushSlot(heap: number[], slot: number): void {
  let child = heap.push(slot) - 1;
  while (child > 0) {
    const parent = (child - 1) >> 1;
    const above = heap[parent] as number;
    if (above <= slot) break;
    heap[child] = above;
    child = parent;
  }
  heap[child] = slot;
}

function popSlot(heap: number[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let hole = 0;
  for (;;) {
    let child = 2 * hole + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && (heap[child + 1] as number) < (heap[child] as number))
      child += 1;
    if ((heap[child] as number) >= last) break;
    heap[hole] = heap[child] as number;
    hole = child;
  }
  heap[hole] = last;
}

import type { Agent } from "node:http";
import { expect, vi } from "vitest";
import { OUTCOMES, type Outcome } from "../../src/core/hold-store.ts";
import { callHttp } from "./http-client.ts";
import { storedIn } from "./stored-in.ts";

/** How often each outcome has occurred, those that have not left out, and what is still held. */
export type Books = { readonly [O in Outcome | "entries"]?: number };

/** A gateway that runs. */
export interface Holder {
  /** Where its metrics are. */
  readonly admin: string;
  readonly stateDir: string;
  /** Makes connections to it, where it is in a network of its own. */
  readonly agent?: Agent | undefined;
}

/** Expects the balance of a gateway that runs and has ever held anything (architecture, S10). */
export async function expectBooks(holder: Holder): Promise<void> {
  const sample = await samplesOf(holder);
  const all = sample("m2mgw_hold_accepted_total") + sample("m2mgw_hold_restored_total");
  if (all > 0) await expectBalance(holder);
}

/**
 * Expects every primitive that was accepted or restored to be held or to have had exactly one outcome (architecture,
 * D4), and, where `books` are given, these and no others.
 *
 * What is under way on the disk may finish first, so it looks again for a while.
 */
export async function expectBalance(holder: Holder, books?: Books): Promise<void> {
  const expected = {
    balance: 0,
    uncounted: 0,
    books: books === undefined ? expect.anything() : { entries: 0, ...books },
  };
  const look = async (): Promise<void> => expect(await accountOf(holder)).toEqual(expected);
  await vi.waitFor(look, { interval: 5, timeout: 20_000 });
}

async function accountOf(
  holder: Holder,
): Promise<{ readonly balance: number; readonly uncounted: number; readonly books: Books }> {
  const sample = await samplesOf(holder);
  const settled = OUTCOMES.map(
    (outcome) => [outcome, sample(`m2mgw_hold_settled_total{outcome="${outcome}"}`)] as const,
  );
  const entries = sample("m2mgw_hold_entries");
  const sum = settled.reduce((total, [, count]) => total + count, entries);
  const accepted = sample("m2mgw_hold_accepted_total");
  const onDisk = entries - sample("m2mgw_hold_open");
  return {
    // By scanning the store, not from counters (architecture, S10).
    uncounted: storedIn(holder.stateDir) - onDisk,
    balance: accepted + sample("m2mgw_hold_restored_total") - sum,
    books: { ...Object.fromEntries(settled.filter(([, count]) => count > 0)), entries },
  };
}

/** What a sample of its metrics has, by name and labels as they are printed; 0 when there is none. */
export async function samplesOf({ admin, agent }: Holder): Promise<(sample: string) => number> {
  const { body } = await callHttp(admin, { target: "/metrics", ...(agent && { agent }) });
  const samples = new Map(
    body.split("\n").map((line) => {
      const space = line.lastIndexOf(" ");
      return [line.slice(0, space), Number(line.slice(space + 1))] as const;
    }),
  );
  return (sample) => samples.get(sample) ?? 0;
}

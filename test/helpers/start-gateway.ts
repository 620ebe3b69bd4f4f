import { onTestFinished } from "vitest";
import type { Clock } from "../../src/base/clock.ts";
import { loadConfig } from "../../src/config/load.ts";
import { createGateway, type Faces } from "../../src/gateway.ts";
import { expectBalance, hasHeld } from "./hold-books.ts";
import { tempDir } from "./temp-dir.ts";

export interface RunningGateway extends Faces {
  /** What it logged, one record each. */
  readonly log: readonly Record<string, unknown>[];
  readonly stateDir: string;
  stop(): Promise<void>;
  /** A sample of its metrics by name and labels as they are printed; 0 when there is none. */
  metric(sample: string): Promise<number>;
  /** Resolves when the sample has this value; asks again and again, so give it something that is about to be true. */
  metricIs(sample: string, value: number): Promise<void>;
}

export interface StartOptions {
  readonly clock?: Clock;
  readonly stateDir?: string;
}

/**
 * A whole gateway in this process on 127.0.0.1 and free ports, stopped when the test ends.
 *
 * If it still runs then, its books have to balance (architecture, S10).
 *
 * @param settings configuration by key path, as flags have it: `{ "cse.url": "http://…" }`
 */
export async function startGateway(
  settings: Readonly<Record<string, string>> = {},
  { clock, stateDir = tempDir() }: StartOptions = {},
): Promise<RunningGateway> {
  const loaded = loadConfig({
    env: {},
    flags: new Map(
      Object.entries({
        "http.listen": "127.0.0.1:0",
        "ws.listen": "127.0.0.1:0",
        "admin.listen": "127.0.0.1:0",
        "shutdown.drain": "1s",
        stateDir,
        ...settings,
      }),
    ),
  });
  if ("faults" in loaded) throw new Error(JSON.stringify(loaded.faults));
  const log: Record<string, unknown>[] = [];
  const gateway = createGateway(loaded.config, {
    ...(clock === undefined ? {} : { clock }),
    logDestination: { write: (line) => log.push(JSON.parse(line)) },
  });
  const faces = await gateway.start();
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= gateway.stop();
    return stopped;
  };
  onTestFinished(async ({ task }) => {
    try {
      // A test that has failed already says more than its books.
      const isOver = stopped !== undefined || task.result?.state === "fail";
      const holder = { ...faces, stateDir };
      if (!isOver && (await hasHeld(holder))) await expectBalance(holder);
    } finally {
      await stop();
    }
  });
  const metric = async (sample: string): Promise<number> => {
    const text = await (await fetch(`${faces.admin}/metrics`)).text();
    const line = text.split("\n").find((candidate) => candidate.startsWith(`${sample} `));
    return line === undefined ? 0 : Number(line.slice(sample.length + 1));
  };
  return {
    ...faces,
    log,
    stateDir,
    stop,
    metric,
    metricIs: async (sample, value) => {
      while ((await metric(sample)) !== value) await new Promise((again) => setImmediate(again));
    },
  };
}

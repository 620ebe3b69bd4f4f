import { onTestFinished } from "vitest";
import type { Clock } from "../../src/base/clock.ts";
import type { ConfigChanges } from "../../src/config/changes.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { Config } from "../../src/config/schema.ts";
import { createGateway, type Faces } from "../../src/gateway.ts";
import { expectBooks } from "./hold-books.ts";
import { tempDir } from "./temp-dir.ts";

export interface RunningGateway extends Faces {
  /** What it logged, one record each. */
  readonly log: readonly Record<string, unknown>[];
  readonly stateDir: string;
  /** Stops it, once its books balance. */
  stop(): Promise<void>;
  /** Lets it read these settings instead, or the same again, as far as a running gateway can. */
  reload(settings?: Readonly<Record<string, string>>, dryRun?: boolean): Promise<ConfigChanges>;
  /** Has begun to stop it when this returns, for tests of what happens meanwhile. */
  stopAtOnce(): Promise<void>;
  /** A sample of its metrics by name and labels as they are printed, or the sum of all of a name; 0 when there is none. */
  metric(sample: string): Promise<number>;
  /** Resolves when the sample has this value; asks again and again, so give it something that is about to be true. */
  metricIs(sample: string, value: number): Promise<void>;
}

export interface StartOptions {
  readonly clock?: Clock;
  /** A configuration file, for what flags cannot say. */
  readonly file?: string;
  readonly stateDir?: string;
}

/**
 * A whole gateway in this process on 127.0.0.1 and free ports, stopped when the test ends.
 *
 * Before it stops its books have to balance (architecture, S10), unless the test has failed: that says more.
 *
 * @param settings configuration by key path, as flags have it: `{ "cse.url": "http://…" }`
 */
export async function startGateway(
  settings: Readonly<Record<string, string>> = {},
  { clock, file, stateDir = tempDir() }: StartOptions = {},
): Promise<RunningGateway> {
  const configOf = (given: Readonly<Record<string, string>>): Config => {
    const loaded = loadConfig({
      file,
      env: {},
      flags: new Map(
        Object.entries({
          "http.listen": "127.0.0.1:0",
          "ws.listen": "127.0.0.1:0",
          "admin.listen": "127.0.0.1:0",
          "shutdown.drain": "1s",
          // A machine that runs many tests at a time is late by itself.
          "limits.eventLoopDelay": "1m",
          stateDir,
          ...given,
        }),
      ),
    });
    if ("faults" in loaded) throw new Error(JSON.stringify(loaded.faults));
    return loaded.config;
  };
  const log: Record<string, unknown>[] = [];
  let current = settings;
  const gateway = createGateway(configOf(settings), {
    ...(clock === undefined ? {} : { clock }),
    readConfig: () => configOf(current),
    logDestination: { write: (line) => log.push(JSON.parse(line)) },
  });
  const faces = await gateway.start();
  let stopped: Promise<void> | undefined;
  const stopAtOnce = (): Promise<void> => {
    stopped ??= gateway.stop();
    return stopped;
  };
  const stop = async (): Promise<void> => {
    try {
      if (stopped === undefined) await expectBooks({ ...faces, stateDir });
    } finally {
      await stopAtOnce();
    }
  };
  onTestFinished(({ task }) => (task.result?.state === "fail" ? stopAtOnce() : stop()));
  const metric = async (sample: string): Promise<number> => {
    const text = await (await fetch(`${faces.admin}/metrics`)).text();
    const lines = text
      .split("\n")
      .filter((line) => line.startsWith(`${sample} `) || line.startsWith(`${sample}{`));
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
  };
  return {
    ...faces,
    log,
    stateDir,
    stop,
    reload: (other = current, dryRun = false) => {
      current = other;
      return gateway.reload({ dryRun });
    },
    stopAtOnce,
    metric,
    metricIs: async (sample, value) => {
      while ((await metric(sample)) !== value) await new Promise((again) => setImmediate(again));
    },
  };
}

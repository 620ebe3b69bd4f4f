import type { Sample } from "./closed-loop.ts";
import { Processes } from "./processes.ts";
import type { Rounds } from "./report.ts";

/** What connecting may take, before a measurement and on top of it. */
export const CONNECT_LIMIT_SECONDS = 30;
/** What precedes the first round, so that the engine's compiler is done with a server when it is measured. */
export const FIRST_WARMUP_SECONDS = 2;

/**
 * Runs every one of `names` once in each round.
 *
 * Who begins changes from round to round, so that no contender always follows the same one.
 */
export async function interleave(
  names: readonly string[],
  rounds: number,
  run: (name: string) => Promise<Sample>,
): Promise<Rounds> {
  const samples = new Map<string, Sample[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < names.length; turn += 1) {
      const name = names[(round + turn) % names.length] as string;
      samples.get(name)?.push(await run(name));
    }
  }
  return samples;
}

/**
 * Runs all of `names` at the same time in each round: whatever else the machine does meets all of them alike, so that
 * differences of a few per cent show in the CPU time of a request. Requests per second say little then.
 */
export async function together(
  names: readonly string[],
  rounds: number,
  run: (name: string) => Promise<Sample>,
): Promise<Rounds> {
  const samples = new Map<string, Sample[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    const measured = await Promise.all(names.map(run));
    for (const [at, name] of names.entries()) samples.get(name)?.push(measured[at] as Sample);
  }
  return samples;
}

/** Runs a bench and ends its processes, also when it fails or is interrupted; a failure ends this process with 1. */
export async function runBench(bench: (processes: Processes) => Promise<void>): Promise<void> {
  const processes = new Processes();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
  try {
    await bench(processes);
  } catch (error) {
    console.error(
      `\n${(error as Error).message}`,
      ...processes.errors().map((text) => `\n${text}`),
    );
    process.exitCode = 1;
  } finally {
    await processes.stop();
  }
}

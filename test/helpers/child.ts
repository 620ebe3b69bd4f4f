import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";

/** A program that runs beside the tests. */
export interface Child {
  readonly pid: number;
  /** What it has printed so far, both streams in the order of arrival. */
  output(): string;
  /** Writes one line to its standard input. */
  write(line: string): void;
  /** Calls `each` for every whole line of its standard output from now on. */
  onLine(each: (line: string) => void): void;
  /** True until it has ended. */
  readonly running: boolean;
  /** Its exit code, or the signal that ended it. Never rejects. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** Sends `signal` and resolves when it has ended; one that ignores SIGTERM for 10 s is killed. May be called twice. */
  stop(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

const alive = new Set<number>();
const kill = (pid: number, signal: NodeJS.Signals) => {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself in between.
  }
};
// A test runner that is itself ended must leave nothing behind.
process.on("exit", () => {
  for (const pid of alive) kill(pid, "SIGKILL");
});

/** Starts a program. It sees nothing of the environment but what a program needs to run, and `env`. */
export async function startChild(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Child> {
  const { PATH = "", HOME = "", TMPDIR, LANG = "C.UTF-8" } = process.env;
  const process_ = spawn(command, args, {
    cwd: options.cwd,
    env: { PATH, HOME, LANG, ...(TMPDIR === undefined ? {} : { TMPDIR }), ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    process_.once("exit", (code, signal) => resolve(code ?? signal ?? 0));
  });
  await once(process_, "spawn");
  const pid = process_.pid as number;
  alive.add(pid);

  const lines: ((line: string) => void)[] = [];
  let output = "";
  let partial = "";
  let running = true;
  process_.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    const whole = (partial + text).split("\n");
    partial = whole.pop() ?? "";
    for (const line of whole) for (const each of lines) each(line);
  });
  process_.stderr.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  // Writing to a program that has just ended is no fault of the test; `ended` tells.
  process_.stdin.on("error", () => {});
  void ended.then(() => {
    running = false;
    alive.delete(pid);
  });

  return {
    pid,
    output: () => output,
    write: (line) => void process_.stdin.write(`${line}\n`),
    onLine: (each) => void lines.push(each),
    get running() {
      return running;
    },
    ended,
    async stop(signal = "SIGTERM") {
      if (running) kill(pid, signal);
      const patience = setTimeout(() => kill(pid, "SIGKILL"), 10_000);
      const how = await ended;
      clearTimeout(patience);
      return how;
    },
  };
}

/**
 * Resolves when `check` does, which is tried again and again.
 *
 * @throws Error when the program ends before, or after `patience` milliseconds; with what it printed
 */
export async function whenReady(
  child: Child,
  check: () => Promise<void>,
  patience: number,
): Promise<void> {
  const giveUpAt = Date.now() + patience;
  for (;;) {
    try {
      return await check();
    } catch (cause) {
      if (!child.running) throw new Error(`it ended at once:\n${child.output()}`, { cause });
      if (Date.now() > giveUpAt) throw new Error(`it is not ready:\n${child.output()}`, { cause });
      await delay(50);
    }
  }
}

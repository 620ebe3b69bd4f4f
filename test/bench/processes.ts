import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Reply } from "./worker.ts";

const START_LIMIT_MS = 15_000;
const STOP_LIMIT_MS = 3_000;
const KEPT_OUTPUT = 4_096;

/** A process that does jobs, one at a time. */
export interface Worker<J, R> {
  /** Rejects when the job fails, when the process ends, or after `limitSeconds`. */
  perform(job: J, limitSeconds: number): Promise<R>;
}

/** The processes of one run and their temporary folders: whatever happens, all are gone when it ends. */
export class Processes {
  readonly #children: { readonly name: string; readonly child: ChildProcess; errors: string }[] =
    [];
  readonly #folders: string[] = [];
  readonly #atExit = () => this.#killAll();

  constructor() {
    process.once("exit", this.#atExit);
  }

  folder(): string {
    const path = mkdtempSync(join(tmpdir(), "m2mgw-bench-"));
    this.#folders.push(path);
    return path;
  }

  /** Starts a program and gives its process ID once all `ports` take connections. */
  async startServer(
    name: string,
    command: string,
    args: readonly string[],
    ports: readonly number[],
  ): Promise<number> {
    const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"], env: environment() });
    this.#adopt(name, child);
    const gone = goneOf(name, child);
    const started = async () => {
      for (const port of ports) await accepts(port, child);
    };
    const limit = limitOf(START_LIMIT_MS, `${name} takes no connections on ${ports.join(", ")}`);
    await Promise.race([started(), gone, limit.passed]).finally(limit.cancel);
    return child.pid as number;
  }

  startWorker<J, R>(name: string, file: string): Worker<J, R> {
    const child = fork(file, [], {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      env: environment(),
      // The orchestrator may run under a loader that its workers do without.
      execArgv: [],
    });
    this.#adopt(name, child);
    const gone = goneOf(name, child);
    return {
      async perform(job, limitSeconds) {
        const limit = limitOf(limitSeconds * 1_000, `${name} did not finish its job`);
        const replied = once(child, "message");
        child.send(job as object);
        const [reply] = await Promise.race([replied, gone, limit.passed]).finally(limit.cancel);
        const answer = reply as Reply<R>;
        if ("failed" in answer) throw new Error(`${name}: ${answer.failed}`);
        return answer.result;
      },
    };
  }

  /** What the processes wrote to their standard error, by name; for a run that failed. */
  errors(): string[] {
    return this.#children
      .filter(({ errors }) => errors !== "")
      .map(({ name, errors }) => `--- ${name}\n${errors.trimEnd()}`);
  }

  /** Ends one that `startServer` started. */
  async end(pid: number): Promise<void> {
    for (const { child } of this.#children) if (child.pid === pid) await ended(child);
  }

  /** Ends all, the last started first. May be called twice. */
  async stop(): Promise<void> {
    for (const { child } of this.#children.reverse()) await ended(child);
    this.#children.length = 0;
    for (const folder of this.#folders.splice(0)) rmSync(folder, { recursive: true, force: true });
    process.removeListener("exit", this.#atExit);
  }

  #adopt(name: string, child: ChildProcess): void {
    const kept = { name, child, errors: "" };
    this.#children.push(kept);
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      kept.errors = (kept.errors + text).slice(-KEPT_OUTPUT);
    });
  }

  #killAll(): void {
    for (const { child } of this.#children) if (running(child)) child.kill("SIGKILL");
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true });
  }
}

/** The same for every process, whoever runs the bench. */
function environment(): NodeJS.ProcessEnv {
  const { PATH } = process.env;
  return { ...(PATH === undefined ? {} : { PATH }), NODE_ENV: "production" };
}

const running = (child: ChildProcess) =>
  child.pid !== undefined && child.exitCode === null && child.signalCode === null;

async function ended(child: ChildProcess): Promise<void> {
  if (!running(child)) return;
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  const killed = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
  await gone;
  clearTimeout(killed);
}

/** Rejects when `child` cannot be started or ends; never resolves. */
function goneOf(name: string, child: ChildProcess): Promise<never> {
  const gone = new Promise<never>((_, reject) => {
    child.once("error", (error) => reject(new Error(`${name}: ${error.message}`)));
    child.once("exit", (code, signal) => reject(new Error(`${name} ended (${signal ?? code})`)));
  });
  // It also ends when nobody waits: at the end of the run.
  gone.catch(() => {});
  return gone;
}

function limitOf(ms: number, what: string) {
  let timer: NodeJS.Timeout | undefined;
  const passed = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} within ${ms / 1_000} s`)), ms);
  });
  return { passed, cancel: () => clearTimeout(timer) };
}

/** Resolves once something takes connections on `port`, or when `child`, which should, has ended. */
async function accepts(port: number, child: ChildProcess): Promise<void> {
  while (running(child)) {
    const socket = connect({ host: "127.0.0.1", port });
    try {
      await once(socket, "connect");
      return;
    } catch {
      // Refused: it does not listen yet.
      await delay(20);
    } finally {
      socket.destroy();
    }
  }
}

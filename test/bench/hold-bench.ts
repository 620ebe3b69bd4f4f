import { join } from "node:path";
import { type HoldGateway, type Runtime, startHoldGateway } from "./hold-gateway.ts";
import type { LoadJob, LoadResult } from "./load.ts";
import type { Processes, Worker } from "./processes.ts";
import type { RegistreeJob } from "./registree.ts";
import type { Return, ReturningJob } from "./returning.ts";
import { CONNECT_LIMIT_SECONDS } from "./rounds.ts";

const WARMUP_SECONDS = 0.5;
const RETURN_LIMIT_SECONDS = 120;

/** AEs `prefix``first` and so on that are away. */
export interface Group {
  readonly prefix: string;
  readonly first: number;
  readonly count: number;
  /** Held for each. */
  readonly each: number;
}

/** What both benches of holding do with gateways, registrees and load. */
export class HoldBench {
  readonly processes: Processes;
  readonly #folder: string;
  readonly #load: Worker<LoadJob, LoadResult>;
  readonly #bytes: number;
  readonly #runtime: Runtime;

  /** @param folder the compiled workers; @param bytes of content of each Notify; @param runtime of every gateway */
  constructor(processes: Processes, folder: string, bytes: number, runtime: Runtime) {
    this.processes = processes;
    this.#folder = folder;
    this.#load = processes.startWorker("load", join(folder, "load.js"));
    this.#bytes = bytes;
    this.#runtime = runtime;
  }

  start(name: string, stateDir: string): Promise<HoldGateway> {
    return startHoldGateway(this.processes, name, stateDir, this.#runtime);
  }

  /** Connects AEs CB0, CB1, … that answer at once. */
  async connectLive({ wsPort }: HoldGateway, registrees: number): Promise<void> {
    const file = join(this.#folder, "registree.js");
    const worker = this.processes.startWorker<RegistreeJob, undefined>("live", file);
    const job = { do: "connect", wsPort, registrees, answerBytes: 0 } as const;
    await worker.perform({ ...job, shape: "readings", spelling: "json" }, CONNECT_LIMIT_SECONDS);
  }

  /** Sends Notifies over HTTP for some seconds. */
  notify(
    { httpPort, pid }: HoldGateway,
    asked: Pick<LoadJob, "connections" | "registrees" | "away" | "prefix" | "traced">,
    seconds: number,
    warmupSeconds = WARMUP_SECONDS,
  ): Promise<LoadResult> {
    const fixed = { serverPid: pid, echoes: true, bytes: this.#bytes, shape: "readings" } as const;
    const job: LoadJob = { ...asked, ...fixed, httpPort, warmupSeconds, seconds };
    return this.#load.perform(job, warmupSeconds + seconds + CONNECT_LIMIT_SECONDS);
  }

  /** Lets AEs come back at once and leave again when each has got all that was held for it. @param workers processes that they come from */
  async comeBack(
    { wsPort }: HoldGateway,
    { count, first, ...group }: Group,
    at: number,
    workers = 1,
  ): Promise<readonly Return[]> {
    const file = join(this.#folder, "returning.js");
    const share = Math.ceil(count / workers);
    const shares = Array.from({ length: workers }, async (_, n) => {
      const worker = this.processes.startWorker<ReturningJob, readonly Return[]>(
        `${group.prefix} ${n}`,
        file,
      );
      const from = n * share;
      const own = { first: first + from, count: Math.max(Math.min(share, count - from), 0) };
      const job = { ...group, ...own, do: "return", wsPort, bytes: this.#bytes, at } as const;
      const returns = await worker.perform(job, RETURN_LIMIT_SECONDS);
      return { worker, returns };
    });
    const all = await Promise.all(shares);
    for (const { worker } of all) await worker.perform({ do: "leave" }, CONNECT_LIMIT_SECONDS);
    return all.flatMap(({ returns }) => returns);
  }

  /** Primitives per second from when all connect until each has got all. */
  async deliveryRate(gateway: HoldGateway, group: Group): Promise<number> {
    // The process that they come from has to be there first.
    const returns = await this.comeBack(gateway, group, Date.now() + 300);
    return (1_000 * group.count * group.each) / Math.max(...returns.map(({ last }) => last));
  }
}

export const ratios = (some: readonly number[], others: readonly number[]): number[] =>
  some.map((value, n) => value / (others[n] as number));

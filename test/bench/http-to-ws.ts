/** HTTP request → registree over WebSocket → HTTP response: the gateway beside reference servers, in turn. */
import { join } from "node:path";
import { buildBench } from "./build.ts";
import type { Sample } from "./closed-loop.ts";
import { downlinkContenders, measureOf, type Server } from "./contenders.ts";
import type { LoadJob } from "./load.ts";
import { readOptions } from "./options.ts";
import type { Processes } from "./processes.ts";
import type { RegistreeJob } from "./registree.ts";
import { printHeader, printTable } from "./report.ts";
import {
  CONNECT_LIMIT_SECONDS,
  FIRST_WARMUP_SECONDS,
  interleave,
  runBench,
  together,
} from "./rounds.ts";

const options = readOptions();
const compared = measureOf(options);
const [inRounds, order] = options.unobserved
  ? ([together, "at the same time"] as const)
  : ([interleave, "in turn"] as const);

async function startAll(processes: Processes, bench: string): Promise<Map<string, Server>> {
  const servers = new Map<string, Server>();
  for (const contender of downlinkContenders(options)) {
    const server = await contender.start(processes, bench, undefined);
    servers.set(contender.name, server);
    if (server.wsPort === undefined) continue;
    const registree = processes.startWorker<RegistreeJob, undefined>(
      `registree of ${contender.name}`,
      join(bench, "registree.js"),
    );
    const { registrees, answerBytes, shape } = options;
    await registree.perform(
      {
        do: "connect",
        wsPort: server.wsPort,
        registrees,
        answerBytes,
        shape,
        spelling: contender.registree ?? "json",
      },
      CONNECT_LIMIT_SECONDS,
    );
  }
  return servers;
}

await runBench(async (processes) => {
  const bench = buildBench();
  const servers = await startAll(processes, bench);
  const startLoad = (name: string) =>
    processes.startWorker<LoadJob, Sample>(`load on ${name}`, join(bench, "load.js"));
  const loads = new Map([...servers.keys()].map((name) => [name, startLoad(name)]));

  const measure = (name: string, bytes: number, connections: number, warmupSeconds: number) => {
    const server = servers.get(name) as Server;
    const load = loads.get(name) as ReturnType<typeof startLoad>;
    const { perSecond, registrees, seconds, shape } = options;
    const job: LoadJob = {
      httpPort: server.httpPort,
      serverPid: server.pid,
      echoes: server.wsPort !== undefined,
      connections,
      registrees,
      bytes,
      shape,
      warmupSeconds,
      seconds,
      perSecond,
    };
    return load.perform(job, warmupSeconds + seconds + CONNECT_LIMIT_SECONDS).catch((error) => {
      throw new Error(`${name}, ${bytes} B, ${connections} connections: ${error.message}`, {
        cause: error,
      });
    });
  };

  const parameters = {
    rounds: `${options.rounds} of ${options.seconds} s after ${options.warmupSeconds} s, ${order}`,
    requests: `Notify, JSON, ${options.shape}, one under way on each HTTP connection${options.perSecond === undefined ? "" : `, ${options.perSecond} a second`}`,
    registrees: `${options.registrees}, one WebSocket each; answers with ${options.answerBytes} B of content`,
  };
  printHeader("HTTP request → registree over WebSocket → HTTP response", parameters, compared);
  const names = [...servers.keys()];
  for (const bytes of options.sizes) {
    for (const name of names) {
      await measure(name, bytes, options.connections[0] as number, FIRST_WARMUP_SECONDS);
    }
    for (const connections of options.connections) {
      const rounds = await inRounds(names, options.rounds, (name) =>
        measure(name, bytes, connections, options.warmupSeconds),
      );
      printTable(`${bytes} B, ${connections} connections`, rounds, compared);
    }
  }
});

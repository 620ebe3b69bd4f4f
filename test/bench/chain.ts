/** Retrieves over HTTP through bridge and front, and through a front alone, beside the same asked of the CSE directly. */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { freePort } from "../helpers/free-port.ts";
import { buildBench, GATEWAY } from "./build.ts";
import type { Sample } from "./closed-loop.ts";
import type { LoadJob, LoadResult } from "./load.ts";
import type { Processes } from "./processes.ts";
import { median, printHeader, printTable } from "./report.ts";
import { CONNECT_LIMIT_SECONDS, FIRST_WARMUP_SECONDS, interleave, runBench } from "./rounds.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "1.5" },
    connections: { type: "string", default: "1,32,256" },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const WARMUP_SECONDS = 0.5;

/** What is asked, and the process whose CPU time counts. */
interface Way {
  readonly httpPort: number;
  readonly pid: number;
}

const DIRECT = "direct";

async function startWays(processes: Processes, bench: string): Promise<Map<string, Way>> {
  const csePort = await freePort();
  const args = [join(bench, "cse.js"), "--http", String(csePort)];
  const csePid = await processes.startServer("cse", process.execPath, args, [csePort]);
  const front = await startGateway(processes, "front", `http://127.0.0.1:${csePort}`);
  const bridge = await startGateway(processes, "bridge", `ws://127.0.0.1:${front.wsPort}`);
  const registered = await fetch(`http://127.0.0.1:${bridge.httpPort}/cse-in`, {
    method: "POST",
    headers: {
      "X-M2M-Origin": "CB0",
      "X-M2M-RI": "r",
      "X-M2M-RVI": "3",
      "Content-Type": "application/json;ty=2",
    },
    body: '{"m2m:ae":{"rn":"b0","api":"N.bench","rr":false,"srv":["3"]}}',
  });
  if (registered.status !== 201) throw new Error(`the AE could not register: ${registered.status}`);
  return new Map<string, Way>([
    [DIRECT, { httpPort: csePort, pid: csePid }],
    ["front", front],
    ["bridge + front", bridge],
  ]);
}

async function startGateway(
  processes: Processes,
  name: string,
  cse: string,
): Promise<Way & { readonly wsPort: number }> {
  const [httpPort, wsPort, adminPort] = [await freePort(), await freePort(), await freePort()];
  const args = [GATEWAY, "serve", "--cse.url", cse, "--cse.id", "/id-in"];
  args.push("--http.listen", `127.0.0.1:${httpPort}`, "--ws.listen", `127.0.0.1:${wsPort}`);
  args.push("--admin.listen", `127.0.0.1:${adminPort}`);
  args.push("--stateDir", processes.folder(), "--log.level", "warn");
  // As many as the load has connections.
  args.push("--cse.window", "1024", "--ws.window", "1024", "--cse.connections", "256");
  const pid = await processes.startServer(name, process.execPath, args, [httpPort, wsPort]);
  return { httpPort, wsPort, pid };
}

await runBench(async (processes) => {
  const bench = buildBench();
  const ways = await startWays(processes, bench);
  const load = processes.startWorker<LoadJob, LoadResult>("load", join(bench, "load.js"));
  const measure = (name: string, connections: number, warmupSeconds: number): Promise<Sample> => {
    const { httpPort, pid } = ways.get(name) as Way;
    const job: LoadJob = {
      httpPort,
      connections,
      registrees: 1,
      bytes: 0,
      shape: "text",
      echoes: true,
      retrieves: "/cse-in/b0/c/la",
      warmupSeconds,
      seconds,
      serverPid: pid,
    };
    return load.perform(job, warmupSeconds + seconds + CONNECT_LIMIT_SECONDS);
  };
  printHeader(
    "Retrieve over HTTP, through bridge and front",
    {
      rounds: `${rounds} of ${seconds} s after ${WARMUP_SECONDS} s, in turn`,
      requests: "Retrieve of a <contentInstance>, JSON, one under way on each connection",
      "CPU s": "of the process that is asked, not of those behind it",
    },
    DIRECT,
  );
  const names = [...ways.keys()];
  for (const name of names) await measure(name, 32, FIRST_WARMUP_SECONDS);
  for (const connections of values.connections.split(",").map(Number)) {
    const samples = await interleave(names, rounds, (name) =>
      measure(name, connections, WARMUP_SECONDS),
    );
    printTable(`${connections} connections`, samples, DIRECT);
    const [direct = 0, , chain = 0] = names.map((name) =>
      median(samples.get(name)?.map(({ p50 }) => p50) ?? []),
    );
    console.log(`  added by bridge and front: ${(chain - direct).toFixed(2)} ms in the median`);
  }
});

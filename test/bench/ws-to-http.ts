/** Request of a registree over WebSocket → CSE over HTTP → registree: the gateway beside the shortest bridge, in turn. */
import { join } from "node:path";
import { freePort } from "../helpers/free-port.ts";
import { buildBench } from "./build.ts";
import type { Sample } from "./closed-loop.ts";
import { type Server, uplinkContenders } from "./contenders.ts";
import { readOptions } from "./options.ts";
import type { Processes, Worker } from "./processes.ts";
import type { RegistreeJob } from "./registree.ts";
import { printHeader, printTable } from "./report.ts";
import { CONNECT_LIMIT_SECONDS, FIRST_WARMUP_SECONDS, interleave, runBench } from "./rounds.ts";

interface Contest {
  readonly server: Server;
  readonly registree: Worker<RegistreeJob, Sample>;
}

const options = readOptions();

async function startAll(processes: Processes, bench: string): Promise<Map<string, Contest>> {
  const csePort = await freePort();
  const args = [join(bench, "cse.js"), "--http", String(csePort)];
  await processes.startServer("cse", process.execPath, args, [csePort]);
  const contests = new Map<string, Contest>();
  for (const contender of uplinkContenders(options)) {
    const server = await contender.start(processes, bench, `http://127.0.0.1:${csePort}`);
    const registree = processes.startWorker<RegistreeJob, Sample>(
      `registree of ${contender.name}`,
      join(bench, "registree.js"),
    );
    const { registrees, answerBytes, shape } = options;
    await registree.perform(
      {
        do: "connect",
        wsPort: server.wsPort as number,
        registrees,
        answerBytes,
        shape,
        spelling: "json",
      },
      CONNECT_LIMIT_SECONDS,
    );
    contests.set(contender.name, { server, registree });
  }
  return contests;
}

await runBench(async (processes) => {
  const contests = await startAll(processes, buildBench());

  const measure = (name: string, bytes: number, inFlight: number, warmupSeconds: number) => {
    const { server, registree } = contests.get(name) as Contest;
    const { registrees, seconds, shape } = options;
    const job: RegistreeJob = {
      do: "uplink",
      serverPid: server.pid,
      links: registrees,
      inFlight,
      bytes,
      shape,
      warmupSeconds,
      seconds,
    };
    return registree
      .perform(job, warmupSeconds + seconds + CONNECT_LIMIT_SECONDS)
      .catch((error) => {
        throw new Error(`${name}, ${bytes} B, ${inFlight} in flight: ${error.message}`, {
          cause: error,
        });
      });
  };

  printHeader("Request of a registree over WebSocket → CSE over HTTP → response", {
    rounds: `${options.rounds} of ${options.seconds} s after ${options.warmupSeconds} s, in turn`,
    requests: `Create of a <contentInstance>, JSON, ${options.shape}`,
    registrees: `${options.registrees}, one WebSocket each`,
  });
  const names = [...contests.keys()];
  for (const bytes of options.sizes) {
    for (const name of names) {
      await measure(name, bytes, options.inFlight[0] as number, FIRST_WARMUP_SECONDS);
    }
    for (const inFlight of options.inFlight) {
      const rounds = await interleave(names, options.rounds, (name) =>
        measure(name, bytes, inFlight, options.warmupSeconds),
      );
      printTable(`${bytes} B, ${inFlight} in flight on each of ${options.registrees}`, rounds);
    }
  }
});

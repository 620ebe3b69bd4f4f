/** How a well-behaved application and its registrees fare while others do their worst, beside the same when all is quiet. */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { freePort } from "../helpers/free-port.ts";
import { ATTACKS, type Attack, type AttackJob, type AttackResult } from "./attacks.ts";
import { buildBench, GATEWAY } from "./build.ts";
import type { Sample } from "./closed-loop.ts";
import type { LoadJob, LoadResult } from "./load.ts";
import type { RegistreeJob } from "./registree.ts";
import { printHeader, printTable } from "./report.ts";
import { CONNECT_LIMIT_SECONDS, FIRST_WARMUP_SECONDS, interleave, runBench } from "./rounds.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "2" },
    connections: { type: "string", default: "4" },
    attacks: { type: "string", default: "200" },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const REGISTREES = 4;
const WARMUP_SECONDS = 0.5;
const QUIET = "quiet";

await runBench(async (processes) => {
  const bench = buildBench();
  const [httpPort, wsPort, adminPort, csePort] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  await processes.startServer(
    "cse",
    process.execPath,
    [join(bench, "cse.js"), "--http", String(csePort)],
    [csePort],
  );
  const args = [GATEWAY, "serve", "--cse.url", `http://127.0.0.1:${csePort}`, "--cse.id", "/id-in"];
  args.push("--http.listen", `127.0.0.1:${httpPort}`, "--ws.listen", `127.0.0.1:${wsPort}`);
  args.push("--admin.listen", `127.0.0.1:${adminPort}`, "--log.level", "error");
  args.push("--stateDir", processes.folder(), "--limits.exempt", "127.0.0.1/32");
  const serverPid = await processes.startServer("gateway", process.execPath, args, [
    httpPort,
    wsPort,
  ]);
  const registree = processes.startWorker<RegistreeJob, undefined>(
    "registree",
    join(bench, "registree.js"),
  );
  await registree.perform(
    {
      do: "connect",
      wsPort,
      registrees: REGISTREES,
      answerBytes: 200,
      shape: "text",
      spelling: "json",
    },
    CONNECT_LIMIT_SECONDS,
  );
  const load = processes.startWorker<LoadJob, LoadResult>("load", join(bench, "load.js"));
  const attacker = processes.startWorker<AttackJob, AttackResult>(
    "attacker",
    join(bench, "attacker.js"),
  );

  const measure = async (attack: Attack | undefined, warmupSeconds: number): Promise<Sample> => {
    const job: LoadJob = {
      httpPort,
      connections: Number(values.connections),
      registrees: REGISTREES,
      bytes: 200,
      shape: "text",
      echoes: true,
      warmupSeconds,
      seconds,
      serverPid,
    };
    const limit = warmupSeconds + seconds + CONNECT_LIMIT_SECONDS;
    const length = { perSecond: Number(values.attacks), seconds: warmupSeconds + seconds };
    const [sample] = await Promise.all([
      load.perform(job, limit),
      attack && attacker.perform({ attack, httpPort, wsPort, ...length }, limit),
    ]);
    return sample;
  };
  printHeader(
    "Notifies to registrees while others abuse the gateway",
    {
      rounds: `${rounds} of ${seconds} s after ${WARMUP_SECONDS} s, in turn`,
      requests: `Notify of 200 B, JSON, one under way on each of ${values.connections} connections`,
      attacks: `${values.attacks} a second, each on a connection of its own, 300 open at a time, from an address of its own with the default limits`,
    },
    QUIET,
  );
  await measure(undefined, FIRST_WARMUP_SECONDS);
  const names = [QUIET, ...ATTACKS];
  const samples = await interleave(names, rounds, (name) =>
    measure(
      ATTACKS.find((attack) => attack === name),
      WARMUP_SECONDS,
    ),
  );
  printTable("served meanwhile", samples, QUIET);
});

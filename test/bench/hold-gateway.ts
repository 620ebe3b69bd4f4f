import { readFileSync } from "node:fs";
import { freePort } from "../helpers/free-port.ts";
import { GATEWAY } from "./build.ts";
import type { Processes } from "./processes.ts";

/** A gateway under measurement whose state was there before it. */
export interface HoldGateway {
  readonly pid: number;
  readonly httpPort: number;
  readonly wsPort: number;
  /** What it took from its start until it took connections, its check of the state included. */
  readonly readyMs: number;
  /** Value of one of its metrics, written with its labels. */
  metric(name: string): Promise<number>;
  /** Milliseconds that its event loop was late at most since this was last asked; its timers count 10 ms. */
  longestPause(): Promise<number>;
  /** MiB of resident memory that no file is behind: what LMDB maps is the page cache's. */
  anonymous(): number;
}

/** More than any measurement here puts in. */
const ROOM = ["maxEntries", "totalEntries"].flatMap((key) => [`--hold.${key}`, "10000000"]);

/** How a gateway is run, for whoever looks for the cause of a figure. */
export interface Runtime {
  /** Of Node.js, such as `--cpu-prof --cpu-prof-dir=/tmp`. */
  readonly flags: string;
  /** Its main.js; empty for the one of this checkout. */
  readonly main: string;
}

export async function startHoldGateway(
  processes: Processes,
  name: string,
  stateDir: string,
  { flags, main }: Runtime,
): Promise<HoldGateway> {
  const [httpPort, wsPort, adminPort] = [await freePort(), await freePort(), await freePort()];
  const args = [...flags.split(" ").filter(Boolean), main || GATEWAY, "serve", ...ROOM];
  args.push("--hold.maxBytes", "64GiB", "--hold.totalBytes", "64GiB");
  args.push("--http.listen", `127.0.0.1:${httpPort}`, "--ws.listen", `127.0.0.1:${wsPort}`);
  args.push("--admin.listen", `127.0.0.1:${adminPort}`);
  args.push("--stateDir", stateDir, "--log.level", "warn");
  const from = performance.now();
  const ports = [httpPort, wsPort];
  const pid = await processes.startServer(name, process.execPath, args, ports);
  const readyMs = performance.now() - from;
  let pause = 0;
  const metric = async (wanted: string): Promise<number> => {
    const text = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
    // Reading the metrics starts this one anew.
    const sinceRead = /^nodejs_eventloop_lag_max_seconds (.*)$/m.exec(text)?.[1];
    pause = Math.max(pause, 1_000 * Number(sinceRead));
    const line = text.split("\n").find((start) => start.startsWith(`${wanted} `));
    if (line === undefined) throw new Error(`${name} has no metric ${wanted}`);
    return Number(line.slice(wanted.length));
  };
  return {
    pid,
    httpPort,
    wsPort,
    readyMs,
    metric,
    longestPause: async () => {
      await metric("nodejs_eventloop_lag_max_seconds");
      const longest = pause;
      pause = 0;
      return longest;
    },
    anonymous: () => {
      const status = readFileSync(`/proc/${pid}/status`, "latin1");
      return Number(/RssAnon:\s+(\d+)/.exec(status)?.[1]) / 1_024;
    },
  };
}

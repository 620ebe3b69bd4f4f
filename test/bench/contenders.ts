import { existsSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../helpers/free-port.ts";
import { GATEWAY } from "./build.ts";
import type { Options } from "./options.ts";
import type { Processes } from "./processes.ts";
import { nginxArguments, nginxVersion } from "./reference/nginx.ts";
import type { Spelling } from "./spelling.ts";
import { copyUnobserved } from "./unobserved.ts";

/** A server under measurement, listening. */
export interface Server {
  readonly pid: number;
  readonly httpPort: number;
  /** Undefined for one that has no registrees: it only answers HTTP, and without the request's identifier. */
  readonly wsPort: number | undefined;
}

export interface Contender {
  readonly name: string;
  /** Why it cannot run on this machine, if it cannot. */
  readonly missing: string | undefined;
  /** What its registrees speak; JSON where it does not say. */
  readonly registree?: Spelling;
  /** @param cse URL of the CSE that requests of registrees go to; without one it runs standalone */
  start(processes: Processes, bench: string, cse: string | undefined): Promise<Server>;
}

/** The contender that all others are compared with. */
export const MEASURE = "naive";
/** The gateway of this checkout. */
export const OURS = "m2mgw";
/** The same, and nobody hears what it does. */
const UNOBSERVED = "unobserved";

/** What the ratios of a run are ratios to. */
export function measureOf({ registree, unobserved }: Options): string {
  if (unobserved) return UNOBSERVED;
  // What transcoding costs is seen beside the same gateway without it.
  return registree === "json" ? MEASURE : OURS;
}

const constant: Contender = {
  name: "constant",
  missing: undefined,
  async start(processes, bench) {
    const httpPort = await freePort();
    const args = [join(bench, "reference/constant.js"), "--http", String(httpPort)];
    const pid = await processes.startServer("constant", process.execPath, args, [httpPort]);
    return { pid, httpPort, wsPort: undefined };
  },
};

const naive: Contender = {
  name: MEASURE,
  missing: undefined,
  async start(processes, bench, cse) {
    const [httpPort, wsPort] = [await freePort(), await freePort()];
    const args = [join(bench, "reference/naive.js")];
    args.push("--http", String(httpPort), "--ws", String(wsPort));
    if (cse !== undefined) args.push("--cse", cse);
    const pid = await processes.startServer("naive", process.execPath, args, [httpPort, wsPort]);
    return { pid, httpPort, wsPort };
  },
};

/** nginx as reverse proxy to a device that answers a constant, which is not measured with it. */
const nginx: Contender = {
  name: "nginx",
  missing: nginxVersion() === undefined ? "it is not on the PATH" : undefined,
  async start(processes, bench) {
    const device = await constant.start(processes, bench, undefined);
    const httpPort = await freePort();
    const args = nginxArguments(processes.folder(), httpPort, device.httpPort);
    const pid = await processes.startServer("nginx", "nginx", args, [httpPort]);
    return { pid, httpPort, wsPort: undefined };
  },
};

function gateway(name: string, main: string): Contender {
  return {
    name,
    missing: existsSync(main) ? undefined : `there is no ${main}`,
    async start(processes, _bench, cse) {
      const [httpPort, wsPort, adminPort] = [await freePort(), await freePort(), await freePort()];
      const args = [main, "serve"];
      args.push("--http.listen", `127.0.0.1:${httpPort}`, "--ws.listen", `127.0.0.1:${wsPort}`);
      args.push("--admin.listen", `127.0.0.1:${adminPort}`);
      args.push("--stateDir", processes.folder(), "--log.level", "warn");
      if (cse !== undefined) args.push("--cse.url", cse, "--cse.id", "/id-in");
      const ports = [httpPort, wsPort];
      const pid = await processes.startServer(name, process.execPath, args, ports);
      return { pid, httpPort, wsPort };
    },
  };
}

export const downlinkContenders = (options: Options): Contender[] =>
  chosen([constant, naive, nginx, ...gateways(options), ...transcoding(options)], options);

export const uplinkContenders = (options: Options): Contender[] =>
  chosen([naive, ...gateways(options)], options);

function gateways({ baseline, unobserved }: Options): Contender[] {
  const ours = gateway(OURS, GATEWAY);
  if (unobserved) return [gateway(UNOBSERVED, copyUnobserved()), ours];
  return baseline === undefined ? [ours] : [gateway("baseline", baseline), ours];
}

function transcoding({ registree }: Options): Contender[] {
  if (registree === "json") return [];
  return [{ ...gateway(`${OURS}-${registree}`, GATEWAY), registree }];
}

/** Those that were asked for, or else those that can run; says which are left out. */
function chosen(all: readonly Contender[], { only }: Options): Contender[] {
  const unknown = only?.find((name) => all.every((contender) => contender.name !== name));
  if (unknown !== undefined) throw new Error(`--only: there is no contender ${unknown} here`);
  return all.filter(({ name, missing }) => {
    if (only !== undefined && !only.includes(name)) return false;
    if (missing === undefined) return true;
    if (only !== undefined || name === "baseline") throw new Error(`${name}: ${missing}`);
    console.log(`${name} is left out: ${missing}`);
    return false;
  });
}

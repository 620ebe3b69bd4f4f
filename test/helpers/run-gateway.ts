import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { type Child, startChild, whenReady } from "./child.ts";
import { freePort } from "./free-port.ts";
import { expectBooks } from "./hold-books.ts";
import { callHttp } from "./http-client.ts";
import type { Place } from "./network.ts";
import { tempDir } from "./temp-dir.ts";

const program = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

export interface GatewayOptions {
  /** The CSE behind it; without one it is standalone. */
  readonly cse?: { readonly url: string };
  /** Further flags of `serve`, such as `--ws.ping`, `2s`. */
  readonly flags?: readonly string[];
  /** A command that runs in the process before it, and then becomes it. */
  readonly under?: readonly string[];
  /** The network it runs in; on 127.0.0.1 without one. Its admin listener is on 127.0.0.1 there, too. */
  readonly place?: Place;
}

/** The gateway as its users run it: a process of its own, built. */
export interface RunningGateway {
  readonly http: string;
  readonly ws: string;
  readonly admin: string;
  readonly pid: number;
  readonly stateDir: string;
  /** What it has printed so far, over all its runs. */
  log(): string;
  /** SIGTERM unless told otherwise; resolves when it has ended, with its exit code or the signal. May be called twice. */
  stop(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals>;
  /** SIGTERM while it is busy, when its books cannot be looked at before; resolves as `stop` does. */
  terminate(): Promise<number | NodeJS.Signals>;
  /** Starts it again after `stop`: same ports, same state. Resolves when it is ready. */
  start(): Promise<void>;
}

/**
 * Starts `dist/main.js serve` on free ports with a state folder of its own; it is stopped when the test ends.
 *
 * Before it is asked to stop its books have to balance (architecture, S10), unless the test has failed: that says more.
 */
export async function runGateway(options: GatewayOptions = {}): Promise<RunningGateway> {
  const stateDir = tempDir();
  const [http, ws, admin] = [await freePort(), await freePort(), await freePort()];
  const { cse, place } = options;
  const under = [...(place?.under ?? []), ...(options.under ?? [])];
  const host = place?.host ?? "127.0.0.1";
  const args = [
    ...(cse === undefined ? [] : ["--cse.url", cse.url, "--cse.id", "/id-in"]),
    ...["--cse.name", "cse-in"],
    ...["--http.listen", `${host}:${http}`],
    ...["--ws.listen", `${host}:${ws}`],
    ...["--admin.listen", `127.0.0.1:${admin}`],
    ...(place === undefined
      ? []
      : ["--http.insecure", "--ws.insecure", "--http.advertise", `http://${host}:${http}`]),
    ...["--stateDir", stateDir],
    ...(options.flags ?? []),
  ];
  const holder = { admin: `http://127.0.0.1:${admin}`, stateDir, agent: place?.agent };
  let before = "";
  let child: Child | undefined;
  const start = async () => {
    before += child?.output() ?? "";
    const [command = "", ...rest] = [...under, process.execPath, program, "serve", ...args];
    child = await startChild(command, rest);
    await whenReady(child, () => isReady(admin, place), 25_000);
  };
  const end = async (signal?: NodeJS.Signals) => (await child?.stop(signal)) ?? 0;
  const stop = async (signal: NodeJS.Signals = "SIGTERM") => {
    try {
      // Who kills it does not want to wait: nothing may come to the disk meanwhile.
      if (child?.running === true && signal === "SIGTERM") await expectBooks(holder);
    } finally {
      await end(signal);
    }
    return await end();
  };
  onTestFinished(async ({ task }) => void (await (task.result?.state === "fail" ? end() : stop())));
  await start();
  return {
    http: `http://${host}:${http}`,
    ws: `ws://${host}:${ws}`,
    admin: holder.admin,
    get pid() {
      return child?.pid ?? 0;
    },
    stateDir,
    log: () => before + (child?.output() ?? ""),
    stop,
    terminate: () => end("SIGTERM"),
    start,
  };
}

async function isReady(port: number, place: Place | undefined): Promise<void> {
  const { status } = await callHttp(`http://127.0.0.1:${port}`, {
    target: "/readyz",
    signal: AbortSignal.timeout(10_000),
    ...(place && { agent: place.agent }),
  });
  if (status !== 200) throw new Error(`/readyz says ${status}`);
}

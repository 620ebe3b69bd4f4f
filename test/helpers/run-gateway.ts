import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { type Child, freePort, startChild, whenReady } from "./child.ts";
import { expectBalance, hasHeld } from "./hold-books.ts";
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
  /** Starts it again after `stop`: same ports, same state. Resolves when it is ready. */
  start(): Promise<void>;
}

/**
 * Starts `dist/main.js serve` on free ports with a state folder of its own; it is stopped when the test ends.
 *
 * If it still runs then, its books have to balance (architecture, S10).
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
  let before = "";
  let child: Child | undefined;
  const start = async () => {
    before += child?.output() ?? "";
    const [command = "", ...rest] = [...under, process.execPath, program, "serve", ...args];
    child = await startChild(command, rest);
    await whenReady(child, () => isReady(admin, place), 15_000);
  };
  const stop = async (signal?: NodeJS.Signals) => (await child?.stop(signal)) ?? 0;
  onTestFinished(async ({ task }) => {
    try {
      // Its admin listener cannot be reached from outside of a network of its own.
      const isChecked =
        child?.running === true && place === undefined && task.result?.state !== "fail";
      const holder = { admin: `http://127.0.0.1:${admin}`, stateDir };
      if (isChecked && (await hasHeld(holder))) await expectBalance(holder);
    } finally {
      await stop();
    }
  });
  await start();
  return {
    http: `http://${host}:${http}`,
    ws: `ws://${host}:${ws}`,
    admin: `http://127.0.0.1:${admin}`,
    get pid() {
      return child?.pid ?? 0;
    },
    stateDir,
    log: () => before + (child?.output() ?? ""),
    stop,
    start,
  };
}

async function isReady(port: number, place: Place | undefined): Promise<void> {
  const { status } = await callHttp(`http://127.0.0.1:${port}`, {
    target: "/readyz",
    signal: AbortSignal.timeout(2_000),
    ...(place && { agent: place.agent }),
  });
  if (status !== 200) throw new Error(`/readyz says ${status}`);
}

import { appendFileSync, cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { type Child, startChild, whenReady } from "./child.ts";
import { freePort } from "./free-port.ts";
import { pythonCommand } from "./python.ts";

const settings = fileURLToPath(new URL("../real/acme/acme.ini", import.meta.url));

/** A running ACME CSE: an IN-CSE `/id-in`, name `cse-in`, administrator `CAdmin`, everything in memory. */
export interface Acme {
  /** Such as `http://127.0.0.1:40001`. */
  readonly url: string;
  /** Of its own WebSocket server. */
  readonly ws: string;
  /** Ends it; its port is then free. May be called twice. */
  stop(): Promise<void>;
  /** Ends it and starts it on the same port. It has forgotten everything. */
  restart(): Promise<void>;
  /** Starts it again on the same port after `stop`. */
  start(): Promise<void>;
}

/**
 * Starts an ACME CSE and resolves when it answers.
 *
 * @param until `test`: it is stopped when the test ends; `stopped`: whoever called must stop it
 */
export async function startAcme(until: "test" | "stopped" = "test"): Promise<Acme> {
  const folder = mkdtempSync(join(tmpdir(), "m2mgw-acme-"));
  cpSync(settings, join(folder, "acme.ini"));
  const port = await freePort();
  const wsPort = await freePort();
  appendFileSync(
    join(folder, "acme.ini"),
    `\n[websocket]\nenable=True\nlistenIF=127.0.0.1\nport=${wsPort}\naddress=ws://127.0.0.1:${wsPort}\n`,
  );
  const url = `http://127.0.0.1:${port}`;
  let child: Child | undefined;
  const start = async () => {
    child = await startChild(
      pythonCommand("acmecse"),
      ["--headless", "-dir", folder, "--http-port", `${port}`, "--http-address", url],
      { cwd: folder },
    );
    await whenReady(child, () => answers(url), 50_000);
  };
  const end = async () => {
    await child?.stop();
  };
  const stop = async () => {
    await end();
    rmSync(folder, { recursive: true, force: true });
  };
  if (until === "test") onTestFinished(stop);
  await start();
  return {
    url,
    ws: `ws://127.0.0.1:${wsPort}`,
    start,
    stop: until === "test" ? end : stop,
    async restart() {
      await end();
      await start();
    },
  };
}

/** It listens for a second or two before it knows its own CSEBase, and says 4000 or 4004 until then. */
async function answers(url: string): Promise<void> {
  const response = await fetch(`${url}/cse-in`, {
    headers: { "X-M2M-Origin": "CAdmin", "X-M2M-RI": "ready", "X-M2M-RVI": "3" },
    signal: AbortSignal.timeout(10_000),
  });
  await response.arrayBuffer();
  const status = response.headers.get("X-M2M-RSC");
  if (status !== "2000") throw new Error(`RETRIEVE of its CSEBase: ${status}`);
}

import { connect } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { type Child, startChild, whenReady } from "../helpers/child.ts";
import { freePort } from "../helpers/free-port.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const MAIN = [process.execPath, join(root, "dist/main.js"), "serve"];

/** Of a machine that has much else to do. */
const PATIENCE = 20_000;

interface Served {
  readonly child: Child;
  readonly http: number;
  /** Resolves when the log has a record with this message. */
  logged(msg: string): Promise<void>;
}

/** A gateway in a process of its own, in front of nobody who answers. */
async function serve(command: readonly string[], ...flags: string[]): Promise<Served> {
  const [http, ws, admin] = [await freePort(), await freePort(), await freePort()];
  const listeners = Object.entries({ http, ws, admin }).flatMap(([face, port]) => [
    `--${face}.listen`,
    `127.0.0.1:${port}`,
  ]);
  const [program = "", ...args] = [...command, ...listeners, "--stateDir", tempDir(), ...flags];
  const child = await startChild(program, args, { cwd: root });
  onTestFinished(async () => void (await child.stop("SIGKILL")));
  const logged = (msg: string): Promise<void> =>
    whenReady(
      child,
      async () => {
        if (!child.output().includes(`"msg":"${msg}"`)) throw new Error(`not yet: ${msg}`);
      },
      PATIENCE,
    );
  await logged("gateway started");
  return { child, http, logged };
}

/** An exchange that does not end: its body does not come. */
async function openExchange(port: number): Promise<void> {
  const socket = connect(port, "127.0.0.1").on("error", () => {});
  onTestFinished(() => void socket.destroy());
  const head = [
    "POST /cse-in HTTP/1.1",
    "Host: a",
    "X-M2M-Origin: CA",
    "X-M2M-RI: 1",
    "X-M2M-RVI: 3",
  ];
  const type = ["Content-Type: application/json;ty=2", "Content-Length: 9", "Expect: 100-continue"];
  await new Promise<void>((resolve) => {
    // It is served when this asks for the body.
    socket.once("data", () => resolve());
    socket.write(`${[...head, ...type].join("\r\n")}\r\n\r\n`);
  });
}

test(
  "to a program a gateway prints records only, start and stop whatever its level; SIGTERM ends it with 0",
  async () => {
    const { child } = await serve(MAIN, "--log.level", "silent");
    expect(await child.stop("SIGTERM")).toBe(0);
    const lines = child.output().trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual([
      "gateway started",
      "gateway stopping",
      "gateway stopped",
    ]);
  },
  2 * PATIENCE,
);

test(
  "a second signal ends it at once, whatever is under way",
  async () => {
    const { child, http, logged } = await serve(MAIN, "--shutdown.drain", "1h");
    await openExchange(http);
    process.kill(child.pid, "SIGTERM");
    await logged("gateway stopping");
    expect(child.running).toBe(true);
    expect(await child.stop("SIGTERM")).toBe(128 + 15);
    expect(child.output()).not.toContain("gateway stopped");
  },
  2 * PATIENCE,
);

test(
  "SIGTERM to npm start ends the gateway in order",
  async () => {
    const { child } = await serve(["npm", "start", "--silent", "--"]);
    await child.stop("SIGTERM");
    expect(child.output()).toContain('"msg":"gateway stopped"');
  },
  2 * PATIENCE,
);

import { existsSync } from "node:fs";
import { connect } from "node:net";
import { onTestFinished } from "vitest";
import { startChild, whenReady } from "./child.ts";
import { freePort } from "./free-port.ts";
import { nginxArguments } from "./nginx-config.ts";
import { tempDir } from "./temp-dir.ts";

const PROGRAMS = ["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx"];

/**
 * Whether nginx is installed, for `skipIf`. Prints why when it is not.
 *
 * @throws Error where `CI` is set: there a missing part is a failure
 */
export function haveNginx(): boolean {
  if (PROGRAMS.some((path) => existsSync(path))) return true;
  const reason = "no nginx: run .ci/real-parts";
  if (process.env["CI"]) throw new Error(reason);
  process.stderr.write(`skipped: ${reason}\n`);
  return false;
}

/**
 * Starts an nginx of Debian on 127.0.0.1 in front of a server that is upgraded to WebSocket; ended with the test.
 *
 * @param upstream such as ws://127.0.0.1:8180; @param readTimeout of silence, 60 s unless somebody changes it
 * @returns its own ws:// URL, and its port
 */
export async function startNginx(
  upstream: string,
  readTimeout = "60s",
): Promise<{ readonly url: string; readonly port: number }> {
  const port = await freePort();
  await runNginx(
    port,
    `server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://${new URL(upstream).host};
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";
      proxy_set_header Host $host;
      proxy_read_timeout ${readTimeout};
    }
  }`,
  );
  return { url: `ws://127.0.0.1:${port}`, port };
}

/** Starts an nginx with these lines in its http block; resolves when it accepts at `port`, ended with the test. */
export async function runNginx(port: number, http: string): Promise<void> {
  const program = PROGRAMS.find((path) => existsSync(path)) ?? "nginx";
  const child = await startChild(program, nginxArguments(tempDir(), http));
  onTestFinished(async () => {
    await child.stop();
  });
  await whenReady(child, () => accepts(port), 25_000);
}

/** Rejects while nothing accepts connections at a port of 127.0.0.1. */
export const accepts = (port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("connect", () => {
      socket.destroy();
      resolve();
    });
    socket.once("error", reject);
  });

import { existsSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { freePort, startChild, whenReady } from "./child.ts";
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
  const folder = tempDir();
  const port = await freePort();
  const file = join(folder, "nginx.conf");
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((kind) => `${kind}_temp_path ${join(folder, kind)};`)
    .join("\n  ");
  writeFileSync(
    file,
    `daemon off;
master_process off;
pid ${join(folder, "nginx.pid")};
error_log stderr warn;
events { worker_connections 256; }
http {
  access_log off;
  ${temporary}
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://${new URL(upstream).host};
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";
      proxy_set_header Host $host;
      proxy_read_timeout ${readTimeout};
    }
  }
}
`,
  );
  const program = PROGRAMS.find((path) => existsSync(path)) ?? "nginx";
  const child = await startChild(program, ["-p", folder, "-e", "stderr", "-c", file]);
  onTestFinished(async () => {
    await child.stop();
  });
  await whenReady(child, () => accepts(port), 10_000);
  return { url: `ws://127.0.0.1:${port}`, port };
}

const accepts = (port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("connect", () => {
      socket.destroy();
      resolve();
    });
    socket.once("error", reject);
  });

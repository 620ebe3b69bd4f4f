import { spawnSync } from "node:child_process";
import { nginxArguments as argumentsFor } from "../../helpers/nginx-config.ts";

export function nginxVersion(): string | undefined {
  const { status, stderr } = spawnSync("nginx", ["-v"], { encoding: "utf8" });
  return status === 0 ? stderr.trim().replace(/^.*nginx\//, "") : undefined;
}

/**
 * Writes what makes nginx a plain reverse proxy from `port` to `upstream`, with connections upstream kept alive, and
 * gives its arguments.
 */
export const nginxArguments = (folder: string, port: number, upstream: number): string[] =>
  argumentsFor(
    folder,
    `keepalive_requests 100000000;
  upstream device {
    server 127.0.0.1:${upstream};
    keepalive 256;
    keepalive_requests 100000000;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://device;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }
  }`,
    2048,
  );

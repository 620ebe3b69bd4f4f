import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

export function nginxVersion(): string | undefined {
  const { status, stderr } = spawnSync("nginx", ["-v"], { encoding: "utf8" });
  return status === 0 ? stderr.trim().replace(/^.*nginx\//, "") : undefined;
}

/**
 * Writes what makes nginx a plain reverse proxy from `port` to `upstream` and gives its arguments.
 *
 * One process, so that its CPU time is that of the process that was started; connections upstream are kept alive.
 */
export function nginxArguments(folder: string, port: number, upstream: number): string[] {
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
events { worker_connections 2048; }
http {
  access_log off;
  ${temporary}
  keepalive_requests 100000000;
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
  }
}
`,
  );
  return ["-p", folder, "-e", "stderr", "-c", file];
}

import { writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Writes the configuration of an nginx that needs nothing outside `folder`, and gives its arguments.
 *
 * One process, so that its CPU time is that of the process that is started.
 *
 * @param http lines of the http block
 */
export function nginxArguments(folder: string, http: string, connections = 256): string[] {
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
events { worker_connections ${connections}; }
http {
  access_log off;
  ${temporary}
  ${http}
}
`,
  );
  return ["-p", folder, "-e", "stderr", "-c", file];
}

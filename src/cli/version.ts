import { readFileSync } from "node:fs";
import type { Arguments } from "./arguments.ts";
import { EXIT, type ExitCode, type Terminal } from "./terminal.ts";

/** The version of this package. */
export function versionOf(): string {
  // src/cli and dist/cli lie equally deep.
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  const { version } = JSON.parse(text) as { version: string };
  return version;
}

/** `m2mgw version`; with `--json` also that of Node.js. */
export function printVersion({ options }: Arguments, { print }: Terminal): Promise<ExitCode> {
  const version = versionOf();
  const node = process.versions.node;
  print(options.has("json") ? JSON.stringify({ version, node }) : version);
  return Promise.resolve(EXIT.OK);
}

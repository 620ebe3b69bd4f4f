import { deploymentOf, loadConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { describeFault } from "../config/settings.ts";
import type { Arguments } from "./arguments.ts";
import { EXIT, type ExitCode, type Terminal } from "./terminal.ts";

/** The configuration the arguments ask for; undefined after all faults have been told. */
export function readConfig(
  { options, configFlags }: Arguments,
  { env, complain }: Terminal,
): Config | undefined {
  const result = loadConfig({ file: options.get("config"), env, flags: configFlags });
  if ("config" in result) return result.config;
  for (const fault of result.faults) complain(describeFault(fault));
  return undefined;
}

/** `m2mgw check-config` */
export function checkConfig(args: Arguments, terminal: Terminal): Promise<ExitCode> {
  const config = readConfig(args, terminal);
  if (config === undefined) return Promise.resolve(EXIT.CONFIG);
  const { url } = config.cse;
  terminal.print(`OK: ${deploymentOf(config)}${url === undefined ? "" : `, CSE at ${url}`}`);
  return Promise.resolve(EXIT.OK);
}

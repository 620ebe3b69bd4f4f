import { deploymentOf, loadConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { describeFault } from "../config/settings.ts";
import type { Arguments } from "./arguments.ts";
import { EXIT, type ExitCode, type Terminal } from "./terminal.ts";

/** The configuration the arguments ask for; undefined after all faults have been told. */
export function readConfig(args: Arguments, { env, complain }: Terminal): Config | undefined {
  const result = loaded(args, env);
  if ("config" in result) return result.config;
  for (const fault of result.faults) complain(describeFault(fault));
  return undefined;
}

/** The same again later. @throws Error whose message has a line for each fault */
export function readConfigAgain(args: Arguments, { env }: Terminal): Config {
  const result = loaded(args, env);
  if ("config" in result) return result.config;
  throw new Error(result.faults.map(describeFault).join("\n"));
}

const loaded = (
  { options, configFlags }: Arguments,
  env: Terminal["env"],
): ReturnType<typeof loadConfig> =>
  loadConfig({ file: options.get("config"), env, flags: configFlags });

/** `m2mgw check-config`; with `--json` one line, `{"ok":true,"deployment","cse"}` or `{"ok":false,"faults"}`. */
export function checkConfig(args: Arguments, terminal: Terminal): Promise<ExitCode> {
  if (args.options.has("json")) return Promise.resolve(checkedInJson(args, terminal));
  const config = readConfig(args, terminal);
  if (config === undefined) return Promise.resolve(EXIT.CONFIG);
  const { url } = config.cse;
  terminal.print(`OK: ${deploymentOf(config)}${url === undefined ? "" : `, CSE at ${url}`}`);
  return Promise.resolve(EXIT.OK);
}

function checkedInJson(args: Arguments, { env, print }: Terminal): ExitCode {
  const result = loaded(args, env);
  if (!("config" in result)) {
    print(JSON.stringify({ ok: false, faults: result.faults }));
    return EXIT.CONFIG;
  }
  const { config } = result;
  print(JSON.stringify({ ok: true, deployment: deploymentOf(config), cse: config.cse.url }));
  return EXIT.OK;
}

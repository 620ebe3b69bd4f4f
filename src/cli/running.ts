import { effectiveKeys } from "../config/effective.ts";
import { parseDuration } from "../config/units.ts";
import { withAdmin } from "./admin-client.ts";
import type { Arguments } from "./arguments.ts";
import { readConfig } from "./check-config.ts";
import { reloadedLines } from "./serve.ts";
import { tableOf } from "./table.ts";
import { EXIT, type ExitCode, type Terminal } from "./terminal.ts";

/** `m2mgw drain` */
export const drain = (args: Arguments, terminal: Terminal): Promise<ExitCode> =>
  withAdmin(args, terminal, async (client) => {
    const answer = await client.call("POST", "/drain");
    const said = "the gateway takes nothing new, finishes what is under way, and ends";
    terminal.print(args.options.has("json") ? JSON.stringify(answer) : said);
    return EXIT.OK;
  });

/** `m2mgw reload` */
export const reload = (args: Arguments, terminal: Terminal): Promise<ExitCode> =>
  withAdmin(args, terminal, async (client) => {
    const dryRun = args.options.has("dry-run");
    const answer = await client.call("POST", "/reload", { dryRun });
    if (args.options.has("json")) terminal.print(JSON.stringify(answer));
    else {
      if (dryRun) terminal.print("Nothing has been done. After a reload it would say:");
      for (const line of reloadedLines(answer)) terminal.print(line);
    }
    return EXIT.OK;
  });

/** `m2mgw log-level [LEVEL]` */
export async function logLevel(args: Arguments, terminal: Terminal): Promise<ExitCode> {
  const [level] = args.operands;
  const text = args.options.get("for");
  const lasts = text === undefined ? undefined : parseDuration(text);
  if (text !== undefined && (lasts === undefined || lasts < 1_000)) {
    terminal.complain("--for takes a time such as 10m");
    return EXIT.USAGE;
  }
  return await withAdmin(args, terminal, async (client) => {
    const forSeconds = lasts === undefined ? undefined : Math.round(lasts / 1_000);
    const answer = await (level === undefined
      ? client.call("GET", "/log-level")
      : client.call("PUT", "/log-level", { level, forSeconds }));
    const until = answer.until === undefined ? "" : ` until ${answer.until}`;
    terminal.print(args.options.has("json") ? JSON.stringify(answer) : `${answer.level}${until}`);
    return EXIT.OK;
  });
}

/** `m2mgw print-config`: what would hold, or with `--running` what holds in a running gateway, and who says so. */
export async function printConfig(args: Arguments, terminal: Terminal): Promise<ExitCode> {
  if (args.options.has("running")) {
    return await withAdmin(args, terminal, async (client) => {
      show((await client.call("GET", "/config")).items, args, terminal);
      return EXIT.OK;
    });
  }
  const config = readConfig(args, terminal);
  if (config === undefined) return EXIT.CONFIG;
  show(effectiveKeys(config), args, terminal);
  return EXIT.OK;
}

function show(keys: ReturnType<typeof effectiveKeys>, args: Arguments, terminal: Terminal): void {
  const shown = args.options.has("changed")
    ? keys.filter(({ origin }) => origin !== "default")
    : keys;
  if (args.options.has("json")) {
    terminal.print(JSON.stringify(shown));
    return;
  }
  const rows = shown.map(({ key, value, origin }) => [key, textOf(value), origin]);
  for (const line of tableOf(["KEY", "VALUE", "ORIGIN"], rows, terminal)) terminal.print(line);
}

const textOf = (value: unknown): string =>
  value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);

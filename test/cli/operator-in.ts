import type { Arguments } from "../../src/cli/arguments.ts";
import { parseArguments } from "../../src/cli/arguments.ts";
import type { ExitCode, Terminal } from "../../src/cli/terminal.ts";
import { COMMANDS, type CommandName } from "../../src/cli/usage.ts";
import { TestTerminal } from "../helpers/test-terminal.ts";

type Run = (args: Arguments, terminal: Terminal) => Promise<ExitCode>;

/** The arguments of a command as a shell gives them. */
export function argumentsOf(name: CommandName, ...argv: string[]): Arguments {
  const args = parseArguments(argv, COMMANDS[name]);
  if ("usage" in args) throw new Error(args.usage);
  return args;
}

export interface Ran {
  readonly code: ExitCode;
  readonly printed: readonly string[];
  readonly complained: readonly string[];
}

/** Runs a command at the admin listener of a gateway, to its end. */
export async function runAt(
  { admin }: { readonly admin: string },
  name: CommandName,
  run: Run,
  ...argv: string[]
): Promise<Ran> {
  const terminal = new TestTerminal();
  const code = await run(argumentsOf(name, ...argv, "--url", admin), terminal);
  return { code, printed: terminal.printed, complained: terminal.complained };
}

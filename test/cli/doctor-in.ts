import { parseArguments } from "../../src/cli/arguments.ts";
import type { Finding, Subject } from "../../src/cli/doctor/finding.ts";
import { doctor } from "../../src/cli/doctor.ts";
import type { ExitCode, Terminal } from "../../src/cli/terminal.ts";
import { COMMANDS } from "../../src/cli/usage.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { TestTerminal } from "../helpers/test-terminal.ts";

/** What one examination said. */
export interface Diagnosis {
  readonly code: ExitCode;
  readonly findings: readonly Finding[];
  /** Those about one thing. */
  about(subject: Subject): readonly Finding[];
  /** Those that are no `ok`, as "severity subject". */
  readonly troubles: readonly string[];
}

/** Where nothing but the way to the CSE is looked at: any ports, a state folder of its own. */
const OWN = (): Readonly<Record<string, string>> => ({
  "http.listen": "127.0.0.1:0",
  "ws.listen": "127.0.0.1:0",
  "admin.listen": "127.0.0.1:0",
  stateDir: tempDir(),
});

/** Runs `m2mgw doctor` with keys of the configuration, over it, and options of its own. */
export async function examined(
  settings: Readonly<Record<string, string>>,
  {
    env = {},
    options = [],
    terminal = new TestTerminal(),
  }: {
    readonly env?: Terminal["env"];
    readonly options?: readonly string[];
    readonly terminal?: TestTerminal;
  } = {},
): Promise<Diagnosis> {
  const flags = Object.entries({ ...OWN(), ...settings }).map(([key, text]) => `--${key}=${text}`);
  const args = parseArguments(["--json", ...options, ...flags], COMMANDS.doctor);
  if ("usage" in args) throw new Error(args.usage);
  const code = await doctor(args, Object.assign(terminal, { env }));
  const findings = terminal.printed.map((line) => JSON.parse(line) as Finding);
  return {
    code,
    findings,
    about: (subject) => findings.filter(({ about }) => about === subject),
    troubles: findings
      .filter(({ severity }) => severity !== "ok")
      .map(({ severity, about }) => `${severity} ${about}`),
  };
}

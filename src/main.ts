#!/usr/bin/env node
import { relative } from "node:path";
import { SystemClock } from "./base/clock.ts";
import { veiled } from "./base/veiled.ts";
import { type Arguments, parseArguments } from "./cli/arguments.ts";
import { readableLog } from "./cli/readable-log.ts";
import { EXIT, type ExitCode, type Terminal } from "./cli/terminal.ts";
import { COMMANDS, type CommandName, helpOf, isCommand, overview } from "./cli/usage.ts";
import { printVersion, versionOf } from "./cli/version.ts";

type Run = (args: Arguments, terminal: Terminal) => Promise<ExitCode>;

/** Each command loads what it needs: asking for the version does not start an HTTP framework. */
const RUNS: Readonly<Record<CommandName, () => Promise<Run>>> = {
  serve: async () => {
    const { serve } = await import("./cli/serve.ts");
    const { createGateway } = await import("./gateway.ts");
    return (args, terminal) =>
      serve(args, terminal, (config, readConfig, leave) =>
        createGateway(config, { version: versionOf(), logDestination, readConfig, leave }),
      );
  },
  "check-config": async () => (await import("./cli/check-config.ts")).checkConfig,
  health: async () => (await import("./cli/health.ts")).health,
  doctor: async () => (await import("./cli/doctor.ts")).doctor,
  sim: async () => (await import("./cli/sim.ts")).sim,
  send: async () => (await import("./cli/send.ts")).send,
  credential: async () => {
    const { credential } = await import("./cli/credential.ts");
    const { readSecret } = await import("./cli/secret-input.ts");
    const ask = (prompt: string): unknown => process.stderr.write(prompt);
    return (args, terminal) => credential(args, terminal, () => readSecret(process.stdin, ask));
  },
  status: async () => (await import("./cli/status.ts")).status,
  registrees: async () => (await import("./cli/registrees.ts")).registrees,
  kick: async () => (await import("./cli/registrees.ts")).kick,
  held: async () => (await import("./cli/held.ts")).held,
  "dead-letters": async () => (await import("./cli/held.ts")).deadLetters,
  why: async () => (await import("./cli/why.ts")).why,
  trace: async () => (await import("./cli/why.ts")).trace,
  reload: async () => (await import("./cli/running.ts")).reload,
  drain: async () => (await import("./cli/running.ts")).drain,
  "log-level": async () => (await import("./cli/running.ts")).logLevel,
  "print-config": async () => (await import("./cli/running.ts")).printConfig,
  listen: async () => (await import("./cli/listen.ts")).listen,
  completion: async () => (await import("./cli/completion.ts")).completion,
  version: async () => printVersion,
  help: async () => help,
};

/** Where records of the log go: that of the gateway is all that it prints, other commands print what they were asked for. */
const logged = process.argv[2] === "serve" ? process.stdout : process.stderr;
/** As lines for a person where one is looking. */
const logDestination = logged.isTTY
  ? readableLog((text) => logged.write(text))
  : { write: (line: string) => logged.write(line) };

const help: Run = async ({ operands: [topic] }, { print, complain }) => {
  if (topic === undefined) print(overview());
  else if (isCommand(topic)) print(helpOf(topic));
  else {
    complain(`m2mgw has no command "${topic}"`);
    return EXIT.USAGE;
  }
  return EXIT.OK;
};

async function main(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const [first = "", ...rest] = argv;
  const name = SPELLINGS.get(first) ?? first;
  if (!isCommand(name)) {
    terminal.complain(
      first === "" ? overview() : `m2mgw has no command "${first}"; see m2mgw help`,
    );
    return EXIT.USAGE;
  }
  const args = parseArguments(rest, COMMANDS[name]);
  if ("usage" in args) {
    terminal.complain(`${args.usage}; see m2mgw ${name} --help`);
    return EXIT.USAGE;
  }
  if (args.options.has("help")) {
    terminal.print(helpOf(name));
    return EXIT.OK;
  }
  const run = await RUNS[name]();
  return run(args, terminal);
}

const SPELLINGS = new Map([
  ["--help", "help"],
  ["-h", "help"],
  ["--version", "version"],
  ["-v", "version"],
]);

/** How this program was called, so that what it says to type works in the same folder. */
function programName(script: string): string {
  if (!/\.[jt]s$/.test(script)) return "m2mgw";
  const path = relative("", script);
  if (path.includes("node_modules") || path.startsWith("..")) return "m2mgw";
  return path.endsWith(".ts") ? `npx tsx ${path}` : `node ${path}`;
}

function fail(error: unknown): never {
  const { message, stack = "" } = error instanceof Error ? error : new Error(String(error));
  const err = { message: veiled(message), stack: veiled(stack) };
  const record = { level: 60, time: new Date(), msg: "unexpected error", err };
  logDestination.write(`${JSON.stringify(record)}\n`);
  process.exit(EXIT.FATAL);
}

const stopping = new AbortController();
const SIGNALS = [
  ["SIGINT", 2],
  ["SIGTERM", 15],
] as const;
for (const [signal, number] of SIGNALS) {
  process.on(signal, () => {
    // The second one: whoever waits has waited long enough. 128 + its number is what shells expect.
    if (stopping.signal.aborted) process.exit(128 + number);
    stopping.abort();
  });
}
process.on("uncaughtException", fail);
process.on("unhandledRejection", fail);
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // Nobody reads any more (`m2mgw sim | head -1`), which is no failure; a gateway goes on without.
  if (error.code !== "EPIPE") fail(error);
  if (process.argv[2] !== "serve") stopping.abort();
});

process.stderr.on("error", (error: NodeJS.ErrnoException) => {
  // Whoever collected the log is gone; devices are still connected.
  if (error.code !== "EPIPE") fail(error);
});

// Clock's timers do not keep a process alive, and some commands at times wait for nothing else.
const alive = new MessageChannel().port1;
alive.ref();

const code = await main(process.argv.slice(2), {
  print: (line) => process.stdout.write(`${line}\n`),
  complain: (line) => process.stderr.write(`${line}\n`),
  columns: process.stdout.isTTY ? process.stdout.columns : undefined,
  env: process.env,
  clock: new SystemClock(),
  stop: stopping.signal,
  onHangUp: (listener) => void process.on("SIGHUP", listener),
  program: programName(process.argv[1] ?? ""),
});
// Only after what was printed is out; a pipe may still hold it.
process.stdout.write("", () => process.exit(code));

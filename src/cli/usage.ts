import { ACCESS_OPTIONS } from "./access-options.ts";
import { type CommandSpec, HELP, type OptionSpec } from "./arguments.ts";
import { OPERATOR_COMMANDS } from "./operator-commands.ts";

const CONFIG_FILE: OptionSpec = {
  value: "FILE",
  short: "c",
  text: "Configuration file in YAML; without one the defaults hold.",
};

/** Every command, as its help shows it and its arguments are read. */
export const COMMANDS = {
  serve: {
    summary: "Run the gateway.",
    options: { config: CONFIG_FILE },
    configKeys: true,
  },
  "check-config": {
    summary: "Say whether the configuration is right, or all that is wrong with it.",
    options: {
      config: CONFIG_FILE,
      json: {
        value: undefined,
        text: "Print the deployment, or what is wrong, as a line of JSON.",
      },
    },
    configKeys: true,
  },
  health: {
    summary: "Say whether a running gateway takes requests: exit code 0, else 1, or 69.",
    options: {
      config: CONFIG_FILE,
      url: { value: "URL", text: "Its admin listener; else the one that the configuration names." },
      json: { value: undefined, text: "Print the answer as a line of JSON." },
    },
    configKeys: true,
  },
  doctor: {
    summary: "Look for what keeps the gateway from its CSE: names, proxy, TLS, handshake, answers.",
    options: {
      config: CONFIG_FILE,
      silence: {
        value: "MAX",
        text: "Also measure, up to so long (10m), after how much silence a WebSocket is cut.",
      },
      json: { value: undefined, text: "Print each finding as a line of JSON." },
    },
    configKeys: true,
  },
  sim: {
    summary: "Simulate registrees: connect, register, print and answer what arrives.",
    options: {
      ae: { value: "NAME", text: "AE-ID-Stem to register with; begins with C or S. Required." },
      url: { value: "URL", text: "The gateway's WebSocket (ws://127.0.0.1:8180)." },
      cse: { value: "NAME", text: "Where to register: the CSEBase (cse-in)." },
      count: { value: "N", text: "This many registrees, numbered from 1: Clamp1, Clamp2 ..." },
      delay: { value: "TIME", text: "Think this long before each answer (0s)." },
      for: { value: "TIME", text: "End after this long, without deregistering; else at Ctrl-C." },
      subprotocol: { value: "NAME", text: "One of the JSON subprotocols (oneM2M.json)." },
      deregister: { value: undefined, text: "Delete the AE at the end." },
      quiet: { value: undefined, text: "Print failures only." },
      ...ACCESS_OPTIONS,
    },
  },
  send: {
    summary: "Send one request over HTTP and print its answer.",
    operands: "[TEXT]",
    options: {
      to: { value: "TARGET", text: "AE-ID-Stem such as Clamp, or any To as in TS-0009. Required." },
      url: { value: "URL", text: "The gateway's HTTP binding (http://127.0.0.1:8088)." },
      from: { value: "ORIGINATOR", text: "X-M2M-Origin (CSender)." },
      op: { value: "OPERATION", text: "notify, create, retrieve, update or delete (notify)." },
      ty: { value: "NUMBER", text: "Resource type; create needs it." },
      json: { value: "CONTENT", text: "Content in JSON; for notify a TEXT will do." },
      "cse-id": { value: "CSE-ID", text: "CSE-ID that an AE-ID-Stem belongs to (/id-in)." },
      timeout: { value: "TIME", text: "How long the answer is waited for (60s)." },
      ...ACCESS_OPTIONS,
    },
  },
  credential: {
    summary: "Print an entry for the credentials file; a secret it makes is told apart.",
    options: {
      basic: { value: "USER", text: "A password, asked for or read from standard input." },
      bearer: { value: "NAME", text: "A token, made at random and told once." },
      psk: { value: "IDENTITY", text: "A pre-shared key for TLS, made at random." },
      originators: { value: "IDS", text: "Whose names it may use: CAE1,Cmeter*. Required." },
      name: { value: "NAME", text: "Of the entry, for logs and rules (USER, NAME or IDENTITY)." },
      generate: { value: undefined, text: "Make the password at random, too." },
    },
  },
  ...OPERATOR_COMMANDS,
  version: {
    summary: "Print the version.",
    options: {
      json: { value: undefined, text: "Print it, and that of Node.js, as a line of JSON." },
    },
  },
  help: { summary: "Print this help, or a command's.", operands: "[COMMAND]", options: {} },
} as const satisfies Readonly<Record<string, CommandSpec>>;

export type CommandName = keyof typeof COMMANDS;

export const isCommand = (name: string): name is CommandName => Object.hasOwn(COMMANDS, name);

/** The help of the whole program. */
export function overview(): string {
  return [
    "m2mgw: oneM2M HTTP-to-WebSocket gateway",
    "",
    "Usage: m2mgw COMMAND [OPTIONS]",
    "",
    ...columns(Object.entries(COMMANDS).map(([name, { summary }]) => [name, summary])),
    "",
    "m2mgw COMMAND --help tells more.",
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 69 not reachable, 78 wrong configuration.",
  ].join("\n");
}

/** The help of one command. */
export function helpOf(name: CommandName): string {
  const spec: CommandSpec = COMMANDS[name];
  const configKeys = spec.configKeys === undefined ? [] : ["[--KEY VALUE ...]"];
  const operands = spec.operands === undefined ? [] : [spec.operands];
  return [
    ["Usage: m2mgw", name, "[OPTIONS]", ...configKeys, ...operands].join(" "),
    "",
    spec.summary,
    "",
    ...columns(
      Object.entries({ ...spec.options, help: HELP }).map(([option, { value, short, text }]) => [
        `${short === undefined ? "    " : `-${short}, `}--${option}${value === undefined ? "" : ` ${value}`}`,
        text,
      ]),
    ),
    ...(spec.configKeys === undefined ? [] : ["", CONFIG_KEYS]),
  ].join("\n");
}

const CONFIG_KEYS = `Any key of the configuration can follow as an option, such as --http.listen 127.0.0.1:0. It is
stronger than the environment (M2MGW_HTTP_LISTEN), which is stronger than the file.
config/gateway.example.yaml has all keys.`;

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  return rows.map(([left, right]) => `  ${left.padEnd(width)}${right}`);
}

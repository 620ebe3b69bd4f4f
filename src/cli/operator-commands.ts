import { ACCESS_OPTIONS, TLS_OPTIONS } from "./access-options.ts";
import type { CommandSpec, OptionSpec } from "./arguments.ts";

/** Options of every command that asks a running gateway. */
const ADMIN_OPTIONS = {
  config: {
    value: "FILE",
    short: "c",
    text: "The gateway's configuration, which says where it listens.",
  },
  url: { value: "URL", text: "Its admin listener, instead (http://127.0.0.1:9180)." },
  "token-file": { value: "FILE", text: "File with the token (admin.tokenFile)." },
  ...TLS_OPTIONS,
  json: { value: undefined, text: "Print what it answers as JSON." },
} as const satisfies Readonly<Record<string, OptionSpec>>;

const CONTENT = { value: undefined, text: "With its content, which is put on record." } as const;

/** The commands of whoever runs a gateway, as their help shows them and their arguments are read. */
export const OPERATOR_COMMANDS = {
  status: {
    summary: "The running gateway at a glance.",
    options: ADMIN_OPTIONS,
    configKeys: true,
  },
  registrees: {
    summary: "Who is registered, or one of them with what has happened to it.",
    operands: "[REGISTREE]",
    options: {
      ...ADMIN_OPTIONS,
      state: { value: "STATE", text: "Only those that are connected, callable or away." },
      prefix: { value: "TEXT", text: "Only those whose IDs begin so." },
      watch: { value: undefined, text: "Go on, and print who comes and leaves." },
    },
    configKeys: true,
  },
  kick: {
    summary: "Close the connection of a registree; it may come back at once.",
    operands: "REGISTREE",
    options: ADMIN_OPTIONS,
    configKeys: true,
  },
  held: {
    summary: "What is held for registrees that are away: look at it, try it again, drop it.",
    operands: "[ls|show|replay|drop|purge] [REGISTREE [NUMBER]]",
    options: {
      ...ADMIN_OPTIONS,
      content: CONTENT,
      originator: { value: "ID", text: "purge: only what this originator has sent." },
      "older-than": { value: "TIME", text: "purge: only what has waited so long." },
      yes: { value: undefined, text: "purge: do it; without, it says what it would do." },
    },
    configKeys: true,
  },
  "dead-letters": {
    summary: "What was not delivered: look at it, hold it again, remove it.",
    operands: "[ls|show|replay|rm] [REGISTREE [NUMBER]]",
    options: { ...ADMIN_OPTIONS, content: CONTENT },
    configKeys: true,
  },
  why: {
    summary: "What became of a primitive, step by step.",
    operands: "REQUEST-IDENTIFIER",
    options: {
      ...ADMIN_OPTIONS,
      originator: { value: "ID", text: "Of this originator only, as it writes itself." },
    },
    configKeys: true,
  },
  trace: {
    summary: "Every step of the primitives of a registree, as they happen, for a while.",
    operands: "REGISTREE",
    options: {
      ...ADMIN_OPTIONS,
      for: { value: "TIME", text: "How long, 1s to 1h (5m)." },
      content: CONTENT,
    },
    configKeys: true,
  },
  reload: {
    summary: "Let the running gateway read its configuration again.",
    options: {
      ...ADMIN_OPTIONS,
      "dry-run": { value: undefined, text: "Only say what would change." },
    },
    configKeys: true,
  },
  drain: {
    summary: "Let the running gateway finish what is under way, and end.",
    options: ADMIN_OPTIONS,
    configKeys: true,
  },
  "log-level": {
    summary: "How much the running gateway logs; with LEVEL, set it.",
    operands: "[LEVEL]",
    options: {
      ...ADMIN_OPTIONS,
      for: { value: "TIME", text: "Only so long; then as before." },
    },
    configKeys: true,
  },
  "print-config": {
    summary: "Print every key with its value, and who says so.",
    options: {
      ...ADMIN_OPTIONS,
      changed: { value: undefined, text: "Only those that are not as by default." },
      running: { value: undefined, text: "Of the running gateway, not of the file." },
    },
    configKeys: true,
  },
  listen: {
    summary: "Register here as an AE, subscribe, and print what is notified.",
    operands: "AE",
    options: {
      url: { value: "URL", text: "The gateway's WebSocket (ws://127.0.0.1:8180)." },
      cse: { value: "NAME", text: "Where to register: the CSEBase (cse-in)." },
      to: { value: "RESOURCE", text: "What to subscribe to, such as cse-in/meter/data." },
      subprotocol: { value: "NAME", text: "One of the JSON subprotocols (oneM2M.json)." },
      for: { value: "TIME", text: "End after this long; else at Ctrl-C." },
      keep: { value: undefined, text: "Stay registered at the end." },
      json: { value: undefined, text: "Print notifications as lines of JSON, and nothing else." },
      ...ACCESS_OPTIONS,
    },
  },
  completion: {
    summary: "Print what lets a shell complete these commands.",
    operands: "bash|zsh|fish",
    options: {},
  },
} as const satisfies Readonly<Record<string, CommandSpec>>;

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseArguments } from "../../src/cli/arguments.ts";
import { checkConfig } from "../../src/cli/check-config.ts";
import { serve } from "../../src/cli/serve.ts";
import { EXIT } from "../../src/cli/terminal.ts";
import { COMMANDS } from "../../src/cli/usage.ts";
import { versionOf } from "../../src/cli/version.ts";
import type { ConfigChanges } from "../../src/config/changes.ts";
import type { Config } from "../../src/config/schema.ts";
import type { Faces, Gateway } from "../../src/gateway.ts";
import { createLog } from "../../src/observe/log.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { TestTerminal } from "../helpers/test-terminal.ts";

const FACES: Faces = {
  http: "http://127.0.0.1:8088",
  ws: "ws://127.0.0.1:8180",
  admin: "http://127.0.0.1:9180",
};

function argumentsOf(argv: readonly string[], command: "serve" | "check-config" = "serve") {
  const args = parseArguments(argv, COMMANDS[command]);
  if ("usage" in args) throw new Error(args.usage);
  return args;
}

/** Where a person looks. */
function screen(): TestTerminal {
  const terminal = new TestTerminal();
  terminal.columns = 80;
  return terminal;
}

const NOTHING: ConfigChanges = { live: [], restart: [] };

/** A gateway of which only the calls count, and what is told to its log. */
function recorded(
  calls: string[],
  start: () => Promise<Faces>,
  records: Record<string, unknown>[] = [],
): Gateway {
  return {
    log: createLog("info", { write: (line) => records.push(JSON.parse(line)) }),
    start: () => {
      calls.push("start");
      return start();
    },
    reload: () => {
      calls.push("reload");
      return Promise.resolve({ live: [], restart: [] });
    },
    stop: () => {
      calls.push("stop");
      return Promise.resolve();
    },
  };
}

test("standalone, it says what listens where and what to type next, and drains when told to stop", async () => {
  const terminal = screen();
  const calls: string[] = [];
  const args = argumentsOf(["--stateDir", "/state", "--shutdown.drain", "3s"]);
  const ended = serve(args, terminal, () => recorded(calls, () => Promise.resolve(FACES)));
  await terminal.line(/Try it/);
  await terminal.line(/hello/);
  expect(calls).toEqual(["start"]);
  terminal.interrupt();
  expect(await ended).toBe(EXIT.OK);
  expect(calls).toEqual(["start", "stop"]);
  expect(terminal.printed).toEqual([
    `m2mgw ${versionOf()}, standalone: answers registrations as /id-in (cse-in)`,
    "  HTTP       http://127.0.0.1:8088",
    "  WebSocket  ws://127.0.0.1:8180",
    "  admin      http://127.0.0.1:9180",
    expect.stringMatching(/^ {2}state {6}.*state$/),
    "",
    "Try it in a second terminal:",
    '  m2mgw sim --ae Clamp --for 5s & sleep 1; m2mgw send --to Clamp "hello"',
    "",
    "Stopping: what is under way may finish for 3s; a second signal stops at once.",
  ]);
});

test("what to type next names what differs from the defaults", async () => {
  const terminal = screen();
  const faces = { ...FACES, http: "http://0.0.0.0:1234", ws: "ws://[::]:1235" };
  const args = argumentsOf(["--cse.id", "/id-x", "--cse.name", "base"]);
  const ended = serve(args, terminal, () => recorded([], () => Promise.resolve(faces)));
  expect(await terminal.line(/hello/)).toBe(
    '  m2mgw sim --ae Clamp --for 5s --url ws://[::1]:1235 --cse base & sleep 1; m2mgw send --to Clamp --url http://127.0.0.1:1234 --cse-id /id-x "hello"',
  );
  terminal.interrupt();
  await ended;
});

test("a front names the CSE it stands for", async () => {
  const terminal = screen();
  const args = argumentsOf(["--cse.url", "http://127.0.0.1:8080"]);
  const ended = serve(args, terminal, () => recorded([], () => Promise.resolve(FACES)));
  expect(await terminal.line(/front/)).toContain("stands for /id-in at http://127.0.0.1:8080");
  terminal.interrupt();
  expect(await ended).toBe(EXIT.OK);
  expect(terminal.printed.join("\n")).not.toContain("Try it");
});

test("a front names the proxy before its CSE, and who has named that", async () => {
  const terminal = screen();
  const flags = ["--cse.url", "http://127.0.0.1:8080", "--proxy.url", "http://proxy.test:3128"];
  const ended = serve(argumentsOf(flags), terminal, () =>
    recorded([], () => Promise.resolve(FACES)),
  );
  expect(await terminal.line(/front/)).toContain(
    "at http://127.0.0.1:8080 through the proxy proxy.test:3128 (proxy.url)",
  );
  terminal.interrupt();
  expect(await ended).toBe(EXIT.OK);
});

test("on SIGHUP it reads the configuration again, and says what came of it", async () => {
  const terminal = screen();
  const file = join(tempDir(), "gateway.yaml");
  writeFileSync(file, "log: { level: info }\n");
  let readAgain: (() => Config) | undefined;
  const gateway: Gateway = {
    ...recorded([], () => Promise.resolve(FACES)),
    reload: async () => {
      const { log } = (readAgain as () => Config)();
      return log.level === "debug" ? { live: ["log.level"], restart: ["cse.url"] } : NOTHING;
    },
  };
  const ended = serve(argumentsOf(["-c", file]), terminal, (_config, again) => {
    readAgain = again;
    return gateway;
  });
  await terminal.line(/Try it/);
  terminal.hangUp();
  await terminal.line(/nothing has changed/);
  writeFileSync(file, "log: { level: debug }\n");
  terminal.hangUp();
  await terminal.line(/Needs a restart/);
  writeFileSync(file, "log: { level: loud }\n");
  terminal.hangUp();
  await terminal.line(/log.level: must be one of/);
  expect(terminal.printed.slice(-3)).toEqual([
    "Configuration: nothing has changed.",
    "Configuration reloaded: log.level.",
    "Needs a restart: cse.url.",
  ]);
  terminal.interrupt();
  expect(await ended).toBe(EXIT.OK);
});

test("where a program reads standard output, all that it would say is a record of the log", async () => {
  const terminal = new TestTerminal();
  const records: Record<string, unknown>[] = [];
  const gateway: Gateway = {
    ...recorded([], () => Promise.resolve(FACES), records),
    reload: () => Promise.reject(new Error("ws.window: must be more")),
  };
  const args = argumentsOf(["--stateDir", "/state", "--shutdown.drain", "3s"]);
  const ended = serve(args, terminal, () => gateway);
  const recordOf = async (msg: string): Promise<void> => {
    while (!records.some((record) => record["msg"] === msg)) {
      await new Promise((again) => setImmediate(again));
    }
  };
  await recordOf("gateway started");
  terminal.hangUp();
  await recordOf("configuration was not reloaded: the old one holds on");
  terminal.interrupt();
  expect(await ended).toBe(EXIT.OK);
  expect(terminal.printed).toEqual([]);
  expect(terminal.complained).toEqual([]);
  expect(records).toMatchObject([
    { level: 30, msg: "gateway started", version: versionOf(), mode: "standalone", ...FACES },
    { level: 50, error: "ws.window: must be more" },
    { level: 30, msg: "gateway stopping", drain: "3s" },
    { level: 30, msg: "gateway stopped" },
  ]);
});

test("a gateway that cannot start says so to a program, too", async () => {
  const terminal = new TestTerminal();
  const records: Record<string, unknown>[] = [];
  const failing = recorded([], () => Promise.reject(new Error("cannot listen")), records);
  expect(await serve(argumentsOf([]), terminal, () => failing)).toBe(EXIT.FATAL);
  expect(terminal.complained).toHaveLength(1);
  expect(records).toMatchObject([{ level: 60, msg: "cannot start", error: "cannot listen" }]);
});

test("a gateway that cannot start is one line and exit code 1", async () => {
  const terminal = screen();
  const failing = recorded([], () =>
    Promise.reject(new Error("cannot listen", { cause: new Error("EADDRINUSE 127.0.0.1:8088") })),
  );
  expect(await serve(argumentsOf([]), terminal, () => failing)).toBe(EXIT.FATAL);
  expect(terminal.complained).toEqual([
    "m2mgw cannot start: cannot listen (EADDRINUSE 127.0.0.1:8088)",
  ]);
});

test("wrong configuration is exit code 78 with all faults, and nothing is started", async () => {
  const file = join(tempDir(), "gateway.yaml");
  writeFileSync(file, "ws:\n  windw: 1\nlog:\n  level: loud\n");
  const terminal = screen();
  const never = (): Gateway => {
    throw new Error("must not be made");
  };
  expect(await serve(argumentsOf(["-c", file]), terminal, never)).toBe(EXIT.CONFIG);
  expect(terminal.complained).toEqual([
    `${file}:2:3: ws.windw: no such key; did you mean ws.window?`,
    expect.stringContaining(`${file}:4:10: log.level: must be one of`),
  ]);
});

test.each([
  [[], "OK: standalone"],
  [["--cse.url", "http://127.0.0.1:8080"], "OK: front, CSE at http://127.0.0.1:8080"],
])("check-config %j says %s", async (argv, line) => {
  const terminal = screen();
  expect(await checkConfig(argumentsOf(argv), terminal)).toBe(EXIT.OK);
  expect(terminal.printed).toEqual([line]);
});

test("check-config --json prints a line for programs, right or wrong", async () => {
  const url = "http://127.0.0.1:8080";
  const right = screen();
  const front = argumentsOf(["--json", "--cse.url", url], "check-config");
  expect(await checkConfig(front, right)).toBe(EXIT.OK);
  expect(right.printed.map((line) => JSON.parse(line))).toEqual([
    { ok: true, deployment: "front", cse: url },
  ]);
  const wrong = screen();
  const faulty = argumentsOf(["--json", "--ws.window", "0"], "check-config");
  expect(await checkConfig(faulty, wrong)).toBe(EXIT.CONFIG);
  expect(wrong.complained).toEqual([]);
  expect(wrong.printed.map((line) => JSON.parse(line))).toEqual([
    { ok: false, faults: [{ where: "--ws.window", sentence: expect.stringMatching(/^must be/) }] },
  ]);
});

test("check-config lists every fault and ends with exit code 78", async () => {
  const terminal = screen();
  const args = argumentsOf(["--ws.window", "0", "--cse.id", "x"]);
  expect(await checkConfig(args, terminal)).toBe(EXIT.CONFIG);
  expect(terminal.complained).toHaveLength(2);
  expect(terminal.printed).toEqual([]);
});

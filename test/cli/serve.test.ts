import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseArguments } from "../../src/cli/arguments.ts";
import { checkConfig } from "../../src/cli/check-config.ts";
import { serve } from "../../src/cli/serve.ts";
import { EXIT } from "../../src/cli/terminal.ts";
import { COMMANDS } from "../../src/cli/usage.ts";
import { versionOf } from "../../src/cli/version.ts";
import type { Faces, Gateway } from "../../src/gateway.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { TestTerminal } from "../helpers/test-terminal.ts";

const FACES: Faces = {
  http: "http://127.0.0.1:8088",
  ws: "ws://127.0.0.1:8180",
  admin: "http://127.0.0.1:9180",
};

function argumentsOf(argv: readonly string[]) {
  const args = parseArguments(argv, COMMANDS.serve);
  if ("usage" in args) throw new Error(args.usage);
  return args;
}

/** A gateway of which only the calls count. */
function recorded(calls: string[], start: () => Promise<Faces>): Gateway {
  return {
    start: () => {
      calls.push("start");
      return start();
    },
    stop: () => {
      calls.push("stop");
      return Promise.resolve();
    },
  };
}

test("standalone, it says what listens where and what to type next, and drains when told to stop", async () => {
  const terminal = new TestTerminal();
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
  const terminal = new TestTerminal();
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
  const terminal = new TestTerminal();
  const args = argumentsOf(["--cse.url", "http://127.0.0.1:8080"]);
  const ended = serve(args, terminal, () => recorded([], () => Promise.resolve(FACES)));
  expect(await terminal.line(/front/)).toContain("stands for /id-in at http://127.0.0.1:8080");
  terminal.interrupt();
  expect(await ended).toBe(EXIT.OK);
  expect(terminal.printed.join("\n")).not.toContain("Try it");
});

test("a front names the proxy before its CSE, and who has named that", async () => {
  const terminal = new TestTerminal();
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

test("a gateway that cannot start is one line and exit code 1", async () => {
  const terminal = new TestTerminal();
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
  const terminal = new TestTerminal();
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
  const terminal = new TestTerminal();
  expect(await checkConfig(argumentsOf(argv), terminal)).toBe(EXIT.OK);
  expect(terminal.printed).toEqual([line]);
});

test("check-config lists every fault and ends with exit code 78", async () => {
  const terminal = new TestTerminal();
  const args = argumentsOf(["--ws.window", "0", "--cse.id", "x"]);
  expect(await checkConfig(args, terminal)).toBe(EXIT.CONFIG);
  expect(terminal.complained).toHaveLength(2);
  expect(terminal.printed).toEqual([]);
});

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { WebSocketServer } from "ws";
import { versionOf } from "../../src/cli/version.ts";

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

function run(...argv: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--import", "tsx", main, ...argv],
    { encoding: "utf8", env: { PATH: process.env["PATH"] } },
  );
  return { status, stdout, stderr };
}

test.each([["version"], ["--version"]])("m2mgw %s prints the version", (word) => {
  expect(run(word)).toEqual({ status: 0, stdout: `${versionOf()}\n`, stderr: "" });
});

test("m2mgw version --json prints a line for programs", () => {
  const { status, stdout, stderr } = run("version", "--json");
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(JSON.parse(stdout)).toEqual({ version: versionOf(), node: process.versions.node });
});

test.each([
  [["help"], 0, "Usage: m2mgw COMMAND"],
  [["sim", "--help"], 0, "Usage: m2mgw sim"],
  [["check-config"], 0, "OK: standalone"],
])("m2mgw %j ends with %i and prints %s", (argv, status, text) => {
  const result = run(...argv);
  expect(result).toMatchObject({ status, stderr: "" });
  expect(result.stdout).toContain(text);
});

test.each([
  [[], 2, "Usage: m2mgw COMMAND"],
  [["serv"], 2, 'm2mgw has no command "serv"'],
  [["sim", "--nope"], 2, "there is no option --nope; see m2mgw sim --help"],
  [["check-config", "--ws.window", "0"], 78, "--ws.window: must be"],
  [["send", "--to", "C1", "--url", "http://127.0.0.1:1", "x"], 69, "is not reachable"],
])("m2mgw %j ends with %i and says %s", (argv, status, text) => {
  const result = run(...argv);
  expect(result).toMatchObject({ status, stdout: "" });
  expect(result.stderr).toContain(text);
});

test("a command lives through a pause between two connections, and ends in order at a signal", async () => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  onTestFinished(() => void server.close());
  await once(server, "listening");
  server.once("connection", (first) => {
    first.on("error", () => {});
    first.on("message", () => first.terminate());
  });
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const child = spawn(
    process.execPath,
    ["--import", "tsx", main, "sim", "--ae", "Clamp", "--url", url],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  onTestFinished(() => void child.kill("SIGKILL"));
  const exited = once(child, "exit");
  let connections = 0;
  for await (const line of createInterface(child.stdout)) {
    if (line.startsWith("Clamp: connected")) connections += 1;
    if (connections === 2) child.kill("SIGINT");
  }
  expect(await exited).toEqual([0, null]);
  expect(connections).toBe(2);
});

import { once } from "node:events";
import { readdirSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { parseArguments } from "../../src/cli/arguments.ts";
import { doctor } from "../../src/cli/doctor.ts";
import { EXIT } from "../../src/cli/terminal.ts";
import { COMMANDS } from "../../src/cli/usage.ts";
import { startChild } from "../helpers/child.ts";
import { freePort } from "../helpers/free-port.ts";
import { runGateway } from "../helpers/run-gateway.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { TestTerminal } from "../helpers/test-terminal.ts";
import { examined } from "./doctor-in.ts";

const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

async function occupied(): Promise<string> {
  const server = createServer((socket) => socket.end("SSH-2.0-x\r\n")).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("a wrong configuration is all its faults and exit code 78, and nothing else is tried", async () => {
  const file = join(tempDir(), "gateway.yaml");
  writeFileSync(file, "ws:\n  windw: 1\nlog:\n  level: loud\n");
  const { code, findings } = await examined({}, { options: ["-c", file] });
  expect(code).toBe(EXIT.CONFIG);
  expect(findings).toEqual([
    {
      severity: "fault",
      about: "configuration",
      text: `${file}:2:3: ws.windw: no such key; did you mean ws.window?`,
      change: "correct ws.windw",
    },
    expect.objectContaining({ severity: "fault", change: "correct log.level" }),
  ]);
});

test.each([["soon"], ["0s"], ["48h"]])("--silence %s is wrong usage", async (text) => {
  const args = parseArguments(["--silence", text], COMMANDS.doctor);
  if ("usage" in args) throw new Error(args.usage);
  const terminal = new TestTerminal();
  expect(await doctor(args, terminal)).toBe(EXIT.USAGE);
  expect(terminal.complained).toEqual([expect.stringContaining("--silence takes")]);
});

test("findings are aligned lines, each fault followed by what to change", async () => {
  const terminal = new TestTerminal();
  const [address, stateDir] = [await occupied(), tempDir()];
  const argv = ["--stateDir", stateDir, "--http.listen", "127.0.0.1:0"];
  argv.push("--ws.listen", address, "--admin.listen", "127.0.0.1:0");
  const args = parseArguments(argv, COMMANDS.doctor);
  if ("usage" in args) throw new Error(args.usage);
  expect(await doctor(args, terminal)).toBe(EXIT.FATAL);
  expect(terminal.printed).toEqual([
    "ok     configuration  standalone",
    `ok     state          ${stateDir} can be written`,
    "ok     listeners      127.0.0.1:0 (http.listen) is free",
    `FAULT  listeners      ${address} (ws.listen) is in use, and no gateway answers at admin.listen (127.0.0.1:0): another program is there`,
    "                      change: give ws.listen another port, or end that program",
    "ok     listeners      127.0.0.1:0 (admin.listen) is free",
    expect.stringMatching(/^note {3}CSE {12}there is none to reach: standalone/),
  ]);
});

test("standalone, that there is nothing to reach is no fault, and the state folder is left as it was", async () => {
  const stateDir = tempDir();
  const { code, troubles } = await examined({ stateDir });
  expect(code).toBe(EXIT.OK);
  expect(troubles).toEqual(["note CSE"]);
  expect(readdirSync(stateDir)).toEqual([]);
});

test("a state folder that is missing can be made, and is not", async () => {
  const parent = tempDir();
  const { code, about } = await examined({ stateDir: join(parent, "a", "b") });
  expect(code).toBe(EXIT.OK);
  expect(about("state")).toEqual([
    expect.objectContaining({ text: expect.stringContaining("does not exist and can be made") }),
  ]);
  expect(readdirSync(parent)).toEqual([]);
});

test("a file where the state folder should be is a fault", async () => {
  const file = join(tempDir(), "file");
  writeFileSync(file, "");
  for (const stateDir of [file, join(file, "below")]) {
    const { code, about } = await examined({ stateDir });
    expect(code).toBe(EXIT.FATAL);
    expect(about("state")).toEqual([
      {
        severity: "fault",
        about: "state",
        text: `${stateDir} cannot be written: something on its path is no folder`,
        change: expect.stringContaining("stateDir"),
      },
    ]);
  }
});

test.each([
  ["192.0.2.1:8088", "this machine has no such address"],
  ["nothing.invalid:8088", "the name cannot be resolved"],
])("a listener at %s is a fault: %s", async (address, words) => {
  const { about } = await examined({ "http.listen": address, "http.insecure": "true" });
  expect(about("listeners")[0]).toEqual({
    severity: "fault",
    about: "listeners",
    text: `${address} (http.listen) cannot be had: ${words}`,
    change: "change http.listen",
  });
});

test("faces that share a port are looked at once", async () => {
  const address = `127.0.0.1:${await freePort()}`;
  const { about } = await examined({ "http.listen": address, "ws.listen": address });
  expect(about("listeners")).toHaveLength(2);
  expect(about("listeners")[0]?.text).toContain("(http.listen and ws.listen)");
});

test.each([
  ["http://nothing.invalid:8088", "fault", "cannot be resolved here"],
  ["http://127.0.0.1:8088", "fault", "means this machine"],
  ["http://localhost:8088", "fault", "means this machine"],
  ["http://192.0.2.9:8088", "ok", "an address"],
])("a front that advertises %s to a CSE elsewhere: %s, %s", async (url, severity, words) => {
  const { about } = await examined({
    "cse.url": "http://nothing.invalid:1",
    "http.advertise": url,
  });
  expect(about("advertise")).toEqual([
    expect.objectContaining({ severity, text: expect.stringContaining(words) }),
  ]);
});

test("the program: beside a running gateway its ports are a note, and as its bridge it is all well", async () => {
  const gateway = await runGateway();
  const hostOf = (url: string): string => new URL(url).host;
  const beside = await startChild(process.execPath, [
    ...[main, "doctor", "--stateDir", gateway.stateDir, "--http.listen", hostOf(gateway.http)],
    ...["--ws.listen", hostOf(gateway.ws), "--admin.listen", hostOf(gateway.admin)],
  ]);
  expect(await beside.ended, beside.output()).toBe(EXIT.OK);
  expect(beside.output()).toContain(
    `note   listeners      ${hostOf(gateway.ws)} (ws.listen) is in use: a gateway runs here already (standalone)`,
  );
  const bridge = await startChild(process.execPath, [
    ...[main, "doctor", "--stateDir", tempDir(), "--http.listen", "127.0.0.1:0"],
    ...["--ws.listen", "127.0.0.1:0", "--admin.listen", "127.0.0.1:0"],
    ...["--cse.url", gateway.ws, "--cse.originator", "CDoctor"],
  ]);
  expect(await bridge.ended, bridge.output()).toBe(EXIT.OK);
  expect(bridge.output()).toMatch(/^ok {5}handshake {6}101 \(\d+ ms\); of oneM2M\.json/m);
  expect(bridge.output()).toContain(
    "note   CSE            it answers, but does not take this for CDoctor (4106)",
  );
  expect(bridge.output()).not.toContain("FAULT");
});

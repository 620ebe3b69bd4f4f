import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { EXIT } from "../../src/cli/terminal.ts";
import { isCommand } from "../../src/cli/usage.ts";
import { loadConfig } from "../../src/config/load.ts";
import { projectPath, readProject } from "../helpers/deploy-tools.ts";
import { connectRegistree } from "../helpers/fake-registree.ts";
import { hasCommand } from "../helpers/has-command.ts";
import { callHttp } from "../helpers/http-client.ts";
import { haveSystemdNotify, listenAsSystemd } from "../helpers/notify-socket.ts";
import { runGateway } from "../helpers/run-gateway.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const unit = readProject("deploy/m2mgw.service");
const withoutAnalyze = !hasCommand("systemd-analyze");

/** The values of a directive, in order. */
const valuesOf = (directive: string): string[] =>
  unit
    .split("\n")
    .filter((line) => line.startsWith(`${directive}=`))
    .map((line) => line.slice(directive.length + 1));

const textOf = (directive: string): string => valuesOf(directive).join(" ");

/** The unit with a program that exists in place of the installed one. */
function unitFile(): string {
  const folder = tempDir();
  mkdirSync(join(folder, "bin"));
  writeFileSync(join(folder, "bin/m2mgw"), "#!/bin/sh\n", { mode: 0o755 });
  const file = join(folder, "m2mgw.service");
  writeFileSync(file, unit.replaceAll("/opt/m2mgw/bin", join(folder, "bin")));
  return file;
}

const analyze = (...args: readonly string[]) =>
  spawnSync("systemd-analyze", args, { encoding: "utf8" });

test.skipIf(withoutAnalyze)("systemd finds nothing wrong with the unit", () => {
  const { status, stdout, stderr } = analyze("verify", "--man=no", unitFile());
  expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: "" });
});

test.skipIf(withoutAnalyze)("the unit is exposed by 1.5 at most, as systemd counts", () => {
  const args = ["security", "--offline=true", "--no-pager", "--threshold=15", unitFile()];
  const { status, stdout } = analyze(...args);
  expect(status, stdout).toBe(0);
});

test.skipIf(!hasCommand("systemd-sysusers"))("the user of the unit is one that is made", () => {
  const root = tempDir();
  mkdirSync(join(root, "etc"));
  execFileSync("systemd-sysusers", [`--root=${root}`, projectPath("deploy/m2mgw.sysusers")], {
    stdio: "pipe",
  });
  const users = readFileSync(join(root, "etc/passwd"), "utf8");
  expect(users).toMatch(new RegExp(`^${textOf("User")}:`, "m"));
  expect(users).toContain(`:/var/lib/${textOf("StateDirectory")}:`);
});

test("what the unit calls exists, and its limits fit the gateway's own", () => {
  const loaded = loadConfig({ env: {} });
  if ("faults" in loaded) throw new Error(JSON.stringify(loaded.faults));
  const { shutdown, ws, stateDir } = loaded.config;
  const calls = ["ExecStartPre", "ExecStart", "ExecReload"].flatMap(valuesOf);
  const commands = calls.flatMap((call) => /\/m2mgw (\S+)/.exec(call)?.[1] ?? []);
  expect(commands).toEqual(["check-config", "serve", "check-config"]);
  expect(commands.every(isCommand)).toBe(true);
  expect(stateDir).toBeDefined();
  expect(textOf("RestartPreventExitStatus")).toBe(`${EXIT.USAGE} ${EXIT.CONFIG}`);
  expect(Number.parseInt(textOf("TimeoutStopSec"), 10) * 1000).toBeGreaterThan(shutdown.drain);
  expect(Number(textOf("LimitNOFILE"))).toBeGreaterThan(2 * ws.maxConnections);
  expect(textOf("Environment")).toContain(`M2MGW_STATE_DIR=%S/${textOf("StateDirectory")}`);
});

test.skipIf(!haveSystemdNotify())(
  "the gateway tells systemd when it is ready, reads its configuration again, and stops",
  async () => {
    const systemd = await listenAsSystemd();
    const gateway = await runGateway({ under: ["env", `NOTIFY_SOCKET=${systemd.path}`] });
    expect(await systemd.messages(1)).toEqual(["READY=1"]);
    process.kill(gateway.pid, "SIGHUP");
    expect((await systemd.messages(3)).slice(1)).toEqual([
      expect.stringMatching(/^RELOADING=1 MONOTONIC_USEC=\d+$/),
      "READY=1",
    ]);
    expect(await gateway.stop()).toBe(0);
    expect((await systemd.messages(4))[3]).toBe("STOPPING=1 EXTEND_TIMEOUT_USEC=20000000");
  },
  60_000,
);

/** The system calls of a set such as `@system-service`, those of the sets in it included. */
function callsOf(set: string): string[] {
  const { stdout } = analyze("syscall-filter", "--no-pager", set);
  const names = stdout
    .split("\n")
    .slice(1)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  return names.flatMap((name) => (name.startsWith("@") ? callsOf(name) : [name]));
}

test.skipIf(withoutAnalyze || !hasCommand("strace"))(
  "the gateway takes, holds and delivers requests where every system call that the unit forbids fails",
  async () => {
    const [allowed = "", forbidden = ""] = valuesOf("SystemCallFilter");
    const out = new Set(forbidden.slice(1).split(" ").flatMap(callsOf));
    const kept = callsOf(allowed).filter((name) => !out.has(name));
    expect(kept.length).toBeGreaterThan(100);
    const trace = join(tempDir(), "trace");
    // strace makes fail, as seccomp would, what it traces; a call that it does not know is let be.
    const but = (names: readonly string[]) => `!${names.map((name) => `?${name}`).join(",")}`;
    const traced = `trace=${but(kept.filter((name) => name !== "socket"))}`;
    const inject = `inject=${but(kept)}:error=EPERM`;
    const gateway = await runGateway({
      under: ["strace", "-D", "-f", "-qq", "-o", trace, "-e", traced, "-e", inject],
    });
    const lamp = await connectRegistree(gateway.ws, { answer: () => ({ rsc: 2000 }) });
    expect(await lamp.register("CLamp")).toMatchObject({ rsc: 2001 });
    await lamp.disconnect();
    const headers = { "X-M2M-Origin": "CApp", "X-M2M-RI": "q1", "X-M2M-RVI": "3" };
    const notify = {
      method: "POST",
      target: "/~/id-in/CLamp",
      headers: { ...headers, "Content-Type": "application/json" },
      body: '{"m2m:sgn":{"sur":"me"}}',
    };
    expect(await callHttp(gateway.http, notify)).toMatchObject({ status: 202 });
    const back = await connectRegistree(gateway.ws, {
      origin: "CLamp",
      answer: () => ({ rsc: 2000 }),
    });
    expect(await back.nextRequest()).toMatchObject({ op: 5 });
    expect(await gateway.stop()).toBe(0);
    const families = readFileSync(trace, "utf8").matchAll(/socket\((AF_\w+)/g);
    const used = new Set([...families].map(([, family]) => family));
    expect([...used]).toContain("AF_INET");
    const open = textOf("RestrictAddressFamilies").split(" ");
    expect([...used].filter((family) => !open.includes(family ?? ""))).toEqual([]);
  },
  120_000,
);

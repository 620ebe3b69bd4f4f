import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { runGateway } from "../helpers/run-gateway.ts";

async function m2mgw(...argv: string[]) {
  const child = spawn(process.execPath, ["dist/main.js", ...argv], {
    env: { PATH: process.env["PATH"] },
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (text) => (stdout += text));
  child.stderr.on("data", (text) => (stderr += text));
  const [status] = await once(child, "close");
  return { status, stdout, stderr };
}

test("what is piped has no colours and is not cut; exit codes say how it went", async () => {
  const gateway = await runGateway();
  const [status, unknown, nobody, usage, config] = await Promise.all([
    m2mgw("status", "--url", gateway.admin),
    m2mgw("registrees", "CNobody", "--url", gateway.admin),
    m2mgw("status", "--url", "http://127.0.0.1:1"),
    m2mgw("why", "--url", gateway.admin),
    m2mgw("print-config"),
  ]);
  expect(status).toMatchObject({ status: 0, stderr: "" });
  expect(status.stdout).toMatch(/^m2mgw \S+, standalone, up for \d+s: ready$/m);
  expect(status.stdout).not.toContain("\u001b");
  expect(unknown).toMatchObject({ status: 1, stdout: "", stderr: "there is no such registree\n" });
  expect(nobody).toMatchObject({ status: 69, stdout: "" });
  expect(usage).toMatchObject({ status: 2, stdout: "" });
  expect(config.stdout).toMatch(/^ws\.window +64 +default$/m);
});

test("a gateway that is drained ends by itself, in order", async () => {
  const gateway = await runGateway();
  const drained = await m2mgw("drain", "--url", gateway.admin);
  expect(drained).toMatchObject({ status: 0, stderr: "" });
  const isThere = (): boolean => {
    try {
      return process.kill(gateway.pid, 0);
    } catch {
      return false;
    }
  };
  while (isThere()) await new Promise((again) => setImmediate(again));
  expect(gateway.log()).toContain("gateway stopping");
  expect(await gateway.stop()).toBe(0);
});

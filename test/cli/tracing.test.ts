import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { sectionsOf } from "../docs/document.ts";
import { startChild, whenReady } from "../helpers/child.ts";
import { projectPath, readProject } from "../helpers/deploy-tools.ts";
import { freePort } from "../helpers/free-port.ts";
import { callHttp } from "../helpers/http-client.ts";
import { tempDir } from "../helpers/temp-dir.ts";

test("an SDK that is registered as README has it gets the spans of the gateway", async () => {
  const section = sectionsOf(readProject("README.md")).find(({ heading }) => heading === "Traces");
  const [sdk, command] = section?.blocks ?? [];
  const folder = tempDir();
  for (const name of ["node_modules", "dist"]) symlinkSync(projectPath(name), join(folder, name));
  writeFileSync(join(folder, "tracing.mjs"), sdk?.text ?? "");
  const [program = "", ...args] = command?.text.trim().split(" ") ?? [];
  const [http, ws, admin] = [await freePort(), await freePort(), await freePort()];
  const listeners = Object.entries({ http, ws, admin }).flatMap(([face, port]) => [
    `--${face}.listen`,
    `127.0.0.1:${port}`,
  ]);
  const state = ["--stateDir", join(folder, "state")];
  const child = await startChild(program, [...args, ...listeners, ...state], { cwd: folder });
  onTestFinished(async () => void (await child.stop("SIGKILL")));
  const printed = (text: string): Promise<void> =>
    whenReady(child, async () => expect(child.output()).toContain(text), 20_000);
  await printed("gateway started");
  const headers = { "X-M2M-Origin": "CA", "X-M2M-RI": "1", "X-M2M-RVI": "3" };
  await callHttp(`http://127.0.0.1:${http}`, { target: "/~/id-in/Cnobody", headers });
  await printed("'m2m.operation': 'retrieve'");
}, 40_000);

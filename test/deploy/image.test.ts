import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, chownSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { EXIT } from "../../src/cli/terminal.ts";
import { loadConfig } from "../../src/config/load.ts";
import { startChild, whenReady } from "../helpers/child.ts";
import { haveTool, projectPath, readProject, runTool } from "../helpers/deploy-tools.ts";
import { below, buildBelow, instructionsOf, wordsOf } from "../helpers/dockerfile.ts";
import { freePort } from "../helpers/free-port.ts";
import { hasCommand } from "../helpers/has-command.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const instructions = instructionsOf(readProject("deploy/Dockerfile"));
const lastOf = (name: string): string =>
  instructions.filter((instruction) => instruction.name === name).at(-1)?.rest ?? "";

test.skipIf(!haveTool("hadolint"))("the Dockerfiles are clean", () => {
  const files = ["deploy/Dockerfile", "deploy/compose/acme/Dockerfile"];
  expect(runTool("hadolint", files.map(projectPath))).toBe("");
});

test("the image runs as nobody in particular, and exposes what its configuration listens at", () => {
  const loaded = loadConfig({
    file: projectPath("deploy/gateway.yaml"),
    env: { M2MGW_HTTP_INSECURE: "true", M2MGW_WS_INSECURE: "true" },
  });
  if ("faults" in loaded) throw new Error(JSON.stringify(loaded.faults));
  const { http, ws, admin } = loaded.config;
  expect(lastOf("EXPOSE")).toBe([http, ws, admin].map(({ listen }) => listen.port).join(" "));
  expect(lastOf("USER")).toBe("1000:1000");
  expect(wordsOf(lastOf("CMD")).slice(1)).toEqual(wordsOf(lastOf("HEALTHCHECK")).slice(2));
});

test.skipIf(!haveTool("node") || !hasCommand("setpriv"))(
  "what the Dockerfile makes runs for a user who may write its state only, is healthy, and carries a notification",
  async () => {
    const root = tempDir();
    chmodSync(root, 0o755);
    buildBelow(root);
    chownSync(join(root, "var/lib/m2mgw"), 1000, 1000);
    const packages = JSON.parse(readProject("package.json"));
    const kept = readFileSync(join(root, "opt/m2mgw/node_modules/.package-lock.json"), "utf8");
    for (const name of Object.keys(packages.dependencies)) expect(kept).toContain(`/${name}"`);
    for (const name of ["typescript", "vitest"]) expect(kept).not.toContain(`/${name}"`);

    const [http, ws, admin] = [await freePort(), await freePort(), await freePort()];
    const given = Object.fromEntries(
      below(root, lastOf("ENV"))
        .split(" ")
        .map((pair) => pair.split("=") as [string, string]),
    );
    const env = {
      ...given,
      PATH: `${join(root, "usr/local/bin")}:/usr/bin:/bin`,
      M2MGW_HTTP_LISTEN: `0.0.0.0:${http}`,
      M2MGW_WS_LISTEN: `0.0.0.0:${ws}`,
      M2MGW_ADMIN_LISTEN: `127.0.0.1:${admin}`,
    };
    const insecure = { ...env, M2MGW_HTTP_INSECURE: "true", M2MGW_WS_INSECURE: "true" };
    const asNode = ["--reuid=1000", "--regid=1000", "--clear-groups"];
    const inImage = (words: readonly string[]) => [
      ...asNode,
      ...wordsOf(lastOf("ENTRYPOINT")),
      ...words.map((word) => below(root, word)),
    ];
    const run = (words: readonly string[]) =>
      spawnSync("setpriv", inImage(words), { env: insecure, encoding: "utf8" });

    const plain = spawnSync("setpriv", inImage(wordsOf(lastOf("CMD"))), { env, encoding: "utf8" });
    expect(plain.status).toBe(EXIT.CONFIG);
    expect(plain.stderr).toContain("http.insecure: true allows it");

    const health = wordsOf(lastOf("HEALTHCHECK")).slice(1);
    expect(run(health).status).toBe(EXIT.UNREACHABLE);
    const gateway = await startChild("setpriv", inImage(wordsOf(lastOf("CMD"))), { env: insecure });
    onTestFinished(async () => void (await gateway.stop()));
    await whenReady(gateway, () => Promise.resolve(expect(run(health).status).toBe(0)), 30_000);
    const sim = ["sim", "--ae", "Clamp", "--url", `ws://127.0.0.1:${ws}`];
    const lamp = await startChild("setpriv", inImage(sim), { env: insecure });
    onTestFinished(async () => void (await lamp.stop()));
    const send = ["send", "--to", "Clamp", "--url", `http://127.0.0.1:${http}`, "hello"];
    await whenReady(lamp, () => Promise.resolve(expect(run(send).status).toBe(0)), 30_000);
    expect(await lamp.stop()).toBe(0);
    expect(await gateway.stop()).toBe(0);
    const owned = execFileSync("find", [root, "-user", "1000", "-not", "-path", "*/var/lib/*"]);
    expect(owned.toString()).toBe("");
  },
  300_000,
);

import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { haveTool, projectPath, readProject, toolPath } from "../helpers/deploy-tools.ts";
import { hasCommand } from "../helpers/has-command.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const readme = readProject("deploy/README.md");

/** The blocks of shell commands below a heading. */
function blocksOf(heading: string): string[] {
  const [, section = ""] = readme.split(`\n## ${heading}\n`);
  const [own = ""] = section.split("\n## ");
  return [...own.matchAll(/```sh\n([^`]*)```/g)].map(([, block = ""]) => block);
}

/** A folder with the project as a clone has it, and what its commands need. */
function cloneOf(root: string): string {
  const clone = join(root, "clone");
  const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "-z"], {
    cwd: projectPath("."),
    encoding: "utf8",
  });
  for (const file of files.split("\0").filter((name) => existsSync(projectPath(name)) && name)) {
    mkdirSync(dirname(join(clone, file)), { recursive: true });
    cpSync(projectPath(file), join(clone, file));
  }
  symlinkSync(projectPath("node_modules"), join(clone, "node_modules"));
  return clone;
}

test.skipIf(!hasCommand("systemd-sysusers"))(
  "the installation for systemd leads to a program that the unit can start",
  () => {
    const root = tempDir();
    const clone = cloneOf(root);
    const bin = join(root, "bin");
    mkdirSync(bin);
    mkdirSync(join(root, "etc"));
    writeFileSync(join(bin, "sudo"), '#!/bin/sh\nexec "$@"\n');
    chmodSync(join(bin, "sudo"), 0o755);
    const [install = ""] = blocksOf("systemd");
    // Below a folder of its own, where no such group is; what npm installed here is there already.
    const commands = install
      .replace("npm install\n", "")
      .replace("systemd-sysusers\n", `systemd-sysusers --root=${root}\n`)
      .replace("-g m2mgw ", "")
      .replaceAll(/ \/(opt|etc)\//g, ` ${root}/$1/`);
    execFileSync("sh", ["-euc", commands], {
      cwd: clone,
      env: { ...process.env, PATH: `${bin}:${process.env["PATH"]}` },
      stdio: "pipe",
    });
    const unit = readProject("deploy/m2mgw.service");
    const [, check = ""] = /^ExecStartPre=(.*)$/m.exec(unit) ?? [];
    const [program = "", ...args] = check
      .replaceAll(/(^| )\/(opt|etc)\//g, `$1${root}/$2/`)
      .split(" ");
    const checked = spawnSync(program, args, { encoding: "utf8" });
    expect(checked).toMatchObject({
      status: 0,
      stdout: "OK: front, CSE at http://127.0.0.1:8080\n",
    });
    const [, file = ""] = /^Documentation=file:\/\/(.*)$/m.exec(unit) ?? [];
    expect(existsSync(join(root, file))).toBe(true);
    expect(existsSync(join(root, "etc/systemd/system/m2mgw.service"))).toBe(true);
  },
  180_000,
);

test.skipIf(!haveTool("helm"))("the commands for Kubernetes work", () => {
  const [commands = ""] = blocksOf("Kubernetes");
  const rendered = execFileSync("sh", ["-euc", commands], {
    cwd: projectPath("."),
    env: { ...process.env, PATH: `${dirname(toolPath("helm"))}:${process.env["PATH"]}` },
    encoding: "utf8",
    stdio: "pipe",
  });
  expect(rendered).toContain('image: "registry.example.org/m2mgw:0.1.0"');
  expect(rendered).toContain("url: http://cse.default.svc:8080");
});

test("the commands that need an engine name files and commands that exist", () => {
  const commands = [...blocksOf("A container"), ...blocksOf("compose")].join("");
  const files = [...commands.matchAll(/-f (\S+)/g)].map(([, file = ""]) => file);
  expect(files).toHaveLength(4);
  for (const file of files) expect(existsSync(projectPath(file)), file).toBe(true);
  const { version } = JSON.parse(readProject("package.json"));
  expect(commands.match(/m2mgw:[\d.]+/g)).toEqual([`m2mgw:${version}`, `m2mgw:${version}`]);
  expect(blocksOf("systemd")[0]).toContain(`onem2m-ws-gateway-${version}.tgz`);
});

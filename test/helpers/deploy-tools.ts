import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder that .ci/deploy-parts fills. */
function toolFolder(): string {
  const { M2MGW_DEPLOY_PARTS, XDG_CACHE_HOME } = process.env;
  return (
    M2MGW_DEPLOY_PARTS ?? join(XDG_CACHE_HOME ?? join(homedir(), ".cache"), "m2mgw-deploy-parts")
  );
}

const TOOLS = {
  helm: "bin/helm",
  "compose-go": "bin/compose-go",
  node: "bin/node",
  hadolint: "venv/bin/hadolint",
  "kubernetes-validate": "venv/bin/kubernetes-validate",
} as const;

export type DeployTool = keyof typeof TOOLS;

export const toolPath = (name: DeployTool): string => join(toolFolder(), TOOLS[name]);

/**
 * Whether a tool is there, for `skipIf`. Prints why when it is not.
 *
 * @throws Error where `CI` is set: there a missing part is a failure
 */
export function haveTool(name: DeployTool): boolean {
  if (existsSync(toolPath(name))) return true;
  const reason = `no ${toolPath(name)}: run .ci/deploy-parts`;
  if (process.env["CI"]) throw new Error(reason);
  process.stderr.write(`skipped: ${reason}\n`);
  return false;
}

/** Runs it and gives its standard output. @throws Error with what it printed when its exit code is not 0 */
export function runTool(name: DeployTool, args: readonly string[], cwd?: string): string {
  return execFileSync(toolPath(name), args, { encoding: "utf8", cwd, stdio: "pipe" });
}

/** The path of a file of the project. */
export const projectPath = (name: string): string =>
  fileURLToPath(new URL(`../../${name}`, import.meta.url));

export const readProject = (name: string): string => readFileSync(projectPath(name), "utf8");

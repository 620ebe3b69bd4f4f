import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** The virtual environment that .ci/real-parts makes. */
export function pythonFolder(): string {
  const { M2MGW_TEST_VENV, XDG_CACHE_HOME } = process.env;
  return M2MGW_TEST_VENV ?? join(XDG_CACHE_HOME ?? join(homedir(), ".cache"), "m2mgw-test-venv");
}

/** The path of a command of that environment, such as `python` or `acmecse`. */
export function pythonCommand(name: string): string {
  return join(pythonFolder(), "bin", name);
}

/**
 * Whether ACME CSE and Python `websockets` are installed, for `skipIf`. Prints why when they are not.
 *
 * @throws Error where `CI` is set: there a missing part is a failure
 */
export function havePython(): boolean {
  if (existsSync(join(pythonFolder(), "installed.txt"))) return true;
  const reason = `ACME CSE and Python websockets are not in ${pythonFolder()}: run .ci/real-parts`;
  if (process.env["CI"]) throw new Error(reason);
  process.stderr.write(`skipped: ${reason}\n`);
  return false;
}

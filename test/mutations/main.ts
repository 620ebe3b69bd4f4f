/**
 * Takes the guards out of a copy of the project, one at a time, and expects the test that is about each to fail.
 *
 * `npm run mutations` runs all; `-- --only poa,host` those whose name holds one of these; `-- --again` also those that
 * were killed before and whose file and test have not changed since. Exit code 1 when one survives, or cannot be found.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { GUARDS, type Guard } from "./guards.ts";

type Outcome = "killed" | "survived" | "guard not found" | "no such test" | "does not build";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const COPIED = ["src", "test", "config", ".ci", "README.md", "package.json", "package-lock.json"];
const COPIED_TOO = ["tsconfig.json", ".vitest.config.ts"];
const CACHE = join(ROOT, "node_modules/.cache/m2mgw-mutations.json");
/** A test that hangs without its guard counts as one that fails. */
const PATIENCE = 180_000;

const { values } = parseArgs({
  options: { only: { type: "string" }, again: { type: "boolean", default: false } },
});
const wanted = values.only?.split(",");
const known = readKnown();
const folder = copyOfProject();
let survivors = 0;
for (const guard of GUARDS) {
  if (wanted !== undefined && !wanted.some((part) => guard.name.includes(part))) continue;
  const key = keyOf(guard);
  const isKnown = !values.again && known[guard.name] === key;
  const outcome = isKnown ? "killed" : await tryWithout(guard);
  if (outcome === "killed") known[guard.name] = key;
  else survivors += 1;
  process.stdout.write(`${outcome.padEnd(16)}${guard.name}${isKnown ? " (before)" : ""}\n`);
  mkdirSync(join(ROOT, "node_modules/.cache"), { recursive: true });
  writeFileSync(CACHE, JSON.stringify(known));
}
rmSync(folder, { recursive: true, force: true });
process.exitCode = survivors === 0 ? 0 : 1;

function readKnown(): Record<string, string> {
  try {
    return JSON.parse(readFileSync(CACHE, "utf8"));
  } catch {
    return {};
  }
}

function keyOf(guard: Guard): string {
  const texts = [guard.file, guard.test].map((file) => readFileSync(join(ROOT, file), "utf8"));
  return createHash("sha256")
    .update(JSON.stringify([guard, texts]))
    .digest("hex");
}

function copyOfProject(): string {
  const copy = mkdtempSync(join(tmpdir(), "m2mgw-mutations-"));
  for (const part of [...COPIED, ...COPIED_TOO]) {
    cpSync(join(ROOT, part), join(copy, part), { recursive: true, preserveTimestamps: true });
  }
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
  return copy;
}

async function tryWithout(guard: Guard): Promise<Outcome> {
  const path = join(folder, guard.file);
  const source = readFileSync(path, "utf8");
  if (source.split(guard.guard).length !== 2) return "guard not found";
  writeFileSync(
    path,
    source.replace(guard.guard, () => guard.without),
  );
  try {
    return await outcomeOf(guard);
  } finally {
    writeFileSync(path, source);
  }
}

/** Runs the test. Only a test that failed, or never came to its end, tells that the guard was missed. */
async function outcomeOf({ test, title }: Guard): Promise<Outcome> {
  const report = join(folder, "report.json");
  rmSync(report, { force: true });
  const vitest = join(folder, "node_modules/vitest/vitest.mjs");
  const args = ["run", "--config", ".vitest.config.ts", test, "-t", title, "--bail", "1"];
  const reporting = ["--reporter=json", `--outputFile=${report}`];
  const child = spawn(process.execPath, [vitest, ...args, ...reporting], {
    cwd: folder,
    stdio: "ignore",
    detached: true,
  });
  if (await ends(child)) return "killed";
  const { numFailedTests, numPassedTests, numTotalTests } = JSON.parse(
    readFileSync(report, "utf8"),
  );
  if (numTotalTests === 0) return "does not build";
  if (numFailedTests > 0) return "killed";
  return numPassedTests > 0 ? "survived" : "no such test";
}

/** Whether it had to be ended, with all that it had started. */
function ends(child: ChildProcess): Promise<boolean> {
  return new Promise((resolve) => {
    const patience = setTimeout(() => {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      resolve(true);
    }, PATIENCE);
    child.once("exit", () => {
      clearTimeout(patience);
      resolve(false);
    });
  });
}

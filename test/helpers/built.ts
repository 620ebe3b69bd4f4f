import { execFileSync } from "node:child_process";

/** Brings `dist/` up to date before the first test: processes and threads of tests run it. */
export function setup(): void {
  execFileSync(process.execPath, [".ci/prepare.mjs"], { stdio: "inherit" });
}

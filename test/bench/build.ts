import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The gateway of this checkout, as `npm run build` leaves it. */
export const GATEWAY = join(root, "dist/main.js");

/**
 * Compiles this folder, and what it uses of the others, to plain JavaScript and says where it lies.
 *
 * tsx would run the processes too, but it wraps every function that a request creates so that it keeps its name,
 * and that would be measured with them. Below node_modules, so that packages resolve and nothing is published.
 */
export function buildBench(): string {
  const out = join(root, "node_modules/.cache/m2mgw-bench");
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, "package.json"), '{ "type": "module" }\n');
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const { status } = spawnSync(process.execPath, [compiler, "-p", "test/bench", "--noCheck"], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0) throw new Error("the bench does not compile");
  return join(out, "bench");
}

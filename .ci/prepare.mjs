// Makes a fresh clone runnable: installs what package-lock.json names and builds dist/, each only when it is stale.
import { spawnSync } from "node:child_process";
import { cpSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const modified = (path) => {
  try {
    return statSync(join(root, path)).mtimeMs;
  } catch {
    return 0;
  }
};
const newestBelow = (folder) =>
  readdirSync(join(root, folder), { recursive: true }).reduce(
    (newest, entry) => Math.max(newest, modified(join(folder, entry))),
    modified(folder),
  );
const run = (what, args) => {
  console.error(`${what} …`);
  const { status } = spawnSync("npm", args, {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
    shell: process.platform === "win32",
  });
  if (status !== 0) {
    console.error(`${what} failed; run it by hand: npm ${args.join(" ")}`);
    process.exit(1);
  }
};

if (modified("node_modules/.package-lock.json") < modified("package-lock.json")) {
  // Not `npm ci`: it refuses a lockfile without the binaries of other platforms, which not every registry has.
  run("installing what the project needs", ["install", "--no-save", "--loglevel=error"]);
}
const sources = Math.max(newestBelow("src"), modified("tsconfig.json"), modified("package.json"));
if (modified("dist/main.js") < sources) {
  const build = spawnSync(
    process.execPath,
    [join(root, "node_modules/typescript/bin/tsc"), "-p", "src/tsconfig.json"],
    {
      cwd: root,
      stdio: "inherit",
    },
  );
  if (build.status !== 0) process.exit(build.status ?? 1);
  cpSync(join(root, "src/admin/console"), join(root, "dist/admin/console"), { recursive: true });
}

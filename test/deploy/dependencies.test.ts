import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { projectPath, readProject } from "../helpers/deploy-tools.ts";

interface Package {
  readonly version: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const project = JSON.parse(readProject("package.json"));
const { "": root, ...locked } = JSON.parse(readProject("package-lock.json")).packages;
const packages: readonly (readonly [string, Package])[] = Object.entries(locked);

test("npm run dependencies names each package, its licence and who needs it", () => {
  const script = projectPath(".ci/dependencies.mjs");
  const { stdout, status } = spawnSync(process.execPath, [script, "--offline"], {
    encoding: "utf8",
  });
  expect(status).toBe(0);
  const [production = "", development = ""] = stdout.split(/^Development/m);
  for (const [kind, names] of [
    [production, project.dependencies],
    [development, project.devDependencies],
  ]) {
    const direct = kind.match(/^ {2}\S+(?= .* direct$)/gm)?.map((name: string) => name.trim());
    expect(direct?.sort()).toEqual(Object.keys(names).sort());
  }
  expect(stdout.match(/^ {2}\S+ +\d\S* /gm)).toHaveLength(packages.length);
  expect(production).toMatch(/^ {2}msgpackr +\S+ +MIT +no script +through lmdb$/m);
  expect(stdout).not.toMatch(/unknown|nobody needs it/);
});

describe("what is installed is what was looked at", () => {
  test("package-lock.json pins each package by its digest, and fits package.json", () => {
    expect(root).toMatchObject({
      dependencies: project.dependencies,
      devDependencies: project.devDependencies,
    });
    const unpinned = packages.filter(([, { integrity }]) => !/^sha512-/.test(integrity ?? ""));
    expect(unpinned).toEqual([]);
  });

  test("no package's script is run when it is installed, and none needs to be", () => {
    expect(readProject(".npmrc")).toMatch(/^ignore-scripts=true$/m);
    const wanting = packages.filter(([, { dev, hasInstallScript, optional }]) => {
      return hasInstallScript === true && dev !== true && optional !== true;
    });
    // What the script would fetch or compile is a package of its own for each platform.
    for (const [name, { optionalDependencies = {} }] of wanting) {
      expect(name).toBe("node_modules/lmdb");
      expect(Object.keys(optionalDependencies)).toContain("@lmdb/lmdb-linux-x64");
    }
  });
});

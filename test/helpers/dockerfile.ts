import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { projectPath, readProject, toolPath } from "./deploy-tools.ts";

export interface Instruction {
  /** In capitals: RUN, COPY … */
  readonly name: string;
  readonly rest: string;
}

/** The instructions of a Dockerfile, in order; lines that go on are joined. */
export function instructionsOf(text: string): Instruction[] {
  return text
    .replace(/^\s*#.*\n/gm, "")
    .replace(/\\\n/g, " ")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const [, name = "", rest = ""] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
      return { name: name.toUpperCase(), rest };
    });
}

/** The words of the exec form, `["m2mgw", "serve"]`. */
export const wordsOf = (rest: string): string[] => JSON.parse(rest.slice(rest.indexOf("[")));

/** The places of the image that its steps may write to; a folder of the test stands for `/`. */
const PLACES = /(?<=^|[\s":=])\/(build|opt\/m2mgw|usr\/local\/bin|var\/lib\/m2mgw|etc\/m2mgw)/g;

/** Text of the Dockerfile with the places of the image below `root`. */
export const below = (root: string, text: string): string => text.replace(PLACES, `${root}/$1`);

/**
 * Carries out the steps of deploy/Dockerfile below `root` as plain commands, with the Node.js of the image.
 *
 * What an engine does besides (layers, owners, isolation) does not happen.
 */
export function buildBelow(root: string): void {
  const bin = join(root, "usr/local/bin");
  mkdirSync(bin, { recursive: true });
  symlinkSync(toolPath("node"), join(bin, "node"));
  const env = { ...process.env, PATH: `${bin}:${process.env["PATH"]}` };
  let folder = root;
  for (const { name, rest } of instructionsOf(readProject("deploy/Dockerfile"))) {
    if (name === "WORKDIR") {
      folder = below(root, rest);
      mkdirSync(folder, { recursive: true });
    }
    // There is no user of that name here.
    const command = below(root, rest).replace("-o node -g node ", "");
    if (name === "RUN") execFileSync("sh", ["-c", command], { cwd: folder, env, stdio: "pipe" });
    if (name === "COPY") copy(rest, root, folder);
  }
}

/** `COPY [--from=build] source… target`; sources of the project have to be in .dockerignore's list. */
function copy(rest: string, root: string, folder: string): void {
  const fromBuild = rest.startsWith("--from=build ");
  const words = rest.replace("--from=build ", "").split(" ");
  const target = resolve(folder, below(root, words.at(-1) ?? ""));
  for (const word of words.slice(0, -1)) {
    if (!fromBuild && !readProject(".dockerignore").includes(`\n!${word}\n`)) {
      throw new Error(`.dockerignore hides ${word}`);
    }
    const source = fromBuild ? below(root, word) : projectPath(word);
    const to = words.at(-1) === "./" ? join(target, basename(word)) : target;
    cpSync(source, to, { recursive: true, verbatimSymlinks: true });
  }
}

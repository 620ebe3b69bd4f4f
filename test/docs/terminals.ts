import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { startChild } from "../helpers/child.ts";
import { projectPath } from "../helpers/deploy-tools.ts";
import { hasCommand } from "../helpers/has-command.ts";
import { pythonCommand } from "../helpers/python.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import type { Block } from "./document.ts";

/** How long one command may run, a port take to open, or a line to be printed, in ms. */
const PATIENCE = 60_000;
const ALONE = ["--net", "--pid", "--kill-child"];
/** Whoever reads sleeps until a device is there, and has an idle machine; a test looks whether one is. */
const SLEEP = String.raw`
connected() (
  exec 3<>/dev/tcp/127.0.0.1/9180
  printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3
  grep -q '^m2mgw_registrees{state="connected"} [1-9]' <&3
)
sleep() { until connected 2>/dev/null; do command sleep 0.1; done; }
`;

/** Somebody who reads a document in a clone of the project and does what it says. */
export interface Reader {
  /** @throws Error with all that was printed, where the document is wrong */
  follow(block: Block): Promise<void>;
  /** All that was printed so far, in all terminals. */
  output(): string;
}

/**
 * The way into a network of one's own, where every port that a document names is free and nothing is reached but
 * loopback; with all processes of one's own, which end together.
 *
 * @returns undefined where the system has no such thing, and says so
 */
export function networkOfItsOwn(): readonly string[] | undefined {
  if (!hasCommand("unshare") || !hasCommand("ip")) return undefined;
  for (const args of [ALONE, ["--user", "--map-root-user", ...ALONE]]) {
    try {
      execFileSync("unshare", [...args, "ip", "link", "set", "lo", "up"], { stdio: "ignore" });
      return ["unshare", ...args];
    } catch {
      // The first takes root, the second a system that lets everybody do so.
    }
  }
  // biome-ignore lint/suspicious/noConsole: a test that is left out has to say why
  console.warn("network namespaces cannot be made here");
  return undefined;
}

/** Sits down at a terminal; all that was started there ends with the test. */
export async function startReader(
  network: readonly string[],
  files: readonly Block[],
): Promise<Reader> {
  const folder = cloneIn(tempDir());
  for (const file of files) save(folder, file);
  const [unshare = "", ...args] = network;
  const shell = await startChild(unshare, [...args, "bash", "--norc"], {
    cwd: folder,
    env: {
      PATH: [join(folder, ".bin"), dirname(pythonCommand("python")), process.env["PATH"]].join(":"),
      HOME: folder,
      XDG_STATE_HOME: join(folder, ".state"),
      // What is not installed already cannot be had.
      PIP_NO_INDEX: "1",
      PIP_DISABLE_PIP_VERSION_CHECK: "1",
    },
  });
  onTestFinished(async () => void (await shell.stop("SIGKILL")));
  shell.write("ip link set lo up");
  let orders = 0;

  const until = async (what: string, met: () => boolean): Promise<void> => {
    for (const giveUpAt = Date.now() + PATIENCE; !met(); await delay(20)) {
      if (Date.now() > giveUpAt) throw new Error(`${what}\n${shell.output()}`);
    }
  };
  const order = async (command: string, what: string): Promise<void> => {
    orders += 1;
    const ended = new RegExp(`^ended ${orders}: (\\d+)$`, "m");
    // What it printed last may have been no whole line.
    shell.write(`${command}; printf '\\nended ${orders}: %s\\n' $?`);
    await until(`${what} takes too long`, () => ended.test(shell.output()));
    const [, code] = ended.exec(shell.output()) ?? [];
    if (code !== "0") throw new Error(`${what} ends with ${code}\n${shell.output()}`);
  };

  return {
    output: () => shell.output(),
    async follow({ use, text, language, line }) {
      const where = `the block at line ${line}`;
      if (use.is === "file") return save(folder, { use, text, language, line });
      if (use.is === "shown") return;
      if (use.is === "printed") {
        for (const expected of text.split("\n").filter((each) => each !== "")) {
          const pattern = expected.split("…").map(escaped).join(".*");
          const printed = new RegExp(`^\\s*${pattern}\\s*$`, "m");
          await until(`never printed: ${expected}`, () => printed.test(shell.output()));
        }
        return;
      }
      if (language !== "sh") throw new Error(`${where} is to run, and is no sh`);
      const script = join(folder, `.line-${line}.sh`);
      writeFileSync(script, `${SLEEP}\n${text}`);
      if (use.is === "run") return await order(`bash -e ${script} </dev/null`, where);
      shell.write(`bash -e ${script} </dev/null &`);
      if (use.port === undefined) return;
      const open = `(: </dev/tcp/127.0.0.1/${use.port}) 2>/dev/null`;
      await order(`until ${open}; do command sleep 0.1; done`, `port ${use.port} of ${where}`);
    },
  };
}

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");

/** A folder with what a clone has, and `m2mgw` and this process's Node.js among its commands. */
function cloneIn(folder: string): string {
  for (const name of readdirSync(projectPath("."))) {
    symlinkSync(projectPath(name), join(folder, name));
  }
  mkdirSync(join(folder, ".bin"));
  symlinkSync(process.execPath, join(folder, ".bin/node"));
  const command = join(folder, ".bin/m2mgw");
  writeFileSync(command, `#!/bin/sh\nexec node ${projectPath("dist/main.js")} "$@"\n`);
  chmodSync(command, 0o755);
  return folder;
}

function save(folder: string, { use, text }: Block): void {
  if (use.is !== "file") return;
  // Not through the link to a file of the project that has this name.
  rmSync(join(folder, use.name), { force: true });
  writeFileSync(join(folder, use.name), text);
}

import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { completion } from "../../src/cli/completion.ts";
import { EXIT } from "../../src/cli/terminal.ts";
import { COMMANDS } from "../../src/cli/usage.ts";
import { hasCommand } from "../helpers/has-command.ts";
import { TestTerminal } from "../helpers/test-terminal.ts";
import { argumentsOf } from "./operator-in.ts";

async function scriptFor(shell: string): Promise<string> {
  const terminal = new TestTerminal();
  expect(await completion(argumentsOf("completion", shell), terminal)).toBe(EXIT.OK);
  return terminal.printed.join("\n");
}

test("bash completes commands, their words and their options", async () => {
  const script = await scriptFor("bash");
  const complete = (...words: string[]): string[] => {
    const line = words.map((word) => `'${word}'`).join(" ");
    const asked = `COMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _m2mgw; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync("bash", ["-c", `${script}\n${asked}`], {
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    return stdout.split("\n").filter((word) => word !== "");
  };
  expect(complete("m2mgw", "re")).toEqual(["registrees", "reload"]);
  expect(complete("m2mgw", "held", "p")).toEqual(["purge"]);
  expect(complete("m2mgw", "reload", "--d")).toEqual(["--dry-run"]);
});

test.each(["zsh", "fish"])("%s is told every command", async (shell) => {
  const script = await scriptFor(shell);
  for (const name of Object.keys(COMMANDS)) expect(script).toContain(name);
});

test.skipIf(!hasCommand("zsh"))("zsh reads its script (needs zsh)", async () => {
  const { status, stderr } = spawnSync("zsh", ["-n"], {
    input: await scriptFor("zsh"),
    encoding: "utf8",
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

test("another shell is told which there are", async () => {
  const terminal = new TestTerminal();
  expect(await completion(argumentsOf("completion", "csh"), terminal)).toBe(EXIT.USAGE);
  expect(terminal.complained[0]).toContain("bash|zsh|fish");
});

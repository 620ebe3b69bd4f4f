import { execFileSync } from "node:child_process";

/** Whether this machine has a program of that name; says so when it has not. */
export function hasCommand(name: string): boolean {
  try {
    execFileSync("which", [name], { stdio: "ignore" });
    return true;
  } catch {
    // biome-ignore lint/suspicious/noConsole: a test that is left out has to say why
    console.warn(`no ${name} on this machine`);
    return false;
  }
}

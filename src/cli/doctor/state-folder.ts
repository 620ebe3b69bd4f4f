import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { access, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { codeOf } from "./error-code.ts";
import { type Finding, fault, ok } from "./finding.ts";

/** Whether the state can be kept in `dir`, or the folder be made. What is in it is not touched. */
export async function checkStateFolder(dir: string): Promise<Finding> {
  try {
    const made = await nearestThatExists(dir);
    if (made !== dir) {
      await access(made, constants.W_OK | constants.X_OK);
      return ok("state", `${dir} does not exist and can be made`);
    }
    // To be allowed to is not enough on a full disk.
    const probe = join(dir, `.doctor-${randomBytes(6).toString("hex")}`);
    await writeFile(probe, "m2mgw doctor\n", { flag: "wx" });
    await rm(probe);
    return ok("state", `${dir} can be written`);
  } catch (error) {
    const why = WORDS.get(codeOf(error)) ?? (error instanceof Error ? error.message : "unknown");
    return fault(
      "state",
      `${dir} cannot be written: ${why}`,
      "name another folder in stateDir, or let the user who runs the gateway, and this program, write there",
    );
  }
}

const WORDS: ReadonlyMap<string, string> = new Map([
  ["EACCES", "this user may not"],
  ["EPERM", "this user may not"],
  ["EROFS", "its disk can only be read"],
  ["ENOSPC", "its disk is full"],
  ["ENOTDIR", "something on its path is no folder"],
]);

async function nearestThatExists(path: string): Promise<string> {
  for (let at = path; ; at = dirname(at)) {
    try {
      if ((await stat(at)).isDirectory()) return at;
      throw Object.assign(new Error(`${at} is no folder`), { code: "ENOTDIR" });
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
    }
  }
}

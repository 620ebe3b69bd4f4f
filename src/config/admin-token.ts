import { readFileSync } from "node:fs";
import { hashToken } from "../base/token-hash.ts";
import type { Fault } from "./settings.ts";

/** Shorter ones can be guessed. */
const LEAST = 16;

/** SHA-256, in base64, of the token in a file, which is all that is kept of it; or what is wrong with the file. */
export function readAdminToken(
  path: string | undefined,
): { readonly hash: string | undefined } | { readonly faults: readonly Fault[] } {
  if (path === undefined) return { hash: undefined };
  const fault = (sentence: string) => ({
    faults: [{ where: path, key: "admin.tokenFile", sentence }],
  });
  try {
    const token = readFileSync(path, "utf8").trim();
    if (token.length < LEAST || /\s/.test(token)) {
      return fault(`must hold one token of ${LEAST} characters or more, without blanks`);
    }
    return { hash: hashToken(token).toString("base64") };
  } catch (error) {
    return fault(`cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

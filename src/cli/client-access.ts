import { readFileSync } from "node:fs";
import type { SecureContext } from "node:tls";
import { securedWith } from "../binding/tls/client.ts";
import { clientTls } from "../config/tls-sources.ts";
import type { Arguments, UsageFault } from "./arguments.ts";
import type { Terminal } from "./terminal.ts";

/** The variable that holds what a file of `--credentials` would; its name is no key's of the configuration. */
const VARIABLE = "M2M_CREDENTIALS";

/** What a client shows a gateway, and whom it trusts. */
export interface ClientAccess {
  /** Authorization, if there is one. */
  readonly headers: Readonly<Record<string, string>>;
  /** For TLS; empty: as Node does. */
  readonly secured: { readonly secureContext?: SecureContext };
}

/** Reads what the options and the environment name. No sentence shows a secret. */
export function clientAccess(args: Arguments, env: Terminal["env"]): ClientAccess | UsageFault {
  const secured = clientSecured(args);
  if ("usage" in secured) return secured;
  const text = textOf(args.options.get("credentials"), env[VARIABLE]);
  if (typeof text === "object") return text;
  return {
    headers: text === undefined ? {} : { Authorization: authorizationOf(text) },
    secured,
  };
}

/** What of it the options say about TLS. */
export function clientSecured({ options }: Arguments): ClientAccess["secured"] | UsageFault {
  const keys = {
    ca: options.get("tls.ca"),
    certificate: options.get("tls.certificate"),
    key: options.get("tls.key"),
  };
  if (keys.key !== undefined && keys.certificate === undefined) {
    return { usage: "--tls.key is the key of a certificate: give --tls.certificate, too" };
  }
  const read = clientTls("--tls", keys).read();
  if ("faults" in read) {
    return { usage: read.faults.map(({ key, sentence }) => `${key} ${sentence}`).join("; ") };
  }
  return securedWith(read.tls);
}

/** What a client may have forgotten, for one that was answered with 401 or 403; else nothing. */
export const accessHint = (status: number | undefined): string =>
  status === 401 || status === 403
    ? "; who may come in proves it by --credentials or --tls.certificate"
    : "";

function textOf(
  path: string | undefined,
  variable: string | undefined,
): string | UsageFault | undefined {
  const named = path === undefined ? VARIABLE : "--credentials";
  let whole = variable || undefined;
  if (path !== undefined) {
    try {
      whole = readFileSync(path, "utf8");
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : "unknown reason";
      return { usage: `--credentials names a file that cannot be read: ${code}` };
    }
  }
  if (whole === undefined) return undefined;
  const [text = ""] = whole.replace(/^\ufeff/, "").split(/\r?\n/);
  return PASSWORD.test(text) || TOKEN.test(text)
    ? text
    : { usage: `${named} has neither user:password nor a token in its first line` };
}

/** RFC 7617, 2 and RFC 6750, 2.1: no token has a colon. */
const PASSWORD = /^[^:\p{Cc}]+:\P{Cc}*$/u;
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

const authorizationOf = (text: string): string =>
  PASSWORD.test(text) ? `Basic ${Buffer.from(text).toString("base64")}` : `Bearer ${text}`;

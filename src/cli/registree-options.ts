import type { Millis } from "../base/clock.ts";
import { parseDuration } from "../config/units.ts";
import type { Arguments, UsageFault } from "./arguments.ts";

/** Names of subprotocols whose primitives are JSON (TS-0020, 6.2.2.7), and one older clients use. */
const JSON_SUBPROTOCOL = /^(onem2m(\.r2\.0)?\.json|onem2m-pro-v1\.0)$/i;

/** What every command says that acts as a registree. */
export interface RegistreeOptions {
  readonly url: string;
  readonly subprotocol: string;
  /** Where to register: the CSEBase. */
  readonly cse: string;
  /** Undefined until the user ends it. */
  readonly lasts: Millis | undefined;
}

/** Reads `--url`, `--subprotocol`, `--cse` and `--for`. */
export function registreeOptions({ options }: Arguments): RegistreeOptions | UsageFault {
  const url = options.get("url") ?? "ws://127.0.0.1:8180";
  const subprotocol = options.get("subprotocol") ?? "oneM2M.json";
  const forText = options.get("for");
  const lasts = forText === undefined ? undefined : parseDuration(forText);
  if (!/^wss?:\/\//i.test(url) || !URL.canParse(url)) {
    return { usage: "--url takes a ws:// or wss:// URL" };
  }
  if (!JSON_SUBPROTOCOL.test(subprotocol)) {
    return { usage: "--subprotocol takes oneM2M.json, oneM2M.R2.0.json or oneM2M-pro-v1.0" };
  }
  if (forText !== undefined && lasts === undefined) {
    return { usage: "--for takes a time such as 30s" };
  }
  return { url, subprotocol, cse: options.get("cse") ?? "cse-in", lasts };
}

import type { Config } from "../../config/schema.ts";
import type { Finding } from "./finding.ts";

/** Where a finding about the CSE names one of its keys. Names of hosts look alike. */
const KEY = /(?<![\w./:@-])cse\.(?:(id)(?:(?:,| and) cse\.name)?|(\w+))(?![\w-]|\.\w)/g;

/** What was found out about a peer as if it were the CSE, with the keys of its entry in the place of the CSE's. */
export function aboutPeer(peer: string, cse: Config["cse"], finding: Finding): Finding {
  const inEntry = (text: string): string =>
    text.replace(KEY, (whole, isId: string | undefined, key: string) => {
      if (isId !== undefined) return "the name of its entry in peers";
      return key in cse ? `peers.${peer}.${key}` : whole;
    });
  const { text, change } = finding;
  return { ...finding, peer, text: inEntry(text), change: change && inEntry(change) };
}

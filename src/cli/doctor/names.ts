import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { Clock } from "../../base/clock.ts";
import { isLoopback } from "../../config/addresses.ts";
import type { Config } from "../../config/schema.ts";
import { codeOf } from "./error-code.ts";
import { type Finding, fault, ok } from "./finding.ts";
import { tookSince, within } from "./patience.ts";
import type { Way } from "./way.ts";

/** The addresses of what is connected to first: of the proxy, which itself looks up the CSE, or of the CSE. */
export async function resolveFirst(
  way: Way,
): Promise<{ readonly finding: Finding; readonly addresses: readonly string[] }> {
  const { clock, first, namedBy, patience } = way;
  const what = way.through === undefined ? "" : "the proxy's name ";
  if (isIP(first.host) !== 0) {
    return {
      finding: ok("name", `${first.host} is an address, nothing has to be looked up`),
      addresses: [first.host],
    };
  }
  const start = clock.now();
  const { addresses, why } = await addressesOf(first.host, clock, patience);
  const took = tookSince(clock, start);
  return {
    finding:
      addresses.length > 0
        ? ok("name", `${what}${first.host} is ${addresses.join(", ")} (${took})`)
        : fault(
            "name",
            `${what}${first.host} cannot be resolved: ${why} (${took})`,
            `correct the host in ${namedBy}, or this machine's name servers${HINT[way.patienceKey]}`,
          ),
    addresses,
  };
}

/** Many networks that have a proxy resolve no names of the world outside. */
const HINT = {
  "cse.connectTimeout":
    "; in a network that goes out through an HTTP proxy only, name the proxy in proxy.url: it looks the name up itself",
  "proxy.timeout": "",
} as const;

/** Whether the CSE could find the way back to a front: its points of access begin with `http.advertise`. */
export async function checkAdvertised(config: Config, clock: Clock): Promise<Finding[]> {
  const { advertise } = config.http;
  if (advertise === undefined || config.cse.url === undefined) return [];
  const host = new URL(advertise).hostname.replace(/^\[|\]$/g, "");
  if (isLoopback(host) && !isLoopback(new URL(config.cse.url).hostname)) {
    const text = `${advertise} means this machine, but the CSE is on another one`;
    const change = "give http.advertise the URL under which the CSE reaches this gateway";
    return [fault("advertise", text, change)];
  }
  if (isIP(host) !== 0) return [ok("advertise", `the CSE is told ${advertise}, an address`)];
  const { addresses, why } = await addressesOf(host, clock, config.cse.connectTimeout);
  return [
    addresses.length > 0
      ? ok("advertise", `the CSE is told ${advertise}, which from here is ${addresses.join(", ")}`)
      : fault(
          "advertise",
          `the CSE is told ${advertise}, whose name cannot be resolved here: ${why}`,
          "correct http.advertise, or make the name known; the CSE must be able to resolve it",
        ),
  ];
}

async function addressesOf(
  host: string,
  clock: Clock,
  patience: Way["patience"],
): Promise<{ readonly addresses: readonly string[]; readonly why: string }> {
  try {
    const found = await within(clock, patience, lookup(host, { all: true }));
    const addresses = [...new Set(found?.map(({ address }) => address))];
    return { addresses, why: "the name servers do not answer" };
  } catch (error) {
    const code = codeOf(error);
    return { addresses: [], why: WORDS.get(code) ?? `the look-up failed (${code})` };
  }
}

const WORDS: ReadonlyMap<string, string> = new Map([
  ["ENOTFOUND", "no such name is known"],
  ["EAI_AGAIN", "no name server answers"],
]);

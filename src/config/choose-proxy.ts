import { isIP } from "node:net";
import { blockListOf, isLoopback, parseNetwork } from "./addresses.ts";

export interface ProxyRules {
  readonly url: string | undefined;
  readonly none: readonly string[];
  readonly environment: boolean;
}

/** A proxy as somebody wrote it, credentials and all: never to be shown. */
export interface NamedProxy {
  readonly text: string;
  /** `proxy.url`, or the variable. */
  readonly by: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where the environment names a proxy, by what is reached; the first that is set counts. */
const VARIABLES: ReadonlyMap<string, readonly string[]> = new Map([
  ["wss:", ["wss_proxy", "https_proxy", "all_proxy"]],
  ["ws:", ["ws_proxy", "https_proxy", "http_proxy", "all_proxy"]],
  ["https:", ["https_proxy", "all_proxy"]],
  ["http:", ["http_proxy", "all_proxy"]],
]);

/**
 * The proxy through which `target` is reached; undefined when it is reached directly.
 *
 * Our choice: `proxy.url` holds for loopback too, since whoever writes it means this one CSE; what the environment says
 * is meant for all programs, and for no target on this machine.
 */
export function chooseProxy(
  target: URL,
  { url, none, environment }: ProxyRules,
  variables: Environment,
): NamedProxy | undefined {
  if (isListed(target, none)) return undefined;
  if (url !== undefined) return { text: url, by: "proxy.url" };
  if (!environment || isLoopback(target.hostname)) return undefined;
  const exempt = namedBy("no_proxy", variables)?.text ?? "";
  if (isListed(target, exempt.split(/[\s,]+/))) return undefined;
  for (const name of VARIABLES.get(target.protocol) ?? []) {
    const named = namedBy(name, variables);
    if (named !== undefined) return named;
  }
  return undefined;
}

/** Lower case before upper case, even where it is empty, which is how a user takes back what the system has set. */
function namedBy(name: string, variables: Environment): NamedProxy | undefined {
  const by = variables[name] === undefined ? name.toUpperCase() : name;
  const text = variables[by]?.trim() ?? "";
  return text === "" ? undefined : { text, by };
}

const DEFAULT_PORTS: ReadonlyMap<string, string> = new Map([
  ["ws:", "80"],
  ["http:", "80"],
  ["wss:", "443"],
  ["https:", "443"],
]);
/** Host and port: an IPv6 address with a port, or without one, has brackets. */
const ENTRY = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/;

/** Whether an entry covers the target: `*`, a host and all below it, an address or a network, each but `*` with a port or without. */
function isListed({ hostname, port, protocol }: URL, entries: readonly string[]): boolean {
  const host = bare(hostname);
  const reached = port || DEFAULT_PORTS.get(protocol);
  return entries.some((entry) => {
    if (entry === "*") return true;
    // An IPv6 address or network without brackets is all colons, and has no port.
    const [, name = entry, only = reached] = ENTRY.exec(entry) ?? [];
    return only === reached && (isIP(host) === 0 ? isBelow(host, name) : isIn(host, name));
  });
}

/** Letter case, a dot at the end, and a dot or `*.` before a name mean nothing. */
function isBelow(host: string, name: string): boolean {
  const domain = bare(name).replace(/^\*?\./, "");
  return domain !== "" && (host === domain || host.endsWith(`.${domain}`));
}

function isIn(address: string, name: string): boolean {
  const network = parseNetwork(bare(name));
  return (
    network !== undefined &&
    blockListOf([network]).check(address, isIP(address) === 4 ? "ipv4" : "ipv6")
  );
}

const bare = (host: string): string => host.replace(/^\[|\]$|\.$/g, "").toLowerCase();

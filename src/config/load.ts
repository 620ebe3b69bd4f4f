import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { type Endpoint, formatEndpoint, isLoopback, isWebSocketUrl } from "./addresses.ts";
import { chooseProxy } from "./choose-proxy.ts";
import { type Key, keysByPath } from "./keys.ts";
import { readProxy } from "./proxy-server.ts";
import type { Config } from "./schema.ts";
import {
  type Fault,
  type Setting,
  type Source,
  settingsOfEnvironment,
  settingsOfFlags,
} from "./settings.ts";
import { settingsOfFile } from "./yaml-file.ts";

export interface ConfigSources {
  /** Path of the YAML file, if there is one. */
  readonly file?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Text by key path, without the dashes. */
  readonly flags?: ReadonlyMap<string, string> | undefined;
}

/**
 * Reads the configuration: flag over environment over file over default.
 *
 * Each source is checked whole, also where a stronger one overrides it, and all faults come together. What one key
 * asks of another is checked when every value for itself is right.
 */
export function loadConfig({
  file,
  env,
  flags = new Map(),
}: ConfigSources): { readonly config: Config } | { readonly faults: readonly Fault[] } {
  const keys = keysByPath();
  const sources: Source[] = [
    ...(file === undefined ? [] : [settingsOfFile(keys, file)]),
    settingsOfEnvironment(keys, env),
    settingsOfFlags(keys, flags),
  ];
  const faults = sources.flatMap((source) => source.faults);
  if (faults.length > 0) return { faults };

  const settings = new Map(sources.flatMap((source) => [...source.settings]));
  const values = valuesOf(keys, settings, env);
  const conflicts = conflictsOf(values, settings);
  const cseProxy = proxyOf(values, env);
  if (cseProxy !== undefined && "sentence" in cseProxy) {
    const { by, sentence } = cseProxy;
    // A variable is its own place.
    const where = settings.get(by)?.where;
    const key = where === undefined ? undefined : by;
    return { faults: [...conflicts, { where: where ?? by, key, sentence }] };
  }
  if (conflicts.length > 0) return { faults: conflicts };
  return { config: Object.freeze({ ...values, cseProxy }) };
}

/** What the keys say; the proxy is found out from that. */
type Values = Omit<Config, "cseProxy">;

/** `front` has a CSE behind it, `bridge` dials its CSE over WebSocket; `standalone` answers registrations itself. */
export type Deployment = "standalone" | "front" | "bridge";

export function deploymentOf({ cse: { url } }: Config): Deployment {
  if (url === undefined) return "standalone";
  return isWebSocketUrl(url) ? "bridge" : "front";
}

function valuesOf(
  keys: ReadonlyMap<string, Key>,
  settings: ReadonlyMap<string, Setting>,
  env: ConfigSources["env"],
): Values {
  const groups = new Map<string, Map<string, unknown>>();
  for (const [path, { reader }] of keys) {
    const [group = "", name] = path.split(".");
    if (name === undefined) continue;
    const members = groups.get(group) ?? new Map<string, unknown>();
    groups.set(
      group,
      members.set(name, frozen(settings.get(path)?.value ?? reader.defaultValue())),
    );
  }
  const stateDir = settings.get("stateDir")?.value as string | undefined;
  // Every leaf was read by the reader of its own schema, of which Config is the static type.
  return {
    ...Object.fromEntries(
      [...groups].map(([name, members]) => [name, Object.freeze(Object.fromEntries(members))]),
    ),
    peers: settings.get("peers")?.value ?? new Map(),
    stateDir: resolve(
      stateDir ?? join(defaultStateDir(env), folderFor(groups.get("cse")?.get("url"))),
    ),
  } as Values;
}

/** The proxy on the way to the CSE, if there is one, or what is wrong with it. */
function proxyOf(
  { cse, proxy }: Values,
  env: ConfigSources["env"],
): ReturnType<typeof readProxy> | undefined {
  const named = cse.url === undefined ? undefined : chooseProxy(new URL(cse.url), proxy, env);
  return named && readProxy(named, proxy);
}

const frozen = (value: unknown): unknown => (Array.isArray(value) ? Object.freeze(value) : value);

const ANY_ADDRESS = new Set(["0.0.0.0", "::"]);

function portOf(url: string): number {
  const { port, protocol } = new URL(url);
  return Number(port || (protocol === "https:" || protocol === "wss:" ? 443 : 80));
}

/** Where a user's programs keep their state: XDG Base Directory, or Windows' own. */
function defaultStateDir(env: ConfigSources["env"]): string {
  const named = env["XDG_STATE_HOME"] || (process.platform === "win32" && env["LOCALAPPDATA"]);
  return resolve(named || join(env["HOME"] || homedir(), ".local", "state"), "m2mgw");
}

/** Registrations belong to one CSE, so each that the gateway ever stands for has a folder of its own. */
function folderFor(url: unknown): string {
  if (typeof url !== "string") return "standalone";
  return `${isWebSocketUrl(url) ? "bridge" : "front"}-${new URL(url).host.replaceAll(":", "-")}`;
}

const LISTENERS = ["http", "ws", "admin"] as const;

/** What is wrong between keys that are each right for themselves. */
function conflictsOf(config: Values, settings: ReadonlyMap<string, Setting>): Fault[] {
  const faults: Fault[] = [];
  const blame = (key: string, because: readonly string[], sentence: string): void => {
    const where = because.map((path) => settings.get(path)?.where).find((at) => at !== undefined);
    faults.push({ where: where ?? "configuration", key, sentence });
  };
  for (const face of LISTENERS) {
    const { listen, insecure } = config[face];
    if (isLoopback(listen.host) || insecure) continue;
    blame(
      `${face}.listen`,
      [`${face}.listen`],
      `${formatEndpoint(listen)} is not on loopback, and this version does not offer TLS yet; ${face}.insecure: true allows it, then everything travels in the clear and no peer is authenticated`,
    );
  }
  for (const face of ["http", "ws"] as const) {
    if (!sameEndpoint(config.admin.listen, config[face].listen)) continue;
    const where = ["admin.listen", `${face}.listen`];
    blame("admin.listen", where, `must not be the same as ${face}.listen`);
  }
  const { id, spId, url } = config.cse;
  for (const peer of config.peers.keys()) {
    const own = [id, `//${spId}`, `//${spId}${id}`];
    if (own.includes(peer)) blame("peers", ["peers"], `${peer} is this gateway's own CSE`);
  }
  for (const face of LISTENERS) {
    const { host, port } = config[face].listen;
    if (url === undefined || portOf(url) !== port || port === 0) continue;
    if (!isLoopback(new URL(url).hostname) || !(isLoopback(host) || ANY_ADDRESS.has(host)))
      continue;
    blame(
      "cse.url",
      ["cse.url", `${face}.listen`],
      `is this gateway's own ${face}.listen; give the CSE's URL`,
    );
  }
  // Over WebSocket the CSE reaches this gateway on the connection that the gateway opens.
  if (
    url !== undefined &&
    !isWebSocketUrl(url) &&
    config.http.advertise === undefined &&
    !isLoopback(new URL(url).hostname)
  ) {
    blame(
      "http.advertise",
      ["cse.url"],
      `is required because cse.url (${new URL(url).host}) is not on loopback: give the URL under which that CSE reaches this gateway`,
    );
  }
  return faults;
}

const sameEndpoint = (a: Endpoint, b: Endpoint): boolean =>
  a.port !== 0 && a.port === b.port && a.host === b.host;

import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { ProxyServer } from "../base/proxy.ts";
import { isLoopback, isWebSocketUrl, sameEndpoint } from "./addresses.ts";
import { readAdminToken } from "./admin-token.ts";
import { chooseProxy } from "./choose-proxy.ts";
import { hasPreSharedKeys, readProofs } from "./credentials.ts";
import { type Key, keysByPath } from "./keys.ts";
import { type PeerFault, readPeers } from "./peer-entries.ts";
import type { PeerEntry } from "./peers.ts";
import { readProxy } from "./proxy-server.ts";
import { CONFIG_SCHEMA, type Config, type Group, isGroup } from "./schema.ts";
import {
  describeFault,
  type Fault,
  type Setting,
  type Source,
  settingsOfEnvironment,
  settingsOfFlags,
} from "./settings.ts";
import { tlsFaultsOf } from "./tls-sources.ts";
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
  const { peers, faults: wrong } = readPeers(peerEntriesIn(settings), values.cse, keys);
  const found = [...conflictsOf(values, peers, settings), ...wrong.map(placedIn(settings))];
  const proxyTo = ({ url }: Config["cse"]): ProxyServer | undefined => {
    const proxy = proxyOf(url, values.proxy, env);
    if (proxy === undefined || !("sentence" in proxy)) return proxy;
    const { by, sentence } = proxy;
    // A variable is its own place.
    const where = settings.get(by)?.where;
    const fault = { where: where ?? by, key: where === undefined ? undefined : by, sentence };
    // It may be on the way to several CSEs.
    if (!found.some((other) => describeFault(other) === describeFault(fault))) found.push(fault);
    return undefined;
  };
  const proofs = readProofs(values.credentials);
  const token = readAdminToken(values.admin.tokenFile);
  for (const read of [proofs, token]) if ("faults" in read) found.push(...read.faults);
  if ("faults" in proofs || "faults" in token) return { faults: found };
  if (values.ws.tls.pskOnly && !hasPreSharedKeys({ proofs })) {
    const key = "ws.tls.pskOnly";
    const sentence =
      "is true, and credentials.file has no pre-shared key, so that nobody could connect: add an entry with `m2mgw credential --psk`";
    found.push(placedIn(settings)({ key, sentence }));
  }
  const config: Config = {
    ...values,
    proofs,
    adminToken: token.hash,
    origins: settings,
    cseProxy: proxyTo(values.cse),
    peers: new Map([...peers].map(([id, cse]) => [id, { cse, cseProxy: proxyTo(cse) }])),
  };
  return found.length > 0 ? { faults: found } : { config: Object.freeze(config) };
}

/** What the keys say; the rest is found out from that, and files that they name are read. */
type Values = Omit<Config, "adminToken" | "cseProxy" | "origins" | "peers" | "proofs">;

function peerEntriesIn(settings: ReadonlyMap<string, Setting>): ReadonlyMap<string, PeerEntry> {
  const { value = new Map() } = settings.get("peers") ?? {};
  // Read by the reader of `peers`.
  return value as ReadonlyMap<string, PeerEntry>;
}

/** A file tells where each member is. */
const placedIn =
  (settings: ReadonlyMap<string, Setting>) =>
  ({ key, sentence }: PeerFault): Fault => {
    const { where } = settings.get(key) ?? settings.get("peers") ?? { where: "configuration" };
    return { where, key, sentence };
  };

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
  const valueAt = (path: string): unknown =>
    frozen(settings.get(path)?.value ?? keys.get(path)?.reader.defaultValue());
  const stateDir = settings.get("stateDir")?.value as string | undefined;
  // Every leaf was read by the reader of its own schema, of which Config is the static type.
  return {
    ...valuesIn(CONFIG_SCHEMA, "", valueAt),
    stateDir: resolve(stateDir ?? join(defaultStateDir(env), folderFor(valueAt("cse.url")))),
  } as Values;
}

/** The values of a group, and of the groups in it. @param valueAt the path of a key */
function valuesIn(group: Group, prefix: string, valueAt: (path: string) => unknown): object {
  const members = Object.entries(group.properties).map(([name, member]) => {
    const path = `${prefix}${name}`;
    return [name, isGroup(member) ? valuesIn(member, `${path}.`, valueAt) : valueAt(path)];
  });
  return Object.freeze(Object.fromEntries(members));
}

/** The proxy on the way to a CSE, if there is one, or what is wrong with it. */
function proxyOf(
  url: string | undefined,
  proxy: Config["proxy"],
  env: ConfigSources["env"],
): ReturnType<typeof readProxy> | undefined {
  const named = url === undefined ? undefined : chooseProxy(new URL(url), proxy, env);
  return named && readProxy(named, proxy.credentialsFile);
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
function conflictsOf(
  config: Values,
  peers: ReadonlyMap<string, Config["cse"]>,
  settings: ReadonlyMap<string, Setting>,
): Fault[] {
  const faults: Fault[] = [];
  const blame = (key: string, because: readonly string[], sentence: string): void => {
    const where = because.map((path) => settings.get(path)?.where).find((at) => at !== undefined);
    faults.push({ where: where ?? "configuration", key, sentence });
  };
  for (const { key, sentence } of tlsFaultsOf(config, peers)) {
    const group = key.replace(/[^.]*$/, "");
    const near = [...settings.keys()].filter((path) => path.startsWith(group));
    const [top = ""] = key.split(".");
    blame(key, [key, ...near.filter((path) => path.startsWith(key)), ...near, top], sentence);
  }
  for (const face of ["http", "ws"] as const) {
    if (!sameEndpoint(config.admin.listen, config[face].listen)) continue;
    const where = ["admin.listen", `${face}.listen`];
    blame("admin.listen", where, `must not be the same as ${face}.listen`);
  }
  const { jwtAudience, jwtKeys } = config.credentials;
  if (jwtKeys !== undefined && jwtAudience === undefined) {
    const sentence =
      "is required with credentials.jwtKeys: without it, tokens for others are taken";
    blame("credentials.jwtAudience", ["credentials.jwtKeys"], sentence);
  }
  const { id, spId, url } = config.cse;
  for (const peer of peers.keys()) {
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

import { isDeepStrictEqual } from "node:util";
import type { Config } from "./schema.ts";
import { leavesByPath } from "./schema.ts";
import { hasTls } from "./tls-sources.ts";

/** Keys that a running gateway takes over, and groups of them. All others wait for the next start. */
export const LIVE_KEYS = [
  "http.poaNetworks",
  "http.poaCredentials",
  "http.tls",
  "ws.tls",
  "admin.tls",
  "admin.tokenFile",
  "ws.trustOrigin",
  "ws.trustedNetworks",
  "ws.hosts",
  "ws.origins",
  "credentials",
  "limits",
  "permissions",
  "log.level",
] as const;

/** The keys whose values differ, in the order of the schema. */
export interface ConfigChanges {
  readonly live: readonly string[];
  readonly restart: readonly string[];
}

/**
 * What has to change for `after` to hold where `before` does. A file that a key names and that holds something else now
 * has changed that key.
 */
export function changesBetween(before: Config, after: Config): ConfigChanges {
  const isLive = liveFrom(before, after);
  const changed = [...leavesByPath().keys()].filter(
    (path) => !isDeepStrictEqual(valueAt(before, path), valueAt(after, path)),
  );
  if (!isDeepStrictEqual(before.proofs, after.proofs) && !changed.some(isOfCredentials)) {
    changed.push("credentials.file");
  }
  if (before.adminToken !== after.adminToken && !changed.includes("admin.tokenFile")) {
    changed.push("admin.tokenFile");
  }
  return {
    live: changed.filter(isLive),
    restart: changed.filter((path) => !isLive(path)),
  };
}

/** `before` with what a running gateway can take over from `after`. */
export function takenOver(before: Config, after: Config): Config {
  const isLive = liveFrom(before, after);
  const { adminToken, proofs } = after;
  const origins = new Map([
    ...[...before.origins].filter(([path]) => !isLive(path)),
    ...[...after.origins].filter(([path]) => isLive(path)),
  ]);
  const values = merged(before, after, "", isLive) as Config;
  return Object.freeze({ ...values, adminToken, origins, proofs });
}

function merged(
  before: object,
  after: object,
  prefix: string,
  isLive: (path: string) => boolean,
): object {
  return Object.freeze(
    Object.fromEntries(
      Object.entries(before).map(([name, value]) => {
        const path = `${prefix}${name}`;
        const next: unknown = after[name as keyof typeof after];
        if (isLive(path)) return [name, next];
        const isGroup = LIVE_KEYS.some((key) => key.startsWith(`${path}.`));
        return [
          name,
          isGroup ? merged(value as object, next as object, `${path}.`, isLive) : value,
        ];
      }),
    ),
  );
}

/** Which keys can be taken over; not those of a face that gets or loses TLS, which is another listener then. */
function liveFrom(before: Config, after: Config): (path: string) => boolean {
  const others = (["http", "ws", "admin"] as const)
    .filter((face) => hasTls(before, face) !== hasTls(after, face))
    .map((face) => `${face}.tls`);
  const keys = LIVE_KEYS.filter((key) => !others.includes(key));
  return (path) => keys.some((key) => path === key || path.startsWith(`${key}.`));
}

const isOfCredentials = (path: string): boolean => path.startsWith("credentials.");

function valueAt(config: Config, path: string): unknown {
  // The proxy before them is not theirs, and a new one each time that it is read.
  if (path === "peers") return new Map([...config.peers].map(([id, { cse }]) => [id, cse]));
  let value: unknown = config;
  for (const name of path.split(".")) value = (value as Record<string, unknown>)[name];
  return value;
}

import { type Static, type TUnsafe, Type } from "@sinclair/typebox";
import { LOG_LEVELS } from "../base/log-levels.ts";
import type { ProxyServer } from "../base/proxy.ts";
import { CALLS } from "./calls.ts";
import { CREDENTIALS, type Proofs } from "./credentials.ts";
import { CSE } from "./cse.ts";
import { HOLD } from "./hold.ts";
import { Choice, Duration, OptionalText } from "./leaf.ts";
import { LIMITS } from "./limits.ts";
import { ADMIN, HTTP, WS } from "./listeners.ts";
import { XML } from "./namespaces.ts";
import { PEERS } from "./peers.ts";
import { PERMISSIONS } from "./permissions.ts";
import { PROXY } from "./proxy.ts";
import type { Setting } from "./settings.ts";

const REQUEST = Type.Object({
  ceiling: Duration({
    default: "8s",
    minimum: "10ms",
    maximum: "1h",
    description:
      "How long a registree's answer is waited for when the request names no expiration.",
  }),
  openMax: Duration({
    default: "10m",
    minimum: "10ms",
    maximum: "7d",
    description: "How long any exchange is kept open, whatever expiration it names.",
  }),
});

/** Every key: its type, default, range and one sentence. Values are described in the form they have in the file. */
export const CONFIG_SCHEMA = Type.Object({
  cse: CSE,
  http: HTTP,
  ws: WS,
  admin: ADMIN,
  credentials: CREDENTIALS,
  request: REQUEST,
  hold: HOLD,
  limits: LIMITS,
  proxy: PROXY,
  calls: CALLS,
  xml: XML,
  peers: PEERS,
  permissions: PERMISSIONS,
  stateDir: OptionalText({
    absent:
      "`m2mgw/standalone`, or `m2mgw/front-` or `m2mgw/bridge-` and the CSE's host and port, in the user's state directory",
    example: "/var/lib/m2mgw",
    pattern: "\\S",
    expects: "a path",
    description:
      "Folder for what survives a restart; `$XDG_STATE_HOME` or `~/.local/state`, on Windows `%LOCALAPPDATA%`, unless given.",
  }),
  log: Type.Object({
    level: Choice(LOG_LEVELS, {
      default: "info",
      description: "Least severe records that are logged.",
    }),
  }),
  shutdown: Type.Object({
    drain: Duration({
      default: "10s",
      minimum: "0s",
      maximum: "1h",
      description: "How long what is under way may take to finish when the gateway stops.",
    }),
  }),
});

type Values = Static<typeof CONFIG_SCHEMA>;

/** What the gateway runs with; durations in milliseconds, sizes in bytes, deeply frozen. */
export type Config = {
  readonly [G in Exclude<keyof Values, "stateDir" | "peers" | "permissions">]: Readonly<Values[G]>;
} & {
  /** Further CSEs by CSE-ID or M2M-SP-ID, each as if it were the CSE; without a URL where it opens the connection. */
  readonly peers: ReadonlyMap<string, Pick<Config, "cse" | "cseProxy">>;
  readonly permissions: Values["permissions"];
  /** Absolute. */
  readonly stateDir: string;
  /** Between the gateway and its CSE; undefined where the CSE is reached directly. */
  readonly cseProxy: ProxyServer | undefined;
  /** What the files of `credentials` hold. */
  readonly proofs: Proofs;
  /** SHA-256, in base64, of what `admin.tokenFile` holds. */
  readonly adminToken: string | undefined;
  /** Who has set what, by key path; a key that is not there has its default. */
  readonly origins: ReadonlyMap<string, Setting>;
};

/** A part of the schema that has keys, or groups of them, below it. */
export interface Group {
  readonly properties: Readonly<Record<string, TUnsafe<unknown> | Group>>;
}

export const isGroup = (member: TUnsafe<unknown> | Group): member is Group =>
  "properties" in member;

/** The leaves of a group by key path, `ws.maxMessage`, in the order of the schema. */
export function leavesByPath(
  group: Group = CONFIG_SCHEMA,
  prefix = "",
): ReadonlyMap<string, TUnsafe<unknown>> {
  return new Map(
    Object.entries(group.properties).flatMap(([name, member]) =>
      isGroup(member)
        ? [...leavesByPath(member, `${prefix}${name}.`)]
        : [[`${prefix}${name}`, member] as const],
    ),
  );
}

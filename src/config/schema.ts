import { type Static, type TUnsafe, Type } from "@sinclair/typebox";
import type { ProxyServer } from "../base/proxy.ts";
import { CALLS } from "./calls.ts";
import { CSE } from "./cse.ts";
import { HOLD } from "./hold.ts";
import { Choice, Duration, OptionalText } from "./leaf.ts";
import { ADMIN, HTTP, WS } from "./listeners.ts";
import { XML } from "./namespaces.ts";
import { PEERS } from "./peers.ts";
import { PROXY } from "./proxy.ts";

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
  request: REQUEST,
  hold: HOLD,
  proxy: PROXY,
  calls: CALLS,
  xml: XML,
  peers: PEERS,
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
    level: Choice(["trace", "debug", "info", "warn", "error", "silent"], {
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
  readonly [G in Exclude<keyof Values, "stateDir" | "peers">]: Readonly<Values[G]>;
} & {
  /** URLs by CSE-ID or M2M-SP-ID. */
  readonly peers: ReadonlyMap<string, string>;
  /** Absolute. */
  readonly stateDir: string;
  /** Between the gateway and its CSE; undefined where the CSE is reached directly. */
  readonly cseProxy: ProxyServer | undefined;
};

/** The leaves of the schema by key path, `ws.maxMessage`, in the order of the schema. */
export function leavesByPath(): ReadonlyMap<string, TUnsafe<unknown>> {
  const leaves = new Map<string, TUnsafe<unknown>>();
  for (const [name, member] of Object.entries(CONFIG_SCHEMA.properties)) {
    if (!("properties" in member)) {
      leaves.set(name, member);
      continue;
    }
    for (const [inner, leaf] of Object.entries<TUnsafe<unknown>>(member.properties)) {
      leaves.set(`${name}.${inner}`, leaf);
    }
  }
  return leaves;
}

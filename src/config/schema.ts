import { type Static, type TUnsafe, Type } from "@sinclair/typebox";
import { CALLS } from "./calls.ts";
import { HOLD } from "./hold.ts";
import { Choice, Choices, Count, Duration, NAME, OptionalText, OptionalUrl, Text } from "./leaf.ts";
import { ADMIN, HTTP, WS } from "./listeners.ts";
import { XML } from "./namespaces.ts";

const CSE = Type.Object({
  url: OptionalUrl({
    absent: "none: standalone",
    example: "http://127.0.0.1:8080",
    notYet: {
      pattern: "^wss?://",
      sentence:
        "dialling a CSE over WebSocket (the bridge) is not there yet; give its http:// or https:// URL",
    },
    description:
      "Base URL of the CSE behind the gateway. Without one the gateway runs standalone and answers registrations itself.",
  }),
  id: Text({
    default: "/id-in",
    pattern: `^/${NAME}$`,
    expects: "a CSE-ID in SP-relative form such as /id-in",
    description: "CSE-ID of the CSE the gateway stands for.",
  }),
  name: Text({
    default: "cse-in",
    pattern: `^${NAME}$`,
    expects: "a resource name such as cse-in",
    description: "Resource name of its CSEBase; `-` in an address stands for it.",
  }),
  spId: OptionalText({
    absent: "none",
    example: "example.org",
    pattern: "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$",
    expects: "a domain name in lower case without slashes, such as example.org",
    description:
      "M2M-SP-ID of its service provider, by which absolute addresses are known as its own.",
  }),
  originator: OptionalText({
    absent: "none",
    example: "CGateway",
    pattern: `^(//${NAME})?/?${NAME}(/${NAME})?$`,
    expects: "an AE-ID or CSE-ID such as CGateway or /id-in",
    description:
      "Originator the gateway uses when it has to ask or tell something itself; without it the features that need one are off.",
  }),
  serializations: Choices(["json", "xml", "cbor"], {
    default: ["json"],
    description:
      "What the CSE reads and writes, the best first; content in another serialization is transcoded on its way.",
  }),
  timeout: Duration({
    default: "20s",
    minimum: "10ms",
    maximum: "1h",
    description: "How long an answer of the CSE is waited for.",
  }),
  connections: Count({
    default: 64,
    minimum: 1,
    maximum: 10_000,
    description: "Open connections to the CSE at most.",
  }),
  maxInFlight: Count({
    default: 1024,
    minimum: 1,
    maximum: 1_000_000,
    description: "Requests that wait for the CSE at most; past it a request is refused with 5103.",
  }),
});

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
  calls: CALLS,
  xml: XML,
  stateDir: OptionalText({
    absent:
      "`m2mgw/standalone`, or `m2mgw/front-` and the CSE's host and port, in the user's state directory",
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
  readonly [G in Exclude<keyof Values, "stateDir">]: Readonly<Values[G]>;
} & {
  /** Absolute. */
  readonly stateDir: string;
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

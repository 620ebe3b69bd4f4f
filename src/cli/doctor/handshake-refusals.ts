import type { IncomingMessage } from "node:http";
import type { Config } from "../../config/schema.ts";
import { proofWanted } from "./proof-wanted.ts";
import type { Trouble } from "./tls-troubles.ts";
import type { Way } from "./way.ts";

const NGINX =
  'a reverse proxy before the registrar must pass the upgrade on; nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"';

/** Who may have answered a handshake with something else than 101, and what to change. */
export function refusalTrouble(answer: IncomingMessage, way: Way, config: Config): Trouble {
  const { through } = way;
  const status = answer.statusCode ?? 0;
  const { why, change } = REFUSALS.get(status) ?? classOf(status, answer);
  const proof = status === 401 || status === 403 ? proofWanted(way, config) : undefined;
  const { server } = answer.headers;
  const who = server === undefined ? "" : ` (Server: ${server.slice(0, 80)})`;
  const inTunnel = through === undefined ? "" : ", from behind the proxy";
  return {
    text: `the answer to the handshake is ${status} ${answer.statusMessage ?? ""}${who}${inTunnel}: ${why}`,
    change: proof === undefined ? change : `${change}; ${proof}`,
  };
}

interface Refusal {
  readonly why: string;
  readonly change: string;
}

const UNAVAILABLE: Refusal = {
  why: "a server before the registrar answers, and does not reach it",
  change:
    "have whoever runs the host in cse.url look whether the registrar runs, and whether it is where the server before it looks for it",
};

const REFUSALS: ReadonlyMap<number, Refusal> = new Map([
  [
    400,
    {
      why: "the registrar does not take this handshake; as a rule it speaks none of the subprotocols that are offered",
      change:
        "offer what it speaks in cse.subprotocols; ACME also wants cse.originator named (cse.handshakeOrigin)",
    },
  ],
  [
    401,
    {
      why: "credentials are wanted, and the gateway has neither password nor token to show a registrar",
      change: "let the registrar, or the server before it at cse.url, take a certificate instead",
    },
  ],
  [
    403,
    {
      why: "this gateway, its certificate, its address or its originator is not allowed there",
      change:
        "have it allowed there; cse.originator and cse.handshakeOrigin say whom the handshake names",
    },
  ],
  [
    404,
    {
      why: "no WebSocket is served at the path of cse.url",
      change:
        "correct the path in cse.url, which for TS-0020 is /; or the location in the reverse proxy before the registrar",
    },
  ],
  [
    407,
    {
      why: "a proxy that nobody has named stands between and wants credentials",
      change: "name it in proxy.url, with proxy.credentialsFile",
    },
  ],
  [
    421,
    {
      why: "the registrar does not serve this host",
      change:
        "use a host in cse.url that it serves; for an m2mgw there, add this one to its ws.hosts",
    },
  ],
  [
    426,
    { why: "the wish to upgrade got lost on the way, or its version is not taken", change: NGINX },
  ],
  [
    429,
    { why: "too many attempts came from here", change: "wait; and give cse.reconnectMax more" },
  ],
  [502, UNAVAILABLE],
  [
    503,
    {
      why: "the registrar, or a server before it, is full, stopping or down",
      change: "try again later; for an m2mgw there see its ws.maxConnections",
    },
  ],
  [504, UNAVAILABLE],
]);

function classOf(status: number, answer: IncomingMessage): Refusal {
  if (status >= 300 && status < 400) {
    const to = placeOf(answer.headers.location);
    return {
      why: `it is somewhere else${to === undefined ? "" : `, at ${to}`}; the gateway follows no redirect, and it may be a page to log in at this network`,
      change:
        "put the registrar's own WebSocket URL into cse.url; log this machine in if the network wants that",
    };
  }
  if (status >= 200 && status < 300) {
    return {
      why: "an ordinary HTTP server answers with a page, and no WebSocket is served there",
      change: `let cse.url name the registrar's WebSocket listener; ${NGINX}`,
    };
  }
  return {
    why: "what answers there takes no WebSocket",
    change: `check that cse.url leads to the registrar's WebSocket server; ${NGINX}`,
  };
}

/** Without what may be secret in it. */
function placeOf(location: string | undefined): string | undefined {
  if (location === undefined || !URL.canParse(location)) return undefined;
  const { origin, pathname } = new URL(location);
  return origin === "null" ? undefined : `${origin}${pathname}`.slice(0, 120);
}

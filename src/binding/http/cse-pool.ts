import type { Socket } from "node:net";
import { buildConnector, Pool } from "undici";
import type { ThroughProxy } from "../proxy/attempt.ts";
import type { SecuredBy } from "../tls/client.ts";
import { forwardProxyConnector, inAbsoluteForm, tunnelConnector } from "./cse-proxy.ts";

/** Header fields that undici writes by itself, in lower case. */
const OWN_FIELDS = /\r\n(host|connection|content-length|transfer-encoding): /g;
const SPELLED: Readonly<Record<string, string>> = {
  host: "Host",
  connection: "Connection",
  "content-length": "Content-Length",
  "transfer-encoding": "Transfer-Encoding",
};

/**
 * Bounded connections to the CSE, one request at a time on each, every header field in canonical spelling.
 *
 * Through a proxy an https: CSE is reached in a tunnel, and an http: one by requests in absolute-form, since few proxies
 * allow CONNECT to its port.
 *
 * @param connections at a time; more requests wait for their turn
 * @param secured for an https: CSE
 */
export function cseConnections(
  url: URL,
  connections: number,
  through: ThroughProxy | undefined,
  secured: SecuredBy,
): Pool {
  const open = (connector: buildConnector.connector): Pool =>
    new Pool(url.origin, { connections, pipelining: 1, connect: canonicalHeads(connector) });
  if (through === undefined) return open(directConnector(secured));
  if (url.protocol === "https:") return open(tunnelConnector(through, secured));
  return inAbsoluteForm(open(forwardProxyConnector(through)), url.origin, through.proxy);
}

/** One for each that comes of the files: undici resumes the sessions of its own only. */
function directConnector(secured: SecuredBy): buildConnector.connector {
  let options = secured();
  let connect = buildConnector(options);
  return (target, callback) => {
    const now = secured();
    if (now !== options) {
      options = now;
      connect = buildConnector(now);
    }
    connect(target, callback);
  };
}

/**
 * Connects as `connect` does, and has every header field go out in canonical spelling.
 *
 * oneM2M peers compare names by the letter. undici keeps the names it is given but not its own, and node:http, which
 * keeps all, halves the requests per second; so heads are spelled on their way into the socket.
 */
export function canonicalHeads(connect: buildConnector.connector): buildConnector.connector {
  return (options, callback) => {
    connect(options, (...result) => {
      const [, socket] = result;
      // undici leaves it out, whatever its types say, where there is an error.
      if (socket) spellHeads(socket);
      callback(...result);
    });
  };
}

/** undici writes heads as strings and bodies as bytes; a name stands behind a line's end, where no value reaches. */
function spellHeads(socket: Socket): void {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  socket.write = (chunk: unknown, ...rest: unknown[]): boolean =>
    write(
      typeof chunk === "string"
        ? chunk.replace(OWN_FIELDS, (_line, name: string) => `\r\n${SPELLED[name]}: `)
        : chunk,
      ...rest,
    );
}

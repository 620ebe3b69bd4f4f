import { type ClientRequestArgs, Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { Duplex } from "node:stream";
import type { ConnectionOptions } from "node:tls";
import type { ThroughProxy } from "./attempt.ts";
import { openTunnel } from "./tunnel.ts";

/**
 * The `agent` of a WebSocket client that reaches `target` (ws: or wss:) through a proxy; each connection is a new
 * tunnel, and a failure is a ProxyError.
 *
 * TLS with the target takes the options that the client was given, such as `ca`. `destroy` calls off what is under way.
 */
export function tunnelAgent(target: URL, through: ThroughProxy): HttpAgent {
  const secure = target.protocol === "wss:" || target.protocol === "https:";
  const agent = secure ? new HttpsAgent() : new HttpAgent();
  const leaving = new AbortController();
  const within = signalsOf(through.signal, leaving.signal);
  agent.createConnection = (asked: ClientRequestArgs & ConnectionOptions, created: Created) => {
    const { host, port, path: _path, socketPath: _socketPath, ...tls } = asked;
    const endpoint = { host: host ?? "", port: Number(port) };
    openTunnel(endpoint, secure ? { ...tls, host } : undefined, {
      ...through,
      signal: within,
    }).then(
      (socket) => created(null, socket),
      (error: Error) => created(error),
    );
    return undefined;
  };
  const destroy = agent.destroy.bind(agent);
  agent.destroy = () => {
    leaving.abort();
    destroy();
  };
  return agent;
}

/** There is no stream, whatever the types of Node say, where there is an error. */
type Created = (error: Error | null, stream?: Duplex) => void;

const signalsOf = (outer: AbortSignal | undefined, own: AbortSignal): AbortSignal =>
  outer === undefined ? own : AbortSignal.any([outer, own]);

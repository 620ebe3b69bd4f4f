import { isIP } from "node:net";
import type { buildConnector, Dispatcher, Pool } from "undici";
import { GatewayError } from "../../base/errors.ts";
import type { ProxyServer } from "../../base/proxy.ts";
import { attempt, type ThroughProxy } from "../proxy/attempt.ts";
import type { Endpoint } from "../proxy/proxy-error.ts";
import { openTunnel } from "../proxy/tunnel.ts";
import type { SecuredBy } from "../tls/client.ts";

/** Connects to an https: CSE in a tunnel, with TLS inside. Fails with GatewayError GW_CSE_UNREACHABLE. */
export const tunnelConnector = (
  through: ThroughProxy,
  secured: SecuredBy,
): buildConnector.connector =>
  connector((target) => {
    const { host } = target;
    const servername = isIP(host) === 0 ? host : "";
    const tls = { host, servername, ALPNProtocols: ["http/1.1"], ...secured() };
    return openTunnel(target, tls, through);
  });

/** Connects to the proxy itself, whatever shall be reached behind it. Fails with GatewayError GW_CSE_UNREACHABLE. */
export const forwardProxyConnector = (through: ThroughProxy): buildConnector.connector =>
  connector((target) => attempt(target, through, (running) => running.connect()));

/**
 * Has requests of `pool`, whose connections lead to the proxy, name the whole URL (RFC 9112, 3.2.2).
 *
 * Host stays that of the CSE. Not composed of undici's interceptors: behind these no answer keeps the spelling of its
 * header fields.
 */
export function inAbsoluteForm(pool: Pool, origin: string, { authorization }: ProxyServer): Pool {
  const dispatch = pool.dispatch.bind(pool);
  const credentials = authorization === undefined ? [] : ["Proxy-Authorization", authorization()];
  pool.dispatch = (options: Dispatcher.DispatchOptions, handler) => {
    // Whoever sends to the CSE has them as a flat list, which alone keeps spelling and order.
    const headers = [...(options.headers as readonly string[]), ...credentials];
    return dispatch({ ...options, path: origin + options.path, headers }, handler);
  };
  return pool;
}

/** A 407 is meant for this gateway and for nobody before it; nothing got to the CSE (RFC 9110, 15.5.8). */
export const refusedByProxy = (): GatewayError =>
  new GatewayError("GW_CSE_UNREACHABLE", {
    cause: new Error(
      "the proxy before it lets no request through (407): proxy.credentialsFile names none that it takes",
    ),
  });

/** Why the CSE was not reached, for a person; nothing for originators. */
export const whyUnreachable = (error: unknown): string | undefined =>
  error instanceof GatewayError && error.cause instanceof Error ? error.cause.message : undefined;

const connector =
  (open: (target: Endpoint) => ReturnType<typeof openTunnel>): buildConnector.connector =>
  ({ hostname, port, protocol }, callback) => {
    open({ host: hostname, port: Number(port || (protocol === "https:" ? 443 : 80)) }).then(
      (socket) => callback(null, socket),
      (cause: Error) => callback(new GatewayError("GW_CSE_UNREACHABLE", { cause }), null),
    );
  };

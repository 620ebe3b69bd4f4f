import type { Socket } from "node:net";
import type { ConnectionOptions } from "node:tls";
import { authorityOf } from "../../base/proxy.ts";
import { type Attempt, attempt, type ThroughProxy } from "./attempt.ts";
import { type ConnectAnswer, connectAnswerIn } from "./connect-answer.ts";
import type { Endpoint, ProxyError } from "./proxy-error.ts";

/**
 * A connection to `target` through a proxy, with CONNECT whatever is spoken in it (TS-0020, 6.6; RFC 9110, 9.3.6).
 *
 * Any 2xx opens it. Credentials go out once and only when the proxy has asked for them (RFC 9110, 11.7.2), on a new
 * connection: few proxies keep the first one.
 *
 * @param tls for TLS with the target, of which the proxy sees nothing; undefined for a plain connection. `servername`
 *   is the name in SNI, `host` what its certificate must be for
 * @throws ProxyError
 */
export function openTunnel(
  target: Endpoint,
  tls: ConnectionOptions | undefined,
  through: ThroughProxy,
): Promise<Socket> {
  return attempt(target, through, async (running) => {
    const socket = await connectVia(running, target, through.proxy.authorization);
    return tls === undefined ? socket : await running.secureTarget(socket, tls);
  });
}

async function connectVia(
  running: Attempt,
  target: Endpoint,
  credentials: (() => string) | undefined,
): Promise<Socket> {
  const first = await askOnce(running, target, undefined);
  if (isOpen(first.answer)) return first.socket;
  first.socket.destroy();
  const mayAskAgain = first.answer.status === 407 && first.answer.takesBasic;
  if (!mayAskAgain || credentials === undefined) {
    throw refusal(running, target, first.answer, credentials === undefined ? "none" : "unsent");
  }
  const second = await askOnce(running, target, credentials());
  if (isOpen(second.answer)) return second.socket;
  throw refusal(running, target, second.answer, "sent");
}

async function askOnce(
  running: Attempt,
  target: Endpoint,
  authorization: string | undefined,
): Promise<{ readonly socket: Socket; readonly answer: ConnectAnswer }> {
  const socket = await running.connect();
  const authority = authorityOf(target);
  const head = [
    `CONNECT ${authority} HTTP/1.1`,
    `Host: ${authority}`,
    ...(authorization === undefined ? [] : [`Proxy-Authorization: ${authorization}`]),
  ];
  const answer = await running.ask(socket, `${head.join("\r\n")}\r\n\r\n`, connectAnswerIn);
  return { socket, answer };
}

const isOpen = ({ status }: ConnectAnswer): boolean => status >= 200 && status < 300;

function refusal(
  running: Attempt,
  target: Endpoint,
  { status }: ConnectAnswer,
  credentials: keyof typeof UNAUTHORIZED,
): ProxyError {
  // tinyproxy says 401 of credentials that are wrong.
  if (status === 407 || (status === 401 && credentials === "sent")) {
    return running.failure("unauthorized", `${UNAUTHORIZED[credentials]} (${status})`);
  }
  if (status === 403) {
    const hint = target.port === 443 ? "" : "; many allow port 443 only";
    return running.failure("forbidden", `the proxy does not allow it (403)${hint}`);
  }
  return status >= 500
    ? running.failure("target-unreachable", `the proxy did not get there (${status})`)
    : running.failure("refused", `the proxy refused (${status})`);
}

const UNAUTHORIZED = {
  none: "the proxy asks for credentials, and proxy.credentialsFile names none",
  unsent: "the proxy asks for credentials in another scheme than Basic",
  sent: "the proxy did not accept the credentials",
} as const;

import type { IncomingMessage, ServerOptions } from "node:http";
import type { Socket } from "node:net";
import { GatewayError } from "../../base/errors.ts";
import { Rsc } from "../../base/response-status-code.ts";
import type { LimitValues } from "../../core/limits.ts";
import type { Observer } from "../../core/ports.ts";

/** What a server must know of the limits when it is made; the rest is the gatekeeper's, who can change it later. */
export function serverOptionsOf({ headTimeout }: Pick<LimitValues, "headTimeout">): ServerOptions {
  return {
    // How often node looks for heads that are late, every 30 s otherwise.
    connectionsCheckingInterval: Math.min(Math.max(Math.floor(headTimeout / 4), 10), 1_000),
  };
}

/**
 * Checks what node does not of the head of a request, whose size it has bounded.
 *
 * @param target as the client sent it
 * @throws GatewayError GW_HEAD_TOO_LARGE, GW_TARGET_TOO_LONG
 */
export function checkHead(
  { rawHeaders }: Pick<IncomingMessage, "rawHeaders">,
  target: string,
  { headerFields, targetSize }: Pick<LimitValues, "headerFields" | "targetSize">,
): void {
  if (rawHeaders.length > 2 * headerFields) {
    throw new GatewayError("GW_HEAD_TOO_LARGE", `more than ${headerFields} header fields`);
  }
  if (target.length > targetSize) {
    throw new GatewayError("GW_TARGET_TOO_LONG", `the limit is ${targetSize} bytes`);
  }
}

const UNREADABLE = {
  ERR_HTTP_REQUEST_TIMEOUT: {
    start: "408 Request Timeout",
    limit: "head-time",
    why: "the request did not come in time",
  },
  HPE_HEADER_OVERFLOW: {
    start: "431 Request Header Fields Too Large",
    limit: "head-size",
    why: "the request has larger header fields than this gateway takes",
  },
} as const;
const NOT_HTTP = {
  start: "400 Bad Request",
  limit: undefined,
  why: "the request is not readable HTTP",
} as const;

/** Answers what is no request, too large a head of one, or what does not come, and closes the connection. */
export function answerUnreadable(
  error: Error & { code?: string },
  socket: Socket,
  observer: Pick<Observer, "limitReached">,
): void {
  const { start, limit, why } = UNREADABLE[error.code as keyof typeof UNREADABLE] ?? NOT_HTTP;
  if (limit !== undefined) observer.limitReached(limit);
  if (error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  if (!socket.writable) {
    // An answer to what came before may still be leaving.
    socket.destroySoon();
    return;
  }
  const body = JSON.stringify({ "m2m:dbg": why });
  socket.once("finish", () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${start}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n` +
      `X-M2M-RSC: ${Rsc.BAD_REQUEST}\r\nX-M2M-RI: \r\nConnection: close\r\n\r\n${body}`,
  );
}

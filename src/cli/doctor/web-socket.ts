import type { IncomingMessage } from "node:http";
import { WebSocket } from "ws";
import { type Clock, later, millis } from "../../base/clock.ts";
import { tunnelAgent } from "../../binding/proxy/tunnel-agent.ts";
import type { Config } from "../../config/schema.ts";
import type { Way } from "./way.ts";

/** What became of a handshake. */
export type Handshake =
  | { readonly socket: WebSocket; readonly answer: IncomingMessage }
  /** Something else than 101 was answered. */
  | { readonly answer: IncomingMessage }
  /** `answer` is there when it was 101, but not a good one. */
  | { readonly error: Error; readonly answer: IncomingMessage | undefined };

/** One WebSocket to the registrar, asked for as the gateway does; nobody answers what comes on it. */
export function openWebSocket(
  { patience, through, tls, url }: Way,
  { cse, ws }: Config,
  originator: string | undefined,
): Promise<Handshake> {
  return new Promise((resolve) => {
    let upgraded: IncomingMessage | undefined;
    const socket = new WebSocket(url, [...cse.subprotocols], {
      ...tls.cse.secured(),
      agent: through && tunnelAgent(url, through),
      handshakeTimeout: patience,
      maxPayload: ws.maxMessage,
      perMessageDeflate: cse.deflate,
      headers: originator === undefined ? {} : { "X-M2M-Origin": originator },
    });
    socket.once("upgrade", (answer) => {
      upgraded = answer;
    });
    socket.once("unexpected-response", (request, answer) => {
      request.destroy();
      resolve({ answer });
    });
    socket.on("error", (error) => resolve({ error, answer: upgraded }));
    socket.once("open", () => {
      if (upgraded !== undefined) resolve({ socket, answer: upgraded });
    });
  });
}

/** Closes it, and waits a second for the other side to do so too. */
export async function closeWebSocket(socket: WebSocket, clock: Clock): Promise<void> {
  if (socket.readyState === socket.CLOSED) return;
  await new Promise<void>((resolve) => {
    const timer = clock.at(later(clock.now(), millis(1_000)), () => socket.terminate());
    socket.once("close", () => {
      timer.cancel();
      resolve();
    });
    socket.close(1000);
  });
}

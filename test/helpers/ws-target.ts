import { once } from "node:events";
import { createServer as createHttpServer, type IncomingMessage } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { onTestFinished } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import type { Certificate } from "./certificate.ts";

/** A WebSocket server that sends back what it gets. */
export interface WsTarget {
  readonly port: number;
  /** Handshakes that have reached it. */
  readonly handshakes: readonly IncomingMessage[];
  /** Names in SNI, `false` where there was none. */
  readonly serverNames: readonly (string | false | null)[];
}

/** Starts one on 127.0.0.1, over TLS with a certificate; stopped when the test ends. @param greeting what it sends at once */
export async function startWsTarget({
  tls,
  greeting,
}: {
  readonly tls?: Certificate;
  readonly greeting?: string;
} = {}): Promise<WsTarget> {
  const handshakes: IncomingMessage[] = [];
  const serverNames: (string | false | null)[] = [];
  const server =
    tls === undefined
      ? createHttpServer()
      : createHttpsServer({ key: tls.key, cert: tls.cert }).on(
          "secureConnection",
          (socket: TLSSocket) => serverNames.push(socket.servername ?? null),
        );
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", (socket: WebSocket, request) => {
    handshakes.push(request);
    socket.on("error", () => {});
    socket.on("message", (data) => socket.send(String(data)));
    if (greeting !== undefined) socket.send(greeting);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    for (const socket of sockets.clients) socket.terminate();
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });
  return { port: (server.address() as AddressInfo).port, handshakes, serverNames };
}

import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import { createServer, type TlsOptions } from "node:tls";
import { onTestFinished } from "vitest";

/** TLS before a server that has none. */
export interface TlsFront {
  readonly port: number;
  /** Common names of the certificates that clients have shown, in order; undefined where one has shown none. */
  readonly shown: readonly (string | undefined)[];
  /** Connections that did not come about. */
  readonly refused: readonly string[];
}

/** Starts one on 127.0.0.1 before that port of it, stopped when the test ends. */
export async function startTlsFront(behind: number, options: TlsOptions): Promise<TlsFront> {
  const shown: (string | undefined)[] = [];
  const refused: string[] = [];
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on("error", () => {}).on("close", () => sockets.delete(socket));
  };
  const server = createServer(options, (socket) => {
    // Node gives none, or an empty object, where there is none, whatever its types say.
    shown.push(socket.getPeerCertificate()?.subject?.CN as string | undefined);
    const inner = keep(connect(behind, "127.0.0.1"));
    keep(socket).pipe(inner).pipe(socket);
    socket.on("close", () => inner.destroy());
    inner.on("close", () => socket.destroy());
  });
  server.on("tlsClientError", (error) => refused.push(error.message));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((closed) => server.close(closed));
  });
  return { port: (server.address() as AddressInfo).port, shown, refused };
}

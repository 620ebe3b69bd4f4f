import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { WebSocketServer } from "ws";
import { type Coder, type Message, Registree } from "./fake-registree.ts";
import { freePort } from "./free-port.ts";

/** One connection that was opened to a FakeRegistrar; speaks like the registrar it belongs to. */
export interface Dialled {
  readonly handshake: IncomingMessage;
  readonly peer: Registree;
}

export interface RegistrarOptions {
  /** Without it one that stays free while it is stopped. */
  readonly port?: number;
  /** Chooses the subprotocol; the first that is offered by default. */
  readonly choose?: (offered: readonly string[]) => string | false;
  /** Answers a handshake with this status instead. */
  readonly refuses?: () => number | undefined;
  readonly answer?: (request: Message, dialled: Dialled) => Message | undefined;
  readonly coder?: Coder;
  readonly autoPong?: boolean;
  readonly deflate?: boolean;
}

export interface FakeRegistrar {
  readonly url: string;
  readonly port: number;
  /** All that were opened, in order. */
  readonly dialled: readonly Dialled[];
  /** Handshakes that were refused. */
  readonly refused: number;
  /** The next connection, in order; waits for it. */
  next(): Promise<Dialled>;
  stop(): Promise<void>;
}

/** Answers whatever comes: 2001 to a Create, with its content, 2000 to all else. */
export const obliging = ({ op, pc }: Message): Message =>
  op === 1 ? { rsc: 2001, rvi: "3", ...(pc && { pc }) } : { rsc: 2000, rvi: "3" };

/** A scripted registrar that listens for WebSockets on 127.0.0.1; stopped when the test ends. */
export async function startRegistrar({
  port,
  choose = ([first]) => first ?? false,
  refuses = () => undefined,
  answer = obliging,
  coder,
  autoPong = true,
  deflate = false,
}: RegistrarOptions = {}): Promise<FakeRegistrar> {
  const dialled: Dialled[] = [];
  const takers: (() => void)[] = [];
  let taken = 0;
  let refused = 0;
  const sockets = new WebSocketServer({
    noServer: true,
    autoPong,
    perMessageDeflate: deflate,
    handleProtocols: (offered) => choose([...offered]),
  });
  const server = createServer();
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => socket.destroy());
    const status = refuses();
    if (status !== undefined) {
      refused += 1;
      socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const one: Dialled = {
        handshake: request,
        peer: new Registree(webSocket, {
          answer: (message) => answer(message, one),
          ...(coder && { coder }),
        }),
      };
      dialled.push(one);
      for (const take of takers.splice(0)) take();
    });
  });
  const at = port ?? (await freePort());
  await new Promise<void>((resolve) => server.listen(at, "127.0.0.1", resolve));
  const stop = async (): Promise<void> => {
    for (const { peer } of dialled) peer.socket.terminate();
    await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(stop);
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `ws://127.0.0.1:${bound}`,
    port: bound,
    dialled,
    get refused() {
      return refused;
    },
    next: async () => {
      const at = taken;
      taken += 1;
      for (;;) {
        const one = dialled[at];
        if (one !== undefined) return one;
        await new Promise<void>((woken) => takers.push(woken));
      }
    },
    stop,
  };
}

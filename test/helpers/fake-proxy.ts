import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { onTestFinished } from "vitest";
import type { ProxyServer } from "../../src/base/proxy.ts";
import { type SecuredBy, securedWith } from "../../src/binding/tls/client.ts";
import type { Certificate } from "./certificate.ts";

/** One request to the proxy. */
export interface ProxyRequest {
  /** Start line and header fields, as they came. */
  readonly head: string;
  /** How many requests came before it. */
  readonly nth: number;
  readonly socket: Socket;
  /** What came behind the head in one piece with it. */
  readonly rest: Buffer;
}

export type ProxyScript = (request: ProxyRequest) => void;

export interface FakeProxy {
  readonly port: number;
  /** Heads of all requests, in order. */
  readonly heads: readonly string[];
  /** All that came behind the heads, of all connections. */
  after(): string;
  /** Connections that have been taken. */
  readonly connections: number;
  /** Resolves when as many requests as that have come. */
  asked(count: number): Promise<void>;
  /** Resolves when as many connections as that have been taken. */
  taken(count: number): Promise<void>;
  /** Resolves when none of its connections is open. */
  idle(): Promise<void>;
  /** As the gateway knows it. */
  server(more?: Partial<TrustedProxy>): TrustedProxy;
}

/** A proxy, and how TLS with it is secured. */
export interface TrustedProxy extends ProxyServer {
  readonly secured?: SecuredBy | undefined;
}

/** A proxy on 127.0.0.1 that does what the script says with each request, stopped when the test ends. */
export async function startProxy(
  script: ProxyScript,
  { tls }: { readonly tls?: Certificate } = {},
): Promise<FakeProxy> {
  const heads: string[] = [];
  const sockets = new Set<Socket>();
  let after = "";
  let connections = 0;
  let look: (() => void)[] = [];
  const changed = (): void => {
    const waiting = look;
    look = [];
    for (const each of waiting) each();
  };
  const until = async (is: () => boolean): Promise<void> => {
    while (!is()) await new Promise<void>((resolve) => look.push(resolve));
  };
  const take = (socket: Socket): void => {
    connections += 1;
    sockets.add(socket);
    changed();
    socket.on("error", () => {});
    socket.on("close", () => {
      sockets.delete(socket);
      changed();
    });
    let bytes = Buffer.alloc(0);
    const reading = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk]);
      const end = bytes.indexOf("\r\n\r\n");
      if (end < 0) return;
      socket.off("data", reading);
      const rest = bytes.subarray(end + 4);
      after += rest.toString("latin1");
      socket.on("data", (more: Buffer) => {
        after += more.toString("latin1");
      });
      const head = bytes.subarray(0, end).toString("latin1");
      heads.push(head);
      changed();
      script({ head, nth: heads.length - 1, socket, rest });
    };
    socket.on("data", reading);
  };
  const server =
    tls === undefined
      ? createServer(take)
      : createTlsServer({ key: tls.key, cert: tls.cert }, take);
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((closed) => server.close(closed));
  });
  return {
    port,
    heads,
    after: () => after,
    get connections() {
      return connections;
    },
    asked: (count) => until(() => heads.length >= count),
    taken: (count) => until(() => connections >= count),
    idle: () => until(() => sockets.size === 0),
    server: (more = {}) => ({
      protocol: tls === undefined ? "http:" : "https:",
      host: "127.0.0.1",
      port,
      authorization: undefined,
      secured: tls && (() => securedWith({ ca: [tls.cert], identity: undefined })),
      namedBy: "proxy.url",
      ...more,
    }),
  };
}

/** Answers one text after the other, of Latin-1, the last one again and again, and keeps the connections. */
export const answering =
  (...texts: readonly string[]): ProxyScript =>
  ({ nth, socket }) =>
    void socket.write(texts[nth] ?? texts.at(-1) ?? "", "latin1");

/** Opens a tunnel to a port of 127.0.0.1, whatever host was asked for. @param head the answer, whole */
export const tunnelling =
  (port: number, head = "HTTP/1.1 200 Connection established\r\n\r\n"): ProxyScript =>
  ({ socket }) => {
    const target = connect(port, "127.0.0.1", () => {
      socket.write(head);
      socket.pipe(target).pipe(socket);
    });
    target.on("error", () => socket.destroy());
    target.on("close", () => socket.destroy());
    socket.on("close", () => target.destroy());
  };

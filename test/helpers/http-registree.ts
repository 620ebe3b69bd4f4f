import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo, Server, Socket } from "node:net";
import { onTestFinished } from "vitest";
import { freePort } from "./free-port.ts";

/** A request as the registree got it. */
export interface Called {
  readonly method: string;
  /** Request-target as it was on the wire. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  /** Names and values with their spelling on the wire. */
  readonly rawHeaders: readonly string[];
  readonly bytes: Buffer;
}

export interface HttpRegistree {
  readonly url: string;
  readonly port: number;
  readonly requests: readonly Called[];
  /** Connections that were ever made to it. */
  readonly connections: number;
  /** Connections that are open. */
  readonly open: number;
  /** Replaces what it does with each request; without it each is answered with 2000. */
  answer(script: (request: Called, response: ServerResponse) => void): void;
  /** The next request that came, in order; waits for it. */
  next(): Promise<Called>;
  /** Listens no more, and breaks its connections. */
  stop(): Promise<void>;
}

/** Answers like a oneM2M entity. */
export function reply(
  request: Called,
  response: ServerResponse,
  { rsc = 2000, status = 200, body = "" } = {},
): void {
  response.writeHead(status, {
    "X-M2M-RSC": String(rsc),
    "X-M2M-RI": String(request.headers["x-m2m-ri"]),
    ...(body === "" ? {} : { "Content-Type": "application/json" }),
    "Content-Length": Buffer.byteLength(body),
  });
  response.end(body);
}

/**
 * A registree that listens over HTTP on 127.0.0.1; stopped when the test ends.
 *
 * @param at port; or a socket that listens already, elsewhere; without it a port that stays free while it is stopped
 */
export async function startHttpRegistree(at?: number | Server): Promise<HttpRegistree> {
  let script = (request: Called, response: ServerResponse): void => reply(request, response);
  const requests: Called[] = [];
  const taken = { count: 0 };
  const takers: (() => void)[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk);
    } catch {
      // Whoever asked has given it up half-way, or this one stops.
      return;
    }
    const { method = "", url: target = "", headers, rawHeaders } = request;
    const called = { method, target, headers, rawHeaders, bytes: Buffer.concat(chunks) };
    requests.push(called);
    for (const take of takers.splice(0)) take();
    script(called, response);
  });
  server.on("connection", (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  const place = typeof at === "object" ? at : { port: at ?? (await freePort()), host: "127.0.0.1" };
  await new Promise<void>((resolve) => server.listen(place, resolve));
  const stop = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  onTestFinished(stop);
  const { address, port } = server.address() as AddressInfo;
  return {
    url: `http://${address}:${port}`,
    port,
    requests,
    get connections() {
      return connections;
    },
    get open() {
      return sockets.size;
    },
    answer: (next) => {
      script = next;
    },
    next: async () => {
      const at = taken.count;
      taken.count += 1;
      while (requests[at] === undefined) await new Promise<void>((woken) => takers.push(woken));
      return requests[at];
    },
    stop,
  };
}

import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo, Server, Socket } from "node:net";
import { onTestFinished } from "vitest";

/** A request as the CSE got it. */
export interface CseRequest {
  readonly method: string;
  /** Request-target as it was on the wire. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  /** Names and values with their spelling on the wire. */
  readonly rawHeaders: readonly string[];
  readonly body: string;
  readonly bytes: Buffer;
}

export interface CseAnswer {
  readonly status?: number;
  readonly rsc?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object goes out as JSON, a string and bytes as they are. */
  readonly body?: unknown;
}

/** Gives the answer, or answers (or does not) through the response itself and gives undefined. */
export type CseScript = (
  request: CseRequest,
  response: ServerResponse,
) => CseAnswer | undefined | Promise<CseAnswer | undefined>;

export interface FakeCse {
  readonly url: string;
  readonly requests: readonly CseRequest[];
  /** Replaces the script. */
  answer(script: CseScript): void;
  stop(): Promise<void>;
}

/**
 * A scripted CSE over HTTP that records what it is asked; stopped when the test ends.
 *
 * Without a script it registers whoever asks (AE-ID = X-M2M-Origin, or CAE1 for "C", "S" and none) and answers 2000,
 * 2001, 2002 or 2004 with the content it got.
 *
 * @param at a socket that listens already; without one it is on 127.0.0.1
 */
export async function startCse(script: CseScript = defaultScript, at?: Server): Promise<FakeCse> {
  let current = script;
  const requests: CseRequest[] = [];
  const sockets = new Set<Socket>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk);
    } catch {
      // Whoever asked has given it up half-way.
      return;
    }
    const bytes = Buffer.concat(chunks);
    const received: CseRequest = {
      method: request.method ?? "",
      target: request.url ?? "",
      headers: request.headers,
      rawHeaders: request.rawHeaders,
      body: bytes.toString(),
      bytes,
    };
    requests.push(received);
    const answer = await current(received, response);
    if (answer !== undefined) write(response, received, answer);
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  const place = at ?? { port: 0, host: "127.0.0.1" };
  await new Promise<void>((resolve) => server.listen(place, resolve));
  const { address, port } = server.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(stop);
  return {
    url: `http://${address}:${port}`,
    requests,
    answer: (next) => {
      current = next;
    },
    stop,
  };
}

/** What the CSE of {@link startCse} does without a script. */
export function defaultScript(request: CseRequest): CseAnswer {
  const content = request.body === "" ? {} : JSON.parse(request.body);
  const [root = ""] = Object.keys(content);
  const created = request.headers["content-type"]?.includes("ty=") === true;
  switch (request.method) {
    case "GET":
      return { rsc: 2000, body: { "m2m:cb": { ty: 5 } } };
    case "PUT":
      return { rsc: 2004, body: content };
    case "DELETE":
      return { rsc: 2002 };
    default:
      if (!created) return { rsc: 2000 };
      if (root === "m2m:ae") {
        const origin = String(request.headers["x-m2m-origin"] ?? "");
        const aei = origin.length > 1 ? origin : "CAE1";
        return {
          rsc: 2001,
          body: {
            "m2m:ae": { rn: `ae-${aei}`, ...content[root], aei, ri: aei, ty: 2, pi: "id-in" },
          },
        };
      }
      if (root === "m2m:csr") {
        return { rsc: 2001, body: { "m2m:csr": { ...content[root], ri: "csr1", ty: 16 } } };
      }
      return { rsc: 2001, body: content };
  }
}

const STATUS: Readonly<Record<number, number>> = {
  2000: 200,
  2001: 201,
  2002: 200,
  2004: 200,
  1000: 202,
};

function write(response: ServerResponse, request: CseRequest, answer: CseAnswer): void {
  const { rsc, headers = {}, body } = answer;
  const raw = typeof body === "string" || body instanceof Uint8Array;
  const bytes = body === undefined ? Buffer.of() : Buffer.from(raw ? body : JSON.stringify(body));
  const status = answer.status ?? (rsc === undefined ? 200 : (STATUS[rsc] ?? 400));
  response.writeHead(status, {
    ...(bytes.length === 0 ? {} : { "Content-Type": "application/json" }),
    "X-M2M-RI": request.headers["x-m2m-ri"] ?? "",
    ...(rsc === undefined ? {} : { "X-M2M-RSC": String(rsc) }),
    "Content-Length": bytes.length,
    ...headers,
  });
  response.end(bytes);
}

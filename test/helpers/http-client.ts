import { type Agent, type IncomingHttpHeaders, request } from "node:http";
import type { Readable } from "node:stream";
import { onTestFinished } from "vitest";

export interface HttpCall {
  readonly method?: string;
  /** Request-target, sent as it is. */
  readonly target: string;
  /** Names go out in the spelling given here. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A text or bytes go out with Content-Length, a stream in chunks. */
  readonly body?: string | Uint8Array | Readable;
  /** Keeps connections; without one each call has a connection of its own. */
  readonly agent?: Agent;
  /** Gives the call up. */
  readonly signal?: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  /** Names and values in turn, with their spelling on the wire. */
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly body: string;
  /** X-M2M-RSC as a number; undefined without one. */
  readonly rsc: number | undefined;
}

/** One HTTP request to `base` such as `http://127.0.0.1:8088`; given up when the test ends, and nothing comes of it then. */
export function callHttp(base: string, call: HttpCall): Promise<HttpAnswer> {
  const { method = "GET", target, headers = {}, body, agent = false, signal } = call;
  const { hostname, port } = new URL(base);
  return new Promise((resolve, fail) => {
    let isOver = false;
    // Of a test that has failed nobody may wait for it any more, and the runner would tell of that besides.
    const reject = (error: unknown): void => {
      if (!isOver) fail(error);
    };
    const options = { hostname, port, method, path: target, headers, agent };
    const outgoing = request({ ...options, ...(signal && { signal }) });
    onTestFinished(() => {
      isOver = true;
      outgoing.destroy();
    });
    outgoing.on("error", reject);
    outgoing.on("response", async (response) => {
      try {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk);
        const bytes = Buffer.concat(chunks);
        const rsc = response.headers["x-m2m-rsc"];
        resolve({
          status: response.statusCode ?? 0,
          rawHeaders: response.rawHeaders,
          headers: response.headers,
          bytes,
          body: bytes.toString(),
          rsc: rsc === undefined ? undefined : Number(rsc),
        });
      } catch (error) {
        reject(error);
      }
    });
    if (body === undefined || typeof body === "string" || body instanceof Uint8Array) {
      outgoing.end(body);
    } else {
      body.on("error", reject).pipe(outgoing);
    }
  });
}

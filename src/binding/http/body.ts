import type { IncomingMessage } from "node:http";
import { GatewayError } from "../../base/errors.ts";

/**
 * Reads a request body whole.
 *
 * @param limit in bytes; what is beyond is read and thrown away, so that the answer can be heard
 * @throws GatewayError GW_CONTENT_TOO_LARGE, GW_REQUEST_INVALID when the client stops half-way
 */
export function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
      else reject(new GatewayError("GW_CONTENT_TOO_LARGE", `the limit is ${limit} bytes`));
    });
    request.on("end", () => {
      const [only] = chunks;
      resolve(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks));
    });
    // It may have been paused by somebody who only wanted to listen.
    request.resume();
    request.on("error", (cause) => {
      reject(new GatewayError("GW_REQUEST_INVALID", { detail: "the body ended early", cause }));
    });
  });
}

import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { type Clock, later, type Millis } from "../../base/clock.ts";
import { GatewayError } from "../../base/errors.ts";

/** Told of the bytes of a body as they come. */
export type Received = (bytes: number) => void;

export interface BodyLimits {
  readonly clock: Clock;
  /** In bytes; what is beyond is read and thrown away, so that the answer can be heard. */
  readonly limit: number;
  /** How long the whole may take to come. */
  readonly within: Millis;
  readonly received?: Received | undefined;
}

/**
 * Reads a request body whole.
 *
 * @throws GatewayError GW_CONTENT_TOO_LARGE, GW_TOO_SLOW, GW_REQUEST_INVALID when the client stops half-way
 */
export function readBody(
  request: IncomingMessage,
  { clock, limit, within, received }: BodyLimits,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const stalled = clock.at(later(clock.now(), within), () =>
      reject(new GatewayError("GW_TOO_SLOW", "its body")),
    );
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      received?.(chunk.length);
      if (size <= limit) chunks.push(chunk);
      else reject(new GatewayError("GW_CONTENT_TOO_LARGE", `the limit is ${limit} bytes`));
    });
    request.on("end", () => {
      stalled.cancel();
      const [only] = chunks;
      resolve(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks));
    });
    request.on("error", (cause) => {
      stalled.cancel();
      reject(new GatewayError("GW_REQUEST_INVALID", { detail: "the body ended early", cause }));
    });
    // It may have been paused by somebody who only wanted to listen.
    request.resume();
  });
}

/**
 * Refuses a body that is compressed: a few bytes could stand for any number, and TS-0009 knows no content coding.
 *
 * @throws GatewayError GW_CONTENT_CODING_UNSUPPORTED
 */
export function checkCoding({
  "content-encoding": coding = "identity",
}: IncomingHttpHeaders): void {
  if (coding.toLowerCase() !== "identity") throw new GatewayError("GW_CONTENT_CODING_UNSUPPORTED");
}

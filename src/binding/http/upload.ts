import type { IncomingMessage } from "node:http";
import { GatewayError } from "../../base/errors.ts";

/** A body of this size at most goes out in one write with its head: tinyIoT reads no further. */
const ONE_WRITE = 64 * 1024;

/** The body of a request that passes through: whole where it is small, else as it comes, its beginning read already. */
export type Upload = Buffer | AsyncIterable<Buffer> | null;

/**
 * Reads a body to its end, or until it is too large to be kept; no connection to the CSE need wait for that.
 *
 * @throws GatewayError GW_CONTENT_TOO_LARGE, here or while the rest is read; GW_REQUEST_INVALID when the client stops half-way
 */
export async function beginUpload(request: IncomingMessage, limit: number): Promise<Upload> {
  const { "content-length": length, "transfer-encoding": coding } = request.headers;
  if (length === undefined && coding === undefined) return null;
  if (Number(length ?? 0) > limit) throw tooLarge(limit);
  const chunks = bounded(request, limit);
  const first: Buffer[] = [];
  for (let size = 0; size <= ONE_WRITE; ) {
    const { value, done } = await chunks.next();
    if (done) return Buffer.concat(first);
    first.push(value);
    size += value.length;
  }
  return bothOf(first, chunks);
}

/**
 * A body as it comes, up to a limit. Not the request itself: undici ends that with the exchange, and its connection, on
 * which the answer has yet to go.
 */
async function* bounded(
  request: IncomingMessage,
  limit: number,
): AsyncGenerator<Buffer, undefined> {
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    if (size > limit) throw tooLarge(limit);
    yield chunk;
  }
}

async function* bothOf(
  first: readonly Buffer[],
  rest: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer, undefined> {
  yield* first;
  yield* rest;
}

const tooLarge = (limit: number): GatewayError =>
  new GatewayError("GW_CONTENT_TOO_LARGE", `the limit is ${limit} bytes`);

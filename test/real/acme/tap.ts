import { type CseRequest, startCse } from "../../helpers/fake-cse.ts";
import { callHttp, type HttpAnswer } from "../../helpers/http-client.ts";

/** One HTTP exchange as it went past: the answer, and what was asked. */
export interface TappedExchange extends HttpAnswer {
  readonly request: CseRequest;
}

/** Stands before an HTTP server, passes everything on and keeps it. */
export interface Tap {
  readonly url: string;
  /** What it stands before, such as `http://127.0.0.1:8080`; may be set when that is known. */
  target: string;
  /** Those that are over. */
  readonly exchanges: readonly TappedExchange[];
}

const OF_ONE_HOP = /^(connection|keep-alive|host|content-length|transfer-encoding)$/i;

/** Starts a tap, which ends with the test. */
export async function startTap(target = ""): Promise<Tap> {
  const exchanges: TappedExchange[] = [];
  const server = await startCse(async (request, response) => {
    const { method, target: path, rawHeaders, bytes: body } = request;
    const call = { method, target: path, headers: passedOn(rawHeaders) };
    try {
      const answer = await callHttp(tap.target, body.length > 0 ? { ...call, body } : call);
      exchanges.push({ request, ...answer });
      response.writeHead(answer.status, passedOn(answer.rawHeaders)).end(answer.bytes);
    } catch {
      // As whoever is behind it did: by a connection that breaks.
      response.destroy();
    }
    return undefined;
  });
  const tap = { url: server.url, target, exchanges };
  return tap;
}

function passedOn(rawHeaders: readonly string[]): Record<string, string> {
  const kept: Record<string, string> = {};
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? "";
    if (!OF_ONE_HOP.test(name)) kept[name] = rawHeaders[at + 1] ?? "";
  }
  return kept;
}

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { DeadLetter } from "../core/hold-store.ts";

/** What of the core the routes need. */
export interface DeadLetterRoutes {
  /** Those of a registree, named in any form of its ID; the oldest first. */
  list(registree: string): Iterable<DeadLetter>;
  /** Has one delivered after all; false when there is none. Rejects with GatewayError. */
  replay(registree: string, sequence: number): Promise<boolean>;
  /** Whether a host name means the machine itself. */
  isOwnHost(host: string): boolean;
}

interface Query {
  readonly registree?: string;
  readonly sequence?: string;
}

/**
 * What was not delivered, over HTTP: `GET /api/v1/dead-letters?registree=` lists it, without content, and
 * `POST /api/v1/dead-letters/replay?registree=&sequence=` holds one of it again.
 */
export function addDeadLetterRoutes(server: FastifyInstance, letters: DeadLetterRoutes): void {
  // On each route, since a path can be spelled in more than one way.
  const onRequest = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    if (comesFromAPage(request, letters)) {
      await problem(
        reply,
        403,
        "not for web pages, and not under another name than the machine's own",
      );
    }
  };
  server.get<{ Querystring: Query }>("/api/v1/dead-letters", { onRequest }, ({ query }, reply) => {
    const { registree } = query;
    if (registree === undefined) return problem(reply, 400, "registree is missing");
    return { deadLetters: Array.from(letters.list(registree), described) };
  });
  server.post<{ Querystring: Query }>(
    "/api/v1/dead-letters/replay",
    { onRequest },
    async ({ query }, reply) => {
      const { registree, sequence } = query;
      if (registree === undefined || sequence === undefined || !/^\d{1,15}$/.test(sequence)) {
        return problem(reply, 400, "registree or sequence is missing");
      }
      if (await letters.replay(registree, Number(sequence))) return { replayed: true };
      return problem(reply, 404, "there is no such dead letter");
    },
  );
}

/** Browsers on the machine reach the listener too, in the name of whatever page they show. */
function comesFromAPage(
  { headers }: FastifyRequest,
  { isOwnHost }: Pick<DeadLetterRoutes, "isOwnHost">,
): boolean {
  const { host = "", origin } = headers;
  const site = headers["sec-fetch-site"] ?? "none";
  // A name that an attacker's DNS turns into this machine's address.
  if (!isOwnHost(host.replace(/:\d+$/, ""))) return true;
  return (
    (origin !== undefined && origin !== `http://${host}`) ||
    !["same-origin", "none"].includes(`${site}`)
  );
}

/** Never with its content: that is for the registree alone. */
function described({ held, outcome, reason, at }: DeadLetter): object {
  const { sequence, request, arrived, expires, bytes } = held;
  return {
    sequence,
    operation: request.operation,
    to: request.to,
    originator: request.from,
    requestIdentifier: request.requestIdentifier,
    arrived: new Date(arrived).toISOString(),
    expires: new Date(expires).toISOString(),
    bytes,
    outcome,
    reason,
    at: new Date(at).toISOString(),
  };
}

/** RFC 9457. */
function problem(reply: FastifyReply, status: number, detail: string): FastifyReply {
  return reply
    .code(status)
    .type("application/problem+json")
    .send({ type: "about:blank", status, detail });
}

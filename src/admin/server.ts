import type { RequestListener, Server, ServerOptions } from "node:http";
import type { AddressInfo } from "node:net";
import { Ajv, type ValidateFunction } from "ajv";
import {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
} from "fastify";
import type { EpochMs } from "../base/clock.ts";
import { GatewayError } from "../base/errors.ts";
import { listenUrl } from "../base/listen-url.ts";
import { Rsc } from "../base/response-status-code.ts";
import type { Binding, ListenAddress } from "../core/ports.ts";
import { serveConsole } from "./console-files.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Guard } from "./guard.ts";
import { misreadOf } from "./misread.ts";
import { API_PREFIX, openApiOf } from "./open-api.ts";
import { Problem } from "./problem.ts";

export interface AdminOptions {
  readonly host: string;
  readonly port: number;
  /** Undefined where it listens in the clear. */
  readonly tls:
    | { createServer(options: ServerOptions, handler: RequestListener): Server }
    | undefined;
  readonly version: string;
  readonly metrics: { readonly contentType: string; text(): Promise<string> };
  /** Whether new work is welcome; what is said besides is for people. */
  readonly readiness: () => {
    readonly ready: boolean;
    /** New work is turned away, since the event loop is late. */
    readonly overloaded: boolean;
    readonly mode: string;
    readonly links: number;
    /** Whether primitives for registrees that are away can be stored. */
    readonly storing: boolean;
  };
  readonly guard: Guard;
  readonly endpoints: readonly Endpoint[];
  /** Told of errors that are nobody's fault but ours. */
  readonly warn: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** The admin listener: liveness, readiness and metrics for whoever reaches it, the API for whom its guard lets through. */
export class AdminServer implements Binding {
  readonly #options: AdminOptions;
  readonly #fastify: FastifyInstance;

  constructor(options: AdminOptions) {
    this.#options = options;
    const { tls } = options;
    this.#fastify = fastify({
      forceCloseConnections: true,
      schemaErrorFormatter: misreadOf,
      ...(tls && { serverFactory: (handler: RequestListener) => tls.createServer({}, handler) }),
    });
    this.#fastify.setValidatorCompiler(({ schema, httpPart }) =>
      compiledLate(httpPart === "body" ? AS_WRITTEN : IN_TEXT, schema),
    );
    this.#fastify.setErrorHandler((error, _request, reply) => this.#failed(error, reply));
    this.#fastify.setNotFoundHandler((_request, reply) =>
      answerProblem(reply, new Problem(404, "there is nothing here; /openapi.json says what is")),
    );
    this.#fastify.get("/livez", () => ({ live: true }));
    this.#fastify.get("/readyz", (_request, reply) => {
      const state = options.readiness();
      return reply.code(state.ready ? 200 : 503).send(state);
    });
    this.#fastify.get("/metrics", async (_request, reply) => {
      reply.header("Content-Type", options.metrics.contentType);
      return await options.metrics.text();
    });
    serveConsole(this.#fastify);
    const document = openApiOf(options.endpoints, options.version);
    // On each route, since a path can be spelled in more than one way.
    const onRequest = async (request: FastifyRequest): Promise<void> => {
      options.guard.check(request);
    };
    this.#fastify.get("/openapi.json", { onRequest }, () => document);
    for (const endpoint of options.endpoints) this.#add(endpoint, onRequest);
  }

  async start(): Promise<ListenAddress> {
    const { host, port, tls } = this.#options;
    await this.#fastify.listen({ host, port });
    const bound = this.#fastify.server.address() as AddressInfo;
    return { url: listenUrl(tls === undefined ? "http" : "https", bound) };
  }

  async stop(_deadline: EpochMs): Promise<void> {
    await this.#fastify.close();
  }

  #add(endpoint: Endpoint, onRequest: (request: FastifyRequest) => Promise<void>): void {
    const { method, route, path, query, body, status, serve } = endpoint;
    this.#fastify.route({
      method,
      url: `${API_PREFIX}${route.replaceAll(/\{(\w+)\}/g, ":$1")}`,
      exposeHeadRoute: endpoint.mediaType === "application/json",
      onRequest,
      schema: {
        params: path,
        querystring: { ...query, additionalProperties: false },
        ...(body && { body: unnamed(body) }),
      },
      handler: async (request, reply) => {
        const { params, query, body } = request as Received;
        const answer = await serve({ path: params, query, body, reply });
        if (reply.sent) return reply;
        // What is shown here changes at any time.
        return reply.code(status).header("Cache-Control", "no-store").send(answer);
      },
    });
  }

  #failed(error: unknown, reply: FastifyReply): FastifyReply {
    const problem = problemOf(error);
    if (problem.status === 500) {
      this.#options.warn("a request of an operator failed", { error });
    }
    return answerProblem(reply, problem);
  }
}

// Names that nobody knows are mistakes, and are told.
const AS_WRITTEN = (): Ajv => new Ajv({ useDefaults: true, strict: false });
/** In a path or a query a number is a text. In a body nothing is taken for what it is not: null for false, say. */
const IN_TEXT = (): Ajv => new Ajv({ useDefaults: true, strict: false, coerceTypes: true });

/** Checks as ajv does. Compiled when it is first asked to: that is dear, and most are never asked by an operator. */
function compiledLate(ajv: () => Ajv, schema: object): Pick<ValidateFunction, "errors"> & Check {
  let validate: ValidateFunction | undefined;
  const check: Check & Pick<ValidateFunction, "errors"> = (data) => {
    validate ??= ajv().compile(schema);
    const fits = validate(data);
    check.errors = validate.errors ?? null;
    return fits;
  };
  return check;
}

type Check = (data: unknown) => boolean;

/** Checked against the schemas of its endpoint. */
type Received = FastifyRequest<{ Params: Named; Querystring: Named; Body: unknown }>;
type Named = Record<string, unknown>;

/** The name is for the document only; two routes may have schemas of one name. */
const unnamed = (schema: object): object =>
  Object.fromEntries(Object.entries(schema).filter(([name]) => name !== "$id"));

const answerProblem = (reply: FastifyReply, problem: Problem): FastifyReply => {
  if (problem.status === 401) reply.header("WWW-Authenticate", 'Bearer realm="m2mgw"');
  return reply.code(problem.status).type("application/problem+json").send(problem.body);
};

const STATUSES: ReadonlyMap<number, number> = new Map([
  [Rsc.BAD_REQUEST, 400],
  [Rsc.NOT_FOUND, 404],
  [Rsc.OPERATION_NOT_ALLOWED, 405],
  [Rsc.ORIGINATOR_NOT_AUTHENTICATED, 403],
  [Rsc.ORIGINATOR_HAS_NO_PRIVILEGE, 403],
  [Rsc.TARGET_NOT_REACHABLE, 503],
]);

function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof GatewayError) {
    return new Problem(STATUSES.get(error.rsc) ?? 500, error.message, error.code);
  }
  const { statusCode = 500, message } = error as Partial<FastifyError>;
  if (statusCode >= 400 && statusCode < 500)
    return new Problem(statusCode, message ?? "no request");
  return new Problem(500, "the gateway failed on this request");
}

import type { AddressInfo } from "node:net";
import { type FastifyInstance, fastify } from "fastify";
import type { EpochMs } from "../base/clock.ts";
import type { Binding, ListenAddress } from "../core/ports.ts";
import { addDeadLetterRoutes, type DeadLetterRoutes } from "./dead-letters.ts";

export interface AdminOptions {
  readonly host: string;
  readonly port: number;
  readonly metrics: { readonly contentType: string; text(): Promise<string> };
  /** Whether new work is welcome; what is said besides is for people. */
  readonly readiness: () => {
    readonly ready: boolean;
    readonly mode: string;
    readonly links: number;
    /** Whether primitives for registrees that are away can be stored. */
    readonly storing: boolean;
  };
  /** Undefined where whoever reaches the listener is not trusted with them. */
  readonly deadLetters: DeadLetterRoutes | undefined;
}

/** The admin listener: liveness, readiness and metrics. */
export class AdminServer implements Binding {
  readonly #options: AdminOptions;
  readonly #fastify: FastifyInstance;

  constructor(options: AdminOptions) {
    this.#options = options;
    this.#fastify = fastify({ forceCloseConnections: true });
    this.#fastify.get("/livez", () => ({ live: true }));
    this.#fastify.get("/readyz", (_request, reply) => {
      const state = options.readiness();
      return reply.code(state.ready ? 200 : 503).send(state);
    });
    this.#fastify.get("/metrics", async (_request, reply) => {
      reply.header("Content-Type", options.metrics.contentType);
      return await options.metrics.text();
    });
    if (options.deadLetters !== undefined) addDeadLetterRoutes(this.#fastify, options.deadLetters);
  }

  async start(): Promise<ListenAddress> {
    const { host, port } = this.#options;
    await this.#fastify.listen({ host, port });
    const { address, family, port: bound } = this.#fastify.server.address() as AddressInfo;
    return { url: `http://${family === "IPv6" ? `[${address}]` : address}:${bound}` };
  }

  async stop(_deadline: EpochMs): Promise<void> {
    await this.#fastify.close();
  }
}

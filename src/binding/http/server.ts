import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import { type EpochMs, later, type Millis, millis } from "../../base/clock.ts";
import { GatewayError } from "../../base/errors.ts";
import { listenUrl } from "../../base/listen-url.ts";
import type { Meter } from "../../core/meter.ts";
import type { Binding, ListenAddress } from "../../core/ports.ts";
import type { Tracing } from "../../core/tracing.ts";
import { requestId } from "../../primitive/primitive.ts";
import { respondFailure } from "../../primitive/respond.ts";
import type { Gatekeeper } from "../limits/gatekeeper.ts";
import { answerUnreadable } from "../limits/head.ts";
import type { TlsListener } from "../tls/listener.ts";
import { Admission } from "./admission.ts";
import { bareServer } from "./bare-server.ts";
import { type HttpExchangeOptions, HttpExchanges } from "./exchanges.ts";
import { headerText } from "./header-fields.ts";
import { sentenceReadIn } from "./negotiation.ts";
import { ReplyWriter } from "./reply.ts";
import { ServerSpans } from "./server-spans.ts";
import { UnderWay } from "./under-way.ts";

export interface HttpServerOptions extends HttpExchangeOptions {
  readonly host: string;
  readonly port: number;
  /** Open connections at most, asked for each newcomer. */
  readonly maxConnections: () => number;
  readonly keeper: Gatekeeper;
  readonly meter: Meter;
  /** Say with X-M2MGW-Disposition what became of a request to a registree. */
  readonly disposition: boolean;
  /** Undefined where it listens in the clear. */
  readonly tls: TlsListener | undefined;
  readonly tracing?: Tracing | undefined;
}

/** How long an answer that was decided on may take to leave. */
const ANSWERING: Millis = millis(1_000);

/** The HTTP face: TS-0009 server for applications and for the CSE, and the CSE's front door. */
export class HttpServer implements Binding {
  readonly #options: HttpServerOptions;
  readonly #fastify: FastifyInstance;
  readonly #replies: ReplyWriter;
  readonly #underWay = new UnderWay();
  readonly #exchanges: HttpExchanges;
  readonly #spans: ServerSpans;
  #draining = false;

  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.#replies = new ReplyWriter(options);
    this.#spans = new ServerSpans(options.tracing, options.prefix);
    this.#exchanges = new HttpExchanges(options, {
      admission: new Admission({ ...options, underWay: this.#underWay }),
      replies: this.#replies,
      spans: this.#spans,
    });
    this.#fastify = bareServer({
      ...options,
      handle: (request, response, url, wrong) => this.#handle(request, response, url, wrong),
      unreadable: (error, socket) => {
        const answer = (): void => answerUnreadable(error, socket, options.observer);
        // Answers keep the order of what they answer (RFC 9112, 9.3.2).
        if (socket.destroyed) answer();
        else this.#underWay.endAfter(socket, answer);
      },
    });
    options.keeper.guard(this.#fastify.server, options.maxConnections);
  }

  /** For the WebSocket face on the same port. */
  get server(): Server {
    return this.#fastify.server;
  }

  async start(): Promise<ListenAddress> {
    const { host, port, tls } = this.#options;
    await this.#fastify.listen({ host, port });
    const bound = this.#fastify.server.address() as AddressInfo;
    return { url: listenUrl(tls === undefined ? "http" : "https", bound) };
  }

  async stop(deadline: EpochMs): Promise<void> {
    this.#draining = true;
    // It still listens, to tell newcomers that they are refused and for how long.
    await new Promise<void>((resolve) => {
      const timer = this.#options.clock.at(later(deadline, ANSWERING), resolve);
      void this.#underWay.idle().then(() => {
        timer.cancel();
        resolve();
      });
    });
    const closed = this.#fastify.close();
    this.#fastify.server.closeAllConnections();
    await closed;
  }

  /** @param wrong what was found wrong with the head before it came here */
  #handle(request: IncomingMessage, response: ServerResponse, url: string, wrong: unknown): void {
    if (!this.#underWay.add(request, response)) return;
    response.once("prefinish", () => this.#giveUpUnread(response));
    const trace = this.#spans.begin(request, response, url);
    const refused = this.#draining ? new GatewayError("GW_DRAINING") : this.#refusedFor(wrong);
    const served =
      refused === undefined
        ? this.#exchanges.serve(request, response, url, trace)
        : Promise.reject(refused);
    served.catch((error: unknown) => this.#fail(request, response, error));
  }

  /** The CSE may judge a head otherwise. */
  #refusedFor(wrong: unknown): unknown {
    return this.#options.passThrough === undefined ? wrong : undefined;
  }

  /** Ends a connection whose peer does not read the rest of an answer that is whole: it would stay in memory for ever. */
  #giveUpUnread(response: ServerResponse): void {
    // All of it has left already, as nearly always.
    if (response.socket === null || response.socket.writableLength === 0) return;
    const { clock, limits, observer } = this.#options;
    const timer = clock.at(later(clock.now(), limits.current.writeTimeout), () => {
      observer.limitReached("slow-reader");
      response.destroy();
    });
    response.once("close", () => timer.cancel());
  }

  #fail(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const { "x-m2m-ri": ri, "x-m2m-rvi": rvi } = request.headers;
    const failure = respondFailure(
      {
        requestIdentifier: requestId(headerText(ri)),
        releaseVersion: headerText(rvi) || undefined,
      },
      error,
    );
    if (failure.failure !== undefined) this.#options.observer.refused(failure.failure);
    this.#spans.answered(response, failure);
    // Bytes of a body that nobody read would be taken for the next request.
    if (!request.complete) response.shouldKeepAlive = false;
    this.#replies.write(response, failure, {
      operation: undefined,
      route: undefined,
      codec: this.#options.codecs[sentenceReadIn(request.headers) ?? "json"],
      emptyIsNull: false,
    });
    request.resume();
  }
}

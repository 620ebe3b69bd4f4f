import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { type Clock, type EpochMs, later, type Millis, millis } from "../../base/clock.ts";
import { ownAddressOf } from "../../base/peer-address.ts";
import type { Codecs } from "../../codec/codec.ts";
import type { Binding, LinkHost, ListenAddress, Observer } from "../../core/ports.ts";
import { firstDialect } from "../../dialect/dialect.ts";
import { Corks } from "./corks.ts";
import {
  type AcceptedHandshake,
  type HandshakeRules,
  NOT_UPGRADED,
  type RefusedHandshake,
  readHandshake,
  type UpgradeRequest,
} from "./handshake.ts";
import { type LinkLimits, type LinkOptions, WsLink } from "./link.ts";
import { isTrusted, type TrustRules } from "./trust.ts";

/** Connections that may wait to be accepted: after a network cut thousands of registrees return at once. */
const BACKLOG = 4096;

export interface WsServerOptions {
  readonly host: string;
  readonly port: number;
  /** The server of the HTTP face, when both share a port; this binding then listens nowhere itself. */
  readonly shared: Server | undefined;
  readonly handshake: HandshakeRules;
  readonly trust: TrustRules;
  readonly codecs: Codecs;
  readonly owesNulls: LinkOptions["owesNulls"];
  readonly lenient: boolean;
  readonly deflate: boolean;
  /** Bytes of one message, also after decompression. */
  readonly maxMessage: number;
  readonly maxConnections: number;
  readonly limits: LinkLimits;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly links: LinkHost;
}

/** Seconds after which a refused client may try again. */
const RETRY_AFTER = "5";
/** How long a closing handshake may take. */
const CLOSING: Millis = millis(1_000);

/** The WebSocket face: handshakes, limits, and each accepted socket handed to a link of its own. */
export class WsServer implements Binding {
  readonly #options: WsServerOptions;
  readonly #sockets: WebSocketServer;
  readonly #handshakes = new WeakMap<IncomingMessage, AcceptedHandshake>();
  readonly #links = new Set<WsLink>();
  readonly #corks = new Corks();
  readonly #server: Server;
  #opened = 0;
  #draining = false;
  #drained: (() => void) | undefined;

  constructor(options: WsServerOptions) {
    this.#options = options;
    this.#sockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: options.maxMessage,
      perMessageDeflate: options.deflate
        ? { serverNoContextTakeover: true, clientNoContextTakeover: true, threshold: 1024 }
        : false,
      handleProtocols: (_offered, request) =>
        this.#handshakes.get(request)?.subprotocolName ?? false,
    });
    this.#server = options.shared ?? createServer(answerPlainRequest);
    this.#server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
  }

  start(): Promise<ListenAddress> {
    const { host, port, shared } = this.#options;
    if (shared !== undefined) return Promise.resolve(this.#address());
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ host, port, backlog: BACKLOG }, () => {
        this.#server.off("error", reject);
        resolve(this.#address());
      });
    });
  }

  /** Refuses handshakes from now on, lets every link finish, and cuts what is left soon after `deadline`. */
  async stop(deadline: EpochMs): Promise<void> {
    this.#draining = true;
    for (const link of this.#links) link.close("shutdown");
    if (this.#links.size > 0) {
      const drained = new Promise<void>((resolve) => {
        this.#drained = resolve;
      });
      const timer = this.#options.clock.at(later(deadline, CLOSING), () => {
        for (const link of this.#links) link.terminate();
      });
      await drained;
      timer.cancel();
    }
    // Until now it listened, to tell newcomers that they are refused and for how long.
    if (this.#options.shared === undefined && this.#server.listening) {
      this.#server.close();
      this.#server.closeAllConnections();
    }
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // A client that resets the connection now must not take the process with it.
    socket.on("error", () => socket.destroy());
    const decision = this.#decide(request);
    this.#options.observer.handshake(decision.result);
    if (decision.result !== "accepted") {
      writeRefusal(socket, decision);
      return;
    }
    this.#handshakes.set(request, decision);
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const { clock, codecs, lenient, limits, links, observer, owesNulls, trust } = this.#options;
      this.#opened += 1;
      const link = new WsLink(webSocket, socket, {
        id: `l${this.#opened}`,
        codec: codecs[decision.subprotocol.serialization].forPeer(),
        owesNulls,
        dialect: firstDialect(decision.subprotocol),
        lenient,
        limits,
        corks: this.#corks,
        trusted: isTrusted(trust, request.socket.remoteAddress, request.headers),
        secured: "encrypted" in request.socket,
        peerAddress: ownAddressOf(request.socket.remoteAddress, request.headers),
        clock,
        observer,
        host: links,
      });
      this.#links.add(link);
      webSocket.once("close", () => this.#gone(link));
      observer.linkOpened(link, request.socket.remoteAddress ?? "");
      links.opened(link, decision.originator);
      if (this.#draining) link.close("shutdown");
    });
  }

  #decide(request: IncomingMessage): AcceptedHandshake | RefusedHandshake {
    if (this.#draining) {
      return full("draining", "the gateway is shutting down");
    }
    const decision = readHandshake(upgradeOf(request), this.#options.handshake);
    if (decision.result === "accepted" && this.#links.size >= this.#options.maxConnections) {
      return full("full", "the gateway has as many connections as it takes");
    }
    return decision;
  }

  #gone(link: WsLink): void {
    this.#links.delete(link);
    if (this.#links.size === 0) this.#drained?.();
  }

  #address(): ListenAddress {
    const { address, family, port } = this.#server.address() as AddressInfo;
    return { url: `ws://${family === "IPv6" ? `[${address}]` : address}:${port}` };
  }
}

function upgradeOf({
  method = "",
  url = "",
  httpVersion,
  headers,
}: IncomingMessage): UpgradeRequest {
  return { method, url, httpVersion, headers };
}

function full(result: "full" | "draining", sentence: string): RefusedHandshake {
  return { result, status: 503, sentence, headers: ["Retry-After", RETRY_AFTER] };
}

/** What a request without Upgrade gets at a port of its own: 426, which is no oneM2M answer and has no RSC. */
function answerPlainRequest(request: IncomingMessage, response: ServerResponse): void {
  const decision = readHandshake(upgradeOf(request), ANY);
  // What could be upgraded, node gives to the upgrade event; whatever else comes here cannot.
  const refused = decision.result === "accepted" ? NOT_UPGRADED : decision;
  response.writeHead(refused.status, headersOf(refused));
  response.end(refused.sentence);
}

const ANY: HandshakeRules = { hosts: [], origins: [], proV1: false };

function writeRefusal(socket: Duplex, refused: RefusedHandshake): void {
  const headers = headersOf(refused);
  if (!headers.includes("Connection")) headers.push("Connection", "close");
  const lines = [`HTTP/1.1 ${refused.status} ${STATUS_CODES[refused.status] ?? ""}`];
  for (let index = 0; index < headers.length; index += 2) {
    lines.push(`${headers[index]}: ${headers[index + 1]}`);
  }
  // A client that keeps its half open would hold the connection for ever.
  socket.once("finish", () => socket.destroy());
  socket.end(`${lines.join("\r\n")}\r\n\r\n${refused.sentence}`);
}

/** Flat list of names and values. */
function headersOf({ headers, sentence }: RefusedHandshake): string[] {
  return ["Content-Type", "text/plain", "Content-Length", String(sentence.length), ...headers];
}

import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { type Clock, type EpochMs, later, type Millis, millis } from "../../base/clock.ts";
import { listenUrl } from "../../base/listen-url.ts";
import { ownAddressOf } from "../../base/peer-address.ts";
import type { Codecs } from "../../codec/codec.ts";
import type { Credential, Shown } from "../../core/credential.ts";
import type { Limits } from "../../core/limits.ts";
import { type Meter, payerOf } from "../../core/meter.ts";
import type { Binding, LinkHost, ListenAddress, Observer } from "../../core/ports.ts";
import { firstDialect } from "../../dialect/dialect.ts";
import type { Gatekeeper } from "../limits/gatekeeper.ts";
import { answerUnreadable, serverOptionsOf } from "../limits/head.ts";
import type { TlsListener } from "../tls/listener.ts";
import { type AdmissionRules, type Admitted, admission, overloaded } from "./admission.ts";
import { Corks } from "./corks.ts";
import {
  type AcceptedHandshake,
  type HandshakeRules,
  type RefusedHandshake,
  readHandshake,
} from "./handshake.ts";
import { WsLink } from "./link.ts";
import type { LinkLimits, LinkOptions } from "./link-options.ts";
import { closeInSlices } from "./paced-closing.ts";
import { admit, pastLimit } from "./past-limit.ts";
import { answerPlainRequest, upgradeOf, writeRefusal } from "./refusal.ts";
import { isTrusted, type TrustRules } from "./trust.ts";

/** Connections that may wait to be accepted: after a network cut thousands of registrees return at once. */
const BACKLOG = 4096;

export interface WsServerOptions {
  readonly host: string;
  readonly port: number;
  /** The server of the HTTP face, when both share a port; this binding then listens nowhere itself. */
  readonly shared: Server | undefined;
  /** Undefined where it listens in the clear; that of the HTTP face when both share a port. */
  readonly tls: TlsListener | undefined;
  readonly rules: WsRules;
  readonly admission: AdmissionRules;
  /** What a client has proven by TLS. */
  readonly provenBy: (socket: Duplex) => Omit<Shown, "authorization">;
  readonly codecs: Codecs;
  readonly owesNulls: LinkOptions["owesNulls"];
  readonly lenient: boolean;
  readonly deflate: boolean;
  /** Bytes of one message, also after decompression. */
  readonly maxMessage: number;
  readonly maxConnections: number;
  readonly linkLimits: LinkLimits;
  readonly limits: Limits;
  readonly keeper: Gatekeeper;
  readonly meter: Meter;
  readonly traces: LinkOptions["traces"];
  readonly clock: Clock;
  readonly observer: Observer;
  readonly links: LinkHost;
}

/** Who may connect, and who is believed; may change while the server runs. */
export interface WsRules {
  readonly handshake: HandshakeRules;
  readonly trust: Omit<TrustRules, "credentialsKnown">;
}

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
  #rules: WsRules;
  #opened = 0;
  #draining = false;
  #drained: (() => void) | undefined;

  constructor(options: WsServerOptions) {
    this.#options = options;
    this.#rules = options.rules;
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
    this.#server = options.shared ?? this.#ownServer();
    // Beyond a number node would leave header fields out in silence, such as those that tell of a proxy.
    this.#server.maxHeadersCount = 0;
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

  /** Lets other rules hold: of handshakes for those that come from now on, of trust for every link. */
  configure(rules: WsRules): void {
    this.#rules = rules;
    for (const link of this.#links) link.trusted = this.#isTrusted(link.peerAddress);
  }

  /**
   * Refuses handshakes from now on, lets every link finish and closes it in its turn, and cuts what is left soon after
   * `deadline`.
   */
  async stop(deadline: EpochMs): Promise<void> {
    this.#draining = true;
    if (this.#links.size > 0) {
      const { clock } = this.#options;
      // The second half is for what is under way on those that are closed last.
      const within = millis(Math.max(0, deadline - clock.now()) / 2);
      const close = (link: WsLink): void => link.close("restart");
      const closing = closeInSlices(this.#links, close, { within, clock, random: Math.random });
      const drained = new Promise<void>((resolve) => {
        this.#drained = resolve;
      });
      const timer = clock.at(later(deadline, CLOSING), () => {
        closing.stop();
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

  #ownServer(): Server {
    const { keeper, limits, maxConnections, observer, tls } = this.#options;
    const options = serverOptionsOf(limits.current);
    const server =
      tls?.createServer(options, answerPlainRequest) ?? createServer(options, answerPlainRequest);
    server.on("clientError", (error: Error, socket: Duplex) => {
      answerUnreadable(error, socket as Socket, observer);
    });
    keeper.guard(server, () => maxConnections);
    return server;
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // A client that resets the connection now must not take the process with it.
    socket.on("error", () => socket.destroy());
    const decision = this.#decide(request);
    if (decision.result !== "accepted") {
      this.#refuse(socket, decision);
      return;
    }
    const { headers, socket: transport } = request;
    const { admission: rules, observer, provenBy } = this.#options;
    const address = ownAddressOf(transport.remoteAddress, headers);
    const newcomer = {
      shown: { ...provenBy(transport), authorization: headers.authorization },
      claimed: decision.originator,
      address,
      otherEnd: transport.remoteAddress,
      trusted: this.#isTrusted(address),
    };
    const open = (verdict: Admitted | RefusedHandshake): void => {
      if (verdict.result !== "admitted") this.#refuse(socket, verdict);
      else this.#open(request, socket, head, { ...newcomer, decision, ...verdict });
    };
    const verdict = admission(rules, newcomer);
    if (!(verdict instanceof Promise)) {
      open(verdict);
      return;
    }
    verdict
      // Meanwhile others came, or the gateway was stopped.
      .then((later) => open(later.result === "admitted" ? (this.#lackOfRoom() ?? later) : later))
      .catch((error: unknown) => {
        observer.warn("a handshake failed", { error });
        socket.destroy();
      });
  }

  #isTrusted(address: string | undefined): boolean {
    const credentialsKnown = this.#options.admission.authenticator.isConfigured;
    return isTrusted({ ...this.#rules.trust, credentialsKnown }, address);
  }

  #refuse(socket: Duplex, refused: RefusedHandshake): void {
    this.#options.observer.handshake(refused.result);
    writeRefusal(socket, refused);
  }

  #open(request: IncomingMessage, socket: Duplex, head: Buffer, accepted: Accepted): void {
    const { address, credential, decision, trusted } = accepted;
    this.#options.observer.handshake("accepted");
    this.#handshakes.set(request, decision);
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const { clock, codecs, keeper, lenient, limits, linkLimits, links, meter } = this.#options;
      const { observer, owesNulls, traces } = this.#options;
      const network = keeper.addressOf(request.socket);
      this.#opened += 1;
      const link = new WsLink(webSocket, socket, {
        id: `l${this.#opened}`,
        codec: codecs[decision.subprotocol.serialization].forPeer(),
        owesNulls,
        dialect: firstDialect(decision.subprotocol),
        lenient,
        limits: linkLimits,
        guard: {
          charge: (primitives, bytes) => {
            const payer = payerOf(link.credential, links.speakerOn(link), network);
            return payer === undefined ? millis(0) : meter.spend(payer, primitives, bytes);
          },
          writeTimeout: () => limits.current.writeTimeout,
          isOverloaded: () => keeper.isOverloaded,
          isKnown: () => links.speakerOn(link) !== undefined,
        },
        corks: this.#corks,
        traces,
        trusted,
        secured: "encrypted" in request.socket,
        credential,
        peerAddress: address,
        otherEnd: request.socket.remoteAddress,
        clock,
        observer,
        host: links,
      });
      this.#links.add(link);
      const expires = credential?.expires;
      // Our choice: who is let in until then is let in no longer on a connection that is open already.
      const expiry = expires && clock.at(expires, () => link.close("expired"));
      webSocket.once("close", () => {
        expiry?.cancel();
        this.#gone(link);
      });
      observer.linkOpened(link, request.socket.remoteAddress ?? "");
      links.opened(link, decision.originator);
      if (this.#draining) link.close("restart");
    });
  }

  #decide(request: IncomingMessage): AcceptedHandshake | RefusedHandshake {
    if (this.#draining) return DRAINING;
    const past = admit(request, this.#options);
    if (past !== undefined) return past;
    const decision = readHandshake(upgradeOf(request), this.#rules.handshake);
    return decision.result === "accepted" ? (this.#lackOfRoom() ?? decision) : decision;
  }

  #lackOfRoom(): RefusedHandshake | undefined {
    if (this.#draining) return DRAINING;
    if (this.#links.size < this.#options.maxConnections) return undefined;
    this.#options.observer.limitReached("connections");
    return pastLimit("connections");
  }

  #gone(link: WsLink): void {
    this.#links.delete(link);
    if (this.#links.size === 0) this.#drained?.();
  }

  #address(): ListenAddress {
    const bound = this.#server.address() as AddressInfo;
    return { url: listenUrl(this.#options.tls === undefined ? "ws" : "wss", bound) };
  }
}

const DRAINING = overloaded("draining", "the gateway is shutting down");

/** A handshake that succeeds, and who makes it. */
interface Accepted {
  readonly decision: AcceptedHandshake;
  readonly credential: Credential | undefined;
  readonly address: string | undefined;
  readonly trusted: boolean;
}

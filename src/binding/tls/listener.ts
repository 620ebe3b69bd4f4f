import { randomBytes } from "node:crypto";
import type { RequestListener, ServerOptions } from "node:http";
import { createServer, type Server } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { Clock, EpochMs, Millis } from "../../base/clock.ts";
import type { ListenerTls, TlsResult, TlsSource } from "../../base/tls.ts";
import { foremostNameIn, type Shown } from "../../core/credential.ts";
import type { Observer, Peer } from "../../core/ports.ts";
import { type Contexts, contextsOf } from "./contexts.ts";
import { certificateOf, hasWildcard } from "./peer.ts";
import { resultOfCertificate, resultOfError, unprovenIn } from "./results.ts";
import { TlsFiles } from "./tls-files.ts";

export interface TlsListenerOptions {
  readonly face: Peer["face"];
  readonly source: TlsSource<ListenerTls>;
  /** The key that goes with an identity (TS-0003, 8.2.2.1); asked where the source says that there are some. */
  readonly pskKeyOf: (identity: string) => Uint8Array | undefined;
  /** How long TLS may take to come about. */
  readonly handshakeTimeout: Millis;
  readonly clock: Clock;
  readonly observer: Observer;
}

/** What TLS has proven about a client; empty where it has proven nothing. */
export type TlsPeer = Omit<Shown, "authorization">;

/** Bytes of a key for an identity that nobody has. */
const KEY_LENGTH = 32;
const TICKET_KEYS_LENGTH = 48;

/** The TLS of a listener: its certificates by host, what it asks of clients, and what a client has proven. */
export class TlsListener {
  readonly #options: TlsListenerOptions;
  readonly #files: TlsFiles<ListenerTls, Contexts>;
  readonly #servers = new Set<Server>();
  /** The identity whose key was asked for last on a socket; whether that was the key that counts is seen later. */
  readonly #asked = new WeakMap<TLSSocket, string>();
  readonly #peers = new WeakMap<Duplex, TlsPeer>();
  /** Until the next list; a refusal of everybody is worth one line, not one for each. */
  #toldOfExpiredCrl = false;

  /** @throws Error with a sentence, when something is wrong with a file */
  constructor(options: TlsListenerOptions) {
    this.#options = options;
    const { clock, face, observer, source } = options;
    this.#files = new TlsFiles({
      party: face,
      source,
      make: contextsOf,
      changed: (contexts) => this.#use(contexts),
      clock,
      observer,
    });
  }

  /** A server whose sockets have all passed what this listener asks. Takes certificates that come later, too. */
  createServer(options: ServerOptions, handler: RequestListener): Server {
    const { first, tls } = this.#files.current;
    const server = createServer(
      {
        ...options,
        ...first,
        ...demandsOf(tls),
        handshakeTimeout: this.#options.handshakeTimeout,
        SNICallback: (host, done) => done(null, this.#files.current.contextFor(host)),
        pskCallback: (socket, identity) => this.#keyFor(socket, identity),
      },
      handler,
    );
    // Before those of Node, which would take the socket on.
    server.prependListener("secureConnection", (socket) => this.#established(socket));
    server.prependListener("tlsClientError", (error, socket) => this.#failed(error, socket));
    server.on("close", () => this.#servers.delete(server));
    this.#servers.add(server);
    return server;
  }

  /** What the client on a socket of this listener has proven. */
  peerOf(socket: Duplex): TlsPeer {
    return this.#peers.get(socket) ?? NOTHING_PROVEN;
  }

  /** When each certificate ends, in the order of the configuration. */
  get expiries(): readonly EpochMs[] {
    return this.#files.current.tls.identities.map(({ expires }) => expires);
  }

  /**
   * Reads all files again: new connections get what is in them, open ones stay as they are.
   *
   * @returns why nothing has changed, when something is wrong with a file
   */
  reload(): string | undefined {
    return this.#files.reload();
  }

  /** See `TlsFiles.prepare`. */
  prepare(source: TlsSource<ListenerTls>): () => void {
    return this.#files.prepare(source);
  }

  /** Looks at the files no more. */
  close(): void {
    this.#files.close();
  }

  #use({ first, tls }: Contexts): void {
    this.#toldOfExpiredCrl = false;
    for (const server of this.#servers) {
      // A handshake that has begun goes on with the old context: where keys come now, it must not pass a session for one.
      server.setTicketKeys(randomBytes(TICKET_KEYS_LENGTH));
      server.setSecureContext(first);
      // Node reads them for each connection.
      Object.assign(server, demandsOf(tls));
    }
  }

  #keyFor(socket: TLSSocket, identity: string): Uint8Array | null {
    if (!this.#files.current.tls.preSharedKeys) return null;
    this.#asked.set(socket, identity);
    // An unknown identity fails as a wrong key does, and takes as long: nobody learns which ones there are.
    const none = randomBytes(KEY_LENGTH);
    return this.#options.pskKeyOf(identity) ?? none;
  }

  #established(socket: TLSSocket): void {
    const { face, observer } = this.#options;
    const peer = this.#proven(socket);
    if (typeof peer === "string") {
      this.#refused(peer, socket);
      socket.destroy();
      return;
    }
    observer.tlsHandshake(face, "established");
    this.#peers.set(socket, peer);
  }

  /** What the client has proven, or why it is refused. */
  #proven(socket: TLSSocket): TlsPeer | TlsResult {
    const { clientCertificates } = this.#files.current.tls;
    const pskIdentity = this.#pskIdentityOf(socket);
    if (pskIdentity !== undefined) return { pskIdentity };
    if (clientCertificates === "none") return NOTHING_PROVEN;
    const certificate = certificateOf(socket);
    if (certificate === undefined) {
      return clientCertificates === "required" ? "no-certificate" : NOTHING_PROVEN;
    }
    if (!socket.authorized) return resultOfCertificate(String(socket.authorizationError));
    if (certificate === "unreadable" || hasWildcard(certificate)) return "bad-certificate";
    return { certificate };
  }

  /**
   * A key that was asked for need not be the one that counts: with another hash the client falls back on the
   * certificate, having proven nothing.
   */
  #pskIdentityOf(socket: TLSSocket): string | undefined {
    const isUsed =
      socket.getProtocol() === "TLSv1.3"
        ? // There are no sessions to resume where there are pre-shared keys, so it was one of these.
          socket.isSessionReused()
        : socket.getCipher().standardName.includes("_PSK_");
    return isUsed ? this.#asked.get(socket) : undefined;
  }

  #failed(error: NodeJS.ErrnoException, socket: TLSSocket): void {
    // Node closes a connection whose client certificate did not verify, and says why there only.
    const { authorizationError } = socket;
    const result = authorizationError
      ? resultOfCertificate(String(authorizationError))
      : resultOfError(error.code ?? "");
    this.#refused(result, socket);
    socket.destroy();
  }

  #refused(result: TlsResult, socket: TLSSocket): void {
    const { face, observer } = this.#options;
    observer.tlsHandshake(face, result);
    const shown = certificateOf(socket);
    const unproven = unprovenIn(result, {
      certificate: typeof shown === "object" ? foremostNameIn(shown) : undefined,
      psk: this.#asked.get(socket),
    });
    if (unproven !== undefined) {
      observer.accessRefused({ face, address: addressOf(socket), ...unproven });
    }
    if (result !== "crl-expired" || this.#toldOfExpiredCrl) return;
    this.#toldOfExpiredCrl = true;
    observer.warn("a revocation list has expired: its issuer's clients are refused", { face });
  }
}

const NOTHING_PROVEN: TlsPeer = {};

/** Where Node has closed a socket itself, only the connection below it still has the address. */
const addressOf = (socket: TLSSocket & { readonly _parent?: Socket }): string | undefined =>
  socket.remoteAddress ?? socket._parent?.remoteAddress;

const demandsOf = ({ clientCertificates }: ListenerTls) => ({
  requestCert: clientCertificates !== "none",
  // Under `optional` Node would refuse those that show none.
  rejectUnauthorized: clientCertificates === "required",
});

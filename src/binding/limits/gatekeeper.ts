import type { Server } from "node:http";
import type { Socket } from "node:net";
import { Server as TlsServer } from "node:tls";
import { networkOf } from "../../base/address-network.ts";
import { BucketTable } from "../../base/bucket-table.ts";
import { type Clock, later, type Millis, millis, type Timer } from "../../base/clock.ts";
import { Tally } from "../../base/tally.ts";
import { TokenBucket } from "../../base/token-bucket.ts";
import type { Limits } from "../../core/limits.ts";
import type { Load } from "../../core/load.ts";
import type { LimitName } from "../../core/measures.ts";
import type { Observer } from "../../core/ports.ts";

export interface GatekeeperOptions {
  readonly limits: Limits;
  readonly load: Pick<Load, "isOverloaded">;
  readonly clock: Clock;
  readonly observer: Pick<Observer, "limitReached">;
}

/** The limits that turn a connection away, or what is asked on it. */
export type PastWhenAsking = Extract<
  LimitName,
  "connections" | "connections-per-address" | "handshakes" | "handshakes-per-address" | "event-loop"
>;

/** Connections past a limit that are kept to be told so; more are cut without a word. */
const TOLD = 64;
/** How long such a one may take to ask. */
const TELLING: Millis = millis(2_000);
/** Addresses whose handshakes are counted. */
const ADDRESSES = 20_000;

/**
 * Lets connections in, at all faces together: so many of one address, so many of each face, and so many handshakes.
 *
 * A newcomer is told that it is one too many, as long as few are; with TLS it is cut, since telling it would cost the
 * handshake that is being saved.
 */
export class Gatekeeper {
  readonly #options: GatekeeperOptions;
  readonly #servers = new Set<Server>();
  readonly #perAddress = new Tally();
  readonly #handshakes: TokenBucket;
  readonly #handshakesPerAddress = new BucketTable(ADDRESSES);
  /** By connection: the look-up costs more than all else that is done to a small request. */
  readonly #addresses = new WeakMap<object, string | null>();
  /** What the connections are past that are kept to be told. */
  readonly #refused = new WeakMap<object, PastWhenAsking>();
  #told = 0;

  constructor(options: GatekeeperOptions) {
    this.#options = options;
    this.#handshakes = new TokenBucket(options.clock.now());
  }

  /** Stands before a server, which is not to listen yet. @param most connections, asked for each newcomer */
  guard(server: Server, most: () => number): void {
    const isTls = server instanceof TlsServer;
    let open = 0;
    this.#servers.add(server);
    this.#apply(server);
    // Before the listeners of node, which begin to read.
    server.prependListener("connection", (socket: Socket) => {
      const address = this.addressOf(socket);
      const past = open >= most() ? "connections" : this.#pastOf(address, isTls);
      if (past !== undefined) {
        this.#turnAway(socket, past, isTls);
        return;
      }
      open += 1;
      if (address !== undefined) this.#perAddress.add(address);
      socket.once("close", () => {
        open -= 1;
        if (address !== undefined) this.#perAddress.remove(address);
      });
    });
    if (isTls) this.#hurry(server);
  }

  /** Applies changed limits to the servers; connections that are open stay. */
  configure(): void {
    for (const server of this.#servers) this.#apply(server);
  }

  /** Whether new work is turned away since the event loop is late. */
  get isOverloaded(): boolean {
    return this.#options.load.isOverloaded;
  }

  /** Why nothing new is served on a connection, if so. */
  refusalOf(socket: object): PastWhenAsking | undefined {
    return this.#refused.get(socket) ?? (this.isOverloaded ? "event-loop" : undefined);
  }

  /** Counts a handshake of `address`; what it is past, if so. @param address see `addressOf` */
  handshakeOf(address: string | undefined): PastWhenAsking | undefined {
    const { clock, limits } = this.#options;
    const { handshakes, handshakesPerAddress } = limits.current;
    const now = clock.now();
    const each = limits.rateOf(handshakesPerAddress);
    const own = address && this.#handshakesPerAddress.of(address, each, now);
    if (own && !own.take(1, each, now)) return "handshakes-per-address";
    return this.#handshakes.take(1, limits.rateOf(handshakes), now) ? undefined : "handshakes";
  }

  /** Whom the address of a connection stands for; undefined where it is exempt. */
  addressOf(socket: { readonly remoteAddress?: string | undefined }): string | undefined {
    const known = this.#addresses.get(socket);
    if (known !== undefined) return known ?? undefined;
    const address = this.#networkOf(socket.remoteAddress);
    this.#addresses.set(socket, address ?? null);
    return address;
  }

  #networkOf(remoteAddress: string | undefined): string | undefined {
    if (remoteAddress === undefined) return undefined;
    const network = networkOf(remoteAddress);
    const isExempt = this.#options.limits.current.isExempt(
      network.includes(":") ? remoteAddress : network,
    );
    return isExempt ? undefined : network;
  }

  #pastOf(address: string | undefined, isTls: boolean): PastWhenAsking | undefined {
    const { connectionsPerAddress } = this.#options.limits.current;
    if (address !== undefined && this.#perAddress.of(address) >= connectionsPerAddress) {
      return "connections-per-address";
    }
    return isTls ? this.handshakeOf(address) : undefined;
  }

  #turnAway(socket: Socket, past: PastWhenAsking, isTls: boolean): void {
    const { clock, observer } = this.#options;
    observer.limitReached(past);
    if (isTls || this.#told >= TOLD) {
      // Not at once: node is about to make its own of it.
      process.nextTick(() => socket.destroy());
      return;
    }
    this.#told += 1;
    this.#refused.set(socket, past);
    const timer = clock.at(later(clock.now(), TELLING), () => socket.destroy());
    socket.once("close", () => {
      this.#told -= 1;
      timer.cancel();
    });
  }

  /** Cuts TLS handshakes that take too long. */
  #hurry(server: Server): void {
    const { clock, limits, observer } = this.#options;
    const shaking = new Map<string, Timer>();
    const end = (key: string): void => {
      shaking.get(key)?.cancel();
      shaking.delete(key);
    };
    server.prependListener("connection", (socket: Socket) => {
      const key = keyOf(socket);
      const until = later(clock.now(), limits.current.tlsTimeout);
      const cut = (): void => {
        observer.limitReached("tls-time");
        socket.destroy();
      };
      shaking.set(key, clock.at(until, cut));
      socket.once("close", () => end(key));
    });
    // What node gives then is another object for the same connection.
    server.on("secureConnection", (socket: Socket) => end(keyOf(socket)));
  }

  #apply(server: Server): void {
    const { headSize, headTimeout, requestTimeout } = this.#options.limits.current;
    server.headersTimeout = headTimeout;
    // For the connections to come; node's types do not know it.
    Object.assign(server, { maxHeaderSize: headSize });
    server.requestTimeout = Math.max(requestTimeout, headTimeout);
  }
}

const keyOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

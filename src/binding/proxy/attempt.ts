import { connect, isIP, type Socket } from "node:net";
import { type ConnectionOptions, type TLSSocket, connect as tlsConnect } from "node:tls";
import { type Clock, later, type Millis } from "../../base/clock.ts";
import type { ProxyServer } from "../../base/proxy.ts";
import { CHECKED, type SecuredBy } from "../tls/client.ts";
import { type Endpoint, ProxyError, reasonOf, type Stage, UNFINISHED } from "./proxy-error.ts";

/** The way through a proxy. */
export interface ThroughProxy {
  readonly proxy: ProxyServer;
  /** How TLS with an https: proxy is secured; as Node does without it. */
  readonly secured?: SecuredBy | undefined;
  /** How long an attempt may take as a whole, from the look-up of the proxy's name until TLS with the target. */
  readonly timeout: Millis;
  readonly clock: Clock;
  /** Ends what is under way when the gateway stops. */
  readonly signal?: AbortSignal | undefined;
}

/** One attempt to get through a proxy: the connections it has opened, and how far it is. */
export class Attempt {
  readonly #between: { readonly proxy: ProxyServer; readonly target: Endpoint };
  readonly #secured: SecuredBy | undefined;
  readonly #opened: Socket[] = [];
  #stage: Stage = "connecting";
  #ended: ProxyError | undefined;

  constructor({ proxy, secured }: ThroughProxy, target: Endpoint) {
    this.#between = { proxy, target };
    this.#secured = secured;
  }

  /**
   * A new connection to the proxy, over TLS where its URL says so. Its name is looked up each time.
   *
   * @throws ProxyError
   */
  async connect(): Promise<Socket> {
    const { protocol, host, port } = this.#between.proxy;
    this.#stage = "connecting";
    const socket = this.#keep(connect({ host, port, noDelay: true }));
    await this.#when(socket, "connect");
    if (protocol === "http:") return socket;
    this.#stage = "securing";
    return await this.#secure(socket, {
      host,
      servername: isIP(host) === 0 ? host : "",
      ALPNProtocols: ["http/1.1"],
      ...CHECKED,
      ...this.#secured?.(),
    });
  }

  /** TLS with the target, inside the tunnel that `socket` is. @throws ProxyError */
  async secureTarget(socket: Socket, options: ConnectionOptions): Promise<TLSSocket> {
    this.#stage = "securing the target";
    return await this.#secure(socket, options);
  }

  /**
   * Sends `head` and reads on until `read` makes something of what has come, with the number of bytes that were it.
   * Those behind them stay in the socket. @throws ProxyError
   */
  async ask<T extends { readonly length: number }>(
    socket: Socket,
    head: string,
    read: (bytes: Buffer) => T | { readonly broken: string } | undefined,
  ): Promise<T> {
    this.#stage = "asking";
    socket.write(head);
    let bytes = Buffer.alloc(0);
    for (;;) {
      const chunk: Buffer | null = socket.read();
      if (chunk === null) {
        await this.#when(socket, "readable");
        continue;
      }
      bytes = Buffer.concat([bytes, chunk]);
      const answer = read(bytes);
      if (answer === undefined) continue;
      if ("broken" in answer) throw this.failure("not-http", answer.broken);
      if (bytes.length > answer.length) socket.unshift(bytes.subarray(answer.length));
      return answer;
    }
  }

  failure(result: ProxyError["result"], reason: string, cause?: unknown): ProxyError {
    return new ProxyError(result, this.#between, reason, cause);
  }

  /** Its time is over. */
  expire(timeout: Millis): void {
    this.end(this.failure("timeout", `${UNFINISHED[this.#stage]} within ${timeout / 1000} s`));
  }

  /** Closes all it has opened. @param error what whoever waits for it is told */
  end(error?: ProxyError): void {
    this.#ended ??= error;
    for (const socket of this.#opened.splice(0).reverse()) socket.destroy();
  }

  #keep<S extends Socket>(socket: S): S {
    // For as long as it lives: whoever gets it in the end may not listen yet when it breaks.
    socket.on("error", () => {});
    this.#opened.push(socket);
    return socket;
  }

  async #secure(socket: Socket, options: ConnectionOptions): Promise<TLSSocket> {
    const secured = this.#keep(tlsConnect({ ...options, socket }));
    await this.#when(secured, "secureConnect");
    return secured;
  }

  /** Resolves at `event`; rejects when the socket fails or closes before it. */
  async #when(socket: Socket, event: "connect" | "secureConnect" | "readable"): Promise<void> {
    const error = await new Promise<Error | undefined>((settle) => {
      const done = (failed?: Error): void => {
        socket.off(event, happened).off("error", done).off("close", closed);
        settle(failed);
      };
      const happened = (): void => done();
      const closed = (): void => done(new Error("closed"));
      socket.on(event, happened).on("error", done).on("close", closed);
      if (socket.destroyed) closed();
    });
    if (this.#ended !== undefined) throw this.#ended;
    if (error !== undefined) throw this.failure(...reasonOf(this.#stage, error), error);
  }
}

/** Runs an attempt within its time. Nothing that it has opened is left when it fails. @throws ProxyError */
export async function attempt<S extends Socket>(
  target: Endpoint,
  through: ThroughProxy,
  work: (running: Attempt) => Promise<S>,
): Promise<S> {
  const { timeout, clock, signal } = through;
  const running = new Attempt(through, target);
  const callOff = (): void => running.end(running.failure("called-off", "the gateway stops"));
  const timer = clock.at(later(clock.now(), timeout), () => running.expire(timeout));
  signal?.addEventListener("abort", callOff, { once: true });
  let reached = false;
  try {
    if (signal?.aborted === true) throw running.failure("called-off", "the gateway stops");
    const socket = await work(running);
    reached = true;
    return socket;
  } finally {
    if (!reached) running.end();
    timer.cancel();
    signal?.removeEventListener("abort", callOff);
  }
}

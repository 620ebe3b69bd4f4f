import { once } from "node:events";
import { onTestFinished } from "vitest";
import { type ClientOptions, WebSocket } from "ws";
import { type Clock, millis, SystemClock } from "../../src/base/clock.ts";
import { tunnelAgent } from "../../src/binding/proxy/tunnel-agent.ts";
import type { TrustedProxy } from "./fake-proxy.ts";

export interface ThroughOptions extends ClientOptions {
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
}

/** A WebSocket client that connects through a proxy, ended with the test; its first messages are not missed. */
export class ThroughClient {
  readonly socket: WebSocket;
  /** Resolves with the error that ended it before it was open, if one did. */
  readonly opened: Promise<Error | undefined>;
  readonly #messages: string[] = [];
  #wake = (): void => {};

  constructor(
    url: string,
    proxy: TrustedProxy,
    { clock, signal, ...options }: ThroughOptions = {},
  ) {
    const { secured } = proxy;
    const through = {
      proxy,
      secured,
      timeout: millis(10_000),
      clock: clock ?? new SystemClock(),
      signal,
    };
    const agent = tunnelAgent(new URL(url), through);
    this.socket = new WebSocket(url, "oneM2M.json", { agent, ...options });
    this.opened = new Promise((resolve) => {
      this.socket.once("open", () => resolve(undefined));
      this.socket.on("error", resolve);
    });
    this.socket.on("message", (data) => {
      this.#messages.push(String(data));
      this.#wake();
    });
    onTestFinished(() => {
      agent.destroy();
      this.socket.terminate();
    });
  }

  async message(): Promise<string> {
    for (;;) {
      const first = this.#messages.shift();
      if (first !== undefined) return first;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async close(): Promise<void> {
    this.socket.close();
    await once(this.socket, "close");
  }
}

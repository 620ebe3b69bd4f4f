import { once } from "node:events";
import { onTestFinished } from "vitest";
import WebSocket from "ws";

/** A primitive as it is on the wire, by short names. */
export interface WirePrimitive {
  readonly op?: number;
  readonly rsc?: number;
  readonly to?: string;
  readonly fr?: string;
  readonly rqi?: string;
  readonly rvi?: string;
  // biome-ignore lint/suspicious/noExplicitAny: content of any resource; a test names the members it expects
  readonly pc?: any;
  readonly [name: string]: unknown;
}

export interface AeOptions {
  /** Sent as X-M2M-Origin in the handshake. */
  readonly claims?: string;
  readonly subprotocol?: string;
}

const patience = 20_000;
let lastIdentifier = 0;

/** The WebSocket client of an AE, independent of the gateway's own code. */
export class AeConnection {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<string, (response: WirePrimitive) => void>();
  readonly #received: WirePrimitive[] = [];
  readonly #wanting: (() => void)[] = [];
  /** The Response Status Code it answers each request with. */
  answersWith: number = 2000;
  /** Resolves with the close code. */
  readonly closed: Promise<number>;

  /** Opens a connection, which is closed when the test ends. */
  static async open(url: string, options: AeOptions = {}): Promise<AeConnection> {
    const headers = options.claims === undefined ? {} : { "X-M2M-Origin": options.claims };
    const socket = new WebSocket(url, options.subprotocol ?? "oneM2M.json", { headers });
    const connection = new AeConnection(socket);
    onTestFinished(() => socket.terminate());
    await once(socket, "open");
    return connection;
  }

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => socket.once("close", resolve));
    socket.on("error", () => {});
    socket.on("message", (data) => this.#receive(JSON.parse(String(data))));
  }

  /** Sends a request and resolves with its response primitive. */
  async request(primitive: WirePrimitive): Promise<WirePrimitive> {
    lastIdentifier += 1;
    const rqi = `ae-${lastIdentifier}`;
    const answered = new Promise<WirePrimitive>((resolve) => this.#waiting.set(rqi, resolve));
    this.#socket.send(JSON.stringify({ rqi, rvi: "3", ...primitive }));
    return within(answered, `no response to ${JSON.stringify(primitive)}`);
  }

  /** The next request it received that satisfies `wanted`; those before it are kept for later calls. */
  async received(wanted: (request: WirePrimitive) => boolean): Promise<WirePrimitive> {
    const next = async (): Promise<WirePrimitive> => {
      for (;;) {
        const index = this.#received.findIndex(wanted);
        if (index >= 0) return this.#received.splice(index, 1)[0] as WirePrimitive;
        await new Promise<void>((resolve) => this.#wanting.push(resolve));
      }
    };
    return within(next(), "the request expected has not come");
  }

  /** The next notification of an event, as its `m2m:sgn` has it. */
  async notification(): Promise<WirePrimitive["pc"]> {
    const request = await this.received(({ pc }) => pc?.["m2m:sgn"]?.nev !== undefined);
    return request.pc["m2m:sgn"];
  }

  /** Closes it and resolves when that is done. */
  async close(): Promise<void> {
    this.#socket.close(1000);
    await this.closed;
  }

  #receive(primitive: WirePrimitive): void {
    const { rqi = "" } = primitive;
    if (primitive.op === undefined) {
      this.#waiting.get(rqi)?.(primitive);
      this.#waiting.delete(rqi);
      return;
    }
    this.#socket.send(JSON.stringify({ rsc: this.answersWith, rqi, rvi: primitive.rvi ?? "3" }));
    this.#received.push(primitive);
    for (const look of this.#wanting.splice(0)) look();
  }
}

async function within<T>(promise: Promise<T>, otherwise: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${otherwise} within ${patience} ms`)), patience);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

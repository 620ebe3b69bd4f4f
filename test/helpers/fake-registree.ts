import type { ConnectionOptions } from "node:tls";
import { onTestFinished } from "vitest";
import WebSocket from "ws";

/** A primitive in short names, as it stands in a message. */
export interface Message {
  op?: number;
  rsc?: number;
  rqi?: string;
  to?: string;
  fr?: string;
  ty?: number;
  pc?: Record<string, unknown>;
  [name: string]: unknown;
}

/** How a registree writes its messages and reads those of the gateway, by means of its own. */
export interface Coder {
  encode(message: Message): string | Uint8Array;
  /** The primitive itself, whatever stood around it. */
  decode(bytes: Buffer): Message;
}

const JSON_CODER: Coder = {
  encode: (message) => JSON.stringify(message),
  decode: (bytes) => {
    const outer = JSON.parse(bytes.toString()) as Message;
    return (outer["m2m:rqp"] ?? outer["m2m:rsp"] ?? outer) as Message;
  },
};

export interface RegistreeOptions {
  readonly subprotocols?: readonly string[];
  /** X-M2M-Origin of the handshake. */
  readonly origin?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Answers each request at once; a test that wants to answer itself leaves it out and takes `nextRequest`. */
  readonly answer?: (request: Message) => Message | undefined;
  readonly perMessageDeflate?: boolean;
  readonly autoPong?: boolean;
  /** JSON without one. */
  readonly coder?: Coder;
  /** For a wss:// URL. */
  readonly tls?: ConnectionOptions;
}

/** A scripted registree on a real WebSocket, closed when the test ends. */
export class Registree {
  readonly socket: WebSocket;
  /** Every message as it came, text or binary. */
  readonly frames: {
    readonly text: string;
    readonly bytes: Buffer;
    readonly isBinary: boolean;
  }[] = [];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly #requests = new Inbox<Message>();
  readonly #responses = new Inbox<Message>();
  readonly #expected = new Map<string, (response: Message) => void>();
  readonly #coder: Coder;
  #sent = 0;

  constructor(
    socket: WebSocket,
    { answer, coder = JSON_CODER }: Pick<RegistreeOptions, "answer" | "coder">,
  ) {
    this.socket = socket;
    this.#coder = coder;
    this.closed = new Promise((resolve) => {
      socket.on("close", (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    socket.on("error", () => {});
    socket.on("message", (data, isBinary) => {
      // The default binaryType gives each message as one Buffer.
      const bytes = data as Buffer;
      this.frames.push({ text: bytes.toString(), bytes, isBinary });
      const message = coder.decode(bytes);
      if (message.op === undefined) {
        const expected = this.#expected.get(String(message.rqi));
        this.#expected.delete(String(message.rqi));
        if (expected === undefined) this.#responses.put(message);
        else expected(message);
        return;
      }
      const response = answer?.(message);
      if (response !== undefined) this.send({ rqi: message.rqi ?? "", ...response });
      this.#requests.put(message);
    });
  }

  /** Sends a message as it is: an object by its coder, a string as text, bytes as a binary frame. */
  send(message: Message | string | Uint8Array): void {
    const raw = typeof message === "string" || message instanceof Uint8Array;
    this.socket.send(raw ? message : this.#coder.encode(message));
  }

  /** Sends a request with `rqi` and `rvi` filled in, and gives its response. */
  request(message: Message): Promise<Message> {
    this.#sent += 1;
    const rqi = message.rqi ?? `r${this.#sent}`;
    const response = new Promise<Message>((resolve) => this.#expected.set(rqi, resolve));
    this.send({ rvi: "3", ...message, rqi });
    return response;
  }

  /** Create `<AE>`: `fr` is its AE-ID-Stem or "C" or "S"; undefined leaves it out. */
  register(fr: string | undefined, attributes: Record<string, unknown> = {}): Promise<Message> {
    const ae = { api: "N.test", rr: true, srv: ["3"], ...attributes };
    return this.request({
      op: 1,
      to: "cse-in",
      ty: 2,
      pc: { "m2m:ae": ae },
      ...(fr === undefined ? {} : { fr }),
    });
  }

  /** The next request that came, in order; waits for it. */
  nextRequest(): Promise<Message> {
    return this.#requests.take();
  }

  /** The next response that nothing here asked for by `request`; waits for it. */
  nextResponse(): Promise<Message> {
    return this.#responses.take();
  }

  async disconnect(code = 1000): Promise<void> {
    this.socket.close(code);
    await this.closed;
  }
}

/** Opens a WebSocket to a gateway; rejects when the handshake is refused. */
export async function connectRegistree(
  url: string,
  options: RegistreeOptions = {},
): Promise<Registree> {
  const { subprotocols = ["oneM2M.json"], origin, headers = {} } = options;
  const socket = new WebSocket(url, [...subprotocols], {
    headers: { ...headers, ...(origin === undefined ? {} : { "X-M2M-Origin": origin }) },
    ...options.tls,
    perMessageDeflate: options.perMessageDeflate ?? false,
    autoPong: options.autoPong ?? true,
  });
  onTestFinished(() => socket.terminate());
  const registree = new Registree(socket, options);
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  return registree;
}

class Inbox<T> {
  readonly #items: T[] = [];
  readonly #takers: ((item: T) => void)[] = [];

  put(item: T): void {
    const taker = this.#takers.shift();
    if (taker === undefined) this.#items.push(item);
    else taker(item);
  }

  take(): Promise<T> {
    const item = this.#items.shift();
    return item === undefined
      ? new Promise((resolve) => this.#takers.push(resolve))
      : Promise.resolve(item);
  }
}

import { createHash, randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import type { Message } from "./fake-registree.ts";

/** A handshake written byte by byte; what is left out is as in a handshake that succeeds. */
export interface RawHandshake {
  readonly method?: string;
  readonly target?: string;
  readonly version?: string;
  /**
   * Replaces the header lines of that name, in any case, and goes out in the spelling given here: `undefined` for no
   * such line, a list for as many lines.
   */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>> | undefined;
}

/** What the server answered, and the connection as it is after that. */
export interface RawAnswer {
  readonly status: number;
  /** Values by name in lower case, repeated lines joined by ", ". */
  readonly headers: ReadonlyMap<string, string>;
  readonly peer: RawPeer;
}

/** RFC 6455, 5.2. */
export interface Frame {
  readonly fin: boolean;
  readonly rsv1: boolean;
  readonly opcode: number;
  readonly payload: Buffer;
}

export interface FrameToSend {
  readonly opcode: number;
  readonly payload?: string | Uint8Array;
  /** true unless given; the others are false unless given. */
  readonly fin?: boolean;
  readonly rsv1?: boolean;
  readonly unmasked?: boolean;
}

export const Opcode = { CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 } as const;

export const SAMPLE_KEY = "dGhlIHNhbXBsZSBub25jZQ==";

/** What a server must derive from a key (RFC 6455, 4.2.2). */
export function acceptOf(key: string): string {
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}

/** Sends a handshake to `url` (`ws://127.0.0.1:8180`) and gives the answer, whatever its status. Ended when the test ends. */
export async function rawUpgrade(url: string, handshake: RawHandshake = {}): Promise<RawAnswer> {
  const { hostname, port, host } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  const peer = new RawPeer(socket);
  onTestFinished(() => peer.leave());
  socket.write(textOf(handshake, host));
  return { ...(await peer.readHead()), peer };
}

/** The client's end of a connection, below any WebSocket library. */
export class RawPeer {
  readonly socket: Socket;
  /** Resolves when the connection is gone, however it went. */
  readonly gone: Promise<void>;
  readonly #frames: Frame[] = [];
  #bytes = Buffer.alloc(0);
  #head: { status: number; headers: ReadonlyMap<string, string> } | undefined;
  #ended = false;
  #left = false;
  #wake = (): void => {};

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("error", () => {});
    this.gone = new Promise((resolve) => socket.once("close", () => resolve()));
    socket.on("data", (bytes) => {
      this.#bytes = Buffer.concat([this.#bytes, bytes]);
      if (this.#head !== undefined) this.#readFrames();
      this.#wake();
    });
    socket.once("close", () => {
      this.#ended = true;
      this.#wake();
    });
  }

  /** The status line and header fields. */
  async readHead(): Promise<{ status: number; headers: ReadonlyMap<string, string> }> {
    for (;;) {
      const end = this.#bytes.indexOf("\r\n\r\n");
      if (end >= 0) {
        this.#head = headOf(this.#bytes.subarray(0, end).toString("latin1"));
        this.#bytes = this.#bytes.subarray(end + 4);
        if (this.#head.status === 101) this.#readFrames();
        return this.#head;
      }
      await this.#more();
    }
  }

  sendFrame(frame: FrameToSend): void {
    this.socket.write(bytesOf(frame));
  }

  /** Sends a text message: an object as JSON, a text as it is. */
  send(message: Message | string): void {
    const payload = typeof message === "string" ? message : JSON.stringify(message);
    this.sendFrame({ opcode: Opcode.TEXT, payload });
  }

  /** Sends a Close frame with a status code, which may be one that RFC 6455, 7.4 forbids. */
  sendClose(code: number): void {
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code);
    this.sendFrame({ opcode: Opcode.CLOSE, payload });
  }

  /** The next frame; rejects when the connection ends before it. */
  async nextFrame(): Promise<Frame> {
    for (;;) {
      const frame = this.#frames.shift();
      if (frame !== undefined) return frame;
      await this.#more();
    }
  }

  /** The next message, read as JSON; other frames before it are skipped. */
  async nextMessage(): Promise<Message> {
    for (;;) {
      const { opcode, payload } = await this.nextFrame();
      if (opcode === Opcode.TEXT || opcode === Opcode.BINARY) return JSON.parse(payload.toString());
    }
  }

  /** The status code of the Close frame that comes next, after whatever frames are before it. */
  async closeCode(): Promise<number> {
    for (;;) {
      const { opcode, payload } = await this.nextFrame();
      if (opcode === Opcode.CLOSE) return payload.length < 2 ? 1005 : payload.readUInt16BE();
    }
  }

  /** Sends a request primitive and gives the next message that answers it. */
  async request(message: Message): Promise<Message> {
    this.send({ rvi: "3", ...message });
    for (;;) {
      const answer = await this.nextMessage();
      if (answer.rqi === message.rqi && answer.rsc !== undefined) return answer;
    }
  }

  /** Ends the connection without a word (TCP RST). */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** Ends the connection, and lets what is still waited for wait: nobody does any more when its test has failed. */
  leave(): void {
    this.#wake = () => {};
    this.#left = true;
    this.socket.destroy();
  }

  async #more(): Promise<void> {
    if (this.#left) return await new Promise(() => {});
    if (this.#ended) throw new Error("the connection ended");
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  #readFrames(): void {
    for (;;) {
      const read = frameAt(this.#bytes);
      if (read === undefined) return;
      this.#frames.push(read.frame);
      this.#bytes = this.#bytes.subarray(read.length);
    }
  }
}

function textOf({ method, target, version, headers = {} }: RawHandshake, host: string): string {
  const replaced = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  const standard = Object.entries({
    Host: host,
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Key": SAMPLE_KEY,
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Protocol": "oneM2M.json",
  }).filter(([name]) => !replaced.has(name.toLowerCase()));
  const lines = [...standard, ...Object.entries(headers)].flatMap(([name, value]) =>
    [value ?? []].flat().map((line) => `${name}: ${line}`),
  );
  const start = `${method ?? "GET"} ${target ?? "/"} ${version ?? "HTTP/1.1"}`;
  return `${[start, ...lines].join("\r\n")}\r\n\r\n`;
}

function headOf(text: string): { status: number; headers: ReadonlyMap<string, string> } {
  const [start = "", ...lines] = text.split("\r\n");
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return { status: Number(start.split(" ")[1]), headers };
}

function bytesOf({
  opcode,
  payload = "",
  fin = true,
  rsv1 = false,
  unmasked,
}: FrameToSend): Buffer {
  const body = Buffer.from(payload);
  const mask = unmasked === true ? Buffer.alloc(0) : randomBytes(4);
  for (let index = 0; index < body.length && mask.length > 0; index += 1) {
    body[index] = (body[index] ?? 0) ^ (mask[index % 4] ?? 0);
  }
  const first = (fin ? 0x80 : 0) | (rsv1 ? 0x40 : 0) | opcode;
  const maskBit = mask.length > 0 ? 0x80 : 0;
  let head: Buffer;
  if (body.length < 126) {
    head = Buffer.from([first, maskBit | body.length]);
  } else if (body.length < 65_536) {
    head = Buffer.from([first, maskBit | 126, 0, 0]);
    head.writeUInt16BE(body.length, 2);
  } else {
    head = Buffer.from([first, maskBit | 127, 0, 0, 0, 0, 0, 0, 0, 0]);
    head.writeUIntBE(body.length, 4, 6);
  }
  return Buffer.concat([head, mask, body]);
}

/** The frame that begins `bytes`, as servers send them, unmasked; undefined while some of it is missing. */
function frameAt(bytes: Buffer): { frame: Frame; length: number } | undefined {
  if (bytes.length < 2) return undefined;
  const first = bytes.readUInt8(0);
  const short = bytes.readUInt8(1);
  const start = short === 127 ? 10 : short === 126 ? 4 : 2;
  if (bytes.length < start) return undefined;
  const size =
    short === 127 ? bytes.readUIntBE(4, 6) : short === 126 ? bytes.readUInt16BE(2) : short;
  if (bytes.length < start + size) return undefined;
  const frame = {
    fin: (first & 0x80) !== 0,
    rsv1: (first & 0x40) !== 0,
    opcode: first & 0x0f,
    payload: Buffer.from(bytes.subarray(start, start + size)),
  };
  return { frame, length: start + size };
}

import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";

const TEXT = 0x81;
const BINARY = 0x82;
const CLOSE = 0x88;
const PING = 0x89;
const PONG = 0x8a;
const MASKED = 0x80;

/**
 * The client's end of a WebSocket, only as good as this bench needs it: unfragmented messages, each byte a character.
 *
 * It masks with zeros (no proxy is in the way that a mask would protect), reads without copying and writes what
 * one tick produces at once, so that the registree leaves the CPU to the server.
 */
export class WebSocketClient {
  /** Called for each message. */
  onText: (text: string) => void = () => {};
  /** Called once when the connection is lost, but not after `end`. */
  onLost: (error: Error) => void = () => {};
  readonly #socket: Socket;
  readonly #opcode: number;
  #rest: Buffer = Buffer.alloc(0);

  /** @param rest what came behind the handshake: a registree that returns is sent what was held for it */
  private constructor(socket: Socket, opcode: number, rest: Buffer) {
    this.#socket = socket;
    this.#opcode = opcode;
    this.#rest = rest;
    // Not before whoever opened it has set `onText`.
    if (rest.length > 0) setImmediate(() => this.#read(Buffer.alloc(0)));
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("error", (error) => this.onLost(error));
    socket.once("close", () => this.onLost(new Error("the server closed a WebSocket connection")));
  }

  /** Opens a connection for `originator`. */
  static open(
    port: number,
    originator: string,
    { subprotocol, binary }: { readonly subprotocol: string; readonly binary: boolean },
  ): Promise<WebSocketClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port });
      socket.setNoDelay(true);
      socket.once("error", reject);
      socket.once("connect", () => {
        const fields = [
          "GET / HTTP/1.1",
          `Host: 127.0.0.1:${port}`,
          "Upgrade: websocket",
          "Connection: Upgrade",
          `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
          "Sec-WebSocket-Version: 13",
          `Sec-WebSocket-Protocol: ${subprotocol}`,
          `X-M2M-Origin: ${originator}`,
        ];
        socket.write(`${fields.join("\r\n")}\r\n\r\n`);
      });
      socket.once("data", (head: Buffer) => {
        socket.off("error", reject);
        const answer = head.toString("latin1");
        const rest = head.subarray(answer.indexOf("\r\n\r\n") + 4);
        if (answer.startsWith("HTTP/1.1 101 "))
          resolve(new WebSocketClient(socket, binary ? BINARY : TEXT, rest));
        else reject(new Error(`the WebSocket handshake of ${originator} was refused: ${answer}`));
      });
    });
  }

  send(text: string): void {
    this.#write(this.#opcode, text);
  }

  end(): void {
    this.onLost = () => {};
    this.#socket.destroy();
  }

  #write(opcode: number, payload: string): void {
    const size = payload.length;
    if (size > 0xffff) throw new RangeError("a message of this bench has 64 KiB at most");
    const header = size < 126 ? 6 : 8;
    const frame = Buffer.alloc(header + size);
    frame[0] = opcode;
    if (size < 126) {
      frame[1] = MASKED | size;
    } else {
      frame[1] = MASKED | 126;
      frame.writeUInt16BE(size, 2);
    }
    frame.write(payload, header, "latin1");
    this.#socket.write(frame);
  }

  #read(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    this.#socket.cork();
    for (;;) {
      const next = this.#readFrame(bytes, at);
      if (next === at) break;
      at = next;
    }
    this.#socket.uncork();
    this.#rest = bytes.subarray(at);
  }

  /** Gives where the next frame begins, or `at` while this one is not complete. */
  #readFrame(bytes: Buffer, at: number): number {
    if (bytes.length < at + 2) return at;
    const short = bytes[at + 1] as number;
    let start = at + 2;
    let size = short;
    if (short === 126) {
      if (bytes.length < at + 4) return at;
      size = bytes.readUInt16BE(at + 2);
      start = at + 4;
    }
    const end = start + size;
    if (bytes.length < end) return at;
    const opcode = bytes[at];
    if (opcode === this.#opcode) this.onText(bytes.toString("latin1", start, end));
    else if (opcode === PING) this.#write(PONG, bytes.toString("latin1", start, end));
    else this.#lose(opcode, bytes.subarray(start, end));
    return end;
  }

  #lose(opcode: number | undefined, payload: Buffer): void {
    const what =
      opcode === CLOSE && payload.length >= 2
        ? `the server closed with ${payload.readUInt16BE(0)} ${payload.toString("latin1", 2)}`
        : `the server sent a frame this bench does not know (0x${opcode?.toString(16)})`;
    this.onLost(new Error(what));
    this.end();
  }
}

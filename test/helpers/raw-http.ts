import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** A response as it came, whatever request it answers. */
export interface RawResponse {
  readonly status: number;
  /** Header lines as they came. */
  readonly lines: readonly string[];
  readonly body: string;
}

/** The client's end of an HTTP connection, below any HTTP library; ended when the test ends. */
export class RawHttp {
  readonly socket: Socket;
  /** Resolves when the connection is gone, however it went. */
  readonly gone: Promise<void>;
  #text = "";
  #isGone = false;

  /** @param base such as `http://127.0.0.1:8088`; the scheme is not looked at */
  constructor(base: string) {
    const { hostname, port } = new URL(base);
    const socket = connect({ host: hostname, port: Number(port) });
    onTestFinished(() => void socket.destroy());
    socket.on("error", () => {});
    this.gone = new Promise((resolve) => {
      socket.once("close", () => {
        this.#isGone = true;
        resolve();
      });
    });
    socket.on("data", (bytes) => {
      this.#text += bytes.toString("latin1");
    });
    this.socket = socket;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** Sends lines as they are, each ended by CR LF, the last one by two; then `body`. */
  send(lines: readonly string[], body = ""): void {
    this.socket.write(`${[...lines, "", ""].join("\r\n")}${body}`, "latin1");
  }

  /** All responses so far, those that are whole. */
  get responses(): readonly RawResponse[] {
    return responsesIn(this.#text);
  }

  /** Resolves with all responses when there are `count`, or when the connection is gone. */
  async answered(count = 1): Promise<readonly RawResponse[]> {
    while (this.responses.length < count && !this.#isGone) {
      await Promise.race([new Promise((come) => this.socket.once("data", come)), this.gone]);
    }
    return this.responses;
  }
}

function responsesIn(text: string): RawResponse[] {
  const found: RawResponse[] = [];
  let rest = text;
  for (;;) {
    const head = rest.indexOf("\r\n\r\n");
    if (head < 0) return found;
    const [start = "", ...lines] = rest.slice(0, head).split("\r\n");
    const status = Number(start.split(" ")[1]);
    const from = head + 4;
    const isChunked = lines.some((line) => /^transfer-encoding: *chunked$/i.test(line));
    const length = lines.find((line) => /^content-length:/i.test(line))?.split(":")[1];
    const last = rest.indexOf("0\r\n\r\n", from);
    const to = isChunked ? (last < 0 ? Infinity : last + 5) : from + Number(length ?? 0);
    if (rest.length < to) return found;
    if (status >= 200) found.push({ status, lines, body: rest.slice(from, to) });
    rest = rest.slice(to);
  }
}

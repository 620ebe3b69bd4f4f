import { connect, type Socket } from "node:net";
import { type Answered, ClosedLoop, type Period, type Sample } from "./closed-loop.ts";
import { notifyContent, type Shape } from "./content.ts";
import { doJobs } from "./worker.ts";

/** Notifies to registrees CB0, CB1, … in turn, or Retrieves, one under way on each connection. */
export interface LoadJob extends Period {
  readonly httpPort: number;
  readonly connections: number;
  readonly registrees: number;
  readonly bytes: number;
  readonly shape: Shape;
  /** Whether the answers must bear the identifiers of their requests; a constant cannot. */
  readonly echoes: boolean;
  /** Registrees of this name and a number instead of CB0, CB1, … */
  readonly prefix?: string;
  /** Retrieves this target instead, in the name of the AE CB0. */
  readonly retrieves?: string;
  /** They are away: what their originator gets is the acknowledgement. */
  readonly away?: boolean;
  /** Says of each request when it was answered. */
  readonly traced?: boolean;
}

export type LoadResult = Sample & { readonly answered?: readonly Answered[] };

const RELAYED = { status: "HTTP/1.1 200 ", rsc: /\r\nx-m2m-rsc: *2000\r\n/i };
const HELD = { status: "HTTP/1.1 202 ", rsc: /\r\nx-m2m-rsc: *1000\r\n/i };

/** One HTTP/1.1 connection, kept alive. Written on a bare socket: what the load costs, the server cannot have. */
class Connection {
  readonly #socket: Socket;
  readonly #head: string;
  readonly #tail: string;
  readonly #id: string;
  readonly #echoes: boolean;
  readonly #expected: { readonly status: string; readonly rsc: RegExp };
  readonly #answered: () => void;
  #sent = 0;
  #received = "";

  constructor(
    socket: Socket,
    id: number,
    job: LoadJob,
    answered: () => void,
    failed: (error: Error) => void,
  ) {
    const { bytes, httpPort, prefix = "CB", registrees, retrieves, shape } = job;
    const content = retrieves === undefined ? notifyContent(bytes, shape) : "";
    const fields = [
      retrieves === undefined
        ? `POST /~/id-in/${prefix}${id % registrees} HTTP/1.1`
        : `GET ${retrieves} HTTP/1.1`,
      `Host: 127.0.0.1:${httpPort}`,
      `X-M2M-Origin: ${retrieves === undefined ? "/id-in" : "CB0"}`,
      "X-M2M-RVI: 3",
      "Accept: application/json",
      ...(retrieves === undefined
        ? ["Content-Type: application/json", `Content-Length: ${content.length}`]
        : []),
    ];
    this.#head = `${fields.join("\r\n")}\r\nX-M2M-RI: `;
    this.#tail = `\r\n\r\n${content}`;
    this.#id = `dn-${id}-`;
    this.#echoes = job.echoes;
    this.#expected = job.away ? HELD : RELAYED;
    this.#answered = answered;
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => {
      const fault = this.#read(text);
      if (fault !== undefined) failed(new Error(fault));
    });
    socket.on("error", failed);
    socket.on("close", () => failed(new Error("the server closed an HTTP connection")));
  }

  send(): void {
    this.#sent += 1;
    this.#socket.write(this.#head + this.#id + this.#sent + this.#tail, "latin1");
  }

  end(): void {
    this.#socket.removeAllListeners("close");
    this.#socket.destroy();
  }

  /** Gives what is wrong with the response, if anything is. */
  #read(text: string): string | undefined {
    this.#received += text;
    const end = this.#received.indexOf("\r\n\r\n");
    if (end === -1) return undefined;
    const head = this.#received.slice(0, end + 2);
    const length = /\r\ncontent-length: *(\d+)\r\n/i.exec(head)?.[1];
    if (length === undefined) return `a response without Content-Length: ${head}`;
    const missing = end + 4 + Number(length) - this.#received.length;
    if (missing > 0) return undefined;
    if (missing < 0) return `more than one response to one request: ${this.#received}`;
    const { status, rsc } = this.#expected;
    if (!head.startsWith(status) || !rsc.test(head)) {
      return `not what a Notify should get: ${this.#received}`;
    }
    if (this.#echoes && !head.includes(`: ${this.#id}${this.#sent}\r\n`)) {
      return `${this.#id}${this.#sent} got another request's answer: ${head}`;
    }
    this.#received = "";
    this.#answered();
    return undefined;
  }
}

async function run(job: LoadJob): Promise<LoadResult> {
  const sockets = await Promise.all(
    Array.from({ length: job.connections }, () => opened(job.httpPort)),
  );
  let loop: ClosedLoop | undefined;
  const connections = sockets.map(
    (socket, id) =>
      new Connection(
        socket,
        id,
        job,
        () => loop?.answered(id),
        (error) => loop?.fail(error),
      ),
  );
  try {
    loop = new ClosedLoop(connections.length, job, (slot) => connections[slot]?.send());
    const answered: Answered[] = [];
    if (job.traced) loop.onAnswered = (one) => answered.push(one);
    const sample = await loop.sample;
    return job.traced ? { ...sample, answered } : sample;
  } finally {
    for (const connection of connections) connection.end();
  }
}

function opened(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(socket);
    });
  });
}

doJobs(run);

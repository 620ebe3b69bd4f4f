import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

interface Connection {
  /** In the order of their requests. */
  readonly answers: Set<ServerResponse>;
  /** Whatever comes behind what is under way can be answered no more. */
  isEnding: boolean;
}

/** The requests whose answers have not left, by connection: a client may send the next before it has the answer (RFC 9112, 9.3.2). */
export class UnderWay {
  readonly #connections = new WeakMap<Socket, Connection>();
  readonly #idle: (() => void)[] = [];
  #count = 0;

  /** Takes a request in until its answer has left or its client has. @returns false when it is not to be looked at */
  add({ socket }: IncomingMessage, response: ServerResponse): boolean {
    const connection = this.#connectionOf(socket);
    if (connection.isEnding) return false;
    connection.answers.add(response);
    this.#count += 1;
    response.once("close", () => {
      connection.answers.delete(response);
      this.#count -= 1;
      if (this.#count === 0) for (const idle of this.#idle.splice(0)) idle();
    });
    return true;
  }

  /** How many there are on one connection. */
  on(socket: Socket): number {
    return this.#connections.get(socket)?.answers.size ?? 0;
  }

  /** Looks at nothing that comes on a connection from now on, and reads no more of it; whoever calls sees to its end. */
  end(socket: Socket): void {
    const connection = this.#connectionOf(socket);
    if (connection.isEnding) return;
    connection.isEnding = true;
    socket.pause();
    // Node goes on reading with each answer that has left, and keeps all that it finds.
    socket.on("resume", () => socket.pause());
  }

  /**
   * Ends a connection on which nothing readable came: calls `then` when all that came whole before is answered, or gone
   * with its client. Does nothing where the connection is ending already.
   */
  endAfter(socket: Socket, then: () => void): void {
    const { answers, isEnding } = this.#connectionOf(socket);
    if (isEnding) return;
    this.end(socket);
    // Of the one that did not come whole the answer may be on its way, such as that it is too large.
    const settle = (): void => {
      const next = [...answers].find(({ req, headersSent }) => req.complete || headersSent);
      if (next === undefined) then();
      else next.once("close", settle);
    };
    settle();
  }

  /** Resolves when there are none. */
  async idle(): Promise<void> {
    if (this.#count > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #connectionOf(socket: Socket): Connection {
    const known = this.#connections.get(socket);
    if (known !== undefined) return known;
    const connection: Connection = { answers: new Set(), isEnding: false };
    this.#connections.set(socket, connection);
    socket.once("close", () => {
      // Node tells it to the one whose turn it is, and the others wait for theirs without end.
      for (const response of connection.answers) if (response.socket === null) close(response);
    });
    return connection;
  }
}

/** Does what node does to a response whose connection has closed. */
function close(response: ServerResponse): void {
  response.destroyed = true;
  response.emit("close");
}

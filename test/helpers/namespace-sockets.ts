import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** Runs inside a network namespace and hands sockets of it to the process that started it; see network.ts. */
export interface SocketOrder {
  readonly id: number;
  readonly does: "connect" | "listen";
  readonly host: string;
  readonly port: number;
}

/** Comes with the socket, unless it failed. */
export interface SocketAnswer {
  readonly id: number;
  /** Such as ECONNREFUSED. */
  readonly failed?: string;
}

const answer = (what: SocketAnswer, handle?: Server | Socket): Promise<void> =>
  new Promise((sent) => void process.send?.(what, handle, {}, () => sent()));

process.on("message", async ({ id, does, host, port }: SocketOrder) => {
  try {
    if (does === "connect") {
      const socket = connect({ host, port });
      await once(socket, "connect");
      await answer({ id }, socket);
    } else {
      const server = createServer().listen(port, host);
      await once(server, "listening");
      await answer({ id }, server);
      // The other process has its own.
      server.close();
    }
  } catch (error) {
    const failed = error instanceof Error && "code" in error ? String(error.code) : String(error);
    await answer({ id, failed });
  }
});
process.once("disconnect", () => process.exit());

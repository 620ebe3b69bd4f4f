import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { parseArguments } from "../../src/cli/arguments.ts";
import { sim } from "../../src/cli/sim.ts";
import { EXIT } from "../../src/cli/terminal.ts";
import { COMMANDS } from "../../src/cli/usage.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { TestTerminal } from "../helpers/test-terminal.ts";

type Message = Record<string, unknown>;

function argumentsOf(argv: readonly string[]) {
  const args = parseArguments(argv, COMMANDS.sim);
  if ("usage" in args) throw new Error(args.usage);
  return args;
}

/** The gateway's end of one connection, message by message. */
class Peer {
  readonly socket: WebSocket;
  readonly handshake: IncomingMessage;
  readonly #messages: Message[] = [];
  #arrived: (() => void) | undefined;

  constructor(socket: WebSocket, handshake: IncomingMessage) {
    this.socket = socket;
    this.handshake = handshake;
    socket.on("error", () => {});
    socket.on("message", (data) => {
      this.#messages.push(JSON.parse(data.toString()) as Message);
      this.#arrived?.();
    });
  }

  async next(): Promise<Message> {
    for (;;) {
      const message = this.#messages.shift();
      if (message !== undefined) return message;
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    }
  }

  send(message: Message): void {
    this.socket.send(JSON.stringify(message));
  }

  /** Answers the registration that must come next. */
  async register(rsc = 2001, pc?: unknown): Promise<Message> {
    const request = await this.next();
    this.send({ rsc, rqi: request["rqi"], rvi: "3", ...(pc === undefined ? {} : { pc }) });
    return request;
  }
}

async function scriptedGateway() {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const peers: Peer[] = [];
  let came: (() => void) | undefined;
  server.on("connection", (socket, handshake) => {
    peers.push(new Peer(socket, handshake));
    came?.();
  });
  onTestFinished(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async peer(): Promise<Peer> {
      for (;;) {
        const peer = peers.shift();
        if (peer !== undefined) return peer;
        await new Promise<void>((resolve) => {
          came = resolve;
        });
      }
    },
  };
}

const notify = (rqi: string, con: string): Message => ({
  op: 5,
  to: "Clamp",
  fr: "/id-in",
  rqi,
  rvi: "3",
  pc: { "m2m:sgn": { nev: { rep: { "m2m:cin": { con } } }, sur: "cse-in/sub1" } },
});

test("it registers, prints what arrives, answers it, and stays registered when it ends", async () => {
  const gateway = await scriptedGateway();
  const terminal = new TestTerminal();
  const ended = sim(argumentsOf(["--ae", "Clamp", "--url", gateway.url]), terminal);
  const peer = await gateway.peer();

  expect(peer.handshake.headers).toMatchObject({
    "x-m2m-origin": "Clamp",
    "sec-websocket-protocol": "oneM2M.json",
  });
  expect(await peer.register(2001, { "m2m:ae": { aei: "Clamp" } })).toEqual({
    op: 1,
    ty: 2,
    to: "cse-in",
    fr: "Clamp",
    rqi: expect.any(String),
    rvi: "3",
    pc: {
      "m2m:ae": {
        rn: "Clamp",
        api: "N.m2mgw.sim",
        rr: true,
        srv: ["3"],
        poa: ["ws://default"],
      },
    },
  });

  peer.send(notify("n1", "hello"));
  expect(await peer.next()).toEqual({ rsc: 2000, rqi: "n1", rvi: "3" });
  peer.send({ op: 2, to: "Clamp/x", fr: "CApp", rqi: "r1", rvi: "2a" });
  expect(await peer.next()).toEqual({ rsc: 2000, rqi: "r1", rvi: "2a" });

  terminal.interrupt();
  const [code] = await once(peer.socket, "close");
  expect(code).toBe(1000);
  expect(await ended).toBe(EXIT.OK);
  expect(terminal.printed).toEqual([
    `Clamp: connected to ${gateway.url} (oneM2M.json)`,
    "Clamp: registered as Clamp",
    "Clamp: notify from /id-in: hello",
    "Clamp: retrieve from CApp: no content",
    "2 requests answered",
  ]);
  expect(terminal.complained).toEqual([]);
});

test.each([4117, 4105])(
  "%i is an AE that is registered already, and it carries on",
  async (rsc) => {
    const gateway = await scriptedGateway();
    const terminal = new TestTerminal();
    const ended = sim(argumentsOf(["--ae", "Clamp", "--url", gateway.url]), terminal);
    const peer = await gateway.peer();
    await peer.register(rsc);
    peer.send(notify("n1", "still here"));
    expect(await peer.next()).toMatchObject({ rsc: 2000, rqi: "n1" });
    expect(terminal.printed).toContain(`Clamp: was registered already (${rsc}), carrying on`);
    terminal.interrupt();
    expect(await ended).toBe(EXIT.OK);
  },
);

test("a registration that is refused ends it with exit code 1", async () => {
  const gateway = await scriptedGateway();
  const terminal = new TestTerminal();
  const ended = sim(argumentsOf(["--ae", "Clamp", "--url", gateway.url]), terminal);
  await (await gateway.peer()).register(4103, { "m2m:dbg": "no privilege" });
  expect(await ended).toBe(EXIT.FATAL);
  expect(terminal.complained).toEqual([
    'Clamp: registration failed: 4103 {"m2m:dbg":"no privilege"}',
  ]);
});

test("a registration refused with 5001 is not tried again: it ends with exit code 1", async () => {
  const gateway = await scriptedGateway();
  const ended = sim(argumentsOf(["--ae", "Clamp", "--url", gateway.url]), new TestTerminal());
  await (await gateway.peer()).register(5001);
  expect(await ended).toBe(EXIT.FATAL);
});

test("--count makes numbered registrees", async () => {
  const gateway = await scriptedGateway();
  const terminal = new TestTerminal();
  const argv = ["--ae", "Clamp", "--count", "3", "--url", gateway.url, "--quiet"];
  const ended = sim(argumentsOf(argv), terminal);
  const peers = [await gateway.peer(), await gateway.peer(), await gateway.peer()];
  const registrations = await Promise.all(peers.map((peer) => peer.register()));
  expect(registrations.map(({ fr }) => fr).sort()).toEqual(["Clamp1", "Clamp2", "Clamp3"]);
  terminal.interrupt();
  expect(await ended).toBe(EXIT.OK);
  expect(terminal.printed).toEqual([]);
});

test("--delay is what an answer takes, and --for when it ends", async () => {
  const gateway = await scriptedGateway();
  const clock = new ManualClock();
  const terminal = new TestTerminal(clock);
  const argv = ["--ae", "Clamp", "--url", gateway.url, "--delay", "3s", "--for", "10s"];
  const ended = sim(argumentsOf(argv), terminal);
  const peer = await gateway.peer();
  await peer.register();
  peer.send(notify("n1", "slow"));
  await terminal.line(/slow/);
  const answer = peer.next();
  clock.advance(2_999);
  expect(clock.waiting).toBe(2);
  clock.advance(1);
  expect(await answer).toMatchObject({ rqi: "n1", rsc: 2000 });
  clock.advance(7_000);
  expect(await ended).toBe(EXIT.OK);
});

test("a connection that drops is made again, and registers again", async () => {
  const gateway = await scriptedGateway();
  const clock = new ManualClock();
  const terminal = new TestTerminal(clock);
  const ended = sim(argumentsOf(["--ae", "Clamp", "--url", gateway.url]), terminal);
  const first = await gateway.peer();
  await first.register();
  await terminal.line(/registered as/);
  first.socket.terminate();
  await terminal.line(/connecting again in/);
  clock.advance(500);
  expect(await (await gateway.peer()).register(4117)).toMatchObject({ op: 1, fr: "Clamp" });
  await terminal.line(/carrying on/);
  expect(terminal.printed).toContain("Clamp: disconnected (1006)");
  terminal.interrupt();
  expect(await ended).toBe(EXIT.OK);
});

test("an identity that another connection took over is not taken back", async () => {
  const gateway = await scriptedGateway();
  const terminal = new TestTerminal();
  const ended = sim(argumentsOf(["--ae", "Clamp", "--url", gateway.url]), terminal);
  const peer = await gateway.peer();
  await peer.register();
  peer.socket.close(4001, "superseded");
  expect(await ended).toBe(EXIT.FATAL);
  expect(terminal.complained).toEqual(["Clamp: another connection took over (4001 superseded)"]);
});

test("--deregister deletes the AE at the end", async () => {
  const gateway = await scriptedGateway();
  const terminal = new TestTerminal();
  const argv = ["--ae", "Clamp", "--url", gateway.url, "--deregister"];
  const ended = sim(argumentsOf(argv), terminal);
  const peer = await gateway.peer();
  await peer.register();
  await terminal.line(/registered as/);
  terminal.interrupt();
  const request = await peer.next();
  expect(request).toMatchObject({ op: 4, to: "Clamp", fr: "Clamp", rvi: "3" });
  peer.send({ rsc: 2002, rqi: request["rqi"], rvi: "3" });
  expect(await ended).toBe(EXIT.OK);
  expect(terminal.printed).toContain("Clamp: deregistered");
});

test("wrapped primitives are understood, and spoken under the oldest subprotocol name", async () => {
  const gateway = await scriptedGateway();
  const terminal = new TestTerminal();
  const argv = ["--ae", "Clamp", "--url", gateway.url, "--subprotocol", "oneM2M-pro-v1.0"];
  const ended = sim(argumentsOf(argv), terminal);
  const peer = await gateway.peer();
  const { "m2m:rqp": request } = (await peer.next()) as { "m2m:rqp": Message };
  peer.send({ "m2m:rsp": { rsc: 2001, rqi: request["rqi"] } });
  peer.send({ "m2m:rqp": notify("n1", "hello") });
  expect(await peer.next()).toEqual({ "m2m:rsp": { rsc: 2000, rqi: "n1", rvi: "3" } });
  terminal.interrupt();
  expect(await ended).toBe(EXIT.OK);
});

test("a Notify that wants no answer gets none (TS-0004, 6.3.4.2.6)", async () => {
  const gateway = await scriptedGateway();
  const terminal = new TestTerminal();
  const ended = sim(argumentsOf(["--ae", "Clamp", "--url", gateway.url]), terminal);
  const peer = await gateway.peer();
  await peer.register();
  peer.send({ ...notify("n1", "no answer"), rt: { rtv: 5 } });
  peer.send(notify("n2", "answer"));
  expect(await peer.next()).toMatchObject({ rqi: "n2" });
  terminal.interrupt();
  expect(await ended).toBe(EXIT.OK);
});

test("a gateway that is not there is exit code 69", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  const terminal = new TestTerminal();
  const argv = ["--ae", "Clamp", "--url", `ws://127.0.0.1:${port}`];
  expect(await sim(argumentsOf(argv), terminal)).toBe(EXIT.UNREACHABLE);
  expect(terminal.complained).toEqual([
    expect.stringContaining("ECONNREFUSED"),
    "the gateway is not reachable; m2mgw serve starts one",
  ]);
});

test("a handshake that is refused ends it, with what the server said", async () => {
  const server = createServer()
    .on("upgrade", (_, socket) => {
      socket.end(
        "HTTP/1.1 403 Forbidden\r\nContent-Length: 10\r\nConnection: close\r\n\r\nnot welcome".slice(
          0,
          -1,
        ),
      );
    })
    .listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const terminal = new TestTerminal();
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect(await sim(argumentsOf(["--ae", "Clamp", "--url", url]), terminal)).toBe(EXIT.FATAL);
  expect(terminal.complained).toEqual([
    "Clamp: the handshake was answered with 403: not welcom; who may come in proves it by --credentials or --tls.certificate",
  ]);
});

test.each([
  [[], "--ae is missing"],
  [["--ae", "Door"], 'begins with C or S (TS-0001, 7.2): "Door" does not, CDoor would'],
  [["--ae", "C/1"], "--ae takes letters"],
  [["--ae", "C1", "--count", "0"], "--count"],
  [["--ae", "C1", "--count", "two"], "--count"],
  [["--ae", "C1", "--url", "http://h"], "ws:// or wss://"],
  [["--ae", "C1", "--subprotocol", "oneM2M.xml"], "--subprotocol"],
  [["--ae", "C1", "--delay", "3"], "--delay"],
  [["--ae", "C1", "--for", "ever"], "--for"],
])("%j is wrong usage: %s", async (argv, sentence) => {
  const terminal = new TestTerminal();
  expect(await sim(argumentsOf(argv), terminal)).toBe(EXIT.USAGE);
  expect(terminal.complained[0]).toContain(sentence);
});

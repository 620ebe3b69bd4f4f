import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import { Gatekeeper } from "../../../src/binding/limits/gatekeeper.ts";
import { Limits } from "../../../src/core/limits.ts";
import type { LimitName } from "../../../src/core/measures.ts";
import { canMakeCertificates, makeCertificate } from "../../helpers/certificate.ts";
import { limitValues } from "../../helpers/limit-values.ts";
import { ManualClock } from "../../helpers/manual-clock.ts";

const TLS = canMakeCertificates();
const MANY = (): number => 1_000;

interface Door {
  readonly keeper: Gatekeeper;
  readonly limits: Limits;
  readonly clock: ManualClock;
  readonly reached: LimitName[];
  /** Opens a connection; resolves when the server has seen it. */
  knock(): Promise<Socket>;
  readonly port: number;
}

async function doorOf(server: Server, others: Record<string, number>, most = MANY): Promise<Door> {
  const limits = new Limits(limitValues(others));
  const clock = new ManualClock();
  const reached: LimitName[] = [];
  const keeper = new Gatekeeper({
    limits,
    load: { isOverloaded: false },
    clock,
    observer: { limitReached: (limit) => reached.push(limit) },
  });
  keeper.guard(server, most);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const knock = async (): Promise<Socket> => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {});
    onTestFinished(() => void socket.destroy());
    await once(server, "connection");
    return socket;
  };
  return { keeper, limits, clock, reached, knock, port };
}

const closed = async (socket: Socket): Promise<void> => {
  socket.resume();
  if (!socket.closed) await once(socket, "close");
};

test("one connection too many of one address is kept to be told so, and 65 are not; room that is left is given again", async () => {
  const server = createServer();
  const seen: object[] = [];
  server.on("connection", (socket) => seen.push(socket));
  const { keeper, clock, knock, reached } = await doorOf(server, { connectionsPerAddress: 2 });
  const sockets = [await knock(), await knock(), await knock()];
  expect(seen.map((socket) => keeper.refusalOf(socket))).toEqual([
    undefined,
    undefined,
    "connections-per-address",
  ]);
  for (let told = 1; told < 64; told += 1) sockets.push(await knock());
  await closed(await knock());
  expect(reached).toHaveLength(65);
  // Who is to be told has 2 s to ask.
  clock.advance(2_000);
  await Promise.all(sockets.slice(2).map(closed));
  const [first] = sockets;
  const left = once(seen[0] as Socket, "close");
  first?.destroy();
  await left;
  await knock();
  expect(keeper.refusalOf(seen.at(-1) as object)).toBeUndefined();
});

test("each server has a total of its own, and a changed one holds for the next connection", async () => {
  const server = createServer();
  const seen: object[] = [];
  server.on("connection", (socket) => seen.push(socket));
  let most = 1;
  const { keeper, knock } = await doorOf(server, {}, () => most);
  await knock();
  await knock();
  most = 2;
  await knock();
  expect(seen.map((socket) => keeper.refusalOf(socket))).toEqual([
    undefined,
    "connections",
    undefined,
  ]);
});

test("handshakes are counted by address and together", async () => {
  const limits = { handshakes: 5, handshakesPerAddress: 2, burst: 1_000 };
  const { keeper, clock } = await doorOf(createServer(), limits);
  const of = (address: string | undefined): (string | undefined)[] =>
    Array.from({ length: 3 }, () => keeper.handshakeOf(address));
  expect(of("192.0.2.1")).toEqual([undefined, undefined, "handshakes-per-address"]);
  // Whoever is refused by itself takes nothing from the others.
  expect(of("192.0.2.2")).toEqual([undefined, undefined, "handshakes-per-address"]);
  expect(of(undefined)).toEqual([undefined, "handshakes", "handshakes"]);
  clock.advance(1_000);
  expect(of("192.0.2.1")).toEqual([undefined, undefined, "handshakes-per-address"]);
});

test("addresses that are exempt stand for nobody, all others for their network", async () => {
  const { keeper, limits } = await doorOf(createServer(), {});
  limits.configure({ ...limitValues(), isExempt: (address) => address === "127.0.0.1" });
  const of = (remoteAddress: string): string | undefined => keeper.addressOf({ remoteAddress });
  expect([of("127.0.0.1"), of("::ffff:127.0.0.1")]).toEqual([undefined, undefined]);
  expect(of("::ffff:192.0.2.1")).toBe("192.0.2.1");
  expect(of("2001:db8::1")).toBe(of("2001:db8::2"));
});

test.skipIf(!TLS)(
  "a TLS handshake past the rate is cut before it begins, and one that does not end after its time",
  async () => {
    const server = createTlsServer(makeCertificate("IP:127.0.0.1"));
    const limits = { handshakesPerAddress: 2, burst: 1_000, tlsTimeout: 5_000 };
    const { clock, knock, port, reached } = await doorOf(server as unknown as Server, limits);
    const done = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false });
    onTestFinished(() => void done.destroy());
    await Promise.all([once(done, "secureConnect"), once(server, "secureConnection")]);
    const silent = await knock();
    await closed(await knock());
    expect(reached).toEqual(["handshakes-per-address"]);
    clock.advance(5_000);
    await closed(silent);
    expect(reached).toEqual(["handshakes-per-address", "tls-time"]);
    expect(done.destroyed).toBe(false);
  },
);

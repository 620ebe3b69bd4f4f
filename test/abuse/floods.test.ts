import { connect, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { constants, deflateRawSync } from "node:zlib";
import { expect, onTestFinished, test, vi } from "vitest";
import { SGN } from "../gateway/front.ts";
import { startCse } from "../helpers/fake-cse.ts";
import { connectRegistree, type Registree } from "../helpers/fake-registree.ts";
import { expectBalance, samplesOf } from "../helpers/hold-books.ts";
import { callHttp, type HttpAnswer } from "../helpers/http-client.ts";
import { RawHttp } from "../helpers/raw-http.ts";
import { Opcode, type RawPeer, rawUpgrade } from "../helpers/raw-upgrade.ts";
import { type RunningGateway, runGateway } from "../helpers/run-gateway.ts";

const PRELOAD = fileURLToPath(new URL("../helpers/gc-on-signal.mjs", import.meta.url));
/** What may be left of an attack, in bytes: pools, tables of connections that were, and noise. */
const LEFT = 24 * 1024 * 1024;
// An attack is as long as the machine is slow.
vi.setConfig({ testTimeout: 120_000 });
const PATIENT = { timeout: 60_000, interval: 100 };

/** A gateway in a process of its own before a CSE, with a device, an application and one that is away. */
interface Besieged {
  readonly gateway: RunningGateway;
  /** Runs the attack, and serves all meanwhile; expects that memory and books are then as they should be. */
  withstands(attack: () => Promise<void>): Promise<void>;
}

async function besiege(...flags: readonly string[]): Promise<Besieged> {
  const cse = await startCse();
  const under = ["env", `NODE_OPTIONS=--import ${PRELOAD}`];
  // Nothing is closed or refused but for what is done to it; how late a slow machine is shall not matter.
  const patient = [
    "--ws.unboundTimeout",
    "1h",
    "--ws.pingAfter",
    "1h",
    "--limits.eventLoopDelay",
    "1m",
  ];
  const gateway = await runGateway({ cse, flags: [...patient, ...flags], under });
  const device = await connectRegistree(gateway.ws, { answer: echo });
  expect(await device.register("CGood")).toMatchObject({ rsc: 2001 });
  const away = await connectRegistree(gateway.ws);
  expect(await away.register("CAway")).toMatchObject({ rsc: 2001 });
  await away.disconnect();
  const served = { count: 0, held: 0 };
  await serve(gateway, device, served);
  return {
    gateway,
    withstands: async (attack) => {
      const before = await memoryOf(gateway);
      const attacked = { over: false };
      const over = attack().finally(() => {
        attacked.over = true;
      });
      const first = served.count;
      do await serve(gateway, device, served);
      while (!attacked.over || served.count < first + 5);
      await over;
      expect(gateway.log()).not.toMatch(/"level":[56]0/);
      await vi.waitFor(
        async () => expect(await memoryOf(gateway)).toBeLessThan(before + LEFT),
        PATIENT,
      );
      // Nothing that was acknowledged is lost: all of it comes, in order, once.
      const back = await connectRegistree(gateway.ws, { answer: echo, origin: "CAway" });
      const count = served.held;
      await expect.poll(() => back.frames, PATIENT).toHaveLength(count);
      expect(back.frames.map(({ text }) => JSON.parse(text).rqi)).toEqual(
        Array.from({ length: count }, (_, n) => `held${n + 1}`),
      );
      await expectBalance(
        { admin: gateway.admin, stateDir: gateway.stateDir },
        { delivered: count },
      );
    },
  };
}

const echo = ({ pc }: { readonly pc?: Record<string, unknown> }) => ({
  rsc: 2000,
  rvi: "3",
  ...(pc && { pc }),
});

/** One exchange of each kind, every one with its right answer. */
async function serve(
  { http }: RunningGateway,
  device: Registree,
  served: { count: number; held: number },
): Promise<void> {
  served.count += 1;
  const n = served.count;
  // Not all of them: they are delivered one by one in the end.
  const isHeld = n % 10 === 1;
  if (isHeld) served.held += 1;
  const sgn = `{"m2m:sgn":{"sur":"/id-in/sub${n}"}}`;
  const notify = (to: string, rqi: string, body: string): Promise<HttpAnswer> =>
    callHttp(http, {
      method: "POST",
      target: `/~/id-in/${to}`,
      headers: {
        "X-M2M-Origin": "CApp",
        "X-M2M-RI": rqi,
        "X-M2M-RVI": "3",
        "Content-Type": "application/json",
      },
      body,
    });
  const [notified, held, asked, passed] = await Promise.all([
    notify("CGood", `good${n}`, sgn),
    isHeld ? notify("CAway", `held${served.held}`, SGN) : undefined,
    device.request({ op: 2, to: `cse-in/x${n}`, fr: "CGood" }),
    callHttp(http, { target: `/cse-in/y${n}`, headers: { "X-M2M-RI": `p${n}` } }),
  ]);
  expect(notified).toMatchObject({ status: 200, rsc: 2000, body: sgn });
  if (isHeld) expect(held).toMatchObject({ status: 202, rsc: 1000 });
  expect(asked).toMatchObject({ rsc: 2000, pc: { "m2m:cb": {} } });
  expect(passed).toMatchObject({ status: 200, rsc: 2000 });
}

/** Heap and what belongs to it outside of it, in bytes, of what is still in use. */
async function memoryOf({ admin, pid, stateDir }: RunningGateway): Promise<number> {
  process.kill(pid, "SIGUSR2");
  const sample = await samplesOf({ admin, stateDir });
  return sample("nodejs_heap_size_used_bytes") + sample("nodejs_external_memory_bytes");
}

/** Sends `bytes` again and again and reads nothing, until the other side takes no more of it. */
async function sendUnread(socket: Socket, bytes: Buffer, times: number): Promise<void> {
  socket.pause();
  for (let turn = 0; turn < times && !socket.destroyed; turn += 1) {
    if (!socket.write(bytes) && !(await drains(socket))) break;
  }
  socket.destroy();
}

/** Whether what was written leaves before nothing has moved for a while. */
function drains(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    socket.setTimeout(500, () => resolve(false));
    socket.once("drain", () => resolve(true)).once("close", () => resolve(false));
  });
}

async function sockets(
  { ws }: RunningGateway,
  count: number,
  headers: Readonly<Record<string, string>> = {},
): Promise<readonly RawPeer[]> {
  const answers = await Promise.all(
    Array.from({ length: count }, () => rawUpgrade(ws, { headers })),
  );
  for (const { status } of answers) expect(status).toBe(101);
  return answers.map(({ peer }) => peer);
}

/** Resolves when the gateway has closed the connection, whether its Close frame comes through or not. */
async function closed(peer: RawPeer): Promise<void> {
  await Promise.race([peer.closeCode().catch(() => {}), peer.gone]);
  peer.socket.destroy();
}

const frame = (first: number, payload: Buffer): Buffer =>
  Buffer.concat([
    payload.length < 126
      ? Buffer.from([first, 0x80 | payload.length])
      : Buffer.from([first, 0x80 | 126, payload.length >> 8, payload.length & 255]),
    Buffer.alloc(4),
    payload,
  ]);
const repeated = (bytes: Buffer, times: number): Buffer =>
  Buffer.concat(Array.from({ length: times }, () => bytes));

test("pings without end that nobody reads the pongs of", async () => {
  const { gateway, withstands } = await besiege();
  await withstands(async () => {
    const pings = repeated(frame(0x89, Buffer.alloc(125, 97)), 2_000);
    const peers = await sockets(gateway, 4);
    await Promise.all(peers.map(({ socket }) => sendUnread(socket, pings, 100)));
  });
});

test("fragments: of one byte, of none, and messages without end", async () => {
  const { gateway, withstands } = await besiege();
  await withstands(async () => {
    const kinds = [
      repeated(frame(0x00, Buffer.from("a")), 30_000),
      repeated(frame(0x00, Buffer.of()), 30_000),
      repeated(Buffer.concat([frame(0x00, Buffer.from("a")), frame(0x89, Buffer.of())]), 15_000),
      repeated(frame(0x00, Buffer.alloc(60_000, 97)), 40),
    ];
    const peers = await sockets(gateway, kinds.length);
    await Promise.all(
      peers.map(async (peer, index) => {
        peer.sendFrame({ opcode: Opcode.TEXT, fin: false, payload: '{"op":' });
        peer.socket.write(kinds[index % kinds.length] ?? "");
        // Each of them is too many fragments, too much of a message, or too many pings.
        await closed(peer);
      }),
    );
  });
});

test("deflate bombs, small and many of them, where compression is on", async () => {
  const { gateway, withstands } = await besiege("--ws.deflate", "true");
  await withstands(async () => {
    const bomb = (size: number): Buffer =>
      deflateRawSync(Buffer.alloc(size, 32), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(
        0,
        -4,
      );
    const [over, under] = [bomb(30_000_000), bomb(1_000_000)];
    const peers = await sockets(gateway, 4, { "Sec-WebSocket-Extensions": "permessage-deflate" });
    await Promise.all(
      peers.map(async (peer, index) => {
        const isOver = index % 2 === 0;
        for (let n = 0; n < (isOver ? 1 : 12); n += 1) {
          peer.sendFrame({ opcode: Opcode.TEXT, rsv1: true, payload: isOver ? over : under });
        }
        // Too large, or too often no primitive.
        await closed(peer);
      }),
    );
  });
});

test("requests without end whose answers nobody reads, over WebSocket and pipelined over HTTP", async () => {
  const { gateway, withstands } = await besiege("--ws.maxBuffered", "256KiB");
  await withstands(async () => {
    const request = { op: 2, to: "cse-in", fr: "CAE9", rvi: "3", x: "x".repeat(400) };
    const frames = Array.from({ length: 500 }, (_, n) =>
      frame(0x81, Buffer.from(JSON.stringify({ ...request, rqi: `${n}` }))),
    );
    const gets = Buffer.from("GET /cse-in/z HTTP/1.1\r\nHost: x\r\n\r\n".repeat(500));
    await Promise.all([
      ...(await sockets(gateway, 4)).map(({ socket }) =>
        sendUnread(socket, Buffer.concat(frames), 6),
      ),
      ...[1, 2, 3, 4].map(() => sendUnread(new RawHttp(gateway.http).socket, gets, 4)),
    ]);
  });
});

test("10,000 handshakes that are never finished, several hundred at a time", async () => {
  const { gateway, withstands } = await besiege();
  const { hostname, port } = new URL(gateway.ws);
  const half = "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Up";
  const open = (): Promise<Socket> =>
    new Promise((resolve) => {
      const socket = connect({ host: hostname, port: Number(port) });
      socket.on("error", () => {});
      socket.once("connect", () => {
        socket.write(half);
        resolve(socket);
      });
      socket.once("close", () => resolve(socket));
    });
  await withstands(async () => {
    const waiting: Socket[] = [];
    onTestFinished(() => {
      for (const socket of waiting) socket.destroy();
    });
    for (let turn = 0; turn < 50; turn += 1) {
      waiting.push(...(await Promise.all(Array.from({ length: 200 }, open))));
      // Some hundreds stay open, and the oldest go without a word.
      for (const socket of waiting.splice(0, Math.max(0, waiting.length - 600)))
        socket.resetAndDestroy();
    }
    for (const socket of waiting.splice(0)) socket.destroy();
  });
});

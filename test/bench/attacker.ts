import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Attack, AttackJob, AttackResult } from "./attacks.ts";
import { doJobs } from "./worker.ts";

/** Connections that stay open at a time; the oldest goes. */
const OPEN = 300;
/** Not that of those who behave, so that what is limited by address is. */
const ATTACKER = "127.0.0.2";
const TICK_MS = 20;

const UPGRADE = [
  "GET / HTTP/1.1",
  "Host: x",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Protocol: oneM2M.json\r\n\r\n",
].join("\r\n");
const POST = [
  "POST /~/id-in/CB0 HTTP/1.1",
  "Host: x",
  "X-M2M-Origin: CEvil",
  "X-M2M-RI: 1",
  "X-M2M-RVI: 3",
  "Content-Type: application/json",
].join("\r\n");
const ping = Buffer.concat([Buffer.from([0x89, 0xfd, 0, 0, 0, 0]), Buffer.alloc(125)]);
const piece = Buffer.from([0x00, 0x81, 0, 0, 0, 0, 0x20]);
const times = (bytes: Buffer, count: number): Buffer =>
  Buffer.concat(Array.from({ length: count }, () => bytes));
const DEEP = "[".repeat(20_000);

const SENDS: Record<
  Attack,
  { readonly to: "http" | "ws"; readonly bytes: readonly (string | Buffer)[] }
> = {
  "half handshakes": { to: "ws", bytes: [UPGRADE.slice(0, 60)] },
  "slow heads and bodies": { to: "http", bytes: [`${POST}\r\nContent-Length: 900\r\n\r\n{`] },
  pings: { to: "ws", bytes: [UPGRADE, times(ping, 200)] },
  fragments: {
    to: "ws",
    bytes: [UPGRADE, Buffer.from([0x01, 0x81, 0, 0, 0, 0, 0x7b]), times(piece, 2_000)],
  },
  "requests whose answers nobody reads": {
    to: "http",
    bytes: [`GET /cse-in/x HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(20)],
  },
  "hostile content": {
    to: "http",
    bytes: [`${POST}\r\nContent-Length: ${DEEP.length}\r\n\r\n${DEEP}`],
  },
};

async function perform({
  attack,
  httpPort,
  wsPort,
  perSecond,
  seconds,
}: AttackJob): Promise<AttackResult> {
  const { to, bytes } = SENDS[attack];
  const open: Socket[] = [];
  const until = Date.now() + seconds * 1_000;
  let done = 0;
  let due = 0;
  while (Date.now() < until) {
    due += (perSecond * TICK_MS) / 1_000;
    for (; done < due; done += 1) {
      const socket = connect({
        host: "127.0.0.1",
        localAddress: ATTACKER,
        port: to === "http" ? httpPort : wsPort,
      });
      socket.on("error", () => {});
      socket.pause();
      for (const part of bytes) socket.write(part);
      open.push(socket);
    }
    for (const socket of open.splice(0, Math.max(0, open.length - OPEN))) socket.resetAndDestroy();
    await delay(TICK_MS);
  }
  for (const socket of open) socket.destroy();
  return done;
}

doJobs(perform);

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { asked, inStep, ok, startFront } from "../gateway/front.ts";
import { defaultScript } from "../helpers/fake-cse.ts";
import { connectRegistree } from "../helpers/fake-registree.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { RawHttp } from "../helpers/raw-http.ts";

const HEAD = ["Host: x", "X-M2M-Origin: CApp", "X-M2M-RVI: 3", "Content-Type: application/json"];
const SLOW = 'm2mgw_limits_total{limit="slow-reader"}';
const LABORATORY = { "ws.allowCseOnPlain": "true", "ws.pingAfter": "1h", "ws.maxMessage": "16MiB" };
const SMALL = { "m2m:cin": { con: "x" } };
/** More than the sockets of both sides take. */
const LARGE = { "m2m:cin": { con: "x".repeat(12_000_000) } };

test("who does not read its answer is cut off after 30 s, and nobody else is (architecture, D9)", async () => {
  const clock = new ManualClock();
  const front = await startFront(LABORATORY, { clock });
  const { ae, point } = await front.registreeCse("/id-mn", {
    answer: ({ to }) => ({ rsc: 2000, pc: to === "cse/large" ? LARGE : SMALL }),
  });
  const ask = (rqi: string, what: string): string[] => [
    `GET ${point}/cse/${what} HTTP/1.1`,
    ...HEAD,
    `X-M2M-RI: ${rqi}`,
  ];
  const idle = clock.waiting;
  const peers = Array.from({ length: 3 }, () => new RawHttp(front.gateway.http));
  for (const [index, peer] of peers.entries()) {
    peer.socket.pause();
    peer.send(ask(`s${index}`, "large"));
  }
  await expect.poll(() => ae.frames).toHaveLength(1 + peers.length);
  await inStep(ae);
  const good = new RawHttp(front.gateway.http);
  good.send(ask("good", "small"));
  expect(await good.answered()).toMatchObject([{ status: 200 }]);
  await expect.poll(() => clock.waiting).toBe(idle + peers.length);
  clock.advance(30_000);
  for (const peer of peers) peer.socket.resume();
  await Promise.all(peers.map(({ gone }) => gone));
  for (const { responses } of peers) expect(responses).toEqual([]);
  good.send(ask("still", "small"));
  expect(await good.answered(2)).toMatchObject([{ status: 200 }, { status: 200 }]);
});

test("who reads slowly but reads keeps its connection, and so does an answer that waits behind another's", async () => {
  const clock = new ManualClock();
  const front = await startFront({ ...LABORATORY, "request.ceiling": "10m" }, { clock });
  const { ae, point } = await front.registreeCse("/id-mn");
  const peer = new RawHttp(front.gateway.http);
  for (const rqi of ["1", "2"]) peer.send([`GET ${point}/x HTTP/1.1`, ...HEAD, `X-M2M-RI: ${rqi}`]);
  await ae.nextRequest();
  await ae.nextRequest();
  ae.send({ rsc: 2000, rqi: "2", pc: SMALL });
  await inStep(ae);
  clock.advance(60_000);
  ae.send({ rsc: 2000, rqi: "1" });
  expect(await peer.answered(2)).toMatchObject([{ status: 200 }, { status: 200 }]);
});

/** More than is kept of a body before it is streamed. */
const BEGINNING = `11800\r\n${"x".repeat(0x11800)}\r\n`;
const UPLOAD = [...HEAD, "X-M2M-RI: u", "Transfer-Encoding: chunked"];

test("an application is answered in time though others have all connections to the CSE (style, Async)", async () => {
  const clock = new ManualClock();
  const front = await startFront({ "cse.connections": "3", "ws.pingAfter": "1h" }, { clock });
  const { ae, point } = await front.ae("CAE1", { answer: ok });
  const before = front.cse.requests.length;
  front.cse.answer(() => undefined);
  const polls = [1, 2, 3].map(() => new RawHttp(front.gateway.http));
  for (const peer of polls) peer.send(["GET /cse-in/la HTTP/1.1", ...HEAD, "X-M2M-RET: 60000"]);
  await expect.poll(() => front.cse.requests).toHaveLength(before + 3);
  front.cse.answer(defaultScript);
  const idle = clock.waiting;
  const asked = front.http({ target: "/cse-in/x", headers: { "X-M2M-RI": "g" } });
  // Two timers for each that passes.
  await expect.poll(() => clock.waiting).toBe(idle + 2);
  clock.advance(19_000);
  for (const rqi of ["n1", "n2", "n3"]) {
    expect(await front.notify(point, { rqi })).toMatchObject({ status: 200 });
  }
  clock.advance(1_000);
  expect(await asked).toMatchObject({ rsc: 4008, headers: { "x-m2m-ri": "g" } });
  // What concerns registrees goes by other connections.
  expect(await front.notify(point)).toMatchObject({ status: 200 });
  expect(await ae.request({ op: 2, to: "cse-in", fr: "CAE1" })).toMatchObject({ rsc: 2000 });
  for (const peer of polls) peer.socket.destroy();
  await expect.poll(() => clock.waiting).toBeLessThanOrEqual(idle);
});

test("a body takes no connection to the CSE before it is whole, or more of it has come than is kept", async () => {
  const settings = { "cse.connections": "1", "cse.maxInFlight": "1", "ws.pingAfter": "1h" };
  const clock = new ManualClock();
  const front = await startFront(settings, { clock });
  await front.http({ target: "/cse-in/w" });
  const idle = clock.waiting;
  const slow = new RawHttp(front.gateway.http);
  slow.send(["POST /cse-in/c HTTP/1.1", ...UPLOAD], "1\r\n{\r\n");
  await expect.poll(() => clock.waiting).toBe(idle + 2);
  expect(await front.http({ target: "/cse-in/x" })).toMatchObject({ status: 200 });
  clock.advance(20_000);
  const [answer] = await slow.answered();
  expect(answer).toMatchObject({ status: 408 });
  expect(asked(front.cse)).toEqual(["GET /cse-in/w", "GET /cse-in/x"]);
  expect(await front.gateway.metric("m2mgw_upstream_up")).toBe(1);
});

/** A CSE that answers when a body has ended, and tells of each POST when it begins. */
async function startReadingCse(): Promise<{ readonly url: string; readonly begun: string[] }> {
  const begun: string[] = [];
  const server = createServer((request, response) => {
    if (request.method === "POST") begun.push(request.url ?? "");
    request.on("error", () => {});
    request.resume().on("end", () => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, begun };
}

test("slow uploads take half of the connections to the CSE: more wait, then are 503 with 5103, and nobody else does", async () => {
  const clock = new ManualClock();
  const { url, begun } = await startReadingCse();
  const settings = { "cse.url": url, "cse.connections": "4", "ws.pingAfter": "1h" };
  const front = await startFront(settings, { clock });
  await front.http({ target: "/cse-in/x" });
  const idle = clock.waiting;
  const slow = Array.from({ length: 6 }, () => new RawHttp(front.gateway.http));
  for (const [index, peer] of slow.entries()) {
    peer.send([`POST /cse-in/${index} HTTP/1.1`, ...UPLOAD], BEGINNING);
    // Those that are to have a connection one after the other.
    if (index < 2) await expect.poll(() => begun).toHaveLength(index + 1);
  }
  await expect.poll(() => clock.waiting).toBe(idle + 12);
  for (let turn = 0; turn < 4; turn += 1) {
    expect(await front.http({ target: "/cse-in/x" })).toMatchObject({ status: 200 });
  }
  expect(begun).toHaveLength(2);
  // One of those that stream ends, and one that waits has its turn.
  slow[0]?.socket.write("0\r\n\r\n");
  expect(await slow[0]?.answered()).toMatchObject([{ status: 200 }]);
  await expect.poll(() => begun).toHaveLength(3);
  clock.advance(20_000);
  const left = slow.slice(1).map((peer) => peer.answered());
  const answers = (await Promise.all(left)).map((responses) => responses[0]);
  expect(answers.map((answer) => answer?.status).sort()).toEqual([503, 503, 503, 504, 504]);
  for (const answer of answers.filter((one) => one?.status === 503)) {
    expect(answer?.lines).toEqual(expect.arrayContaining(["X-M2M-RSC: 5103"]));
  }
  expect(await front.gateway.metric('m2mgw_failures_total{code="GW_OVERLOADED"}')).toBe(3);
});

test("of answers that are read slowly one is cut where others wait for a connection to the CSE", async () => {
  const large = Buffer.alloc(12_000_000, "x");
  const front = await startFront({ "cse.connections": "4" });
  front.cse.answer(({ target }) => (target === "/cse-in/large" ? { body: large } : { rsc: 2000 }));
  const slow: RawHttp[] = [];
  for (let n = 1; n <= 4; n += 1) {
    const peer = new RawHttp(front.gateway.http);
    peer.socket.pause();
    peer.send(["GET /cse-in/large HTTP/1.1", ...HEAD, `X-M2M-RI: ${n}`]);
    slow.push(peer);
    await expect.poll(() => front.cse.requests).toHaveLength(n);
  }
  // Nobody is cut for being slow alone.
  expect(await front.gateway.metric(SLOW)).toBe(0);
  expect(await front.http({ target: "/cse-in/x" })).toMatchObject({ rsc: 2000 });
  expect(await front.gateway.metric(SLOW)).toBe(1);
  for (const peer of slow) peer.socket.resume();
  await Promise.race(slow.map(({ gone }) => gone));
  const isWhole = ({ socket }: RawHttp): boolean => socket.bytesRead > large.length;
  await expect.poll(() => slow.filter(isWhole)).toHaveLength(3);
});

test("hundreds of slow heads and bodies on both faces keep nobody waiting", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1", { answer: ok });
  const { http, ws } = front.gateway;
  const beginnings: readonly (readonly [string, string])[] = [
    [http, ""],
    [http, "G"],
    [http, `POST ${point} HTTP/1.1\r\nHost: x\r\nX-A: `],
    [
      http,
      `POST ${point} HTTP/1.1\r\n${HEAD.join("\r\n")}\r\nX-M2M-RI: 1\r\nContent-Length: 900\r\n\r\n{`,
    ],
    [
      http,
      `POST ${point} HTTP/1.1\r\n${HEAD.join("\r\n")}\r\nX-M2M-RI: 1\r\nTransfer-Encoding: chunked\r\n\r\nf`,
    ],
    [
      http,
      `POST ${point} HTTP/1.1\r\n${HEAD.join("\r\n")}\r\nX-M2M-RI: 1\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n`,
    ],
    [ws, ""],
    [ws, "GET / HTTP/1.1\r\nUpgrade: websocket\r\n"],
    [ws, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n{"],
  ];
  const slow = Array.from({ length: 50 }, () =>
    beginnings.map(([base, beginning]) => {
      const peer = new RawHttp(base);
      peer.socket.write(beginning);
      return peer;
    }),
  ).flat();
  for (let turn = 0; turn < 20; turn += 1) {
    for (const { socket } of slow) if (socket.writable) socket.write("a");
    const rqi = `good${turn}`;
    expect(await front.notify(point, { rqi })).toMatchObject({ status: 200, rsc: 2000 });
    expect(await ae.request({ op: 2, to: "cse-in", fr: "CAE1" })).toMatchObject({ rsc: 2000 });
    expect(await front.http({ target: "/cse-in/x" })).toMatchObject({ status: 200 });
  }
  const newcomer = await connectRegistree(ws);
  expect(await newcomer.register("CAE2")).toMatchObject({ rsc: 2001 });
  for (const peer of slow) peer.socket.destroy();
});

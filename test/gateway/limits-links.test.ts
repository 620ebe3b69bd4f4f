import { once } from "node:events";
import { createConnection } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { askAs } from "../helpers/entity.ts";
import type { Message } from "../helpers/fake-registree.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { Opcode, rawUpgrade } from "../helpers/raw-upgrade.ts";
import { startGateway } from "../helpers/start-gateway.ts";
import { inStep, startFront, UNANSWERED } from "./front.ts";

const RETRIEVE = { op: 2, to: "cse-in", fr: "CAE1" };
const REACHED = (limit: string): string => `m2mgw_limits_total{limit="${limit}"}`;
const HELD = { status: 202, rsc: 1000 };
const DAY = 24 * 3600 * 1000;

test("what a registree sends past its rate is read later, and nothing of it is lost or refused", async () => {
  const clock = new ManualClock();
  const settings = { "limits.primitives": "10", "limits.burst": "1s" };
  const front = await startFront(settings, { clock });
  const { ae } = await front.ae("CAE1");
  const asked = front.cse.requests.length;
  // What was sent before it was known who it is was nobody's.
  const first = Array.from({ length: 11 }, () => ae.request(RETRIEVE));
  await Promise.all(first);
  expect(await front.gateway.metric(REACHED("rate"))).toBe(1);
  const more = Array.from({ length: 5 }, () => ae.request(RETRIEVE));
  // Another connection, whose answer shows that time has been enough for what is not held back.
  const { ae: other } = await front.ae("CAE2");
  expect(await other.request({ ...RETRIEVE, fr: "CAE2" })).toMatchObject({ rsc: 2000 });
  expect(front.cse.requests.length).toBe(asked + 11 + 2);
  clock.advance(1_000);
  for (const answer of await Promise.all(more)) expect(answer).toMatchObject({ rsc: 2000 });
});

test("a connection is not taken for dead while it is not read", async () => {
  const clock = new ManualClock();
  const settings = { "limits.bytes": "100B", "limits.burst": "1s", "ws.pongWithin": "10s" };
  const front = await startFront(settings, { clock });
  const { ae } = await front.ae("CAE1");
  const long = { ...RETRIEVE, padding: "x".repeat(10_000) };
  expect(await ae.request(long)).toMatchObject({ rsc: 2000 });
  const next = ae.request(RETRIEVE);
  for (let passed = 0; passed < 120_000; passed += 1_000) clock.advance(1_000);
  expect(await next).toMatchObject({ rsc: 2000 });
  expect(await front.gateway.metric("m2mgw_links")).toBe(1);
});

test("a flood of pings is slowed down as one of requests is", async () => {
  const clock = new ManualClock();
  const settings = { "limits.exempt": "", "limits.primitives": "10", "limits.burst": "1s" };
  const gateway = await startGateway(settings, { clock });
  const { peer } = await rawUpgrade(gateway.ws);
  for (let sent = 0; sent < 11; sent += 1) peer.sendFrame({ opcode: Opcode.PING });
  for (let got = 0; got < 11; got += 1) expect((await peer.nextFrame()).opcode).toBe(Opcode.PONG);
  expect(await gateway.metric(REACHED("rate"))).toBe(1);
});

test("a registree that leaves too much unread for too long is closed, and what was for it is held", async () => {
  const clock = new ManualClock();
  const settings = { "ws.maxBuffered": "64KiB", "ws.window": "200", "ws.pingAfter": "1h" };
  const front = await startFront(
    { ...settings, "hold.maxBytes": "64MiB", "limits.bodyTimeout": "1h" },
    { clock },
  );
  const { point } = await front.ae();
  const { peer } = await rawUpgrade(front.gateway.ws, { headers: { "X-M2M-Origin": "CAE1" } });
  expect(await peer.request({ ...RETRIEVE, rqi: "r1" })).toMatchObject({ rsc: 2000 });
  peer.socket.pause();
  const body = JSON.stringify({ "m2m:sgn": { sur: "x".repeat(1_000_000) } });
  const headers = { "X-M2M-RET": `${DAY}` };
  const notified = Array.from({ length: 20 }, (_, index) =>
    front.notify(point, { rqi: `n${index}`, body, headers }),
  );
  const arrived = async (): Promise<number> =>
    (await front.gateway.metric(UNANSWERED)) + (await front.gateway.metric("m2mgw_hold_entries"));
  while ((await arrived()) < 20) await new Promise((again) => setImmediate(again));
  clock.advance(29_999);
  expect(await front.gateway.metric(REACHED("slow-reader"))).toBe(0);
  // How long the system still takes of what is written is its own affair, and the while begins when it takes no more.
  // It still sends meanwhile: silence is not what it is closed for.
  while ((await front.gateway.metric(REACHED("slow-reader"))) === 0) {
    peer.sendFrame({ opcode: Opcode.PONG });
    clock.advance(10_000);
  }
  clock.advance(10_000);
  for (const answer of await Promise.all(notified)) expect(answer).toMatchObject(HELD);
  expect(await front.gateway.metric("m2mgw_hold_entries")).toBe(20);
  expect(await front.gateway.metric("m2mgw_links")).toBe(0);
});

test("a client that reads nothing of its response is closed after a while", async () => {
  const front = await startFront({ "limits.writeTimeout": "50ms", "ws.maxMessage": "64MiB" });
  const { ae, point } = await front.ae("CAE1");
  const { hostname, port } = new URL(front.gateway.http);
  const socket = createConnection(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  socket.pause();
  const body = '{"m2m:sgn":{"vrq":true,"sur":"/id-in/sub1"}}';
  socket.write(
    `POST ${point} HTTP/1.1\r\nHost: x\r\nX-M2M-Origin: CApp\r\nX-M2M-RI: s1\r\nX-M2M-RVI: 3\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  const { rqi } = await ae.nextRequest();
  // More than the buffers of the system take.
  ae.send({ rsc: 2000, rqi: String(rqi), pc: { "m2m:dbg": "x".repeat(30_000_000) } });
  await inStep(ae);
  await front.gateway.metricIs(REACHED("slow-reader"), 1);
  socket.resume();
  await once(socket, "close");
});

test("while the event loop is late new requests and handshakes are refused, what is under way is finished, and readiness tells", async () => {
  const front = await startFront();
  const { gateway } = front;
  const { ae, point } = await front.ae("CAE1");
  const { peer: stranger } = await rawUpgrade(gateway.ws);
  const underWay = front.notify(point, { rqi: "n1" });
  const { rqi } = await ae.nextRequest();
  // Not before: a slow machine is late by itself.
  await gateway.reload({ "cse.url": front.cse.url, "limits.eventLoopDelay": "200ms" });
  const ready = async (): Promise<number> => (await fetch(`${gateway.admin}/readyz`)).status;
  const overloaded = (): Promise<number> => gateway.metric("m2mgw_overloaded");
  while ((await ready()) === 200 || (await overloaded()) === 0) block(800);
  const refused = front.notify(point, { rqi: "n2" });
  const handshake = rawUpgrade(gateway.ws);
  const retrieve = ae.request(RETRIEVE);
  stranger.send({ ...RETRIEVE, fr: "CNobody", rqi: "s1", rvi: "3" });
  ae.send({ rsc: 2000, rqi: String(rqi) });
  expect(await refused).toMatchObject({ status: 503, rsc: 5103, headers: { "retry-after": "1" } });
  expect((await handshake).status).toBe(503);
  expect(await retrieve).toMatchObject({ rsc: 5103 });
  expect(await stranger.closeCode()).toBe(1013);
  expect(await underWay).toMatchObject({ status: 200 });
  while ((await ready()) !== 200) await new Promise((again) => setImmediate(again));
  expect(await gateway.metric(REACHED("event-loop"))).toBeGreaterThanOrEqual(3);
  expect(await askAs(gateway.http, "CApp", { method: "GET", target: "/cse-in" })).toMatchObject({
    status: 200,
  });
});

test("a registration or update with more points of access than are kept is refused with 4000, and the CSE hears nothing", async () => {
  const front = await startFront({ "limits.points": "2" });
  const poa = ["http://192.0.2.1", "http://192.0.2.2"];
  const { ae } = await front.ae("CAE1", { attributes: { poa } });
  const asked = front.cse.requests.length;
  const more = [...poa, "http://192.0.2.3"];
  const update = (list: readonly string[]): Message => ({
    op: 3,
    to: "CAE1",
    fr: "CAE1",
    pc: { "m2m:ae": { poa: list } },
  });
  expect(await ae.request(update(more))).toMatchObject({ rsc: 4000 });
  const other = await front.connect();
  expect(await other.register("CAE2", { poa: more })).toMatchObject({ rsc: 4000 });
  expect(front.cse.requests.length).toBe(asked);
  const failures = 'm2mgw_failures_total{code="GW_TOO_MANY_POINTS"}';
  expect(await front.gateway.metric(failures)).toBe(2);
  expect(await ae.request(update(poa))).not.toMatchObject({ rsc: 4000 });
});

test("past limits.registrees nobody new is registered, adopted or told of; who is registered stays", async () => {
  const front = await startFront({ "limits.registrees": "1" });
  const { ae } = await front.ae("CAE1");
  const asked = front.cse.requests.length;
  const other = await front.connect();
  expect(await other.register("CAE2")).toMatchObject({ rsc: 5103 });
  const unknown = { op: 2, to: "cse-in/x", fr: "CAE3" };
  expect(await other.request(unknown)).toMatchObject({ rsc: 5103 });
  expect(front.cse.requests.length).toBe(asked);
  const failures = 'm2mgw_failures_total{code="GW_TOO_MANY_REGISTREES"}';
  expect(await front.gateway.metric(failures)).toBe(2);
  expect(await ae.request({ ...unknown, fr: "CAE1" })).toMatchObject({ rsc: 2000 });
  expect(await ae.register("CAE1")).toMatchObject({ rsc: 2001 });
});

/** Keeps the event loop for so many milliseconds. */
function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { askAs } from "../helpers/entity.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { rawUpgrade } from "../helpers/raw-upgrade.ts";
import { startGateway } from "../helpers/start-gateway.ts";
import { expectSentence } from "./error-sentence.ts";
import { ok, startFront } from "./front.ts";
import { startStandalone } from "./http-standalone.ts";

/** Nobody's address is exempt. */
const STRICT = { "limits.exempt": "" };
const REACHED = (limit: string): string => `m2mgw_limits_total{limit="${limit}"}`;
const FAILED = (code: string): string => `m2mgw_failures_total{code="${code}"}`;

function open(url: string): { socket: Socket; answer: Promise<string> } {
  const { hostname, port } = new URL(url);
  const socket = createConnection(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => {});
  let text = "";
  socket.on("data", (chunk) => {
    text += String(chunk);
  });
  const answer = once(socket, "close").then(() => text);
  return { socket, answer };
}

test.each(["http", "ws"] as const)(
  "a head that does not come in time is 408, and its connection is closed (%s)",
  async (face) => {
    const gateway = await startGateway({ "limits.headTimeout": "40ms" });
    const { socket, answer } = open(gateway[face]);
    socket.write("GET / HTTP/1.1\r\nHost: x\r\nX-M2M-");
    expect(await answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(await gateway.metric(REACHED("head-time"))).toBe(1);
  },
);

test("a request whose body does not end in time is 408", async () => {
  const gateway = await startGateway({
    "limits.headTimeout": "20ms",
    "limits.requestTimeout": "60ms",
  });
  const { socket, answer } = open(gateway.http);
  socket.write("POST /CAE1 HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n");
  expect(await answer).toMatch(/^HTTP\/1\.1 408 /);
});

test.each(["http", "ws"] as const)(
  "a head above its size is 431, and so is one of too many fields (%s)",
  async (face) => {
    const gateway = await startGateway({ "limits.headSize": "4KiB", "limits.headerFields": "20" });
    const large = open(gateway[face]);
    large.socket.write(`GET / HTTP/1.1\r\nHost: x\r\nX-Large: ${"x".repeat(5_000)}\r\n\r\n`);
    expect(await large.answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(await gateway.metric(REACHED("head-size"))).toBe(1);
    const fields = "X-M: 1\r\n".repeat(20);
    const many = open(gateway[face]);
    many.socket.write(
      `GET / HTTP/1.1\r\nHost: x\r\n${fields}Connection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n`,
    );
    expect(await many.answer).toMatch(/^HTTP\/1\.1 431 /);
  },
);

test("as many header fields as there may be are read, all of them, one more is 431 with 4000", async () => {
  const { ask, gateway } = await startStandalone({ "limits.headerFields": "20" });
  const of = (count: number): Record<string, string> =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`X-Other-${index}`, "1"]));
  // Host, Connection and the three of oneM2M come on top.
  const sent = 5;
  expect(await ask("CApp", "GET", "/cse-in", { headers: of(20 - sent) })).toMatchObject({
    status: 200,
  });
  const answer = await ask("CApp", "GET", "/cse-in", { headers: of(21 - sent) });
  expect(answer).toMatchObject({ status: 431, rsc: 4000 });
  expectSentence(answer.body);
  expect(await gateway.metric(FAILED("GW_HEAD_TOO_LARGE"))).toBe(1);
});

test("a request-target that is longer than it may be is 414 with 4000", async () => {
  const { ask, gateway } = await startStandalone({ "limits.targetSize": "64B" });
  const of = (length: number): string => `/cse-in?lbl=${"x".repeat(length - 12)}`;
  expect((await ask("CApp", "GET", of(64))).status).not.toBe(414);
  expect(await ask("CApp", "GET", of(65))).toMatchObject({ status: 414, rsc: 4000 });
  expect(await gateway.metric(FAILED("GW_TARGET_TOO_LONG"))).toBe(1);
});

test("past the connections of the HTTP face a newcomer is answered 503 with Retry-After and 5103, and hung up on", async () => {
  const gateway = await startGateway({ "http.maxConnections": "1" });
  const first = open(gateway.http);
  await once(first.socket, "connect");
  const refused = await askAs(gateway.http, "CApp", { method: "GET", target: "/cse-in" });
  expect(refused).toMatchObject({ status: 503, rsc: 5103 });
  expect(refused.headers).toMatchObject({ "retry-after": "1", connection: "close" });
  expect(await gateway.metric(REACHED("connections"))).toBe(1);
  first.socket.destroy();
  await first.answer;
  for (;;) {
    const { status } = await askAs(gateway.http, "CApp", { method: "GET", target: "/cse-in" });
    if (status === 200) break;
    expect(status).toBe(503);
  }
});

test("past the connections of one address at both faces together it is told 429, over HTTP with 5103", async () => {
  const gateway = await startGateway({ ...STRICT, "limits.connectionsPerAddress": "2" });
  await rawUpgrade(gateway.ws);
  const { status } = await rawUpgrade(gateway.ws);
  expect(status).toBe(101);
  const refused = await askAs(gateway.http, "CApp", { method: "GET", target: "/cse-in" });
  expect(refused).toMatchObject({ status: 429, rsc: 5103, headers: { "retry-after": "5" } });
  const handshake = await rawUpgrade(gateway.ws);
  expect(handshake.status).toBe(429);
  expect(handshake.headers.get("retry-after")).toBe("5");
  expect(await gateway.metric('m2mgw_handshakes_total{result="too-many"}')).toBe(1);
  expect(await gateway.metric(REACHED("connections-per-address"))).toBe(2);
});

test.each([
  [
    "of one address are 429",
    { ...STRICT, "limits.handshakesPerAddress": "2" },
    429,
    "handshakes-per-address",
  ],
  ["of all together are 503", { "limits.handshakes": "2" }, 503, "handshakes"],
])(
  "handshakes past the rate %s, until time has passed",
  async (_what, settings, refusal, limit) => {
    const clock = new ManualClock();
    const gateway = await startGateway({ ...settings, "limits.burst": "1s" }, { clock });
    const statuses = async (): Promise<number[]> => {
      const all = [rawUpgrade(gateway.ws), rawUpgrade(gateway.ws), rawUpgrade(gateway.ws)];
      return (await Promise.all(all)).map(({ status }) => status).sort();
    };
    expect(await statuses()).toEqual([101, 101, refusal]);
    clock.advance(1_000);
    expect(await statuses()).toEqual([101, 101, refusal]);
    expect(await gateway.metric(REACHED(limit))).toBe(2);
  },
);

test("requests of one address past the rate are 429 with Retry-After and 5103, until time has passed", async () => {
  const settings = { ...STRICT, "limits.primitives": "2", "limits.burst": "1s" };
  const { ask, clock, gateway } = await startStandalone(settings);
  const retrieve = (): ReturnType<typeof ask> => ask("CApp", "GET", "/cse-in");
  expect(await retrieve()).toMatchObject({ status: 200 });
  // Whom it names changes nothing: a claim charges nobody.
  expect(await ask("COther", "GET", "/cse-in")).toMatchObject({ status: 200 });
  const refused = await retrieve();
  expect(refused).toMatchObject({ status: 429, rsc: 5103, headers: { "retry-after": "1" } });
  expectSentence(refused.body);
  expect(await gateway.metric(FAILED("GW_TOO_FAST"))).toBe(1);
  clock.advance(500);
  expect(await retrieve()).toMatchObject({ status: 200 });
});

test.each([
  ["a length that was announced", {}],
  ["chunks", { "Transfer-Encoding": "chunked" }],
])("bytes of bodies count by %s", async (_what, headers) => {
  const settings = { ...STRICT, "limits.bytes": "1000B", "limits.burst": "1s" };
  const { ask, clock } = await startStandalone(settings);
  const body = { "m2m:sgn": { sur: "x".repeat(2_000) } };
  const notify = { headers, body };
  expect(await ask("CApp", "POST", "/nowhere", notify)).not.toMatchObject({ status: 429 });
  expect(await ask("CApp", "GET", "/cse-in")).toMatchObject({ status: 429 });
  clock.advance(2_000);
  expect(await ask("CApp", "GET", "/cse-in")).toMatchObject({ status: 200 });
});

test("past the exchanges under way in both directions a request is 503 with 5103, or 5103 on a WebSocket", async () => {
  const front = await startFront({ "limits.inFlight": "1" });
  const { ae, point } = await front.ae("CAE1");
  const first = front.notify(point, { rqi: "n1" });
  const { rqi } = await ae.nextRequest();
  expect(await front.notify(point, { rqi: "n2" })).toMatchObject({ status: 503, rsc: 5103 });
  const retrieve = { op: 2, to: "cse-in", fr: "CAE1" };
  expect(await ae.request(retrieve)).toMatchObject({ rsc: 5103 });
  expect(await front.gateway.metric(FAILED("GW_OVERLOADED"))).toBe(2);
  ae.send({ rsc: 2000, rqi: String(rqi) });
  expect(await first).toMatchObject({ status: 200 });
  expect(await ae.request(retrieve)).toMatchObject({ rsc: 2000 });
});

test("content nested deeper than it may be is refused with 4000, over HTTP and in a message", async () => {
  const front = await startFront({ "limits.nesting": "8" });
  const { ae, point } = await front.ae("CAE1", { answer: ok });
  const of = (levels: number): string =>
    `{"m2m:sgn":${'{"a":'.repeat(levels - 1)}1${"}".repeat(levels)}`;
  expect(await front.notify(point, { body: of(8) })).toMatchObject({ status: 200 });
  expect(await front.notify(point, { body: of(9) })).toMatchObject({ status: 400, rsc: 4000 });
  expect(await front.gateway.metric(FAILED("GW_CONTENT_MALFORMED"))).toBe(1);
  // The envelope counts.
  ae.send(`{"op":2,"to":"cse-in","fr":"CAE1","rqi":"deep","pc":${of(8)}}`);
  expect(await ae.nextResponse()).toMatchObject({ rsc: 4000 });
  expect(await front.gateway.metric("m2mgw_malformed_messages_total")).toBe(1);
});

test("other limits hold from a reload on, and connections stay open through it", async () => {
  const front = await startFront({ "limits.inFlight": "1" });
  const { ae, point } = await front.ae("CAE1", { answer: ok });
  const large = { headers: { "X-Large": "x".repeat(5_000) } };
  expect(await front.notify(point, large)).toMatchObject({ status: 200 });
  const settings = {
    "cse.url": front.cse.url,
    "limits.headSize": "4KiB",
    "limits.nesting": "8",
  };
  expect(await front.gateway.reload(settings)).toMatchObject({ restart: [] });
  const { status } = await front.notify(point, large);
  expect(status).toBe(431);
  const deep = `{"m2m:sgn":${'{"a":'.repeat(9)}1${"}".repeat(10)}`;
  expect(await front.notify(point, { body: deep })).toMatchObject({ status: 400 });
  expect(await ae.request({ op: 2, to: "cse-in", fr: "CAE1" })).toMatchObject({ rsc: 2000 });
});

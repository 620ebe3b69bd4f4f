import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocketServer } from "ws";
import { millis } from "../../src/base/clock.ts";
import { CHECKED } from "../../src/binding/tls/client.ts";
import { tryAddresses } from "../../src/cli/doctor/connections.ts";
import { linesOf } from "../../src/cli/doctor/finding.ts";
import { EXIT } from "../../src/cli/terminal.ts";
import { startCse } from "../helpers/fake-cse.ts";
import { startRegistrar } from "../helpers/fake-registrar.ts";
import { freePort } from "../helpers/free-port.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { TestTerminal } from "../helpers/test-terminal.ts";
import { examined } from "./doctor-in.ts";

/** Does that with each connection; stopped when the test ends. */
async function listening(take: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => {}));
    take(socket);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Answers whatever is asked with that text, then closes. */
const saying = (text: string): Promise<number> =>
  listening((socket) => void socket.once("data", () => socket.end(text)));

test("a name that nobody knows is a fault, and nothing behind it is tried", async () => {
  const { code, findings } = await examined({ "cse.url": "ws://cse.invalid" });
  expect(code).toBe(EXIT.FATAL);
  expect(findings.at(-1)).toEqual({
    severity: "fault",
    about: "name",
    text: expect.stringMatching(/^cse\.invalid cannot be resolved: .+ \(\d+ ms\)$/),
    change: expect.stringMatching(/cse\.url.*proxy\.url/),
  });
});

test("a name is told with its addresses, and each of them is tried", async () => {
  const { port } = await startRegistrar();
  const { about } = await examined({ "cse.url": `ws://localhost:${port}` });
  expect(about("name")[0]?.text).toMatch(/^localhost is .*127\.0\.0\.1.* \(\d+ ms\)$/);
  const text = expect.stringMatching(`127.0.0.1:${port} takes connections \\(\\d+ ms\\)`);
  expect(about("connection")).toContainEqual(expect.objectContaining({ severity: "ok", text }));
});

test("a port at which nothing listens is a fault that names cse.url and proxy.url", async () => {
  const port = await freePort();
  const { code, findings } = await examined({ "cse.url": `http://127.0.0.1:${port}` });
  expect(code).toBe(EXIT.FATAL);
  expect(findings.at(-1)).toEqual({
    severity: "fault",
    about: "connection",
    text: expect.stringMatching(`^127.0.0.1:${port} refuses connections: .* \\(\\d+ ms\\)$`),
    change: expect.stringMatching(/cse\.url.*proxy\.url/),
  });
});

describe("addresses", () => {
  const clock = new ManualClock();
  const wayTo = (port: number) => ({
    url: new URL(`ws://cse.invalid:${port}`),
    target: { host: "cse.invalid", port },
    isWebSocket: true,
    isSecure: false,
    through: undefined,
    first: { host: "cse.invalid", port },
    namedBy: "cse.url",
    patience: millis(10_000),
    patienceKey: "cse.connectTimeout" as const,
    tls: { cse: { secured: () => CHECKED }, proxy: { secured: () => CHECKED } },
    clock,
  });

  test("one that does not answer in time is a fault", async () => {
    const running = tryAddresses(wayTo(await listening(() => {})), ["127.0.0.1"]);
    clock.advance(10_000);
    expect(await running).toEqual([
      expect.objectContaining({
        severity: "fault",
        text: expect.stringContaining("does not answer within 10s"),
      }),
    ]);
  });

  test("one of several that fails is a note only", async () => {
    const way = wayTo(await listening(() => {}));
    const findings = await tryAddresses(way, ["127.0.0.1", "127.0.0.2"]);
    expect(findings.map(({ severity }) => severity)).toEqual(["ok", "note"]);
    expect(findings[1]?.text).toContain("refuses connections");
  });
});

describe("the handshake (TS-0020, 6.2.2)", () => {
  test("says what was offered, what the registrar chose, and whom it named", async () => {
    const registrar = await startRegistrar({ choose: () => "oneM2M.R2.0.json" });
    const settings = { "cse.url": registrar.url, "cse.originator": "CGateway" };
    const { about } = await examined(settings);
    expect(about("handshake")[0]?.text).toMatch(
      /^101 \(\d+ ms\); of oneM2M\.json, oneM2M\.R2\.0\.json the registrar chose oneM2M\.R2\.0\.json; X-M2M-Origin: CGateway$/,
    );
    expect(registrar.dialled.map(({ handshake }) => handshake.headers["x-m2m-origin"])).toEqual([
      "CGateway",
      "CGateway",
    ]);
    const silent = await examined({ ...settings, "cse.handshakeOrigin": "false" });
    expect(silent.about("handshake")[0]?.text).toMatch(/; no originator named$/);
    expect(registrar.dialled.at(-1)?.handshake.headers).not.toHaveProperty("x-m2m-origin");
  });

  test.each([
    [400, "speaks none of the subprotocols that are offered", "cse.subprotocols"],
    [401, "credentials are wanted", "with wss:// in cse.url, and a certificate"],
    [403, "is not allowed there", "known there in cse.tls.certificate"],
    [404, "no WebSocket is served at the path of cse.url", "correct the path in cse.url"],
    [407, "a proxy that nobody has named", "proxy.url"],
    [421, "does not serve this host", "ws.hosts"],
    [426, "the wish to upgrade got lost", "proxy_set_header Upgrade"],
    [429, "too many attempts", "cse.reconnectMax"],
    [500, "takes no WebSocket", "cse.url"],
    [502, "a server before the registrar answers", "cse.url"],
    [503, "full, stopping or down", "ws.maxConnections"],
    [504, "a server before the registrar answers", "cse.url"],
  ])("%i instead of 101 is a fault: %s", async (status, text, change) => {
    const registrar = await startRegistrar({ refuses: () => status });
    const { code, findings } = await examined({ "cse.url": `${registrar.url}/ws` });
    expect(code).toBe(EXIT.FATAL);
    expect(findings.at(-1)).toEqual({
      severity: "fault",
      about: "handshake",
      text: expect.stringMatching(`^the answer to the handshake is ${status} No: .*${text}`),
      change: expect.stringContaining(change),
    });
  });

  test.each([
    [
      "HTTP/1.1 200 OK\r\nServer: nginx/1.22\r\nContent-Length: 0\r\n\r\n",
      "the answer to the handshake is 200 OK (Server: nginx/1.22): an ordinary HTTP server answers",
      "proxy_set_header Upgrade",
    ],
    [
      "HTTP/1.1 302 Found\r\nLocation: https://u:hunter2@login.invalid/page?token=hunter2\r\nContent-Length: 0\r\n\r\n",
      "somewhere else, at https://login.invalid/page; the gateway follows no redirect",
      "put the registrar's own WebSocket URL into cse.url",
    ],
    ["SSH-2.0-x\r\n", "is no HTTP (HPE_", "the port of the registrar's WebSocket server"],
    ["", "the connection was closed instead of an answer", "use wss:// there"],
    [
      "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
      "the handshake failed: Invalid Sec-WebSocket-Accept header",
      "nothing between that changes HTTP",
    ],
  ])("%j instead is a fault that tells no secret", async (answer, text, change) => {
    const { findings } = await examined({ "cse.url": `ws://127.0.0.1:${await saying(answer)}` });
    expect(findings.at(-1)).toEqual({
      severity: "fault",
      about: "handshake",
      text: expect.stringContaining(text),
      change: expect.stringContaining(change),
    });
    expect(JSON.stringify(findings)).not.toContain("hunter2");
  });

  test("at another time than the registrar expects it is tried all the same, which is said (S22)", async () => {
    const registrar = await startRegistrar();
    const settings = { "cse.url": registrar.url, "cse.windows": "13:00-14:00" };
    const terminal = new TestTerminal(new ManualClock());
    const { about } = await examined(settings, { terminal });
    expect(about("handshake")).toMatchObject([
      { severity: "note", text: expect.stringContaining("not connect before 2026-01-01T13:00") },
      { severity: "ok" },
    ]);
  });

  test("no subprotocol, one that was not offered, and one that is none of oneM2M's are faults", async () => {
    const none = await startRegistrar({ choose: () => false });
    const { about } = await examined({ "cse.url": none.url });
    expect(about("handshake")).toEqual([
      expect.objectContaining({
        severity: "fault",
        text: expect.stringContaining("the registrar chose none of oneM2M.json, oneM2M.R2.0.json"),
        change: expect.stringContaining("cse.subprotocols"),
      }),
    ]);
  });

  test("no answer in time is a fault", async () => {
    const port = await listening(() => {});
    const settings = { "cse.url": `ws://127.0.0.1:${port}`, "cse.connectTimeout": "100ms" };
    // For the connection before it there is all the time it takes.
    const terminal = new TestTerminal(new ManualClock());
    expect((await examined(settings, { terminal })).findings.at(-1)).toEqual({
      severity: "fault",
      about: "handshake",
      text: expect.stringContaining("no answer to the handshake within 100ms"),
      change: expect.stringMatching(/wss:\/\/ in cse\.url.*cse\.connectTimeout/),
    });
  });

  test("a CSE over HTTP that is taken for a registrar is told of", async () => {
    const cse = await startCse(() => ({ rsc: 4000 }));
    const { about } = await examined({ "cse.url": cse.url.replace("http", "ws") });
    expect(about("handshake")[0]?.severity).toBe("fault");
  });
});

test("the time is told by the answer to the handshake where nothing better is asked", async () => {
  const server = createHttpServer().listen(0, "127.0.0.1");
  const sockets = new WebSocketServer({ server });
  sockets.on("headers", (headers) => headers.push("Date: Thu, 01 Jan 2026 00:00:00 GMT"));
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets.clients) socket.terminate();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const { about } = await examined({ "cse.url": `ws://127.0.0.1:${port}` });
  expect(about("clock")[0]).toMatchObject({
    severity: "note",
    text: expect.stringMatching(/behind this one, by the Date of the handshake's answer/),
  });
});

test("what peers send steers no terminal", () => {
  const text = "\u001b[31mred\r\nFAULT  forged";
  expect(linesOf({ severity: "ok", about: "CSE", text })).toEqual([
    "ok     CSE             [31mred FAULT  forged",
  ]);
});

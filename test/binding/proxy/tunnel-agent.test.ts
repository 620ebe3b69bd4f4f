import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import type { Socket } from "node:net";
import { expect, test } from "vitest";
import { millis, SystemClock } from "../../../src/base/clock.ts";
import { tunnelAgent } from "../../../src/binding/proxy/tunnel-agent.ts";
import { answering, type ProxyRequest, startProxy, tunnelling } from "../../helpers/fake-proxy.ts";
import { ManualClock } from "../../helpers/manual-clock.ts";
import { startWsTarget } from "../../helpers/ws-target.ts";
import { ThroughClient } from "../../helpers/ws-through.ts";

const USER = { authorization: () => `Basic ${Buffer.from("user:secret").toString("base64")}` };
const ASKS = 'HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm="a"\r\n\r\n';

test("PX-01 ws: is tunnelled with CONNECT host:80 and its Host, then comes GET / (TS-0020, 6.6)", async () => {
  const target = await startWsTarget();
  const proxy = await startProxy(tunnelling(target.port));
  const client = new ThroughClient("ws://cse.test/", proxy.server());
  expect(await client.opened).toBeUndefined();
  expect(proxy.heads).toEqual(["CONNECT cse.test:80 HTTP/1.1\r\nHost: cse.test:80"]);
  expect(proxy.after()).toMatch(/^GET \/ HTTP\/1\.1\r\n/);
  expect(target.handshakes[0]?.headers).toMatchObject({ host: "cse.test", upgrade: "websocket" });
  client.socket.send("there");
  expect(await client.message()).toBe("there");
});

test.each([
  ["ws://cse.test:9000", "cse.test:9000"],
  ["ws://[::1]:9000", "[::1]:9000"],
  ["ws://[2001:db8::7]", "[2001:db8::7]:80"],
  ["ws://192.0.2.7:8180/base?a=b", "192.0.2.7:8180"],
])("PX-03 %s is CONNECT %s (RFC 9112, 3.2.3)", async (url, authority) => {
  const target = await startWsTarget();
  const proxy = await startProxy(tunnelling(target.port));
  expect(await new ThroughClient(url, proxy.server()).opened).toBeUndefined();
  expect(proxy.heads).toEqual([`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}`]);
});

test("a proxy that is addressed by a name is looked up and connected to", async () => {
  const target = await startWsTarget();
  const proxy = await startProxy(tunnelling(target.port));
  const client = new ThroughClient("ws://cse.test/", proxy.server({ host: "localhost" }));
  expect(await client.opened).toBeUndefined();
});

test.each(["closes", "keeps"])(
  "PX-04 a proxy that asks for credentials and %s the connection gets them on a new one, and they stay with it (RFC 9110, 11.7)",
  async (how) => {
    const target = await startWsTarget();
    const open = tunnelling(target.port);
    const proxy = await startProxy((request) => {
      if (request.nth > 0) open(request);
      else if (how === "closes") request.socket.end(ASKS);
      else request.socket.write(ASKS);
    });
    const client = new ThroughClient("ws://cse.test/", proxy.server(USER));
    expect(await client.opened).toBeUndefined();
    const connect = "CONNECT cse.test:80 HTTP/1.1\r\nHost: cse.test:80";
    const given = "Proxy-Authorization: Basic dXNlcjpzZWNyZXQ=";
    expect(proxy.heads).toEqual([connect, `${connect}\r\n${given}`]);
    expect(proxy.connections).toBe(2);
    expect(target.handshakes[0]?.headers).not.toHaveProperty("proxy-authorization");
    expect(proxy.after()).not.toContain("dXNlcjpzZWNyZXQ=");
    await client.close();
    await proxy.idle();
  },
);

test("credentials are not sent to a proxy that does not ask for them", async () => {
  const target = await startWsTarget();
  const proxy = await startProxy(tunnelling(target.port));
  expect(await new ThroughClient("ws://cse.test/", proxy.server(USER)).opened).toBeUndefined();
  expect(proxy.heads).toEqual(["CONNECT cse.test:80 HTTP/1.1\r\nHost: cse.test:80"]);
});

test.each([
  [
    "PX-05 a second 407 ends it",
    USER,
    [ASKS, ASKS],
    2,
    "the proxy did not accept the credentials (407)",
  ],
  [
    "PX-05 whatever the second answer is, there is no third request",
    USER,
    [ASKS, "HTTP/1.1 500 No\r\n\r\n"],
    2,
    "the proxy did not get there (500)",
  ],
  [
    "without credentials a 407 is not answered",
    {},
    [ASKS],
    1,
    "the proxy asks for credentials, and proxy.credentialsFile names none (407)",
  ],
  [
    "a scheme that is not spoken gets no password",
    USER,
    ["HTTP/1.1 407 No\r\nProxy-Authenticate: NTLM\r\n\r\n"],
    1,
    "the proxy asks for credentials in another scheme than Basic (407)",
  ],
])("%s", async (_, server, answers, requests, reason) => {
  const proxy = await startProxy(answering(...answers));
  const error = await new ThroughClient("ws://cse.test/", proxy.server(server)).opened;
  expect(error).toMatchObject({
    message: `cse.test:80 is not reached through the proxy 127.0.0.1:${proxy.port}: ${reason}`,
  });
  await proxy.idle();
  expect(proxy.connections).toBe(requests);
  expect(proxy.after()).toBe("");
});

test.each([201, 204, 299])("PX-07 %i opens the tunnel (RFC 9110, 9.3.6)", async (status) => {
  const target = await startWsTarget();
  const proxy = await startProxy(tunnelling(target.port, `HTTP/1.1 ${status} x\r\n\r\n`));
  expect(await new ThroughClient("ws://cse.test/", proxy.server()).opened).toBeUndefined();
});

test("interim responses before the answer mean nothing (RFC 9110, 15.2)", async () => {
  const target = await startWsTarget();
  const head =
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\n\r\n";
  const proxy = await startProxy(tunnelling(target.port, head));
  expect(await new ThroughClient("ws://cse.test/", proxy.server()).opened).toBeUndefined();
});

test("an answer may come byte by byte, and a target may be silent behind it", async () => {
  const target = await startWsTarget();
  const open = tunnelling(target.port, "\n");
  const drip = async (request: ProxyRequest): Promise<void> => {
    for (const byte of "HTTP/1.1 200 OK\r\n\r") {
      request.socket.setNoDelay(true).write(byte);
      await new Promise((sent) => setImmediate(sent));
    }
    open(request);
  };
  const proxy = await startProxy((request) => void drip(request));
  expect(await new ThroughClient("ws://cse.test/", proxy.server()).opened).toBeUndefined();
});

test("PX-08 a 101 and a frame in one piece with the proxy's answer belong to the tunnel, and no byte is lost", async () => {
  const handshake = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade";
  const frame = "\x81\x05hello";
  const head = `HTTP/1.1 200 OK\r\n\r\n${handshake}\r\nX-Sent: early\r\n\r\n${frame}`;
  const proxy = await startProxy(answering(head));
  // As `ws` asks, but for the key, which an answer that is already there could not fit.
  const through = { proxy: proxy.server(), timeout: millis(10_000), clock: new SystemClock() };
  const asked = request({
    agent: tunnelAgent(new URL("ws://cse.test"), through),
    host: "cse.test",
    headers: { Connection: "Upgrade", Upgrade: "websocket" },
  }).end();
  const [answer, socket, behind] = (await once(asked, "upgrade")) as [
    IncomingMessage,
    Socket,
    Buffer,
  ];
  expect(answer.headers["x-sent"]).toBe("early");
  expect(behind.toString("latin1")).toBe(frame);
  socket.destroy();
});

test("an open tunnel has no timer left", async () => {
  const clock = new ManualClock();
  const target = await startWsTarget();
  const proxy = await startProxy(tunnelling(target.port));
  const client = new ThroughClient("ws://cse.test/", proxy.server(), { clock });
  expect(await client.opened).toBeUndefined();
  expect(clock.waiting).toBe(0);
  await client.close();
  await proxy.idle();
});

test("a client that gave up leaves no tunnel open", async () => {
  const target = await startWsTarget();
  const open = tunnelling(target.port);
  let answer = (): void => {};
  const proxy = await startProxy((request) => {
    answer = () => open(request);
  });
  const client = new ThroughClient("ws://cse.test/", proxy.server());
  await proxy.asked(1);
  client.socket.terminate();
  answer();
  await proxy.idle();
  expect(proxy.after()).toBe("");
});

import { expect, test } from "vitest";
import { answering, startProxy } from "../../helpers/fake-proxy.ts";
import { ManualClock } from "../../helpers/manual-clock.ts";
import { ThroughClient } from "../../helpers/ws-through.ts";

const USER = { authorization: () => `Basic ${Buffer.from("user:secret").toString("base64")}` };
const ASKS = 'HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm="a"\r\n\r\n';

test.each([
  [
    "PX-06 403",
    "HTTP/1.1 403 Forbidden\r\n\r\n",
    "forbidden",
    "does not allow it (403); many allow port 443 only",
  ],
  ["503", "HTTP/1.1 503 No\r\n\r\n", "target-unreachable", "the proxy did not get there (503)"],
  [
    "302",
    "HTTP/1.1 302 Found\r\nLocation: http://login\r\n\r\n",
    "refused",
    "the proxy refused (302)",
  ],
  ["101", "HTTP/1.1 101 Switching\r\n\r\n", "refused", "the proxy refused (101)"],
  ["what is not HTTP", "SSH-2.0-x\r\n", "not-http", "its answer is not HTTP/1.x"],
  [
    "an endless header",
    `HTTP/1.1 200 OK\r\nX: ${"x".repeat(20_000)}`,
    "not-http",
    "more than 16384 bytes",
  ],
])(
  "after %s nothing of the handshake is sent (RFC 9110, 9.3.6)",
  async (_, answer, result, reason) => {
    const proxy = await startProxy(answering(answer));
    const error = await new ThroughClient("ws://cse.test/", proxy.server()).opened;
    expect(error).toMatchObject({ result, message: expect.stringContaining(reason) });
    await proxy.idle();
    expect(proxy.after()).toBe("");
  },
);

test.each(["connects", "answers"])(
  "a proxy that never %s costs its time, and no more",
  async (what) => {
    const clock = new ManualClock();
    const proxy = await startProxy(() => {});
    const client = new ThroughClient("ws://cse.test/", proxy.server(), { clock });
    if (what === "answers") await proxy.asked(1);
    clock.advance(9_999);
    expect(clock.waiting).toBe(1);
    clock.advance(1);
    const error = await client.opened;
    expect(error).toMatchObject({
      result: "timeout",
      message: expect.stringContaining("within 10 s"),
    });
    await proxy.idle();
    expect(clock.waiting).toBe(0);
  },
);

test("its time is one for both requests of a 407", async () => {
  const clock = new ManualClock();
  const proxy = await startProxy(({ nth, socket }) => {
    if (nth === 0) socket.write(ASKS);
  });
  const client = new ThroughClient("ws://cse.test/", proxy.server(USER), { clock });
  await proxy.asked(1);
  clock.advance(6_000);
  await proxy.asked(2);
  clock.advance(4_000);
  expect(await client.opened).toMatchObject({ result: "timeout" });
});

test.each([
  ["closes", "the proxy closed the connection without an answer"],
  ["resets", "the proxy closed the connection without an answer (ECONNRESET)"],
])("a proxy that %s the connection is told of", async (how, reason) => {
  const proxy = await startProxy(({ socket }) => {
    if (how === "closes") socket.end("HTTP/1.1 200 OK\r\n");
    else socket.resetAndDestroy();
  });
  const error = await new ThroughClient("ws://cse.test/", proxy.server()).opened;
  expect(error).toMatchObject({ result: "closed", message: expect.stringMatching(/: (.*)$/) });
  expect(error?.message.endsWith(`: ${reason}`)).toBe(true);
});

test("a proxy that is not there, and one whose name is unknown, are told of", async () => {
  const gone = await startProxy(() => {});
  const refused = await new ThroughClient("ws://cse.test/", gone.server({ port: 1 })).opened;
  expect(refused).toMatchObject({
    result: "unreachable",
    message:
      "cse.test:80 is not reached through the proxy 127.0.0.1:1: the proxy refuses connections",
  });
  // No DNS server is asked for a label that is too long.
  const host = `${"a".repeat(64)}.invalid`;
  const unknown = await new ThroughClient("ws://cse.test/", gone.server({ host })).opened;
  expect(unknown).toMatchObject({
    result: "unresolved",
    message: expect.stringContaining("the proxy's name cannot be resolved"),
  });
});

test("what is under way ends when the gateway stops, or the client does", async () => {
  const stopping = new AbortController();
  const proxy = await startProxy(() => {});
  const client = new ThroughClient("ws://cse.test/", proxy.server(), { signal: stopping.signal });
  await proxy.asked(1);
  stopping.abort();
  expect(await client.opened).toMatchObject({ result: "called-off" });
  await proxy.idle();
  const late = new ThroughClient("ws://cse.test/", proxy.server(), { signal: stopping.signal });
  expect(await late.opened).toMatchObject({ result: "called-off" });
  expect(proxy.connections).toBe(1);
});

test("no failure shows a password, whatever the proxy says", async () => {
  const echo = ASKS.replace("No", "dXNlcjpzZWNyZXQ= user:secret").replace('"a"', '"user:secret"');
  for (const answers of [
    [ASKS, echo],
    [echo, "dXNlcjpzZWNyZXQ= secret"],
    [echo, "HTTP/1.1 403 secret\r\n\r\n"],
  ]) {
    const proxy = await startProxy(answering(...answers));
    const error = await new ThroughClient("ws://cse.test/", proxy.server(USER)).opened;
    const shown = JSON.stringify([
      error?.message,
      error?.stack,
      String(error?.cause),
      { ...error },
    ]);
    expect(shown).not.toMatch(/secret|dXNlcj/);
  }
});

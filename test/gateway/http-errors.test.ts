import { once } from "node:events";
import { createConnection } from "node:net";
import { gzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { callHttp } from "../helpers/http-client.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { expectSentence } from "./error-sentence.ts";
import { inStep, ok, SGN, startFront } from "./front.ts";

const NOTIFY = {
  "X-M2M-Origin": "/id-in",
  "X-M2M-RI": "n1",
  "X-M2M-RVI": "3",
  "Content-Type": "application/json",
};
const FAILED = (code: string): string => `m2mgw_failures_total{code="${code}"}`;

test("a body above the limit is 413 with 4000, whether or not its length was announced (EX-21, S19)", async () => {
  const front = await startFront({ "http.maxBody": "1KiB" });
  const { ae, point } = await front.ae("CAE1", { answer: ok });
  const of = (size: number): string => `{"m2m:sgn":{"sur":"${"x".repeat(size - 22)}"}}`;
  expect(of(1024)).toHaveLength(1024);
  expect(await front.notify(point, { body: of(1024) })).toMatchObject({ status: 200, rsc: 2000 });
  const tooLarge = { status: 413, rsc: 4000, headers: { "x-m2m-ri": "n1" } };
  for (const size of [1025, 100_000]) {
    const answer = await front.notify(point, { body: of(size) });
    expect(answer).toMatchObject(tooLarge);
    expectSentence(answer.body);
  }
  const chunked = await callHttp(front.gateway.http, {
    method: "POST",
    target: point,
    headers: { ...NOTIFY, "Transfer-Encoding": "chunked" },
    body: of(1025),
  });
  expect(chunked).toMatchObject(tooLarge);
  expectSentence(chunked.body);
  expect(await front.gateway.metric(FAILED("GW_CONTENT_TOO_LARGE"))).toBe(3);
  await inStep(ae);
  expect(ae.frames).toHaveLength(2);
});

test("content that is compressed is 415 with 4015 and says what is read; identity is (RFC 9110, 15.5.16)", async () => {
  const front = await startFront();
  const { point } = await front.ae("CAE1", { answer: ok });
  const answer = await front.http({
    method: "POST",
    target: point,
    headers: { ...NOTIFY, "Content-Encoding": "gzip" },
    body: gzipSync(SGN),
  });
  expect(answer).toMatchObject({ status: 415, rsc: 4015 });
  expect(answer.headers["accept-encoding"]).toBe("identity");
  expect(await front.gateway.metric(FAILED("GW_CONTENT_CODING_UNSUPPORTED"))).toBe(1);
  const identity = { headers: { "Content-Encoding": "Identity" } };
  expect(await front.notify(point, identity)).toMatchObject({ status: 200 });
});

test.each([
  ["X-M2M-RI is missing (EX-22)", { "X-M2M-RI": undefined }, 400, 4000],
  ["X-M2M-Origin is missing", { "X-M2M-Origin": undefined }, 400, 4000],
  ["the content is HTML", { "Content-Type": "text/html" }, 415, 4015],
  [
    "the content has another charset",
    { "Content-Type": "application/json;charset=latin-1" },
    415,
    4015,
  ],
  ["only HTML is accepted", { Accept: "text/html" }, 406, 5207],
  ["rt is none of 1 to 5", { query: "?rt=9" }, 400, 4000],
])(
  "a request for a registree in which %s is refused, and nothing is sent",
  async (_what, change, status, rsc) => {
    const front = await startFront();
    const { ae, point } = await front.ae("CAE1", { answer: ok });
    const { query = "", ...fields } = change as Record<string, string | undefined>;
    const headers = Object.fromEntries(
      Object.entries({ ...NOTIFY, ...fields }).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, value]],
      ),
    );
    const answer = await front.http({ method: "POST", target: point + query, headers, body: SGN });
    expect(answer).toMatchObject({ status, rsc });
    expectSentence(answer.body);
    expect(answer.headers).toHaveProperty("x-m2m-ri", headers["X-M2M-RI"] ?? "");
    await inStep(ae);
    expect(ae.frames).toHaveLength(1);
  },
);

test.each([
  ["a charset of UTF-8", { "Content-Type": "application/json;charset=utf-8" }],
  ["the notification's own media type", { "Content-Type": "application/vnd.onem2m-ntfy+json" }],
  ["header names in odd case", { "x-M2m-RVI": "3" }],
  ["Accept with a range", { Accept: "application/xml;q=0.5, */*;q=0.1" }],
  ["several media types accepted", { Accept: "application/cbor, application/json" }],
])("a request with %s is served", async (_what, headers) => {
  const front = await startFront();
  const { point } = await front.ae("CAE1", { answer: ok });
  expect(await front.notify(point, { headers })).toMatchObject({ status: 200, rsc: 2000 });
});

test("without X-M2M-RVI the release is the configured one, 1 by default (T4, 7.3.2.1)", async () => {
  for (const [settings, rvi] of [
    [{}, "1"],
    [{ "http.releaseVersion": "2a" }, "2a"],
  ] as const) {
    const front = await startFront(settings);
    const { ae, point } = await front.ae("CAE1", { answer: ok });
    const { "X-M2M-RVI": _left, ...headers } = NOTIFY;
    await front.http({ method: "POST", target: point, headers, body: SGN });
    expect(await ae.nextRequest()).toMatchObject({ rvi });
  }
});

test("a Create that forgot its type is 4000 rather than a Notify (http-binding, 1)", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1", { answer: ok });
  const body = '{"m2m:cnt":{}}';
  const answer = await front.notify(point, { body });
  expect(answer).toMatchObject({ status: 400, rsc: 4000 });
  expectSentence(answer.body);
  await inStep(ae);
  expect(ae.frames).toHaveLength(1);
});

test("an error body is m2m:dbg in JSON, and says nothing of the gateway's insides", async () => {
  const front = await startFront();
  const answer = await front.notify(`/poa/${"A".repeat(22)}`);
  expect(answer.headers["content-type"]).toBe("application/json");
  expectSentence(answer.body);
  expect(answer.body).not.toMatch(/at .*\.ts|node_modules|Error:/);
});

test("what is not HTTP is answered with 400 and the connection closed", async () => {
  const front = await startFront();
  const { hostname, port } = new URL(front.gateway.http);
  const text = await new Promise<string>((resolve, reject) => {
    let received = "";
    const socket = createConnection({ host: hostname, port: Number(port) }, () => {
      socket.write("NOT HTTP\r\n\r\n");
    });
    socket.on("data", (chunk) => {
      received += chunk.toString();
    });
    socket.on("close", () => resolve(received)).on("error", reject);
  });
  expect(text).toMatch(/^HTTP\/1\.1 400 /);
  expect(text).toMatch(/\r\nX-M2M-RSC: 4000\r\n/);
  expectSentence(text.slice(text.indexOf("\r\n\r\n") + 4));
});

test("a repeated oneM2M header is 4000, since one of the two would be lost (http-binding, 4)", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1", { answer: ok });
  const { hostname, port } = new URL(front.gateway.http);
  const head = [
    `POST ${point} HTTP/1.1`,
    `Host: ${hostname}:${port}`,
    "X-M2M-Origin: CApp",
    "X-M2M-Origin: CEvil",
    "X-M2M-RI: n1",
    "X-M2M-RVI: 3",
    "Content-Type: application/json",
    `Content-Length: ${SGN.length}`,
    "Connection: close",
  ].join("\r\n");
  const text = await new Promise<string>((resolve, reject) => {
    let received = "";
    const socket = createConnection({ host: hostname, port: Number(port) }, () => {
      socket.write(`${head}\r\n\r\n${SGN}`);
    });
    socket.on("data", (chunk) => {
      received += chunk.toString();
    });
    socket.on("close", () => resolve(received)).on("error", reject);
  });
  expect(text).toMatch(/^HTTP\/1\.1 400 /);
  expect(text).toMatch(/\r\nX-M2M-RSC: 4000\r\n/);
  expectSentence(text.slice(text.indexOf("\r\n\r\n") + 4));
  await inStep(ae);
  expect(ae.frames).toHaveLength(1);
});

test("a body that stalls is given up after 30 s, and the connection with it", async () => {
  const clock = new ManualClock();
  const front = await startFront({ "ws.pingAfter": "1h", "limits.bodyTimeout": "30s" }, { clock });
  const { ae, point } = await front.ae("CAE1");
  await inStep(ae);
  const before = clock.waiting;
  const { hostname, port } = new URL(front.gateway.http);
  const socket = createConnection(Number(port), hostname);
  onTestFinished(() => {
    socket.destroy();
  });
  socket.write(
    `POST ${point} HTTP/1.1\r\nHost: x\r\nX-M2M-Origin: CApp\r\nX-M2M-RI: s1\r\n` +
      "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
  );
  const closed = once(socket, "close");
  let text = "";
  socket.on("data", (chunk) => {
    text += String(chunk);
  });
  while (clock.waiting === before) await new Promise((turn) => setImmediate(turn));
  clock.advance(30_000);
  await closed;
  expect(text).toMatch(/^HTTP\/1\.1 408 /);
  expect(text).toContain("X-M2M-RI: s1");
  expect(await front.gateway.metric(FAILED("GW_TOO_SLOW"))).toBe(1);
});

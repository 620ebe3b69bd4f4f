import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { PassThrough } from "node:stream";
import { expect, onTestFinished, test } from "vitest";
import type { HttpAnswer } from "../helpers/http-client.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { RawHttp } from "../helpers/raw-http.ts";
import { asked, gate, ok, SGN, startFront } from "./front.ts";

const ORIGIN = { "X-M2M-Origin": "CApp", "X-M2M-RI": "h1", "X-M2M-RVI": "3" };

/** A CSE whose handler sees each request before its body has come. */
async function startStreamingCse(
  handler: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>,
): Promise<string> {
  const server = createServer((request, response) => {
    Promise.resolve(handler(request, response)).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Names and values in turn as pairs, without those that a server adds by itself. */
function ownHeaders({ rawHeaders }: Pick<HttpAnswer, "rawHeaders">): string[] {
  const own: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? "";
    if (!/^(date|connection|keep-alive)$/i.test(name)) own.push(`${name}: ${rawHeaders[at + 1]}`);
  }
  return own;
}

test("every method passes with its body, and comes back with status and body as they are (S1)", async () => {
  const front = await startFront();
  front.cse.answer(({ method, body }) => ({
    status: 299,
    headers: { "X-Method": method },
    body: method === "HEAD" ? "" : `${method} ${body}`,
  }));
  for (const method of ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "REPORT"]) {
    const body = method === "GET" || method === "OPTIONS" ? undefined : `<${method}/>`;
    const answer = await front.http({
      method,
      target: "/cse-in/x",
      headers: { "Content-Type": "text/xml", ...(body && { "Content-Length": `${body.length}` }) },
      ...(body && { body }),
    });
    expect(answer, method).toMatchObject({ status: 299, body: `${method} ${body ?? ""}` });
    expect(front.cse.requests.at(-1)).toMatchObject({ method, target: "/cse-in/x" });
  }
});

test("HEAD passes, with the length that its answer names (S1)", async () => {
  const url = await startStreamingCse((_request, response) => {
    response.writeHead(200, { "Content-Length": "1234", ETag: '"a"' }).end();
  });
  const front = await startFront({ "cse.url": url });
  const answer = await front.http({ method: "HEAD", target: "/cse-in" });
  expect(answer).toMatchObject({ status: 200, body: "" });
  expect(answer.headers).toMatchObject({ "content-length": "1234", etag: '"a"' });
});

test("the request-target passes byte for byte, percent-escapes and query included (S1)", async () => {
  const front = await startFront();
  const targets = [
    "/cse-in/a%2Fb/%7E/%e4%C3?x=%20+1&lbl=a%2Bb&&=",
    "/~/id-in/cse-in?fu=1&ty=2+3+4",
    "/_/sp.example/id-in/x",
    "//double//slash/",
    "/a/../b/./c",
    "/cse-in;p=1,2/!$&'()*",
    "/%00?%",
    "/",
    "/?a=b?c=d",
    "/poa",
    "/poaX/y",
  ];
  for (const target of targets) {
    expect(await front.http({ target, headers: ORIGIN })).toMatchObject({ status: 200 });
    expect(front.cse.requests.at(-1)?.target).toBe(target);
  }
});

test("an empty query passes as one (S1)", async () => {
  const front = await startFront();
  await front.http({ target: "/cse-in?", headers: ORIGIN });
  expect(asked(front.cse)).toEqual(["GET /cse-in?"]);
});

test("header fields pass in their spelling, order and number, but for those of the hop; Host is the CSE's (S1; RFC 9110, 7.6.1)", async () => {
  const front = await startFront();
  front.cse.answer(() => ({ status: 200 }));
  const { hostname, port } = new URL(front.gateway.http);
  const lines = [
    "X-M2M-Origin: CApp",
    "x-m2m-ri: h1",
    "X-Custom: 1",
    "X-CUSTOM: 2",
    "Authorization: Bearer secret",
    "Cookie: a=b",
    "X-Named: hop",
    "Keep-Alive: timeout=5",
    "TE: trailers",
    "Proxy-Authorization: Basic x",
    "Proxy-Connection: keep-alive",
    "Accept-Encoding: gzip",
    'If-Match: "e"',
  ];
  await new Promise<void>((resolve, reject) => {
    const headers = [
      "Host",
      `${hostname}:${port}`,
      ...lines.flatMap((line) => line.split(": ")),
      "Connection",
      "keep-alive, X-Named",
    ];
    const outgoing = request({ hostname, port, path: "/cse-in", headers }, (response) => {
      response.resume().on("end", resolve);
    });
    outgoing.on("error", reject).end();
    onTestFinished(() => void outgoing.destroy());
  });
  const received = front.cse.requests[0];
  const own = ownHeaders(received ?? { rawHeaders: [] });
  expect(own.filter((line) => !/^host:/i.test(line))).toEqual([
    "X-M2M-Origin: CApp",
    "x-m2m-ri: h1",
    "X-Custom: 1",
    "X-CUSTOM: 2",
    "Authorization: Bearer secret",
    "Cookie: a=b",
    "Accept-Encoding: gzip",
    'If-Match: "e"',
  ]);
  expect(received?.headers.host).toBe(new URL(front.cse.url).host);
});

test("header fields of the answer pass in their spelling and number, but for those of the hop (S1)", async () => {
  const url = await startStreamingCse((_request, response) => {
    response.writeHead(404, [
      "X-M2M-RSC",
      "4004",
      "x-m2m-ri",
      "other",
      "Set-Cookie",
      "a=1",
      "Set-Cookie",
      "b=2",
      "ETag",
      '"e"',
      "Content-Location",
      "cse-in/a",
      "Keep-Alive",
      "timeout=9",
      "X-Named",
      "hop",
      "Proxy-Authenticate",
      "Basic",
      "Connection",
      "keep-alive, X-Named",
      "Content-Type",
      "text/html; charset=latin-1",
      "Content-Length",
      "4",
    ]);
    response.end("nope");
  });
  const front = await startFront({ "cse.url": url });
  const answer = await front.http({ target: "/cse-in", headers: ORIGIN });
  expect(answer).toMatchObject({ status: 404, body: "nope" });
  expect(ownHeaders(answer)).toEqual([
    "X-M2M-RSC: 4004",
    "x-m2m-ri: other",
    "Set-Cookie: a=1",
    "Set-Cookie: b=2",
    'ETag: "e"',
    "Content-Location: cse-in/a",
    "Content-Type: text/html; charset=latin-1",
    "Content-Length: 4",
  ]);
});

test("any status passes as it is (S1)", async () => {
  const front = await startFront();
  for (const status of [201, 204, 207, 304, 307, 401, 418, 429, 500, 503, 599]) {
    front.cse.answer(() => ({ status, headers: { Location: "/elsewhere", "Retry-After": "7" } }));
    const answer = await front.http({ target: "/cse-in", headers: ORIGIN });
    expect(answer).toMatchObject({
      status,
      headers: { location: "/elsewhere", "retry-after": "7" },
    });
    expect(answer.headers).not.toHaveProperty("x-m2mgw-disposition");
  }
});

test("nothing of a body is judged or changed on its way: type, encoding and bytes (S1)", async () => {
  const bytes = Buffer.from([0x1f, 0x8b, 0, 255, 128, 10, 13, 0]);
  const seen: Buffer[] = [];
  const url = await startStreamingCse(async (incoming, response) => {
    for await (const chunk of incoming) seen.push(chunk);
    response.writeHead(200, {
      "Content-Encoding": "gzip",
      "Content-Type": "application/octet-stream",
    });
    response.end(bytes);
  });
  const front = await startFront({ "cse.url": url });
  const answer = await front.http({
    method: "PUT",
    target: "/cse-in/a",
    headers: {
      "Content-Type": "application/vnd.example;x=y",
      "Content-Encoding": "gzip",
      Accept: "image/png",
    },
    body: bytes,
  });
  expect(Buffer.concat(seen)).toEqual(bytes);
  expect(answer.bytes).toEqual(bytes);
  expect(answer.headers["content-encoding"]).toBe("gzip");
});

test("a request without any oneM2M header passes, for the CSE to judge (S1)", async () => {
  const front = await startFront();
  front.cse.answer(() => ({ status: 400, body: "no X-M2M-RI" }));
  const json = { "Content-Type": "application/json; ty=nonsense" };
  expect(
    await front.http({ method: "POST", target: "/cse-in", headers: json, body: "{" }),
  ).toMatchObject({ status: 400, body: "no X-M2M-RI" });
});

test("a body streams up: the CSE has its beginning before its end is sent (S1)", async () => {
  const begun = gate();
  let size = 0;
  const url = await startStreamingCse((incoming, response) => {
    incoming.once("data", begun.open);
    incoming.on("data", (chunk: Buffer) => {
      size += chunk.length;
    });
    incoming.on("end", () => response.writeHead(200, { "X-M2M-RSC": "2001" }).end(`${size}`));
  });
  const front = await startFront({ "cse.url": url, "http.maxBody": "8MiB" });
  const body = new PassThrough();
  const headers = { ...ORIGIN, "Content-Type": "application/json;ty=4" };
  const answer = front.http({ method: "POST", target: "/cse-in/c", headers, body });
  const chunk = Buffer.alloc(1 << 20, "x");
  body.write(chunk);
  await begun.opened;
  for (let count = 1; count < 8; count += 1) body.write(chunk);
  body.end();
  expect(await answer).toMatchObject({ status: 200, rsc: 2001, body: String(8 << 20) });
});

test("a body that is announced above http.maxBody is 413, and nothing of it goes to the CSE (S19)", async () => {
  let begun = 0;
  const url = await startStreamingCse((incoming, response) => {
    begun += 1;
    incoming.resume().on("end", () => response.writeHead(201, { "X-M2M-RSC": "2001" }).end());
  });
  const front = await startFront({ "cse.url": url, "http.maxBody": "100KiB" });
  const headers = { ...ORIGIN, "Content-Type": "application/json;ty=4" };
  const post = (size: number) =>
    front.http({ method: "POST", target: "/cse-in/c", headers, body: Buffer.alloc(size) });
  expect(await post(102_400)).toMatchObject({ status: 201, rsc: 2001 });
  const before = begun;
  for (const size of [102_401, 8 << 20]) {
    const answer = await post(size);
    expect(answer).toMatchObject({ status: 413, rsc: 4000, headers: { connection: "close" } });
  }
  // Whoever only announces it is not waited for.
  const peer = new RawHttp(front.gateway.http);
  peer.send([
    "POST /cse-in/c HTTP/1.1",
    "Host: x",
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    "Content-Length: 102401",
  ]);
  expect(await peer.answered()).toMatchObject([{ status: 413 }]);
  expect(begun).toBe(before);
  const failures = 'm2mgw_failures_total{code="GW_CONTENT_TOO_LARGE"}';
  expect(await front.gateway.metric(failures)).toBe(3);
});

test("a body that comes in chunks is cut at http.maxBody: 413, and the CSE does not get it whole (S19)", async () => {
  let size = 0;
  const ended = gate();
  const url = await startStreamingCse((incoming) => {
    incoming.on("data", (chunk: Buffer) => {
      size += chunk.length;
    });
    incoming.on("error", ended.open);
  });
  const front = await startFront({ "cse.url": url, "http.maxBody": "100KiB" });
  const peer = new RawHttp(front.gateway.http);
  const head = ["POST /cse-in/c HTTP/1.1", "Host: a", "X-M2M-Origin: CApp", "X-M2M-RI: h1"];
  const chunk = (bytes: number): string => `${bytes.toString(16)}\r\n${"x".repeat(bytes)}\r\n`;
  peer.send([...head, "X-M2M-RVI: 3", "Transfer-Encoding: chunked"], chunk(102_400));
  await expect.poll(() => size).toBe(102_400);
  peer.socket.write(chunk(1));
  const [answer] = await peer.answered();
  expect(answer).toMatchObject({ status: 413 });
  expect(answer?.lines).toContain("X-M2M-RSC: 4000");
  await Promise.all([peer.gone, ended.opened]);
  expect(size).toBe(102_400);
  expect(await front.gateway.metric("m2mgw_upstream_up")).toBe(1);
});

/** More than is kept of a body before it is streamed. */
const BEGINNING = `11800\r\n${"x".repeat(0x11800)}\r\n`;

test("an answer that begins before the body is whole comes through, and the rest of the body with no other request", async () => {
  const url = await startStreamingCse((_incoming, response) => {
    response.writeHead(403, { "X-M2M-RSC": "4103" }).end("no");
  });
  const front = await startFront({ "cse.url": url });
  const peer = new RawHttp(front.gateway.http);
  const head = ["POST /cse-in/c HTTP/1.1", "Host: a", "X-M2M-Origin: CApp", "X-M2M-RI: h1"];
  peer.send([...head, "X-M2M-RVI: 3", "Transfer-Encoding: chunked"], BEGINNING);
  expect(await peer.answered()).toMatchObject([{ status: 403 }]);
  await peer.gone;
});

test("a body whose answer has begun is cut with the connection at http.maxBody (S19)", async () => {
  const url = await startStreamingCse((incoming, response) => {
    incoming.resume();
    response.writeHead(200, { "X-M2M-RSC": "2001" }).write("begun");
  });
  const front = await startFront({ "cse.url": url, "http.maxBody": "71KiB" });
  const peer = new RawHttp(front.gateway.http);
  const head = ["POST /cse-in/c HTTP/1.1", "Host: a", "X-M2M-Origin: CApp", "X-M2M-RI: h1"];
  peer.send([...head, "X-M2M-RVI: 3", "Transfer-Encoding: chunked"], BEGINNING);
  await new Promise((begun) => peer.socket.once("data", begun));
  peer.socket.write(`800\r\n${"x".repeat(2048)}\r\n`);
  await peer.gone;
  expect(peer.responses).toEqual([]);
});

test("an answer streams down: the client has its beginning before its end is sent, beyond http.maxBody (S1)", async () => {
  const finish = gate();
  const chunk = Buffer.alloc(1 << 20, "y");
  const url = await startStreamingCse(async (_request, response) => {
    response.writeHead(200, { "Content-Type": "application/json" });
    response.write(chunk);
    await finish.opened;
    for (let count = 1; count < 8; count += 1) response.write(chunk);
    response.end();
  });
  const front = await startFront({ "cse.url": url, "http.maxBody": "64KiB" });
  const { hostname, port } = new URL(front.gateway.http);
  let size = 0;
  await new Promise<void>((resolve, reject) => {
    const outgoing = request({ hostname, port, path: "/cse-in", agent: false }, (response) => {
      response.once("data", finish.open);
      response.on("data", (data: Buffer) => {
        size += data.length;
      });
      response.on("end", resolve).on("error", reject);
    });
    outgoing.on("error", reject).end();
    onTestFinished(() => void outgoing.destroy());
  });
  expect(size).toBe(8 << 20);
});

test("a client that hangs up ends the exchange with the CSE (S1)", async () => {
  const reached = gate();
  const ended = gate();
  const url = await startStreamingCse((_incoming, response) => {
    response.on("close", ended.open);
    reached.open();
  });
  const front = await startFront({ "cse.url": url });
  const { hostname, port } = new URL(front.gateway.http);
  const outgoing = request({ hostname, port, path: "/cse-in", agent: false });
  outgoing.on("error", () => {});
  outgoing.end();
  await reached.opened;
  outgoing.destroy();
  await ended.opened;
});

test("an answer that breaks off breaks off at the client too: it is not made to look whole (S1)", async () => {
  const url = await startStreamingCse((_request, response) => {
    response.writeHead(200, { "Content-Type": "application/json" });
    response.write('{"m2m:cb":', () => response.destroy());
  });
  const front = await startFront({ "cse.url": url });
  await expect(front.http({ target: "/cse-in" })).rejects.toThrow();
});

test("a target in absolute-form goes to the CSE in origin-form (http-binding, 2.2)", async () => {
  const front = await startFront();
  await front.http({ target: "http://gateway.example/~/id-in/cse-in?rcn=4", headers: ORIGIN });
  expect(asked(front.cse)).toEqual(["GET /~/id-in/cse-in?rcn=4"]);
});

test("what passes and what concerns a registree go their ways on one HTTP connection", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1", { answer: ok });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const json = { ...ORIGIN, "Content-Type": "application/json" };
  const notify = { agent, method: "POST", target: point, headers: json, body: SGN };
  const unknown = { ...notify, target: `/poa/${"A".repeat(22)}` };
  for (let turn = 0; turn < 3; turn += 1) {
    expect(await front.http({ agent, target: "/cse-in", headers: ORIGIN })).toMatchObject({
      rsc: 2000,
    });
    expect(await front.http(notify)).toMatchObject({ rsc: 2000 });
    expect(await ae.nextRequest()).toMatchObject({ op: 5 });
    expect(await front.http(unknown)).toMatchObject({ rsc: 4004 });
  }
  expect(asked(front.cse)).toEqual(["POST /cse-in", "GET /cse-in", "GET /cse-in", "GET /cse-in"]);
});

test("long polls of applications keep no registree from the CSE (section 6)", async () => {
  const front = await startFront({ "cse.connections": "1" });
  const { ae } = await front.ae("CAE1");
  const polled = gate();
  front.cse.answer((request) => {
    if (request.target !== "/cse-in/pch/pcu") return { rsc: 2000 };
    polled.open();
    return undefined;
  });
  const poll = front.http({ target: "/cse-in/pch/pcu", headers: { "X-M2M-RI": "p1" } });
  poll.catch(() => {});
  await polled.opened;
  expect(await ae.request({ op: 2, to: "cse-in/x", fr: "CAE1" })).toMatchObject({ rsc: 2000 });
});

test("more than cse.maxInFlight at a time are told to come again (S19)", async () => {
  const front = await startFront({ "cse.maxInFlight": "1" });
  const reached = gate();
  front.cse.answer(() => {
    reached.open();
    return undefined;
  });
  const first = front.http({ target: "/cse-in/slow", headers: { "X-M2M-RI": "p1" } });
  first.catch(() => {});
  await reached.opened;
  const second = await front.http({ target: "/cse-in/x", headers: { "X-M2M-RI": "p2" } });
  expect(second).toMatchObject({ status: 503, rsc: 5103 });
  expect(second.headers["retry-after"]).toBeDefined();
});

test("an <AE> updated past the gateway is asked for, so that its new expiration counts (4.3)", async () => {
  const clock = new ManualClock();
  const front = await startFront({ "ws.pingAfter": "1h" }, { clock });
  const soon = { et: "20260101T120100" };
  const { point } = await front.ae("CAE1", { answer: ok, attributes: soon });
  const later = { "m2m:ae": { aei: "CAE1", ri: "CAE1", rr: true, et: "20260101T130000" } };
  front.cse.answer((request) =>
    request.method === "PUT" ? { rsc: 2004, body: later } : { rsc: 2000, body: later },
  );
  const put = await front.http({
    method: "PUT",
    target: "/CAE1",
    headers: { "X-M2M-Origin": "CAE1", "X-M2M-RI": "u1", "Content-Type": "application/json" },
    body: JSON.stringify({ "m2m:ae": { et: "20260101T130000" } }),
  });
  expect(put).toMatchObject({ status: 200, rsc: 2004 });
  await front.gateway.metricIs(
    'm2mgw_primitives_total{direction="to-cse",operation="retrieve",rsc_class="2xxx"}',
    1,
  );
  clock.advance(61_000);
  expect(await front.notify(point)).toMatchObject({ status: 200, rsc: 2000 });
});

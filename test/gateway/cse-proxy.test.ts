import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { millis, SystemClock } from "../../src/base/clock.ts";
import { tunnelAgent } from "../../src/binding/proxy/tunnel-agent.ts";
import { canMakeCertificates, makeCertificate } from "../helpers/certificate.ts";
import { type FakeCse, startCse } from "../helpers/fake-cse.ts";
import { answering, startProxy, tunnelling } from "../helpers/fake-proxy.ts";
import { type RunningGateway, startGateway } from "../helpers/start-gateway.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { type Front, frontOf } from "./front.ts";

const BASIC = "Basic dXNlcjpzZWNyZXQ=";
const ORIGIN = { "X-M2M-Origin": "CApp", "X-M2M-RI": "h1", "X-M2M-RVI": "3" };

function credentials(): string {
  const path = join(tempDir(), "credentials");
  writeFileSync(path, "user:secret\n");
  return path;
}

/** A gateway before a CSE that only its proxy knows: nothing listens at `cse.url`, and the proxy answers in its place. */
async function startBehindProxy(
  settings: Readonly<Record<string, string>> = {},
): Promise<Front & { readonly proxy: FakeCse }> {
  const proxy = await startCse();
  const gateway = await startGateway({
    "cse.url": "http://127.0.0.1:1",
    "proxy.url": proxy.url,
    "proxy.credentialsFile": credentials(),
    ...settings,
  });
  return { ...frontOf(gateway, proxy), proxy };
}

const errorsOf = ({ log }: RunningGateway): unknown[] =>
  log.filter(({ msg }) => msg === "the CSE is not reachable").map(({ error }) => error);

test("an http: CSE is asked in absolute-form, with its own Host and credentials for the proxy (RFC 9112, 3.2.2)", async () => {
  const front = await startBehindProxy({ "cse.url": "http://127.0.0.1:1/base/" });
  const { ae } = await front.ae();
  expect(await ae.request({ op: 2, to: "cse-in", fr: "CAE1" })).toMatchObject({ rsc: 2000 });
  const sent = front.proxy.requests.at(-1);
  expect(sent).toMatchObject({ method: "GET", target: "http://127.0.0.1:1/base/cse-in" });
  expect(sent?.rawHeaders).toEqual(
    expect.arrayContaining(["Host", "127.0.0.1:1", "Proxy-Authorization", BASIC]),
  );
});

test("what passes through goes the same way, byte for byte, and its answer keeps its spelling (S1)", async () => {
  const front = await startBehindProxy();
  front.proxy.answer((request) => ({
    headers: { "X-M2M-RSC": "2000", "X-Spelt-LIKE-this": "1" },
    body: request.body,
  }));
  for (const target of ["/cse-in/a%2Fb?x=%20+1", "//double//", "/?a"]) {
    const answer = await front.http({ method: "POST", target, headers: ORIGIN, body: "content" });
    expect(answer).toMatchObject({ status: 200, rsc: 2000, body: "content" });
    expect(answer.rawHeaders).toEqual(expect.arrayContaining(["X-M2M-RSC", "X-Spelt-LIKE-this"]));
    const sent = front.proxy.requests.at(-1);
    expect(sent?.target).toBe(`http://127.0.0.1:1${target}`);
    expect(sent?.headers).toMatchObject({ host: "127.0.0.1:1", "proxy-authorization": BASIC });
    expect(sent?.rawHeaders).toEqual(expect.arrayContaining(["X-M2M-Origin", "Host"]));
  }
});

test("a 407 tells nobody to log in: it is 5103, and the reason is in the log, without a password", async () => {
  const front = await startBehindProxy();
  const { ae } = await front.ae();
  const asks = { status: 407, headers: { "Proxy-Authenticate": "Basic" }, body: "x" };
  const reason = expect.stringContaining("lets no request through (407)");

  front.proxy.answer(() => asks);
  expect(await ae.request({ op: 2, to: "cse-in", fr: "CAE1" })).toMatchObject({ rsc: 5103 });
  expect(errorsOf(front.gateway)).toEqual([reason]);

  front.proxy.answer(() => ({ rsc: 2000 }));
  await front.http({ target: "/cse-in", headers: ORIGIN });
  front.proxy.answer(() => asks);
  const answer = await front.http({ target: "/cse-in", headers: ORIGIN });
  expect(answer.rsc).toBe(5103);
  expect(answer.headers).not.toHaveProperty("proxy-authenticate");
  expect(errorsOf(front.gateway)).toEqual([reason, reason]);
  expect(await front.gateway.metric("m2mgw_upstream_up")).toBe(0);
  expect(JSON.stringify(front.gateway.log)).not.toMatch(/secret|dXNlc/);
});

test("a proxy that is away makes it 5103, and the log says which", async () => {
  const front = await startBehindProxy({ "proxy.url": "http://127.0.0.1:2" });
  const answer = await front.http({ target: "/cse-in", headers: ORIGIN });
  expect(answer.rsc).toBe(5103);
  expect(answer.body).not.toContain("proxy");
  expect(errorsOf(front.gateway)).toEqual([
    "127.0.0.1:1 is not reached through the proxy 127.0.0.1:2: the proxy refuses connections",
  ]);
});

test("that the proxy is there says nothing about an http: CSE", async () => {
  const proxy = await startProxy(answering("HTTP/1.1 200 OK\r\n\r\n"));
  const gateway = await startGateway({
    "cse.url": "http://127.0.0.1:1",
    "proxy.url": `http://127.0.0.1:${proxy.port}`,
  });
  await proxy.taken(1);
  await proxy.idle();
  expect(await (await fetch(`${gateway.admin}/metrics`)).text()).not.toMatch(
    /^m2mgw_upstream_up /m,
  );
  expect(proxy.heads).toEqual([]);
});

test("an https: CSE is reached with CONNECT, and an attempt that is under way ends with the gateway", async () => {
  const proxy = await startProxy(() => {});
  const gateway = await startGateway({
    "cse.url": "https://127.0.0.1:1",
    "proxy.url": `http://127.0.0.1:${proxy.port}`,
  });
  await proxy.asked(1);
  expect(proxy.heads).toEqual(["CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: 127.0.0.1:1"]);
  await gateway.stop();
  await proxy.idle();
});

describe.skipIf(!canMakeCertificates())("with openssl", () => {
  test("an https: CSE behind a proxy is there when the tunnel is, and is sent nothing when nobody vouches for it", async () => {
    const { key, cert } = makeCertificate("IP:127.0.0.1");
    let requests = 0;
    const cse = createServer({ key, cert }, () => {
      requests += 1;
    }).listen(0, "127.0.0.1");
    await once(cse, "listening");
    onTestFinished(() => void cse.close());
    const proxy = await startProxy(tunnelling((cse.address() as AddressInfo).port));
    const gateway = await startGateway({
      "cse.url": "https://127.0.0.1:1",
      "proxy.url": `http://127.0.0.1:${proxy.port}`,
    });
    await gateway.metricIs("m2mgw_upstream_up", 1);
    const answer = await frontOf(gateway, await startCse()).http({ target: "/", headers: ORIGIN });
    expect(answer.rsc).toBe(5103);
    expect(errorsOf(gateway)).toEqual([
      `127.0.0.1:1 is not reached through the proxy 127.0.0.1:${proxy.port}: TLS with the target failed: self-signed certificate`,
    ]);
    expect(requests).toBe(0);
  });
});

test("PX-11 a registree that comes through a tunnel is answered 101 and registers as any other", async () => {
  const gateway = await startGateway();
  const proxy = await startProxy(tunnelling(Number(new URL(gateway.ws).port)));
  const through = { proxy: proxy.server(), timeout: millis(10_000), clock: new SystemClock() };
  const agent = tunnelAgent(new URL("ws://gateway.test"), through);
  const socket = new WebSocket("ws://gateway.test/", "oneM2M.json", { agent });
  onTestFinished(() => socket.terminate());
  const [[answer]] = await Promise.all([once(socket, "upgrade"), once(socket, "open")]);
  expect(answer.statusCode).toBe(101);
  const pc = { "m2m:ae": { api: "Napp", rr: true, srv: ["3"] } };
  const create = { op: 1, to: "cse-in", fr: "CAE1", rqi: "r1", rvi: "3", ty: 2, pc };
  socket.send(JSON.stringify(create));
  const [message] = await once(socket, "message");
  expect(JSON.parse(String(message))).toMatchObject({ rsc: 2001, rqi: "r1" });
});

import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { canMakeCertificates, makeCertificate } from "../helpers/certificate.ts";
import { startCse } from "../helpers/fake-cse.ts";
import { freePort } from "../helpers/free-port.ts";
import { callHttp } from "../helpers/http-client.ts";
import { haveProxies, startSquid, startTinyproxy } from "../helpers/real-proxy.ts";
import { runGateway } from "../helpers/run-gateway.ts";
import { startGateway } from "../helpers/start-gateway.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { startWsTarget } from "../helpers/ws-target.ts";
import { ThroughClient } from "../helpers/ws-through.ts";

const USER = "user:pass word";
const ORIGIN = { "X-M2M-Origin": "CApp", "X-M2M-RI": "h1", "X-M2M-RVI": "3" };
const skipped = !haveProxies() || !canMakeCertificates();

/** An https: CSE that answers each request with its method and Host. */
async function startHttpsCse(...names: readonly string[]) {
  const { key, cert, certFile } = makeCertificate(...names);
  const server = createServer({ key, cert }, (request, response) => {
    const headers = { "X-M2M-RSC": "2000", "X-M2M-RI": "h1" };
    response.writeHead(200, headers).end(`${request.method} ${request.headers.host}`);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, certFile };
}

async function echoes(client: ThroughClient): Promise<void> {
  const large = "x".repeat(500_000);
  client.socket.send("small");
  client.socket.send(large);
  expect(await client.message()).toBe("small");
  expect(await client.message()).toBe(large);
}

describe.skipIf(skipped).each([
  ["squid", startSquid],
  ["tinyproxy", startTinyproxy],
])("through a real %s", { timeout: 60_000 }, (_, startProxy) => {
  test("ws: and wss: connections open, carry what is sent, and end with it", async () => {
    const tls = makeCertificate("IP:127.0.0.1");
    const [plain, secure] = [await startWsTarget(), await startWsTarget({ tls })];
    const proxy = await startProxy({ ports: [plain.port, secure.port] });
    const clients = [
      new ThroughClient(`ws://127.0.0.1:${plain.port}/`, proxy.server()),
      new ThroughClient(`wss://127.0.0.1:${secure.port}/`, proxy.server(), { ca: tls.cert }),
    ];
    for (const client of clients) {
      expect(await client.opened).toBeUndefined();
      await echoes(client);
    }
    expect(plain.handshakes[0]?.headers.host).toBe(`127.0.0.1:${plain.port}`);
    const closed = clients.map(({ socket }) => once(socket, "close"));
    await proxy.stop();
    await Promise.all(closed);
  });

  test("Basic credentials open the way, and without the right ones it stays shut", async () => {
    const target = await startWsTarget();
    const proxy = await startProxy({ ports: [target.port], credentials: "user:secret" });
    const url = `ws://127.0.0.1:${target.port}/`;
    const opened = (credentials?: string) =>
      new ThroughClient(url, proxy.server(credentials)).opened;
    expect(await opened("user:secret")).toBeUndefined();
    expect((await opened("user:other"))?.message).toContain("did not accept the credentials (40");
    expect((await opened())?.message).toContain("asks for credentials, and");
    expect(target.handshakes).toHaveLength(1);
    expect(target.handshakes[0]?.headers).not.toHaveProperty("proxy-authorization");
  });

  test("a port that it does not allow, and a target that is not there, are told apart", async () => {
    const target = await startWsTarget();
    const nobody = await freePort();
    const proxy = await startProxy({ ports: [nobody] });
    const opened = (port: number) =>
      new ThroughClient(`ws://127.0.0.1:${port}/`, proxy.server()).opened;
    expect(await opened(target.port)).toMatchObject({ result: "forbidden" });
    expect(await opened(nobody)).toMatchObject({ result: "target-unreachable" });
    expect(target.handshakes).toEqual([]);
  });

  test("PX-11 a registree reaches the gateway and registers", async () => {
    const gateway = await startGateway();
    const proxy = await startProxy({ ports: [Number(new URL(gateway.ws).port)] });
    const client = new ThroughClient(gateway.ws, proxy.server());
    expect(await client.opened).toBeUndefined();
    const pc = { "m2m:ae": { api: "Napp", rr: true, srv: ["3"] } };
    const create = { op: 1, to: "cse-in", fr: "CAE1", rqi: "r1", rvi: "3", ty: 2, pc };
    client.socket.send(JSON.stringify(create));
    expect(JSON.parse(await client.message())).toMatchObject({ rsc: 2001 });
  });

  test("an http: CSE is reached with credentials, though CONNECT to its port is not allowed", async () => {
    const cse = await startCse();
    const proxy = await startProxy({ ports: [], credentials: "user:secret" });
    const path = join(tempDir(), "credentials");
    writeFileSync(path, "user:secret\n");
    const gateway = await startGateway({
      "cse.url": cse.url,
      "proxy.url": proxy.url,
      "proxy.credentialsFile": path,
    });
    const target = "/cse-in/a?ty=3";
    const body = '{"m2m:cnt":{}}';
    const headers = { ...ORIGIN, "Content-Type": "application/json;ty=3" };
    const answer = await callHttp(gateway.http, { method: "POST", target, headers, body });
    expect(answer.rsc).toBe(2001);
    expect(cse.requests.at(-1)).toMatchObject({ method: "POST", target, body });
    expect(cse.requests.at(-1)?.headers).toMatchObject({
      host: new URL(cse.url).host,
      via: expect.anything(),
    });
    expect(cse.requests.at(-1)?.headers).not.toHaveProperty("proxy-authorization");
  });

  test("an https: CSE is reached with CONNECT", async () => {
    const cse = await startHttpsCse("IP:127.0.0.1");
    const proxy = await startProxy({ ports: [cse.port] });
    const gateway = await runGateway({
      cse: { url: `https://127.0.0.1:${cse.port}` },
      flags: ["--proxy.url", proxy.url],
      under: ["env", `NODE_EXTRA_CA_CERTS=${cse.certFile}`],
    });
    const call = { target: "/cse-in", headers: ORIGIN };
    expect(await callHttp(gateway.http, call)).toMatchObject({
      rsc: 2000,
      body: `GET 127.0.0.1:${cse.port}`,
    });
    await proxy.stop();
    expect((await callHttp(gateway.http, call)).rsc).toBe(5103);
  });
});

describe.skipIf(skipped)("through a real squid alone", { timeout: 60_000 }, () => {
  test("the proxy itself is spoken to over TLS", async () => {
    const tls = makeCertificate("IP:127.0.0.1");
    const ofTarget = makeCertificate("DNS:cse.test");
    const target = await startWsTarget({ tls: ofTarget });
    const proxy = await startSquid({ ports: [target.port], tls, names: ["cse.test"] });
    const client = new ThroughClient(`wss://cse.test:${target.port}/`, proxy.server(), {
      ca: ofTarget.cert,
    });
    expect(await client.opened).toBeUndefined();
    expect(target.serverNames).toEqual(["cse.test"]);
    await echoes(client);
  });

  test("a gateway finds the proxy and its password in the environment, and only the proxy knows the CSE's name", async () => {
    const cse = await startHttpsCse("DNS:cse.test");
    const proxy = await startSquid({
      ports: [cse.port],
      credentials: USER,
      names: ["cse.test"],
    });
    const authority = new URL(proxy.url).host;
    const gateway = await runGateway({
      cse: { url: `https://cse.test:${cse.port}` },
      flags: ["--http.advertise", "http://gateway.test"],
      under: [
        "env",
        `NODE_EXTRA_CA_CERTS=${cse.certFile}`,
        `https_proxy=http://user:pass%20word@${authority}`,
      ],
    });
    expect(await callHttp(gateway.http, { target: "/cse-in", headers: ORIGIN })).toMatchObject({
      rsc: 2000,
      body: `GET cse.test:${cse.port}`,
    });
    expect(gateway.log()).toContain(`"proxy":"${authority} (https_proxy)"`);
    expect(gateway.log()).not.toMatch(/pass%20word|pass word/);
  });
});

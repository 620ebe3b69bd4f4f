import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { startCse } from "../helpers/fake-cse.ts";
import { startProxy, tunnelling } from "../helpers/fake-proxy.ts";
import { obliging, startRegistrar } from "../helpers/fake-registrar.ts";
import type { Message } from "../helpers/fake-registree.ts";
import { callHttp, type HttpAnswer } from "../helpers/http-client.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { type RunningGateway, startGateway } from "../helpers/start-gateway.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { pass } from "./bridge-in.ts";

const PEER = "//sp-b.example.org/id-b";
const OWN = { "cse.id": "/id-a", "cse.spId": "sp-a.example.org" };

type Entry = Readonly<Record<string, unknown>>;
const peersOf = (entry: Entry) => ({ ...OWN, peers: JSON.stringify({ [PEER]: entry }) });

interface Site {
  readonly gateway: RunningGateway;
  readonly clock: ManualClock;
}

/** A gateway with one peer, and time that stands still. */
async function gatewayWith(
  entry: Entry,
  more: Readonly<Record<string, string>> = {},
): Promise<Site> {
  const clock = new ManualClock();
  const cse = await startCse();
  const settings = {
    "cse.url": cse.url,
    ...peersOf(entry),
    "ws.pingAfter": "1h",
    "request.ceiling": "300ms",
    ...more,
  };
  return { gateway: await startGateway(settings, { clock }), clock };
}

/** What comes of it, while time passes that it may be kept open for. */
async function soon<T>(site: Site, asked: Promise<T>): Promise<T> {
  let isOver = false;
  const over = asked.finally(() => {
    isOver = true;
  });
  while (!isOver) await pass(site, 100);
  return await over;
}

/** Somebody asks for something of the peer, or creates it there. */
const ask = ({ gateway }: Site, content?: string): Promise<HttpAnswer> =>
  callHttp(gateway.http, {
    method: content === undefined ? "GET" : "POST",
    target: "/_/sp-b.example.org/id-b/x",
    headers: {
      "X-M2M-Origin": "//sp-a.example.org/id-a/CAE1",
      "X-M2M-RI": "q1",
      "X-M2M-RVI": "3",
      ...(content === undefined ? {} : { "Content-Type": "application/json;ty=3" }),
    },
    ...(content === undefined ? {} : { body: content }),
  });

describe("a peer is reached through the proxy as the CSE is (D-7.1)", () => {
  test("over WebSocket in a tunnel", async () => {
    const peer = await startRegistrar();
    const proxy = await startProxy(tunnelling(peer.port));
    const url = `http://127.0.0.1:${proxy.port}`;
    const site = await gatewayWith(
      { url: "ws://peer.example" },
      { "proxy.url": url, "proxy.none": "127.0.0.1" },
    );
    await pass(site, 1_000);
    await peer.next();
    expect(proxy.heads).toEqual([expect.stringMatching(/^CONNECT peer\.example:80 HTTP\/1\.1/)]);
    expect(await ask(site)).toMatchObject({ status: 200, rsc: 2000 });
  });

  test("over HTTP by requests in absolute-form, with credentials", async () => {
    const proxy = await startCse();
    const credentialsFile = join(tempDir(), "credentials");
    writeFileSync(credentialsFile, "user:secret\n");
    const site = await gatewayWith(
      { url: "http://peer.example/base" },
      {
        "proxy.url": proxy.url,
        "proxy.none": "127.0.0.1",
        "proxy.credentialsFile": credentialsFile,
      },
    );
    expect(await ask(site)).toMatchObject({ status: 200, rsc: 2000 });
    expect(proxy.requests).toMatchObject([
      {
        target: "http://peer.example/base/_/sp-b.example.org/id-b/x",
        headers: {
          host: "peer.example",
          "proxy-authorization": `Basic ${Buffer.from("user:secret").toString("base64")}`,
        },
      },
    ]);
  });

  test.each([407, 502])(
    "and what the proxy answers with %i finds a peer that is away",
    async (status) => {
      const proxy = await startCse(() => ({ status, body: "no" }));
      const site = await gatewayWith(
        { url: "http://peer.example" },
        { "proxy.url": proxy.url, "proxy.none": "127.0.0.1" },
      );
      const asked = ask(site);
      // It may have got there as long as the proxy has not said otherwise.
      await site.gateway.metricIs("m2mgw_hold_entries", 1);
      expect(await soon(site, asked)).toMatchObject({ status: 404, rsc: 5103 });
    },
  );
});

describe("a peer's entry has the keys of cse (S9)", () => {
  test("whom the handshake names, with what subprotocols", async () => {
    const peer = await startRegistrar({ choose: () => "oneM2M.json" });
    const site = await gatewayWith({
      url: peer.url,
      originator: "//sp-a.example.org/id-a/CGateway",
      subprotocols: ["oneM2M.cbor", "oneM2M.json"],
    });
    await pass(site, 1_000);
    const { handshake, peer: link } = await peer.next();
    expect(handshake.headers).toMatchObject({
      "x-m2m-origin": "//sp-a.example.org/id-a/CGateway",
      "sec-websocket-protocol": "oneM2M.cbor,oneM2M.json",
    });
    expect(await link.nextRequest()).toMatchObject({ fr: "//sp-a.example.org/id-a/CGateway" });
  });

  test("or nobody, where handshakes name none", async () => {
    const peer = await startRegistrar();
    const site = await gatewayWith({ url: peer.url, handshakeOrigin: false });
    await pass(site, 1_000);
    expect((await peer.next()).handshake.headers["x-m2m-origin"]).toBeUndefined();
  });

  test("connect: it is dialled when there is something to send, and closed when it was not used", async () => {
    const peer = await startRegistrar();
    const site = await gatewayWith({ url: peer.url, connect: "on-demand", idleClose: "1m" });
    await pass(site, 60_000, 10_000);
    expect(peer.dialled).toHaveLength(0);
    expect(await ask(site)).toMatchObject({ status: 200, rsc: 2000 });
    const first = await peer.next();
    await pass(site, 40_000, 10_000);
    expect(await ask(site)).toMatchObject({ rsc: 2000 });
    await pass(site, 40_000, 10_000);
    expect(await site.gateway.metric("m2mgw_links")).toBe(1);
    // What comes down is use, too.
    const sent = { op: 2, to: "//sp-a.example.org/id-a/x", fr: `${PEER}/CAE2` };
    expect(await first.peer.request(sent)).toMatchObject({ rsc: 2000 });
    await pass(site, 40_000, 10_000);
    expect(await site.gateway.metric("m2mgw_links")).toBe(1);
    await pass(site, 21_000, 10_000);
    expect(await first.peer.closed).toEqual({ code: 1000, reason: "idle" });
    await site.gateway.metricIs("m2mgw_links", 0);
    expect(await ask(site)).toMatchObject({ rsc: 2000 });
    expect(peer.dialled).toHaveLength(2);
  });

  test("and one that was away then is dialled again", async () => {
    const peer = await startRegistrar();
    await peer.stop();
    const site = await gatewayWith({ url: peer.url, connect: "on-demand" });
    expect(await soon(site, ask(site))).toMatchObject({ status: 404, rsc: 5103 });
    const back = await startRegistrar({ port: peer.port });
    await pass(site, 1_500);
    expect(await ask(site)).toMatchObject({ status: 200, rsc: 2000 });
    expect(back.dialled).toHaveLength(1);
  });

  test("windows: outside of them it is not dialled", async () => {
    const peer = await startRegistrar();
    const site = await gatewayWith({ url: peer.url, windows: ["13:00-14:00"] });
    await pass(site, 60_000, 10_000);
    expect(peer.dialled).toHaveLength(0);
    await pass(site, 60 * 60_000, 60_000);
    await peer.next();
    expect(peer.dialled).toHaveLength(1);
  });

  test("timeout: how long its answer is waited for", async () => {
    const peer = await startRegistrar({ answer: () => undefined });
    const site = await gatewayWith({ url: peer.url, timeout: "30s" }, { "request.ceiling": "5s" });
    await pass(site, 1_000);
    const { peer: link } = await peer.next();
    await link.nextRequest();
    const asked = ask(site);
    await link.nextRequest();
    let answered = false;
    void asked.then(() => {
      answered = true;
    });
    await pass(site, 29_000, 1_000);
    expect(answered).toBe(false);
    await pass(site, 2_000);
    expect(await asked).toMatchObject({ status: 504, rsc: 4008 });
  });

  test.each(["ws", "http"])("maxInFlight: more are refused (%s)", async (scheme) => {
    let release = (): void => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const http = await startCse(async () => {
      await released;
      return { rsc: 2000 };
    });
    const asked: Message[] = [];
    const ws = await startRegistrar({
      answer: (request) => (request.to === PEER ? obliging(request) : void asked.push(request)),
    });
    const site = await gatewayWith({
      url: scheme === "ws" ? ws.url : http.url,
      maxInFlight: 1,
      timeout: "10s",
    });
    await pass(site, 1_000);
    if (scheme === "ws") await site.gateway.metricIs("m2mgw_links", 1);
    const first = ask(site);
    const { requests } = scheme === "ws" ? { requests: asked } : http;
    await expect.poll(() => requests).toHaveLength(1);
    expect(await ask(site)).toMatchObject({ rsc: 5103 });
    release();
    await pass(site, 11_000, 1_000);
    expect(await first).toMatchObject({ rsc: scheme === "ws" ? 4008 : 2000 });
  });

  test("serializations: what it reads over HTTP", async () => {
    const peer = await startCse(() => ({ rsc: 2001 }));
    const site = await gatewayWith({ url: peer.url, serializations: ["xml"] });
    expect(await ask(site, '{"m2m:cnt":{"rn":"c"}}')).toMatchObject({ rsc: 2001 });
    expect(peer.requests).toMatchObject([
      {
        headers: { "content-type": expect.stringMatching(/^application\/xml/) },
        body: expect.stringContaining("<m2m:cnt"),
      },
    ]);
  });

  test("connections: no more of them over HTTP", async () => {
    let now = 0;
    let most = 0;
    const peer = await startCse(async () => {
      now += 1;
      most = Math.max(most, now);
      for (let turn = 0; turn < 20; turn += 1) await new Promise((again) => setImmediate(again));
      now -= 1;
      return { rsc: 2000 };
    });
    const site = await gatewayWith({ url: peer.url, connections: 2 });
    await Promise.all([ask(site), ask(site), ask(site), ask(site)]);
    expect(most).toBe(2);
  });
});

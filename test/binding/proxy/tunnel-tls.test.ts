import { describe, expect, test } from "vitest";
import { canMakeCertificates, makeCertificate } from "../../helpers/certificate.ts";
import { answering, startProxy, tunnelling } from "../../helpers/fake-proxy.ts";
import { ManualClock } from "../../helpers/manual-clock.ts";
import { startWsTarget } from "../../helpers/ws-target.ts";
import { ThroughClient } from "../../helpers/ws-through.ts";

describe.skipIf(!canMakeCertificates())("TLS", () => {
  test("PX-02 wss: is CONNECT host:443, TLS with SNI of the host, then GET / (RFC 6455, 4.1)", async () => {
    const tls = makeCertificate("DNS:cse.test");
    const target = await startWsTarget({ tls });
    const proxy = await startProxy(tunnelling(target.port));
    const client = new ThroughClient("wss://cse.test/", proxy.server(), { ca: tls.cert });
    expect(await client.opened).toBeUndefined();
    expect(proxy.heads).toEqual(["CONNECT cse.test:443 HTTP/1.1\r\nHost: cse.test:443"]);
    expect(target.serverNames).toEqual(["cse.test"]);
    expect(target.handshakes[0]?.headers.host).toBe("cse.test");
    expect(proxy.after()).not.toContain("GET /");
    client.socket.send("there");
    expect(await client.message()).toBe("there");
    await client.close();
    await proxy.idle();
  });

  test("a target by its address has no SNI, and its certificate must be for the address", async () => {
    const tls = makeCertificate("IP:192.0.2.7", "IP:2001:db8::7");
    const target = await startWsTarget({ tls });
    const proxy = await startProxy(tunnelling(target.port));
    const options = { ca: tls.cert };
    for (const url of ["wss://192.0.2.7/", "wss://[2001:db8::7]:8443/"]) {
      expect(await new ThroughClient(url, proxy.server(), options).opened).toBeUndefined();
    }
    expect(target.serverNames).toEqual([false, false]);
    const other = await new ThroughClient("wss://192.0.2.8/", proxy.server(), options).opened;
    expect(other).toMatchObject({ result: "target-tls" });
  });

  test.each([
    ["that nobody vouches for", "wss://cse.test/", false, "self-signed certificate"],
    ["that is for another name", "wss://other.test/", true, "is not in the cert's"],
  ])(
    "a certificate of the target %s ends it before the handshake",
    async (_, url, known, reason) => {
      const tls = makeCertificate("DNS:cse.test");
      const target = await startWsTarget({ tls });
      const proxy = await startProxy(tunnelling(target.port));
      const options = known ? { ca: tls.cert } : {};
      const error = await new ThroughClient(url, proxy.server(), options).opened;
      expect(error).toMatchObject({
        result: "target-tls",
        message: expect.stringContaining(reason),
      });
      expect(error?.message).toContain(
        `through the proxy 127.0.0.1:${proxy.port}: TLS with the target`,
      );
      await proxy.idle();
      expect(target.handshakes).toEqual([]);
    },
  );

  test("an https: proxy is spoken to over TLS, whom somebody vouches for; a target behind it has its own", async () => {
    const ofProxy = makeCertificate("IP:127.0.0.1");
    const ofTarget = makeCertificate("DNS:cse.test");
    const [plain, secured] = [await startWsTarget(), await startWsTarget({ tls: ofTarget })];
    for (const { url, target } of [
      { url: "ws://cse.test/", target: plain },
      { url: "wss://cse.test/", target: secured },
    ]) {
      const proxy = await startProxy(tunnelling(target.port), { tls: ofProxy });
      const client = new ThroughClient(url, proxy.server(), { ca: ofTarget.cert });
      expect(await client.opened).toBeUndefined();
      client.socket.send("there");
      expect(await client.message()).toBe("there");
      await client.close();
      await proxy.idle();
    }
    expect(secured.serverNames).toEqual(["cse.test"]);
  });

  test.each([
    ["nobody vouches for", { secured: undefined }, "self-signed certificate"],
    ["has another name in its certificate", { host: "localhost" }, "is not in the cert's"],
  ])("a proxy that %s is sent nothing", async (_, server, reason) => {
    const proxy = await startProxy(answering(""), {
      tls: makeCertificate("DNS:proxy.test", "IP:127.0.0.1"),
    });
    const error = await new ThroughClient("ws://cse.test/", proxy.server(server)).opened;
    expect(error).toMatchObject({ result: "proxy-tls", message: expect.stringContaining(reason) });
    expect(error?.message).toMatch(/^cse\.test:80 is not reached through the proxy /);
    expect(proxy.heads).toEqual([]);
  });

  test("a proxy whose URL is wrong about TLS is told of", async () => {
    const secure = await startProxy(answering(""), { tls: makeCertificate("IP:127.0.0.1") });
    const asPlain = secure.server({ protocol: "http:" });
    expect(await new ThroughClient("ws://cse.test/", asPlain).opened).toMatchObject({
      result: expect.stringMatching(/^(not-http|closed)$/),
    });
    const { port } = await startWsTarget();
    const asSecure = secure.server({ port });
    expect(await new ThroughClient("ws://cse.test/", asSecure).opened).toMatchObject({
      result: "proxy-tls",
      message: expect.stringContaining("the proxy does not speak TLS; is it an http:// one?"),
    });
  });

  test("a target that is silent in TLS costs the attempt's time", async () => {
    const clock = new ManualClock();
    const proxy = await startProxy(answering("HTTP/1.1 200 OK\r\n\r\n"));
    const client = new ThroughClient("wss://cse.test/", proxy.server(), { clock });
    await proxy.asked(1);
    while (proxy.after() === "") await new Promise((again) => setImmediate(again));
    clock.advance(10_000);
    expect(await client.opened).toMatchObject({
      result: "timeout",
      message: expect.stringContaining("TLS with the target was not established within 10 s"),
    });
    await proxy.idle();
  });
});

import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TlsOptions } from "node:tls";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { makeAuthority } from "../helpers/authority.ts";
import { canMakeCertificates } from "../helpers/certificate.ts";
import { startCse } from "../helpers/fake-cse.ts";
import { startProxy, tunnelling } from "../helpers/fake-proxy.ts";
import { startRegistrar } from "../helpers/fake-registrar.ts";
import { callHttp } from "../helpers/http-client.ts";
import { reply, startHttpRegistree } from "../helpers/http-registree.ts";
import { startGateway } from "../helpers/start-gateway.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { startTlsFront } from "../helpers/tls-front.ts";
import { HELD, SERVED } from "./hold-in.ts";
import { startStandalone } from "./http-standalone.ts";

const CALL = { "X-M2M-Origin": "CApp", "X-M2M-RI": "h1", "X-M2M-RVI": "3" };

/** Who vouches for the server and for the gateway; the server takes nobody without a certificate. */
function world() {
  const authority = makeAuthority("CA");
  const { cert, key } = authority.issue("IP:127.0.0.1");
  const own = authority.issue("DNS:gateway.test");
  const strict: TlsOptions = {
    ...{ cert, key, ca: authority.cert },
    requestCert: true,
    rejectUnauthorized: true,
  };
  const keysOf = (group: string): Record<string, string> => ({
    [`${group}.tls.ca`]: authority.certFile,
    [`${group}.tls.certificate`]: own.certFile,
    [`${group}.tls.key`]: own.keyFile,
  });
  return { authority, own, strict, keysOf };
}

const retrieve = (gateway: { readonly http: string }) =>
  callHttp(gateway.http, { target: "/cse-in", headers: CALL });

describe.skipIf(!canMakeCertificates())("TLS with what the gateway connects to", () => {
  test("a registrar over wss: own CA, own certificate", async () => {
    const { keysOf, strict } = world();
    const registrar = await startRegistrar();
    const front = await startTlsFront(registrar.port, strict);
    const gateway = await startGateway({
      "cse.url": `wss://127.0.0.1:${front.port}`,
      ...keysOf("cse"),
    });
    expect(await retrieve(gateway)).toMatchObject({ status: 200, rsc: 2000 });
    expect(front.shown).toEqual(["gateway.test"]);
    expect(
      await gateway.metric(
        'm2mgw_tls_certificate_expiry_timestamp_seconds{face="cse",certificate="0"}',
      ),
    ).toBeGreaterThan(0);
  });

  test("a registrar whom the given CA does not vouch for is not spoken to", async () => {
    const { strict } = world();
    const registrar = await startRegistrar();
    const front = await startTlsFront(registrar.port, strict);
    const gateway = await startGateway({
      "cse.url": `wss://127.0.0.1:${front.port}`,
      "cse.tls.ca": makeAuthority("Another").certFile,
    });
    await gateway.metricIs('m2mgw_registrar_dials_total{result="tls"}', 1);
    expect(front.shown).toEqual([]);
  });

  test("a CSE over https: own CA, own certificate, for what passes through and what does not", async () => {
    const { keysOf, strict } = world();
    const cse = await startCse();
    const front = await startTlsFront(Number(new URL(cse.url).port), strict);
    const gateway = await startGateway({
      "cse.url": `https://127.0.0.1:${front.port}`,
      ...keysOf("cse"),
    });
    expect(await retrieve(gateway)).toMatchObject({ status: 200 });
    expect(
      await callHttp(gateway.http, {
        target: "/cse-in",
        headers: { ...CALL, Accept: "application/cbor" },
      }),
    ).toMatchObject({ status: 200 });
    expect(new Set(front.shown)).toEqual(new Set(["gateway.test"]));
    expect(cse.requests).toHaveLength(2);
  });

  test("without a certificate such a CSE is not reachable", async () => {
    const { authority, strict } = world();
    const cse = await startCse();
    const front = await startTlsFront(Number(new URL(cse.url).port), strict);
    const gateway = await startGateway({
      "cse.url": `https://127.0.0.1:${front.port}`,
      "cse.tls.ca": authority.certFile,
    });
    expect((await retrieve(gateway)).status).toBeGreaterThanOrEqual(500);
    expect(front.shown).toEqual([]);
    expect(cse.requests).toEqual([]);
  });

  test.each(["wss", "https"])(
    "no variable of the environment has it speak to whom nobody vouches for (%s)",
    async (scheme) => {
      vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
      onTestFinished(() => void vi.unstubAllEnvs());
      const { authority } = world();
      const { cert, key } = authority.issue("IP:127.0.0.1");
      const behind = scheme === "wss" ? await startRegistrar() : await startCse();
      const port = "port" in behind ? behind.port : Number(new URL(behind.url).port);
      const front = await startTlsFront(port, { cert, key });
      const gateway = await startGateway({ "cse.url": `${scheme}://127.0.0.1:${front.port}` });
      expect(await retrieve(gateway)).toMatchObject({ status: 404, rsc: 5103 });
    },
  );

  test("nor does it call a point of access of such a one", async () => {
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    onTestFinished(() => void vi.unstubAllEnvs());
    const { cert, key } = world().authority.issue("IP:127.0.0.1");
    const listener = await startCse();
    const front = await startTlsFront(Number(new URL(listener.url).port), { cert, key });
    const { notify, register } = await startStandalone();
    await register([`https://127.0.0.1:${front.port}/notify`]);
    expect(await notify("/~/id-in/CAE1")).toMatchObject({ status: 202, rsc: 1000 });
    expect(listener.requests).toEqual([]);
  });

  test("a certificate that is renewed is shown on the next connection", async () => {
    const { authority, keysOf, own, strict } = world();
    const [certificate, key] = [join(tempDir(), "cert.pem"), join(tempDir(), "key.pem")];
    copyFileSync(own.certFile, certificate);
    copyFileSync(own.keyFile, key);
    const cse = await startCse();
    const front = await startTlsFront(Number(new URL(cse.url).port), strict);
    const gateway = await startGateway({
      ...keysOf("cse"),
      "cse.url": `https://127.0.0.1:${front.port}`,
      "cse.tls.certificate": certificate,
      "cse.tls.key": key,
    });
    cse.answer(() => ({ rsc: 2000, headers: { Connection: "close" }, body: { "m2m:cb": {} } }));
    await retrieve(gateway);
    const renewed = authority.issue("DNS:renewed.test");
    copyFileSync(renewed.certFile, certificate);
    copyFileSync(renewed.keyFile, key);
    await gateway.reload();
    await retrieve(gateway);
    expect(front.shown).toEqual(["gateway.test", "renewed.test"]);
  });

  test("a proxy over https: with its own CA and certificate, and others for the CSE behind it", async () => {
    const [ofProxy, ofCse] = [world(), world()];
    const registrar = await startRegistrar();
    const front = await startTlsFront(registrar.port, ofCse.strict);
    const proxy = await startProxy(tunnelling(front.port));
    const secured = await startTlsFront(proxy.port, ofProxy.strict);
    const gateway = await startGateway({
      "cse.url": "wss://127.0.0.1:4444",
      "proxy.url": `https://127.0.0.1:${secured.port}`,
      ...ofProxy.keysOf("proxy"),
      ...ofCse.keysOf("cse"),
    });
    expect(await retrieve(gateway)).toMatchObject({ status: 200, rsc: 2000 });
    expect(secured.shown).toEqual(["gateway.test"]);
    expect(front.shown).toEqual(["gateway.test"]);
    expect(proxy.heads[0]).toContain("CONNECT 127.0.0.1:4444");
  });

  test("a peer over https: with a CA and a certificate of its own", async () => {
    const { authority, own, strict } = world();
    const [cse, other] = [await startCse(), await startCse()];
    const front = await startTlsFront(Number(new URL(other.url).port), strict);
    const config = join(tempDir(), "peers.yaml");
    const tls = `{ ca: ${authority.certFile}, certificate: ${own.certFile}, key: ${own.keyFile} }`;
    writeFileSync(
      config,
      `peers: { /id-b: { url: "https://127.0.0.1:${front.port}", tls: ${tls} } }`,
    );
    const gateway = await startGateway(
      { "cse.url": cse.url, "cse.tls.ca": makeAuthority("Another").certFile },
      { file: config },
    );
    expect(await callHttp(gateway.http, { target: "/~/id-b/cse-b", headers: CALL })).toMatchObject({
      status: 200,
      rsc: 2000,
    });
    expect(front.shown).toEqual(["gateway.test"]);
    expect(
      await gateway.metric(
        'm2mgw_tls_certificate_expiry_timestamp_seconds{face="peer",certificate="0"}',
      ),
    ).toBeGreaterThan(0);
  });

  test("a point of access over https: own CA, own certificate, and what the files hold by then", async () => {
    const { authority, keysOf, own, strict } = world();
    const [certificate, key] = [join(tempDir(), "cert.pem"), join(tempDir(), "key.pem")];
    copyFileSync(own.certFile, certificate);
    copyFileSync(own.keyFile, key);
    const { gateway, notify, register } = await startStandalone({
      ...keysOf("calls"),
      "calls.tls.certificate": certificate,
      "calls.tls.key": key,
    });
    const device = await startHttpRegistree();
    device.answer((request, response) => {
      response.shouldKeepAlive = false;
      reply(request, response);
    });
    const front = await startTlsFront(device.port, strict);
    await register([`https://127.0.0.1:${front.port}/n`]);
    expect(await notify("/~/id-in/CAE1")).toMatchObject(SERVED);
    const renewed = authority.issue("DNS:renewed.test");
    copyFileSync(renewed.certFile, certificate);
    copyFileSync(renewed.keyFile, key);
    await gateway.reload();
    expect(await notify("/~/id-in/CAE1", "n2")).toMatchObject(SERVED);
    expect(front.shown).toEqual(["gateway.test", "renewed.test"]);
    const sample = 'm2mgw_tls_certificate_expiry_timestamp_seconds{face="calls",certificate="0"}';
    expect(await gateway.metric(sample)).toBeGreaterThan(0);
  });

  test("a point of access whom calls.tls.ca does not vouch for is not called", async () => {
    const { strict } = world();
    const { notify, register } = await startStandalone({
      "calls.tls.ca": makeAuthority("Another").certFile,
    });
    const device = await startHttpRegistree();
    const front = await startTlsFront(device.port, { cert: strict.cert, key: strict.key });
    await register([`https://127.0.0.1:${front.port}/n`]);
    expect(await notify("/~/id-in/CAE1")).toMatchObject(HELD);
    expect(device.requests).toEqual([]);
  });
});

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { copyFileSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { describe, expect, onTestFinished, test } from "vitest";
import { makeAuthority } from "../helpers/authority.ts";
import { type Certificate, canMakeCertificates } from "../helpers/certificate.ts";
import { connectRegistree } from "../helpers/fake-registree.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { startGateway } from "../helpers/start-gateway.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { registerCse } from "./front.ts";

interface World {
  readonly trusting: ConnectionOptions;
  readonly as: ConnectionOptions;
  /** Keys of a face that asks everybody for a certificate. */
  mutual(face: "http" | "ws" | "admin"): Record<string, string>;
  readonly server: Certificate;
  issue(names: string): Certificate;
}

function world(): World {
  const authority = makeAuthority("CA");
  const server = authority.issue("DNS:localhost,IP:127.0.0.1,IP:::1");
  const { cert, key } = authority.issue("URI://sp.test/id-in/CApp");
  const trusting = { ca: authority.cert };
  return {
    trusting,
    as: { ...trusting, cert, key },
    server,
    issue: (names) => authority.issue(names),
    mutual: (face) => ({
      "cse.spId": "sp.test",
      [`${face}.tls.certificates`]: server.certFile,
      [`${face}.tls.keys`]: server.keyFile,
      [`${face}.tls.clientCertificates`]: "required",
      [`${face}.tls.clientCa`]: authority.certFile,
    }),
  };
}

/** Status and body of an answer over https:, or the code of what went wrong. */
function ask(
  url: string,
  tls: ConnectionOptions,
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  return new Promise((resolve) => {
    const asked = get(url, { ...tls, headers, agent: false });
    asked.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    asked.on("response", async (response) => {
      let text = "";
      for await (const part of response) text += String(part);
      resolve(`${response.statusCode} ${text}`);
    });
  });
}

const CALL = { "X-M2M-Origin": "CApp", "X-M2M-RI": "h1", "X-M2M-RVI": "3" };

describe.skipIf(!canMakeCertificates())("faces with TLS", () => {
  test("all three speak it, ask for certificates, and give no answer of HTTP without one (SE-03, SE-05)", async () => {
    const { as, mutual, trusting } = world();
    const gateway = await startGateway({ ...mutual("http"), ...mutual("ws"), ...mutual("admin") });
    expect(gateway).toMatchObject({
      http: expect.stringMatching(/^https:/),
      ws: expect.stringMatching(/^wss:/),
      admin: expect.stringMatching(/^https:/),
    });
    expect(await ask(`${gateway.http}/cse-in`, as, CALL)).toMatch(/^\d{3} /);
    expect(await ask(`${gateway.admin}/livez`, as)).toMatch(/^200 /);
    const registree = await connectRegistree(gateway.ws, { tls: as });
    expect(await registree.register("CApp")).toMatchObject({ rsc: 2001 });

    expect(await ask(`${gateway.http}/cse-in`, trusting, CALL)).toMatch(/^[A-Z]/);
    expect(await ask(`${gateway.admin}/livez`, trusting)).toMatch(/^[A-Z]/);
    await expect(connectRegistree(gateway.ws, { tls: trusting })).rejects.toThrow();
    // What looks at its books shows no certificate.
    await gateway.stopAtOnce();
  });

  test("beyond loopback the API of operators needs a certificate, and its own page may call it", async () => {
    const { as, mutual } = world();
    const asked = await startGateway({ ...mutual("admin"), "admin.listen": "0.0.0.0:0" });
    const url = `https://localhost:${new URL(asked.admin).port}`;
    const page = (origin: string) => ({ Origin: origin, "Sec-Fetch-Site": "same-origin" });
    expect(await ask(`${url}/api/v1/status`, as, page(url))).toMatch(/^200 /);
    expect(await ask(`${url}/api/v1/status`, as, page("https://evil.example"))).toMatch(/^403 /);
    await asked.stopAtOnce();
  });

  test("TLS alone does not let the API of operators leave loopback", async () => {
    const { server, trusting } = world();
    const own = { "admin.tls.certificates": server.certFile, "admin.tls.keys": server.keyFile };
    const open = await startGateway({ ...own, "admin.listen": "0.0.0.0:0" });
    const other = `https://localhost:${new URL(open.admin).port}`;
    expect(await ask(`${other}/api/v1/status`, trusting)).toMatch(/^403 .*admin\.tokenFile/);
    expect(await ask(`${other}/readyz`, trusting)).toMatch(/^200 /);
    await open.stopAtOnce();
  });

  test("there is no plain ws beside wss, and no plain HTTP beside https (SE-04)", async () => {
    const { mutual } = world();
    const gateway = await startGateway({ ...mutual("http"), ...mutual("ws") });
    for (const url of [gateway.http, gateway.ws]) {
      const { port } = new URL(url);
      const socket: Socket = connect(Number(port), "127.0.0.1");
      let heard = "";
      socket.on("error", () => {});
      socket.on("data", (part) => {
        heard += part.toString("latin1");
      });
      socket.write(
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
      );
      await once(socket, "close");
      expect(heard).not.toContain("HTTP");
    }
  });

  test("http and ws on one port have one TLS", async () => {
    const { as, mutual, trusting } = world();
    const free = await startGateway();
    const { host } = new URL(free.http);
    await free.stop();
    const gateway = await startGateway({
      ...mutual("http"),
      "http.listen": host,
      "ws.listen": host,
    });
    expect(gateway.ws).toBe(gateway.http.replace(/^https/, "wss"));
    const registree = await connectRegistree(gateway.ws, { tls: as });
    expect(await registree.register("CApp")).toMatchObject({ rsc: 2001 });
    await expect(connectRegistree(gateway.ws, { tls: trusting })).rejects.toThrow();
    expect(
      await gateway.metric('m2mgw_tls_handshakes_total{face="http",result="established"}'),
    ).toBe(1);
  });

  test("certificates are read again while links are open; what is wrong is told, and metrics count it", async () => {
    const { as, issue, mutual, server, trusting } = world();
    const [certificates, keys] = [join(tempDir(), "cert.pem"), join(tempDir(), "key.pem")];
    const put = ({ certFile, keyFile }: Certificate): void => {
      copyFileSync(certFile, certificates);
      copyFileSync(keyFile, keys);
    };
    put(server);
    const clock = new ManualClock();
    const gateway = await startGateway(
      { ...mutual("ws"), "ws.tls.certificates": certificates, "ws.tls.keys": keys },
      { clock },
    );
    const registree = await connectRegistree(gateway.ws, { tls: as });
    await registree.register("CApp");
    const expiry = 'm2mgw_tls_certificate_expiry_timestamp_seconds{face="ws",certificate="0"}';
    const before = await gateway.metric(expiry);
    expect(before * 1000).toBeGreaterThan(Date.now());

    const reloads = (result: string) =>
      gateway.metric(`m2mgw_tls_reloads_total{result="${result}"}`);
    copyFileSync(as.key === undefined ? keys : server.certFile, keys);
    await expect(gateway.reload()).rejects.toThrow("ws.tls.");
    expect(await reloads("applied")).toBe(0);
    expect(await gateway.metric(expiry)).toBe(before);

    put(issue("DNS:renewed.test"));
    while ((await reloads("applied")) === 0) clock.advance(5_000);
    const { port } = new URL(gateway.ws);
    const socket = connectTls({
      ...{ ...as, port: Number(port), host: "127.0.0.1" },
      checkServerIdentity: () => undefined,
    });
    onTestFinished(() => void socket.destroy());
    await once(socket, "secureConnect");
    expect(socket.getPeerCertificate().subject.CN).toBe("renewed.test");
    expect(await registree.request({ op: 2, to: "cse-in", fr: "CApp" })).toMatchObject({
      rsc: 2000,
    });
    expect(gateway.log.map(({ msg }) => msg)).toContain("TLS files read again");
    await expect(connectRegistree(gateway.ws, { tls: trusting })).rejects.toThrow();
  });

  test("a certificate proves the originators in its names, over both faces, and no others", async () => {
    const { as, mutual } = world();
    const gateway = await startGateway({ ...mutual("http"), ...mutual("ws") });
    const registree = await connectRegistree(gateway.ws, { tls: as });
    expect(await registree.register("CEvil")).toMatchObject({ rsc: 4106 });
    expect(await registree.register("CApp")).toMatchObject({ rsc: 2001 });
    expect(await ask(`${gateway.http}/cse-in`, as, CALL)).toMatch(/^200 /);
    const evil = { ...CALL, "X-M2M-Origin": "CEvil" };
    expect(await ask(`${gateway.http}/cse-in`, as, evil)).toMatch(/^403 /);
  });

  test("a CSE with its certificate may register (RG-18; TS-0003, 10.1.1.7)", async () => {
    const { issue, mutual, trusting } = world();
    const gateway = await startGateway(mutual("ws"));
    const { cert, key } = issue("DNS:id-mn.id-in.sp.test");
    const cse = await connectRegistree(gateway.ws, { tls: { ...trusting, cert, key } });
    expect(await registerCse(cse, "/id-mn")).toMatchObject({ rsc: 2001 });
  });

  test("a pre-shared key of the credentials file proves its originators (TS-0003, 8.2.2.1)", async () => {
    const { mutual } = world();
    const file = join(tempDir(), "credentials.yaml");
    const key = randomBytes(32);
    const psk = `{ identity: lamp, key: "${key.toString("hex")}" }`;
    writeFileSync(file, `- { name: lamp, originators: [CLamp], psk: ${psk} }\n`);
    const gateway = await startGateway({ ...mutual("ws"), "credentials.file": file });
    const withKey = (secret: Buffer): ConnectionOptions => ({
      pskCallback: () => ({ identity: "lamp", psk: secret }),
      checkServerIdentity: () => undefined,
      ciphers: "PSK",
      maxVersion: "TLSv1.2",
    });
    await expect(connectRegistree(gateway.ws, { tls: withKey(randomBytes(32)) })).rejects.toThrow();
    const lamp = await connectRegistree(gateway.ws, { tls: withKey(key) });
    expect(await lamp.register("CEvil")).toMatchObject({ rsc: 4106 });
    expect(await lamp.register("CLamp")).toMatchObject({ rsc: 2001 });
  });
});

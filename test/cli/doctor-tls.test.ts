import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { EXIT } from "../../src/cli/terminal.ts";
import { makeAuthority } from "../helpers/authority.ts";
import { canMakeCertificates, makeCertificate } from "../helpers/certificate.ts";
import { startChild } from "../helpers/child.ts";
import { startCse } from "../helpers/fake-cse.ts";
import { startProxy, tunnelling } from "../helpers/fake-proxy.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { TestTerminal } from "../helpers/test-terminal.ts";
import { startTlsFront } from "../helpers/tls-front.ts";
import { startWsTarget } from "../helpers/ws-target.ts";
import { examined } from "./doctor-in.ts";

const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

/** As a process of its own: Node reads whom it trusts at its start. @returns lines about TLS and the handshake */
async function examinedTrusting(
  certFile: string,
  url: string,
): Promise<{ readonly code: unknown; readonly lines: readonly string[] }> {
  const child = await startChild(
    process.execPath,
    [
      ...[main, "doctor", "--stateDir", tempDir(), "--http.listen", "127.0.0.1:0"],
      ...["--ws.listen", "127.0.0.1:0", "--admin.listen", "127.0.0.1:0", "--cse.url", url],
    ],
    { env: { NODE_EXTRA_CA_CERTS: certFile } },
  );
  const code = await child.ended;
  const lines = child.output().split("\n");
  const first = lines.findIndex((line) => /^\S+ +TLS /.test(line));
  return { code, lines: lines.slice(first) };
}

describe.skipIf(!canMakeCertificates())("TLS with the CSE", () => {
  test("a good certificate is all well: version, names, who vouches for it, and how long yet", async () => {
    const authority = makeAuthority("Test Authority");
    const tls = authority.issue("DNS:localhost", { from: -1, until: 100.5 });
    const { port } = await startWsTarget({ tls });
    const { code, lines } = await examinedTrusting(authority.certFile, `wss://localhost:${port}`);
    expect(code, lines.join("\n")).toBe(EXIT.OK);
    expect(lines[0]).toMatch(
      /^ok {5}TLS {12}TLSv1\.3 \(\d+ ms\); the certificate is for DNS:localhost, vouched for by "Test Authority"$/,
    );
    expect(lines[1]).toMatch(
      /^ok {5}TLS {12}the certificate of "localhost" is valid for 100 more days, until /,
    );
  });

  test("it trusts whom cse.tls names, and shows the certificate that it names", async () => {
    const authority = makeAuthority("Test Authority");
    const tls = authority.issue("IP:127.0.0.1");
    const own = authority.issue("DNS:gateway.test");
    const target = await startWsTarget();
    const front = await startTlsFront(target.port, {
      ...{ cert: tls.cert, key: tls.key, ca: authority.cert },
      requestCert: true,
      rejectUnauthorized: true,
    });
    const { findings } = await examined({
      "cse.url": `wss://127.0.0.1:${front.port}`,
      "cse.tls.ca": authority.certFile,
      "cse.tls.certificate": own.certFile,
      "cse.tls.key": own.keyFile,
    });
    expect(findings.filter(({ about }) => about === "TLS" || about === "handshake")).toMatchObject([
      { severity: "ok" },
      { severity: "ok" },
      { severity: "ok" },
    ]);
    expect(new Set(front.shown)).toEqual(new Set(["gateway.test"]));
  });

  test("a certificate that is shown and not known there is named, where the answer is 403", async () => {
    const authority = makeAuthority("Test Authority");
    const { cert, key } = authority.issue("IP:127.0.0.1");
    const cse = await startCse(() => ({ status: 403 }));
    const front = await startTlsFront(Number(new URL(cse.url).port), { cert, key });
    const own = authority.issue("DNS:gateway.test");
    const { about } = await examined({
      "cse.url": `https://127.0.0.1:${front.port}`,
      "cse.originator": "CGateway",
      "cse.tls.ca": authority.certFile,
      "cse.tls.certificate": own.certFile,
      "cse.tls.key": own.keyFile,
    });
    expect(about("CSE")[0]?.change).toContain(
      "have the certificate in cse.tls.certificate known there",
    );
  });

  test("a listener in use is a note where the gateway that may be there asks for TLS first", async () => {
    const { certFile, keyFile } = makeCertificate("IP:127.0.0.1");
    const { port } = await startWsTarget();
    const { about } = await examined({
      "ws.listen": `127.0.0.1:${port}`,
      "admin.tls.certificates": certFile,
      "admin.tls.keys": keyFile,
    });
    expect(about("listeners")[1]).toMatchObject({
      severity: "note",
      text: expect.stringContaining("cannot be asked, since admin.listen has TLS"),
    });
  });

  test("a certificate that ends within 30 days is a note", async () => {
    const authority = makeAuthority("Test Authority");
    const tls = authority.issue("DNS:localhost", { from: -1, until: 9.5 });
    const { port } = await startWsTarget({ tls });
    const { code, lines } = await examinedTrusting(authority.certFile, `wss://localhost:${port}`);
    expect(code).toBe(EXIT.OK);
    expect(lines[1]).toMatch(
      /^note {3}TLS {12}the certificate of "localhost" is valid for 9 more days/,
    );
    expect(lines[2]).toMatch(/^ +change: have whoever runs the CSE.* renew it in time$/);
  });

  test.each([
    [
      "expired",
      { from: -3, until: -1 },
      "localhost",
      /has expired: its own is valid until /,
      /renewed.*cse\.url.*clock/,
    ],
    [
      "not valid yet",
      { from: 1, until: 3 },
      "localhost",
      /is not valid yet: its own is from /,
      /correct this machine's clock/,
    ],
    [
      "of another name",
      { from: -1, until: 3 },
      "127.0.0.1",
      /is for DNS:localhost, not for 127\.0\.0\.1$/,
      /cse\.url/,
    ],
  ])(
    "a certificate that is %s is a fault, and nothing is sent",
    async (_, validity, host, text, change) => {
      const authority = makeAuthority("Test Authority");
      const target = await startWsTarget({ tls: authority.issue("DNS:localhost", validity) });
      const url = `wss://${host}:${target.port}`;
      const { code, lines } = await examinedTrusting(authority.certFile, url);
      expect(code).toBe(EXIT.FATAL);
      expect(lines[0]).toMatch(/^FAULT {2}TLS /);
      expect(lines[0]).toMatch(text);
      expect(lines[1]).toMatch(change);
      expect(target.handshakes).toEqual([]);
    },
  );

  test("a certificate that nobody vouches for is a fault that names its issuer, as of a proxy that reads along", async () => {
    const inspector = makeAuthority("Inspector");
    const tls = inspector.issue("DNS:cse.invalid", { from: -1, until: 3 });
    const own = await startWsTarget({ tls: makeCertificate("IP:127.0.0.1") });
    const inspected = await startWsTarget({ tls });
    const proxy = await startProxy(tunnelling(inspected.port));
    for (const [settings, issuer] of [
      [{ "cse.url": `wss://127.0.0.1:${own.port}` }, '"test" (DEPTH_ZERO_SELF_SIGNED_CERT)'],
      [
        { "cse.url": "wss://cse.invalid", "proxy.url": `http://127.0.0.1:${proxy.port}` },
        '"Inspector" (UNABLE_TO_VERIFY_LEAF_SIGNATURE)',
      ],
    ] as const) {
      const { code, findings } = await examined(settings);
      expect(code).toBe(EXIT.FATAL);
      expect(findings.at(-1)).toEqual({
        severity: "fault",
        about: "TLS",
        text: expect.stringContaining(`nobody known here vouches for: it was issued by ${issuer}`),
        change: expect.stringMatching(/TLS inspection.*cse\.tls\.ca/),
      });
    }
    expect(inspected.handshakes).toEqual([]);
  });

  test("with the proxy too needs a certificate that somebody vouches for, whatever is reached through it", async () => {
    const tls = makeCertificate("IP:127.0.0.1");
    const { port } = await startWsTarget();
    const proxy = await startProxy(tunnelling(port), { tls });
    for (const url of ["ws://cse.invalid", "http://localhost:1"]) {
      const settings = { "cse.url": url, "proxy.url": `https://127.0.0.1:${proxy.port}` };
      expect((await examined(settings)).findings.at(-1)).toEqual({
        severity: "fault",
        about: "tunnel",
        text: expect.stringContaining("TLS with the proxy failed: self-signed certificate"),
        change: expect.stringContaining("proxy.tls.ca"),
      });
      const trusted = await examined({ ...settings, "proxy.tls.ca": tls.certFile });
      expect(trusted.about("tunnel")[0]?.text).toMatch(
        url.startsWith("ws:")
          ? /^the proxy opens a tunnel/
          : /^the proxy takes connections over TLS/,
      );
    }
  });

  test("a server that speaks too old a version is a fault", async () => {
    const { key, cert } = makeCertificate("IP:127.0.0.1");
    const server = createTlsServer({
      ...{ key, cert, minVersion: "TLSv1", maxVersion: "TLSv1.1" },
      ciphers: "DEFAULT@SECLEVEL=0",
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const { findings } = await examined({ "cse.url": `https://127.0.0.1:${port}` });
    expect(findings.at(-1)).toMatchObject({
      severity: "fault",
      about: "TLS",
      text: expect.stringContaining("older versions of TLS than 1.2 only"),
    });
  });
});

test.each([
  [
    "does not speak TLS",
    "HTTP/1.1 400 No\r\n\r\n",
    "does not speak TLS",
    "let cse.url begin with ws://",
  ],
  [
    "closes",
    "",
    "closed the connection in the midst of TLS",
    "have the firewall let the host in cse.url through",
  ],
  ["is silent", undefined, "no TLS with 127.0.0.1:", "cse.connectTimeout more"],
])("a server that %s is a fault", async (_, answer, text, change) => {
  const clock = new ManualClock();
  const server = createServer((socket) => {
    socket.on("error", () => {});
    onTestFinished(() => void socket.destroy());
    socket.once("data", () => {
      if (answer === undefined) clock.advance(10_000);
      else socket.end(answer);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const url = `wss://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const settings = { "cse.url": url, "cse.connectTimeout": "10s" };
  const { findings } = await examined(settings, { terminal: new TestTerminal(clock) });
  expect(findings.at(-1)).toEqual({
    severity: "fault",
    about: "TLS",
    text: expect.stringContaining(text),
    change: expect.stringContaining(change),
  });
});

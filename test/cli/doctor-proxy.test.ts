import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { EXIT } from "../../src/cli/terminal.ts";
import { startCse } from "../helpers/fake-cse.ts";
import { answering, startProxy, tunnelling } from "../helpers/fake-proxy.ts";
import { startRegistrar } from "../helpers/fake-registrar.ts";
import { freePort } from "../helpers/free-port.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { TestTerminal } from "../helpers/test-terminal.ts";
import { examined } from "./doctor-in.ts";

const REFUSED = "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=x\r\n\r\n";

function credentials(): string {
  const path = join(tempDir(), "credentials");
  writeFileSync(path, "user:hunter2\n");
  return path;
}

describe("which proxy is used", () => {
  test.each([
    [{}, {}, "none, the CSE is reached directly"],
    [
      { "proxy.none": "invalid" },
      { https_proxy: "http://u:hunter2@p.invalid:1" },
      "none, the CSE is reached directly, although https_proxy names a proxy: proxy.none or no_proxy exempts the CSE",
    ],
    [
      {},
      { HTTPS_PROXY: "http://p.invalid:1", no_proxy: ".invalid" },
      "none, the CSE is reached directly, although HTTPS_PROXY names a proxy: proxy.none or no_proxy exempts the CSE",
    ],
    [
      { "proxy.environment": "false" },
      { all_proxy: "http://p.invalid:1" },
      "none, the CSE is reached directly, although all_proxy names a proxy: proxy.environment is false",
    ],
    [
      {},
      { wss_proxy: "http://u:hunter2@p.invalid:1" },
      "http://p.invalid:1, named by wss_proxy, with credentials",
    ],
    [
      { "proxy.url": "http://p.invalid:3128" },
      { wss_proxy: "http://q.invalid:1" },
      "http://p.invalid:3128, named by proxy.url, without credentials",
    ],
  ])("%j in the environment %j: %s", async (settings, env, text) => {
    const diagnosis = await examined({ "cse.url": "wss://cse.invalid", ...settings }, { env });
    expect(diagnosis.about("proxy")).toEqual([{ severity: "ok", about: "proxy", text }]);
    expect(JSON.stringify(diagnosis.findings)).not.toContain("hunter2");
  });

  test("its name is looked up, not that of the CSE, and a fault names who has named it", async () => {
    const settings = { "cse.url": "ws://cse.invalid" };
    const { code, findings } = await examined(settings, { env: { ws_proxy: "p.invalid:1" } });
    expect(code).toBe(EXIT.FATAL);
    expect(findings.at(-1)).toEqual({
      severity: "fault",
      about: "name",
      text: expect.stringMatching(/^the proxy's name p\.invalid cannot be resolved: .*\(\d+ ms\)$/),
      change: "correct the host in ws_proxy, or this machine's name servers",
    });
  });

  test("one that refuses connections is a fault, and nothing behind it is tried", async () => {
    const port = await freePort();
    const proxy = `http://127.0.0.1:${port}`;
    const { findings } = await examined({ "cse.url": "ws://cse.invalid", "proxy.url": proxy });
    expect(findings.at(-1)).toEqual({
      severity: "fault",
      about: "connection",
      text: expect.stringContaining(`127.0.0.1:${port} refuses connections`),
      change: `check host and port in proxy.url, and that the firewalls between let 127.0.0.1:${port} through`,
    });
  });
});

describe("CONNECT (TS-0020, 6.6)", () => {
  test("through a tunnel, with credentials when they are asked for, all is well and no secret is told", async () => {
    const registrar = await startRegistrar();
    const open = tunnelling(registrar.port);
    const proxy = await startProxy((request) =>
      request.head.includes("Proxy-Authorization")
        ? open(request)
        : void request.socket.end(REFUSED),
    );
    const { code, about, findings } = await examined({
      "cse.url": "ws://cse.invalid:8180",
      "proxy.url": `http://127.0.0.1:${proxy.port}`,
      "proxy.credentialsFile": credentials(),
      "cse.originator": "CGateway",
    });
    expect(code).toBe(EXIT.OK);
    expect(about("tunnel")[0]?.text).toMatch(
      /^the proxy opens a tunnel to cse\.invalid:8180 \(\d+ ms\)$/,
    );
    expect(about("handshake")[0]?.severity).toBe("ok");
    expect(about("CSE")[0]?.text).toMatch(/^it answers a Retrieve/);
    expect(JSON.stringify(findings)).not.toMatch(/hunter2|dXNlc/);
  });

  test.each([
    [
      "407 without credentials",
      REFUSED,
      false,
      "proxy.credentialsFile names none (407)",
      "put user:password into a file and name that in proxy.credentialsFile",
    ],
    [
      "407 with credentials",
      REFUSED,
      true,
      "did not accept the credentials (407)",
      "in the file of proxy.credentialsFile",
    ],
    [
      "407 in a scheme that is not spoken",
      "HTTP/1.1 407 No\r\nProxy-Authenticate: NTLM\r\n\r\n",
      true,
      "another scheme than Basic (407)",
      "NTLM",
    ],
    [
      "403",
      "HTTP/1.1 403 No\r\n\r\n",
      false,
      "does not allow it (403); many allow port 443 only",
      "have the proxy allow CONNECT to cse.invalid:8180",
    ],
    [
      "502",
      "HTTP/1.1 502 No\r\n\r\n",
      false,
      "did not get there (502)",
      "check host and port in cse.url, as seen from the proxy",
    ],
    [
      "405",
      "HTTP/1.1 405 No\r\n\r\n",
      false,
      "the proxy refused (405)",
      "an HTTP proxy that knows CONNECT",
    ],
    [
      "something else than HTTP",
      "SSH-2.0-x\r\n",
      false,
      "is not HTTP/1.x",
      "rightly begins with http:// or https://",
    ],
  ])("%s ends it, in the words of the gateway", async (_, answer, withFile, text, change) => {
    const proxy = await startProxy(answering(answer));
    const { code, findings } = await examined({
      "cse.url": "ws://cse.invalid:8180",
      "proxy.url": `http://127.0.0.1:${proxy.port}`,
      ...(withFile ? { "proxy.credentialsFile": credentials() } : {}),
    });
    expect(code).toBe(EXIT.FATAL);
    expect(findings.at(-1)).toEqual({
      severity: "fault",
      about: "tunnel",
      text: expect.stringContaining(text),
      change: expect.stringContaining(change),
    });
    expect(findings.at(-1)?.text).toMatch(/^cse\.invalid:8180 is not reached through the proxy /);
  });

  test("a proxy that closes without an answer, or gives none in time, is a fault", async () => {
    const closing = await startProxy(({ socket }) => void socket.destroy());
    const clock = new ManualClock();
    const silent = await startProxy(() => clock.advance(10_000));
    const settings = { "cse.url": "ws://cse.invalid", "proxy.timeout": "10s" };
    for (const [proxy, text, change] of [
      [closing, "closed the connection without an answer", "proxy.url"],
      [silent, "gave no answer within 10 s", "proxy.timeout"],
    ] as const) {
      const url = { "proxy.url": `http://127.0.0.1:${proxy.port}` };
      const terminal = new TestTerminal(clock);
      expect((await examined({ ...settings, ...url }, { terminal })).about("tunnel")).toEqual([
        expect.objectContaining({
          severity: "fault",
          text: expect.stringContaining(text),
          change: expect.stringContaining(change),
        }),
      ]);
    }
  });

  test("it stops where it is when it is told to", async () => {
    const proxy = await startProxy(() => {});
    const terminal = new TestTerminal();
    const url = `http://127.0.0.1:${proxy.port}`;
    const running = examined({ "cse.url": "ws://cse.invalid", "proxy.url": url }, { terminal });
    await proxy.asked(1);
    terminal.interrupt();
    expect((await running).code).toBe(EXIT.FATAL);
    await proxy.idle();
  });
});

describe("an http: CSE, which is asked for in absolute-form (RFC 9112, 3.2.2)", () => {
  const settings = { "cse.url": "http://localhost:1", "cse.originator": "CGateway" };

  test("needs no tunnel", async () => {
    const proxy = await startCse(() => ({
      rsc: 2000,
      body: { "m2m:cb": { csi: "/id-in", rn: "cse-in" } },
    }));
    const { code, about, troubles } = await examined({ ...settings, "proxy.url": proxy.url });
    expect([code, troubles]).toEqual([EXIT.OK, []]);
    expect(about("proxy")[0]?.text).toContain("asked in absolute-form, not with CONNECT");
    expect(about("tunnel")).toEqual([]);
    expect(proxy.requests[0]?.target).toBe("http://localhost:1/~/id-in/cse-in");
  });

  test.each([
    [
      407,
      "the CSE was not asked: the proxy before it lets no request through (407)",
      "proxy.credentialsFile",
    ],
    [
      403,
      "it is not the CSE that answers: HTTP status 403 without X-M2M-RSC",
      "have the proxy allow requests to the host in cse.url",
    ],
  ])("a %i of the proxy is told apart from the CSE's answers", async (status, text, change) => {
    const proxy = await startCse(() => ({
      status,
      headers: { "Content-Type": "text/html", Server: "squid" },
      body: "<html>no</html>",
    }));
    const { about } = await examined({ ...settings, "proxy.url": proxy.url });
    expect(about("CSE")).toEqual([
      expect.objectContaining({
        severity: "fault",
        text: expect.stringContaining(text),
        change: expect.stringContaining(change),
      }),
    ]);
  });
});

import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { millis } from "../../src/base/clock.ts";
import { parseArguments } from "../../src/cli/arguments.ts";
import { health } from "../../src/cli/health.ts";
import { EXIT } from "../../src/cli/terminal.ts";
import { COMMANDS } from "../../src/cli/usage.ts";
import { canMakeCertificates, makeCertificate } from "../helpers/certificate.ts";
import { startChild } from "../helpers/child.ts";
import { freePort } from "../helpers/free-port.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { startGateway } from "../helpers/start-gateway.ts";
import { TestTerminal } from "../helpers/test-terminal.ts";

async function ask(argv: readonly string[], terminal = new TestTerminal()) {
  const args = parseArguments(argv, COMMANDS.health);
  if ("usage" in args) throw new Error(args.usage);
  const code = await health(args, terminal);
  return { code, printed: terminal.printed, complained: terminal.complained };
}

async function serverOf(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("a gateway that takes requests is ready, with exit code 0", async () => {
  const { admin } = await startGateway();
  expect(await ask(["--url", admin])).toEqual({
    code: EXIT.OK,
    printed: ["ready: standalone, connections: 0"],
    complained: [],
  });
  const { code, printed } = await ask(["--url", `${admin}/`, "--json"]);
  expect(code).toBe(EXIT.OK);
  expect(JSON.parse(printed[0] ?? "")).toMatchObject({ ready: true, mode: "standalone" });
});

test("without --url it asks where the configuration says that the gateway listens, on this machine", async () => {
  const port = new URL((await startGateway()).admin).port;
  const argv = ["--admin.listen", `0.0.0.0:${port}`, "--admin.insecure"];
  expect(await ask(argv)).toMatchObject({ code: EXIT.OK });
  const { code, complained } = await ask(["--admin.listen", "nowhere"]);
  expect(code).toBe(EXIT.CONFIG);
  expect(complained[0]).toContain("admin.listen");
});

test.skipIf(!canMakeCertificates())(
  "an admin listener with TLS is asked over TLS, and who vouches for it has to be known",
  async () => {
    const { certFile, keyFile } = makeCertificate("IP:127.0.0.1");
    const tls = { "admin.tls.certificates": certFile, "admin.tls.keys": keyFile };
    const { admin, stopAtOnce } = await startGateway(tls);
    const argv = Object.entries({ ...tls, "admin.listen": new URL(admin).host }).flatMap(
      ([key, value]) => [`--${key}`, value],
    );
    const stranger = await ask(argv);
    expect(stranger).toMatchObject({ code: EXIT.UNREACHABLE });
    expect(stranger.complained[0]).toContain(`no gateway at ${admin}: self-signed certificate`);
    const child = await startChild(process.execPath, ["dist/main.js", "health", ...argv], {
      env: { NODE_EXTRA_CA_CERTS: certFile },
    });
    expect(await child.ended, child.output()).toBe(0);
    // What looks at its books speaks no TLS.
    await stopAtOnce();
  },
);

test.each([
  [false, "stopping"],
  [true, "overloaded"],
])(
  "one that takes no requests is exit code 1, and says why (overloaded: %s)",
  async (overloaded, why) => {
    const url = await serverOf((_, response) => {
      response.writeHead(503);
      const state = { ready: false, overloaded, mode: "front", links: 3, storing: false };
      response.end(JSON.stringify(state));
    });
    expect(await ask(["--url", url])).toEqual({
      code: EXIT.FATAL,
      printed: [`not ready, it is ${why}: front, connections: 3, nothing can be held`],
      complained: [],
    });
  },
);

test("where none is, or something else, that is exit code 69 and one line", async () => {
  const html = await serverOf((_, response) => void response.end("<html>"));
  const json = await serverOf((_, response) => void response.end("{}"));
  const nobody = `http://127.0.0.1:${await freePort()}`;
  for (const [url, why] of [
    [nobody, "ECONNREFUSED"],
    [html, "something else answers"],
    [json, "something else answers"],
  ] as const) {
    const { code, printed, complained } = await ask(["--url", url]);
    expect(code).toBe(EXIT.UNREACHABLE);
    expect(printed).toEqual([]);
    expect(complained).toEqual([expect.stringContaining(`no gateway at ${url}: `)]);
    expect(complained[0]).toContain(why);
  }
});

test("one that does not answer is given up after 5 s", async () => {
  const clock = new ManualClock();
  const url = await serverOf(() => clock.advance(millis(5_000)));
  const { code, complained } = await ask(["--url", url], new TestTerminal(clock));
  expect(code).toBe(EXIT.UNREACHABLE);
  expect(complained).toEqual([`no gateway at ${url}: it does not answer`]);
});

test("a URL that is none is wrong usage", async () => {
  expect(await ask(["--url", "localhost"])).toMatchObject({ code: EXIT.USAGE });
});

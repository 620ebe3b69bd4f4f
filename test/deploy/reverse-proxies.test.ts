import { once } from "node:events";
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { parseDuration } from "../../src/config/units.ts";
import { canMakeCertificates } from "../helpers/certificate.ts";
import {
  type DeployedProxy,
  rendered,
  startDeployedHaproxy,
  startDeployedNginx,
} from "../helpers/deployed-proxy.ts";
import { startCse } from "../helpers/fake-cse.ts";
import { haveNginx } from "../helpers/nginx.ts";
import { startGateway } from "../helpers/start-gateway.ts";

const PATIENCE = 60_000;

function haveHaproxy(): boolean {
  if (existsSync("/usr/sbin/haproxy")) return true;
  if (process.env["CI"]) throw new Error("no haproxy: run .ci/real-parts");
  process.stderr.write("skipped: no haproxy: run .ci/real-parts\n");
  return false;
}

const PROXIES = [
  {
    name: "nginx",
    file: "nginx.conf",
    start: startDeployedNginx,
    silence: "proxy_read_timeout 75s",
    held: "proxy_read_timeout 660s",
    tells: [
      "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
      "proxy_set_header X-Forwarded-Proto $scheme;",
    ],
    skipped: !haveNginx() || !canMakeCertificates(),
  },
  {
    name: "HAProxy",
    file: "haproxy.cfg",
    start: startDeployedHaproxy,
    silence: "timeout tunnel 75s",
    held: "timeout server 660s",
    tells: ["option forwardfor", "http-request set-header X-Forwarded-Proto https"],
    skipped: !haveHaproxy() || !canMakeCertificates(),
  },
] as const;

const notify = (proxy: DeployedProxy, body = '{"m2m:sgn":{"sur":"me"}}') =>
  proxy.ask({ method: "POST", target: "/~/id-in/CLamp", body });

describe.each(PROXIES)("$name as deploy/$file has it", (proxy) => {
  test.skipIf(proxy.skipped)(
    "a device registers and is notified through it; names keep their spelling, and refusals are the gateway's",
    async () => {
      const through = await proxy.start(await startGateway());
      const lamp = await through.connect({ answer: () => ({ rsc: 2000 }) });
      expect(await lamp.register("CLamp")).toMatchObject({ rsc: 2001 });
      const answer = await notify(through);
      expect(answer).toMatchObject({ status: 200, rsc: "2000" });
      expect(answer.rawHeaders).toEqual(expect.arrayContaining(["X-M2M-RSC", "X-M2M-RI"]));
      expect(await lamp.nextRequest()).toMatchObject({ op: 5, fr: "CApp" });
      // Past http.maxBody it is the gateway that refuses, with a Response Status Code.
      const larger = " ".repeat(1024 * 1024 + 1);
      expect(await notify(through, larger)).toMatchObject({ status: 413, rsc: "4000" });
    },
    PATIENCE,
  );

  test.skipIf(proxy.skipped)(
    "a target reaches the CSE byte for byte, and so does a body of 1 MiB",
    async () => {
      const cse = await startCse();
      const through = await proxy.start(await startGateway({ "cse.url": cse.url }));
      const target = "/cse-in/a%2Fb%20c/%7e//d?x=%2F&atr=a%26b";
      await through.ask({ target });
      expect(cse.requests.at(-1)?.target).toBe(target);
      const body = `{"m2m:cin":{"con":"x"}}`.padEnd(1024 * 1024);
      const headers = { "Content-Type": "application/json;ty=4" };
      await through.ask({ method: "POST", target: "/cse-in/c", headers, body });
      expect(cse.requests.at(-1)?.body === body).toBe(true);
    },
    PATIENCE,
  );

  test.skipIf(proxy.skipped)(
    "a connection outlives the proxy's time-out, since the gateway pings before it",
    async () => {
      // Long enough for many pings, even where the machine stands still for a second or two.
      const fast = { [proxy.silence]: proxy.silence.replace("75s", "4s") };
      const pinged = await proxy.start(await startGateway({ "ws.pingAfter": "300ms" }), fast);
      const silent = await proxy.start(await startGateway({ "ws.pingAfter": "1h" }), fast);
      const [lives, dies] = [await pinged.connect(), await silent.connect()];
      await once(dies.socket, "close");
      expect(await lives.register("CLamp")).toMatchObject({ rsc: 2001 });
    },
    PATIENCE,
  );

  test("its time-outs are longer than what the gateway waits for", () => {
    const loaded = loadConfig({ env: {} });
    if ("faults" in loaded) throw new Error(JSON.stringify(loaded.faults));
    const { ws, request } = loaded.config;
    rendered(proxy.file, { [proxy.silence]: "", [proxy.held]: "" });
    const lengthOf = (line: string) => parseDuration(line.split(" ").at(-1) ?? "") ?? 0;
    expect(lengthOf(proxy.silence)).toBeGreaterThan(ws.pingAfter + ws.pongWithin);
    expect(lengthOf(proxy.held)).toBeGreaterThan(request.openMax);
  });

  test.skipIf(proxy.skipped)(
    "who comes through it is not taken for a peer on the gateway's own machine",
    async () => {
      const gateway = await startGateway();
      const through = await proxy.start(gateway);
      const lamp = await through.connect();
      await lamp.register("CLamp");
      await lamp.disconnect();
      await gateway.metricIs("m2mgw_links", 0);
      const claims = { origin: "CLamp", answer: () => ({ rsc: 2000 }) };
      await through.connect(claims);
      expect(await notify(through)).toMatchObject({ status: 202 });
      // Either of these lines says so; without them the gateway believes the handshake.
      const bare = Object.fromEntries(proxy.tells.map((line) => [line, ""]));
      const believed = await (await proxy.start(gateway, bare)).connect(claims);
      expect(await believed.nextRequest()).toMatchObject({ op: 5 });
    },
    PATIENCE,
  );
});

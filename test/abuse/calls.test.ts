import { request as open } from "node:http";
import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { SGN } from "../gateway/front.ts";
import { heldIs } from "../gateway/hold-in.ts";
import { startStandalone } from "../gateway/http-standalone.ts";
import { startHttpRegistree } from "../helpers/http-registree.ts";
import type { RunningGateway } from "../helpers/start-gateway.ts";

/** Where the attacker is; 127.0.0.1 is not its own address. */
const ATTACKER = "127.0.0.2";

/** A request that comes from the attacker's address; resolves with its Response Status Code. */
function from(
  gateway: RunningGateway,
  originator: string,
  { target, type, body, method = "POST", headers = {} }: Attack,
): Promise<number> {
  const { hostname, port } = new URL(gateway.http);
  return new Promise((resolve, reject) => {
    const outgoing = open({
      hostname,
      port,
      method,
      path: target,
      localAddress: ATTACKER,
      agent: false,
      headers: {
        "X-M2M-Origin": originator,
        "X-M2M-RI": "a1",
        "X-M2M-RVI": "3",
        "Content-Type": `application/json${type === undefined ? "" : `;ty=${type}`}`,
        ...headers,
      },
    });
    outgoing.on("error", reject);
    outgoing.on("response", (response) => {
      response.resume();
      resolve(Number(response.headers["x-m2m-rsc"]));
    });
    outgoing.end(body);
  });
}

interface Attack {
  readonly target: string;
  readonly type?: number;
  readonly body: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const ae = (rn: string, poa: readonly string[]): Attack => ({
  target: "/cse-in",
  type: 2,
  body: JSON.stringify({ "m2m:ae": { rn, api: "N.a", rr: true, srv: ["3"], poa } }),
});

/** Spellings of a URL on this machine; `P` stands for the port. */
const SPELLINGS = [
  "http://127.0.0.1:P/",
  "http://127.1:P/",
  "http://2130706433:P/",
  "http://0x7f000001:P/",
  "http://0x7f.1:P/",
  "http://0177.0.0.1:P/",
  "http://017700000001:P/",
  "http://127.0.0.1.:P/",
  "http://[::ffff:127.0.0.1]:P/",
  "http://[::ffff:7f00:1]:P/",
  "http://[::FFFF:7F00:0001]:P/",
  "http://[::127.0.0.1]:P/",
  "http://[64:ff9b::7f00:1]:P/",
  "http://[::1]:P/",
  "http://[0:0:0:0:0:0:0:1]:P/",
  "http://[::]:P/",
  "http://0.0.0.0:P/",
  "http://0:P/",
  "http://localhost:P/",
  "http://LOCALHOST:P/",
  "http://localhost.:P/",
  "http://127。0。0。1:P/",
  "http://①②⑦.0.0.1:P/",
  "http://127.0.0.2@127.0.0.1:P/",
  "http://127.0.0.2:P@127.0.0.1:P/",
  "http://127.0.0.1:P#@127.0.0.2/",
  "http://127.0.0.1:P\\@127.0.0.2/",
  "http://127.0.\t0.1:P/",
  "HTTP://127.0.0.1:P/",
  "https://127.0.0.1:P/",
];

/** A service on all addresses of this machine that counts who connects. */
async function internalService(): Promise<{ readonly port: number; readonly connections: number }> {
  let connections = 0;
  const count = (): void => {
    connections += 1;
  };
  const v4 = createServer(count).listen(0, "127.0.0.1");
  await new Promise((listening) => v4.once("listening", listening));
  const { port } = Object(v4.address());
  const v6 = createServer(count);
  // Where there is no IPv6, nobody can be called by it.
  v6.on("error", () => {});
  v6.listen(port, "::1");
  await new Promise((listening) => v6.once("listening", listening).once("error", listening));
  onTestFinished(() => {
    v4.close();
    v6.close();
  });
  return {
    port,
    get connections() {
      return connections;
    },
  };
}

test("no spelling of an address of the gateway's machine is called for a peer from elsewhere (S21)", async () => {
  const { gateway, notify } = await startStandalone();
  const inside = await internalService();
  for (const [index, spelling] of SPELLINGS.entries()) {
    const url = spelling.replaceAll("P", String(inside.port));
    const id = `CSpy${index}`;
    expect(await from(gateway, id, ae(`spy${index}`, [url])), url).toBe(2001);
    await notify(`/id-in/${id}`.replace(/^/, "/~"), `n${index}`);
  }
  await gateway.metricIs('m2mgw_exchanges_in_flight{direction="to-registree"}', 0);
  expect(inside.connections).toBe(0);
  // The guard is on the address, not on the attacker: what is its own is called.
  const own = createServer().listen(0, ATTACKER);
  const called = new Promise((resolve) => own.once("connection", resolve));
  await new Promise((listening) => own.once("listening", listening));
  onTestFinished(() => void own.close());
  expect(
    await from(gateway, "CSpy", ae("spy", [`http://${ATTACKER}:${Object(own.address()).port}/`])),
  ).toBe(2001);
  notify("/~/id-in/CSpy", "own").catch(() => {});
  Object(await called).destroy();
});

test("nor where the peer says in a header field that the address is its own (S21)", async () => {
  const { gateway, notify } = await startStandalone();
  const inside = await internalService();
  for (const [index, name] of [
    "X-Forwarded-For",
    "X-Real-IP",
    "Forwarded",
    "Client-IP",
  ].entries()) {
    const value = name === "Forwarded" ? "for=127.0.0.1" : "127.0.0.1";
    const attack = ae(`spy${index}`, [`http://127.0.0.1:${inside.port}/`]);
    expect(await from(gateway, `CSpy${index}`, { ...attack, headers: { [name]: value } })).toBe(
      2001,
    );
    await notify(`/~/id-in/CSpy${index}`, `n${index}`);
  }
  expect(inside.connections).toBe(0);
});

test("nor as the target of a result (rt.nu, X-M2M-RTU), whoever asks for it (S21)", async () => {
  const { clock, gateway } = await startStandalone({ "cse.originator": "/id-in" });
  const inside = await internalService();
  expect(await from(gateway, "CAway", ae("away", []))).toBe(2001);
  await from(gateway, "CAway", {
    target: "/cse-in/away",
    method: "PUT",
    body: '{"m2m:ae":{"poa":["http://127.0.0.2:9/"]}}',
  });
  const urls = SPELLINGS.map((spelling) => spelling.replaceAll("P", String(inside.port)));
  const sayable = urls.filter((url) => /^[!-~]+$/.test(url));
  for (const [index, url] of sayable.entries()) {
    const headers = { "X-M2M-RTU": url, "X-M2M-RET": "50", "X-M2M-RI": `a${index}` };
    const attack = { target: "/~/id-in/CAway?rt=2", body: SGN, headers };
    expect(await from(gateway, "CSpy", attack), url).toBe(1002);
  }
  clock.advance(100);
  const told = (): number =>
    gateway.log.filter(({ msg }) => /result .* was not told/.test(String(msg))).length;
  await expect.poll(() => told()).toBe(sayable.length);
  expect(inside.connections).toBe(0);
});

test.each([301, 302, 303, 307, 308])(
  "a point of access that answers %s does not send the gateway elsewhere (S21)",
  async (status) => {
    const { gateway, register, notify } = await startStandalone();
    const inside = await internalService();
    const lure = await startHttpRegistree();
    lure.answer((_request, response) => {
      response.writeHead(status, {
        Location: `http://127.0.0.1:${inside.port}/`,
        "Content-Length": 0,
      });
      response.end();
    });
    await register([lure.url]);
    await notify("/~/id-in/CAE1");
    expect(lure.requests).toHaveLength(1);
    expect(inside.connections).toBe(0);
    await gateway.metricIs('m2mgw_exchanges_in_flight{direction="to-registree"}', 0);
  },
);

test.each(["http", "ws", "admin"] as const)(
  "the gateway does not call its own %s listener, though its network is allowed (S21)",
  async (face) => {
    const { gateway, register, notify } = await startStandalone({
      "calls.networks": "127.0.0.0/8",
    });
    const { port } = new URL(gateway[face]);
    const urls = ["127.0.0.1", "127.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "127.0.0.2"];
    await register(urls.map((host) => `http://${host}:${port}/api/v1/registrees`));
    expect(await notify("/~/id-in/CAE1")).toMatchObject({ status: 202, rsc: 1000 });
    const told = gateway.log.filter(({ msg }) => /may not be called/.test(String(msg)));
    expect(told).toHaveLength(urls.length);
  },
);

test("who claims to be another and names its own address gets nothing that was held before (S21)", async () => {
  const standalone = await startStandalone();
  const { gateway, register, notify } = standalone;
  await register(["http://127.0.0.1:9/"]);
  expect(await notify("/~/id-in/CAE1")).toMatchObject({ rsc: 1000 });
  const lure = createServer().listen(0, ATTACKER);
  let called = 0;
  lure.on("connection", () => {
    called += 1;
  });
  await new Promise((listening) => lure.once("listening", listening));
  onTestFinished(() => void lure.close());
  const url = `http://${ATTACKER}:${Object(lure.address()).port}/`;
  // Anew: the registrar has it already.
  expect(await from(gateway, "CAE1", ae("again", [url]))).toBe(4117);
  await heldIs({ gateway } as Parameters<typeof heldIs>[0], 1);
  expect(called).toBe(0);
});

import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { loadConfig } from "../../src/config/load.ts";
import { type FakeCse, startCse } from "../helpers/fake-cse.ts";
import { startRegistrar } from "../helpers/fake-registrar.ts";
import { connectRegistree, type Message, type Registree } from "../helpers/fake-registree.ts";
import { callHttp, type HttpAnswer } from "../helpers/http-client.ts";
import { startHttpRegistree } from "../helpers/http-registree.ts";
import { type RunningGateway, startGateway } from "../helpers/start-gateway.ts";

/** A CSE of a provider, and the gateway in front of it. */
interface Provider {
  readonly cse: FakeCse;
  readonly gateway: RunningGateway;
}

async function provider(
  letter: string,
  peers: Record<string, string>,
  settings: Record<string, string> = {},
): Promise<Provider> {
  const cse = await startCse();
  const gateway = await startGateway({
    "cse.url": cse.url,
    "cse.id": `/id-${letter}`,
    "cse.name": `cse-${letter}`,
    "cse.spId": `sp-${letter}.example.org`,
    "cse.reconnectMax": "1s",
    "ws.allowCseOnPlain": "true",
    ...settings,
    peers: Object.entries(peers)
      .map(([id, url]) => `${id}=${url}`)
      .join(),
  });
  return { cse, gateway };
}

const A = "//sp-a.example.org/id-a";
const B = "//sp-b.example.org/id-b";

const ask = (
  { gateway }: Provider,
  from: string,
  target: string,
  method = "GET",
): Promise<HttpAnswer> =>
  callHttp(gateway.http, {
    method,
    target,
    headers: {
      "X-M2M-Origin": from,
      "X-M2M-RI": "q1",
      "X-M2M-RVI": "3",
      ...(method === "POST" ? { "Content-Type": "application/json;ty=3" } : {}),
    },
    ...(method === "POST" ? { body: '{"m2m:cnt":{"rn":"c"}}' } : {}),
  });

/** Who was asked for what, by whom, but for what the gateways say to each other. */
const asked = ({ cse }: Provider): unknown[] =>
  cse.requests
    .filter(({ headers }) => String(headers["x-m2m-origin"]).includes("CAE"))
    .map(({ method, target, headers }) => `${method} ${target} ${headers["x-m2m-origin"]}`);

/** B accepts what A opens, and both are there. */
async function joined(settings = {}): Promise<{ a: Provider; b: Provider }> {
  const b = await provider("b", { [A]: "accept" });
  const a = await provider("a", { [B]: b.gateway.ws }, settings);
  await b.gateway.metricIs("m2mgw_links", 1);
  await expect
    .poll(async () => (await ask(b, `${B}/CAE0`, "/_/sp-a.example.org/id-a/x")).rsc)
    .toBe(2000);
  return { a, b };
}

describe("IN-CSEs of two providers (Mcc'; architecture, S9)", () => {
  test("ask each other over one connection, which one of them has opened", async () => {
    const { a, b } = await joined();
    const create = await ask(a, `${A}/CAE1`, "/_/sp-b.example.org/id-b/cse-b/x", "POST");
    expect(create).toMatchObject({ status: 201, rsc: 2001 });
    const retrieve = await ask(b, `${B}/CAE2`, "/_/sp-a.example.org/id-a/cse-a/y");
    expect(retrieve).toMatchObject({ status: 200, rsc: 2000 });
    expect(asked(b)).toEqual([expect.stringMatching(/^POST .*\/cse-b\/x .*CAE1$/)]);
    expect(asked(a)).toContainEqual(expect.stringMatching(/^GET .*\/cse-a\/y .*CAE2$/));
    expect(await b.gateway.metric("m2mgw_links")).toBe(1);
  });

  test("keep what is for their own CSE, whichever way it is written", async () => {
    const { a, b } = await joined();
    const before = asked(b).length;
    for (const target of ["/cse-a/z", "/~/id-a/cse-a/z", "/_/sp-a.example.org/id-a/cse-a/z"]) {
      expect(await ask(a, "CAE1", target)).toMatchObject({ rsc: 2000 });
    }
    expect(asked(b)).toHaveLength(before);
  });

  test("of which one is away: nothing is sent, and who asks is told so", async () => {
    const { a, b } = await joined({ "request.ceiling": "300ms" });
    await b.gateway.stop();
    const answer = await ask(a, `${A}/CAE1`, "/_/sp-b.example.org/id-b/x");
    expect(answer).toMatchObject({ status: 404, rsc: 5103 });
  });

  test("of which one is no registree: nothing takes it out, and it is not counted", async () => {
    const { a } = await joined();
    expect(await a.gateway.metric("m2mgw_registrees")).toBe(0);
  });
});

test("a peer that cannot be reached says nothing about the own CSE, and is told of once", async () => {
  const a = await provider("a", { [B]: "ws://127.0.0.1:1" });
  await ask(a, "CAE1", "/cse-a/x");
  const told = () => a.gateway.log.filter(({ msg }) => String(msg).includes("reach"));
  // Either may be known first.
  const each = ["a peer cannot be reached", "the CSE is reachable"];
  await expect
    .poll(() =>
      told()
        .map(({ msg }) => msg)
        .sort(),
    )
    .toEqual(each);
  await new Promise((resolve) => setImmediate(resolve));
  expect(told()).toHaveLength(each.length);
  expect(await a.gateway.metric("m2mgw_upstream_up")).toBe(1);
});

test("a peer over HTTP is called at its URL, wherever that is", async () => {
  const b = await startCse();
  const a = await provider("a", { [B]: `${b.url}/base` });
  expect(await ask(a, `${A}/CAE1`, "/_/sp-b.example.org/id-b/cse-b/x")).toMatchObject({
    rsc: 2000,
  });
  expect(b.requests).toMatchObject([
    { method: "GET", target: "/base/_/sp-b.example.org/id-b/cse-b/x" },
  ]);
});

test("an M2M-SP-ID stands for all CSEs of that provider, a CSE-ID for one of the own", async () => {
  const b = await startCse();
  const c = await startCse();
  const a = await provider("a", { "//sp-b.example.org": b.url, "/id-c": c.url });
  await ask(a, "CAE1", "/_/sp-b.example.org/id-x/y");
  await ask(a, "CAE1", "/~/id-c/y");
  await ask(a, "CAE1", "/~/id-d/y");
  expect(b.requests).toMatchObject([{ target: "/_/sp-b.example.org/id-x/y" }]);
  expect(c.requests).toMatchObject([{ target: "/~/id-c/y" }]);
  expect(asked(a)).toEqual(["GET /~/id-d/y CAE1"]);
});

describe("a peer that is dialled", () => {
  const asks = (peer: Registree, from: string): Promise<Message> =>
    peer.request({ op: 2, to: "//sp-a.example.org/id-a/cse-a/x", fr: from });

  test("is served from the first message on, which may come right behind the handshake", async () => {
    const b = await startRegistrar();
    await provider("a", { [B]: b.url });
    const { peer } = await b.next();
    expect(await asks(peer, `${B}/CAE1`)).toMatchObject({ rsc: 2000 });
  });

  test("speaks for nobody of another peer, nor of a provider that another one stands for (TS-0004, 7.3.2.1)", async () => {
    const b = await startRegistrar();
    const others = {
      [B]: b.url,
      "//sp-c.example.org": "accept",
      "//sp-d.example.org/id-d": "accept",
    };
    await provider("a", others);
    const { peer } = await b.next();
    await peer.nextRequest();
    expect(await asks(peer, `${B}/CAE1`)).toMatchObject({ rsc: 2000 });
    for (const from of ["//sp-c.example.org/id-x/CAE1", "//sp-d.example.org/id-d/CAE1"]) {
      expect(await asks(peer, from)).toMatchObject({ rsc: 4106 });
    }
  });
});

test("a peer that registers, too, is reached at the point of access that the CSE was told (TS-0001, 8.2.1.1)", async () => {
  const a = await provider("a", { "/id-b": "accept" });
  const b = await connectRegistree(a.gateway.ws, { answer: () => ({ rsc: 2000, rvi: "3" }) });
  const csr = { csi: "/id-b", cb: "/id-b/cse-b", rr: true, rn: "b" };
  const created = await b.request({
    op: 1,
    ty: 16,
    to: "cse-a",
    fr: "/id-b",
    pc: { "m2m:csr": csr },
  });
  expect(created).toMatchObject({ rsc: 2001 });
  const [poa] = JSON.parse(a.cse.requests.at(-1)?.body ?? "")["m2m:csr"].poa;
  const { pathname } = new URL(poa);
  expect(await ask(a, "CAE1", `${pathname}/~/id-b/cse-b/x`)).toMatchObject({ rsc: 2000 });
  expect(await a.gateway.metric("m2mgw_registrees")).toBe(0);
});

test.each(["ws", "http"])(
  "where a peer is (%s), nobody else is called over HTTP",
  async (scheme) => {
    const device = await startHttpRegistree();
    const { host } = new URL(device.url);
    const cse = await startCse();
    const peers = `/id-b=${scheme}://${host}`;
    const settings = { "cse.url": cse.url, peers, "calls.networks": "192.0.2.0/24" };
    const gateway = await startGateway(settings);
    // From another address than that of the device, which it may name otherwise.
    const socket = new WebSocket(gateway.ws, ["oneM2M.json"], { localAddress: "127.0.0.2" });
    await once(socket, "open");
    const ae = { api: "N.x", rr: true, aei: "CAE1", ri: "CAE1", poa: [`http://${host}/n`] };
    const create = { op: 1, ty: 2, to: "cse-in", fr: "CAE1", rqi: "1", rvi: "3" };
    socket.send(JSON.stringify({ ...create, pc: { "m2m:ae": ae } }));
    await once(socket, "message");
    socket.terminate();
    await gateway.metricIs("m2mgw_links", 0);
    const headers = { "X-M2M-Origin": "/id-in", "X-M2M-RI": "q1", "X-M2M-RVI": "3" };
    const answer = await callHttp(gateway.http, {
      method: "POST",
      target: "/~/id-in/CAE1",
      headers: { ...headers, "Content-Type": "application/json" },
      body: '{"m2m:sgn":{"sur":"x"}}',
    });
    expect(answer).toMatchObject({ status: 202 });
  },
);

test.each([
  ["/id-in=ws://x", "/id-in is this gateway's own CSE"],
  ["id-b=ws://x", "must be a mapping of CSE-IDs"],
  ["/id-b=ftp://x", "must be a mapping of CSE-IDs"],
  ["/id-b=ws://u:p@x", "must be a mapping of CSE-IDs"],
])("a peer that makes no sense is refused: %s", (peers, sentence) => {
  const loaded = loadConfig({ env: {}, flags: new Map([["peers", peers]]) });
  const faults = "faults" in loaded ? loaded.faults : [];
  expect(faults).toMatchObject([{ sentence: expect.stringContaining(sentence) }]);
  expect(JSON.stringify(faults)).not.toContain("u:p@");
});

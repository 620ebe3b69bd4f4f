import { expect, test } from "vitest";
import { callHttp } from "../helpers/http-client.ts";
import { reply, startHttpRegistree } from "../helpers/http-registree.ts";
import { type RunningGateway, startGateway } from "../helpers/start-gateway.ts";
import { type Front, startFront } from "./front.ts";

const BRIDGE = { "cse.reconnectMax": "1s", "calls.networks": "127.0.0.0/8" };

async function startBridge(
  front: Front,
  settings: Readonly<Record<string, string>> = {},
): Promise<RunningGateway> {
  return await startGateway({ "cse.url": front.gateway.ws, ...BRIDGE, ...settings });
}

const headersOf = (from: string, type = "application/json") => ({
  "X-M2M-Origin": from,
  "X-M2M-RI": "q1",
  "X-M2M-RVI": "3",
  "Content-Type": type,
});

test("an AE registers over HTTP at the bridge, and is reached there through the CSE's Notify", async () => {
  const front = await startFront();
  const bridge = await startBridge(front);
  const device = await startHttpRegistree();
  const ae = { rn: "one", api: "N.test", rr: true, srv: ["3"], poa: [`${device.url}/n`] };
  const created = await callHttp(bridge.http, {
    method: "POST",
    target: "/cse-in",
    headers: headersOf("CAE1", "application/json;ty=2"),
    body: JSON.stringify({ "m2m:ae": ae }),
  });
  expect(created).toMatchObject({ status: 201, rsc: 2001 });
  const told = await front.notify("/~/id-in/CAE1");
  expect(told).toMatchObject({ status: 200, rsc: 2000 });
  expect(await device.next()).toMatchObject({ method: "POST" });
});

test("an AE that takes no requests is known at the bridge, too: what it names as targets is called there (S5)", async () => {
  const front = await startFront();
  const bridge = await startBridge(front);
  const device = await startHttpRegistree();
  const post = (target: string, type: number, content: object) =>
    callHttp(bridge.http, {
      method: "POST",
      target,
      headers: headersOf("CAE1", `application/json;ty=${type}`),
      body: JSON.stringify(content),
    });
  const ae = { rn: "one", api: "N.test", rr: false, srv: ["3"] };
  expect(await post("/cse-in", 2, { "m2m:ae": ae })).toMatchObject({ rsc: 2001 });
  const sub = { nu: [`${device.url}/k?x=1`], rn: "s" };
  expect(await post("/cse-in/one", 23, { "m2m:sub": sub })).toMatchObject({ rsc: 2001 });
  const { nu } = JSON.parse(front.cse.requests.at(-1)?.body ?? "")["m2m:sub"];
  expect(nu[0]).toMatch(/^http:.*\/poa\/[^/]+\/[^/]+\?x=1$/);
  expect(await front.notify(nu[0].slice(front.gateway.http.length))).toMatchObject({ rsc: 2000 });
  expect(await device.next()).toMatchObject({ method: "POST", target: "/k?x=1" });
});

test("a CSE registers over HTTP at the bridge, and what is asked of it at the CSE's side reaches it there (Mcc)", async () => {
  const front = await startFront({ "ws.allowCseOnPlain": "true" });
  const bridge = await startBridge(front);
  const device = await startHttpRegistree();
  const csr = { csi: "/id-mn", cb: "/id-mn/cse", rr: true, srv: ["3"], poa: [device.url] };
  const created = await callHttp(bridge.http, {
    method: "POST",
    target: "/cse-in",
    headers: headersOf("/id-mn", "application/json;ty=16"),
    body: JSON.stringify({ "m2m:csr": csr }),
  });
  expect(created).toMatchObject({ status: 201, rsc: 2001 });
  expect(JSON.parse(created.body)["m2m:csr"].poa).toEqual([device.url]);
  expect(front.poaAtCse()).toEqual([expect.stringMatching(/^http:.*\/poa\//)]);
  device.answer((request, response) =>
    reply(request, response, { body: '{"m2m:cnt":{"rn":"c"}}' }),
  );
  const asked = await front.http({
    method: "GET",
    target: "/~/id-mn/cse/c",
    headers: headersOf("/id-in/CAE9"),
  });
  expect(asked).toMatchObject({ status: 200, rsc: 2000, body: '{"m2m:cnt":{"rn":"c"}}' });
  expect(await device.next()).toMatchObject({ method: "GET", target: "/~/id-mn/cse/c" });
  const up = await callHttp(bridge.http, {
    method: "GET",
    target: "/cse-in/x",
    headers: headersOf("/id-mn/CAE1"),
  });
  expect(up).toMatchObject({ status: 200, rsc: 2000 });
  expect(front.cse.requests.at(-1)?.headers["x-m2m-origin"]).toBe("/id-mn/CAE1");
});

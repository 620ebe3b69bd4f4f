import { expect, test } from "vitest";
import { callHttp } from "../helpers/http-client.ts";
import { startHttpRegistree } from "../helpers/http-registree.ts";
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

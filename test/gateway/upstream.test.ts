import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { defaultScript } from "../helpers/fake-cse.ts";
import { freePort } from "../helpers/free-port.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { type RunningGateway, startGateway } from "../helpers/start-gateway.ts";
import { startFront } from "./front.ts";

/** How often the gateway looks for its CSE by itself. */
const EVERY = 15_000;

const metricsOf = async ({ admin }: RunningGateway): Promise<string> =>
  await (await fetch(`${admin}/metrics`)).text();

/** Resolves when the sample is there with this value: unlike `metricIs`, one that is absent is not 0. */
async function upstreamIs(gateway: RunningGateway, value: 0 | 1): Promise<void> {
  const line = new RegExp(`^m2mgw_upstream_up ${value}$`, "m");
  while (!line.test(await metricsOf(gateway))) await new Promise((again) => setImmediate(again));
}

/** Something that takes connections on 127.0.0.1, stopped when the test ends. */
async function listen(port: number): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const server = createServer((socket) => socket.on("error", () => {}).destroy());
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const stop = async (): Promise<void> => {
    if (server.listening) await new Promise((closed) => server.close(closed));
  };
  onTestFinished(stop);
  return { port: (server.address() as AddressInfo).port, stop };
}

test("standalone there is no m2mgw_upstream_up", async () => {
  const text = await metricsOf(await startGateway());
  expect(text).toContain("m2mgw_build_info");
  expect(text).not.toMatch(/^m2mgw_upstream_up /m);
});

test("m2mgw_upstream_up follows a CSE that stops and comes back on its port, without traffic", async () => {
  const clock = new ManualClock();
  const cse = await listen(await freePort());
  const gateway = await startGateway({ "cse.url": `http://127.0.0.1:${cse.port}` }, { clock });
  await upstreamIs(gateway, 1);
  await cse.stop();
  clock.advance(EVERY);
  await upstreamIs(gateway, 0);
  await listen(cse.port);
  clock.advance(EVERY);
  await upstreamIs(gateway, 1);
});

test("m2mgw_upstream_up is 0 as soon as a request did not reach the CSE", async () => {
  const front = await startFront({}, { clock: new ManualClock() });
  // A connection that it keeps might be taken before its end is noticed, and then the request may have reached it.
  front.cse.answer((request) => ({
    ...defaultScript(request),
    headers: { Connection: "close" },
  }));
  const { ae } = await front.ae();
  await upstreamIs(front.gateway, 1);
  await front.cse.stop();
  expect(await ae.request({ op: 2, to: "cse-in", fr: "CAE1" })).toMatchObject({ rsc: 5103 });
  await upstreamIs(front.gateway, 0);
});

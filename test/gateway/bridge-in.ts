import { expect } from "vitest";
import { askAs, type EntityCall } from "../helpers/entity.ts";
import type { HttpAnswer } from "../helpers/http-client.ts";
import { type HttpRegistree, startHttpRegistree } from "../helpers/http-registree.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { type RunningGateway, startGateway } from "../helpers/start-gateway.ts";

/** A gateway that dials its registrar, and whose time stands still until a test moves it. */
export interface Bridge {
  readonly gateway: RunningGateway;
  readonly clock: ManualClock;
  /** A request of an entity over HTTP. */
  ask(from: string, call?: EntityCall): Promise<HttpAnswer>;
  /** An AE that registered over HTTP, and the server at its point of access. */
  register(from: string, attributes?: Record<string, unknown>): Promise<HttpRegistree>;
}

/** Registrees lie on loopback in tests, and may be called there. */
const SETTINGS = { "ws.pingAfter": "1h", "calls.networks": "127.0.0.0/8" };

/** @param registrar its URL */
export async function startBridge(
  registrar: string,
  settings: Readonly<Record<string, string>> = {},
  { clock = new ManualClock(), stateDir }: { clock?: ManualClock; stateDir?: string } = {},
): Promise<Bridge> {
  const all = { "cse.url": registrar, ...SETTINGS, ...settings };
  const gateway = await startGateway(all, { clock, ...(stateDir && { stateDir }) });
  const ask: Bridge["ask"] = (from, call = {}) => askAs(gateway.http, from, call);
  return {
    gateway,
    clock,
    ask,
    register: async (from, attributes) => {
      const device = await startHttpRegistree();
      const ae = { api: "N.test", rr: true, srv: ["3"], poa: [`${device.url}/n`], ...attributes };
      const answer = await ask(from, {
        method: "POST",
        target: "/cse-in",
        headers: { "Content-Type": "application/json;ty=2" },
        body: { "m2m:ae": { aei: from, ri: from, ...ae } },
      });
      expect(answer).toMatchObject({ status: 201, rsc: 2001 });
      return device;
    },
  };
}

/** Lets time pass, a little at a time, so that what it sets off can happen. */
export async function pass(
  { clock, gateway }: Pick<Bridge, "clock" | "gateway">,
  ms: number,
  step = 500,
): Promise<void> {
  for (let left = ms; left > 0; left -= step) {
    clock.advance(Math.min(step, left));
    // Sockets need turns of the event loop, and the system, which may be late: by then it has answered something else.
    for (let turn = 0; turn < 20; turn += 1) await new Promise((again) => setImmediate(again));
    await gateway.metric("m2mgw_links");
  }
}

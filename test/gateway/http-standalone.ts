import { expect } from "vitest";
import { askAs } from "../helpers/entity.ts";
import type { HttpAnswer } from "../helpers/http-client.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { type RunningGateway, type StartOptions, startGateway } from "../helpers/start-gateway.ts";
import { SGN } from "./front.ts";

/** A standalone gateway whose time stands still until a test moves it. */
export interface Standalone {
  readonly gateway: RunningGateway;
  readonly clock: ManualClock;
  /** A request of an entity over HTTP. */
  ask(from: string, method: string, target: string, more?: More): Promise<HttpAnswer>;
  /** Registers the AE `CAE1` over HTTP with these points of access. */
  register(poa: readonly string[], more?: RegisterOptions): Promise<void>;
  /** A Notify of the application CApp. */
  notify(target: string, rqi?: string, body?: string): Promise<HttpAnswer>;
}

export interface More {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly rqi?: string;
}

export interface RegisterOptions {
  readonly from?: string;
  readonly attributes?: Record<string, unknown>;
  readonly headers?: Readonly<Record<string, string>>;
}

export async function startStandalone(
  settings: Readonly<Record<string, string>> = {},
  options: StartOptions & { readonly clock?: ManualClock } = {},
): Promise<Standalone> {
  const { clock = new ManualClock(), ...rest } = options;
  const gateway = await startGateway({ "ws.pingAfter": "1h", ...settings }, { ...rest, clock });
  const ask: Standalone["ask"] = (from, method, target, more) =>
    askAs(gateway.http, from, { method, target, ...more });
  return {
    gateway,
    clock,
    ask,
    register: async (poa, { from = "CAE1", attributes, headers } = {}) => {
      const ae = { rn: "one", api: "N.test", rr: true, srv: ["3"], poa, ...attributes };
      const answer = await ask(from, "POST", "/cse-in", {
        headers: { "Content-Type": "application/json;ty=2", ...headers },
        body: { "m2m:ae": ae },
      });
      expect(answer).toMatchObject({ status: 201, rsc: 2001 });
    },
    notify: (target, rqi = "n1", body = SGN) => ask("CApp", "POST", target, { rqi, body }),
  };
}

import { expect } from "vitest";
import { type FakeCse, startCse } from "../helpers/fake-cse.ts";
import {
  connectRegistree,
  type Message,
  type Registree,
  type RegistreeOptions,
} from "../helpers/fake-registree.ts";
import { callHttp, type HttpAnswer, type HttpCall } from "../helpers/http-client.ts";
import { type RunningGateway, type StartOptions, startGateway } from "../helpers/start-gateway.ts";

/** A gateway in front of a scripted CSE. */
export interface Front {
  readonly gateway: RunningGateway;
  readonly cse: FakeCse;
  http(call: HttpCall): Promise<HttpAnswer>;
  /** POST without `ty`, as the CSE `/id-in` sends a Notify; `headers` come on top. */
  notify(target: string, options?: NotifyOptions): Promise<HttpAnswer>;
  connect(options?: RegistreeOptions): Promise<Registree>;
  /** A registree that has registered as the AE `fr`, and the path of its point of access. */
  ae(fr?: string, options?: AeOptions): Promise<RegisteredAe>;
  /** A registree that has registered as the CSE `csi`; needs `ws.allowCseOnPlain`. */
  registreeCse(csi: string, options?: RegistreeOptions): Promise<RegisteredAe>;
  /** The pointOfAccess list that the CSE was given last. */
  poaAtCse(): string[];
}

export interface NotifyOptions {
  readonly rqi?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface AeOptions extends RegistreeOptions {
  readonly attributes?: Record<string, unknown>;
}

export interface RegisteredAe {
  readonly ae: Registree;
  /** `/poa/<token>` */
  readonly point: string;
}

/** Answers whatever request comes with 2000. */
export const ok = (): Message => ({ rsc: 2000, rvi: "3" });

/** Content of a subscription's Notify. */
export const SGN = '{"m2m:sgn":{"sur":"/id-in/sub1"}}';

/** A verification request, which is never held: its registree answers it, or it is refused (TS-0004, 7.4.8.2.1). */
export const VERIFY: NotifyOptions = { body: '{"m2m:sgn":{"vrq":true,"sur":"/id-in/sub1"}}' };

export async function startFront(
  settings: Readonly<Record<string, string>> = {},
  options: StartOptions = {},
): Promise<Front> {
  const cse = await startCse();
  const all = { "cse.url": cse.url, ...settings };
  const gateway = await startGateway(all, options);
  return frontOf(gateway, cse);
}

/** For a gateway that was started otherwise, such as a second time on the same state. */
export function frontOf(gateway: RunningGateway, cse: FakeCse): Front {
  const http = (call: HttpCall): Promise<HttpAnswer> => callHttp(gateway.http, call);
  const connect = (options?: RegistreeOptions): Promise<Registree> =>
    connectRegistree(gateway.ws, options);
  const poaAtCse = (): string[] => {
    const bodies = cse.requests.map(({ body }) => body).filter((body) => body.includes('"poa"'));
    const [resource] = Object.values(JSON.parse(bodies.at(-1) ?? '{"":{"poa":[]}}'));
    return (resource as { poa: string[] }).poa;
  };
  return {
    gateway,
    cse,
    http,
    connect,
    poaAtCse,
    notify: (target, { rqi = "n1", body = SGN, headers = {} } = {}) =>
      http({
        method: "POST",
        target,
        headers: {
          "X-M2M-Origin": "/id-in",
          "X-M2M-RI": rqi,
          "X-M2M-RVI": "3",
          "Content-Type": "application/json",
          ...headers,
        },
        body,
      }),
    registreeCse: async (csi, options) => {
      const ae = await connect(options);
      expect(await registerCse(ae, csi)).toMatchObject({ rsc: 2001 });
      return { ae, point: new URL(gatewayUrlIn(poaAtCse(), gateway)).pathname };
    },
    ae: async (fr = "CAE1", { attributes, ...options } = {}) => {
      const ae = await connect(options);
      expect(await ae.register(fr, attributes)).toMatchObject({ rsc: 2001 });
      return { ae, point: new URL(gatewayUrlIn(poaAtCse(), gateway)).pathname };
    },
  };
}

/** The one entry of a pointOfAccess list that is the gateway's. */
export function gatewayUrlIn(poa: readonly string[], gateway: RunningGateway): string {
  const own = poa.filter((entry) => entry.startsWith(`${gateway.http}/poa/`));
  expect(own).toHaveLength(1);
  return own[0] ?? "";
}

/** Create `<remoteCSE>`. */
export function registerCse(
  registree: Registree,
  csi: string,
  attributes: Record<string, unknown> = {},
): Promise<Message> {
  const csr = { csi, cb: `${csi}/cse`, rr: true, srv: ["3"], ...attributes };
  return registree.request({ op: 1, to: "cse-in", ty: 16, fr: csi, pc: { "m2m:csr": csr } });
}

/** Resolves when the gateway has taken in all that the registree sent before, and the registree what the gateway did. */
export async function inStep(registree: Registree): Promise<void> {
  const pong = new Promise((resolve) => registree.socket.once("pong", resolve));
  registree.socket.ping();
  await pong;
}

/** What the CSE was asked, but for what registers: `GET /cse-in/x`. */
export const asked = (cse: FakeCse): string[] =>
  cse.requests.map(({ method, target }) => `${method} ${target}`);

/** A promise and what resolves it. */
export function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** The sample of the requests that registrees have yet to answer, or that wait to be sent to them. */
export const UNANSWERED = 'm2mgw_exchanges_in_flight{direction="to-registree"}';

import { request as open } from "node:http";
import { expect } from "vitest";
import type { Message, Registree, RegistreeOptions } from "../helpers/fake-registree.ts";
import { type Books, expectBalance } from "../helpers/hold-books.ts";
import type { HttpAnswer, HttpCall } from "../helpers/http-client.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import type { RunningGateway, StartOptions } from "../helpers/start-gateway.ts";
import { type Front, inStep, startFront } from "./front.ts";

export const SERVED = { status: 200, rsc: 2000 };
export const NOT_FOUND = { status: 404, rsc: 4004 };
export const NOT_REACHABLE = { status: 404, rsc: 5103 };
export const TIMED_OUT = { status: 504, rsc: 4008 };
/** Stored, and acknowledged before the registree has it. */
export const HELD = {
  status: 202,
  rsc: 1000,
  headers: { "x-m2mgw-disposition": "held" },
};

/** Settings under which a CSE may register on plain ws. */
export const LABORATORY = { "ws.allowCseOnPlain": "true" };

/** Settings that give the event category 100 the lowest storage priority; all others have 5. */
export const LOW_PRIORITY_100 = { "hold.priorities": "100=1" };

/** A front whose time stands still at 2026-01-01T12:00:00 UTC until a test moves it. */
export interface Timed extends Front {
  readonly clock: ManualClock;
}

/** A front whose time stands still, pings out of the way. */
export async function startHolding(
  settings: Readonly<Record<string, string>> = {},
  { clock = new ManualClock(), ...options }: StartOptions & { readonly clock?: ManualClock } = {},
): Promise<Timed> {
  const front = await startFront({ "ws.pingAfter": "1h", ...settings }, { ...options, clock });
  return { ...front, clock };
}

/** Closes the registree's socket; resolves when the gateway has seen it. */
export async function leave(front: Front, registree: Registree): Promise<void> {
  const links = await front.gateway.metric("m2mgw_links");
  await registree.disconnect();
  await front.gateway.metricIs("m2mgw_links", links - 1);
}

/** Ends the registree's socket without a Close frame; resolves when the gateway has seen it. */
export async function cut(front: Front, registree: Registree): Promise<void> {
  const links = await front.gateway.metric("m2mgw_links");
  registree.socket.terminate();
  await front.gateway.metricIs("m2mgw_links", links - 1);
}

/** Registers an AE, or a CSE where `id` begins with a slash, which then leaves; gives its point of access. */
export async function away(front: Front, id = "CAE1"): Promise<string> {
  const { ae, point } = await (id.startsWith("/") ? front.registreeCse(id) : front.ae(id));
  await leave(front, ae);
  return point;
}

/** The registree of this ID on a new socket that is bound to it. */
export async function back(
  front: Front,
  id = "CAE1",
  options: RegistreeOptions = {},
): Promise<Registree> {
  if (!id.startsWith("/")) return await front.connect({ ...options, origin: id });
  const cse = await front.connect(options);
  expect(await cse.request({ op: 2, to: "cse-in", fr: id })).toMatchObject({ rsc: 2000 });
  return cse;
}

/** Answers one request that came to the registree: 2000 unless told otherwise. */
export function answer(registree: Registree, request: Message, response: Message = {}): void {
  registree.send({ rsc: 2000, rvi: "3", rqi: request.rqi ?? "", ...response });
}

/** The Request Identifiers of all requests that came to a registree that speaks JSON, in order. */
export const rqisOf = ({ frames }: Registree): (string | undefined)[] =>
  frames
    .map(({ text }) => JSON.parse(text) as Message)
    .filter(({ op }) => op !== undefined)
    .map(({ rqi }) => rqi);

/** Holds a plain Notify for each Request Identifier. */
export async function holdAll(front: Front, point: string, rqis: readonly string[]): Promise<void> {
  for (const rqi of rqis) expect(await front.notify(point, { rqi })).toMatchObject(HELD);
}

/** The content of a Notify about this subscription. */
export const sgnOf = (sur: string, value: string): string =>
  JSON.stringify({ "m2m:sgn": { nev: { rep: { "m2m:cin": { con: value } }, net: 3 }, sur } });

/** An HTTP request of the application CApp, or of whom `headers` say. */
export const ask = (
  front: Front,
  call: HttpCall & { readonly rqi?: string },
): Promise<HttpAnswer> => {
  const { rqi = "h1", headers, ...rest } = call;
  return front.http({
    ...rest,
    headers: { "X-M2M-Origin": "CApp", "X-M2M-RI": rqi, "X-M2M-RVI": "3", ...headers },
  });
};

/** Sends an HTTP request of CApp whose client can give up before it is answered. */
export function askThenHangUp(
  front: Front,
  { target, method = "GET", headers, body }: HttpCall,
): { readonly hangUp: () => void } {
  const { hostname, port } = new URL(front.gateway.http);
  const outgoing = open({
    hostname,
    port,
    method,
    path: target,
    headers: { "X-M2M-Origin": "CApp", "X-M2M-RI": "h1", "X-M2M-RVI": "3", ...headers },
    agent: false,
  });
  outgoing.on("error", () => {});
  outgoing.end(body);
  return { hangUp: () => void outgoing.destroy() };
}

/** Resolves when that many primitives are held, open exchanges among them. */
export const heldIs = ({ gateway }: Front, entries: number): Promise<void> =>
  gateway.metricIs("m2mgw_hold_entries", entries);

/** Resolves when the gateway has sent to these registrees whatever it would send without being moved. */
export async function quiet(front: Front, ...registrees: readonly Registree[]): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) {
    await front.gateway.metric("m2mgw_hold_entries");
    await Promise.all(registrees.map(inStep));
  }
}

/** Expects that a promise has not settled after everything at hand has happened. */
export async function stillOpen(front: Front, settled: Promise<unknown>): Promise<void> {
  const waiting = Symbol("open");
  expect(await Promise.race([settled, quiet(front).then(() => waiting)])).toBe(waiting);
}

/** Expects the books of a gateway to balance, and to have these outcomes and no others where they are given. */
export const expectConserved = (gateway: RunningGateway, books?: Books): Promise<void> =>
  expectBalance(gateway, books);

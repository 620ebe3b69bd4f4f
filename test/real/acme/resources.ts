import { expect } from "vitest";
import type { AeConnection, WirePrimitive } from "./ae.ts";
import { type HttpAnswer, send } from "./http-client.ts";

let lastName = 0;

/** A resource name no other test of this run uses; its AE-ID is the same with a C before. */
export function uniqueName(): string {
  lastName += 1;
  return `ae${lastName}`;
}

/** The attributes of an `<AE>` as an AE that keeps a WebSocket open writes them. */
export function aeAttributes(name: string, more: Record<string, unknown> = {}) {
  return { "m2m:ae": { rn: name, api: "Ntest", rr: true, srv: ["3"], ...more } };
}

/** CREATE of the `<AE>` called `name`, with AE-ID `C` + `name`. */
export function register(
  ae: AeConnection,
  name: string,
  more: Record<string, unknown> = { poa: ["ws://default"] },
): Promise<WirePrimitive> {
  return ae.request({ op: 1, to: "cse-in", fr: `C${name}`, ty: 2, pc: aeAttributes(name, more) });
}

/** CREATE of the container `data` below the `<AE>` called `name`, and of a subscription of the AE to its instances. */
export async function makeSubscribedContainer(ae: AeConnection, name: string): Promise<void> {
  const fr = `C${name}`;
  const container = { "m2m:cnt": { rn: "data" } };
  expect(await ae.request({ op: 1, to: `cse-in/${name}`, fr, ty: 3, pc: container })).toMatchObject(
    { rsc: 2001 },
  );
  const pc = { "m2m:sub": { rn: "watch", nu: [fr], nct: 1, enc: { net: [3] } } };
  expect(await ae.request({ op: 1, to: `cse-in/${name}/data`, fr, ty: 23, pc })).toMatchObject({
    rsc: 2001,
  });
}

/** An HTTP application's CREATE of a contentInstance in that container, sent to `base`. */
export async function makeInstance(base: string, name: string, con: string): Promise<void> {
  const made = await send(base, {
    method: "POST",
    path: `/cse-in/${name}/data`,
    ty: 4,
    body: { "m2m:cin": { con } },
  });
  expect(made.rsc, made.text).toBe("2001");
}

/** An HTTP application's CREATE of a subscription whose notifications go to the AE called `name`. */
export function subscribeFor(base: string, name: string): Promise<HttpAnswer> {
  return send(base, {
    method: "POST",
    path: `/cse-in/${name}/data`,
    ty: 23,
    body: { "m2m:sub": { rn: "other", nu: [`C${name}`], nct: 1, enc: { net: [3] } } },
  });
}

/** What the CSE holds as points of access of the AE called `name`. */
export async function pointsOfAccess(cse: string, name: string): Promise<string[] | undefined> {
  const { body, text } = await send(cse, { path: `/cse-in/${name}` });
  expect(body?.["m2m:ae"], text).toBeDefined();
  return body["m2m:ae"].poa;
}

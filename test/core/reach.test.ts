import { expect, test } from "vitest";
import { epochMs } from "../../src/base/clock.ts";
import { type FailureCode, GatewayError } from "../../src/base/errors.ts";
import type { NamedAddress } from "../../src/core/ports.ts";
import { Reach } from "../../src/core/reach.ts";
import type { Registration } from "../../src/core/registration.ts";
import { Registry } from "../../src/core/registry.ts";
import type { ResponsePrimitive } from "../../src/primitive/primitive.ts";
import { respond } from "../../src/primitive/respond.ts";
import { memoryTable } from "../../src/store/memory-table.ts";
import { FakeLink } from "../helpers/fake-link.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { silentObserver } from "../helpers/silent-observer.ts";
import { DOMAIN, entity, requestOf } from "./primitives.ts";

const AE = entity("/id-in/CAE1");
const NOTIFY = requestOf({ op: "notify", to: "CAE1" });
const LATE = epochMs(Date.UTC(2030, 0, 1));
const A = "http://a.example/n";
const B = "https://b.example/n";

/** A registree with points of access, each of which fails with a code or answers. */
async function world(points: readonly string[] = [A], more: Partial<Registration> = {}) {
  const clock = new ManualClock();
  const warned: string[] = [];
  const observer = silentObserver({ warn: (message) => warned.push(message) });
  const registry = new Registry({ domain: DOMAIN, clock, observer, table: memoryTable() });
  const failing = new Map<string, FailureCode>();
  const called: string[] = [];
  const addresses: NamedAddress[] = [];
  const call = async (_: unknown, __: unknown, at: NamedAddress): Promise<ResponsePrimitive> => {
    called.push(at.url);
    addresses.push(at);
    const code = failing.get(at.url);
    if (code !== undefined) throw new GatewayError(code);
    return respond(NOTIFY, 2000);
  };
  const reach = new Reach({ registry, clock, observer, caller: { call } });
  const returned: string[] = [];
  reach.onReturned = (id) => returned.push(id);
  const register = (pointsOfAccess: readonly string[], with_: Partial<Registration> = {}) =>
    registry.register({
      id: AE,
      kind: "ae",
      token: "t1",
      addresses: [],
      pointsOfAccess,
      reachable: true,
      expires: undefined,
      ...with_,
    });
  await register(points, more);
  /** The code that a delivery fails with; undefined where it is answered, "away" where there is no way. */
  const deliver = async (): Promise<FailureCode | "away" | undefined> => {
    const way = reach.find(AE);
    if (way === undefined) return "away";
    const error = await way.deliver(NOTIFY, LATE, AE).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    return error instanceof GatewayError ? error.code : undefined;
  };
  return {
    clock,
    registry,
    reach,
    failing,
    called,
    addresses,
    returned,
    warned,
    register,
    deliver,
  };
}

test("a live link comes before a point of access over HTTP", async () => {
  const { registry, reach, deliver } = await world();
  const link = new FakeLink();
  registry.bind(AE, link, { basis: "from", strength: "claim", trusted: true });
  expect(reach.find(AE)).toBe(link);
  link.open = false;
  expect(reach.find(AE)).not.toBe(link);
  expect(await deliver()).toBeUndefined();
});

test.each<[string, readonly string[], Partial<Registration>]>([
  ["that has none", [], {}],
  ["with none over HTTP", ["mqtt://a.example", "ws://default"], {}],
  ["that takes no requests", [A], { reachable: false }],
])("there is no way to a registree %s", async (_what, points, more) => {
  const { reach } = await world(points, more);
  expect(reach.find(AE)).toBeUndefined();
});

test("what is stored of the registration goes with each call", async () => {
  const { addresses, deliver } = await world([A], { peerAddress: "192.0.2.7", reads: ["cbor"] });
  await deliver();
  expect(addresses).toEqual([
    {
      url: A,
      is: "point of an AE",
      peerAddress: "192.0.2.7",
      configuredFor: undefined,
      reads: ["cbor"],
    },
  ]);
});

test("who could not be reached counts as away: for 1 s, then for twice that each time", async () => {
  const { clock, failing, returned, warned, deliver } = await world();
  failing.set(A, "GW_TARGET_OFFLINE");
  for (const wait of [1_000, 2_000, 4_000]) {
    expect(await deliver()).toBe("GW_TARGET_OFFLINE");
    clock.advance(wait - 1);
    expect(await deliver()).toBe("away");
    clock.advance(1);
  }
  expect(returned).toEqual([AE, AE, AE]);
  expect(warned).toHaveLength(1);
  failing.clear();
  expect(await deliver()).toBeUndefined();
  failing.set(A, "GW_TARGET_OFFLINE");
  expect(await deliver()).toBe("GW_TARGET_OFFLINE");
  clock.advance(1_000);
  expect(returned).toHaveLength(4);
});

test("several that fail together count as one failure", async () => {
  const { clock, failing, reach, returned } = await world();
  failing.set(A, "GW_TARGET_OFFLINE");
  const way = reach.find(AE);
  const deliveries = [1, 2, 3].map(() => way?.deliver(NOTIFY, LATE, AE));
  await Promise.allSettled(deliveries);
  clock.advance(1_000);
  expect(returned).toEqual([AE]);
});

test("whoever breaks the connection counts as away too; whoever is silent or busy does not", async () => {
  const { clock, failing, deliver } = await world();
  for (const code of ["GW_NO_ANSWER", "GW_LINK_BUSY", "GW_NOT_SENT_IN_TIME"] as const) {
    failing.set(A, code);
    expect(await deliver()).toBe(code);
    expect(await deliver()).toBe(code);
  }
  failing.set(A, "GW_LINK_LOST");
  expect(await deliver()).toBe("GW_LINK_LOST");
  expect(await deliver()).toBe("away");
  clock.advance(1_000);
  expect(await deliver()).toBe("GW_LINK_LOST");
});

test("a sign of life ends that at once", async () => {
  const { clock, failing, reach, returned, deliver } = await world();
  failing.set(A, "GW_TARGET_OFFLINE");
  await deliver();
  reach.returned(AE);
  expect(returned).toEqual([AE]);
  failing.clear();
  expect(await deliver()).toBeUndefined();
  clock.advance(60_000);
  expect(returned).toEqual([AE]);
});

test("a registration that has changed is called at once", async () => {
  const { failing, register, deliver } = await world();
  failing.set(A, "GW_TARGET_OFFLINE");
  await deliver();
  expect(await deliver()).toBe("away");
  await register([B]);
  expect(await deliver()).toBeUndefined();
});

test("a call of before says nothing about it", async () => {
  const { failing, reach, register, called, deliver } = await world();
  failing.set(A, "GW_TARGET_OFFLINE");
  const before = reach.find(AE)?.deliver(NOTIFY, LATE, AE);
  await register([B]);
  await expect(before).rejects.toMatchObject({ code: "GW_TARGET_OFFLINE" });
  expect(await deliver()).toBeUndefined();
  expect(called).toEqual([A, B]);
});

test("the next point of access is called only where nothing was sent; the one that worked last comes first", async () => {
  const { failing, called, deliver } = await world([A, B]);
  failing.set(A, "GW_TARGET_OFFLINE");
  expect(await deliver()).toBeUndefined();
  failing.clear();
  expect(await deliver()).toBeUndefined();
  failing.set(B, "GW_NO_ANSWER");
  expect(await deliver()).toBe("GW_NO_ANSWER");
  expect(called).toEqual([A, B, B, B]);
  failing.set(B, "GW_NOT_CALLABLE");
  expect(await deliver()).toBeUndefined();
  expect(called.slice(4)).toEqual([B, A]);
});

test("of a point of access that may not be called the log tells once, and its originator nothing (S21)", async () => {
  const { clock, failing, reach, warned, deliver } = await world();
  failing.set(A, "GW_NOT_CALLABLE");
  for (let turn = 0; turn < 3; turn += 1) {
    expect(await deliver()).toBe("GW_TARGET_OFFLINE");
    clock.advance(60_000);
    reach.returned(AE);
  }
  expect(warned).toEqual(["a registree names a point of access that may not be called"]);
});

test("a call that fails when its registree is gone leaves nothing behind", async () => {
  const { clock, failing, reach, registry, warned } = await world();
  const { waiting } = clock;
  failing.set(A, "GW_TARGET_OFFLINE");
  const before = reach.find(AE)?.deliver(NOTIFY, LATE, AE);
  await registry.deregister(AE);
  await expect(before).rejects.toMatchObject({ code: "GW_TARGET_OFFLINE" });
  expect(clock.waiting).toBe(waiting);
  expect(warned).toEqual([]);
});

test("nothing waits for a registree that is gone, or after the end", async () => {
  const { clock, failing, reach, deliver } = await world();
  const { waiting } = clock;
  failing.set(A, "GW_TARGET_OFFLINE");
  await deliver();
  expect(clock.waiting).toBe(waiting + 1);
  reach.forget(AE);
  expect(clock.waiting).toBe(waiting);
  await deliver();
  reach.close();
  expect(clock.waiting).toBe(waiting);
});

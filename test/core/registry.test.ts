import { describe, expect, test, vi } from "vitest";
import { epochMs } from "../../src/base/clock.ts";
import { GatewayError } from "../../src/base/errors.ts";
import type { Evidence } from "../../src/core/identity.ts";
import type { Observer, Table } from "../../src/core/ports.ts";
import type { Registration } from "../../src/core/registration.ts";
import { Registry } from "../../src/core/registry.ts";
import type { Operation } from "../../src/primitive/primitive.ts";
import { memoryTable } from "../../src/store/memory-table.ts";
import { FakeLink } from "../helpers/fake-link.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { silentObserver } from "../helpers/silent-observer.ts";
import { DOMAIN, entity } from "./primitives.ts";
import { Disk, watchedTable } from "./watched-store.ts";

const CLAIM: Evidence = { basis: "from", strength: "claim", trusted: false };
const TRUSTED: Evidence = { ...CLAIM, trusted: true };
const PROVEN: Evidence = { ...CLAIM, strength: "secret" };
const LAMP = entity("/id-in/CLamp");

function registration(id: string, more: Partial<Registration> = {}): Registration {
  return {
    id: entity(id),
    kind: "ae",
    token: `token-of-${id}`,
    addresses: [],
    pointsOfAccess: undefined,
    reachable: true,
    expires: undefined,
    ...more,
  };
}

function registryWith(parts: { table?: Table<Registration>; heard?: Partial<Observer> } = {}) {
  const clock = new ManualClock();
  const table = parts.table ?? memoryTable<Registration>();
  const observer = silentObserver(parts.heard);
  return { clock, table, registry: new Registry({ domain: DOMAIN, clock, observer, table }) };
}

describe("registrations", () => {
  const lamp = registration("/id-in/CLamp", { addresses: ["/id-in/CLamp", "/id-in/cse-in/lamp"] });

  test("are found by identity, token and address in any form, and stored", async () => {
    const { registry, table } = registryWith();
    await registry.register(lamp);
    expect(registry.registration(LAMP)).toEqual(lamp);
    expect(registry.byToken(lamp.token)).toEqual(lamp);
    for (const to of [
      "CLamp",
      "cse-in/lamp",
      "-/lamp",
      "/id-in/-/lamp",
      "//sp.example/id-in/cse-in/lamp",
      "-/lamp#poa",
    ]) {
      expect(registry.byAddress(to)).toEqual(lamp);
    }
    expect(registry.byAddress("cse-in/lamp/x")).toBeUndefined();
    expect(registry.registered).toBe(1);
    expect([...table.entries()]).toEqual([[LAMP, lamp]]);
  });

  test("outlive a restart", async () => {
    const first = registryWith();
    await first.registry.register(lamp);
    const { registry } = registryWith({ table: first.table });
    expect(registry.byToken(lamp.token)).toEqual(lamp);
    expect(registry.byAddress("cse-in/lamp")).toEqual(lamp);
    expect(registry.find(LAMP)).toBeUndefined();
  });

  test("end with their token, their addresses and their identity", async () => {
    const { registry, table } = registryWith();
    const link = new FakeLink();
    await registry.register(lamp);
    registry.bind(LAMP, link, CLAIM);
    await registry.deregister(LAMP);
    expect(registry.registration(LAMP)).toBeUndefined();
    expect(registry.byToken(lamp.token)).toBeUndefined();
    expect(registry.byAddress("cse-in/lamp")).toBeUndefined();
    expect(registry.find(LAMP)).toBeUndefined();
    expect(registry.registered).toBe(0);
    expect([...table.entries()]).toEqual([]);
  });

  test("that nobody has end without error", async () => {
    const { registry } = registryWith();
    await registry.deregister(LAMP);
    expect(registry.registered).toBe(0);
  });

  test("give way to a later one of the same entity, whose token alone is good", async () => {
    const { registry } = registryWith();
    await registry.register(lamp);
    const again = registration("/id-in/CLamp", {
      token: "fresh",
      addresses: ["/id-in/cse-in/lamp2"],
    });
    await registry.register(again);
    expect(registry.byToken(lamp.token)).toBeUndefined();
    expect(registry.byToken("fresh")).toEqual(again);
    expect(registry.byAddress("cse-in/lamp")).toBeUndefined();
    expect(registry.byAddress("cse-in/lamp2")).toEqual(again);
    expect(registry.registered).toBe(1);
  });

  test("keep the link of their entity when they are renewed", async () => {
    const { registry } = registryWith();
    const link = new FakeLink();
    await registry.register(lamp);
    registry.bind(LAMP, link, CLAIM);
    await registry.register({ ...lamp, pointsOfAccess: ["ws://x"] });
    expect(registry.find(LAMP)).toBe(link);
  });

  test("leave, when they end, an address that a later one of another entity has taken", async () => {
    const { registry } = registryWith();
    await registry.register(lamp);
    const successor = registration("/id-in/CNew", { addresses: ["/id-in/cse-in/lamp"] });
    await registry.register(successor);
    await registry.deregister(LAMP);
    expect(registry.byAddress("cse-in/lamp")).toEqual(successor);
  });

  test("that cannot be stored are refused with the store's failure", async () => {
    const failure = new GatewayError("GW_STORE_FAILED");
    const table: Table<Registration> = {
      entries: () => [],
      get: () => undefined,
      put: () => Promise.reject(failure),
      remove: () => Promise.reject(failure),
    };
    const { registry } = registryWith({ table });
    await expect(registry.register(lamp)).rejects.toBe(failure);
    await expect(registry.deregister(LAMP)).rejects.toBe(failure);
  });
});

describe("a deregistration that the store fails to write", () => {
  const WHILE = 5_000;

  function registryOn(disk: Disk) {
    const table = memoryTable<Registration>();
    return { ...registryWith({ table: watchedTable(table, disk) }), stored: table };
  }

  test("is written again until it is written: a restart does not bring the registration back", async () => {
    const disk = new Disk();
    const { registry, clock, stored } = registryOn(disk);
    await registry.register(registration("/id-in/CLamp"));
    disk.failing.set("remove", 2);
    await expect(registry.deregister(LAMP)).rejects.toMatchObject({ code: "GW_STORE_FAILED" });
    for (const left of [1, 0]) {
      expect(stored.get(LAMP)).toBeDefined();
      clock.advance(WHILE);
      await expect.poll(() => [disk.underWay, clock.waiting]).toEqual([0, left]);
    }
    expect(stored.get(LAMP)).toBeUndefined();
    expect(disk.begun).toBe(4);
  });

  test.each([
    ["before", 0],
    ["after", 2],
  ])("leaves alone who registers under its ID %s that is known", async (_when, slowness) => {
    const disk = new Disk();
    const { registry, clock, stored } = registryOn(disk);
    await registry.register(registration("/id-in/CLamp"));
    disk.failing.set("remove", 1);
    disk.slowness = slowness;
    const ended = registry.deregister(LAMP).catch(() => {});
    if (slowness === 0) await ended;
    const next = registration("/id-in/CLamp", { token: "fresh" });
    const taken = registry.register(next);
    await Promise.all([ended, taken]);
    clock.advance(WHILE);
    await expect.poll(() => disk.underWay).toBe(0);
    expect(stored.get(LAMP)).toEqual(next);
    expect([disk.begun, clock.waiting]).toEqual([3, 0]);
  });

  test("is written no more when the registry is closed", async () => {
    const disk = new Disk();
    const { registry, clock } = registryOn(disk);
    disk.failing.set("remove", 1);
    await registry.deregister(LAMP).catch(() => {});
    registry.close();
    expect(clock.waiting).toBe(0);
  });
});

describe("expiry", () => {
  const expiring = (clock: ManualClock, by: number) =>
    registration("/id-in/CLamp", { expires: epochMs(clock.now() + by) });

  test("ends a registration and its link's identity", async () => {
    const { registry, clock, table } = registryWith();
    const link = new FakeLink();
    await registry.register(expiring(clock, 60_000));
    registry.bind(LAMP, link, CLAIM);
    clock.advance(59_999);
    expect(registry.registration(LAMP)).toBeDefined();
    clock.advance(1);
    expect(registry.registration(LAMP)).toBeUndefined();
    expect(registry.byToken("token-of-/id-in/CLamp")).toBeUndefined();
    expect(registry.find(LAMP)).toBeUndefined();
    await Promise.resolve();
    expect([...table.entries()]).toEqual([]);
  });

  test("is put off by a renewal, and leaves no timer behind", async () => {
    const { registry, clock } = registryWith();
    await registry.register(expiring(clock, 60_000));
    await registry.register(expiring(clock, 120_000));
    expect(clock.waiting).toBe(1);
    clock.advance(60_000);
    expect(registry.registration(LAMP)).toBeDefined();
    await registry.deregister(LAMP);
    expect(clock.waiting).toBe(0);
  });

  test("that passed while the gateway was down counts at its start", async () => {
    const { clock, table } = registryWith();
    await table.put(LAMP, expiring(clock, -1000));
    const restarted = registryWith({ table });
    restarted.clock.advance(0);
    expect(restarted.registry.registration(LAMP)).toBeUndefined();
  });

  test("that cannot be stored is told to the observer", async () => {
    const warn = vi.fn();
    const clock = new ManualClock();
    const table: Table<Registration> = {
      entries: () => [[LAMP, expiring(clock, 1000)]],
      get: () => undefined,
      put: () => Promise.resolve(),
      remove: () => Promise.reject(new GatewayError("GW_STORE_FAILED")),
    };
    const { clock: own, registry } = registryWith({ table, heard: { warn } });
    own.advance(1000);
    await expect.poll(() => warn).toHaveBeenCalledOnce();
    expect(registry.registration(LAMP)).toBeUndefined();
  });
});

describe("whom a request concerns", () => {
  const AE = registration("/id-in/CAE1", { addresses: ["/id-in/CAE1", "/id-in/cse-in/lamp"] });
  const AE_WITH_OTHER_RI = registration("/SAE2", {
    addresses: ["/id-in/ae77", "/id-in/cse-in/ae2"],
  });
  const CSE = registration("/id-mn", {
    kind: "cse",
    addresses: ["/id-in/csr1", "/id-in/cse-in/mn"],
  });
  const FAR_CSE = registration("//other.example/id-x", { kind: "cse" });

  const ALL: readonly (Operation | undefined)[] = [
    "create",
    "retrieve",
    "update",
    "delete",
    "notify",
    undefined,
  ];
  const NOTIFY: readonly (Operation | undefined)[] = ["notify"];

  test.each<[string, Registration | undefined, readonly (Operation | undefined)[]]>([
    ["CAE1", AE, NOTIFY],
    ["/id-in/CAE1", AE, NOTIFY],
    ["//sp.example/id-in/CAE1", AE, NOTIFY],
    ["cse-in/lamp", AE, NOTIFY],
    ["-/lamp", AE, NOTIFY],
    ["/id-in/-/lamp", AE, NOTIFY],
    ["SAE2", AE_WITH_OTHER_RI, NOTIFY],
    ["/SAE2", AE_WITH_OTHER_RI, NOTIFY],
    ["/id-in/SAE2", AE_WITH_OTHER_RI, NOTIFY],
    ["ae77", AE_WITH_OTHER_RI, NOTIFY],
    ["//sp.example/id-in/cse-in/ae2", AE_WITH_OTHER_RI, NOTIFY],
    ["/id-mn", CSE, ALL],
    ["/id-mn/cse-mn/a/b", CSE, ALL],
    ["/id-mn/-", CSE, ALL],
    ["/id-mn/CAE1", CSE, ALL],
    ["//sp.example/id-mn/x", CSE, ALL],
    ["//other.example/id-x/a", FAR_CSE, ALL],
    ["csr1", undefined, ALL],
    ["cse-in/mn", undefined, ALL],
    ["cse-in/lamp/sub", undefined, ALL],
    ["CAE1/sub", undefined, ALL],
    ["CAE2", undefined, ALL],
    ["/id-in", undefined, ALL],
    ["cse-in", undefined, ALL],
    ["/id-mn2/x", undefined, ALL],
    ["//other.example/id-mn/x", undefined, ALL],
    ["//other.example/id-in/CAE1", undefined, ALL],
  ])("with To %s (TS-0001, 10.2.5.21)", async (to, expected, operations) => {
    const { registry } = registryWith();
    for (const each of [AE, AE_WITH_OTHER_RI, CSE, FAR_CSE]) await registry.register(each);
    for (const operation of ALL) {
      const owner = operations.includes(operation) ? expected : undefined;
      expect(registry.ownerOf(operation, to)).toEqual(owner);
    }
  });

  test("is nobody at the own CSE-ID, even if someone registered it", async () => {
    const { registry } = registryWith();
    await registry.register(registration("/id-in", { kind: "cse" }));
    expect(registry.ownerOf("retrieve", "/id-in/cse-in/a")).toBeUndefined();
  });
});

describe("identities on links", () => {
  test("a link may carry several, and each is on one link", () => {
    const { registry } = registryWith();
    const link = new FakeLink();
    const [one, two] = [entity("/id-in/C1"), entity("/id-in/C2")];
    for (const id of [one, two]) {
      expect(registry.bind(id, link, CLAIM)).toEqual({ bound: true, displaced: undefined });
    }
    expect(registry.find(one)).toBe(link);
    expect(registry.find(two)).toBe(link);
    expect(registry.identitiesOf(link)).toEqual(new Set([one, two]));
    expect(registry.isBound(one, link)).toBe(true);
    expect(registry.isBound(one, new FakeLink())).toBe(false);
    expect(registry.identitiesOf(new FakeLink())).toEqual(new Set());
  });

  test("an identity is bound to its link again without any change", () => {
    const bound = vi.fn();
    const { registry } = registryWith({ heard: { bound } });
    const link = new FakeLink();
    registry.bind(LAMP, link, CLAIM);
    expect(registry.bind(LAMP, link, CLAIM)).toEqual({ bound: true, displaced: undefined });
    expect(bound).toHaveBeenCalledOnce();
  });

  test.each<[string, Evidence, string, Evidence, boolean]>([
    ["a claim", CLAIM, "a claim", CLAIM, false],
    ["a claim", CLAIM, "a trusted claim", TRUSTED, true],
    ["a claim", CLAIM, "a proof", PROVEN, true],
    ["a proof", PROVEN, "a trusted claim", TRUSTED, false],
    ["a proof", PROVEN, "a proof", PROVEN, true],
  ])(
    "of an open link with %s, a newcomer with %s: take-over %5$s",
    (_, held, __, offered, taken) => {
      const events: unknown[] = [];
      const { registry } = registryWith({
        heard: {
          bound: (link, id, displaced) => events.push(["bound", link.id, id, displaced?.id]),
          unbound: (link, id) => events.push(["unbound", link.id, id]),
        },
      });
      const [old, next] = [new FakeLink({ id: "old" }), new FakeLink({ id: "next" })];
      registry.bind(LAMP, old, held);
      events.length = 0;
      const result = registry.bind(LAMP, next, offered);
      expect(result).toEqual(
        taken ? { bound: true, displaced: old } : { bound: false, holder: old },
      );
      expect(registry.find(LAMP)).toBe(taken ? next : old);
      expect(registry.identitiesOf(old).size).toBe(taken ? 0 : 1);
      expect(registry.identitiesOf(next).size).toBe(taken ? 1 : 0);
      expect(events).toEqual(
        taken
          ? [
              ["unbound", "old", LAMP],
              ["bound", "next", LAMP, "old"],
            ]
          : [],
      );
    },
  );

  test("a link that is not open any more gives way to any claim", () => {
    const { registry } = registryWith();
    const [old, next] = [new FakeLink({ id: "l1" }), new FakeLink({ id: "l2" })];
    registry.bind(LAMP, old, CLAIM);
    old.open = false;
    expect(registry.bind(LAMP, next, CLAIM)).toMatchObject({ bound: true });
    expect(registry.find(LAMP)).toBe(next);
  });

  test("weaker evidence for an identity that a link already holds takes nothing away", () => {
    const { registry } = registryWith();
    const [link, other] = [new FakeLink({ id: "l1" }), new FakeLink({ id: "l2" })];
    registry.bind(LAMP, link, PROVEN);
    registry.bind(LAMP, link, CLAIM);
    expect(registry.bind(LAMP, other, TRUSTED)).toEqual({ bound: false, holder: link });
  });

  test("a link that drains is not found, and still speaks for its identities", () => {
    const { registry } = registryWith();
    const link = new FakeLink();
    registry.bind(LAMP, link, CLAIM);
    link.open = false;
    expect(registry.find(LAMP)).toBeUndefined();
    expect(registry.isBound(LAMP, link)).toBe(true);
  });

  test("a link that is gone loses those it still had, and none that was taken over before", () => {
    const { registry } = registryWith();
    const [old, next] = [new FakeLink({ id: "l1" }), new FakeLink({ id: "l2" })];
    const other = entity("/id-in/COther");
    registry.bind(LAMP, old, CLAIM);
    registry.bind(other, old, CLAIM);
    registry.bind(LAMP, next, TRUSTED);
    registry.unbind(old);
    registry.unbind(old);
    expect(registry.find(LAMP)).toBe(next);
    expect(registry.find(other)).toBeUndefined();
    expect(registry.identitiesOf(old).size).toBe(0);
  });

  test("unbinding does not deregister (TS-0020, 6.4)", async () => {
    const { registry } = registryWith();
    const link = new FakeLink();
    await registry.register(registration("/id-in/CLamp"));
    registry.bind(LAMP, link, CLAIM);
    registry.unbind(link);
    expect(registry.registration(LAMP)).toBeDefined();
  });

  test("an open link that loses its last identity is told of, once it is the last", () => {
    const { registry } = registryWith();
    const emptied = vi.fn();
    registry.onEmptied = emptied;
    const link = new FakeLink();
    const other = entity("/id-in/COther");
    registry.bind(LAMP, link, CLAIM);
    registry.bind(other, link, CLAIM);
    registry.release(LAMP);
    registry.release(LAMP);
    expect(emptied).not.toHaveBeenCalled();
    registry.release(other);
    expect(emptied).toHaveBeenCalledExactlyOnceWith(link);
  });

  test("a link that is not open any more is not told of", () => {
    const { registry } = registryWith();
    const emptied = vi.fn();
    registry.onEmptied = emptied;
    const link = new FakeLink();
    registry.bind(LAMP, link, CLAIM);
    link.open = false;
    registry.release(LAMP);
    expect(emptied).not.toHaveBeenCalled();
  });
});

import { expect, test } from "vitest";
import { GatewayError } from "../../src/base/errors.ts";
import type { BridgeTarget } from "../../src/core/bridge-targets.ts";
import type { Registration } from "../../src/core/registration.ts";
import { Registry } from "../../src/core/registry.ts";
import { memoryTable } from "../../src/store/memory-table.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { silentObserver } from "../helpers/silent-observer.ts";
import { bridgeTargets } from "./bridge-targets.ts";
import { DOMAIN, entity } from "./primitives.ts";

const AE: Registration = {
  id: entity("/id-in/CAE1"),
  kind: "ae",
  token: "own-token",
  addresses: [],
  pointsOfAccess: undefined,
  reachable: true,
  expires: undefined,
};
const OTHER: Registration = { ...AE, id: entity("/id-in/CAE2"), token: "other-token" };
const URL = "http://10.0.0.1/n";

/** A process on what an earlier one has stored. */
function process(
  registrees = memoryTable<Registration>(),
  table = memoryTable<BridgeTarget>(),
  clock = new ManualClock(),
) {
  const { targets, warned } = bridgeTargets(table);
  const registry = new Registry({
    domain: DOMAIN,
    clock,
    observer: silentObserver(),
    table: registrees,
    targets,
  });
  return { registry, targets, table, registrees, warned, clock };
}

test.each(["m2mgw-to-t1", "/id-in/m2mgw-to-t1", "//sp.example/id-in/m2mgw-to-t1"])(
  "a request to %s belongs to the registree that has named the target (S5)",
  async (to) => {
    const { registry, targets } = process();
    await registry.register(AE);
    expect(await targets.keep(AE, URL)).toBe("m2mgw-to-t1");
    expect(registry.isTarget(to)).toBe(true);
    expect(registry.ownerOf("notify", to)).toBe(AE);
    expect(registry.targetOf(AE.id, to)).toBe(URL);
    expect(registry.targetOf(OTHER.id, to)).toBeUndefined();
  },
);

test.each([
  "m2mgw-to",
  "cse-in/m2mgw-to-t1",
  "m2mgw-to-t1/x",
  "/id-mn/m2mgw-to-t1",
  "xm2mgw-to-t1",
])("a request to %s is to no target", async (to) => {
  const { registry, targets } = process();
  await registry.register(AE);
  await targets.keep(AE, URL);
  expect(registry.isTarget(to)).toBe(false);
  expect(registry.ownerOf("notify", to)).toBeUndefined();
});

test("without a bridge no To is a target", () => {
  const registry = new Registry({
    domain: DOMAIN,
    clock: new ManualClock(),
    observer: silentObserver(),
    table: memoryTable(),
  });
  expect(registry.isTarget("m2mgw-to-t1")).toBe(false);
  expect(registry.hasTargets(AE.id)).toBe(false);
});

test("a target outlives a restart with its name", async () => {
  const before = process();
  await before.registry.register(AE);
  await before.targets.keep(AE, URL);
  const { registry, targets } = process(before.registrees, before.table);
  expect(registry.targetOf(AE.id, "m2mgw-to-t1")).toBe(URL);
  expect(await targets.keep(AE, URL)).toBe("m2mgw-to-t1");
});

test.each<[string, (registry: Registry, clock: ManualClock) => Promise<void> | void]>([
  ["it is deregistered", (registry) => registry.deregister(AE.id)],
  ["it registers anew", (registry) => registry.register({ ...AE, token: "new" })],
  ["its registration expires", (_, clock) => clock.advance(1_000)],
])("a registree's targets end when %s, and nobody else's", async (_, end) => {
  const { clock, registry, targets, table } = process();
  const expires = (clock.now() + 1_000) as Registration["expires"];
  await registry.register({ ...AE, expires });
  await registry.register(OTHER);
  await targets.keep(AE, URL);
  await targets.keep(OTHER, URL);
  await end(registry, clock);
  expect(registry.targetOf(AE.id, "m2mgw-to-t1")).toBeUndefined();
  expect(registry.hasTargets(AE.id)).toBe(false);
  expect(registry.targetOf(OTHER.id, "m2mgw-to-t2")).toBe(URL);
  expect([...table.entries()].map(([name]) => name)).toEqual(["m2mgw-to-t2"]);
});

test("they stay when their registration changes", async () => {
  const { registry, targets } = process();
  await registry.register(AE);
  await targets.keep(AE, URL);
  await registry.register({ ...AE, pointsOfAccess: ["http://10.0.0.2"] });
  expect(registry.targetOf(AE.id, "m2mgw-to-t1")).toBe(URL);
});

test("what a crash left behind of registrations that are no more goes at the next start", async () => {
  const before = process();
  await before.registry.register(AE);
  await before.targets.keep(AE, URL);
  await before.table.put("m2mgw-to-old", { registree: AE.id, token: "earlier", url: URL });
  await before.table.put("m2mgw-to-gone", { registree: OTHER.id, token: "x", url: URL });
  const { registry, table } = process(before.registrees, before.table);
  expect([...table.entries()].map(([name]) => name)).toEqual(["m2mgw-to-t1"]);
  expect(registry.targetOf(AE.id, "m2mgw-to-t1")).toBe(URL);
  expect(registry.ownerOf("notify", "m2mgw-to-old")).toBeUndefined();
});

test("a registree has 1000 of them at most, each with 2048 characters at most", async () => {
  const { registry, targets } = process();
  await registry.register(AE);
  const urls = Array.from({ length: 1_000 }, (_, at) => `${URL}/${at}`);
  await Promise.all(urls.map((url) => targets.keep(AE, url)));
  await expect(targets.keep(AE, URL)).rejects.toMatchObject({ code: "GW_TOO_MANY_TARGETS" });
  expect(await targets.keep(AE, urls[7] ?? "")).toBe("m2mgw-to-t8");
  const long = `${URL}/${"x".repeat(2_048)}`;
  await expect(targets.keep(OTHER, long)).rejects.toMatchObject({ code: "GW_REQUEST_INVALID" });
});

test("one whose name could not be stored is none, and can be named again", async () => {
  const table = memoryTable<BridgeTarget>();
  let fails = true;
  const { registry, targets } = process(memoryTable(), {
    ...table,
    put: (key, value) =>
      fails ? Promise.reject(new GatewayError("GW_STORE_FAILED")) : table.put(key, value),
  });
  await registry.register(AE);
  const both = await Promise.allSettled([targets.keep(AE, URL), targets.keep(AE, URL)]);
  expect(both).toMatchObject([{ status: "rejected" }, { status: "rejected" }]);
  expect(registry.ownerOf("notify", "m2mgw-to-t1")).toBeUndefined();
  fails = false;
  expect(registry.targetOf(AE.id, await targets.keep(AE, URL))).toBe(URL);
});

test("of one that could not be removed the log tells", async () => {
  const { registry, targets, warned } = process(memoryTable(), {
    ...memoryTable<BridgeTarget>(),
    remove: () => Promise.reject(new GatewayError("GW_STORE_FAILED")),
  });
  await registry.register(AE);
  await targets.keep(AE, URL);
  await registry.deregister(AE.id);
  expect(warned).toEqual(["a notification target could not be removed"]);
});

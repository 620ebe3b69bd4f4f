import { describe, expect, test } from "vitest";
import { GatewayError } from "../../src/base/errors.ts";
import type { BridgeTarget } from "../../src/core/bridge-targets.ts";
import { memoryTable } from "../../src/store/memory-table.ts";
import { FakeLink } from "../helpers/fake-link.ts";
import { BridgeWorld } from "./bridge-world.ts";
import { entity, responseOf } from "./primitives.ts";

const POA = "http://192.168.1.5:9000/n";
const TARGET = "http://192.168.1.5:9000/deep/er?ct=json&k=v";

const subscription = (nu: unknown, from = "CAE1") => ({
  op: "create",
  ty: 23,
  fr: from,
  to: "cse-in/c",
  pc: { "m2m:sub": { rn: "s", nu } },
});

/** Subscribes to a target, and gives To of what comes down for it. */
async function named(world: BridgeWorld, target: string, from = "CAE1"): Promise<string> {
  await world.ask(subscription([target], from));
  // Whoever asks has given a sign of life, behind the answer.
  await world.pass(0);
  const [nu] = world.told("m2m:sub")["nu"] as readonly string[];
  return nu?.replace(/^ws:\/\/default\/([^?]*).*$/, "$1") ?? "";
}

describe("an AE that registers over HTTP at the bridge", () => {
  const mixed = [POA, "mqtt://b/x", "https://device.example"];

  test("is reached at the registrar through the connection, and reads back what it wrote (S5, 9.2)", async () => {
    const world = new BridgeWorld();
    const response = await world.register(mixed);
    expect(world.told("m2m:ae")["poa"]).toEqual(["ws://default", "mqtt://b/x"]);
    expect(response.content?.tree()).toMatchObject({ "m2m:ae": { poa: mixed } });
    expect((await world.notify("CAE1")).responseStatusCode).toBe(2000);
    expect(world.calls).toMatchObject([
      { url: POA, is: "point of an AE", peerAddress: "192.168.1.5" },
    ]);
  });

  test("reads its own pointOfAccess back by any address, and that of others as it is stored (S5)", async () => {
    const world = new BridgeWorld();
    await world.register(mixed);
    await world.register(["http://192.168.1.6:9000"], "CAE2");
    const stored = { "m2m:ae": { poa: ["ws://default", "mqtt://b/x"] } };
    world.registrar = () => responseOf(2000, stored);
    const read = async (to: string): Promise<unknown> =>
      (await world.ask({ op: "retrieve", fr: "CAE1", to })).content?.tree();
    for (const to of ["CAE1", "/id-in/CAE1", "cse-in/ae-CAE1", "-/ae-CAE1", "CAE1#poa"]) {
      expect(await read(to)).toEqual({ "m2m:ae": { poa: mixed } });
    }
    for (const to of ["CAE2", "cse-in/ae-CAE2", "cse-in/other"]) {
      expect(await read(to)).toEqual(stored);
    }
  });

  test("that updates its point of access is called at the new one, which the registrar is not told (S5)", async () => {
    const world = new BridgeWorld();
    await world.register([POA]);
    const poa = ["http://192.168.1.7/n", "coap://x"];
    const pc = { "m2m:ae": { poa } };
    const response = await world.ask({ op: "update", fr: "CAE1", to: "CAE1", pc }, "192.168.1.7");
    expect(world.told("m2m:ae")).toEqual({ poa: ["ws://default", "coap://x"] });
    expect(response.content?.tree()).toEqual(pc);
    await world.notify("CAE1");
    expect(world.calls).toMatchObject([
      { url: "http://192.168.1.7/n", peerAddress: "192.168.1.7" },
    ]);
  });

  test("that the registrar knows already is adopted with the connection as its point of access (S2)", async () => {
    const world = new BridgeWorld();
    const stored = { aei: "CAE7", ri: "CAE7", rr: true, poa: [POA, "mqtt://b"] };
    world.registrar = ({ operation }) =>
      operation === "retrieve" ? responseOf(2000, { "m2m:ae": stored }) : responseOf(2004);
    const pc = { "m2m:ae": { poa: [POA, "mqtt://b"] } };
    await world.ask({ op: "update", fr: "CAE7", to: "CAE7", pc });
    expect(world.told("m2m:ae")).toEqual({ poa: ["ws://default", "mqtt://b"] });
    await world.notify("CAE7");
    expect(world.calls).toMatchObject([{ url: POA }]);
  });
});

describe("a notification target that only the field network knows", () => {
  test("is called exactly as it was written, by what the registrar was told (S5; TS-0004, 7.5.1.2.2)", async () => {
    const world = new BridgeWorld();
    await world.register([POA]);
    const response = await world.ask(subscription([TARGET, "http://app.example"]));
    const [nu, other] = world.told("m2m:sub")["nu"] as readonly string[];
    expect(nu).toMatch(/^ws:\/\/default\/m2mgw-to-[^/?]{22,}\?ct=json&k=v$/);
    expect(other).toBe("http://app.example");
    expect(response.content?.tree()).toEqual(subscription([TARGET, "http://app.example"]).pc);
    const to = nu?.replace(/^ws:\/\/default\/([^?]*).*$/, "$1") ?? "";
    for (const form of [to, `/id-in/${to}`, `//sp.example/id-in/${to}`]) {
      expect((await world.notify(form)).responseStatusCode).toBe(2000);
    }
    const call = { url: TARGET, is: "target", peerAddress: "192.168.1.5" };
    expect(world.calls).toMatchObject([call, call, call]);
  });

  test("is called even while its registree has a connection, and takes no requests itself", async () => {
    const world = new BridgeWorld();
    await world.register([POA]);
    const to = await named(world, TARGET);
    const pc = { "m2m:ae": { rr: false } };
    await world.ask({ op: "update", fr: "CAE1", to: "CAE1", pc });
    const link = new FakeLink();
    const evidence = { basis: "from", strength: "claim", trusted: true } as const;
    world.registry.bind(entity("/id-in/CAE1"), link, evidence);
    await world.notify(to);
    expect(world.calls).toMatchObject([{ url: TARGET }]);
    expect(link.delivered).toEqual([]);
  });

  test("that is away is held for, in the order of all that is for its registree (TS-0020, 6.5)", async () => {
    const world = new BridgeWorld();
    await world.register([POA]);
    const to = await named(world, TARGET);
    world.failing.set(TARGET, "GW_TARGET_OFFLINE");
    expect(await world.notify(to, "n1")).toMatchObject({ responseStatusCode: 1000, held: true });
    expect(await world.notify("CAE1", "n2")).toMatchObject({ held: true });
    expect(await world.notify(to, "n3")).toMatchObject({ held: true });
    world.calls.length = 0;
    await world.pass(0);
    expect(world.calls).toEqual([]);
    world.failing.clear();
    await world.pass(1_000);
    expect(world.calls.map(({ url, request }) => [url, request.requestIdentifier])).toEqual([
      [TARGET, "n1"],
      [POA, "n2"],
      [TARGET, "n3"],
    ]);
    expect(world.warned).toEqual(["a registree cannot be reached at its notification target"]);
  });

  test("is sent what was held for it although its registree cannot be reached itself", async () => {
    const world = new BridgeWorld();
    await world.register([POA]);
    const pc = { "m2m:ae": { poa: ["mqtt://b/x"] } };
    await world.ask({ op: "update", fr: "CAE1", to: "CAE1", pc });
    const to = await named(world, TARGET);
    world.failing.set(TARGET, "GW_TARGET_OFFLINE");
    expect(await world.notify(to)).toMatchObject({ held: true });
    world.failing.clear();
    world.calls.length = 0;
    await world.pass(1_000);
    expect(world.calls).toMatchObject([{ url: TARGET }]);
  });

  test("is called again after longer and longer pauses, or when its registree gives a sign of life", async () => {
    const world = new BridgeWorld();
    await world.register([POA]);
    const to = await named(world, TARGET);
    world.failing.set(TARGET, "GW_TARGET_OFFLINE");
    await world.notify(to);
    for (const wait of [1_000, 2_000]) {
      world.calls.length = 0;
      await world.pass(wait - 1);
      expect(world.calls).toEqual([]);
      await world.pass(1);
      expect(world.calls).toHaveLength(1);
    }
    world.failing.clear();
    await world.ask({ op: "retrieve", fr: "CAE1", to: "cse-in/x" });
    await world.pass(0);
    expect(world.calls).toHaveLength(2);
  });

  test("is reached while the point of access of its registree is away", async () => {
    const world = new BridgeWorld();
    await world.register([POA]);
    const to = await named(world, TARGET);
    world.failing.set(POA, "GW_TARGET_OFFLINE");
    // A verification is never held.
    const pc = { "m2m:sgn": { vrq: true, sur: "x" } };
    const verify = { op: "notify", fr: "/id-in", pc };
    expect(await world.ask({ ...verify, to: "CAE1" })).toMatchObject({
      failure: "GW_TARGET_OFFLINE",
    });
    expect(await world.ask({ ...verify, to })).toMatchObject({ responseStatusCode: 2000 });
  });

  test("that may not be called is refused at once, and nothing waits behind it (S21)", async () => {
    const world = new BridgeWorld();
    await world.register([POA]);
    const to = await named(world, "http://192.168.1.1:8088/poa/other");
    world.failing.set("http://192.168.1.1:8088/poa/other", "GW_NOT_CALLABLE");
    for (const rqi of ["n1", "n2"]) {
      expect(await world.notify(to, rqi)).toMatchObject({
        responseStatusCode: 5103,
        failure: "GW_NOT_CALLABLE",
      });
    }
    expect(await world.notify("CAE1", "n3")).toMatchObject({ responseStatusCode: 2000 });
    expect(world.warned).toEqual([
      "a registree names a notification target that may not be called",
    ]);
  });

  test("ends with the registration: what is held for it goes, and what comes is 4004 (S7)", async () => {
    const world = new BridgeWorld();
    await world.register([POA]);
    const to = await named(world, TARGET);
    world.failing.set(TARGET, "GW_TARGET_OFFLINE");
    await world.notify(to);
    await world.ask({ op: "delete", fr: "CAE1", to: "CAE1" });
    expect(await world.notify(to)).toMatchObject({ responseStatusCode: 4004 });
    expect(world.holding.hold.usage.count).toBe(0);
  });

  test("of an earlier registration is not called for the one that followed it", async () => {
    const world = new BridgeWorld();
    await world.register([POA]);
    const to = await named(world, TARGET);
    world.failing.set(TARGET, "GW_TARGET_OFFLINE");
    await world.notify(to);
    world.failing.clear();
    await world.register([POA]);
    world.calls.length = 0;
    await world.pass(1_000);
    expect(world.calls).toEqual([]);
    expect(await world.notify(to)).toMatchObject({ responseStatusCode: 4004 });
  });

  test("in the originator's form comes back to its point of access (S5, ACME)", async () => {
    const world = new BridgeWorld("originator");
    await world.register([POA]);
    await world.ask(subscription([TARGET]));
    expect(world.told("m2m:sub")["nu"]).toEqual(["CAE1"]);
  });

  test("that cannot be stored is told to nobody: 5000, and nothing was sent", async () => {
    const world = new BridgeWorld("token", {
      ...memoryTable<BridgeTarget>(),
      put: () => Promise.reject(new GatewayError("GW_STORE_FAILED")),
    });
    await world.register([POA]);
    const before = world.asked.length;
    expect(await world.ask(subscription([TARGET]))).toMatchObject({ failure: "GW_STORE_FAILED" });
    expect(world.asked).toHaveLength(before);
    expect(await world.ask(subscription(["CAE1"]))).toMatchObject({ responseStatusCode: 2001 });
  });
});

describe("a registree that is connected to the bridge", () => {
  async function connected() {
    const world = new BridgeWorld();
    await world.register([POA]);
    const answer = async (): Promise<ReturnType<typeof responseOf>> => responseOf(2000);
    const link = new FakeLink({ answer });
    const evidence = { basis: "from", strength: "claim", trusted: true } as const;
    world.registry.bind(entity("/id-in/CAE1"), link, evidence);
    return { world, link };
  }

  test.each([
    ["ws://default/a/b?ct=json", "a/b"],
    ["wss://default/m2mgw-to-of-another-bridge", "m2mgw-to-of-another-bridge"],
    ["ws://default/~/id-x/a", "/id-x/a"],
    ["ws://default/_/sp/id-x/a", "//sp/id-x/a"],
    ["ws://default/caf%C3%A9", "café"],
    ["ws://default/100%", "100%"],
  ])("gets what was for %s with that path as To (TS-0009, 6.2.2.1)", async (target, to) => {
    const { world, link } = await connected();
    expect((await world.notify(await named(world, target))).responseStatusCode).toBe(2000);
    expect(link.delivered).toMatchObject([{ to }]);
    expect(world.calls).toEqual([]);
  });

  test("gets that when it is back", async () => {
    const { world, link } = await connected();
    const to = await named(world, "ws://default/n");
    link.open = false;
    expect(await world.notify(to)).toMatchObject({ held: true });
    link.open = true;
    world.holding.hold.returned(entity("/id-in/CAE1"));
    await world.pass(0);
    expect(link.delivered).toMatchObject([{ to: "n" }]);
  });
});

test("what is held goes out once its registree has been reached, though its registration has changed meanwhile", async () => {
  const world = new BridgeWorld();
  await world.register([POA]);
  await world.pass(0);
  world.failing.set(POA, "GW_TARGET_OFFLINE");
  await world.notify("CAE1", "n1");
  const registration = world.registry.registration(entity("/id-in/CAE1"));
  if (registration === undefined) throw new Error("it has registered");
  // As when somebody else has updated its <AE>.
  await world.registry.register({ ...registration });
  world.failing.clear();
  const live = { op: "notify", fr: "/id-in", to: "CAE1", rqi: "n2", rt: { rtv: 3 } };
  await world.ask({ ...live, pc: { "m2m:sgn": { sur: "x" } } });
  await world.pass(0);
  expect(world.calls.map(({ request }) => request.requestIdentifier)).toEqual(["n1", "n2", "n1"]);
  expect(world.holding.hold.usage.count).toBe(0);
});

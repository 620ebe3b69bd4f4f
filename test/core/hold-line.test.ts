import { describe, expect, test, vi } from "vitest";
import { AE, CSE, HoldProcess, MINUTE, NOTE, rqisOf, SECOND, stateOf } from "./hold-process.ts";

const about = (sub: string) => ({ ...NOTE, ec: 4, pc: { "m2m:sgn": { sur: sub } } });

/** What comes to a registree that answers all, in order. */
async function comesTo(process: HoldProcess, registree = AE): Promise<string[]> {
  const link = process.connect(registree);
  link.answers = true;
  await process.quiet();
  return rqisOf(link.sent);
}

describe("the order of what waits (5.4)", () => {
  test("is that of arrival, stored and kept open alike; immediate ones are first", async () => {
    const process = new HoldProcess();
    const rqet = String(MINUTE);
    await process.send(CSE, { ...NOTE, rqi: "n1" });
    void process.send(CSE, { op: "retrieve", rqi: "r2", rqet });
    await process.send(CSE, { ...NOTE, rqi: "n3" });
    void process.send(CSE, { ...NOTE, rqi: "b4", rt: { rtv: 3 }, rqet });
    void process.send(CSE, { ...NOTE, rqi: "i5", ec: 2 });
    void process.send(CSE, { ...NOTE, rqi: "i6", ec: 2 });
    await process.quiet();
    expect(await comesTo(process, CSE)).toEqual(["i5", "i6", "n1", "r2", "n3", "b4"]);
  });

  test("is kept by one that was sent on a link that was lost, before those that came meanwhile", async () => {
    const process = new HoldProcess();
    const link = process.connect(AE);
    const live = process.send(AE, { ...NOTE, rqi: "n1" });
    await process.quiet();
    const unbound = process.send(AE, { ...NOTE, rqi: "n2" });
    await process.quiet();
    expect(rqisOf(link.pending)).toEqual(["n1", "n2"]);
    process.drop(link);
    await process.quiet();
    expect((await Promise.all([live, unbound])).every(({ held }) => held)).toBe(true);
    await process.send(AE, { ...NOTE, rqi: "n3" });
    expect(await comesTo(process)).toEqual(["n1", "n2", "n3"]);
  });

  test("survives a restart, and newcomers come behind", async () => {
    const before = new HoldProcess();
    for (const rqi of ["n1", "n2"]) await before.send(AE, { ...NOTE, rqi });
    const { clock, store } = before;
    const after = new HoldProcess({ clock, store });
    await after.send(AE, { ...NOTE, rqi: "n3" });
    expect(await comesTo(after)).toEqual(["n1", "n2", "n3"]);
  });
});

describe("the latest (event category 4, H.2.4)", () => {
  test("takes the place of the one before it of the same subscription", async () => {
    const process = new HoldProcess();
    await process.send(AE, { ...about("a"), rqi: "a1" });
    await process.send(AE, { ...about("b"), rqi: "b1" });
    await process.send(AE, { ...NOTE, rqi: "n1" });
    await process.pass(SECOND);
    await process.send(AE, { ...about("a"), rqi: "a2" });
    expect(process.counts).toMatchObject({ accepted: 4, superseded: 1 });
    expect(await comesTo(process)).toEqual(["a2", "b1", "n1"]);
    expect(process.counts).toMatchObject({ delivered: 3 });
  });

  test("is one also when many come at once", async () => {
    const process = new HoldProcess();
    process.disk.slowness = 1;
    const all = Array.from({ length: 50 }, (_, n) =>
      process.send(AE, { ...about("a"), rqi: `a${n}` }),
    );
    await process.quiet();
    expect((await Promise.all(all)).every(({ held }) => held)).toBe(true);
    expect(rqisOf(process.held())).toEqual(["a49"]);
    expect(process.counts).toMatchObject({ accepted: 50, superseded: 49 });
    expect(process.holding.hold.usage.count).toBe(1);
  });

  test("leaves one alone that is under way", async () => {
    const process = new HoldProcess();
    await process.send(AE, { ...about("a"), rqi: "a1" });
    const link = process.connect(AE);
    await process.quiet();
    expect(rqisOf(link.pending)).toEqual(["a1"]);
    await process.send(AE, { ...about("a"), rqi: "a2" });
    await process.send(AE, { ...about("a"), rqi: "a3" });
    link.answers = true;
    link.answerOldest();
    await process.quiet();
    expect(rqisOf(link.sent)).toEqual(["a1", "a3"]);
    expect(process.counts).toMatchObject({ delivered: 2, superseded: 1 });
  });

  test("ends an exchange that is kept open in its favour", async () => {
    const process = new HoldProcess();
    const open = process.send(AE, { ...about("a"), rqi: "a1", rt: { rtv: 3 } });
    await process.pass(SECOND);
    await process.send(AE, { ...about("a"), rqi: "a2" });
    expect(await stateOf(open)).toBe("5103 GW_SUPERSEDED");
    expect(await comesTo(process)).toEqual(["a2"]);
  });

  test("goes out by itself when a later one, for which it had to wait, cannot be stored", async () => {
    const process = new HoldProcess();
    await process.send(AE, { ...about("a"), rqi: "a1" });
    process.disk.slowness = 3;
    process.disk.failing.set("put", 1);
    const later = process.send(AE, { ...about("a"), rqi: "a2" });
    await new Promise((resolve) => setImmediate(resolve));
    const link = process.connect(AE);
    await process.quiet();
    expect(await stateOf(later)).toBe("5103 GW_HOLD_FAILED");
    expect(rqisOf(link.sent)).toEqual(["a1"]);
  });

  test.each([
    ["its ceiling", {}, 8 * SECOND, "5103 GW_TARGET_OFFLINE"],
    ["its own time", { rqet: String(MINUTE) }, MINUTE, "4008 GW_REQUEST_EXPIRED"],
  ])(
    "ends at %s as an open exchange, also when the stored one before it cannot be removed",
    async (_when, times, until, state) => {
      const process = new HoldProcess();
      await process.send(AE, { ...about("a"), rqi: "a1" });
      process.disk.failing.set("remove", Number.POSITIVE_INFINITY);
      const open = process.send(AE, { ...about("a"), rqi: "a2", rt: { rtv: 3 }, ...times });
      await process.pass(until - 1, SECOND);
      expect(await stateOf(open)).toBe("waits");
      await process.pass(1);
      expect(await stateOf(open)).toBe(state);
      const link = process.connect(AE);
      const delivers = vi.spyOn(link, "deliver");
      await process.pass(MINUTE, SECOND);
      expect(delivers).not.toHaveBeenCalled();
    },
  );

  test("goes out once as an open Create, also when the stored one before it is removed late", async () => {
    const process = new HoldProcess();
    const create = { op: "create", to: "/id-mn/x", ty: 3, pc: { "m2m:cnt": {} }, ec: 4 };
    await process.send(CSE, { ...create, rqi: "c1", rt: { rtv: 1 } });
    process.disk.failing.set("remove", 1);
    const rqet = String(5 * MINUTE);
    void process.send(CSE, { ...create, rqi: "c2", rt: { rtv: 3 }, rqet });
    const link = process.connect(CSE);
    await process.pass(20 * SECOND, SECOND);
    expect(rqisOf(link.sent)).toEqual(["c2"]);
    expect(process.counts).toMatchObject({ accepted: 2, superseded: 1 });
  });

  test("is not the one that comes back from a link that was lost", async () => {
    const process = new HoldProcess();
    await process.send(AE, { ...NOTE, rqi: "n1" });
    const link = process.connect(AE);
    await process.quiet();
    const older = process.send(AE, { ...about("a"), rqi: "a1", rt: { rtv: 3 } });
    await process.pass(SECOND);
    const newer = await process.send(AE, { ...about("a"), rqi: "a2" });
    expect(newer.held).toBe(true);
    expect(rqisOf(link.pending)).toEqual(["n1", "a1"]);
    process.drop(link);
    await process.quiet();
    expect((await older).failure).toBeDefined();
    expect(await comesTo(process)).toEqual(["n1", "a2"]);
    expect(process.counts).toMatchObject({ superseded: 0, delivered: 2 });
  });
});

describe("an originator that does not wait (5.4)", () => {
  const leaving = () => {
    let leave = (): void => {};
    const whenGone = (left: () => void): void => {
      leave = left;
    };
    return { whenGone, leave: () => leave() };
  };

  test("takes its exchange with it, unless it named its own time", async () => {
    const process = new HoldProcess();
    const [one, two] = [leaving(), leaving()];
    const blocking = { ...NOTE, rt: { rtv: 3 } };
    void process.send(AE, { ...blocking, rqi: "b1" }, one.whenGone);
    void process.send(AE, { ...blocking, rqi: "b2", rqet: String(MINUTE) }, two.whenGone);
    await process.quiet();
    one.leave();
    two.leave();
    expect(process.counts).toMatchObject({ accepted: 2, cancelled: 1 });
    expect(await comesTo(process)).toEqual(["b2"]);
    expect(process.counts).toMatchObject({ delivered: 1 });
  });

  test("finds its exchange again when it repeats the request (D-5.2)", async () => {
    const process = new HoldProcess();
    const request = { op: "update", pc: { a: 1 }, rqi: "u1", rqet: "20270101T000000" };
    const { whenGone, leave } = leaving();
    void process.send(CSE, request, whenGone);
    expect(await process.send(CSE, request)).toMatchObject({
      failure: "GW_REQUEST_IDENTIFIER_IN_USE",
    });
    leave();
    expect(await process.send(CSE, { ...request, pc: { a: 2 } })).toMatchObject({
      failure: "GW_REQUEST_IDENTIFIER_IN_USE",
    });
    const again = process.send(CSE, request);
    expect(await comesTo(process, CSE)).toEqual(["u1"]);
    expect(await stateOf(again)).toBe("2000");
    expect(process.counts).toMatchObject({ accepted: 1, delivered: 1 });
  });
});

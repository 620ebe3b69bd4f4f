import { describe, expect, test } from "vitest";
import { AE, CSE, HoldProcess, MINUTE, NOTE, rqisOf, SECOND, stateOf } from "./hold-process.ts";
import { entity } from "./primitives.ts";

/** So many Notify for `registree`, `n1` and on, which are stored. */
async function hold(process: HoldProcess, registree = AE, count = 1): Promise<void> {
  for (let n = 1; n <= count; n += 1) {
    const response = await process.send(registree, { ...NOTE, to: registree, rqi: `n${n}` });
    expect(response.held).toBe(true);
  }
}

describe("sending", () => {
  test("an AE has 1 unanswered at a time, a CSE 4 (5.4)", async () => {
    for (const [registree, window] of [
      [AE, 1],
      [CSE, 4],
    ] as const) {
      const process = new HoldProcess();
      await hold(process, registree, 6);
      const link = process.connect(registree);
      for (let answered = 0; answered < 6; answered += 1) {
        await process.quiet();
        expect(link.pending.length).toBe(Math.min(window, 6 - answered));
        link.answerOldest();
      }
      await process.quiet();
      expect(rqisOf(link.sent)).toEqual(["n1", "n2", "n3", "n4", "n5", "n6"]);
      expect(process.counts).toMatchObject({ accepted: 6, delivered: 6 });
    }
  });

  test("a silent AE is asked 3 times, 10 s apart, then the next has its turn (5.4, W-22)", async () => {
    const process = new HoldProcess();
    await hold(process, AE, 2);
    const link = process.connect(AE);
    const start = process.clock.now();
    await process.pass(29 * SECOND, SECOND);
    expect(link.sent.map(({ at }) => at - start)).toEqual([0, 10 * SECOND, 20 * SECOND]);
    expect(rqisOf(link.sent)).toEqual(["n1", "n1", "n1"]);
    await process.pass(SECOND);
    expect(rqisOf(link.pending)).toEqual(["n2"]);
    expect(process.counts).toMatchObject({ dropped: 1 });
    expect([...process.store.deadLetters(AE)]).toMatchObject([
      { outcome: "dropped", held: { request: { requestIdentifier: "n1" } } },
    ]);
  });

  test("attempts that a link lost in between has cut off begin anew on the next link (S12)", async () => {
    const process = new HoldProcess();
    await hold(process);
    const link = process.connect(AE);
    await process.pass(20 * SECOND, SECOND);
    process.drop(link);
    const again = process.connect(AE);
    await process.pass(20 * SECOND, SECOND);
    expect(rqisOf([...link.sent, ...again.sent])).toEqual(Array(6).fill("n1"));
    again.answerOldest();
    await process.quiet();
    expect(process.counts).toMatchObject({ delivered: 1 });
  });

  test("whoever keeps an exchange open and is silent holds the next up for answerWithin only", async () => {
    const process = new HoldProcess();
    const rqet = String(5 * 60 * SECOND);
    const blocking = process.send(AE, { ...NOTE, rqi: "b", rt: { rtv: 3 }, rqet });
    await process.quiet();
    await hold(process);
    const link = process.connect(AE);
    await process.pass(10 * SECOND - 1);
    expect(rqisOf(link.sent)).toEqual(["b"]);
    await process.pass(1);
    expect(rqisOf(link.sent)).toEqual(["b", "n1"]);
    link.answerOldest();
    await process.quiet();
    expect(await stateOf(blocking)).toBe("2000");
  });

  test("a link that takes nothing more is left alone for a second", async () => {
    const process = new HoldProcess();
    await hold(process, AE, 2);
    const link = process.connect(AE);
    link.refuses = 2;
    await process.pass(999);
    expect(link.refuses).toBe(1);
    await process.pass(1);
    expect(link.refuses).toBe(0);
    expect(link.sent).toEqual([]);
    await process.pass(SECOND);
    expect(rqisOf(link.pending)).toEqual(["n1"]);
    expect(process.counts).toMatchObject({ delivered: 0, dropped: 0 });
  });

  test("a Create that a busy link did not take is sent later, once", async () => {
    const process = new HoldProcess();
    const create = { op: "create", to: "/id-mn/x", ty: 3, pc: { "m2m:cnt": {} }, rt: { rtv: 1 } };
    expect(await stateOf(process.send(CSE, { ...create, rqi: "c" }))).toBe("waits");
    await process.quiet();
    const link = process.connect(CSE);
    link.refuses = 1;
    await process.quiet();
    expect(link.refuses).toBe(0);
    expect(process.held()).toMatchObject([{ sent: false }]);
    await process.pass(SECOND);
    expect(rqisOf(link.pending)).toEqual(["c"]);
    expect(process.held()).toMatchObject([{ sent: true }]);
    process.drop(link);
    await process.quiet();
    const again = process.connect(CSE);
    await process.quiet();
    expect(again.sent).toEqual([]);
    expect(process.counts).toMatchObject({ accepted: 1, dropped: 1 });
  });

  test("a Create that was marked as sent when the process ended is not sent again (S12)", async () => {
    const before = new HoldProcess();
    const create = { op: "create", to: "/id-mn/x", ty: 3, pc: { "m2m:cnt": {} }, rt: { rtv: 1 } };
    void before.send(CSE, { ...create, rqi: "c" });
    await before.quiet();
    before.connect(CSE);
    await before.quiet();
    before.disk.crash();
    const { clock, store, table } = before;
    const after = new HoldProcess({ clock, store, table });
    expect(after.counts.restored).toBe(1);
    const link = after.connect(CSE);
    await after.quiet();
    expect(link.sent).toEqual([]);
    expect(after.counts).toMatchObject({ dropped: 1 });
    expect([...table.entries()]).toMatchObject([
      [expect.anything(), { result: { responseStatusCode: 4008, failure: "GW_LINK_LOST" } }],
    ]);
  });

  test("at most 1,024 are under way at a time; others have their turn when one has ended", async () => {
    const process = new HoldProcess();
    const ids = Array.from({ length: 1_100 }, (_, n) => entity(`/id-in/C${n}`));
    for (const id of ids) {
      process.register(id);
      void process.send(id, { ...NOTE, to: id });
    }
    await process.quiet();
    const link = process.connect(AE);
    for (const id of ids) process.connect(id, link);
    await process.quiet();
    expect(link.pending.length).toBe(1_024);
    for (let n = 0; n < 50; n += 1) link.answerOldest();
    await process.quiet();
    expect(link.sent.length).toBe(1_074);
    while (link.answerOldest() !== undefined) await process.quiet();
    expect(process.counts).toMatchObject({ accepted: 1_100, delivered: 1_100 });
  });

  test("deregistration ends what is under way, once (TS-0020, 6.4)", async () => {
    const process = new HoldProcess();
    await hold(process, AE, 2);
    const blocking = process.send(AE, { ...NOTE, rqi: "b", rt: { rtv: 3 } });
    process.connect(AE);
    await process.quiet();
    void process.registry.deregister(AE);
    await process.quiet();
    expect(await stateOf(blocking)).toBe("4004 GW_TARGET_UNKNOWN");
    expect(process.counts).toMatchObject({ accepted: 3, cancelled: 3, dropped: 0 });
    expect(process.holding.hold.usage).toEqual({ count: 0, bytes: 0 });
    expect(process.held()).toEqual([]);
  });
});

test("deregistration while the disk marks a Create as sent ends it once", async () => {
  const process = new HoldProcess();
  const create = { op: "create", to: "/id-mn/x", ty: 3, pc: { "m2m:cnt": {} }, rt: { rtv: 5 } };
  await process.send(CSE, { ...create, rqi: "c" });
  process.disk.slowness = 3;
  process.connect(CSE);
  while (process.disk.underWay === 0) await new Promise((resolve) => setImmediate(resolve));
  process.disk.slowness = 0;
  await process.registry.deregister(CSE);
  await process.pass(MINUTE, 10 * SECOND);
  expect(process.heldByCounts).toBe(0);
  expect(process.counts).toMatchObject({ accepted: 1, cancelled: 1, dropped: 0 });
  expect(process.holding.hold.usage).toEqual({ count: 0, bytes: 0 });
});

test("deregistration while a Notify is on its way to the disk leaves nothing held, and tells its originator 4004", async () => {
  const process = new HoldProcess();
  process.disk.slowness = 3;
  const answer = process.send(AE, NOTE);
  while (process.disk.underWay === 0) await new Promise((resolve) => setImmediate(resolve));
  await process.registry.deregister(AE);
  await process.quiet();
  expect(await stateOf(answer)).toBe("4004 GW_TARGET_UNKNOWN");
  expect(process.held()).toEqual([]);
  expect(process.counts).toMatchObject({ accepted: 1, cancelled: 1 });
  expect(process.holding.hold.usage).toEqual({ count: 0, bytes: 0 });
});

describe("a store that fails", () => {
  test("takes nothing in: 5103, and nothing is held (D4)", async () => {
    const process = new HoldProcess();
    process.disk.failing.set("put", 1);
    const refused = process.send(AE, NOTE);
    await process.quiet();
    expect(await stateOf(refused)).toBe("5103 GW_HOLD_FAILED");
    expect(process.holding.hold.accepting).toBe(false);
    expect(process.holding.hold.usage).toEqual({ count: 0, bytes: 0 });
    expect(process.counts.accepted).toBe(0);
    await hold(process);
    expect(process.holding.hold.accepting).toBe(true);
  });

  test("takes nothing in of what went out on a link that was lost: 4008, it may have arrived", async () => {
    const process = new HoldProcess();
    const link = process.connect(AE);
    const answer = process.send(AE, NOTE);
    await process.quiet();
    process.disk.failing.set("put", 1);
    process.drop(link);
    await process.quiet();
    expect(await stateOf(answer)).toBe("4008 GW_LINK_LOST");
    expect(process.counts.accepted).toBe(0);
  });

  test("keeps the predecessor of one that did not get in (event category latest)", async () => {
    const process = new HoldProcess();
    await process.send(AE, { ...NOTE, ec: 4, rqi: "n1" });
    process.disk.failing.set("put", 1);
    const second = process.send(AE, { ...NOTE, ec: 4, rqi: "n2" });
    await process.quiet();
    expect(await stateOf(second)).toBe("5103 GW_HOLD_FAILED");
    const link = process.connect(AE);
    await process.quiet();
    expect(rqisOf(link.pending)).toEqual(["n1"]);
    link.answerOldest();
    await process.quiet();
    expect(process.counts).toMatchObject({ accepted: 1, delivered: 1, superseded: 0 });
    expect(process.holding.hold.usage).toEqual({ count: 0, bytes: 0 });
  });

  test("an answered one that cannot be removed is removed 5 s later, not sent again, counted once", async () => {
    const process = new HoldProcess();
    await hold(process, AE, 2);
    process.disk.failing.set("remove", 2);
    const link = process.connect(AE);
    await process.quiet();
    link.answerOldest();
    await process.quiet();
    expect(process.counts.delivered).toBe(0);
    expect(process.held().length).toBe(2);
    expect(rqisOf(link.pending)).toEqual(["n2"]);
    await process.pass(5 * SECOND);
    expect(process.counts.delivered).toBe(0);
    await process.pass(5 * SECOND);
    expect(process.counts.delivered).toBe(1);
    expect(rqisOf(process.held())).toEqual(["n2"]);
    expect(process.holding.hold.usage.count).toBe(1);
    expect(rqisOf(link.sent).filter((rqi) => rqi === "n1")).toEqual(["n1"]);
  });

  test("a Create that cannot be marked as sent waits a second and is not sent before (S12)", async () => {
    const process = new HoldProcess();
    const create = { op: "create", to: "/id-mn/x", ty: 3, pc: { "m2m:cnt": {} }, rt: { rtv: 1 } };
    void process.send(CSE, { ...create, rqi: "c" });
    await process.quiet();
    process.disk.failing.set("markSent", 1);
    const link = process.connect(CSE);
    await process.pass(999);
    expect(link.sent).toEqual([]);
    await process.pass(1);
    expect(rqisOf(link.pending)).toEqual(["c"]);
  });
});

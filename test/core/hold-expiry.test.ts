import { describe, expect, test, vi } from "vitest";
import { epochMs } from "../../src/base/clock.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import {
  AE,
  CSE,
  DAY,
  HOUR,
  HoldProcess,
  MINUTE,
  NOTE,
  OTHER,
  rqisOf,
  SECOND,
  stateOf,
  TIMES,
} from "./hold-process.ts";

/** Set back and forth, of which its timers know nothing. */
class SteppedClock extends ManualClock {
  by = 0;
  override now() {
    return epochMs(super.now() + this.by);
  }
}

describe("what is stored expires (5.4)", () => {
  test("a Notify without a time of its own after a day, one with its time then, none later than a week", async () => {
    const process = new HoldProcess();
    await process.send(AE, { ...NOTE, rqi: "default" });
    await process.send(AE, { ...NOTE, rqi: "soon", rqet: "1" });
    await process.send(AE, { ...NOTE, rqi: "hour", rqet: String(HOUR) });
    await process.send(AE, { ...NOTE, rqi: "years", rqet: "20990101T000000" });
    await process.pass(1);
    expect(rqisOf(process.held())).toEqual(["default", "hour", "years"]);
    await process.pass(HOUR - 2);
    expect(process.counts.expired).toBe(1);
    await process.pass(1);
    expect(rqisOf(process.held())).toEqual(["default", "years"]);
    await process.pass(DAY - HOUR);
    expect(rqisOf(process.held())).toEqual(["years"]);
    await process.pass(TIMES.max - DAY - 1);
    expect(rqisOf(process.held())).toEqual(["years"]);
    await process.pass(1);
    expect(process.held()).toEqual([]);
    expect(process.counts).toMatchObject({ accepted: 4, expired: 4 });
    expect([...process.store.deadLetters(AE)].map(({ outcome }) => outcome)).toEqual(
      Array(4).fill("expired"),
    );
  });

  test("years ahead, where max allows it", async () => {
    const process = new HoldProcess({ times: { max: (36_500 * DAY) as never } });
    await process.send(AE, { ...NOTE, rqet: String(20_000 * DAY) });
    await process.pass(20_000 * DAY - 1);
    expect(process.counts.expired).toBe(0);
    await process.pass(1);
    expect(process.counts.expired).toBe(1);
  });

  test("thousands at once, none of them lost, and nothing later with them", async () => {
    const process = new HoldProcess();
    for (let n = 0; n < 3_000; n += 1) {
      void process.send(n % 2 === 0 ? AE : OTHER, { ...NOTE, rqi: `n${n}`, rqet: "5000" });
    }
    await process.send(AE, { ...NOTE, rqi: "later", rqet: "5001" });
    await process.pass(5 * SECOND);
    expect(process.counts).toMatchObject({ accepted: 3_001, expired: 3_000 });
    expect(rqisOf(process.held())).toEqual(["later"]);
    await process.pass(1);
    expect(process.holding.hold.usage).toEqual({ count: 0, bytes: 0 });
  });

  test("also what expired while no process ran", async () => {
    const before = new HoldProcess();
    await before.send(AE, { ...NOTE, rqet: "1000" });
    before.holding.close();
    const { clock, store, table } = before;
    clock.advance(HOUR);
    const after = new HoldProcess({ clock, store, table });
    const link = after.connect(AE);
    await after.quiet();
    expect(link.sent).toEqual([]);
    expect(after.counts).toMatchObject({ restored: 1, expired: 1 });
  });

  test("unsent, when its registree returns in the very turn in which thousands do (BF-40)", async () => {
    const process = new HoldProcess();
    for (let n = 0; n < 2_000; n += 1) {
      void process.send(AE, { ...NOTE, rqi: `n${n}`, rqet: "5000" });
    }
    await process.quiet();
    process.clock.advance(5 * SECOND);
    const link = process.connect(AE);
    await process.quiet();
    expect(link.sent).toEqual([]);
    expect(process.counts).toMatchObject({ accepted: 2_000, expired: 2_000 });
  });

  test("unsent, when its time passes while it is written down that it goes out (BF-40)", async () => {
    const process = new HoldProcess();
    const create = { op: "create", to: CSE, ty: 3, pc: { "m2m:cnt": {} }, rt: { rtv: 1 } };
    await process.send(CSE, { ...create, rqet: "5000" });
    process.disk.slowness = 3;
    const link = process.connect(CSE);
    while (process.disk.underWay === 0) await new Promise((again) => setImmediate(again));
    process.clock.advance(5 * SECOND);
    await process.pass(SECOND);
    expect(link.sent).toEqual([]);
    expect(process.counts).toMatchObject({ accepted: 1, expired: 1 });
  });

  test("on time, when one that was to expire earlier has been delivered", async () => {
    const process = new HoldProcess();
    await process.send(AE, { ...NOTE, rqi: "n1", rqet: "100" });
    await process.send(OTHER, { ...NOTE, rqi: "n2", rqet: "500" });
    process.connect(AE).answers = true;
    await process.quiet();
    await process.pass(499, 1);
    expect(process.counts).toMatchObject({ delivered: 1, expired: 0 });
    await process.pass(1);
    expect(process.counts).toMatchObject({ delivered: 1, expired: 1 });
  });

  test("not while the registree may still answer, and then as expired", async () => {
    const process = new HoldProcess();
    await process.send(AE, { ...NOTE, rqet: "5000" });
    const link = process.connect(AE);
    await process.quiet();
    expect(link.sent[0]?.deadline).toBe(process.clock.now() + 5 * SECOND);
    await process.pass(5 * SECOND);
    await process.pass(MINUTE);
    expect(link.sent.length).toBe(1);
    expect(process.counts).toMatchObject({ expired: 1, dropped: 0 });
  });

  test("5 s later when the store fails, counted once", async () => {
    const process = new HoldProcess();
    await process.send(AE, { ...NOTE, rqet: "1000" });
    process.disk.failing.set("remove", 1);
    await process.pass(SECOND);
    expect(process.counts.expired).toBe(0);
    const link = process.connect(AE);
    await process.pass(5 * SECOND, 500);
    expect(process.counts.expired).toBe(1);
    expect(link.sent).toEqual([]);
  });

  test("by the clock, when that is set back and forth", async () => {
    const clock = new SteppedClock();
    const process = new HoldProcess({ clock });
    await process.send(AE, { ...NOTE, rqi: "n1", rqet: String(HOUR) });
    clock.by = -2 * HOUR;
    await process.send(AE, { ...NOTE, rqi: "n2", rqet: String(HOUR) });
    // The timer of n1 comes early by this clock; it is not ended before its time.
    await process.pass(HOUR + SECOND, MINUTE);
    expect(rqisOf(process.held())).toEqual(["n1"]);
    clock.by = 0;
    await process.pass(2 * SECOND, SECOND);
    expect(process.held()).toEqual([]);
    expect(process.counts).toMatchObject({ accepted: 2, expired: 2 });
  });
});

test("a process that stops while what has expired is being ended reads its store no more", async () => {
  const process = new HoldProcess();
  await process.send(AE, NOTE);
  process.disk.slowness = 3;
  process.clock.advance(DAY);
  while (process.disk.underWay === 0) await new Promise((resolve) => setImmediate(resolve));
  process.holding.close();
  const reads = vi.spyOn(process.store, "nextExpiry");
  await process.quiet();
  expect(process.counts.expired).toBe(1);
  expect(reads).not.toHaveBeenCalled();
});

describe("an exchange that is kept open ends", () => {
  test("at the ceiling with 5103, at its own time with 4008 (5.3)", async () => {
    const process = new HoldProcess();
    const blocking = { ...NOTE, rt: { rtv: 3 } };
    const ceiling = process.send(AE, { ...blocking, rqi: "b1" });
    const own = process.send(AE, { ...blocking, rqi: "b2", rqet: String(MINUTE) });
    await process.pass(8 * SECOND - 1);
    expect(await stateOf(ceiling)).toBe("waits");
    await process.pass(1);
    expect(await stateOf(ceiling)).toBe("5103 GW_TARGET_OFFLINE");
    expect(await stateOf(own)).toBe("waits");
    await process.pass(52 * SECOND);
    expect(await stateOf(own)).toBe("4008 GW_REQUEST_EXPIRED");
    expect(process.counts).toMatchObject({ accepted: 2, expired: 2 });
  });

  test("at openMax at the latest; with 4008 when it has been on a link that was lost", async () => {
    const process = new HoldProcess();
    const link = process.connect(AE);
    const blocking = { ...NOTE, rt: { rtv: 3 }, rqet: String(DAY) };
    const answer = process.send(AE, { ...blocking, rqi: "b1" });
    await process.quiet();
    process.drop(link);
    const never = process.send(AE, { ...blocking, rqi: "b2" });
    await process.pass(TIMES.openMax - 1);
    expect([await stateOf(answer), await stateOf(never)]).toEqual(["waits", "waits"]);
    await process.pass(1);
    expect(await stateOf(answer)).toBe("4008 GW_LINK_LOST");
    expect(await stateOf(never)).toBe("5103 GW_TARGET_OFFLINE");
  });

  test("unsent, when its registree returns past its time and before its timer (BF-40)", async () => {
    const clock = new SteppedClock();
    const process = new HoldProcess({ clock });
    const answer = process.send(AE, { ...NOTE, rt: { rtv: 3 }, rqet: String(MINUTE) });
    await process.quiet();
    clock.by = MINUTE;
    const link = process.connect(AE);
    await process.quiet();
    expect(link.sent).toEqual([]);
    expect(await stateOf(answer)).toBe("4008 GW_REQUEST_EXPIRED");
    expect(process.counts).toMatchObject({ accepted: 1, expired: 1 });
  });
});

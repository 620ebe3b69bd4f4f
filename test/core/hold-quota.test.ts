import { describe, expect, test } from "vitest";
import { AE, CSE, HoldProcess, NOTE, OTHER, rqisOf, stateOf } from "./hold-process.ts";

/** What a Notify without content counts for. */
const ENVELOPE = 256;
const BARE = { op: "notify" };
/** Its storage priority is its event category. */
const open = (rqi: string, ec: number) => ({ ...BARE, rqi, ec, rt: { rtv: 3 } });
const priorityOf = (category = 5): number => category;

const withLimits = (limits: Record<string, number>): HoldProcess =>
  new HoldProcess({ limits, priorityOf });

describe("limits (H.2.4, 5.4)", () => {
  test("of one registree: a newcomer is refused with 5103 and what was acknowledged stays", async () => {
    const process = withLimits({ maxEntries: 2 });
    await process.send(AE, { ...BARE, rqi: "n1" });
    await process.send(AE, { ...BARE, rqi: "n2" });
    expect(await process.send(AE, { ...BARE, rqi: "n3", ec: 10 })).toMatchObject({
      responseStatusCode: 5103,
      failure: "GW_HOLD_FULL",
    });
    expect((await process.send(OTHER, BARE)).held).toBe(true);
    expect(rqisOf(process.held(AE))).toEqual(["n1", "n2"]);
    expect(process.counts).toMatchObject({ accepted: 3, evicted: 0 });
  });

  test("in bytes", async () => {
    const process = withLimits({ maxBytes: 2 * ENVELOPE });
    await process.send(AE, { ...BARE, rqi: "n1" });
    expect(process.holding.hold.usage).toEqual({ count: 1, bytes: ENVELOPE });
    expect(await process.send(AE, NOTE)).toMatchObject({ failure: "GW_HOLD_FULL" });
    expect((await process.send(AE, { ...BARE, rqi: "n2" })).held).toBe(true);
  });

  test("of all registrees together", async () => {
    for (const limits of [{ totalEntries: 2 }, { totalBytes: 2 * ENVELOPE }]) {
      const process = withLimits(limits);
      await process.send(AE, { ...BARE, rqi: "n1" });
      await process.send(OTHER, { ...BARE, rqi: "n2" });
      expect(await process.send(CSE, BARE)).toMatchObject({ failure: "GW_OVERLOADED" });
      process.connect(AE).answers = true;
      await process.quiet();
      expect((await process.send(CSE, BARE)).held).toBe(true);
    }
  });

  test("count what was there before a restart", async () => {
    const { clock, store } = withLimits({});
    const before = new HoldProcess({ clock, store });
    await before.send(AE, { ...BARE, rqi: "n1" });
    const after = new HoldProcess({ clock, store, limits: { maxEntries: 1 } });
    expect(after.holding.hold.usage).toEqual({ count: 1, bytes: ENVELOPE });
    expect(await after.send(AE, BARE)).toMatchObject({ failure: "GW_HOLD_FULL" });
  });
});

describe("who makes room (H.2.4)", () => {
  test("of lower storage priority, the lowest first, of these the youngest", async () => {
    const process = withLimits({ maxEntries: 4 });
    const answers = [
      process.send(AE, open("low1", 6)),
      process.send(AE, open("middle", 7)),
      process.send(AE, open("low2", 6)),
      process.send(AE, open("high", 8)),
    ];
    const states = () => Promise.all(answers.map(stateOf));
    const order = [2, 0, 1];
    for (const evicted of order) {
      void process.send(AE, open(`n${evicted}`, 9));
      await process.quiet();
      expect((await states())[evicted]).toBe("5103 GW_EVICTED");
      expect((await states()).filter((it) => it === "waits").length).toBe(
        answers.length - 1 - order.indexOf(evicted),
      );
    }
    expect(
      [...process.store.deadLetters(AE)].map(({ held }) => held.request.requestIdentifier),
    ).toEqual(["low1", "middle", "low2"]);
    expect(process.counts).toMatchObject({ accepted: 7, evicted: 3 });
    expect(process.holding.hold.usage.count).toBe(4);
  });

  test("nobody of the same priority", async () => {
    const process = withLimits({ maxEntries: 1 });
    const first = process.send(AE, open("n1", 6));
    expect(await process.send(AE, open("n2", 6))).toMatchObject({ failure: "GW_HOLD_FULL" });
    expect(await stateOf(first)).toBe("waits");
  });

  test("nobody, when it would not be enough", async () => {
    const process = withLimits({ maxBytes: 3 * ENVELOPE });
    const first = process.send(AE, open("n1", 6));
    await process.send(AE, { ...BARE, rqi: "n2" });
    const big = { ...open("n3", 9), pc: { a: "x".repeat(2 * ENVELOPE) } };
    expect(await process.send(AE, big)).toMatchObject({ failure: "GW_HOLD_FULL" });
    expect(await stateOf(first)).toBe("waits");
    expect(process.counts.evicted).toBe(0);
    expect(process.holding.hold.usage).toEqual({ count: 2, bytes: 2 * ENVELOPE });
  });

  test("as many as it takes", async () => {
    const process = withLimits({ maxBytes: 3 * ENVELOPE });
    const answers = ["n1", "n2", "n3"].map((rqi) => process.send(AE, open(rqi, 6)));
    void process.send(AE, { ...open("big", 9), pc: { a: "x".repeat(ENVELOPE - 8) } });
    await process.quiet();
    expect(await Promise.all(answers.map(stateOf))).toEqual([
      "waits",
      "5103 GW_EVICTED",
      "5103 GW_EVICTED",
    ]);
  });

  test("of another registree where the total is reached, of the same where its own is", async () => {
    const process = withLimits({ maxEntries: 2, totalEntries: 3 });
    const other = process.send(OTHER, open("o", 6));
    const own = process.send(AE, open("a", 7));
    await process.send(AE, { ...BARE, rqi: "n1" });
    expect((await process.send(AE, { ...BARE, rqi: "n2", ec: 9 })).held).toBe(true);
    expect([await stateOf(own), await stateOf(other)]).toEqual(["5103 GW_EVICTED", "waits"]);
    expect((await process.send(CSE, { ...BARE, rqi: "n3", ec: 9 })).held).toBe(true);
    expect(await stateOf(other)).toBe("5103 GW_EVICTED");
    expect(process.counts).toMatchObject({ evicted: 2 });
  });

  test("with 4008 when it has been on a link that was lost: it may have arrived (5.3)", async () => {
    const process = withLimits({ maxEntries: 1 });
    const link = process.connect(AE);
    const first = process.send(AE, open("n1", 6));
    await process.quiet();
    process.drop(link);
    await process.quiet();
    void process.send(AE, open("n2", 7));
    await process.quiet();
    expect(await stateOf(first)).toBe("4008 GW_LINK_LOST");
    expect(process.counts).toMatchObject({ accepted: 2, evicted: 1 });
  });

  test("nobody who is under way", async () => {
    const process = withLimits({ maxEntries: 1 });
    const strict = { ...BARE, rqi: "n1", rt: { rtv: 3 } };
    const first = process.send(AE, strict);
    const link = process.connect(AE);
    await process.quiet();
    expect(rqisOf(link.pending)).toEqual(["n1"]);
    const second = await process.send(AE, { ...BARE, rqi: "n2", ec: 9, rt: { rtv: 5 } });
    expect(second).toMatchObject({ failure: "GW_HOLD_FULL" });
    link.answerOldest();
    await process.quiet();
    expect(await stateOf(first)).toBe("2000");
  });
});

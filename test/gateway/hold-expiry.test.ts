import { describe, expect, test } from "vitest";
import { ok } from "./front.ts";
import {
  answer,
  ask,
  away,
  back,
  expectConserved,
  HELD,
  heldIs,
  holdAll,
  LABORATORY,
  quiet,
  rqisOf,
  SERVED,
  startHolding,
  TIMED_OUT,
} from "./hold-in.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** ManualClock starts at 2026-01-01T12:00:00 UTC. */
const moment = (rqet: unknown): number => {
  const digits = String(rqet).match(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(,\d+)?$/) ?? [];
  const [, year, month, day, hour, minute, second, fraction = ",0"] = digits;
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.slice(1)}Z`;
  return Date.parse(iso) - Date.UTC(2026, 0, 1, 12);
};

test.each(["20260101T115959", "20260101T120000", "0"])(
  "a Notify that has expired on arrival is 504 with 4008 and not stored: rqet %s (BF-06, BF-40)",
  async (ret) => {
    const front = await startHolding();
    const point = await away(front);
    const refused = await front.notify(point, { headers: { "X-M2M-RET": ret } });
    expect(refused).toMatchObject(TIMED_OUT);
    const ae = await back(front);
    await quiet(front, ae);
    expect(ae.frames).toEqual([]);
    await expectConserved(front.gateway, {});
  },
);

test.each([
  ["rqet that is no time (BF-10)", { "X-M2M-RET": "soon" }],
  ["rset before rqet (BF-11)", { "X-M2M-RET": "6000", "X-M2M-RST": "5000" }],
])("%s is 400 with 4000 and not stored", async (_what, headers) => {
  const front = await startHolding();
  const point = await away(front);
  expect(await front.notify(point, { headers })).toMatchObject({ status: 400, rsc: 4000 });
  await expectConserved(front.gateway, {});
});

test.each([
  ["counts from ot", { "X-M2M-RET": "5000", "X-M2M-OT": "20260101T120000" }, 5_000],
  [
    "counts from an ot shortly before",
    { "X-M2M-RET": "5000", "X-M2M-OT": "20260101T115958" },
    3_000,
  ],
  ["counts from arrival without ot", { "X-M2M-RET": "5000" }, 5_000],
])(
  "a relative rqet of a held Notify becomes absolute: it %s (BF-07, 5.2; architecture, S15)",
  async (_what, headers, expires) => {
    const front = await startHolding();
    const point = await away(front);
    expect(await front.notify(point, { headers })).toMatchObject(HELD);
    front.clock.advance(2_000);
    const ae = await back(front, "CAE1", { answer: ok });
    expect(moment((await ae.nextRequest())["rqet"])).toBe(expires);
    await expectConserved(front.gateway, { delivered: 1 });
  },
);

test("a Notify whose rqet passes while its registree is away is not delivered, and counted (BF-09)", async () => {
  const front = await startHolding();
  const point = await away(front);
  expect(await front.notify(point, { headers: { "X-M2M-RET": "2000" } })).toMatchObject(HELD);
  front.clock.advance(1_999);
  await quiet(front);
  await expectConserved(front.gateway, { entries: 1 });
  front.clock.advance(1);
  await expectConserved(front.gateway, { expired: 1 });
  front.clock.advance(999);
  const ae = await back(front);
  await quiet(front, ae);
  expect(rqisOf(ae)).toEqual([]);
  await expectConserved(front.gateway, { expired: 1 });
});

test("one that expires leaves the others in their order (5.4)", async () => {
  const front = await startHolding();
  const point = await away(front);
  await front.notify(point, { rqi: "n1" });
  await front.notify(point, { rqi: "n2", headers: { "X-M2M-RET": "5000" } });
  await front.notify(point, { rqi: "n3" });
  front.clock.advance(5_000);
  const ae = await back(front, "CAE1", { answer: ok });
  await expectConserved(front.gateway, { delivered: 2, expired: 1 });
  expect(rqisOf(ae)).toEqual(["n1", "n3"]);
});

test("the soonest to expire goes first, whenever it came and whoever it is for (architecture, D8)", async () => {
  const front = await startHolding();
  const [one, two] = [await away(front, "CAE1"), await away(front, "CAE2")];
  await front.notify(one, { rqi: "late", headers: { "X-M2M-RET": "60000" } });
  await front.notify(two, { rqi: "soon", headers: { "X-M2M-RET": "2000" } });
  await front.notify(one, { rqi: "between", headers: { "X-M2M-RET": "30000" } });
  for (const [by, expired, entries] of [
    [2_000, 1, 2],
    [28_000, 2, 1],
    [30_000, 3, 0],
  ] as const) {
    front.clock.advance(by);
    await expectConserved(front.gateway, { expired, entries });
  }
});

test("one that waits behind a silent registree expires in its place and is not sent (BF-40, 5.4)", async () => {
  const front = await startHolding({ "hold.answerWithin": "1m" });
  const point = await away(front);
  await front.notify(point, { rqi: "n1" });
  await front.notify(point, { rqi: "n2", headers: { "X-M2M-RET": "5000" } });
  await front.notify(point, { rqi: "n3" });
  const ae = await back(front);
  const first = await ae.nextRequest();
  front.clock.advance(5_000);
  await expectConserved(front.gateway, { expired: 1, entries: 2 });
  answer(ae, first);
  answer(ae, await ae.nextRequest());
  await expectConserved(front.gateway, { delivered: 2, expired: 1 });
  expect(rqisOf(ae)).toEqual(["n1", "n3"]);
});

test("one that was sent and not answered when its rqet passes has expired, and the next goes out (5.4)", async () => {
  const front = await startHolding({ "hold.answerWithin": "1m" });
  const point = await away(front);
  await front.notify(point, { rqi: "n1", headers: { "X-M2M-RET": "5000" } });
  await front.notify(point, { rqi: "n2" });
  const ae = await back(front);
  const first = await ae.nextRequest();
  front.clock.advance(5_000);
  const second = await ae.nextRequest();
  expect(second).toMatchObject({ rqi: "n2" });
  answer(ae, first);
  await front.gateway.metricIs("m2mgw_unmatched_responses_total", 1);
  answer(ae, second);
  await expectConserved(front.gateway, { expired: 1, delivered: 1 });
});

describe("without a time of its own", () => {
  test("a Notify is held for hold.notifyDefault, and does not carry that (5.2; architecture, S13)", async () => {
    const front = await startHolding();
    const point = await away(front);
    await holdAll(front, point, ["n1", "n2"]);
    front.clock.advance(DAY - 1);
    const ae = await back(front, "CAE1");
    const request = await ae.nextRequest();
    expect(Object.keys(request).sort()).toEqual(["fr", "op", "pc", "rqi", "rvi", "to"]);
    answer(ae, request);
    await ae.nextRequest();
    await expectConserved(front.gateway, { delivered: 1, entries: 1 });
    front.clock.advance(1);
    await expectConserved(front.gateway, { delivered: 1, expired: 1 });
  });

  test("another acknowledged request is held for hold.otherDefault (5.4; architecture, S13)", async () => {
    const front = await startHolding(LABORATORY);
    await away(front, "/id-mn");
    const call = { method: "DELETE", target: "/~/id-mn/cse/x?rt=1" };
    expect(await ask(front, call)).toMatchObject({ status: 202 });
    front.clock.advance(HOUR - 1);
    await quiet(front);
    await expectConserved(front.gateway, { entries: 1 });
    front.clock.advance(1);
    await expectConserved(front.gateway, { expired: 1 });
  });

  test("both are configuration", async () => {
    const settings = { "hold.notifyDefault": "10s", "hold.otherDefault": "20s" };
    const front = await startHolding({ ...LABORATORY, ...settings });
    await away(front, "/id-mn");
    await ask(front, { target: "/~/id-mn/cse/x?rt=1" });
    await front.notify("/~/id-mn/cse/x");
    front.clock.advance(10_000);
    await expectConserved(front.gateway, { expired: 1, entries: 1 });
    front.clock.advance(10_000);
    await expectConserved(front.gateway, { expired: 2 });
  });
});

test.each([
  ["7 days, the default", {}, 7 * DAY],
  ["what is configured, even beyond what one timer can wait for", { "hold.max": "60d" }, 60 * DAY],
])(
  "nothing is held for longer than hold.max, whatever it names: %s (5.4)",
  async (_what, settings, max) => {
    const front = await startHolding(settings);
    const point = await away(front);
    const headers = { "X-M2M-RET": "20270101T000000" };
    expect(await front.notify(point, { headers })).toMatchObject(HELD);
    front.clock.advance(max - 1);
    await quiet(front);
    await expectConserved(front.gateway, { entries: 1 });
    front.clock.advance(1);
    await expectConserved(front.gateway, { expired: 1 });
  },
);

test("a Notify with a time of its own that is later than the default is held until then (5.4)", async () => {
  const front = await startHolding();
  const point = await away(front);
  await front.notify(point, { headers: { "X-M2M-RET": "20260104T000000" } });
  front.clock.advance(2 * DAY);
  const ae = await back(front, "CAE1", { answer: ok });
  expect(await ae.nextRequest()).toMatchObject({ rqet: "20260104T000000" });
  await expectConserved(front.gateway, { delivered: 1 });
  expect(await front.notify(point)).toMatchObject(SERVED);
});

test("an open exchange and its entry end together (BF-08)", async () => {
  const front = await startHolding({ "hold.profile": "strict" });
  const point = await away(front);
  const answered = front.notify(point, { headers: { "X-M2M-RET": "2000" } });
  await heldIs(front, 1);
  front.clock.advance(2_000);
  expect(await answered).toMatchObject(TIMED_OUT);
  await expectConserved(front.gateway, { expired: 1 });
});

import { expect, test } from "vitest";
import { ManualClock } from "../helpers/manual-clock.ts";
import { asked, type Front, gate, inStep, ok, startFront, UNANSWERED } from "./front.ts";

/** ManualClock starts at 2026-01-01T12:00:00 UTC. */
const TIMED_OUT = { status: 504, rsc: 4008 };
const INVALID = { status: 400, rsc: 4000 };
const SERVED = { status: 200, rsc: 2000 };

/** A front whose time stands still, pings out of the way. */
async function startTimed(
  settings: Readonly<Record<string, string>> = {},
): Promise<Front & { clock: ManualClock }> {
  const clock = new ManualClock();
  const front = await startFront({ "ws.pingAfter": "1h", ...settings }, { clock });
  return { ...front, clock };
}

/** Resolves when `settled` has not yet settled after everything at hand has happened. */
async function stillOpen(settled: Promise<unknown>): Promise<void> {
  const open = Symbol("open");
  const turn = new Promise((resolve) => setImmediate(resolve, open));
  expect(await Promise.race([settled, turn])).toBe(open);
}

test("a silent registree gives 504 with 4008 after the ceiling, and its late answer is ignored (EX-14)", async () => {
  const { clock, gateway, ...front } = await startTimed();
  const { ae, point } = await front.ae("CAE1");
  const answer = front.notify(point);
  await ae.nextRequest();
  clock.advance(7_999);
  await inStep(ae);
  await stillOpen(answer);
  clock.advance(1);
  expect(await answer).toMatchObject({ ...TIMED_OUT, headers: { "x-m2m-ri": "n1" } });
  ae.send({ rsc: 2000, rqi: "n1" });
  await gateway.metricIs("m2mgw_unmatched_responses_total", 1);
});

test("the ceiling is configuration", async () => {
  const { clock, ...front } = await startTimed({ "request.ceiling": "2s" });
  const { ae, point } = await front.ae("CAE1");
  const answer = front.notify(point);
  await ae.nextRequest();
  clock.advance(2_000);
  expect(await answer).toMatchObject(TIMED_OUT);
});

test("a silent CSE gives 4008 on the socket after cse.timeout (EX-15)", async () => {
  const { clock, cse, ...front } = await startTimed();
  const { ae } = await front.ae("CAE1");
  const reached = gate();
  cse.answer(() => {
    reached.open();
    return undefined;
  });
  const response = ae.request({ op: 2, to: "cse-in/x", fr: "CAE1" });
  await reached.opened;
  clock.advance(19_999);
  await inStep(ae);
  await stillOpen(response);
  clock.advance(1);
  expect(await response).toMatchObject({ rsc: 4008, rqi: "r2" });
});

test("rqet in the past is 504 with 4008, and nothing is sent (BF-06)", async () => {
  const front = await startTimed();
  const { ae, point } = await front.ae("CAE1", { answer: ok });
  for (const ret of ["20260101T115959", "20260101T120000", "0"]) {
    expect(await front.notify(point, { headers: { "X-M2M-RET": ret } }), ret).toMatchObject(
      TIMED_OUT,
    );
  }
  await inStep(ae);
  expect(ae.frames).toHaveLength(1);
});

test("rqet in the past is 4008 on the socket, and nothing goes to the CSE (BF-06)", async () => {
  const front = await startTimed();
  const { ae } = await front.ae("CAE1");
  const request = { op: 2, to: "cse-in/x", fr: "CAE1", rqet: "20260101T115959" };
  expect(await ae.request(request)).toMatchObject({ rsc: 4008 });
  expect(asked(front.cse)).toEqual(["POST /cse-in"]);
});

test.each([
  ["counts from ot when that is near", "20260101T115958", "20260101T120003"],
  ["counts from ot with a fraction", "20260101T115958,5", "20260101T120003,5"],
  ["counts from arrival without ot", undefined, "20260101T120005"],
  ["counts from arrival when ot is far before", "20260101T110000", "20260101T120005"],
  ["counts from arrival when ot is far ahead", "20260101T130000", "20260101T120005"],
])(
  "a relative rqet becomes absolute for the registree: it %s (BF-07, S15)",
  async (_what, ot, rqet) => {
    const front = await startTimed();
    const { ae, point } = await front.ae("CAE1", { answer: ok });
    const headers = { "X-M2M-RET": "5000", ...(ot === undefined ? {} : { "X-M2M-OT": ot }) };
    expect(await front.notify(point, { headers })).toMatchObject(SERVED);
    const request = await ae.nextRequest();
    expect(moment(request["rqet"])).toBe(moment(rqet));
    expect(moment(request["ot"])).toBe(moment(ot ?? "20260101T120000"));
  },
);

test("relative times of a registree's request go to the CSE absolute too (5.2)", async () => {
  const front = await startTimed();
  const { ae } = await front.ae("CAE1");
  await ae.request({ op: 2, to: "cse-in/x", fr: "CAE1", rqet: 5000, rset: "7000", oet: "1000" });
  const headers = front.cse.requests.at(-1)?.headers ?? {};
  expect(moment(headers["x-m2m-ret"])).toBe(moment("20260101T120005"));
  expect(moment(headers["x-m2m-rst"])).toBe(moment("20260101T120007"));
  expect(moment(headers["x-m2m-oet"])).toBe(moment("20260101T120001"));
  expect(moment(headers["x-m2m-ot"])).toBe(moment("20260101T120000"));
});

test("absolute times pass as they were written, and ot is not added to them (5.2)", async () => {
  const front = await startTimed();
  const { ae, point } = await front.ae("CAE1", { answer: ok });
  const headers = { "X-M2M-RET": "20260101T130000,25", "X-M2M-RST": "20260101T140000" };
  expect(await front.notify(point, { headers })).toMatchObject(SERVED);
  const request = await ae.nextRequest();
  expect(request).toMatchObject({ rqet: "20260101T130000,25", rset: "20260101T140000" });
  expect(request).not.toHaveProperty("ot");
});

test("a request without times gets none (5.2)", async () => {
  const front = await startTimed();
  const { ae, point } = await front.ae("CAE1", { answer: ok });
  await front.notify(point);
  expect(Object.keys(await ae.nextRequest()).sort()).toEqual([
    "fr",
    "op",
    "pc",
    "rqi",
    "rvi",
    "to",
  ]);
});

test.each([
  ["rqet that is no time (BF-10)", { "X-M2M-RET": "soon" }],
  ["rqet on a day that does not exist (BF-10)", { "X-M2M-RET": "20260231T000000" }],
  ["a negative rqet (BF-10)", { "X-M2M-RET": "-5" }],
  ["rset that is no time (BF-10)", { "X-M2M-RST": "later" }],
  ["oet that is no time (BF-10)", { "X-M2M-OET": "then" }],
  ["rset before rqet (BF-11)", { "X-M2M-RET": "20260101T130000", "X-M2M-RST": "20260101T125959" }],
  [
    "rset equal to rqet (BF-11)",
    { "X-M2M-RET": "20260101T130000", "X-M2M-RST": "20260101T130000" },
  ],
  [
    "relative rset not later than relative rqet (BF-11)",
    { "X-M2M-RET": "6000", "X-M2M-RST": "6000" },
  ],
])("%s is 400 with 4000, and nothing is sent", async (_what, headers) => {
  const front = await startTimed();
  const { ae, point } = await front.ae("CAE1", { answer: ok });
  expect(await front.notify(point, { headers })).toMatchObject(INVALID);
  await inStep(ae);
  expect(ae.frames).toHaveLength(1);
});

test("a past oet is no error: the request goes out with it untouched (BF-12, S15)", async () => {
  const front = await startTimed();
  const { ae, point } = await front.ae("CAE1", { answer: ok });
  const headers = { "X-M2M-OET": "20251231T000000", "X-M2M-RET": "20260101T130000" };
  expect(await front.notify(point, { headers })).toMatchObject(SERVED);
  expect(await ae.nextRequest()).toMatchObject({ oet: "20251231T000000", rqet: "20260101T130000" });
});

test.each([
  ["X-M2M-RET before the ceiling", { "X-M2M-RET": "2000" }, 2_000],
  ["X-M2M-RET after the ceiling", { "X-M2M-RET": "20260101T120030" }, 30_000],
  ["X-M2M-RST alone", { "X-M2M-RST": "3000" }, 3_000],
])(
  "a silent registree is waited for until %s and no longer, then 4008 (BF-08, 5.2)",
  async (_what, headers, wait) => {
    const { clock, ...front } = await startTimed();
    const { ae, point } = await front.ae("CAE1");
    const answer = front.notify(point, { headers });
    await ae.nextRequest();
    clock.advance(wait - 1);
    await inStep(ae);
    await stillOpen(answer);
    clock.advance(1);
    expect(await answer).toMatchObject(TIMED_OUT);
  },
);

test("no exchange stays open for longer than request.openMax, whatever it names", async () => {
  const { clock, ...front } = await startTimed();
  const { ae, point } = await front.ae("CAE1");
  const answer = front.notify(point, { headers: { "X-M2M-RET": "20260102T120000" } });
  await ae.nextRequest();
  clock.advance(600_000);
  expect(await answer).toMatchObject(TIMED_OUT);
});

test("an answer within rqet counts, even after the ceiling (5.2)", async () => {
  const { clock, ...front } = await startTimed();
  const { ae, point } = await front.ae("CAE1");
  const answer = front.notify(point, { headers: { "X-M2M-RET": "20000" } });
  await ae.nextRequest();
  clock.advance(19_999);
  ae.send({ rsc: 2000, rqi: "n1" });
  expect(await answer).toMatchObject(SERVED);
});

test("the originator's own time passing is 4008 even if nothing was sent; the ceiling then is 5103 (S14, 5.3)", async () => {
  const { clock, gateway, ...front } = await startTimed({ "ws.window": "1" });
  const { ae, point } = await front.ae("CAE1");
  const first = front.notify(point, { rqi: "first", headers: { "X-M2M-RET": "20000" } });
  await ae.nextRequest();
  const timed = front.notify(point, { rqi: "timed", headers: { "X-M2M-RET": "2000" } });
  const untimed = front.notify(`${point}?rt=3`, { rqi: "untimed" });
  await gateway.metricIs(UNANSWERED, 3);
  clock.advance(2_000);
  expect(await timed).toMatchObject(TIMED_OUT);
  clock.advance(6_000);
  expect(await untimed).toMatchObject({ status: 404, rsc: 5103 });
  await inStep(ae);
  expect(ae.frames).toHaveLength(2);
  ae.send({ rsc: 2000, rqi: "first" });
  expect(await first).toMatchObject(SERVED);
});

test("a request that could be sent only at the moment at which it expires is not sent (5.2, 5.4)", async () => {
  const { clock, gateway, ...front } = await startTimed({ "ws.window": "1" });
  const { ae, point } = await front.ae("CAE1");
  const first = front.notify(point, { rqi: "first" });
  await ae.nextRequest();
  const second = front.notify(point, { rqi: "second", headers: { "X-M2M-RET": "8000" } });
  await gateway.metricIs(UNANSWERED, 2);
  clock.advance(8_000);
  expect(await first).toMatchObject(TIMED_OUT);
  expect(await second).toMatchObject(TIMED_OUT);
  await inStep(ae);
  expect(ae.frames).toHaveLength(2);
});

test("a registree's rqet also bounds the wait for the CSE (5.2)", async () => {
  const { clock, cse, ...front } = await startTimed();
  const { ae } = await front.ae("CAE1");
  const reached = gate();
  cse.answer(() => {
    reached.open();
    return undefined;
  });
  const response = ae.request({ op: 2, to: "cse-in/x", fr: "CAE1", rqet: 1500 });
  await reached.opened;
  clock.advance(1_500);
  expect(await response).toMatchObject({ rsc: 4008 });
});

/** A timestamp in milliseconds, however many decimals it is written with. */
function moment(timestamp: unknown): number {
  const text = String(timestamp);
  const [, date = "", time = "", fraction = ""] = /^(\d{8})T(\d{6})(?:,(\d+))?$/.exec(text) ?? [];
  const iso = `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}T${time.slice(0, 2)}:${time.slice(2, 4)}:${time.slice(4)}`;
  const at = Date.parse(`${iso}.${`${fraction}000`.slice(0, 3)}Z`);
  if (Number.isNaN(at)) throw new Error(`no timestamp: ${text}`);
  return at;
}

test("time spent waiting for a turn on the socket counts: the request is not sent after its own time (S15)", async () => {
  const { clock, cse, ...front } = await startTimed({ "ws.window": "1" });
  const { ae } = await front.ae("CAE1");
  const reached = gate();
  const held = gate();
  cse.answer(async () => {
    reached.open();
    await held.opened;
    return { rsc: 2000 };
  });
  const first = ae.request({ op: 2, to: "cse-in/first", fr: "CAE1" });
  const second = ae.request({ op: 2, to: "cse-in/second", fr: "CAE1", rqet: "1000" });
  await reached.opened;
  await inStep(ae);
  clock.advance(5_000);
  held.open();
  expect(await first).toMatchObject({ rsc: 2000 });
  expect(await second).toMatchObject({ rsc: 4008 });
  expect(asked(cse)).not.toContain("GET /cse-in/second");
});

test("looking an unknown AE up counts towards the time of the request that asked for it (S2)", async () => {
  const { clock, cse, ...front } = await startTimed();
  const ae = await front.connect();
  const reached = gate();
  cse.answer(() => {
    reached.open();
    return undefined;
  });
  const answer = ae.request({ op: 2, to: "cse-in/x", fr: "CAE7", rqet: "1000" });
  await reached.opened;
  clock.advance(1_000);
  expect(await answer).toMatchObject({ rsc: 4008 });
});

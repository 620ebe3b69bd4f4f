import { constants, deflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import type { CseAnswer } from "../helpers/fake-cse.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { Opcode, rawUpgrade } from "../helpers/raw-upgrade.ts";
import { type NotifyOptions, startFront, UNANSWERED, VERIFY } from "./front.ts";

const RETRIEVE = { op: 2, to: "cse-in", fr: "CAE1" };
const HELD = { status: 202, rsc: 1000 };
const NOT_REACHABLE = { status: 404, rsc: 5103 };

/** A retrieve of exactly `size` bytes. */
function requestOf(size: number): string {
  const text = (padding: string): string =>
    JSON.stringify({ ...RETRIEVE, rqi: "big", rvi: "3", padding });
  return text("x".repeat(size - text("").length));
}

test("a message of the largest size is taken, one byte more closes with 1009, and others do not notice (SZ-20; RFC 6455, 7.4.1)", async () => {
  const front = await startFront({ "ws.maxMessage": "2KiB" });
  const { ae: other } = await front.ae("CAE2");
  const { ae } = await front.ae("CAE1");
  ae.send(requestOf(2048));
  expect(await ae.nextResponse()).toMatchObject({ rsc: 2000, rqi: "big" });
  ae.send(requestOf(2049));
  expect(await ae.closed).toMatchObject({ code: 1009 });
  await front.gateway.metricIs('m2mgw_link_closes_total{reason="too-big"}', 1);
  expect(await other.request({ ...RETRIEVE, fr: "CAE2" })).toMatchObject({ rsc: 2000 });
});

test("the limit is 1 MiB unless configured (SZ-20, section 6)", async () => {
  const front = await startFront();
  const { ae } = await front.ae();
  ae.send(requestOf(1_048_576));
  expect(await ae.nextResponse()).toMatchObject({ rsc: 2000, rqi: "big" });
  ae.send(requestOf(1_048_577));
  expect(await ae.closed).toMatchObject({ code: 1009 });
});

test("fragments count together (SZ-20; RFC 6455, 5.4)", async () => {
  const front = await startFront({ "ws.maxMessage": "2KiB" });
  const { peer } = await rawUpgrade(front.gateway.ws);
  peer.sendFrame({ opcode: Opcode.TEXT, fin: false, payload: "x".repeat(2000) });
  peer.sendFrame({ opcode: Opcode.CONTINUATION, payload: "x".repeat(49) });
  expect(await peer.closeCode()).toBe(1009);
});

test("a message that is small only while compressed closes with 1009 (SZ-20; RFC 7692, 8)", async () => {
  const front = await startFront({ "ws.maxMessage": "2KiB", "ws.deflate": "true" });
  const { peer } = await rawUpgrade(front.gateway.ws, {
    headers: { "Sec-WebSocket-Extensions": "permessage-deflate" },
  });
  const bytes = deflateRawSync(requestOf(2049), { finishFlush: constants.Z_SYNC_FLUSH });
  expect(bytes.length).toBeLessThan(1024);
  peer.sendFrame({ opcode: Opcode.TEXT, rsv1: true, payload: bytes.subarray(0, -4) });
  expect(await peer.closeCode()).toBe(1009);
});

test("of 200 requests at once 64 are under way, and all are answered (EX-23, section 6)", async () => {
  const front = await startFront({ "cse.connections": "200" });
  const { ae } = await front.ae();
  const held: ((answer: CseAnswer) => void)[] = [];
  const full = new Promise<void>((resolve) => {
    front.cse.answer(() => {
      const answered = new Promise<CseAnswer>((answer) => held.push(answer));
      if (held.length === 64) resolve();
      return answered;
    });
  });
  const responses = Array.from({ length: 200 }, () => ae.request(RETRIEVE));
  await full;
  // By the time the Pong is back the gateway has read all 200.
  const ponged = new Promise((resolve) => ae.socket.once("pong", resolve));
  ae.socket.ping();
  await ponged;
  expect(await front.gateway.metric('m2mgw_exchanges_in_flight{direction="to-cse"}')).toBe(64);
  front.cse.answer(() => ({ rsc: 2000 }));
  for (const answer of held) answer({ rsc: 2000 });
  for (const response of await Promise.all(responses))
    expect(response).toMatchObject({ rsc: 2000 });
});

test("requests of a peer past its window and queue are answered 5103 and not carried on (section 6, S19)", async () => {
  const front = await startFront({ "ws.window": "1", "ws.queue": "1" });
  const { ae } = await front.ae();
  let release = (_answer: CseAnswer): void => {};
  const answered = new Promise<CseAnswer>((resolve) => {
    release = resolve;
  });
  front.cse.answer(() => answered);
  const asked = front.cse.requests.length;
  const [first, second, third] = ["1", "2", "3"].map((rqi) => ae.request({ ...RETRIEVE, rqi }));
  expect(await third).toMatchObject({ rsc: 5103, rqi: "3" });
  release({ rsc: 2000 });
  expect(await first).toMatchObject({ rsc: 2000 });
  expect(await second).toMatchObject({ rsc: 2000 });
  expect(front.cse.requests.length).toBe(asked + 2);
});

test("a registree has at most 64 requests unanswered, and gets the next when it answers one (section 6)", async () => {
  const clock = new ManualClock();
  const front = await startFront({}, { clock });
  const { ae, point } = await front.ae();
  const before = ae.frames.length;
  const notified = Array.from({ length: 66 }, (_, index) =>
    front.notify(point, { rqi: `n${index}` }),
  );
  await front.gateway.metricIs(UNANSWERED, 66);
  await ae.request(RETRIEVE);
  expect(ae.frames.length).toBe(before + 64 + 1);
  for (let answered = 0; answered < 66; answered += 1) {
    const { rqi } = await ae.nextRequest();
    ae.send({ rsc: 2000, rqi: String(rqi) });
  }
  for (const answer of await Promise.all(notified)) expect(answer).toMatchObject({ status: 200 });
});

test("past the window and the queue of its registree a Notify is held; one that wants the answer itself is 404 and 5103 (S19, 5.4)", async () => {
  const clock = new ManualClock();
  const front = await startFront({ "ws.window": "1", "ws.queue": "1" }, { clock });
  const { ae, point } = await front.ae();
  const first = front.notify(point, { rqi: "n1" });
  expect(await ae.nextRequest()).toMatchObject({ rqi: "n1" });
  const second = front.notify(point, { rqi: "n2" });
  await front.gateway.metricIs(UNANSWERED, 2);
  expect(await front.notify(point, VERIFY)).toMatchObject(NOT_REACHABLE);
  expect(await front.notify(`${point}?rt=3`)).toMatchObject(NOT_REACHABLE);
  expect(await front.gateway.metric('m2mgw_failures_total{code="GW_LINK_BUSY"}')).toBe(2);
  expect(await front.notify(point, { rqi: "n3" })).toMatchObject(HELD);
  ae.send({ rsc: 2000, rqi: "n1" });
  expect(await ae.nextRequest()).toMatchObject({ rqi: "n2" });
  ae.send({ rsc: 2000, rqi: "n2" });
  expect(await first).toMatchObject({ status: 200 });
  expect(await second).toMatchObject({ status: 200 });
  // A link that was full is left alone for a second.
  clock.advance(1_000);
  expect(await ae.nextRequest()).toMatchObject({ rqi: "n3" });
});

test.each<[string, string, NotifyOptions, number, number, boolean]>([
  ["held without an expiration of its own (5.4)", "", {}, 202, 1000, true],
  [
    "answered 5103 with response type 3, since nothing was sent (TS-0004, 7.3.3.9.1)",
    "?rt=3",
    {},
    404,
    5103,
    false,
  ],
  [
    "answered 4008 when its own expiration passes (S14; TS-0004, 7.3.2.1)",
    "",
    { headers: { "X-M2M-RET": "5000" } },
    504,
    4008,
    false,
  ],
])(
  "a Notify whose turn does not come in time is %s",
  async (_what, query, options, status, rsc, isSent) => {
    const clock = new ManualClock();
    const front = await startFront({ "ws.window": "1", "request.ceiling": "8s" }, { clock });
    const { ae, point } = await front.ae();
    // The first keeps the window for longer than the second can wait.
    const first = front.notify(point, { rqi: "n1", headers: { "X-M2M-RET": "60000" } });
    await ae.nextRequest();
    const frames = ae.frames.length;
    const second = front.notify(point + query, { rqi: "n2", ...options });
    await front.gateway.metricIs(UNANSWERED, 2);
    clock.advance(8_000);
    expect(await second).toMatchObject({ status, rsc });
    ae.send({ rsc: 2000, rqi: "n1" });
    expect(await first).toMatchObject({ status: 200 });
    if (isSent) expect(await ae.nextRequest()).toMatchObject({ rqi: "n2" });
    await ae.request(RETRIEVE);
    expect(ae.frames.length).toBe(frames + (isSent ? 2 : 1));
  },
);

test("a Notify that was sent and not answered in time is answered 4008, and the late answer ignored and counted (EX-14)", async () => {
  const clock = new ManualClock();
  const front = await startFront({}, { clock });
  const { ae, point } = await front.ae();
  const notified = front.notify(point);
  const { rqi } = await ae.nextRequest();
  clock.advance(7_999);
  expect(await front.gateway.metric(UNANSWERED)).toBe(1);
  clock.advance(1);
  expect(await notified).toMatchObject({ status: 504, rsc: 4008 });
  const frames = ae.frames.length;
  ae.send({ rsc: 2000, rqi: String(rqi) });
  ae.send({ rsc: 2000, rqi: "never-asked" });
  await front.gateway.metricIs("m2mgw_unmatched_responses_total", 2);
  expect(await ae.request(RETRIEVE)).toMatchObject({ rsc: 2000 });
  expect(ae.frames.length).toBe(frames + 1);
});

test.each<[string, boolean, object]>([
  ["refused 5103 if they are never held", true, NOT_REACHABLE],
  ["held", false, HELD],
])(
  "requests for a registree that does not read wait, then are %s, and the rest is delivered when it reads (architecture, D9)",
  async (_what, vrq, tooMany) => {
    const settings = { "ws.maxBuffered": "64KiB", "ws.window": "200", "ws.queue": "4" };
    const clock = new ManualClock();
    const front = await startFront({ ...settings, "hold.maxBytes": "64MiB" }, { clock });
    const { point } = await front.ae();
    const { peer } = await rawUpgrade(front.gateway.ws, { headers: { "X-M2M-Origin": "CAE1" } });
    expect(await peer.request({ ...RETRIEVE, rqi: "r1" })).toMatchObject({ rsc: 2000 });
    peer.socket.pause();
    const body = JSON.stringify({ "m2m:sgn": { vrq, sur: "x".repeat(1_000_000) } });
    // Far more than the socket buffers of the system take.
    const notified = Array.from({ length: 40 }, (_, index) =>
      front.notify(point, { rqi: `n${index}`, body }),
    );
    expect(await Promise.race(notified)).toMatchObject(tooMany);
    peer.socket.resume();
    let delivered = 0;
    const reading = (async () => {
      for (;;) {
        const { rqi } = await peer.nextMessage();
        delivered += 1;
        peer.send({ rsc: 2000, rqi: String(rqi) });
      }
    })();
    const answers = await Promise.all(notified);
    const turnedAway = answers.filter(({ rsc }) => rsc !== 2000);
    for (const answer of turnedAway) expect(answer).toMatchObject(tooMany);
    // A link that was full is left alone for a second, and may be full again while the registree still reads.
    const held = (): Promise<number> => front.gateway.metric("m2mgw_hold_entries");
    for (let before = -1; (await held()) > 0; ) {
      if (delivered === before) clock.advance(1_000);
      before = delivered;
      for (let turn = 0; turn < 20; turn += 1) await held();
    }
    expect(delivered).toBe(vrq ? 40 - turnedAway.length : 40);
    expect(delivered).toBeGreaterThanOrEqual(5);
    peer.reset();
    await expect(reading).rejects.toThrow("the connection ended");
  },
);

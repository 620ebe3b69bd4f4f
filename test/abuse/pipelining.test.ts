import { expect, test } from "vitest";
import { inStep, ok, startFront } from "../gateway/front.ts";
import { away, expectConserved, heldIs, rqisOf, startHolding } from "../gateway/hold-in.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { RawHttp } from "../helpers/raw-http.ts";

const LABORATORY = { "ws.allowCseOnPlain": "true", "ws.pingAfter": "1h" };

const get = (target: string, rqi: string): string =>
  [
    `GET ${target} HTTP/1.1`,
    "Host: x",
    "X-M2M-Origin: CApp",
    "X-M2M-RVI: 3",
    `X-M2M-RI: ${rqi}`,
    "\r\n",
  ].join("\r\n");

test("nobody waits for requests whose client is gone, those in line behind another either", async () => {
  const front = await startFront(LABORATORY, { clock: new ManualClock() });
  const { ae, point } = await front.registreeCse("/id-mn");
  const peer = new RawHttp(front.gateway.http);
  peer.socket.write(["1", "2", "3"].map((rqi) => get(`${point}/x`, rqi)).join(""));
  for (const rqi of ["1", "2", "3"]) expect(await ae.nextRequest()).toMatchObject({ rqi });
  peer.socket.resetAndDestroy();
  for (const rqi of ["1", "2", "3"]) ae.send({ rsc: 2000, rqi });
  await inStep(ae);
  // Time stands still: nothing ends because it is late.
  await front.gateway.stop();
});

test("of more requests in line than limits.pipelined the next is 503, and what comes behind it goes nowhere", async () => {
  const front = await startFront({ ...LABORATORY, "limits.pipelined": "3" });
  const { ae, point } = await front.registreeCse("/id-mn");
  const peer = new RawHttp(front.gateway.http);
  const all = Array.from({ length: 600 }, (_, index) => get(`${point}/x`, String(index)));
  peer.socket.write(all.join(""));
  const rqis = ["0", "1", "2"];
  for (const rqi of rqis) expect(await ae.nextRequest()).toMatchObject({ rqi });
  await front.gateway.metricIs('m2mgw_limits_total{limit="pipelined"}', 1);
  // Nor does what comes later.
  peer.socket.write(get(`${point}/x`, "late"));
  await inStep(ae);
  for (const rqi of rqis) ae.send({ rsc: 2000, rqi });
  const answers = await peer.answered(600);
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 503]);
  expect(answers[3]?.lines).toEqual(
    expect.arrayContaining([
      "X-M2M-RSC: 5103",
      "X-M2M-RI: 3",
      "Retry-After: 1",
      "Connection: close",
    ]),
  );
  await inStep(ae);
  expect(rqisOf(ae)).toEqual(rqis);
  expect(await front.gateway.metric('m2mgw_limits_total{limit="pipelined"}')).toBe(1);
});

test("as many one after the other are all answered, and so are as many in line as there may be", async () => {
  const front = await startFront({ ...LABORATORY, "limits.pipelined": "3" });
  const { point } = await front.registreeCse("/id-mn", { answer: ok });
  const peer = new RawHttp(front.gateway.http);
  for (let turn = 1; turn <= 4; turn += 1) {
    peer.socket.write(["1", "2", "3"].map((rqi) => get(`${point}/x`, `${turn}-${rqi}`)).join(""));
    expect(await peer.answered(3 * turn)).toHaveLength(3 * turn);
  }
  for (const { status } of peer.responses) expect(status).toBe(200);
});

test.each([
  ["no HTTP", "GARBAGE\r\n\r\n"],
  [
    "a body whose chunks are none",
    "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nno\r\n",
  ],
])(
  "what cannot be read is answered behind the requests before it: %s (RFC 9112, 9.3.2)",
  async (_what, unreadable) => {
    const front = await startFront(LABORATORY, { clock: new ManualClock() });
    const { ae, point } = await front.registreeCse("/id-mn");
    const peer = new RawHttp(front.gateway.http);
    peer.socket.write(`${get(`${point}/x`, "1")}${get(`${point}/x`, "2")}${unreadable}`);
    for (const rqi of ["1", "2"]) expect(await ae.nextRequest()).toMatchObject({ rqi });
    for (const rqi of ["1", "2"]) {
      await inStep(ae);
      expect(peer.responses.map(({ status }) => status)).not.toContain(400);
      ae.send({ rsc: 2000, rqi });
    }
    await peer.gone;
    expect(peer.responses.map(({ status }) => status)).toEqual([200, 200, 400]);
  },
);

test("requests in line behind another go with their HTTP client, too (5.4; architecture, S10)", async () => {
  const front = await startHolding(LABORATORY);
  await away(front, "/id-mn");
  const peer = new RawHttp(front.gateway.http);
  peer.socket.write(["1", "2", "3"].map((rqi) => get("/~/id-mn/cse/x", rqi)).join(""));
  await heldIs(front, 3);
  peer.socket.resetAndDestroy();
  await expectConserved(front.gateway, { cancelled: 3 });
});

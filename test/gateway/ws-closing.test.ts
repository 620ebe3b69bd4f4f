import { expect, test } from "vitest";
import type { CseAnswer } from "../helpers/fake-cse.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { Opcode, type RawPeer, rawUpgrade } from "../helpers/raw-upgrade.ts";
import { startGateway } from "../helpers/start-gateway.ts";
import { type Front, type NotifyOptions, startFront, VERIFY } from "./front.ts";

const RETRIEVE = { op: 2, to: "cse-in", fr: "CAE1" };
const NOT_REACHABLE = { status: 404, rsc: 5103 };
const PATIENT = { "shutdown.drain": "10s", "request.ceiling": "10m" };

/** What becomes of a Notify whose registree has gone before it answered. */
const UNANSWERED_NOTIFY: [string, NotifyOptions, object][] = [
  ["held and answered 1000 (architecture, S12)", {}, { status: 202, rsc: 1000 }],
  ["answered 4008 if it is a verification (TS-0004, 7.3.1.3)", VERIFY, { status: 504, rsc: 4008 }],
];

test("closing does not deregister: the AE comes back and is served without registering (CL-04; TS-0020, 6.4)", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae();
  ae.socket.close(1000);
  expect(await ae.closed).toMatchObject({ code: 1000 });
  expect(await front.notify(point, VERIFY)).toMatchObject(NOT_REACHABLE);
  const back = await front.connect();
  expect(await back.request(RETRIEVE)).toMatchObject({ rsc: 2000 });
  const notified = front.notify(point, { rqi: "n2" });
  expect(await back.nextRequest()).toMatchObject({ op: 5, rqi: "n2" });
  back.send({ rsc: 2000, rqi: "n2" });
  expect(await notified).toMatchObject({ status: 200, rsc: 2000 });
});

test.each([1000, 1001, 3000, 4999])(
  "a client's Close with %i is echoed, and the connection ended (CL-04; RFC 6455, 5.5.1)",
  async (code) => {
    const gateway = await startGateway();
    const { peer } = await rawUpgrade(gateway.ws);
    peer.sendClose(code);
    expect(await peer.closeCode()).toBe(code);
    await peer.gone;
  },
);

test("after the Close frames the gateway ends the connection itself (RFC 6455, 7.1.1)", async () => {
  const gateway = await startGateway();
  const { peer } = await rawUpgrade(gateway.ws);
  peer.sendFrame({ opcode: Opcode.CLOSE });
  expect(await peer.closeCode()).toBe(1005);
  await peer.gone;
  await gateway.metricIs("m2mgw_links", 0);
});

test.each([999, 1004, 1005, 1006, 1015, 5000])(
  "a client's Close with %i, which is not for the wire, is answered with 1002 (CL-08; RFC 6455, 7.4)",
  async (code) => {
    const gateway = await startGateway();
    const { peer } = await rawUpgrade(gateway.ws);
    peer.sendClose(code);
    expect(await peer.closeCode()).toBe(1002);
  },
);

test.each([3, 7, 11, 15])(
  "a frame with the reserved opcode %i closes with 1002 (CL-10; RFC 6455, 5.2)",
  async (opcode) => {
    const gateway = await startGateway();
    const { peer } = await rawUpgrade(gateway.ws);
    peer.sendFrame({ opcode, payload: "x" });
    expect(await peer.closeCode()).toBe(1002);
  },
);

test("a connection that is reset without a Close is offline at once (CL-09)", async () => {
  const front = await startFront({}, { clock: new ManualClock() });
  const { peer, point } = await registeredPeer(front);
  peer.reset();
  await front.gateway.metricIs("m2mgw_links", 0);
  expect(await front.notify(point, VERIFY)).toMatchObject(NOT_REACHABLE);
});

test.each(UNANSWERED_NOTIFY)(
  "a Notify on its way when the connection is reset is %s at once (CL-09)",
  async (_what, options, expected) => {
    const front = await startFront({}, { clock: new ManualClock() });
    const { peer, point } = await registeredPeer(front);
    const notified = front.notify(point, options);
    expect(await peer.nextMessage()).toMatchObject({ op: 5 });
    peer.reset();
    expect(await notified).toMatchObject(expected);
  },
);

test("shutdown delivers the response that a registree waits for, then closes with 1012 (CL-05; TS-0020, 6.5)", async () => {
  const front = await startFront(PATIENT);
  const { ae } = await front.ae();
  const release = holdCse(front);
  const response = ae.request(RETRIEVE);
  await release.reached;
  const stopped = front.gateway.stopAtOnce();
  release.with({ rsc: 2000, body: { "m2m:cb": {} } });
  expect(await response).toMatchObject({ rsc: 2000, pc: { "m2m:cb": {} } });
  expect(await ae.closed).toMatchObject({ code: 1012 });
  await stopped;
});

test("shutdown waits for a registree that owes an answer, then closes with 1012 (CL-06; TS-0020, 6.5)", async () => {
  const clock = new ManualClock();
  const front = await startFront(PATIENT, { clock });
  const { ae, point } = await front.ae();
  const notified = front.notify(point);
  const { rqi } = await ae.nextRequest();
  const stopped = front.gateway.stopAtOnce();
  clock.advance(9_999);
  ae.send({ rsc: 2000, rqi: String(rqi) });
  expect(await notified).toMatchObject({ status: 200, rsc: 2000 });
  expect(await ae.closed).toMatchObject({ code: 1012 });
  await stopped;
});

test.each(UNANSWERED_NOTIFY)(
  "shutdown gives up after 10 s: the connection is closed with 1012, a Notify on its way is %s (CL-06; TS-0020, 6.5)",
  async (_what, options, expected) => {
    const clock = new ManualClock();
    const front = await startFront(PATIENT, { clock });
    const { ae, point } = await front.ae();
    const notified = front.notify(point, options);
    await ae.nextRequest();
    const stopped = front.gateway.stopAtOnce();
    clock.advance(10_000);
    const [closed, answer] = await Promise.all([ae.closed, notified]);
    expect(closed).toMatchObject({ code: 1012 });
    expect(answer).toMatchObject(expected);
    await stopped;
  },
);

test("a registree without anything under way is closed with 1012 at once", async () => {
  const front = await startFront({}, { clock: new ManualClock() });
  const { ae } = await front.ae();
  const stopped = front.gateway.stopAtOnce();
  expect(await ae.closed).toMatchObject({ code: 1012 });
  await stopped;
});

test("a client that does not echo the Close does not hold up the shutdown", async () => {
  const clock = new ManualClock();
  const front = await startFront(PATIENT, { clock });
  const { peer } = await rawUpgrade(front.gateway.ws);
  const stopped = front.gateway.stopAtOnce();
  expect(await peer.closeCode()).toBe(1012);
  clock.advance(20_000);
  await peer.gone;
  await stopped;
});

test("a draining gateway answers a handshake with 503 (CL-07)", async () => {
  const front = await startFront(PATIENT);
  const { ae } = await front.ae();
  const release = holdCse(front);
  const response = ae.request(RETRIEVE);
  await release.reached;
  const stopped = front.gateway.stopAtOnce();
  const { status, headers } = await rawUpgrade(front.gateway.ws);
  expect(status).toBe(503);
  expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
  release.with({ rsc: 2000 });
  await response;
  await stopped;
});

test("a request that reaches a draining gateway is answered 5103 and not carried on (section 6)", async () => {
  const front = await startFront(PATIENT);
  const { ae } = await front.ae();
  const release = holdCse(front);
  const first = ae.request(RETRIEVE);
  await release.reached;
  const asked = front.cse.requests.length;
  const stopped = front.gateway.stopAtOnce();
  expect(await ae.request(RETRIEVE)).toMatchObject({ rsc: 5103 });
  expect(front.cse.requests.length).toBe(asked);
  release.with({ rsc: 2000 });
  expect(await first).toMatchObject({ rsc: 2000 });
  await stopped;
});

test("a newer connection of the same AE from a trusted place closes the older with 4001 (D-3.3, ID-08)", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae();
  const newer = await front.connect({ origin: "CAE1" });
  expect(await ae.closed).toMatchObject({ code: 4001 });
  const notified = front.notify(point);
  const { rqi } = await newer.nextRequest();
  newer.send({ rsc: 2000, rqi: String(rqi) });
  expect(await notified).toMatchObject({ status: 200 });
});

test("an AE that deleted itself has 30 s to register anew, then is closed with 4002 (RG-14; TS-0020, 6.4)", async () => {
  const clock = new ManualClock();
  const front = await startFront({ "ws.pingAfter": "10m" }, { clock });
  const { ae, point } = await front.ae();
  const deleted = await ae.request({ op: 4, to: "cse-in/ae-CAE1", fr: "CAE1" });
  expect(deleted).toMatchObject({ rsc: 2002 });
  expect(await front.notify(point)).toMatchObject({ status: 404, rsc: 4004 });
  clock.advance(29_999);
  expect(await front.gateway.metric("m2mgw_links")).toBe(1);
  clock.advance(1);
  expect(await ae.closed).toMatchObject({ code: 4002 });
});

/** Lets the CSE keep its answers back from now on. */
function holdCse(front: Front): { reached: Promise<void>; with: (answer: CseAnswer) => void } {
  let reach = (): void => {};
  let answer = (_answer: CseAnswer): void => {};
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  const answered = new Promise<CseAnswer>((resolve) => {
    answer = resolve;
  });
  front.cse.answer(() => {
    reach();
    return answered;
  });
  return { reached, with: (given) => answer(given) };
}

/** A registered AE below any WebSocket library, and the path of its point of access. */
async function registeredPeer(front: Front): Promise<{ peer: RawPeer; point: string }> {
  const { peer } = await rawUpgrade(front.gateway.ws);
  const ae = { api: "N.test", rr: true, srv: ["3"] };
  const create = { op: 1, to: "cse-in", fr: "CAE1", rqi: "r1", ty: 2, pc: { "m2m:ae": ae } };
  expect(await peer.request(create)).toMatchObject({ rsc: 2001 });
  return { peer, point: new URL(front.poaAtCse().at(-1) ?? "").pathname };
}

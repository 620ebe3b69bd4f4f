import { once } from "node:events";
import { expect, test } from "vitest";
import { connectRegistree, type Registree } from "../helpers/fake-registree.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { Opcode, rawUpgrade } from "../helpers/raw-upgrade.ts";
import { startGateway } from "../helpers/start-gateway.ts";
import { startFront, VERIFY } from "./front.ts";

/** Counts the pings that came in. */
function pingsOf({ socket }: Registree): { readonly count: number; next(): Promise<void> } {
  let count = 0;
  socket.on("ping", () => {
    count += 1;
  });
  return {
    get count() {
      return count;
    },
    next: () => new Promise((resolve) => socket.once("ping", () => resolve())),
  };
}

test("a socket that is silent for 25 s is pinged, and no earlier (CL-01; architecture, S18)", async () => {
  const clock = new ManualClock();
  const front = await startFront({}, { clock });
  const { ae, point } = await front.ae();
  const pings = pingsOf(ae);
  clock.advance(24_999);
  await ae.request({ op: 2, to: "cse-in", fr: "CAE1" });
  // The request broke the silence, which begins anew; what the gateway sends does not break it.
  clock.advance(24_999);
  const notified = front.notify(point);
  const { rqi } = await ae.nextRequest();
  expect(pings.count).toBe(0);
  const pinged = pings.next();
  clock.advance(1);
  await pinged;
  ae.send({ rsc: 2000, rqi: String(rqi) });
  expect(await notified).toMatchObject({ status: 200 });
  expect(pings.count).toBe(1);
});

test("a client that does not answer the ping is gone at 35 s, and a verification for it is answered 5103 (CL-02; architecture, S18)", async () => {
  const clock = new ManualClock();
  const front = await startFront({}, { clock });
  const { ae, point } = await front.ae("CAE1", { autoPong: false });
  const pings = pingsOf(ae);
  const pinged = pings.next();
  clock.advance(25_000);
  await pinged;
  clock.advance(9_999);
  expect(await front.gateway.metric("m2mgw_links")).toBe(1);
  clock.advance(1);
  // Without a Close frame: nobody is there to read one.
  expect(await ae.closed).toMatchObject({ code: 1006 });
  expect(await front.notify(point, VERIFY)).toMatchObject({ status: 404, rsc: 5103 });
  expect(await front.gateway.metric("m2mgw_links")).toBe(0);
});

test("a verification that awaits its answer when the client is found dead is answered 4008 (CL-02; TS-0004, 7.3.1.3)", async () => {
  const clock = new ManualClock();
  const front = await startFront({ "request.ceiling": "10m" }, { clock });
  const { ae, point } = await front.ae("CAE1", { autoPong: false });
  const notified = front.notify(point, VERIFY);
  await ae.nextRequest();
  clock.advance(35_000);
  expect(await notified).toMatchObject({ status: 504, rsc: 4008 });
});

test("the silence and the patience are configurable", async () => {
  const clock = new ManualClock();
  const front = await startFront({ "ws.pingAfter": "2s", "ws.pongWithin": "1s" }, { clock });
  const { ae } = await front.ae("CAE1", { autoPong: false });
  const pinged = pingsOf(ae).next();
  clock.advance(2_000);
  await pinged;
  clock.advance(1_000);
  expect(await ae.closed).toMatchObject({ code: 1006 });
});

test("a client's ping is answered with its own payload (CL-03; RFC 6455, 5.5.3)", async () => {
  const gateway = await startGateway();
  const { peer } = await rawUpgrade(gateway.ws);
  peer.sendFrame({ opcode: Opcode.PING, payload: "are you there" });
  expect(await peer.nextFrame()).toMatchObject({
    opcode: Opcode.PONG,
    payload: Buffer.from("are you there"),
  });
});

test("a socket on which nobody becomes known is closed with 1008 after 30 s (ID-02, D-3.7)", async () => {
  const clock = new ManualClock();
  const gateway = await startGateway({}, { clock });
  const stranger = await connectRegistree(gateway.ws);
  clock.advance(29_999);
  expect(await gateway.metric("m2mgw_links")).toBe(1);
  clock.advance(1);
  expect(await stranger.closed).toMatchObject({ code: 1008 });
});

test("a request that was refused does not make anybody known (ID-02, D-3.7)", async () => {
  const clock = new ManualClock();
  const front = await startFront({}, { clock });
  front.cse.answer(() => ({ rsc: 4004 }));
  const stranger = await front.connect();
  clock.advance(20_000);
  const refused = await stranger.request({ op: 2, to: "cse-in", fr: "CX" });
  expect(refused).toMatchObject({ rsc: 4106 });
  clock.advance(10_000);
  expect(await stranger.closed).toMatchObject({ code: 1008 });
});

test("a claim to an identity is refused while its holder lives, and accepted once the holder failed a ping (D-3.3)", async () => {
  const clock = new ManualClock();
  const front = await startFront({ "ws.trustOrigin": "never" }, { clock });
  const { ae: holder } = await front.ae("CAE1", { autoPong: false });
  const pinged = once(holder.socket, "ping");
  const newcomer = await front.connect();
  const retrieve = { op: 2, to: "cse-in", fr: "CAE1" };
  const refused = newcomer.request(retrieve);
  holder.socket.pong((await pinged)[0]);
  expect(await refused).toMatchObject({ rsc: 4106 });
  const pingedAgain = once(holder.socket, "ping");
  const accepted = newcomer.request(retrieve);
  await pingedAgain;
  clock.advance(10_000);
  expect(await holder.closed).toMatchObject({ code: 1006 });
  expect(await accepted).toMatchObject({ rsc: 2000 });
});

test("a socket with a registree on it outlives the 30 s (D-3.7)", async () => {
  const clock = new ManualClock();
  const front = await startFront({ "ws.pingAfter": "10m" }, { clock });
  const { ae } = await front.ae();
  clock.advance(60_000);
  expect(await ae.request({ op: 2, to: "cse-in", fr: "CAE1" })).toMatchObject({ rsc: 2000 });
});

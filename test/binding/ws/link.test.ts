import { once } from "node:events";
import { expect, test } from "vitest";
import { jsonCodec } from "../../../src/codec/json/json.ts";
import type { CloseReason } from "../../../src/core/ports.ts";
import { MadeContent } from "../../../src/primitive/content.ts";
import type { ResponsePrimitive } from "../../../src/primitive/primitive.ts";
import { respond } from "../../../src/primitive/respond.ts";
import { ManualClock } from "../../helpers/manual-clock.ts";
import {
  AE1,
  AE2,
  deliver,
  flushed,
  type OpenLink,
  openLink,
  requestOf,
  settled,
} from "./open-link.ts";

const RETRIEVE = { op: 2, to: "cse-in", fr: "CAE1" };
const failsWith = (code: string): object => expect.objectContaining({ code });

/** Delivers under identifiers and gives what came of each, in that order. */
function deliverAll(open: OpenLink, identifiers: readonly string[]): Promise<ResponsePrimitive>[] {
  return identifiers.map((rqi) => deliver(open, requestOf(rqi)));
}

/** Identifiers of the requests that reached the peer so far, in order. */
const sentTo = ({ peer }: OpenLink): string[] =>
  peer.frames.map(({ text }) => JSON.parse(text)).flatMap(({ op, rqi }) => (op ? [rqi] : []));

/** Holds the host's answers back; each call of the result lets the oldest go. */
function holdHost({ host }: OpenLink): () => void {
  const held: (() => void)[] = [];
  host.answer = (request) =>
    new Promise((resolve) => held.push(() => resolve(respond(request, 2000))));
  return () => held.shift()?.();
}

test("a request reaches the peer with all it carries, and the answer comes back (TS-0020, 5.1)", async () => {
  const open = await openLink();
  const carried = new Map<string, unknown>([["rt", { rtv: 3 }]]);
  const answer = deliver(open, requestOf("r1", { operation: "notify", carried }));
  expect(await open.peer.nextRequest()).toEqual({
    op: 5,
    to: "CAE1",
    fr: "/id-in",
    rqi: "r1",
    rvi: "3",
    rt: { rtv: 3 },
  });
  open.peer.send({ rsc: 2000, rqi: "r1", pc: { a: 1 } });
  const { responseStatusCode, content, failure } = await answer;
  expect({ responseStatusCode, content: content?.tree(), failure }).toEqual({
    responseStatusCode: 2000,
    content: { a: 1 },
    failure: undefined,
  });
});

test("50 requests answered in the reverse order each get their own answer (EX-08, section 6)", async () => {
  const open = await openLink();
  const identifiers = Array.from({ length: 50 }, (_, index) => `r${index}`);
  const answers = deliverAll(open, identifiers);
  const asked = [];
  for (const _ of identifiers) asked.push(await open.peer.nextRequest());
  for (const [index, { rqi = "" }] of asked.reverse().entries()) {
    open.peer.send({ rsc: 2000, rqi, pc: { order: index } });
  }
  for (const [index, answer] of (await Promise.all(answers)).entries()) {
    expect(answer.requestIdentifier).toBe(`r${index}`);
    expect(answer.content?.tree()).toEqual({ order: 49 - index });
  }
});

test("an identifier that another originator has under way is substituted, and each gets its own back (EX-09; TS-0001, 7.1.7)", async () => {
  const open = await openLink();
  const answers = ["CA", "CB", "CC"].map((from) => deliver(open, requestOf("same", { from })));
  const asked = [];
  for (const _ of answers) asked.push(await open.peer.nextRequest());
  expect(asked[0]?.rqi).toBe("same");
  expect(new Set(asked.map(({ rqi }) => rqi)).size).toBe(3);
  for (const { rqi = "", fr } of asked.reverse()) open.peer.send({ rsc: 2000, rqi, pc: { fr } });
  for (const [index, answer] of (await Promise.all(answers)).entries()) {
    expect(answer.requestIdentifier).toBe("same");
    expect(answer.content?.tree()).toEqual({ fr: ["CA", "CB", "CC"][index] });
  }
});

test("an originator that repeats an identifier under way is refused, and the first still answered (EX-10, D-5.2; TS-0001, 7.1.7)", async () => {
  const open = await openLink();
  const first = deliver(open, requestOf("r1"));
  await expect(deliver(open, requestOf("r1"))).rejects.toEqual(
    failsWith("GW_REQUEST_IDENTIFIER_IN_USE"),
  );
  await open.peer.nextRequest();
  open.peer.send({ rsc: 2000, rqi: "r1" });
  expect(await first).toMatchObject({ responseStatusCode: 2000 });
  expect(sentTo(open)).toEqual(["r1"]);
});

test("a Notify is never refused for its identifier but gets another one on the wire (S14)", async () => {
  const open = await openLink();
  const notify = requestOf("n", { operation: "notify" });
  const answers = [deliver(open, notify), deliver(open, notify)];
  for (const status of [2000, 4004]) {
    const { rqi = "" } = await open.peer.nextRequest();
    open.peer.send({ rsc: status, rqi });
  }
  expect(await Promise.all(answers)).toMatchObject([
    { responseStatusCode: 2000, requestIdentifier: "n" },
    { responseStatusCode: 4004, requestIdentifier: "n" },
  ]);
});

test("an identifier that was answered may be used again (EX-11; TS-0001, 7.1.7)", async () => {
  const open = await openLink();
  for (const status of [2000, 4004]) {
    const answer = deliver(open, requestOf("r1"));
    expect(await open.peer.nextRequest()).toMatchObject({ rqi: "r1" });
    open.peer.send({ rsc: status, rqi: "r1" });
    expect(await answer).toMatchObject({ responseStatusCode: status });
  }
});

test("the same identifier in both directions is not mixed up (EX-12, section 6)", async () => {
  const open = await openLink();
  const release = holdHost(open);
  const fromPeer = open.peer.request({ ...RETRIEVE, rqi: "1" });
  await settled(open);
  const toPeer = deliver(open, requestOf("1"));
  await open.peer.nextRequest();
  open.peer.send({ rsc: 4004, rqi: "1" });
  expect(await toPeer).toMatchObject({ responseStatusCode: 4004 });
  release();
  expect(await fromPeer).toMatchObject({ rsc: 2000, rqi: "1" });
});

test("an answer that nobody waits for is counted and otherwise ignored (EX-13, section 6)", async () => {
  const unmatched: unknown[] = [];
  const open = await openLink({ observer: { unmatched: (link) => void unmatched.push(link) } });
  open.peer.send({ rsc: 2000, rqi: "never" });
  const answer = deliver(open, requestOf("r1"));
  await open.peer.nextRequest();
  open.peer.send({ rsc: 2000, rqi: "r1" });
  await answer;
  open.peer.send({ rsc: 2000, rqi: "r1" });
  await settled(open);
  expect(unmatched).toHaveLength(2);
  expect(open.host.received).toEqual([]);
});

test("a request that is not answered by its deadline fails with GW_NO_ANSWER, and its late answer is unmatched", async () => {
  const unmatched: unknown[] = [];
  const open = await openLink({ observer: { unmatched: (link) => void unmatched.push(link) } });
  const answer = deliver(open, requestOf("r1"), { wait: 500 });
  await open.peer.nextRequest();
  open.clock.advance(500);
  await expect(answer).rejects.toEqual(failsWith("GW_NO_ANSWER"));
  open.peer.send({ rsc: 2000, rqi: "r1" });
  await settled(open);
  expect(unmatched).toHaveLength(1);
});

test("requests past the window wait and go out in order, one for each answer (section 6)", async () => {
  const open = await openLink({ limits: { window: 2 } });
  const answers = deliverAll(open, ["a", "b", "c", "d"]);
  await open.peer.nextRequest();
  await open.peer.nextRequest();
  await flushed(open);
  expect(sentTo(open)).toEqual(["a", "b"]);
  open.peer.send({ rsc: 2000, rqi: "b" });
  expect(await open.peer.nextRequest()).toMatchObject({ rqi: "c" });
  await flushed(open);
  expect(sentTo(open)).toEqual(["a", "b", "c"]);
  for (const rqi of ["a", "c"]) open.peer.send({ rsc: 2000, rqi });
  expect(await open.peer.nextRequest()).toMatchObject({ rqi: "d" });
  open.peer.send({ rsc: 2000, rqi: "d" });
  expect(await Promise.all(answers)).toHaveLength(4);
});

test("the window opens when a request goes unanswered, too", async () => {
  const open = await openLink({ limits: { window: 1 } });
  const first = deliver(open, requestOf("a"), { wait: 100 });
  void deliver(open, requestOf("b"));
  await open.peer.nextRequest();
  open.clock.advance(100);
  await expect(first).rejects.toEqual(failsWith("GW_NO_ANSWER"));
  expect(await open.peer.nextRequest()).toMatchObject({ rqi: "b" });
});

test("requests past the window and the queue are refused, nothing sent", async () => {
  const open = await openLink({ limits: { window: 1, queue: 1 } });
  const [, , third] = deliverAll(open, ["a", "b", "c"]);
  await expect(third).rejects.toEqual(failsWith("GW_LINK_BUSY"));
  await open.peer.nextRequest();
  open.peer.send({ rsc: 2000, rqi: "a" });
  expect(await open.peer.nextRequest()).toMatchObject({ rqi: "b" });
  expect(sentTo(open)).toEqual(["a", "b"]);
});

test("a request whose deadline passes while it waits is never sent and fails with GW_NOT_SENT_IN_TIME", async () => {
  const open = await openLink({ limits: { window: 1 } });
  void deliver(open, requestOf("a"));
  const late = deliver(open, requestOf("b"), { wait: 100 });
  void deliver(open, requestOf("c"));
  await open.peer.nextRequest();
  open.clock.advance(100);
  await expect(late).rejects.toEqual(failsWith("GW_NOT_SENT_IN_TIME"));
  open.peer.send({ rsc: 2000, rqi: "a" });
  expect(await open.peer.nextRequest()).toMatchObject({ rqi: "c" });
  expect(sentTo(open)).toEqual(["a", "c"]);
});

test("of the peer's requests no more than the window are being served; the rest follow in order (section 6)", async () => {
  const open = await openLink({ limits: { window: 2 } });
  const release = holdHost(open);
  const answers = ["1", "2", "3", "4"].map((rqi) => open.peer.request({ ...RETRIEVE, rqi }));
  await settled(open);
  const served = (): string[] => open.host.received.map((request) => request.requestIdentifier);
  expect(served()).toEqual(["1", "2"]);
  release();
  await answers[0];
  expect(served()).toEqual(["1", "2", "3"]);
  for (let left = 0; left < 3; left += 1) {
    release();
    await answers[left + 1];
  }
  expect(served()).toEqual(["1", "2", "3", "4"]);
});

test("a request that wants no response frees its place in the window", async () => {
  const open = await openLink({ limits: { window: 1 } });
  open.host.answer = (request) =>
    Promise.resolve(request.requestIdentifier === "1" ? undefined : respond(request, 2000));
  open.peer.send({ ...RETRIEVE, rqi: "1" });
  expect(await open.peer.request({ ...RETRIEVE, rqi: "2" })).toMatchObject({ rsc: 2000 });
  expect(open.peer.frames).toHaveLength(1);
});

test("the peer's requests past the window and the queue are answered 5103 (S19)", async () => {
  const open = await openLink({ limits: { window: 1, queue: 1 } });
  holdHost(open);
  for (const rqi of ["1", "2"]) open.peer.send({ ...RETRIEVE, rqi });
  expect(await open.peer.request({ ...RETRIEVE, rqi: "3" })).toMatchObject({ rsc: 5103 });
  expect(open.host.received).toHaveLength(1);
});

test("the peer's requests that wait are limited in bytes, too (architecture, D9)", async () => {
  const open = await openLink({ limits: { window: 1, maxBuffered: 1_000 } });
  holdHost(open);
  open.peer.send({ ...RETRIEVE, rqi: "1" });
  open.peer.send({ ...RETRIEVE, rqi: "2", padding: "x".repeat(800) });
  const refused = open.peer.request({ ...RETRIEVE, rqi: "3", padding: "x".repeat(800) });
  expect(await refused).toMatchObject({ rsc: 5103 });
});

test("a host that fails is answered for with 5000, and the place in the window freed", async () => {
  const open = await openLink({ limits: { window: 1 } });
  open.host.answer = () => Promise.reject(new Error("secret"));
  const answer = await open.peer.request({ ...RETRIEVE, rqi: "1" });
  expect(answer).toMatchObject({ rsc: 5000 });
  expect(JSON.stringify(answer)).not.toContain("secret");
  open.host.answer = (request) => Promise.resolve(respond(request, 2000));
  expect(await open.peer.request({ ...RETRIEVE, rqi: "2" })).toMatchObject({ rsc: 2000 });
});

test("a peer that asks and does not read its answers is closed, and what is kept for it bounded (architecture, D9)", async () => {
  const open = await openLink({ limits: { window: 4, queue: 4, maxBuffered: 65_536 } });
  const content = new MadeContent({ con: "x".repeat(1_000_000) });
  open.host.answer = (request) => Promise.resolve(respond(request, 2000, content));
  open.peer.socket.pause();
  for (let sent = 0; sent < 100 && open.socket.readyState === open.socket.OPEN; sent += 1) {
    const arrived = once(open.socket, "message");
    open.peer.send({ ...RETRIEVE, rqi: `${sent}` });
    await arrived;
  }
  expect(open.socket.readyState).not.toBe(open.socket.OPEN);
  expect(open.socket.bufferedAmount).toBeLessThan(10_000_000);
  expect(open.link.open).toBe(false);
  open.peer.socket.resume();
  expect(await open.peer.closed).toMatchObject({ code: 1008 });
});

test("what follows the message that shut a peer out is not carried on (RFC 6455, 7.1.7)", async () => {
  const open = await openLink();
  for (let sent = 0; sent < 10; sent += 1) open.peer.send("no primitive");
  open.peer.send({ ...RETRIEVE, rqi: "1" });
  expect(await open.peer.closed).toMatchObject({ code: 1008 });
  expect(open.host.received).toEqual([]);
});

test.each<[CloseReason, number]>([
  ["shutdown", 1001],
  ["unidentified", 1008],
  ["superseded", 4001],
  ["deregistered", 4002],
])("a link closed as %s tells its peer with %i (section 6)", async (reason, code) => {
  const open = await openLink();
  open.link.close(reason);
  expect(await open.peer.closed).toMatchObject({ code });
});

test("a draining link takes nothing new, waits for what is under way in both directions, then closes (CL-05, CL-06; TS-0020, 6.5)", async () => {
  const open = await openLink({ limits: { window: 1 } });
  const release = holdHost(open);
  const fromPeer = open.peer.request({ ...RETRIEVE, rqi: "1" });
  const waiting = open.peer.request({ ...RETRIEVE, rqi: "2" });
  const toPeer = deliver(open, requestOf("a"));
  const queued = deliver(open, requestOf("b"));
  await open.peer.nextRequest();
  await settled(open);

  open.link.close("shutdown");
  open.link.close("superseded");
  expect(open.link.open).toBe(false);
  await expect(queued).rejects.toEqual(failsWith("GW_TARGET_OFFLINE"));
  await expect(deliver(open, requestOf("c"))).rejects.toEqual(failsWith("GW_TARGET_OFFLINE"));
  expect(await open.peer.request({ ...RETRIEVE, rqi: "3" })).toMatchObject({ rsc: 5103 });

  open.peer.send({ rsc: 2000, rqi: "a" });
  expect(await toPeer).toMatchObject({ responseStatusCode: 2000 });
  release();
  expect(await fromPeer).toMatchObject({ rsc: 2000 });
  release();
  expect(await waiting).toMatchObject({ rsc: 2000 });
  expect(await open.peer.closed).toMatchObject({ code: 1001 });
  expect(open.host.received.map(({ requestIdentifier }) => requestIdentifier)).toEqual(["1", "2"]);
});

test("a draining link gives up after its time, and what is under way fails with GW_LINK_LOST (CL-06)", async () => {
  const open = await openLink();
  const answer = deliver(open, requestOf("a"), { wait: 60_000 });
  await open.peer.nextRequest();
  open.link.close("shutdown");
  open.clock.advance(9_999);
  expect(open.socket.readyState).toBe(open.socket.OPEN);
  open.clock.advance(1);
  expect(await open.peer.closed).toMatchObject({ code: 1001 });
  await expect(answer).rejects.toEqual(failsWith("GW_LINK_LOST"));
});

test("a connection that breaks is told to the host once, before what was under way fails (CL-09)", async () => {
  const reasons: string[] = [];
  const open = await openLink({
    limits: { window: 1 },
    observer: { linkClosed: (_link, reason) => void reasons.push(reason) },
  });
  const order: string[] = [];
  open.host.closed = () => void order.push("closed");
  const sent = deliver(open, requestOf("a")).catch(({ code }) => order.push(code));
  const unsent = deliver(open, requestOf("b")).catch(({ code }) => order.push(code));
  await open.peer.nextRequest();
  open.peer.socket.terminate();
  await Promise.all([sent, unsent]);
  expect(order[0]).toBe("closed");
  expect(order.slice(1).sort()).toEqual(["GW_LINK_LOST", "GW_TARGET_OFFLINE"]);
  expect(reasons).toEqual(["1006"]);
  expect(open.link.open).toBe(false);
  await expect(deliver(open, requestOf("c"))).rejects.toEqual(failsWith("GW_TARGET_OFFLINE"));
});

test("requests that waited for their turn are not carried on after their peer has left", async () => {
  const open = await openLink({ limits: { window: 1 } });
  const release = holdHost(open);
  for (const rqi of ["1", "2"]) open.peer.send({ ...RETRIEVE, rqi });
  void deliver(open, requestOf("a"));
  await settled(open);
  const closed = once(open.socket, "close");
  open.peer.socket.terminate();
  await closed;
  release();
  await new Promise((turn) => setImmediate(turn));
  expect(open.host.received).toHaveLength(1);
  // Nothing is left that could fire.
  expect(open.clock.waiting).toBe(0);
});

test("a link is pinged when silent for 25 s, its pong keeps it, and without one it ends at 35 s (CL-01, CL-02; RFC 6455, 5.5.2)", async () => {
  const open = await openLink();
  const ponged = once(open.socket, "pong");
  open.clock.advance(25_000);
  await ponged;
  open.clock.advance(24_999);
  expect(open.socket.readyState).toBe(open.socket.OPEN);

  const mute = await openLink({ peer: { autoPong: false } });
  const pinged = once(mute.peer.socket, "ping");
  mute.clock.advance(25_000);
  await pinged;
  mute.clock.advance(9_999);
  expect(mute.link.open).toBe(true);
  mute.clock.advance(1);
  expect(await mute.peer.closed).toMatchObject({ code: 1006 });
});

test("a peer's messages and pings are signs of life, what is sent to it is not", async () => {
  const open = await openLink({ peer: { autoPong: false } });
  const pings: unknown[] = [];
  open.peer.socket.on("ping", (payload) => pings.push(payload));
  open.clock.advance(20_000);
  await settled(open);
  open.clock.advance(20_000);
  await open.peer.request(RETRIEVE);
  open.clock.advance(20_000);
  void deliver(open, requestOf("a"));
  await open.peer.nextRequest();
  expect(pings).toEqual([]);
  const pinged = once(open.peer.socket, "ping");
  open.clock.advance(5_000);
  await pinged;
});

test("a probe pings at once, and a link that gives no sign ends 10 s later (D-3.3)", async () => {
  const open = await openLink({ peer: { autoPong: false } });
  const pinged = once(open.peer.socket, "ping");
  const lives = open.link.probe();
  await pinged;
  open.clock.advance(10_000);
  expect(await open.peer.closed).toMatchObject({ code: 1006 });
  expect(await lives).toBe(false);
});

test("a probe is answered by the pong that repeats it, not by another one (RFC 6455, 5.5.3)", async () => {
  const open = await openLink({ peer: { autoPong: false } });
  const pinged = once(open.peer.socket, "ping");
  const told: boolean[] = [];
  const lives = open.link.probe().then((outcome) => told.push(outcome));
  const [mark] = await pinged;
  open.peer.socket.pong("left behind");
  await open.peer.request({ op: 2, to: "cse-in/x", fr: "CAE1" });
  expect(told).toEqual([]);
  open.peer.socket.pong(mark);
  await lives;
  expect(told).toEqual([true]);
});

/** Two links, the older with a request of `AE1` under way, which the newer inherits. */
async function takeOver(window: number): Promise<{
  older: OpenLink;
  newer: OpenLink;
  answer: Promise<ResponsePrimitive>;
}> {
  const clock = new ManualClock();
  const older = await openLink({ clock, limits: { window } });
  const newer = await openLink({ clock, limits: { window } });
  const answer = deliver(older, requestOf("a"), { wait: 60_000 });
  await older.peer.nextRequest();
  newer.link.inherit(older.link, AE1);
  older.link.close("superseded");
  return { older, newer, answer };
}

test("after a take-over the answer counts on the newer link, and the older one closes with 4001 (D-3.4, ID-10)", async () => {
  const { older, newer, answer } = await takeOver(64);
  newer.peer.send({ rsc: 2000, rqi: "a" });
  expect(await answer).toMatchObject({ responseStatusCode: 2000 });
  expect(await older.peer.closed).toMatchObject({ code: 4001 });
});

test("after a take-over the answer still counts on the older link (D-3.3, D-3.4)", async () => {
  const { older, answer } = await takeOver(64);
  older.peer.send({ rsc: 2000, rqi: "a" });
  expect(await answer).toMatchObject({ responseStatusCode: 2000 });
  expect(await older.peer.closed).toMatchObject({ code: 4001 });
});

test("after a take-over the request outlives the older link, and fails with the newer one (D-3.4)", async () => {
  const { older, newer, answer } = await takeOver(64);
  const gone = once(older.socket, "close");
  older.peer.socket.terminate();
  await gone;
  newer.peer.socket.terminate();
  await expect(answer).rejects.toEqual(failsWith("GW_LINK_LOST"));
});

test("an inherited request counts in the window of the newer link, which opens when it is answered (section 6)", async () => {
  const { newer, answer } = await takeOver(1);
  void deliver(newer, requestOf("b"));
  newer.peer.send({ rsc: 2000, rqi: "a" });
  await answer;
  await flushed(newer);
  expect(sentTo(newer)).toEqual(["b"]);
});

test("a draining link closes when the last request it inherited is answered elsewhere", async () => {
  const { older, newer, answer } = await takeOver(64);
  newer.link.close("shutdown");
  older.peer.send({ rsc: 2000, rqi: "a" });
  await answer;
  expect(newer.socket.readyState).not.toBe(newer.socket.OPEN);
});

test("the requests of another registree on the older link are not inherited (ID-11, ID-12)", async () => {
  const clock = new ManualClock();
  const unmatched: unknown[] = [];
  const older = await openLink({ clock });
  const newer = await openLink({
    clock,
    observer: { unmatched: (link) => void unmatched.push(link) },
  });
  const answer = deliver(older, requestOf("a"), { registree: AE2 });
  await older.peer.nextRequest();
  newer.link.inherit(older.link, AE1);
  newer.peer.send({ rsc: 4004, rqi: "a" });
  await settled(newer);
  expect(unmatched).toHaveLength(1);
  older.peer.send({ rsc: 2000, rqi: "a" });
  expect(await answer).toMatchObject({ responseStatusCode: 2000 });
});

test("what waits for a registree is bounded in bytes too (architecture, D9)", async () => {
  const open = await openLink({ limits: { window: 1, maxBuffered: 1_000 } });
  const content = jsonCodec.decodeContent(Buffer.from(`{"m2m:sgn":{"sur":"${"x".repeat(600)}"}}`), {
    emptyIsNull: false,
  });
  const [, , third] = ["a", "b", "c"].map((rqi) => {
    const delivered = deliver(open, requestOf(rqi, { content }));
    delivered.catch(() => {});
    return delivered;
  });
  await expect(third).rejects.toEqual(failsWith("GW_LINK_BUSY"));
});

test("what waits while the peer closes is not sent: it fails as such, not as lost (TS-0004, 5.4.3)", async () => {
  const open = await openLink({ limits: { window: 1 } });
  const { clock, peer, socket } = open;
  const first = deliver(open, requestOf("r1", { operation: "create" }), { wait: 1_000 });
  const second = deliver(open, requestOf("r2", { operation: "create" }), { wait: 60_000 });
  await peer.nextRequest();
  // The other end of the connection stays open: a Close is on its way for as long as TCP is.
  const closing = new Promise((resolve) => socket.once("close", resolve));
  socket.close(1001);
  clock.advance(2_000);
  await expect(first).rejects.toEqual(failsWith("GW_NO_ANSWER"));
  await closing;
  await expect(second).rejects.toEqual(failsWith("GW_TARGET_OFFLINE"));
});

test("a peer that leaves our Close unanswered for as long as a ping may be is gone (RFC 6455, 7.1.1)", async () => {
  const { link, host, clock, socket } = await openLink();
  const closed = once(socket, "close");
  // What the peer sends is not read any more, as if it had gone without a word.
  socket.pause();
  link.close("shutdown");
  clock.advance(9_999);
  expect(host.closings).toEqual([]);
  clock.advance(1);
  await closed;
  expect(host.closings).toEqual([link]);
});

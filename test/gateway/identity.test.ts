import { createConnection } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { ManualClock } from "../helpers/manual-clock.ts";
import { asked, type Front, inStep, ok, type RegisteredAe, startFront, VERIFY } from "./front.ts";

const RETRIEVE = { op: 2, to: "cse-in/x", fr: "CAE1" };
const SERVED = { status: 200, rsc: 2000 };
const NOT_REACHABLE = { status: 404, rsc: 5103 };

/** The AE CAE1 is registered and away. */
async function away(front: Front): Promise<RegisteredAe> {
  const registered = await front.ae("CAE1");
  await registered.ae.disconnect();
  await front.gateway.metricIs("m2mgw_links", 0);
  return registered;
}

test("a socket that names nobody and sends nothing gets nothing and is closed with 1008 after 30 s (ID-02, D-3.7)", async () => {
  const clock = new ManualClock();
  const front = await startFront({}, { clock });
  const { point } = await away(front);
  const ae = await front.connect();
  expect(await front.notify(point, VERIFY)).toMatchObject(NOT_REACHABLE);
  clock.advance(29_999);
  await inStep(ae);
  clock.advance(1);
  expect(await ae.closed).toMatchObject({ code: 1008 });
  expect(ae.frames).toEqual([]);
  await front.gateway.metricIs('m2mgw_link_closes_total{reason="policy"}', 1);
});

test("requests that are refused do not keep an unidentified socket open (D-3.7)", async () => {
  const clock = new ManualClock();
  const front = await startFront({}, { clock });
  front.cse.answer(() => ({ rsc: 4004 }));
  const ae = await front.connect();
  clock.advance(20_000);
  expect(await ae.request(RETRIEVE)).toMatchObject({ rsc: 4106 });
  clock.advance(10_000);
  expect(await ae.closed).toMatchObject({ code: 1008 });
});

test("a registration keeps the socket open (D-3.7)", async () => {
  const clock = new ManualClock();
  const front = await startFront({ "ws.pingAfter": "1h" }, { clock });
  const { point } = await front.ae("CAE1", { answer: ok });
  clock.advance(60_000);
  expect(await front.notify(point)).toMatchObject(SERVED);
});

test("a trusted X-M2M-Origin binds a registered AE as soon as it connects (ID-03, D-3.1, D-3.8)", async () => {
  const clock = new ManualClock();
  const front = await startFront({ "ws.pingAfter": "1h" }, { clock });
  const { point } = await away(front);
  const ae = await front.connect({ origin: "CAE1", answer: ok });
  expect(await front.notify(point)).toMatchObject(SERVED);
  expect(asked(front.cse)).toEqual(["POST /cse-in"]);
  clock.advance(60_000);
  await inStep(ae);
  expect(await front.notify(point)).toMatchObject(SERVED);
});

describe("an X-M2M-Origin that is not trusted is ignored until a request is accepted (ID-04, D-3.8)", () => {
  test.each([
    ["trust is switched off", { "ws.trustOrigin": "never" }, {}],
    ["a proxy speaks for the peer", {}, { Forwarded: "for=192.0.2.1" }],
    ["a proxy of the older kind does", {}, { "X-Forwarded-For": "192.0.2.1" }],
  ])("when %s", async (_why, settings, headers) => {
    const front = await startFront(settings);
    const { point } = await away(front);
    const ae = await front.connect({ origin: "CAE1", headers, answer: ok });
    expect(await front.notify(point, VERIFY)).toMatchObject(NOT_REACHABLE);
    expect(await ae.request(RETRIEVE)).toMatchObject({ rsc: 2000 });
    expect(await front.notify(point)).toMatchObject(SERVED);
  });
});

test("with trust for everybody a forwarded X-M2M-Origin binds too", async () => {
  const front = await startFront({ "ws.trustOrigin": "always" });
  const { point } = await away(front);
  await front.connect({ origin: "CAE1", headers: { Forwarded: "for=192.0.2.1" }, answer: ok });
  expect(await front.notify(point)).toMatchObject(SERVED);
});

test.each(["CAE1", "/id-in/CAE1", "//sp.example/id-in/CAE1"])(
  "X-M2M-Origin and fr may be written as %s",
  async (form) => {
    const front = await startFront({ "cse.spId": "sp.example" });
    const { point } = await away(front);
    const ae = await front.connect({ origin: form, answer: ok });
    expect(await front.notify(point)).toMatchObject(SERVED);
    expect(await ae.request({ ...RETRIEVE, fr: form })).toMatchObject({ rsc: 2000 });
    expect(front.cse.requests.at(-1)?.headers["x-m2m-origin"]).toBe(form);
  },
);

test("what a stranger is answered that names a registree and goes does not reach that registree (5.4, D-3.1)", async () => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1");
  const before = ae.frames.length;
  const stranger = await front.connect({ headers: { "X-Forwarded-For": "192.0.2.9" } });
  stranger.send({ ...RETRIEVE, rqi: "guess", rvi: "3" });
  await stranger.disconnect();
  await front.gateway.metricIs('m2mgw_failures_total{code="GW_IDENTITY_TAKEN"}', 1);
  await inStep(ae);
  expect(ae.frames.slice(before)).toEqual([]);
});

test("two AEs on one socket are both served there (ID-12, D-3.2)", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1", { answer: ok });
  expect(await ae.register("CAE2")).toMatchObject({ rsc: 2001 });
  expect(await front.notify(point)).toMatchObject(SERVED);
  expect(await front.notify("/CAE2")).toMatchObject(SERVED);
  expect(await ae.nextRequest()).toMatchObject({ to: "CAE1" });
  expect(await ae.nextRequest()).toMatchObject({ to: "CAE2" });
});

test("when the first of two AEs on a socket is deleted, the second is still served (ID-13)", async () => {
  const clock = new ManualClock();
  const front = await startFront({ "ws.pingAfter": "1h" }, { clock });
  const { ae, point } = await front.ae("CAE1", { answer: ok });
  await ae.register("CAE2");
  expect(await ae.request({ op: 4, to: "CAE1", fr: "CAE1" })).toMatchObject({ rsc: 2002 });
  expect(await front.notify(point)).toMatchObject({ status: 404, rsc: 4004 });
  expect(await front.notify("/CAE2")).toMatchObject(SERVED);
  clock.advance(60_000);
  expect(await front.notify("/CAE2")).toMatchObject(SERVED);
});

test("fr of the response and of the request are the same on both sides (SE-08)", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1", { answer: ok });
  await front.notify(point, { headers: { "X-M2M-Origin": "//other.example/id-x/CFar" } });
  expect(await ae.nextRequest()).toMatchObject({ fr: "//other.example/id-x/CFar" });
});

test.each(["\r", "\n", "\0"])(
  "a handshake whose X-M2M-Origin has %j in it binds nobody (SE-09)",
  async (character) => {
    const front = await startFront();
    const { point } = await away(front);
    const { hostname, port } = new URL(front.gateway.ws);
    const head = [
      "GET / HTTP/1.1",
      `Host: ${hostname}:${port}`,
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      "Sec-WebSocket-Protocol: oneM2M.json",
      `X-M2M-Origin: CX${character}X-M2M-Origin: CAE1`,
    ];
    const socket = createConnection({ host: hostname, port: Number(port) });
    onTestFinished(() => void socket.destroy());
    const first = new Promise<string>((resolve, reject) => {
      socket.once("data", (chunk) => resolve(chunk.toString()));
      socket.on("error", reject);
    });
    socket.write(`${head.join("\r\n")}\r\n\r\n`);
    expect(await first).toMatch(/^HTTP\/1\.1 400 /);
    expect(await front.notify(point, VERIFY)).toMatchObject(NOT_REACHABLE);
  },
);

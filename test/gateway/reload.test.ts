import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { credentialsIn } from "./credentials-in.ts";
import { inStep, ok, startFront, VERIFY } from "./front.ts";

const SERVED = { status: 200, rsc: 2000 };
const rules = (...list: object[]): string => JSON.stringify(list);

test("other rules hold from the next request on, and nobody they admit loses the connection (D10)", async () => {
  const settings = { permissions: rules({ credentials: ["trusted", "none"] }) };
  const front = await startFront(settings);
  const { ae, point } = await front.ae("CAE1", { answer: ok });
  const ask = { op: 4, to: "cse-in/x", fr: "CAE1" };
  expect(await ae.request(ask)).toMatchObject({ rsc: 2002 });

  const permissions = rules({ operations: ["retrieve"], credentials: ["trusted"] });
  const changes = await front.gateway.reload({ "cse.url": front.cse.url, permissions });
  expect(changes).toEqual({ live: ["permissions"], restart: [] });
  expect(front.gateway.log).toContainEqual(
    expect.objectContaining({ stream: "audit", action: "reload", live: ["permissions"] }),
  );
  expect(await ae.request(ask)).toMatchObject({ rsc: 4103 });
  expect(await front.notify(point, VERIFY)).toMatchObject(SERVED);
});

test("a connection that other rules do not admit is closed with 1008", async () => {
  const front = await startFront();
  const { ae: lamp } = await front.ae("Clamp", { answer: ok });
  const { ae: meter, point } = await front.ae("Cmeter", { answer: ok });
  const permissions = rules({ originators: ["Cmeter"], credentials: ["trusted"] });
  await front.gateway.reload({ "cse.url": front.cse.url, permissions });
  expect(await lamp.closed).toMatchObject({ code: 1008 });
  await inStep(meter);
  expect(await front.notify(point, VERIFY)).toMatchObject(SERVED);
  expect(front.gateway.log).toContainEqual(expect.objectContaining({ msg: "link expelled" }));
});

test("who was trusted only because nobody could prove anything is a stranger once somebody can (1008)", async () => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1", { answer: ok });
  await front.gateway.reload({ "cse.url": front.cse.url, ...credentialsIn() });
  expect(await ae.closed).toMatchObject({ code: 1008 });
});

test("a connection is trusted as the rules have it that hold now", async () => {
  const credentials = credentialsIn();
  const front = await startFront({ "ws.trustOrigin": "never" });
  const { ae, point } = await front.ae("CAE1", { answer: ok });
  const trusting = {
    "cse.url": front.cse.url,
    ...credentials,
    "ws.trustedNetworks": "127.0.0.0/8",
  };
  await front.gateway.reload(trusting);
  await inStep(ae);
  expect(await front.notify(point, VERIFY)).toMatchObject(SERVED);
  await front.gateway.reload({ ...trusting, "ws.trustOrigin": "never" });
  expect(await ae.closed).toMatchObject({ code: 1008 });
});

test("a dry run says what would change and changes nothing", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1", { answer: ok });
  const permissions = rules({ originators: ["CNobody"] });
  const settings = { "cse.url": front.cse.url, permissions, "cse.timeout": "3s" };
  expect(await front.gateway.reload(settings, true)).toEqual({
    live: ["permissions"],
    restart: ["cse.timeout"],
  });
  await inStep(ae);
  expect(await front.notify(point, VERIFY)).toMatchObject(SERVED);
});

test("what needs a restart is named, also by the next reload, and the rest holds", async () => {
  const front = await startFront();
  const settings = { "cse.url": front.cse.url, "cse.timeout": "3s", "log.level": "silent" };
  expect(await front.gateway.reload(settings)).toEqual({
    live: ["log.level"],
    restart: ["cse.timeout"],
  });
  expect(await front.gateway.reload(settings)).toEqual({ live: [], restart: ["cse.timeout"] });
});

test("a configuration that is not right is refused whole", async () => {
  const front = await startFront();
  const { point } = await front.ae("CAE1", { answer: ok });
  const permissions = rules({ originators: ["CNobody"] });
  const settings = { "cse.url": front.cse.url, permissions, "cse.timeout": "soon" };
  await expect(async () => front.gateway.reload(settings)).rejects.toThrow("cse.timeout");
  expect(await front.notify(point, VERIFY)).toMatchObject(SERVED);
});

test("2,000 sockets stay open through a reload", async () => {
  const front = await startFront();
  const sockets = Array.from(
    { length: 2_000 },
    () => new WebSocket(front.gateway.ws, ["oneM2M.json"]),
  );
  let closed = 0;
  await Promise.all(
    sockets.map((socket) => new Promise((resolve) => socket.once("open", resolve))),
  );
  for (const socket of sockets) socket.once("close", () => (closed += 1));
  const permissions = rules({ credentials: ["trusted"] });
  await front.gateway.reload({ "cse.url": front.cse.url, permissions });
  const last = sockets.at(-1);
  const pong = new Promise((resolve) => last?.once("pong", resolve));
  last?.ping();
  await pong;
  expect(closed).toBe(0);
  expect(await front.gateway.metric("m2mgw_links")).toBe(2_000);
  for (const socket of sockets) socket.terminate();
});

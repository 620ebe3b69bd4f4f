import { once } from "node:events";
import { createConnection } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { defaultScript } from "../helpers/fake-cse.ts";
import { startHttpRegistree } from "../helpers/http-registree.ts";
import { ok, SGN } from "./front.ts";
import {
  ask,
  away,
  back,
  expectConserved,
  HELD,
  heldIs,
  holdAll,
  LABORATORY,
  leave,
  NOT_FOUND,
  quiet,
  rqisOf,
  startHolding,
  type Timed,
} from "./hold-in.ts";
import { startStandalone } from "./http-standalone.ts";

const DELETED = { status: 200, rsc: 2002 };

const deleteAe = (front: Timed): ReturnType<typeof ask> =>
  ask(front, { method: "DELETE", target: "/cse-in/ae-CAE1", rqi: "d1" });

test("who waits for an AE that is away is told 4004 when its <AE> is deleted (RG-15)", async () => {
  const front = await startHolding({ "hold.profile": "strict" });
  const point = await away(front);
  const answered = front.notify(point);
  await heldIs(front, 1);
  expect(await deleteAe(front)).toMatchObject(DELETED);
  expect(await answered).toMatchObject(NOT_FOUND);
  await expectConserved(front.gateway, { cancelled: 1 });
});

test("what was acknowledged for it is given up and counted (4.4; architecture, S10)", async () => {
  const front = await startHolding();
  const point = await away(front);
  await holdAll(front, point, ["n1", "n2"]);
  expect(await deleteAe(front)).toMatchObject(DELETED);
  await expectConserved(front.gateway, { cancelled: 2 });
  expect(await front.notify(point, { rqi: "n3" })).toMatchObject(NOT_FOUND);
});

test("only its own: what is held for others stays", async () => {
  const front = await startHolding();
  const [one, two] = [await away(front, "CAE1"), await away(front, "CAE2")];
  await holdAll(front, one, ["a1"]);
  await holdAll(front, two, ["b1"]);
  expect(await deleteAe(front)).toMatchObject(DELETED);
  await expectConserved(front.gateway, { cancelled: 1, entries: 1 });
  await back(front, "CAE2", { answer: ok });
  await expectConserved(front.gateway, { cancelled: 1, delivered: 1 });
});

test("an AE that deregisters itself in the middle of what is held gets no more of it (4.4)", async () => {
  const front = await startHolding();
  await holdAll(front, await away(front), ["n1", "n2", "n3"]);
  const ae = await back(front);
  await ae.nextRequest();
  expect(await ae.request({ op: 4, to: "CAE1", fr: "CAE1" })).toMatchObject({ rsc: 2002 });
  await expectConserved(front.gateway, { cancelled: 3 });
  await quiet(front, ae);
  expect(rqisOf(ae)).toEqual(["n1"]);
});

test("registering again afterwards brings nothing of it back (RW-09)", async () => {
  const front = await startHolding();
  await holdAll(front, await away(front), ["n1"]);
  await deleteAe(front);
  await expectConserved(front.gateway, { cancelled: 1 });
  const { ae } = await front.ae("CAE1");
  await quiet(front, ae);
  expect(rqisOf(ae)).toEqual([]);
});

test("an AE whose registration expires takes with it what is held (RG-20, 4.3)", async () => {
  const front = await startHolding();
  front.cse.answer((request) => {
    const { body, ...created } = defaultScript(request) as { body: { "m2m:ae": object } };
    return { ...created, body: { "m2m:ae": { ...body["m2m:ae"], et: "20260101T120100" } } };
  });
  const { ae, point } = await front.ae("CAE1");
  await leave(front, ae);
  expect(await front.notify(point)).toMatchObject(HELD);
  front.clock.advance(61_000);
  await expectConserved(front.gateway, { cancelled: 1 });
  expect(await front.notify(point)).toMatchObject(NOT_FOUND);
});

test("who waits for a registree CSE is told 4004 when its <remoteCSE> is deleted (RG-15)", async () => {
  const front = await startHolding(LABORATORY);
  await away(front, "/id-mn");
  const answered = ask(front, { target: "/~/id-mn/cse/c" });
  await heldIs(front, 1);
  expect(await ask(front, { method: "DELETE", target: "/csr1", rqi: "d1" })).toMatchObject(DELETED);
  expect(await answered).toMatchObject(NOT_FOUND);
  await expectConserved(front.gateway, { cancelled: 1 });
});

test("a Notify whose content arrives after its AE has deregistered is 404 with 4004, and not held (RG-15)", async () => {
  const front = await startHolding();
  const { ae, point } = await front.ae("CAE1");
  const { hostname, port } = new URL(front.gateway.http);
  const socket = createConnection({ host: hostname, port: Number(port) });
  onTestFinished(() => void socket.destroy());
  const next = async (): Promise<string> => String(await once(socket, "data"));
  const head = [
    `POST ${point} HTTP/1.1`,
    `Host: ${hostname}:${port}`,
    "X-M2M-Origin: /id-in",
    "X-M2M-RI: n1",
    "X-M2M-RVI: 3",
    "Content-Type: application/json",
    `Content-Length: ${SGN.length}`,
    "Expect: 100-continue",
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n`);
  expect(await next()).toMatch(/^HTTP\/1\.1 100 /);
  expect(await ae.request({ op: 4, to: "CAE1", fr: "CAE1" })).toMatchObject({ rsc: 2002 });
  await leave(front, ae);
  socket.write(SGN);
  const answer = await next();
  expect(answer).toMatch(/^HTTP\/1\.1 404 /);
  expect(answer).toContain("\r\nX-M2M-RSC: 4004\r\n");
  await expectConserved(front.gateway, {});
});

test("who calls an AE over HTTP that deregisters and goes meanwhile is told 4004, and nothing is held (RG-15)", async () => {
  const { ask: askStandalone, gateway, notify, register } = await startStandalone();
  const device = await startHttpRegistree();
  await register([`${device.url}/n`]);
  device.answer(() => {});
  const answered = notify("/CAE1");
  await device.next();
  expect(await askStandalone("CAE1", "DELETE", "/cse-in/one")).toMatchObject({ rsc: 2002 });
  await device.stop();
  expect(await answered).toMatchObject(NOT_FOUND);
  await expectConserved(gateway, {});
});

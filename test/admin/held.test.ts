import { expect, test } from "vitest";
import { type Front, ok } from "../gateway/front.ts";
import {
  ask,
  askThenHangUp,
  away,
  back,
  expectConserved,
  heldIs,
  holdAll,
  LABORATORY,
  rqisOf,
  sgnOf,
  startHolding,
} from "../gateway/hold-in.ts";
import { api, get, post } from "./api-in.ts";

const rqisIn = ({ body }: Awaited<ReturnType<typeof get>>): string[] =>
  body.items.map((item: { requestIdentifier: string }) => item.requestIdentifier);

async function all(front: Front, target: string): Promise<string[]> {
  const rqis: string[] = [];
  for (let after = ""; ; ) {
    const page = await get(front.gateway, `${target}limit=2${after}`);
    rqis.push(...rqisIn(page));
    if (page.body.next === undefined) return rqis;
    after = `&after=${encodeURIComponent(page.body.next)}`;
  }
}

test("what is held is listed in pages, one registree after the other, open exchanges among it", async () => {
  const front = await startHolding(LABORATORY);
  const two = await away(front, "CAE2");
  const one = await away(front, "CAE1");
  await holdAll(front, two, ["b1", "b2", "b3"]);
  await holdAll(front, one, ["a1", "a2"]);
  await away(front, "/id-mn");
  const open = askThenHangUp(front, { target: "/~/id-mn/x", headers: { "X-M2M-RET": "60000" } });
  await heldIs(front, 6);
  expect(await all(front, "/held?")).toEqual(["a1", "a2", "b1", "b2", "b3", "h1"]);
  expect(await all(front, "/held?registree=CAE2&")).toEqual(["b1", "b2", "b3"]);
  const { body } = await get(front.gateway, "/held?registree=%2Fid-mn");
  expect(body.items).toMatchObject([
    { registree: "/id-mn", operation: "retrieve", stored: false, originator: "CApp" },
  ]);
  open.hangUp();
});

test("one is shown without its content, and with it only where that is asked for and on record", async () => {
  const front = await startHolding();
  const point = await away(front);
  await front.notify(point, { body: sgnOf("/id-in/sub", "1.10") });
  const [{ sequence }] = (await get(front.gateway, "/held")).body.items;
  const plain = await get(front.gateway, `/held/CAE1/${sequence}`);
  expect(plain.body).toMatchObject({ sequence, stored: true, sent: false, underWay: false });
  expect(plain.body).not.toHaveProperty("content");
  expect(front.gateway.log).not.toContainEqual(expect.objectContaining({ stream: "audit" }));
  const { body } = await get(front.gateway, `/held/CAE1/${sequence}?content=true`);
  expect(body.content).toBe(sgnOf("/id-in/sub", "1.10"));
  const acted = { stream: "audit", action: "content read", sequence };
  expect(front.gateway.log).toContainEqual(expect.objectContaining(acted));
  expect((await get(front.gateway, "/held/CAE1/999")).status).toBe(404);
});

test("one that is dropped is never delivered, is counted, and can be had back from the dead letters", async () => {
  const front = await startHolding();
  const point = await away(front);
  await holdAll(front, point, ["n1", "n2"]);
  const [{ sequence }] = (await get(front.gateway, "/held")).body.items;
  expect((await api(front.gateway, "DELETE", `/held/CAE1/${sequence}`)).status).toBe(200);
  expect((await api(front.gateway, "DELETE", `/held/CAE1/${sequence}`)).status).toBe(404);
  await expectConserved(front.gateway, { dropped: 1, entries: 1 });
  const { body } = await get(front.gateway, "/dead-letters");
  expect(body.items).toMatchObject([{ requestIdentifier: "n1", outcome: "dropped" }]);
  expect((await post(front.gateway, `/dead-letters/CAE1/${sequence}/replay`)).status).toBe(200);
  const ae = await back(front, "CAE1", { answer: ok });
  await expectConserved(front.gateway, { dropped: 1, delivered: 2 });
  expect(rqisOf(ae)).toEqual(["n2", "n1"]);
});

test("an exchange that is kept open and dropped is answered with why", async () => {
  const front = await startHolding(LABORATORY);
  await away(front, "/id-mn");
  const asked = ask(front, { target: "/~/id-mn/x", headers: { "X-M2M-RET": "60000" } });
  await heldIs(front, 1);
  const [{ sequence }] = (await get(front.gateway, "/held")).body.items;
  await api(front.gateway, "DELETE", `/held/%2Fid-mn/${sequence}`);
  expect(await asked).toMatchObject({ rsc: 5103, body: expect.stringContaining("operator") });
});

test("what is on its way is not dropped", async () => {
  const front = await startHolding();
  const point = await away(front);
  await holdAll(front, point, ["n1"]);
  const [{ sequence }] = (await get(front.gateway, "/held")).body.items;
  const ae = await back(front);
  await ae.nextRequest();
  expect((await get(front.gateway, `/held/CAE1/${sequence}`)).body).toMatchObject({
    underWay: true,
  });
  expect((await api(front.gateway, "DELETE", `/held/CAE1/${sequence}`)).status).toBe(409);
  ae.send({ ...ok(), rqi: "n1" });
  await expectConserved(front.gateway, { delivered: 1 });
});

test("nothing can be tried again for a registree that has no way", async () => {
  const front = await startHolding();
  const point = await away(front);
  await holdAll(front, point, ["n1"]);
  const [{ sequence }] = (await get(front.gateway, "/held")).body.items;
  expect((await post(front.gateway, `/held/CAE1/${sequence}/replay`)).status).toBe(409);
  expect((await post(front.gateway, "/held/CAE1/999/replay")).status).toBe(404);
});

test("a purge drops what its filter fits; a dry run only counts it", async () => {
  const front = await startHolding();
  const point = await away(front);
  await holdAll(front, point, ["n1", "n2"]);
  front.clock.advance(60_000);
  await holdAll(front, point, ["n3"]);
  const filter = { registree: "CAE1", olderThanSeconds: 60, operation: "notify" };
  const purge = (dryRun: boolean, more: object = {}) =>
    post(front.gateway, "/held/purge", { ...filter, ...more, dryRun });
  expect((await purge(true)).body).toMatchObject({ matched: 2, dropped: 0 });
  expect((await purge(true, { originator: "CNobody" })).body).toMatchObject({ matched: 0 });
  await expectConserved(front.gateway, { entries: 3 });
  expect((await purge(false)).body).toMatchObject({ matched: 2, dropped: 2 });
  await expectConserved(front.gateway, { dropped: 2, entries: 1 });
  expect(rqisIn(await get(front.gateway, "/held"))).toEqual(["n3"]);
  const acted = { stream: "audit", action: "purge", matched: 2, dropped: 2 };
  expect(front.gateway.log).toContainEqual(expect.objectContaining(acted));
  for (const unclear of ["maybe", "false", null, 0]) {
    expect((await post(front.gateway, "/held/purge", { dryRun: unclear })).status).toBe(400);
  }
  expect((await post(front.gateway, "/held/purge", {})).status).toBe(400);
});

test("a purge takes more than one portion", async () => {
  const front = await startHolding();
  const point = await away(front);
  const rqis = Array.from({ length: 70 }, (_, at) => `n${at}`);
  await Promise.all(rqis.map((rqi) => front.notify(point, { rqi })));
  const { body } = await post(front.gateway, "/held/purge", { dryRun: false });
  expect(body).toMatchObject({ matched: 70, dropped: 70 });
  await expectConserved(front.gateway, { dropped: 70 });
});

test("dead letters of all registrees are listed in pages, and removed one by one", async () => {
  const front = await startHolding({ "hold.notifyDefault": "1s" });
  for (const name of ["CAE2", "CAE1", "CAE3"]) {
    await holdAll(front, await away(front, name), [`${name}-1`, `${name}-2`]);
  }
  front.clock.advance(1_000);
  await front.gateway.metricIs('m2mgw_hold_settled_total{outcome="expired"}', 6);
  const every = ["CAE1-1", "CAE1-2", "CAE2-1", "CAE2-2", "CAE3-1", "CAE3-2"];
  expect(await all(front, "/dead-letters?")).toEqual(every);
  const [{ sequence }] = (await get(front.gateway, "/dead-letters?registree=CAE2")).body.items;
  const one = `/dead-letters/CAE2/${sequence}`;
  expect((await get(front.gateway, `${one}?content=true`)).body).toHaveProperty("content");
  expect((await api(front.gateway, "DELETE", one)).status).toBe(200);
  expect((await get(front.gateway, one)).status).toBe(404);
  expect(await all(front, "/dead-letters?")).toEqual(every.filter((rqi) => rqi !== "CAE2-1"));
});

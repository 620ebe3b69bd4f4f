import { expect, test } from "vitest";
import type { HttpAnswer } from "../helpers/http-client.ts";
import { ok } from "./front.ts";
import {
  answer,
  ask,
  away,
  back,
  expectConserved,
  HELD,
  heldIs,
  LABORATORY,
  NOT_REACHABLE,
  rqisOf,
  SERVED,
  sgnOf,
  startHolding,
  stillOpen,
  type Timed,
} from "./hold-in.ts";

const LATEST = { "X-M2M-EC": "4" };
const SUB1 = "/id-in/sub1";
const SUB2 = "/id-in/sub2";

/** A Notify of category 4 about this subscription; `rqi` is its value too. */
const latest = (front: Timed, point: string, rqi: string, sur = SUB1): Promise<HttpAnswer> =>
  front.notify(point, { rqi, headers: LATEST, body: sgnOf(sur, rqi) });

test("of several Notify of category 4 about one subscription only the last is delivered (BF-18)", async () => {
  const front = await startHolding();
  const point = await away(front);
  for (const rqi of ["n1", "n2", "n3"]) {
    expect(await latest(front, point, rqi)).toMatchObject(HELD);
  }
  await expectConserved(front.gateway, { superseded: 2, entries: 1 });
  const ae = await back(front, "CAE1", { answer: ok });
  expect(await ae.nextRequest()).toMatchObject({ ec: 4, pc: JSON.parse(sgnOf(SUB1, "n3")) });
  await expectConserved(front.gateway, { superseded: 2, delivered: 1 });
  expect(rqisOf(ae)).toEqual(["n3"]);
});

test("about different subscriptions both are delivered (BF-19)", async () => {
  const front = await startHolding();
  const point = await away(front);
  await latest(front, point, "n1", SUB1);
  await latest(front, point, "n2", SUB2);
  const ae = await back(front, "CAE1", { answer: ok });
  await expectConserved(front.gateway, { delivered: 2 });
  expect(rqisOf(ae)).toEqual(["n1", "n2"]);
});

test("for different registrees both are delivered", async () => {
  const front = await startHolding();
  const [one, two] = [await away(front, "CAE1"), await away(front, "CAE2")];
  await latest(front, one, "n1");
  await latest(front, two, "n2");
  await back(front, "CAE1", { answer: ok });
  await back(front, "CAE2", { answer: ok });
  await expectConserved(front.gateway, { delivered: 2 });
});

test("the newer one takes the place of the older (5.4)", async () => {
  const front = await startHolding();
  const point = await away(front);
  await latest(front, point, "n1");
  await front.notify(point, { rqi: "plain" });
  await latest(front, point, "n3");
  const ae = await back(front, "CAE1", { answer: ok });
  await expectConserved(front.gateway, { superseded: 1, delivered: 2 });
  expect(rqisOf(ae)).toEqual(["n3", "plain"]);
});

test("one of another category about the same subscription is not superseded, and supersedes nothing", async () => {
  const front = await startHolding();
  const point = await away(front);
  await front.notify(point, { rqi: "plain", body: sgnOf(SUB1, "0") });
  await latest(front, point, "n2");
  await front.notify(point, { rqi: "best", body: sgnOf(SUB1, "1"), headers: { "X-M2M-EC": "3" } });
  const ae = await back(front, "CAE1", { answer: ok });
  await expectConserved(front.gateway, { delivered: 3 });
  expect(rqisOf(ae)).toEqual(["plain", "n2", "best"]);
});

test("what was delivered is not superseded, and the newer one follows", async () => {
  const front = await startHolding();
  const point = await away(front);
  await latest(front, point, "n1");
  const ae = await back(front, "CAE1");
  const request = await ae.nextRequest();
  expect(await latest(front, point, "n2")).toMatchObject(HELD);
  answer(ae, request);
  const next = await ae.nextRequest();
  expect(next).toMatchObject({ rqi: "n2" });
  answer(ae, next);
  await expectConserved(front.gateway, { delivered: 2 });
  expect(rqisOf(ae)).toEqual(["n1", "n2"]);
});

test("the newer one has its own time, not that of the older (5.4)", async () => {
  const front = await startHolding();
  const point = await away(front);
  const body = sgnOf(SUB1, "0");
  for (const [rqi, ret] of [
    ["n1", "2000"],
    ["n2", "30000"],
  ] as const) {
    const headers = { ...LATEST, "X-M2M-RET": ret };
    expect(await front.notify(point, { rqi, body, headers })).toMatchObject(HELD);
  }
  front.clock.advance(2_000);
  await expectConserved(front.gateway, { superseded: 1, entries: 1 });
  front.clock.advance(28_000);
  await expectConserved(front.gateway, { superseded: 1, expired: 1 });
});

const JSON_TYPE = { "Content-Type": "application/json" };
const update = (front: Timed, rqi: string, value: string, origin = "CApp"): Promise<HttpAnswer> =>
  ask(front, {
    method: "PUT",
    target: "/~/id-mn/cse/c",
    rqi,
    headers: { ...LATEST, ...JSON_TYPE, "X-M2M-Origin": origin },
    body: `{"m2m:cnt":{"lbl":["${value}"]}}`,
  });

test("of two updates of category 4 with the same fr and to the older gets 5103; a retrieve of the same stays (BF-20, Q-22)", async () => {
  const front = await startHolding(LABORATORY);
  await away(front, "/id-mn");
  const first = update(front, "u1", "a");
  await heldIs(front, 1);
  const retrieve = ask(front, { target: "/~/id-mn/cse/c", rqi: "r1", headers: LATEST });
  await heldIs(front, 2);
  const second = update(front, "u2", "b");
  expect(await first).toMatchObject(NOT_REACHABLE);
  await expectConserved(front.gateway, { superseded: 1, entries: 2 });
  await stillOpen(front, Promise.race([retrieve, second]));
  const cse = await back(front, "/id-mn", { answer: ok });
  expect(await second).toMatchObject(SERVED);
  expect(await retrieve).toMatchObject(SERVED);
  await expectConserved(front.gateway, { superseded: 1, delivered: 2 });
  expect(rqisOf(cse)).toEqual(["u2", "r1"]);
});

test("updates of category 4 by different originators both stay (BF-20)", async () => {
  const front = await startHolding(LABORATORY);
  await away(front, "/id-mn");
  const updates = [update(front, "u1", "a", "CApp1"), update(front, "u2", "b", "CApp2")];
  await heldIs(front, 2);
  await back(front, "/id-mn", { answer: ok });
  for (const one of updates) expect(await one).toMatchObject(SERVED);
  await expectConserved(front.gateway, { delivered: 2 });
});

import { expect, test } from "vitest";
import type { Registree } from "../helpers/fake-registree.ts";
import { ok, SGN } from "./front.ts";
import {
  answer,
  away,
  back,
  cut,
  expectConserved,
  HELD,
  heldIs,
  holdAll,
  LABORATORY,
  quiet,
  rqisOf,
  SERVED,
  startHolding,
  stillOpen,
  type Timed,
} from "./hold-in.ts";

/** CAE1 with two Notify held, `n1` of which it has got and not answered. */
async function startQueued(): Promise<{ front: Timed; point: string; ae: Registree }> {
  const front = await startHolding();
  const point = await away(front);
  await holdAll(front, point, ["n1", "n2"]);
  const ae = await back(front);
  expect(await ae.nextRequest()).toMatchObject({ rqi: "n1" });
  return { front, point, ae };
}

test("what is held comes in the order of its arrival, one unanswered at a time (BF-03)", async () => {
  const front = await startHolding();
  await holdAll(front, await away(front), ["n1", "n2", "n3"]);
  const ae = await back(front);
  for (const rqis of [["n1"], ["n1", "n2"], ["n1", "n2", "n3"]]) {
    const request = await ae.nextRequest();
    await quiet(front, ae);
    expect(rqisOf(ae)).toEqual(rqis);
    answer(ae, request);
  }
  await expectConserved(front.gateway, { delivered: 3 });
});

test("a socket that is cut in the middle leaves the rest, in order, for the next one (BF-38)", async () => {
  const front = await startHolding();
  await holdAll(front, await away(front), ["n1", "n2", "n3", "n4", "n5"]);
  const ae = await back(front);
  for (const rqi of ["n1", "n2"]) {
    const request = await ae.nextRequest();
    expect(request).toMatchObject({ rqi });
    answer(ae, request);
  }
  await ae.nextRequest();
  await expectConserved(front.gateway, { delivered: 2, entries: 3 });
  await cut(front, ae);
  const again = await back(front, "CAE1", { answer: ok });
  await expectConserved(front.gateway, { delivered: 5 });
  expect(rqisOf(again)).toEqual(["n3", "n4", "n5"]);
});

test("some hundreds of held ones come in order (BF-03, 5.4)", async () => {
  const front = await startHolding();
  const point = await away(front);
  const rqis = Array.from({ length: 300 }, (_, index) => `n${index}`);
  await holdAll(front, point, rqis);
  const ae = await back(front, "CAE1", { answer: ok });
  for (const rqi of rqis) expect(await ae.nextRequest()).toMatchObject({ rqi });
  await expectConserved(front.gateway, { delivered: 300 });
});

test("a registree CSE gets what was stored for it with at most 4 unanswered (5.4)", async () => {
  const front = await startHolding(LABORATORY);
  await away(front, "/id-mn");
  await holdAll(front, "/~/id-mn/cse/x", ["n1", "n2", "n3", "n4", "n5", "n6"]);
  const cse = await back(front, "/id-mn");
  const [first] = [await cse.nextRequest(), await cse.nextRequest(), await cse.nextRequest()];
  await cse.nextRequest();
  await quiet(front, cse);
  expect(rqisOf(cse)).toEqual(["n1", "n2", "n3", "n4"]);
  answer(cse, first ?? {});
  expect(await cse.nextRequest()).toMatchObject({ rqi: "n5" });
  for (const rqi of ["n4", "n3", "n2", "n5"]) answer(cse, { rqi });
  answer(cse, await cse.nextRequest());
  await expectConserved(front.gateway, { delivered: 6 });
});

test("while something is held for it, a Notify for a connected registree waits its turn and is acknowledged (architecture, S11)", async () => {
  const { front, point, ae } = await startQueued();
  expect(await front.notify(point, { rqi: "n3" })).toMatchObject(HELD);
  await quiet(front, ae);
  expect(rqisOf(ae)).toEqual(["n1"]);
  answer(ae, { rqi: "n1" });
  for (const rqi of ["n2", "n3"]) {
    const request = await ae.nextRequest();
    expect(request).toMatchObject({ rqi });
    answer(ae, request);
  }
  await expectConserved(front.gateway, { delivered: 3 });
  const relayed = front.notify(point, { rqi: "n4" });
  answer(ae, await ae.nextRequest());
  expect(await relayed).toMatchObject({
    ...SERVED,
    headers: { "x-m2mgw-disposition": "relayed" },
  });
  await expectConserved(front.gateway, { delivered: 3 });
});

test.each([
  ["a verification", "", { body: '{"m2m:sgn":{"vrq":true,"sur":"/id-in/sub1"}}' }],
  ["a blocking update", "", { body: '{"m2m:sgn":{"nev":{"net":7},"sur":"/id-in/sub1"}}' }],
  ["an ESPrim object", "", { body: '{"m2m:seci":{"sit":5,"epo":"eyJh.bGci.OiJk.aXIi.fQ"}}' }],
  ["a Notify with rt 3", "?rt=3", { body: SGN }],
  ["a Notify of category 2", "", { body: SGN, headers: { "X-M2M-EC": "2" } }],
])(
  "%s goes around what is held, and its answer is relayed (architecture, S11)",
  async (_what, query, options) => {
    const { front, point, ae } = await startQueued();
    const relayed = front.notify(point + query, { rqi: "urgent", ...options });
    const request = await ae.nextRequest();
    expect(request).toMatchObject({ rqi: "urgent" });
    answer(ae, request);
    expect(await relayed).toMatchObject(SERVED);
    answer(ae, { rqi: "n1" });
    const next = await ae.nextRequest();
    expect(next).toMatchObject({ rqi: "n2" });
    answer(ae, next);
    await expectConserved(front.gateway, { delivered: 2 });
  },
);

test("category 2 goes to the head of what waits for a registree that is away (BF-21)", async () => {
  const front = await startHolding();
  const point = await away(front);
  await holdAll(front, point, ["n1", "n2", "n3"]);
  const answered = front.notify(point, { rqi: "urgent", headers: { "X-M2M-EC": "2" } });
  await heldIs(front, 4);
  await stillOpen(front, answered);
  const ae = await back(front, "CAE1", { answer: ok });
  expect(await answered).toMatchObject(SERVED);
  await expectConserved(front.gateway, { delivered: 4 });
  expect(rqisOf(ae)).toEqual(["urgent", "n1", "n2", "n3"]);
});

test("category 2 that gives up leaves the rest as it was (BF-21)", async () => {
  const front = await startHolding();
  const point = await away(front);
  await holdAll(front, point, ["n1", "n2"]);
  const answered = front.notify(point, { rqi: "urgent", headers: { "X-M2M-EC": "2" } });
  await heldIs(front, 3);
  front.clock.advance(8_000);
  expect(await answered).toMatchObject({ status: 404, rsc: 5103 });
  const ae = await back(front, "CAE1", { answer: ok });
  await expectConserved(front.gateway, { delivered: 2, expired: 1 });
  expect(rqisOf(ae)).toEqual(["n1", "n2"]);
});

test("two of category 2 go in the order of their arrival (BF-21)", async () => {
  const front = await startHolding();
  const point = await away(front);
  await holdAll(front, point, ["n1"]);
  const headers = { "X-M2M-EC": "2" };
  const answered = [];
  for (const rqi of ["u1", "u2"]) {
    answered.push(front.notify(point, { rqi, headers }));
    await heldIs(front, 1 + answered.length);
  }
  const ae = await back(front, "CAE1", { answer: ok });
  for (const one of answered) expect(await one).toMatchObject(SERVED);
  await expectConserved(front.gateway, { delivered: 3 });
  expect(rqisOf(ae)).toEqual(["u1", "u2", "n1"]);
});

test("a silent registree does not hold another one up", async () => {
  const front = await startHolding();
  const [one, two] = [await away(front, "CAE1"), await away(front, "CAE2")];
  await holdAll(front, one, ["a1", "a2"]);
  await holdAll(front, two, ["b1", "b2", "b3"]);
  const silent = await back(front, "CAE1");
  await silent.nextRequest();
  const brisk = await back(front, "CAE2", { answer: ok });
  await expectConserved(front.gateway, { delivered: 3, entries: 2 });
  expect(rqisOf(brisk)).toEqual(["b1", "b2", "b3"]);
  expect(rqisOf(silent)).toEqual(["a1"]);
});

test("a silent AE does not hold up another one on the same socket (D-3.2)", async () => {
  const front = await startHolding();
  const [one, two] = [await away(front, "CAE1"), await away(front, "CAE2")];
  await holdAll(front, one, ["a1", "a2"]);
  await holdAll(front, two, ["b1", "b2"]);
  const node = await back(front, "CAE1", {
    answer: ({ to }) => (to === "CAE2" ? ok() : undefined),
  });
  await node.nextRequest();
  expect(rqisOf(node)).toEqual(["a1"]);
  expect(await node.request({ op: 2, to: "cse-in", fr: "CAE2" })).toMatchObject({ rsc: 2000 });
  await expectConserved(front.gateway, { delivered: 2, entries: 2 });
  expect(rqisOf(node)).toEqual(["a1", "b1", "b2"]);
});

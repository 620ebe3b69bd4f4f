import { expect, test } from "vitest";
import { ok, startFront, VERIFY } from "../gateway/front.ts";
import { answer, away, back, expectConserved, holdAll, startHolding } from "../gateway/hold-in.ts";
import { get } from "./api-in.ts";

const stepsOf = (body: { items: { steps: { is: string }[] }[] }, story = 0): string[] =>
  body.items[story]?.steps.map(({ is }) => is) ?? [];

test("a primitive that was answered says where it came from, where it went and what it was answered", async () => {
  const front = await startFront();
  const { point } = await front.ae("CAE1", { answer: ok });
  await front.notify(point, { ...VERIFY, rqi: "v1" });
  const { body } = await get(front.gateway, "/primitives?rqi=v1");
  expect(body.items).toMatchObject([
    {
      originator: "/id-in",
      requestIdentifier: "v1",
      operation: "notify",
      steps: [
        { is: "received", face: "http", by: "127.0.0.1" },
        { is: "routed", via: "registree", registree: "/id-in/CAE1" },
        { is: "sent", by: "l1" },
        { is: "answered", rsc: 2000 },
        { is: "replied", rsc: 2000 },
      ],
    },
  ]);
});

test("one that was held says since when, until when, which connection was tried, and how it ended", async () => {
  const front = await startHolding({ "hold.notifyDefault": "1h" });
  const point = await away(front);
  await holdAll(front, point, ["n1"]);
  const waiting = await get(front.gateway, "/primitives?rqi=n1&originator=%2Fid-in");
  expect(stepsOf(waiting.body)).toEqual(["received", "routed", "held", "replied"]);
  expect(waiting.body.items[0].steps[2]).toMatchObject({
    registree: "/id-in/CAE1",
    stored: true,
    at: "2026-01-01T12:00:00.000Z",
    expires: "2026-01-01T13:00:00.000Z",
  });
  const ae = await back(front);
  answer(ae, await ae.nextRequest());
  await expectConserved(front.gateway, { delivered: 1 });
  const { body } = await get(front.gateway, "/primitives?rqi=n1");
  expect(stepsOf(body).slice(4)).toEqual(["sent", "answered", "settled"]);
  expect(body.items[0].steps.at(-1)).toMatchObject({ outcome: "delivered" });
});

test("one that was refused says why, whichever way it came", async () => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1");
  await ae.request({ op: 2, to: "cse-in", fr: "CStranger", rqi: "r1" });
  const { body } = await get(front.gateway, "/primitives?rqi=r1");
  expect(stepsOf(body)).toEqual(expect.arrayContaining(["received", "replied"]));
  expect(body.items[0].steps[0]).toMatchObject({ face: "ws", by: "l1" });
});

test("a Request Identifier that is used again has two stories, the newer first", async () => {
  const front = await startFront();
  const { point } = await front.ae("CAE1", { answer: ok });
  await front.notify(point, { ...VERIFY, rqi: "same" });
  await front.notify("/poa/unknown", { ...VERIFY, rqi: "same" });
  const { body } = await get(front.gateway, "/primitives?rqi=same");
  expect(body.items).toHaveLength(2);
  expect(body.items[0].steps.at(-1)).toMatchObject({ is: "replied", code: "GW_TARGET_UNKNOWN" });
});

test("as many are remembered as are configured, and none with 0", async () => {
  const front = await startFront({ "admin.primitives": "2" });
  const { point } = await front.ae("CAE1", { answer: ok });
  for (const rqi of ["a", "b", "c"]) await front.notify(point, { ...VERIFY, rqi });
  const known = async (gateway: typeof front.gateway, rqi: string) =>
    (await get(gateway, `/primitives?rqi=${rqi}`)).body.items.length;
  expect([
    await known(front.gateway, "a"),
    await known(front.gateway, "b"),
    await known(front.gateway, "c"),
  ]).toEqual([0, 1, 1]);
  const none = await startFront({ "admin.primitives": "0" });
  const other = await none.ae("CAE1", { answer: ok });
  await none.notify(other.point, { ...VERIFY, rqi: "a" });
  expect(await known(none.gateway, "a")).toBe(0);
  expect((await get(none.gateway, "/primitives")).status).toBe(400);
});

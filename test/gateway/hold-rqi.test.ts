import { expect, test } from "vitest";
import type { Message } from "../helpers/fake-registree.ts";
import { inStep, ok } from "./front.ts";
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
  SERVED,
  sgnOf,
  startHolding,
} from "./hold-in.ts";

const VRQ = '{"m2m:sgn":{"vrq":true,"sur":"/id-in/sub1"}}';

test("a Notify that goes around one with the same rqi has another on the wire, and each answer counts for its own (S14, 6)", async () => {
  const front = await startHolding();
  const point = await away(front);
  await holdAll(front, point, ["n1"]);
  const ae = await back(front);
  const held = await ae.nextRequest();
  expect(held).toMatchObject({ rqi: "n1" });
  const relayed = front.notify(point, { rqi: "n1", body: VRQ });
  const verification = await ae.nextRequest();
  expect(verification.rqi).not.toBe("n1");
  expect(verification).toMatchObject({ pc: JSON.parse(VRQ) });
  answer(ae, verification, { rsc: 5205 });
  expect(await relayed).toMatchObject({ rsc: 5205, headers: { "x-m2m-ri": "n1" } });
  await expectConserved(front.gateway, { entries: 1 });
  answer(ae, held);
  await expectConserved(front.gateway, { delivered: 1 });
});

test.each([
  ["different originators", ["CApp1", "CApp2", "CApp3"]],
  ["one originator", ["/id-in", "/id-in", "/id-in"]],
])(
  "held ones with the same rqi of %s that are under way together differ on the wire (EX-09, S14)",
  async (_what, origins) => {
    const front = await startHolding(LABORATORY);
    await away(front, "/id-mn");
    for (const [index, origin] of origins.entries()) {
      const body = sgnOf("/id-in/sub1", `${index}`);
      const headers = { "X-M2M-Origin": origin };
      expect(await front.notify("/~/id-mn/cse/x", { rqi: "n1", body, headers })).toMatchObject(
        HELD,
      );
    }
    const cse = await back(front, "/id-mn");
    const requests = [await cse.nextRequest(), await cse.nextRequest(), await cse.nextRequest()];
    expect(new Set(requests.map(({ rqi }) => rqi)).size).toBe(3);
    expect(requests.map(({ pc }) => JSON.stringify(pc))).toEqual(
      ["0", "1", "2"].map((value) => sgnOf("/id-in/sub1", value)),
    );
    for (const request of requests.reverse()) answer(cse, request);
    await expectConserved(front.gateway, { delivered: 3 });
  },
);

test("an answer that somebody else gives counts for nothing (ID-11, D-3.4)", async () => {
  const front = await startHolding();
  await holdAll(front, await away(front), ["n1"]);
  const ae = await back(front);
  const request = await ae.nextRequest();
  const { ae: other } = await front.ae("CAE2");
  answer(other, request);
  await inStep(other);
  await front.gateway.metricIs("m2mgw_unmatched_responses_total", 1);
  await expectConserved(front.gateway, { entries: 1 });
  answer(ae, request);
  await expectConserved(front.gateway, { delivered: 1 });
});

test("under the strict profile too, a Notify is never refused for its rqi (S14)", async () => {
  const front = await startHolding({ "hold.profile": "strict" });
  const point = await away(front);
  const answered = [];
  for (const value of ["1", "2"]) {
    answered.push(front.notify(point, { body: sgnOf("/id-in/sub1", value) }));
    await heldIs(front, answered.length);
  }
  await back(front, "CAE1", { answer: ok });
  for (const one of answered) expect(await one).toMatchObject(SERVED);
  await expectConserved(front.gateway, { delivered: 2 });
});

test("a live one that went out under another rqi is sent again under that (5.4)", async () => {
  const front = await startHolding();
  const { ae, point } = await front.ae("CAE1");
  const sent: Message[] = [];
  const answered = [];
  for (const value of ["1", "2"]) {
    answered.push(front.notify(point, { body: sgnOf("/id-in/sub1", value) }));
    sent.push(await ae.nextRequest());
  }
  await cut(front, ae);
  for (const one of answered) expect(await one).toMatchObject(HELD);
  const again = await back(front, "CAE1", { answer: ok });
  expect([await again.nextRequest(), await again.nextRequest()]).toEqual(sent);
  await expectConserved(front.gateway, { delivered: 2 });
});

test("a held one that went out under another rqi is sent again under that (5.4)", async () => {
  const front = await startHolding(LABORATORY);
  await away(front, "/id-mn");
  for (const value of ["1", "2"]) {
    const body = sgnOf("/id-in/sub1", value);
    expect(await front.notify("/~/id-mn/cse/x", { body })).toMatchObject(HELD);
  }
  const cse = await back(front, "/id-mn");
  const sent = [await cse.nextRequest(), await cse.nextRequest()];
  await cut(front, cse);
  const again = await back(front, "/id-mn", { answer: ok });
  expect([await again.nextRequest(), await again.nextRequest()]).toEqual(sent);
  await expectConserved(front.gateway, { delivered: 2 });
});

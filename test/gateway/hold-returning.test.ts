import { describe, expect, test } from "vitest";
import type { Registree } from "../helpers/fake-registree.ts";
import { inStep, ok } from "./front.ts";
import {
  answer,
  away,
  back,
  cut,
  expectConserved,
  HELD,
  holdAll,
  leave,
  quiet,
  rqisOf,
  SERVED,
  startHolding,
} from "./hold-in.ts";

const RETRIEVE = { op: 2, to: "cse-in/x", fr: "CAE1" };

/** What came on the socket, in order: `n1` for a request by its rqi, `2000` for a response by its status. */
const sequence = ({ frames }: Registree): unknown[] =>
  frames.map(({ text }) => {
    const { op, rqi, rsc } = JSON.parse(text);
    return op === undefined ? rsc : rqi;
  });

test("a trusted X-M2M-Origin is enough for what is held to follow (ID-03, D-3.1)", async () => {
  const front = await startHolding();
  await holdAll(front, await away(front), ["n1"]);
  const ae = await back(front, "CAE1", { answer: ok });
  expect(await ae.nextRequest()).toMatchObject({ rqi: "n1" });
  await expectConserved(front.gateway, { delivered: 1 });
});

test("a socket that only claims to be the registree gets nothing until a request of its is accepted (ID-04, D-3.1)", async () => {
  const front = await startHolding({ "ws.trustOrigin": "never" });
  await holdAll(front, await away(front), ["n1"]);
  const ae = await back(front, "CAE1", { answer: ok });
  await quiet(front, ae);
  expect(ae.frames).toEqual([]);
  expect(await ae.request(RETRIEVE)).toMatchObject({ rsc: 2000 });
  await expectConserved(front.gateway, { delivered: 1 });
  expect(rqisOf(ae)).toEqual(["n1"]);
});

test("a socket nobody is known behind gets nothing (D-3.1)", async () => {
  const front = await startHolding();
  await holdAll(front, await away(front), ["n1"]);
  const stranger = await front.connect();
  await quiet(front, stranger);
  expect(stranger.frames).toEqual([]);
  await expectConserved(front.gateway, { entries: 1 });
});

test("what is held follows the 2004 of an update of poa on a new socket (RG-13, D-4.2)", async () => {
  const front = await startHolding({ "ws.trustOrigin": "never" });
  await holdAll(front, await away(front), ["n1"]);
  const ae = await front.connect({ answer: ok });
  const pc = { "m2m:ae": { poa: ["ws://default"] } };
  const update = { op: 3, to: "CAE1", fr: "CAE1", pc };
  expect(await ae.request(update)).toMatchObject({ rsc: 2004 });
  await expectConserved(front.gateway, { delivered: 1 });
  expect(sequence(ae)).toEqual([2004, "n1"]);
});

test("each identity that comes to a socket gets what is held for it, and for it alone (D-3.2)", async () => {
  const front = await startHolding();
  const [one, two] = [await away(front, "CAE1"), await away(front, "CAE2")];
  await holdAll(front, one, ["a1"]);
  await holdAll(front, two, ["b1"]);
  const node = await back(front, "CAE1", { answer: ok });
  await expectConserved(front.gateway, { delivered: 1, entries: 1 });
  await node.request({ ...RETRIEVE, fr: "CAE2" });
  await expectConserved(front.gateway, { delivered: 2 });
  expect(rqisOf(node)).toEqual(["a1", "b1"]);
});

test("an AE that the CSE refuses to update gets what is held all the same", async () => {
  const front = await startHolding();
  await holdAll(front, await away(front), ["n1"]);
  front.cse.answer(() => ({ rsc: 4000, status: 400 }));
  const ae = await front.connect({ answer: ok });
  const update = { op: 3, to: "CAE1", fr: "CAE1", pc: { "m2m:ae": { lbl: ["a"] } } };
  expect(await ae.request(update)).toMatchObject({ rsc: 4000 });
  await expectConserved(front.gateway, { delivered: 1 });
});

describe("a newcomer takes over while what is held is under way", () => {
  test.each(["new", "old"] as const)(
    "the answer to what the old socket got counts on the %s one, and the rest goes to the new one (ID-08, ID-10, D-3.4)",
    async (which) => {
      const front = await startHolding();
      await holdAll(front, await away(front), ["n1", "n2", "n3"]);
      const old = await back(front);
      const first = await old.nextRequest();
      const newcomer = await back(front);
      await inStep(newcomer);
      answer(which === "new" ? newcomer : old, first);
      for (const rqi of ["n2", "n3"]) {
        let request = await newcomer.nextRequest();
        // Until it was answered, the first may have been sent again.
        if (request.rqi === "n1") request = await newcomer.nextRequest();
        expect(request).toMatchObject({ rqi });
        answer(newcomer, request);
      }
      expect(await old.closed).toMatchObject({ code: 4001 });
      await expectConserved(front.gateway, { delivered: 3 });
      expect(rqisOf(old)).toEqual(["n1"]);
    },
  );

  test.each([
    ["held", true],
    ["live", false],
  ])(
    "the answer to what was %s and sent on the first socket counts on the third, when the second is gone (D-3.4)",
    async (_what, isHeld) => {
      const front = await startHolding();
      const { ae: first, point } = await front.ae("CAE1");
      if (isHeld) await leave(front, first);
      const answered = front.notify(isHeld ? point : `${point}?rt=3`);
      if (isHeld) await answered;
      const old = isHeld ? await back(front) : first;
      const request = await old.nextRequest();
      const second = await back(front);
      await inStep(second);
      await cut(front, second);
      const third = await back(front);
      await inStep(third);
      answer(third, request);
      expect(await old.closed).toMatchObject({ code: 4001 });
      expect(await answered).toMatchObject(isHeld ? HELD : SERVED);
      await expectConserved(front.gateway, isHeld ? { delivered: 1 } : {});
    },
  );

  test("nothing is lost, and the order is kept", async () => {
    const front = await startHolding();
    const rqis = Array.from({ length: 20 }, (_, index) => `n${index}`);
    await holdAll(front, await away(front), rqis);
    const got: (string | undefined)[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      const ae = await back(front, "CAE1", {
        answer: ({ rqi }) => {
          got.push(rqi);
          return ok();
        },
      });
      await ae.nextRequest();
    }
    await expectConserved(front.gateway, { delivered: 20 });
    // One that was under way at a take-over may come a second time (TS-0010, 6.4.1.1).
    expect([...new Set(got)]).toEqual(rqis);
  });
});

test("a registree that came back is reached live once all has been delivered (BF-02, EX-01)", async () => {
  const front = await startHolding();
  const point = await away(front);
  await holdAll(front, point, ["n1", "n2"]);
  await back(front, "CAE1", { answer: ok });
  await expectConserved(front.gateway, { delivered: 2 });
  expect(await front.notify(point, { rqi: "n3" })).toMatchObject(SERVED);
  await expectConserved(front.gateway, { delivered: 2 });
});

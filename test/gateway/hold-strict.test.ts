import { expect, test } from "vitest";
import { ok, SGN } from "./front.ts";
import {
  answer,
  away,
  back,
  expectConserved,
  heldIs,
  NOT_REACHABLE,
  quiet,
  rqisOf,
  SERVED,
  startHolding,
  stillOpen,
  TIMED_OUT,
} from "./hold-in.ts";

const STRICT = { "hold.profile": "strict" };

test("under the strict profile a Notify waits for its registree, and its originator gets the AE's own answer (BF-04)", async () => {
  const front = await startHolding(STRICT);
  const point = await away(front);
  const answered = front.notify(point);
  await heldIs(front, 1);
  front.clock.advance(3_000);
  await stillOpen(front, answered);
  const ae = await back(front);
  const request = await ae.nextRequest();
  expect(request).toMatchObject({ op: 5, rqi: "n1", pc: JSON.parse(SGN) });
  answer(ae, request, { pc: { "m2m:dbg": "mine" } });
  expect(await answered).toMatchObject({ ...SERVED, body: '{"m2m:dbg":"mine"}' });
  await expectConserved(front.gateway, { delivered: 1 });
});

test("when the registree stays away it is 404 with 5103 at the ceiling, and nothing is delivered later (BF-05)", async () => {
  const front = await startHolding(STRICT);
  const point = await away(front);
  const answered = front.notify(point);
  await heldIs(front, 1);
  front.clock.advance(7_999);
  await stillOpen(front, answered);
  front.clock.advance(1);
  expect(await answered).toMatchObject(NOT_REACHABLE);
  const ae = await back(front);
  await quiet(front, ae);
  expect(rqisOf(ae)).toEqual([]);
  await expectConserved(front.gateway, { expired: 1 });
});

test("the originator's own time before the ceiling is 504 with 4008 (BF-08)", async () => {
  const front = await startHolding(STRICT);
  const point = await away(front);
  const answered = front.notify(point, { headers: { "X-M2M-RET": "2000" } });
  await heldIs(front, 1);
  front.clock.advance(1_999);
  await stillOpen(front, answered);
  front.clock.advance(1);
  expect(await answered).toMatchObject(TIMED_OUT);
  await expectConserved(front.gateway, { expired: 1 });
});

test("the originator's own time after the ceiling is waited for (5.4)", async () => {
  const front = await startHolding(STRICT);
  const point = await away(front);
  const answered = front.notify(point, { headers: { "X-M2M-RET": "30000" } });
  await heldIs(front, 1);
  front.clock.advance(20_000);
  await stillOpen(front, answered);
  await back(front, "CAE1", { answer: ok });
  expect(await answered).toMatchObject(SERVED);
  await expectConserved(front.gateway, { delivered: 1 });
});

test("a registree that returns and stays silent gives 504 with 4008: it may have got it (5.3)", async () => {
  const front = await startHolding(STRICT);
  const point = await away(front);
  const answered = front.notify(point);
  await heldIs(front, 1);
  front.clock.advance(3_000);
  const ae = await back(front);
  await ae.nextRequest();
  front.clock.advance(5_000);
  expect(await answered).toMatchObject(TIMED_OUT);
  await expectConserved(front.gateway, { expired: 1 });
});

test("several wait together, and are served in the order of their arrival (BF-04)", async () => {
  const front = await startHolding(STRICT);
  const point = await away(front);
  const answered = [];
  for (const rqi of ["n1", "n2", "n3"]) {
    answered.push(front.notify(point, { rqi }));
    await heldIs(front, answered.length);
  }
  const ae = await back(front, "CAE1", { answer: ({ rqi }) => ({ ...ok(), vsi: `for ${rqi}` }) });
  for (const [index, one] of answered.entries()) {
    expect(await one).toMatchObject({
      ...SERVED,
      headers: { "x-m2m-ri": `n${index + 1}`, "x-m2m-vsi": `for n${index + 1}` },
    });
  }
  await expectConserved(front.gateway, { delivered: 3 });
  expect(rqisOf(ae)).toEqual(["n1", "n2", "n3"]);
});

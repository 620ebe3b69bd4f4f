import { expect, test } from "vitest";
import type { Message, Registree } from "../helpers/fake-registree.ts";
import { gate } from "./front.ts";
import { back, cut, expectConserved, leave, quiet, startHolding, type Timed } from "./hold-in.ts";

const TO_CSE = 'm2mgw_exchanges_in_flight{direction="to-cse"}';
const BODY = { "m2m:cnt": { rn: "slow" } };

interface Asking {
  readonly front: Timed;
  readonly ae: Registree;
  /** Lets the CSE answer; resolves when the gateway has its answer. */
  readonly answered: () => Promise<void>;
}

/** CAE1 waits for the CSE with `rqi` q1, and `members` in its request. */
async function startAsking(members: Message = {}): Promise<Asking> {
  const front = await startHolding();
  const { ae } = await front.ae("CAE1");
  const reached = gate();
  const held = gate();
  front.cse.answer(async () => {
    reached.open();
    await held.opened;
    return { rsc: 2000, body: BODY };
  });
  ae.send({ op: 2, to: "cse-in/slow", fr: "CAE1", rqi: "q1", rvi: "3", ...members });
  await reached.opened;
  const answered = async (): Promise<void> => {
    held.open();
    await front.gateway.metricIs(TO_CSE, 0);
    await quiet(front);
  };
  return { front, ae, answered };
}

test.each([
  ["is cut", cut],
  ["is closed", leave],
])(
  "the answer to a registree's request whose socket %s meanwhile reaches it on its next one (5.4; TS-0001, H.2.4)",
  async (_what, end) => {
    const { front, ae, answered } = await startAsking();
    await end(front, ae);
    await answered();
    front.clock.advance(29_999);
    const again = await back(front);
    expect(await again.nextResponse()).toMatchObject({ rsc: 2000, rqi: "q1", pc: BODY });
    await expectConserved(front.gateway);
  },
);

test("after 30 s it is dropped (5.4)", async () => {
  const { front, ae, answered } = await startAsking();
  await cut(front, ae);
  await answered();
  front.clock.advance(30_000);
  const again = await back(front);
  await quiet(front, again);
  expect(again.frames).toEqual([]);
});

test.each([
  [9_999, 1],
  [10_000, 0],
])("its rset counts where that is sooner: after %i ms %i come (5.4)", async (wait, count) => {
  const { front, ae, answered } = await startAsking({ rset: "20260101T120010" });
  await cut(front, ae);
  await answered();
  front.clock.advance(wait);
  const again = await back(front);
  await quiet(front, again);
  expect(again.frames).toHaveLength(count);
});

test("a registree that is back before the CSE answers gets the answer on its new socket (5.4, D-3.4)", async () => {
  const { front, ae, answered } = await startAsking();
  await cut(front, ae);
  const again = await back(front);
  await answered();
  expect(await again.nextResponse()).toMatchObject({ rsc: 2000, rqi: "q1", pc: BODY });
});

test("it is given once (5.4)", async () => {
  const { front, ae, answered } = await startAsking();
  await cut(front, ae);
  await answered();
  const again = await back(front);
  await again.nextResponse();
  await leave(front, again);
  const third = await back(front);
  await quiet(front, third);
  expect(third.frames).toEqual([]);
});

test("nobody else gets it (D-3.4)", async () => {
  const { front, ae, answered } = await startAsking();
  await cut(front, ae);
  await answered();
  const other = await back(front, "CAE2");
  await quiet(front, other);
  expect(other.frames).toEqual([]);
  const again = await back(front);
  expect(await again.nextResponse()).toMatchObject({ rqi: "q1" });
});

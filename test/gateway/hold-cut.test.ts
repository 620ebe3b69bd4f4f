import { expect, test } from "vitest";
import { ok } from "./front.ts";
import {
  answer,
  ask,
  away,
  back,
  cut,
  expectConserved,
  HELD,
  heldIs,
  LABORATORY,
  leave,
  quiet,
  rqisOf,
  SERVED,
  startHolding,
  TIMED_OUT,
} from "./hold-in.ts";

const JSON_TYPE = { "Content-Type": "application/json" };
const TARGET = "/~/id-mn/cse/c";
const CNT = '{"m2m:cnt":{"lbl":["a"]}}';
const CHANGES = [
  ["Create", "POST", "/~/id-mn/cse", { "Content-Type": "application/json;ty=3" }, CNT],
  ["Update", "PUT", TARGET, JSON_TYPE, CNT],
  ["Delete", "DELETE", TARGET, {}, undefined],
] as const;

test.each([
  ["is cut", cut],
  ["is closed", leave],
])(
  "a live Notify whose socket %s before the answer is held, acknowledged and sent again (BF-24; architecture, S12)",
  async (_what, end) => {
    const front = await startHolding();
    const { ae, point } = await front.ae("CAE1");
    const answered = front.notify(point);
    const sent = await ae.nextRequest();
    await end(front, ae);
    expect(await answered).toMatchObject(HELD);
    await expectConserved(front.gateway, { entries: 1 });
    const again = await back(front, "CAE1", { answer: ok });
    expect(await again.nextRequest()).toEqual(sent);
    await expectConserved(front.gateway, { delivered: 1 });
  },
);

test("several live ones whose socket is cut are all held, in their order (BF-24)", async () => {
  const front = await startHolding();
  const { ae, point } = await front.ae("CAE1");
  const answered = [];
  for (const rqi of ["n1", "n2", "n3"]) {
    answered.push(front.notify(point, { rqi }));
    await ae.nextRequest();
  }
  await cut(front, ae);
  for (const one of answered) expect(await one).toMatchObject(HELD);
  const again = await back(front, "CAE1", { answer: ok });
  await expectConserved(front.gateway, { delivered: 3 });
  expect(rqisOf(again)).toEqual(["n1", "n2", "n3"]);
});

test("a live one that names its own time keeps it (BF-24, BF-09)", async () => {
  const front = await startHolding();
  const { ae, point } = await front.ae("CAE1");
  const answered = front.notify(point, { headers: { "X-M2M-RET": "60000" } });
  await ae.nextRequest();
  await cut(front, ae);
  expect(await answered).toMatchObject(HELD);
  front.clock.advance(60_000);
  await expectConserved(front.gateway, { expired: 1 });
});

test("a held Notify that was sent is sent again with the same rqi (BF-24; TS-0010, 6.4.1.1)", async () => {
  const front = await startHolding();
  await front.notify(await away(front));
  const ae = await back(front);
  const sent = await ae.nextRequest();
  await cut(front, ae);
  const again = await back(front, "CAE1", { answer: ok });
  expect(await again.nextRequest()).toEqual(sent);
  await expectConserved(front.gateway, { delivered: 1 });
});

test("sockets that are cut, however many, are not silence: it is not dropped (architecture, S10)", async () => {
  const front = await startHolding();
  await front.notify(await away(front));
  for (let turn = 0; turn < 5; turn += 1) {
    const ae = await back(front);
    expect(await ae.nextRequest()).toMatchObject({ rqi: "n1" });
    await cut(front, ae);
    front.clock.advance(20_000);
  }
  await back(front, "CAE1", { answer: ok });
  await expectConserved(front.gateway, { delivered: 1 });
});

test("a live one on a socket that was displaced and then cut goes to the newer socket (architecture, S12, D-3.4)", async () => {
  const front = await startHolding();
  const { ae: old, point } = await front.ae("CAE1");
  const answered = front.notify(point);
  const sent = await old.nextRequest();
  const newcomer = await back(front, "CAE1", { answer: ok });
  await cut(front, old);
  expect(await newcomer.nextRequest()).toEqual(sent);
  expect([200, 202]).toContain((await answered).status);
  await expectConserved(front.gateway);
});

test("a held one on a socket that was displaced and then cut goes to the newer socket (5.4, D-3.4)", async () => {
  const front = await startHolding();
  await front.notify(await away(front));
  const old = await back(front);
  const sent = await old.nextRequest();
  const newcomer = await back(front, "CAE1", { answer: ok });
  await cut(front, old);
  expect(await newcomer.nextRequest()).toEqual(sent);
  await expectConserved(front.gateway, { delivered: 1 });
});

test.each([
  ["a verification", '{"m2m:sgn":{"vrq":true,"sur":"/id-in/sub1"}}'],
  ["a blocking update", '{"m2m:sgn":{"nev":{"net":7},"sur":"/id-in/sub1"}}'],
])("%s whose socket is cut is 504 with 4008 and never held (5.3, 5.4)", async (_what, body) => {
  const front = await startHolding();
  const { ae, point } = await front.ae("CAE1");
  const answered = front.notify(point, { body });
  await ae.nextRequest();
  await cut(front, ae);
  expect(await answered).toMatchObject(TIMED_OUT);
  await expectConserved(front.gateway, {});
});

test("a held Retrieve that was sent is sent again with the same rqi, and its originator gets the result (5.4)", async () => {
  const front = await startHolding(LABORATORY);
  await away(front, "/id-mn");
  const answered = ask(front, { target: TARGET, headers: { "X-M2M-RET": "30000" } });
  await heldIs(front, 1);
  const cse = await back(front, "/id-mn");
  const sent = await cse.nextRequest();
  await cut(front, cse);
  const again = await back(front, "/id-mn", { answer: ok });
  expect(await again.nextRequest()).toEqual(sent);
  expect(await answered).toMatchObject(SERVED);
  await expectConserved(front.gateway, { delivered: 1 });
});

test("a held Notify with rt 3 that was sent is sent again, and its originator gets the answer (5.4)", async () => {
  const front = await startHolding();
  const point = await away(front);
  const answered = front.notify(`${point}?rt=3`);
  await heldIs(front, 1);
  const ae = await back(front);
  const sent = await ae.nextRequest();
  await cut(front, ae);
  const again = await back(front, "CAE1");
  const resent = await again.nextRequest();
  expect(resent).toEqual(sent);
  answer(again, resent);
  expect(await answered).toMatchObject(SERVED);
  await expectConserved(front.gateway, { delivered: 1 });
});

test.each([
  ["a live Notify with rt 3", "CAE1", "?rt=3"],
  ["a live Retrieve", "/id-mn", "/~/id-mn/cse/c"],
])("%s whose socket is cut waits on, and is sent again (5.4, Q-26)", async (_what, id, path) => {
  const front = await startHolding(LABORATORY);
  const isAe = id === "CAE1";
  const { ae, point } = await (isAe ? front.ae(id) : front.registreeCse(id));
  const answered = isAe ? front.notify(point + path) : ask(front, { target: path });
  const sent = await ae.nextRequest();
  await cut(front, ae);
  const again = await back(front, id, { answer: ok });
  expect(await again.nextRequest()).toEqual(sent);
  expect(await answered).toMatchObject(SERVED);
  await expectConserved(front.gateway, { delivered: 1 });
});

test.each(CHANGES)(
  "a held %s that was sent is 504 with 4008 when its socket is cut, and never sent again (BF-25; architecture, S12)",
  async (_operation, method, target, headers, body) => {
    const front = await startHolding(LABORATORY);
    await away(front, "/id-mn");
    const call = { method, target, headers, ...(body === undefined ? {} : { body }) };
    const answered = ask(front, call);
    await heldIs(front, 1);
    const cse = await back(front, "/id-mn");
    await cse.nextRequest();
    await cut(front, cse);
    expect(await answered).toMatchObject(TIMED_OUT);
    const again = await back(front, "/id-mn");
    await quiet(front, again);
    expect(rqisOf(again)).toEqual([]);
    await expectConserved(front.gateway);
    await heldIs(front, 0);
  },
);

test.each(CHANGES)(
  "a live %s is 504 with 4008 when its socket is cut, and never sent again (BF-25)",
  async (_operation, method, target, headers, body) => {
    const front = await startHolding(LABORATORY);
    const { ae: cse } = await front.registreeCse("/id-mn");
    const call = { method, target, headers, ...(body === undefined ? {} : { body }) };
    const answered = ask(front, call);
    await cse.nextRequest();
    await cut(front, cse);
    expect(await answered).toMatchObject(TIMED_OUT);
    const again = await back(front, "/id-mn");
    await quiet(front, again);
    expect(rqisOf(again)).toEqual([]);
    await expectConserved(front.gateway);
    await heldIs(front, 0);
  },
);

import { expect, test } from "vitest";
import { ok, SGN } from "./front.ts";
import {
  answer,
  ask,
  askThenHangUp,
  away,
  back,
  cut,
  expectConserved,
  heldIs,
  LABORATORY,
  quiet,
  rqisOf,
  SERVED,
  startHolding,
} from "./hold-in.ts";

const JSON_TYPE = { "Content-Type": "application/json" };
const TARGET = "/~/id-mn/cse/c";
const RET = { "X-M2M-RET": "30000" };

test("a request with a time of its own outlives its HTTP client; its result is discarded (BF-42)", async () => {
  const front = await startHolding(LABORATORY);
  await away(front, "/id-mn");
  const { hangUp } = askThenHangUp(front, { target: TARGET, headers: RET });
  await heldIs(front, 1);
  front.clock.advance(5_000);
  hangUp();
  await quiet(front);
  await expectConserved(front.gateway, { entries: 1 });
  front.clock.advance(15_000);
  const cse = await back(front, "/id-mn", { answer: ok });
  expect(await cse.nextRequest()).toMatchObject({ op: 2, rqi: "h1" });
  await expectConserved(front.gateway, { delivered: 1 });
});

test("it ends at its own time all the same (BF-42, 5.4)", async () => {
  const front = await startHolding(LABORATORY);
  await away(front, "/id-mn");
  const { hangUp } = askThenHangUp(front, { target: TARGET, headers: RET });
  await heldIs(front, 1);
  hangUp();
  await quiet(front);
  front.clock.advance(30_000);
  await expectConserved(front.gateway, { expired: 1 });
});

test("a request without one goes with its HTTP client (5.4; architecture, S10)", async () => {
  const front = await startHolding(LABORATORY);
  await away(front, "/id-mn");
  const { hangUp } = askThenHangUp(front, { target: TARGET });
  await heldIs(front, 1);
  hangUp();
  await expectConserved(front.gateway, { cancelled: 1 });
  const cse = await back(front, "/id-mn");
  await quiet(front, cse);
  expect(rqisOf(cse)).toEqual([]);
});

test("a Notify under the strict profile without a time of its own goes with its HTTP client (5.4)", async () => {
  const front = await startHolding({ "hold.profile": "strict" });
  const point = await away(front);
  const call = { method: "POST", target: point, headers: JSON_TYPE, body: SGN };
  const { hangUp } = askThenHangUp(front, call);
  await heldIs(front, 1);
  hangUp();
  await expectConserved(front.gateway, { cancelled: 1 });
});

test.each([
  ["a Notify under the strict profile", "POST"],
  ["a Retrieve", "GET"],
])(
  "%s whose client has hung up is attached to by the same request again, and delivered once (BF-27, D-5.2)",
  async (_what, method) => {
    const front = await startHolding({ ...LABORATORY, "hold.profile": "strict" });
    const id = method === "GET" ? "/id-mn" : "CAE1";
    const point = await away(front, id);
    const call = {
      method,
      target: method === "GET" ? TARGET : point,
      headers: { ...(method === "GET" ? {} : JSON_TYPE), "X-M2M-RET": "20260101T120030" },
      ...(method === "GET" ? {} : { body: SGN }),
    };
    const { hangUp } = askThenHangUp(front, call);
    await heldIs(front, 1);
    hangUp();
    await quiet(front);
    front.clock.advance(5_000);
    const answered = ask(front, call);
    await quiet(front);
    await expectConserved(front.gateway, { entries: 1 });
    const registree = await back(front, id);
    const request = await registree.nextRequest();
    await quiet(front, registree);
    answer(registree, request);
    expect(await answered).toMatchObject({ ...SERVED, headers: { "x-m2m-ri": "h1" } });
    await expectConserved(front.gateway, { delivered: 1 });
    expect(rqisOf(registree)).toEqual(["h1"]);
  },
);

test("another request with the rqi of one whose client has hung up is 400 with 4000 (D-5.2)", async () => {
  const front = await startHolding(LABORATORY);
  await away(front, "/id-mn");
  const { hangUp } = askThenHangUp(front, { target: TARGET, headers: RET });
  await heldIs(front, 1);
  hangUp();
  await quiet(front);
  expect(await ask(front, { target: `${TARGET}2`, headers: RET })).toMatchObject({ rsc: 4000 });
  await back(front, "/id-mn", { answer: ok });
  await expectConserved(front.gateway, { delivered: 1 });
});

test("an acknowledged Notify does not mind who hangs up (BF-01)", async () => {
  const front = await startHolding();
  const point = await away(front);
  const call = { method: "POST", target: point, headers: JSON_TYPE, body: SGN };
  const { hangUp } = askThenHangUp(front, call);
  await heldIs(front, 1);
  hangUp();
  await quiet(front);
  const ae = await back(front, "CAE1", { answer: ok });
  expect(await ae.nextRequest()).toMatchObject({ rqi: "h1" });
  await expectConserved(front.gateway, { delivered: 1 });
});

test("an originator that hung up while its registree was tried live is waited for by nobody: nothing is held", async () => {
  const front = await startHolding({ "hold.profile": "strict" });
  const { ae, point } = await front.ae("CAE1");
  const headers = { "Content-Type": "application/json" };
  const { hangUp } = askThenHangUp(front, { target: point, method: "POST", headers, body: SGN });
  await ae.nextRequest();
  hangUp();
  await quiet(front);
  await cut(front, ae);
  await expectConserved(front.gateway, { cancelled: 1 });
});

import { describe, expect, test } from "vitest";
import type { CseRequest } from "../helpers/fake-cse.ts";
import type { Message } from "../helpers/fake-registree.ts";
import type { HttpAnswer } from "../helpers/http-client.ts";
import { asked, ok } from "./front.ts";
import {
  answer,
  ask,
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
  type Timed,
} from "./hold-in.ts";
import { ASYNCH, referenceIn, requestOf, statusIs } from "./non-blocking-in.ts";

/** A Notify n1 of /id-in with rt 2, whose result goes to these targets; undefined leaves them out. */
const notifyAsynch = (
  front: Timed,
  point: string,
  targets: string | undefined,
  headers: Readonly<Record<string, string>> = {},
): Promise<HttpAnswer> =>
  front.notify(`${point}?rt=2`, {
    headers: { ...(targets === undefined ? {} : { "X-M2M-RTU": targets }), ...headers },
  });

const resultOf = (request: Message): unknown => request.pc?.["m2m:rsp"];

/** The Notify that the CSE got, but for registrations. */
const notified = (front: Timed): CseRequest[] =>
  front.cse.requests.filter(({ method, headers }) => {
    return method === "POST" && headers["content-type"]?.includes("ty=") === false;
  });

test("rt 2 is answered 202 with 1002, and every target gets the result as a Notify with m2m:rsp of the original rqi (BF-32; TS-0004, 7.5.1.2.5)", async () => {
  const front = await startHolding();
  const point = await away(front);
  const targets = await Promise.all(["CAE2", "CAE3"].map((id) => front.ae(id, { answer: ok })));
  expect(await notifyAsynch(front, point, "CAE2&/id-in/CAE3")).toMatchObject(ASYNCH);
  const pc = { "m2m:dbg": "mine" };
  const ae = await back(front, "CAE1", { answer: () => ({ rsc: 2000, pc }) });
  expect(await ae.nextRequest()).toMatchObject({ op: 5, to: "CAE1", rqi: "n1" });
  const tos = ["CAE2", "/id-in/CAE3"];
  const rqis = new Set<unknown>();
  for (const [index, { ae: target }] of targets.entries()) {
    const result = await target.nextRequest();
    expect(result).toMatchObject({ op: 5, to: tos[index], fr: "/id-in" });
    expect(resultOf(result)).toMatchObject({ rsc: 2000, rqi: "n1", pc });
    rqis.add(result.rqi);
  }
  expect([...rqis, "n1"]).toHaveLength(3);
  await expectConserved(front.gateway);
  await heldIs(front, 0);
});

test("a target that is no registree's is told through the CSE, in the name of the CSE or of cse.originator (S3, 8.1)", async () => {
  for (const [settings, origin] of [
    [{}, "/id-in"],
    [{ "cse.originator": "CGateway" }, "CGateway"],
  ] as const) {
    const front = await startHolding(settings);
    const point = await away(front);
    expect(await notifyAsynch(front, point, "/id-in/cse-in/app")).toMatchObject(ASYNCH);
    await back(front, "CAE1", { answer: ok });
    await expect.poll(() => notified(front)).toHaveLength(1);
    const [request] = notified(front);
    expect(request?.target).toMatch(/\/cse-in\/app$/);
    expect(request?.headers).toMatchObject({ "x-m2m-origin": origin });
    expect(request?.headers["x-m2m-ri"]).toMatch(/./);
    expect(JSON.parse(request?.body ?? "")).toMatchObject({ "m2m:rsp": { rsc: 2000, rqi: "n1" } });
  }
});

test("without targets the originator gets the result (5.4)", async () => {
  const front = await startHolding();
  const point = await away(front);
  const headers = { "X-M2M-Origin": "CApp" };
  expect(await notifyAsynch(front, point, undefined, headers)).toMatchObject(ASYNCH);
  await back(front, "CAE1", { answer: ok });
  await expect.poll(() => notified(front)).toHaveLength(1);
  expect(notified(front)[0]?.target).toMatch(/\/CApp$/);
  expect(JSON.parse(notified(front)[0]?.body ?? "")).toMatchObject({ "m2m:rsp": { rqi: "n1" } });
});

test("an originator that is a registree gets it on its socket (5.4)", async () => {
  const front = await startHolding();
  const point = await away(front);
  const { ae: originator } = await front.ae("CAE2", { answer: ok });
  await notifyAsynch(front, point, undefined, { "X-M2M-Origin": "CAE2" });
  await back(front, "CAE1", { answer: ok });
  expect(resultOf(await originator.nextRequest())).toMatchObject({ rsc: 2000, rqi: "n1" });
  await expectConserved(front.gateway);
});

test("with empty targets nobody is ever told (BF-33)", async () => {
  const front = await startHolding();
  const point = await away(front);
  expect(await notifyAsynch(front, point, "")).toMatchObject(ASYNCH);
  const ae = await back(front, "CAE1", { answer: ok });
  await expectConserved(front.gateway, { delivered: 1 });
  await quiet(front, ae);
  expect(rqisOf(ae)).toEqual(["n1"]);
  expect(asked(front.cse)).toEqual(["POST /cse-in"]);
});

test("one that expires is told as 4008 (BF-34)", async () => {
  const front = await startHolding();
  const point = await away(front);
  const { ae: target } = await front.ae("CAE2", { answer: ok });
  await notifyAsynch(front, point, "CAE2", { "X-M2M-RET": "20000" });
  front.clock.advance(20_000);
  expect(resultOf(await target.nextRequest())).toMatchObject({ rsc: 4008, rqi: "n1" });
  await expectConserved(front.gateway);
  await heldIs(front, 0);
});

test("one whose registree deregisters is told as 4004 (4.4)", async () => {
  const front = await startHolding();
  const point = await away(front);
  const { ae: target } = await front.ae("CAE2", { answer: ok });
  await notifyAsynch(front, point, "CAE2");
  await ask(front, { method: "DELETE", target: "/cse-in/ae-CAE1" });
  expect(resultOf(await target.nextRequest())).toMatchObject({ rsc: 4004, rqi: "n1" });
  await expectConserved(front.gateway);
});

test("a result whose target is away is held for it as any Notify is (5.4)", async () => {
  const front = await startHolding();
  const [point] = [await away(front, "CAE1"), await away(front, "CAE2")];
  await notifyAsynch(front, point, "CAE2");
  await back(front, "CAE1", { answer: ok });
  await expectConserved(front.gateway, { delivered: 1, entries: 1 });
  const target = await back(front, "CAE2", { answer: ok });
  expect(resultOf(await target.nextRequest())).toMatchObject({ rsc: 2000, rqi: "n1" });
  await expectConserved(front.gateway, { delivered: 2 });
});

test("a result waits its turn behind what is held for its target (architecture, S11)", async () => {
  const front = await startHolding();
  const [point, other] = [await away(front, "CAE1"), await away(front, "CAE2")];
  await front.notify(other, { rqi: "o1" });
  await notifyAsynch(front, point, "CAE2");
  await back(front, "CAE1", { answer: ok });
  await expectConserved(front.gateway, { delivered: 1, entries: 2 });
  const target = await back(front, "CAE2", { answer: ok });
  expect(await target.nextRequest()).toMatchObject({ rqi: "o1" });
  expect(resultOf(await target.nextRequest())).toMatchObject({ rqi: "n1" });
  await expectConserved(front.gateway, { delivered: 3 });
});

test("a target that cannot be told does not keep the others from being told", async () => {
  const front = await startHolding();
  const point = await away(front);
  const { ae: target } = await front.ae("CAE2", { answer: ok });
  front.cse.answer(() => ({ rsc: 4004, status: 404 }));
  await notifyAsynch(front, point, "/id-in/cse-in/gone&CAE2");
  await back(front, "CAE1", { answer: ok });
  expect(resultOf(await target.nextRequest())).toMatchObject({ rsc: 2000, rqi: "n1" });
  await expectConserved(front.gateway);
});

test("a connected registree does not change that: 202 with 1002, then the result (5.4)", async () => {
  const front = await startHolding();
  const { ae, point } = await front.ae("CAE1");
  const { ae: target } = await front.ae("CAE2", { answer: ok });
  expect(await notifyAsynch(front, point, "CAE2")).toMatchObject({ status: 202, rsc: 1002 });
  const request = await ae.nextRequest();
  await quiet(front, target);
  expect(rqisOf(target)).toEqual([]);
  answer(ae, request, { rsc: 5205 });
  expect(resultOf(await target.nextRequest())).toMatchObject({ rsc: 5205, rqi: "n1" });
  await expectConserved(front.gateway);
});

test("a Create whose socket is cut before its answer is told as 4008 (BF-25)", async () => {
  const front = await startHolding(LABORATORY);
  await away(front, "/id-mn");
  const { ae: target } = await front.ae("CAE2", { answer: ok });
  const accepted = await ask(front, {
    method: "POST",
    target: "/~/id-mn/cse?rt=2",
    headers: { "Content-Type": "application/json;ty=3", "X-M2M-RTU": "CAE2" },
    body: '{"m2m:cnt":{}}',
  });
  expect(accepted).toMatchObject(ASYNCH);
  const cse = await back(front, "/id-mn");
  await cse.nextRequest();
  await cut(front, cse);
  expect(resultOf(await target.nextRequest())).toMatchObject({ rsc: 4008, rqi: "h1" });
  await expectConserved(front.gateway);
});

test.each([
  ["3", 1002],
  ["2a", 1000],
])("an originator of release %s is acknowledged with %i (D-5.3)", async (rvi, rsc) => {
  const front = await startHolding();
  const point = await away(front);
  const accepted = await notifyAsynch(front, point, "", { "X-M2M-RVI": rvi });
  expect(accepted).toMatchObject({ status: 202, rsc });
});

test("its <request> can be looked at too (5.4)", async () => {
  const front = await startHolding();
  const reference = referenceIn(await notifyAsynch(front, await away(front), ""));
  expect(await requestOf(front, reference)).toMatchObject({ rs: 3, mi: { rt: { rtv: 2 } } });
  await back(front, "CAE1", { answer: ok });
  await statusIs(front, reference, 1);
});

test.each([1, 2])(
  "of a request with rt %i the registree itself is asked blocking, or its answer would be an acknowledgement (TS-0004, 7.3.2.8)",
  async (rt) => {
    const front = await startHolding(LABORATORY);
    await away(front, "/id-mn");
    const headers = { "X-M2M-RTU": "CAE2" };
    await ask(front, { target: `/~/id-mn/cse/c?rt=${rt}`, ...(rt === 2 && { headers }) });
    const cse = await back(front, "/id-mn", { answer: ok });
    const { rt: seen = { rtv: 3 } } = await cse.nextRequest();
    expect(seen).toEqual({ rtv: 3 });
  },
);

test("m2m:rsp says whose answer it is and who asked (8.1)", async () => {
  const front = await startHolding(LABORATORY);
  await away(front, "/id-mn");
  const { ae: target } = await front.ae("CAE2", { answer: ok });
  await ask(front, { target: "/~/id-mn/cse/c?rt=2", headers: { "X-M2M-RTU": "CAE2" } });
  await back(front, "/id-mn", { answer: ok });
  expect(resultOf(await target.nextRequest())).toEqual({
    rsc: 2000,
    rqi: "h1",
    to: "CApp",
    fr: "/id-mn",
    rvi: "3",
  });
});

test("an address on loopback that the originator names as target is not called (architecture, S21)", async () => {
  const front = await startHolding();
  const point = await away(front);
  const { ae: target } = await front.ae("CAE2", { answer: ok });
  const before = front.cse.requests.length;
  // The scripted CSE stands for any listener there; it is not asked by way of the CSE port either.
  await notifyAsynch(front, point, `${front.cse.url}/inside&CAE2`);
  await back(front, "CAE1", { answer: ok });
  expect(resultOf(await target.nextRequest())).toMatchObject({ rqi: "n1" });
  await expectConserved(front.gateway);
  await quiet(front);
  expect(front.cse.requests).toHaveLength(before);
});

describe("rt 4", () => {
  test("is answered with the result where the registree is connected (BF-35)", async () => {
    const front = await startHolding();
    const { point } = await front.ae("CAE1", { answer: ok });
    expect(await front.notify(`${point}?rt=4`)).toMatchObject(SERVED);
    await expectConserved(front.gateway, {});
  });

  test("is answered 202 with a reference where it is away (BF-35)", async () => {
    const front = await startHolding();
    const accepted = await front.notify(`${await away(front)}?rt=4`);
    expect(accepted).toMatchObject({ status: 202, rsc: 1001 });
    const reference = referenceIn(accepted);
    expect(await requestOf(front, reference)).toMatchObject({ rs: 3, mi: { rt: { rtv: 4 } } });
    await back(front, "CAE1", { answer: ok });
    await statusIs(front, reference, 1);
    await expectConserved(front.gateway, { delivered: 1 });
  });

  test("with targets and the registree away it is as rt 2: 1002, and the targets are told (BF-35, Q-23)", async () => {
    const front = await startHolding();
    const point = await away(front);
    const { ae: target } = await front.ae("CAE2", { answer: ok });
    const accepted = await front.notify(`${point}?rt=4`, { headers: { "X-M2M-RTU": "CAE2" } });
    expect(accepted).toMatchObject({ status: 202, rsc: 1002 });
    await back(front, "CAE1", { answer: ok });
    expect(resultOf(await target.nextRequest())).toMatchObject({ rsc: 2000, rqi: "n1" });
  });
});

import { expect, test } from "vitest";
import { ok, SGN, startFront, VERIFY } from "../gateway/front.ts";
import { leave, startHolding } from "../gateway/hold-in.ts";
import { api, get, post } from "./api-in.ts";
import { watch } from "./events-in.ts";

test("who comes and leaves is told as it happens", async () => {
  const front = await startFront();
  // Not of the CSE: how soon that is found to be there is another matter.
  const events = await watch(front.gateway, "?types=link,registree");
  const { ae } = await front.ae("CAE1");
  await events.event(({ what }) => what === "connected");
  await leave(front, ae);
  await events.event(({ type, what }) => type === "link" && what === "closed");
  const told = events.seen.map(({ type, what }) => `${type} ${what}`);
  expect(told).toEqual([
    "link opened",
    "registree registered",
    "registree connected",
    "registree left",
    "link closed",
  ]);
  expect(events.seen[2]).toMatchObject({ registree: "/id-in/CAE1", facts: { link: "l1" } });
});

test("events are of the types and the registree that are asked for, those that were missed first", async () => {
  const front = await startFront();
  await front.ae("CAE1");
  await front.ae("CAE2");
  const events = await watch(front.gateway, "?types=registree&registree=CAE2&after=0");
  await events.event(({ what }) => what === "connected");
  expect(events.seen.map(({ registree }) => registree)).toEqual(["/id-in/CAE2", "/id-in/CAE2"]);
  const primitives = await watch(front.gateway, "?types=primitive");
  const { point } = await front.ae("CAE3", { answer: ok });
  await front.notify(point, { ...VERIFY, rqi: "v1" });
  const replied = await primitives.event(
    ({ what, facts }) => what === "replied" && facts["requestIdentifier"] === "v1",
  );
  expect(replied).toMatchObject({ registree: "/id-in/CAE3", facts: { rsc: 2000 } });
  expect((await get(front.gateway, "/events?types=all")).status).toBe(400);
});

test("a watcher that does not read is dropped, and nobody waits for it", async () => {
  const front = await startFront();
  const { point } = await front.ae("CAE1", { answer: ok });
  const wanted = { registree: "CAE1", forSeconds: 60, content: true };
  const { id } = (await post(front.gateway, "/traces", wanted)).body;
  const events = await watch(front.gateway, `?trace=${id}`);
  events.response.pause();
  const body = `{"m2m:sgn":{"vrq":true,"sur":"${"x".repeat(60_000)}"}}`;
  // What the kernel takes in for both ends comes on top of what the gateway lets wait.
  for (let round = 0; round < 150; round += 1) {
    expect(await front.notify(point, { body, rqi: `n${round}` })).toMatchObject({ rsc: 2000 });
  }
  events.response.resume();
  await events.ended;
  expect(events.seen.length).toBeLessThan(150 * 5);
});

test("a trace tells every step of the primitives of one registree, and ends by itself", async () => {
  const front = await startHolding();
  const { ae, point } = await front.ae("CAE1", { answer: ok });
  const other = await front.ae("CAE2", { answer: ok });
  const started = await post(front.gateway, "/traces", { registree: "CAE1", forSeconds: 60 });
  expect(started).toMatchObject({
    status: 201,
    body: { registree: "/id-in/CAE1", content: false },
  });
  const { id } = started.body;
  const events = await watch(front.gateway, `?trace=${id}`);
  await front.notify(other.point, { ...VERIFY, rqi: "other" });
  await front.notify(point, { ...VERIFY, rqi: "v1" });
  await ae.request({ op: 2, to: "cse-in/x", fr: "CAE1", rqi: "up" });
  await events.event(
    ({ what, facts }) => what === "replied" && facts["requestIdentifier"] === "up",
  );
  expect(events.seen.map(({ what, facts }) => `${facts["requestIdentifier"]} ${what}`)).toEqual([
    ...["v1 received", "v1 routed", "v1 sent", "v1 answered", "v1 replied"],
    ...["up received", "up routed", "up replied"],
  ]);
  for (const { facts } of events.seen) expect(facts).not.toHaveProperty("content");
  front.clock.advance(60_000);
  await events.ended;
  expect(events.seen.at(-1)).toMatchObject({ what: "ended" });
  expect((await get(front.gateway, "/traces")).body).toEqual({ items: [] });
  expect((await watch(front.gateway, `?trace=${id}`)).status).toBe(404);
});

test("a trace tells what kind of resource a Create wants", async () => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1");
  const wanted = { registree: "CAE1", forSeconds: 60 };
  const { id } = (await post(front.gateway, "/traces", wanted)).body;
  const events = await watch(front.gateway, `?trace=${id}`);
  await ae.request({ op: 1, to: "cse-in/x", ty: 3, fr: "CAE1", pc: { "m2m:cnt": {} } });
  const received = await events.event(({ what }) => what === "received");
  expect(received.facts).toMatchObject({ operation: "create", resourceType: 3 });
});

test("a trace has contents only where that is asked for, and on record", async () => {
  const front = await startFront();
  const { point } = await front.ae("CAE1", { answer: ok });
  const wanted = { registree: "CAE1", forSeconds: 60, content: true };
  const { id } = (await post(front.gateway, "/traces", wanted)).body;
  const events = await watch(front.gateway, `?trace=${id}`);
  await front.notify(point, { rqi: "n1" });
  expect(await events.event(({ what }) => what === "sent")).toMatchObject({
    facts: { content: SGN },
  });
  expect(front.gateway.log).toContainEqual(
    expect.objectContaining({ stream: "audit", action: "trace", content: true }),
  );
  expect((await api(front.gateway, "DELETE", `/traces/${id}`)).status).toBe(200);
  await events.ended;
  expect((await api(front.gateway, "DELETE", `/traces/${id}`)).status).toBe(404);
});

test("past limits.traces no other one is begun, until one has ended or a reload allows it", async () => {
  const { gateway, cse } = await startFront({ "limits.traces": "2" });
  const trace = (): ReturnType<typeof post> =>
    post(gateway, "/traces", { registree: "CAE1", forSeconds: 60 });
  const { id } = (await trace()).body;
  expect((await trace()).status).toBe(201);
  expect(await trace()).toMatchObject({ status: 503, body: { code: "GW_OVERLOADED" } });
  expect(await gateway.metric('m2mgw_limits_total{limit="traces"}')).toBe(1);
  await api(gateway, "DELETE", `/traces/${id}`);
  expect((await trace()).status).toBe(201);
  await gateway.reload({ "cse.url": cse.url, "limits.traces": "3" });
  expect((await trace()).status).toBe(201);
  expect((await trace()).status).toBe(503);
});

test("past limits.watchers nobody else watches, until one has left or a reload allows it", async () => {
  const { gateway, cse } = await startFront({ "limits.watchers": "2" });
  const [first] = [await watch(gateway), await watch(gateway)];
  expect(await get(gateway, "/events")).toMatchObject({
    status: 503,
    body: { code: "GW_OVERLOADED" },
  });
  expect(await gateway.metric('m2mgw_limits_total{limit="watchers"}')).toBe(1);
  first.response.destroy();
  while ((await watch(gateway)).status !== 200);
  await gateway.reload({ "cse.url": cse.url, "limits.watchers": "3" });
  expect((await watch(gateway)).status).toBe(200);
  expect((await watch(gateway)).status).toBe(503);
});

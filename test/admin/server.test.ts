import { expect, test } from "vitest";
import { ok, startFront, UNANSWERED } from "../gateway/front.ts";
import { api } from "./api-in.ts";

test("the process is live, and ready with its mode and its links", async () => {
  const { gateway, ae } = await startFront();
  const live = await fetch(`${gateway.admin}/livez`);
  expect(live.status).toBe(200);
  await ae();
  const ready = await fetch(`${gateway.admin}/readyz`);
  expect(ready.status).toBe(200);
  expect(await ready.json()).toMatchObject({ ready: true, mode: "front", links: 1 });
});

test("while exchanges under way are brought to an end, the gateway is live and not ready", async () => {
  const front = await startFront({ "shutdown.drain": "5s" });
  const { ae, point } = await front.ae();
  const notified = front.notify(point);
  const { rqi } = await ae.nextRequest();
  await front.gateway.metricIs(UNANSWERED, 1);
  const stopped = front.gateway.stopAtOnce();
  expect((await fetch(`${front.gateway.admin}/readyz`)).status).toBe(503);
  expect((await fetch(`${front.gateway.admin}/livez`)).status).toBe(200);
  ae.send({ ...ok(), rqi: String(rqi) });
  expect(await notified).toMatchObject({ status: 200, rsc: 2000 });
  await stopped;
});

test("metrics come as Prometheus reads them, with what was built", async () => {
  const { gateway } = await startFront();
  const metrics = await fetch(`${gateway.admin}/metrics`);
  expect(metrics.status).toBe(200);
  expect(metrics.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4\b/);
  expect(await metrics.text()).toMatch(/^m2mgw_build_info\{.*version="[^"]+".*\} 1$/m);
});

test.each([
  ["PUT", "/log-level", { level: "loud" }, "body/level must be one of trace, debug, info, warn"],
  ["PUT", "/log-level", { level: "info", forever: true }, "body has no forever"],
  ["PUT", "/log-level", {}, "body must have required property 'level'"],
  ["GET", "/registrees?nam=x", undefined, "query has no nam"],
  ["GET", "/registrees?limit=0", undefined, "query/limit must be >= 1"],
])("%s %s with %j is told what it has wrong, and what would be right", async (...row) => {
  const [method, target, body, detail] = row;
  const { gateway } = await startFront();
  const answer = await api(gateway, method, target, body);
  expect(answer).toMatchObject({ status: 400, type: expect.stringContaining("problem+json") });
  expect(answer.body.detail).toContain(detail);
});

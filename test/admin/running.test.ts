import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startFront } from "../gateway/front.ts";
import { away, HELD, holdAll, startHolding } from "../gateway/hold-in.ts";
import { callHttp } from "../helpers/http-client.ts";
import { startGateway } from "../helpers/start-gateway.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { api, get, post } from "./api-in.ts";

const NOTIFY = { operation: "notify", from: "CSender", content: { "m2m:sgn": { sur: "x" } } };

test("an operator sends as an application does, and gets the answer or the failure", async () => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1", { answer: () => ({ rsc: 2000, pc: { "m2m:x": 1 } }) });
  const { body } = await post(front.gateway, "/primitives", { ...NOTIFY, to: "/id-in/CAE1" });
  expect(body).toMatchObject({ rsc: 2000, content: '{"m2m:x":1}' });
  expect(JSON.parse(ae.frames.at(-1)?.text ?? "")).toMatchObject({
    op: 5,
    fr: "CSender",
    rqi: body.requestIdentifier,
  });
  const nobody = { operation: "retrieve", from: "CSender", to: "/id-mn/x" };
  expect((await post(front.gateway, "/primitives", nobody)).status).toBe(200);
  expect((await post(front.gateway, "/primitives", { ...NOTIFY })).status).toBe(400);
  const acted = { stream: "audit", action: "send", originator: "CSender" };
  expect(front.gateway.log).toContainEqual(expect.objectContaining(acted));
});

test("what an operator sends to a registree that is away is held", async () => {
  const front = await startHolding();
  await away(front);
  const { body } = await post(front.gateway, "/primitives", { ...NOTIFY, to: "/id-in/CAE1" });
  expect(body).toMatchObject({ rsc: HELD.rsc, held: true });
});

test("the rules hold for operators, too: their face is admin", async () => {
  const permissions = JSON.stringify([{ faces: ["admin"], originators: ["CAdmin"] }]);
  const gateway = await startGateway({ permissions });
  const refused = await post(gateway, "/primitives", { ...NOTIFY, to: "/id-in/CAE1" });
  expect(refused).toMatchObject({ status: 403, body: { code: "GW_NOT_PERMITTED" } });
  const permitted = { ...NOTIFY, from: "CAdmin", to: "/id-in/CAE1" };
  expect((await post(gateway, "/primitives", permitted)).status).toBe(200);
});

test("the configuration is shown with who says so, without passwords", async () => {
  const settings = { "ws.pingAfter": "20s", "cse.url": "http://127.0.0.1:1" };
  const { gateway } = await startFront(settings);
  const { body } = await get(gateway, "/config");
  const key = (name: string) => body.items.find((item: { key: string }) => item.key === name);
  expect(key("ws.pingAfter")).toEqual({
    key: "ws.pingAfter",
    value: "20s",
    origin: "--ws.pingAfter",
    live: false,
  });
  expect(key("ws.pongWithin")).toMatchObject({ value: "10s", origin: "default" });
  expect(key("permissions")).toMatchObject({ value: [], live: true });
  expect(key("stateDir")).toMatchObject({ value: gateway.stateDir });
});

test("a reload says what it does, or would, and a wrong configuration changes nothing", async () => {
  const front = await startFront();
  const { gateway } = front;
  expect((await post(gateway, "/reload", { dryRun: true })).body).toEqual({
    dryRun: true,
    live: [],
    restart: [],
  });
  await gateway.reload({ "cse.url": front.cse.url, "log.level": "debug" });
  expect((await get(gateway, "/log-level")).body).toEqual({ level: "debug" });
  const wrong = gateway.reload({ "cse.url": front.cse.url, "log.level": "loud" });
  await expect(wrong).rejects.toThrow("log.level");
  const answer = await post(gateway, "/reload", { dryRun: false });
  expect(answer).toMatchObject({
    status: 422,
    body: { detail: expect.stringContaining("log.level") },
  });
  expect((await get(gateway, "/log-level")).body).toEqual({ level: "debug" });
});

test("more is logged for a while, and less again when it is over", async () => {
  const front = await startHolding();
  const { gateway } = front;
  const set = await api(gateway, "PUT", "/log-level", { level: "debug", forSeconds: 60 });
  expect(set.body).toEqual({ level: "debug", until: "2026-01-01T12:01:00.000Z" });
  await holdAll(front, await away(front), ["n1"]);
  expect(gateway.log).toContainEqual(expect.objectContaining({ level: 20, msg: "exchange" }));
  front.clock.advance(60_000);
  expect((await get(gateway, "/log-level")).body).toEqual({ level: "info" });
});

test("a gateway that nobody has told how to stop is not stopped", async () => {
  const { gateway } = await startFront();
  expect((await post(gateway, "/drain")).status).toBe(409);
});

test("with a token, the API is for whoever shows it, and may leave loopback", async () => {
  const tokenFile = join(tempDir(), "token");
  writeFileSync(tokenFile, "0123456789abcdef\n");
  const settings = { "admin.listen": "0.0.0.0:0", "admin.insecure": "true" };
  const gateway = await startGateway({ ...settings, "admin.tokenFile": tokenFile });
  const status = async (headers: Record<string, string>) =>
    (await api(gateway, "GET", "/status", undefined, headers)).status;
  const right = { Authorization: "Bearer 0123456789abcdef" };
  expect(await status(right)).toBe(200);
  expect(await status({ ...right, Host: "gateway.example.org" })).toBe(200);
  expect(await status({ ...right, "Sec-Fetch-Site": "cross-site" })).toBe(403);
  expect(await status({ Authorization: "Bearer 0123456789abcdeF" })).toBe(401);
  expect(await status({ Authorization: "Basic 0123456789abcdef" })).toBe(401);
  const refused = await callHttp(gateway.admin, { target: "/api/v1/status" });
  expect(refused.headers["www-authenticate"]).toBe('Bearer realm="m2mgw"');
  expect((await callHttp(gateway.admin, { target: "/openapi.json" })).status).toBe(401);
  expect((await fetch(`${gateway.admin}/readyz`)).status).toBe(200);

  writeFileSync(tokenFile, "another-token-of-mine");
  const next = { ...settings, "admin.tokenFile": tokenFile };
  expect(await gateway.reload(next)).toMatchObject({ live: ["admin.tokenFile"] });
  expect(await status(right)).toBe(401);
  expect(await status({ Authorization: "Bearer another-token-of-mine" })).toBe(200);
  writeFileSync(tokenFile, "short");
  await expect(async () => gateway.reload(next)).rejects.toThrow("admin.tokenFile");
});

test("unknown paths and wrong methods are problems, too", async () => {
  const { gateway } = await startFront();
  for (const [method, target] of [
    ["GET", "/api/v1/nothing"],
    ["GET", "/nothing"],
    ["DELETE", "/api/v1/status"],
    ["GET", "/api/v1/drain"],
  ] as const) {
    const { status, headers } = await callHttp(gateway.admin, { method, target });
    expect({ target, status, type: headers["content-type"] }).toEqual({
      target,
      status: 404,
      type: "application/problem+json; charset=utf-8",
    });
  }
});

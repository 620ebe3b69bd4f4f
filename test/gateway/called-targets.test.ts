import { expect, test } from "vitest";
import { GatewayError } from "../../src/base/errors.ts";
import { startHttpRegistree } from "../helpers/http-registree.ts";
import { ok } from "./front.ts";
import { away, back, startHolding } from "./hold-in.ts";
import { ASYNCH } from "./non-blocking-in.ts";

const NOT_TOLD = "the result of a non-blocking request was not told";

test("the result of a non-blocking request is sent to a target over HTTP that may be called, at exactly that URL (TS-0004, 7.5.1.2.5)", async () => {
  const front = await startHolding({ "calls.networks": "127.0.0.0/8" });
  const target = await startHttpRegistree();
  const point = await away(front);
  const headers = { "X-M2M-RTU": `${target.url}/results?of=n1` };
  expect(await front.notify(`${point}?rt=2`, { headers })).toMatchObject(ASYNCH);
  await back(front, "CAE1", { answer: ok });
  const result = await target.next();
  expect(result).toMatchObject({ method: "POST", target: "/results?of=n1" });
  expect(result.headers["content-type"]).toBe("application/json");
  expect(JSON.parse(result.bytes.toString())).toMatchObject({
    "m2m:rsp": { rsc: 2000, rqi: "n1" },
  });
});

test("to any other it is not sent, and the log says so (S21)", async () => {
  const front = await startHolding();
  const target = await startHttpRegistree();
  const point = await away(front);
  const headers = { "X-M2M-RTU": target.url };
  expect(await front.notify(`${point}?rt=2`, { headers })).toMatchObject(ASYNCH);
  await back(front, "CAE1", { answer: ok });
  await expect
    .poll(() => front.gateway.log)
    .toContainEqual(expect.objectContaining({ msg: NOT_TOLD }));
  expect(target.connections).toBe(0);
});

test("not even where the originator that the request names has registered from that address (S21)", async () => {
  const front = await startHolding();
  const target = await startHttpRegistree();
  const point = await away(front);
  await front.ae("CAE2", { answer: ok });
  const headers = { "X-M2M-Origin": "CAE2", "X-M2M-RTU": target.url };
  expect(await front.notify(`${point}?rt=2`, { headers })).toMatchObject(ASYNCH);
  await back(front, "CAE1", { answer: ok });
  await expect
    .poll(() => front.gateway.log)
    .toContainEqual(expect.objectContaining({ msg: NOT_TOLD }));
  expect(target.connections).toBe(0);
});

test.each(["http", "ws", "admin"] as const)(
  "nor to the gateway itself, at its port for %s, though that may be called (S21)",
  async (face) => {
    const front = await startHolding({ "calls.networks": "127.0.0.0/8" });
    const point = await away(front);
    const own = front.gateway[face].replace(/^ws/, "http");
    const headers = { "X-M2M-RTU": `${own}/livez` };
    expect(await front.notify(`${point}?rt=2`, { headers })).toMatchObject(ASYNCH);
    await back(front, "CAE1", { answer: ok });
    const error = `GatewayError: ${new GatewayError("GW_NOT_CALLABLE").message}`;
    await expect
      .poll(() => front.gateway.log)
      .toContainEqual(expect.objectContaining({ msg: NOT_TOLD, error }));
  },
);

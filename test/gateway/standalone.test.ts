import { expect, test } from "vitest";
import { connectRegistree, type Registree } from "../helpers/fake-registree.ts";
import { callHttp, type HttpAnswer } from "../helpers/http-client.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { type RunningGateway, startGateway } from "../helpers/start-gateway.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { ok, SGN, VERIFY } from "./front.ts";

const ORIGIN = { "X-M2M-Origin": "CApp", "X-M2M-RI": "h1", "X-M2M-RVI": "3" };

const notify = (
  gateway: RunningGateway,
  target: string,
  { body = SGN } = {},
): Promise<HttpAnswer> =>
  callHttp(gateway.http, {
    method: "POST",
    target,
    headers: { ...ORIGIN, "Content-Type": "application/json" },
    body,
  });

const start = (
  settings: Readonly<Record<string, string>> = {},
  options: Parameters<typeof startGateway>[1] = {},
): Promise<RunningGateway> => startGateway(settings, options);

async function registered(gateway: RunningGateway, fr: string): Promise<Registree> {
  const ae = await connectRegistree(gateway.ws, { answer: ok });
  expect(await ae.register(fr)).toMatchObject({ rsc: 2001 });
  return ae;
}

test("without a CSE an AE registers, and an HTTP application reaches it by its AE-ID", async () => {
  const gateway = await start();
  const ae = await registered(gateway, "CAE1");
  expect(await notify(gateway, "/~/id-in/CAE1")).toMatchObject({ status: 200, rsc: 2000 });
  expect(await ae.nextRequest()).toMatchObject({ op: 5, to: "/id-in/CAE1", fr: "CApp", rqi: "h1" });
});

test.each(["C", "S", undefined])(
  "an AE that asks for %j gets an AE-ID, and is reached by it",
  async (fr) => {
    const gateway = await start();
    const ae = await connectRegistree(gateway.ws, { answer: ok });
    const response = await ae.register(fr);
    expect(response).toMatchObject({ rsc: 2001 });
    const { aei = "" } = (response.pc?.["m2m:ae"] as { aei: string } | undefined) ?? {};
    expect(aei).toMatch(fr === "S" ? /^S./ : /^[CS]./);
    expect(await notify(gateway, `/${aei}`)).toMatchObject({ status: 200, rsc: 2000 });
  },
);

test("the AE reads its poa back as it wrote it, and the point of access works", async () => {
  const gateway = await start();
  const ae = await connectRegistree(gateway.ws, { answer: ok });
  await ae.register("CAE1", { rn: "one", poa: ["ws://default"] });
  const own = await ae.request({ op: 2, to: "cse-in/one", fr: "CAE1" });
  expect(own.pc?.["m2m:ae"]).toMatchObject({ aei: "CAE1", rn: "one", poa: ["ws://default"] });
});

test("a second registration under the same AE-ID is 4117 (4.1)", async () => {
  const gateway = await start();
  const ae = await registered(gateway, "CAE1");
  expect(await ae.register("CAE1")).toMatchObject({ rsc: 4117 });
});

test.each([
  ["create a container", { op: 1, to: "CAE1", fr: "CAE1", ty: 3, pc: { "m2m:cnt": {} } }],
  ["subscribe", { op: 1, to: "CAE1", fr: "CAE1", ty: 23, pc: { "m2m:sub": { nu: ["CAE1"] } } }],
])("to %s there needs to be a CSE: 5001, 501 over HTTP", async (_what, message) => {
  const gateway = await start();
  const ae = await registered(gateway, "CAE1");
  expect(await ae.request(message)).toMatchObject({ rsc: 5001 });
  const answer = await callHttp(gateway.http, {
    method: "POST",
    target: `/${message.to}`,
    headers: {
      ...ORIGIN,
      "X-M2M-Origin": "CAE1",
      "Content-Type": `application/json;ty=${message.ty}`,
    },
    body: JSON.stringify(message.pc),
  });
  expect(answer).toMatchObject({ status: 501, rsc: 5001, headers: { "x-m2m-ri": "h1" } });
});

test("a Notify to an AE that never registered is 404 with 4004 (4.4)", async () => {
  const gateway = await start();
  expect(await notify(gateway, "/~/id-in/CNobody")).toMatchObject({ status: 404, rsc: 4004 });
});

test("a Notify to an AE that is away is held, a verification 404 with 5103 (4.4, 5.4)", async () => {
  const gateway = await start();
  const ae = await registered(gateway, "CAE1");
  await ae.disconnect();
  await gateway.metricIs("m2mgw_links", 0);
  expect(await notify(gateway, "/CAE1", VERIFY)).toMatchObject({ status: 404, rsc: 5103 });
  expect(await notify(gateway, "/CAE1")).toMatchObject({ status: 202, rsc: 1000 });
});

test("a deregistered AE is unknown and may register again (4.4)", async () => {
  const gateway = await start();
  const ae = await registered(gateway, "CAE1");
  expect(await ae.request({ op: 4, to: "CAE1", fr: "CAE1" })).toMatchObject({ rsc: 2002 });
  expect(await notify(gateway, "/CAE1")).toMatchObject({ status: 404, rsc: 4004 });
  expect(await ae.register("CAE1")).toMatchObject({ rsc: 2001 });
  expect(await notify(gateway, "/CAE1")).toMatchObject({ status: 200, rsc: 2000 });
});

test("an <AE> deleted over HTTP is deregistered too (4.4)", async () => {
  const gateway = await start();
  await registered(gateway, "CAE1");
  const headers = { ...ORIGIN, "X-M2M-Origin": "CAE1" };
  const deleted = await callHttp(gateway.http, { method: "DELETE", target: "/CAE1", headers });
  expect(deleted).toMatchObject({ status: 200, rsc: 2002 });
  expect(await notify(gateway, "/CAE1")).toMatchObject({ status: 404, rsc: 4004 });
});

test("registrations outlive a restart (RG-17)", async () => {
  const stateDir = tempDir();
  const before = await start({}, { stateDir });
  const ae = await registered(before, "CAE1");
  await ae.disconnect();
  await before.stop();
  const after = await start({}, { stateDir });
  expect(await notify(after, "/CAE1", VERIFY)).toMatchObject({ status: 404, rsc: 5103 });
  const again = await connectRegistree(after.ws, { answer: ok });
  expect(await again.request({ op: 2, to: "CAE1", fr: "CAE1" })).toMatchObject({ rsc: 2000 });
  expect(await notify(after, "/CAE1")).toMatchObject({ status: 200, rsc: 2000 });
});

test("an AE whose expiration time passes is unknown then (RG-20)", async () => {
  const clock = new ManualClock();
  const gateway = await start({ "ws.pingAfter": "1h" }, { clock });
  const ae = await connectRegistree(gateway.ws, { answer: ok });
  expect(await ae.register("CAE1", { et: "20260101T120100" })).toMatchObject({ rsc: 2001 });
  clock.advance(59_000);
  expect(await notify(gateway, "/CAE1")).toMatchObject({ status: 200, rsc: 2000 });
  clock.advance(2_000);
  expect(await notify(gateway, "/CAE1")).toMatchObject({ status: 404, rsc: 4004 });
});

test("its CSEBase has the configured CSE-ID and name", async () => {
  const gateway = await start({ "cse.id": "/id-home", "cse.name": "home" });
  const headers = { ...ORIGIN, "X-M2M-Origin": "CAE1" };
  const ae = await connectRegistree(gateway.ws);
  const attributes = { api: "N.test", rr: true, srv: ["3"] };
  const create = { op: 1, to: "home", ty: 2, fr: "CAE1", pc: { "m2m:ae": attributes } };
  expect(await ae.request(create)).toMatchObject({ rsc: 2001 });
  const answer = await callHttp(gateway.http, { target: "/~/id-home/home", headers });
  expect(answer).toMatchObject({ status: 200, rsc: 2000 });
  expect(JSON.parse(answer.body)["m2m:cb"]).toMatchObject({ csi: "/id-home", rn: "home", ty: 5 });
});

test("an AE that registers over HTTP and opens a WebSocket for its notifications gets them (S2)", async () => {
  const gateway = await start();
  const answer = await callHttp(gateway.http, {
    method: "POST",
    target: "/cse-in",
    headers: { ...ORIGIN, "X-M2M-Origin": "CAE7", "Content-Type": "application/json;ty=2" },
    body: '{"m2m:ae":{"api":"N.test","rr":true,"srv":["3"]}}',
  });
  expect(answer).toMatchObject({ status: 201, rsc: 2001 });
  const ae = await connectRegistree(gateway.ws, { origin: "CAE7", answer: ok });
  expect(await ae.request({ op: 2, to: "CAE7", fr: "CAE7" })).toMatchObject({ rsc: 2000 });
  expect(await notify(gateway, "/CAE7")).toMatchObject({ status: 200, rsc: 2000 });
});

test("a registration of more than 64 KiB is 4000, and 413 over HTTP; one below that is read back", async () => {
  const gateway = await start();
  const of = (bytes: number): object => ({
    "m2m:ae": { api: "Napp", rr: true, srv: ["3"], apn: "x".repeat(bytes) },
  });
  const post = (fr: string, bytes: number): Promise<HttpAnswer> =>
    callHttp(gateway.http, {
      method: "POST",
      target: "/cse-in",
      headers: { ...ORIGIN, "X-M2M-Origin": fr, "Content-Type": "application/json;ty=2" },
      body: JSON.stringify(of(bytes)),
    });
  expect(await post("CAE1", 66_000)).toMatchObject({ status: 413, rsc: 4000 });
  expect(await post("CAE1", 60_000)).toMatchObject({ status: 201, rsc: 2001 });
  const ae = await connectRegistree(gateway.ws);
  expect(await ae.register("CAE2", { apn: "x".repeat(66_000) })).toMatchObject({ rsc: 4000 });
  expect(await gateway.metric('m2mgw_failures_total{code="GW_CONTENT_TOO_LARGE"}')).toBe(2);
});

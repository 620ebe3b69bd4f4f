import { expect, test } from "vitest";
import { fromCbor, XMLNS } from "../helpers/coders.ts";
import { startCse } from "../helpers/fake-cse.ts";
import { connectRegistree } from "../helpers/fake-registree.ts";
import { callHttp } from "../helpers/http-client.ts";
import { type HttpRegistree, reply, startHttpRegistree } from "../helpers/http-registree.ts";
import { startGateway } from "../helpers/start-gateway.ts";
import { storedIn } from "../helpers/stored-in.ts";
import { gate, ok, SGN, VERIFY } from "./front.ts";
import { HELD, NOT_FOUND, NOT_REACHABLE, SERVED, TIMED_OUT } from "./hold-in.ts";
import { type Standalone, startStandalone } from "./http-standalone.ts";

/** A gateway, and the AE CAE1 whose point of access is the path `/n` of a server. */
async function registered(
  settings: Readonly<Record<string, string>> = {},
): Promise<Standalone & { readonly device: HttpRegistree }> {
  const standalone = await startStandalone(settings);
  // Of its own, which nobody else is given while it is down.
  const device = await startHttpRegistree();
  await standalone.register([`${device.url}/n`]);
  return { ...standalone, device };
}

const heldIs = ({ gateway }: Standalone, entries: number): Promise<void> =>
  gateway.metricIs("m2mgw_hold_entries", entries);

const rqisOf = ({ requests }: HttpRegistree): unknown[] =>
  requests.map(({ headers }) => headers["x-m2m-ri"]);

test("a Notify by AE-ID arrives at the point of access of an AE that registered over HTTP, and its answer comes back", async () => {
  const { device, notify } = await registered();
  device.answer((request, response) => reply(request, response, { rsc: 5205, status: 403 }));
  const answer = await notify("/~/id-in/CAE1");
  expect(answer).toMatchObject({
    status: 403,
    rsc: 5205,
    headers: { "x-m2m-ri": "n1", "x-m2mgw-disposition": "relayed" },
  });
  const [request] = device.requests;
  expect(request).toMatchObject({ method: "POST", target: "/n" });
  expect(request?.bytes.toString()).toBe(SGN);
  expect(request?.headers).toMatchObject({
    "x-m2m-origin": "CApp",
    "x-m2m-ri": "n1",
    "x-m2m-rvi": "3",
    "content-type": "application/json",
    accept: "application/json",
  });
  const names = request?.rawHeaders.filter((_, index) => index % 2 === 0);
  expect(names).toEqual(
    expect.arrayContaining(["Host", "X-M2M-Origin", "X-M2M-RI", "Content-Length"]),
  );
});

test("To stands behind a point of access without a path (http-binding, 2.3)", async () => {
  const { notify, register } = await startStandalone();
  const device = await startHttpRegistree();
  await register([device.url]);
  expect(await notify("/CAE1")).toMatchObject(SERVED);
  expect(device.requests).toMatchObject([{ target: "/CAE1" }]);
});

test("the AE reads its points of access back as it wrote them; others read the gateway's beside them", async () => {
  const { ask, device, gateway, notify } = await registered();
  const poaFor = async (from: string): Promise<string[]> =>
    JSON.parse((await ask(from, "GET", "/cse-in/one")).body)["m2m:ae"].poa;
  expect(await poaFor("CAE1")).toEqual([`${device.url}/n`]);
  const [own, ofGateway = ""] = await poaFor("CApp");
  expect(own).toBe(`${device.url}/n`);
  expect(ofGateway).toContain(`${gateway.http}/poa/`);
  expect(await notify(new URL(ofGateway).pathname)).toMatchObject(SERVED);
});

test("while its server is down a Notify is held; it is delivered in order once that is up again (TS-0020, 6.5)", async () => {
  const standalone = await registered();
  const { clock, device, notify } = standalone;
  await device.stop();
  for (const rqi of ["n1", "n2", "n3"]) expect(await notify("/CAE1", rqi)).toMatchObject(HELD);
  await heldIs(standalone, 3);
  const again = await startHttpRegistree(device.port);
  clock.advance(999);
  expect(again.connections).toBe(0);
  clock.advance(1);
  await heldIs(standalone, 0);
  expect(rqisOf(again)).toEqual(["n1", "n2", "n3"]);
  expect(await notify("/CAE1", "n4")).toMatchObject(SERVED);
});

test.each([502, 503])(
  "a proxy's own %d says that the registree is away: a Notify is held",
  async (status) => {
    const { clock, gateway, notify, register } = await startStandalone();
    const registree = await startHttpRegistree();
    await register([`${registree.url}/in`]);
    registree.answer((_request, response) => void response.writeHead(status).end());
    expect(await notify("/CAE1")).toMatchObject(HELD);
    registree.answer((request, response) => reply(request, response));
    clock.advance(1_000);
    await gateway.metricIs('m2mgw_hold_settled_total{outcome="delivered"}', 1);
  },
);

test("who is away answers no verification: 5103, and nothing is held", async () => {
  const standalone = await registered();
  await standalone.device.stop();
  expect(await standalone.notify("/CAE1", "n1", VERIFY.body)).toMatchObject(NOT_REACHABLE);
  await heldIs(standalone, 0);
});

test("an update of its pointOfAccess flushes what is held, at the new place (TS-0001, 10.2.2.4)", async () => {
  const standalone = await registered();
  const { ask, device, notify } = standalone;
  await device.stop();
  expect(await notify("/CAE1")).toMatchObject(HELD);
  const moved = await startHttpRegistree();
  const body = { "m2m:ae": { poa: [`${moved.url}/m`] } };
  const updated = await ask("CAE1", "PUT", "/cse-in/one", { body });
  expect(updated).toMatchObject({ rsc: 2004 });
  expect(JSON.parse(updated.body)["m2m:ae"].poa).toEqual([`${moved.url}/m`]);
  expect(await moved.next()).toMatchObject({ target: "/m", headers: { "x-m2m-ri": "n1" } });
  await heldIs(standalone, 0);
});

test("a request of its own shows that it is back, and flushes what is held", async () => {
  const standalone = await registered();
  const { ask, device, notify } = standalone;
  await device.stop();
  expect(await notify("/CAE1")).toMatchObject(HELD);
  const again = await startHttpRegistree(device.port);
  expect(await ask("CAE1", "GET", "/cse-in/one")).toMatchObject(SERVED);
  await again.next();
  await heldIs(standalone, 0);
});

test("once it has deregistered it is unknown: 4004", async () => {
  const { ask, device, notify } = await registered();
  expect(await ask("CAE1", "DELETE", "/cse-in/one")).toMatchObject({ rsc: 2002 });
  expect(await notify("/CAE1")).toMatchObject(NOT_FOUND);
  expect(device.connections).toBe(0);
});

test("once its registration has expired it is unknown: 4004", async () => {
  const { clock, notify, register } = await startStandalone();
  const device = await startHttpRegistree();
  await register([device.url], { attributes: { et: "20260101T120100" } });
  clock.advance(59_000);
  expect(await notify("/CAE1")).toMatchObject(SERVED);
  clock.advance(2_000);
  expect(await notify("/CAE1")).toMatchObject(NOT_FOUND);
});

test("it is known after a restart, and sent what was held before it", async () => {
  const before = await registered();
  const { device } = before;
  await device.stop();
  expect(await before.notify("/CAE1")).toMatchObject(HELD);
  await before.gateway.stop();
  const again = await startHttpRegistree(device.port);
  const after = await startStandalone({}, { stateDir: before.gateway.stateDir });
  expect(await again.next()).toMatchObject({ target: "/n", headers: { "x-m2m-ri": "n1" } });
  await heldIs(after, 0);
  expect(await after.notify("/CAE1", "n2")).toMatchObject(SERVED);
});

test("content is in the serialization that its point of access names (ct; TS-0004, 7.5.1.2.2)", async () => {
  const { notify, register } = await startStandalone();
  const device = await startHttpRegistree();
  await register([`${device.url}/n?ct=xml&key=1`], { attributes: { csz: ["application/cbor"] } });
  expect(await notify("/CAE1")).toMatchObject(SERVED);
  const request = await device.next();
  expect(request).toMatchObject({
    target: "/n?key=1",
    headers: { "content-type": "application/xml", accept: "application/xml" },
  });
  expect(request.bytes.toString()).toMatch(
    /^<\?xml.*<m2m:sgn .*<sur>\/id-in\/sub1<\/sur><\/m2m:sgn>$/s,
  );
});

test("content is in a serialization that it reads (contentSerialization)", async () => {
  const { notify, register } = await startStandalone();
  const device = await startHttpRegistree();
  await register([`${device.url}/n`], { attributes: { csz: ["application/cbor"] } });
  expect(await notify("/CAE1")).toMatchObject(SERVED);
  const request = await device.next();
  expect(request.headers).toMatchObject({ "content-type": "application/cbor" });
  expect(fromCbor(request.bytes)).toEqual(JSON.parse(SGN));
});

test("a Create reaches a registree CSE over HTTP, To behind its point of access, and comes back with its resource", async () => {
  const { ask } = await startStandalone();
  const cse = await startHttpRegistree();
  const csr = { csi: "/id-mn", cb: "/id-mn/cse", rr: true, srv: ["3"], poa: [`${cse.url}/mn/`] };
  const registration = await ask("/id-mn", "POST", "/cse-in", {
    headers: { "Content-Type": "application/json;ty=16" },
    body: { "m2m:csr": csr },
  });
  expect(registration).toMatchObject({ rsc: 2001 });
  const made = '{"m2m:cnt":{"rn":"c1","ri":"cnt1"}}';
  cse.answer((request, response) =>
    reply(request, response, { rsc: 2001, status: 201, body: made }),
  );
  const created = await ask("CApp", "POST", "/~/id-mn/cse/ae1?rcn=1", {
    headers: { "Content-Type": "application/json;ty=3" },
    body: { "m2m:cnt": { rn: "c1" } },
  });
  expect(created).toMatchObject({ status: 201, rsc: 2001, body: made });
  expect(await cse.next()).toMatchObject({
    method: "POST",
    target: "/mn/~/id-mn/cse/ae1?rcn=1",
    headers: { "content-type": "application/json;ty=3", "x-m2m-origin": "CApp" },
  });
});

test.each([
  ["", { status: 504, rsc: 4008 }],
  ["?rt=1", { status: 202, rsc: 1001 }],
])(
  "a Create is not repeated after a proxy's own 502, since it may have been executed: %s",
  async (query, answered) => {
    const { ask, clock, gateway } = await startStandalone();
    const cse = await startHttpRegistree();
    const csr = { csi: "/id-mn", cb: "/id-mn/cse", rr: true, srv: ["3"], poa: [cse.url] };
    const headers = { "Content-Type": "application/json;ty=16" };
    await ask("/id-mn", "POST", "/cse-in", { headers, body: { "m2m:csr": csr } });
    cse.answer((_request, response) => void response.writeHead(502).end());
    const created = await ask("CApp", "POST", `/~/id-mn/cse/ae1${query}`, {
      headers: { "Content-Type": "application/json;ty=3" },
      body: { "m2m:cnt": { rn: "c1" } },
    });
    expect(created).toMatchObject(answered);
    await cse.next();
    await gateway.metricIs("m2mgw_hold_entries", 0);
    clock.advance(60_000);
    expect(cse.requests).toHaveLength(1);
  },
);

test("an answer larger than the limit is none: 4008", async () => {
  const { device, notify } = await registered({ "http.maxBody": "1KiB" });
  device.answer((request, response) =>
    reply(request, response, { body: `{"m2m:dbg":"${"x".repeat(2048)}"}` }),
  );
  expect(await notify("/CAE1")).toMatchObject(TIMED_OUT);
});

test.each([
  ["text", "text/html", "<p>thanks</p>"],
  ["JSON that is none", "application/json", "{"],
])("to a Notify any answer of HTTP will do: %s (TS-0004, 7.3.1.3)", async (_what, type, body) => {
  const { device, notify } = await registered();
  device.answer((_request, response) =>
    response.writeHead(200, { "Content-Type": type }).end(body),
  );
  expect(await notify("/CAE1")).toMatchObject({ ...SERVED, body: "" });
});

test("a redirect is not followed: 5103 (S21)", async () => {
  const { device, notify } = await registered();
  const other = await startHttpRegistree();
  device.answer((_request, response) => response.writeHead(307, { Location: other.url }).end());
  expect(await notify("/CAE1")).toMatchObject(NOT_REACHABLE);
  expect(other.connections).toBe(0);
});

test("an address that may not be called never is; its AE is registered all the same, and the log says it once (S21)", async () => {
  const { ask, clock, gateway, notify, register } = await startStandalone();
  const device = await startHttpRegistree();
  // A proxy speaks for it: 127.0.0.1 is not its own address.
  await register([`${device.url}/n`, `http://localhost:${device.port}/n`], {
    headers: { "X-Forwarded-For": "127.0.0.1" },
  });
  expect(await notify("/CAE1", "n1")).toMatchObject(HELD);
  for (let turn = 0; turn < 3; turn += 1) {
    clock.advance(60_000);
    await ask("CAE1", "GET", "/cse-in/one");
    expect(await notify("/CAE1", `m${turn}`)).toMatchObject(HELD);
  }
  expect(device.connections).toBe(0);
  const told = gateway.log.filter(({ msg }) => String(msg).includes("may not be called"));
  expect(told).toMatchObject([
    { registree: "/id-in/CAE1", poa: device.url },
    { registree: "/id-in/CAE1", poa: `http://localhost:${device.port}` },
  ]);
});

test("addresses in the networks of the configuration are called, whoever names them (S21)", async () => {
  const { notify, register } = await startStandalone({ "calls.networks": "127.0.0.0/8" });
  const device = await startHttpRegistree();
  await register([`http://localhost:${device.port}/n`], {
    headers: { Forwarded: "for=192.0.2.1" },
  });
  expect(await notify("/CAE1")).toMatchObject(SERVED);
});

test("where TLS fails nothing is sent, and a Notify is held", async () => {
  const { notify, register } = await startStandalone();
  const device = await startHttpRegistree();
  await register([`https://127.0.0.1:${device.port}/n`]);
  expect(await notify("/CAE1")).toMatchObject(HELD);
  expect(device.requests).toEqual([]);
});

test("the gateway does not call itself", async () => {
  const standalone = await startStandalone({ "calls.networks": "127.0.0.0/8" });
  await standalone.register([standalone.gateway.http]);
  expect(await standalone.notify("/CAE1")).toMatchObject(HELD);
  await heldIs(standalone, 1);
});

test("points of access are tried in order, the one that worked last first; the next only where nothing was sent", async () => {
  const { notify, register } = await startStandalone();
  const [first, second] = [await startHttpRegistree(), await startHttpRegistree()];
  await first.stop();
  await register(["mqtt://127.0.0.1", `${first.url}/n`, `${second.url}/n`]);
  expect(await notify("/CAE1", "n1")).toMatchObject(SERVED);
  const again = await startHttpRegistree(first.port);
  second.answer((request, response) => reply(request, response, { rsc: 4000, status: 400 }));
  expect(await notify("/CAE1", "n2")).toMatchObject({ status: 400, rsc: 4000 });
  expect(again.connections).toBe(0);
  await second.stop();
  expect(await notify("/CAE1", "n3")).toMatchObject(SERVED);
  expect(rqisOf(again)).toEqual(["n3"]);
});

test("a registree with a WebSocket beside it is reached over its link while it has one, then at its server, else held", async () => {
  const { gateway, notify } = await startStandalone();
  const device = await startHttpRegistree();
  const ae = await connectRegistree(gateway.ws, { answer: ok });
  const poa = ["ws://default", `${device.url}/n`];
  expect(await ae.register("CAE1", { poa })).toMatchObject({ rsc: 2001 });
  expect(await notify("/CAE1", "n1")).toMatchObject(SERVED);
  expect(await ae.nextRequest()).toMatchObject({ rqi: "n1" });
  expect(device.connections).toBe(0);
  await ae.disconnect();
  await gateway.metricIs("m2mgw_links", 0);
  expect(await notify("/CAE1", "n2")).toMatchObject(SERVED);
  expect(rqisOf(device)).toEqual(["n2"]);
  await device.stop();
  expect(await notify("/CAE1", "n3")).toMatchObject(HELD);
  const back = await connectRegistree(gateway.ws, { answer: ok, origin: "CAE1" });
  expect(await back.nextRequest()).toMatchObject({ rqi: "n3" });
});

test("connections are kept between calls, and closed when the gateway stops", async () => {
  const { device, gateway, notify } = await registered();
  expect(await notify("/CAE1", "n1")).toMatchObject(SERVED);
  expect(await notify("/CAE1", "n2")).toMatchObject(SERVED);
  expect(device).toMatchObject({ connections: 1, open: 1 });
  await gateway.stop();
  await expect.poll(() => device.open).toBe(0);
});

test("who is silent until the time has passed may have executed it: 4008", async () => {
  const { clock, device, notify } = await registered();
  device.answer(() => {});
  const answer = notify("/CAE1");
  await device.next();
  clock.advance(8_000);
  expect(await answer).toMatchObject(TIMED_OUT);
});

test("a connection that breaks before the answer: a Notify is held and repeated after the back-off", async () => {
  const standalone = await registered();
  const { clock, device, notify } = standalone;
  device.answer((_request, response) => response.destroy());
  expect(await notify("/CAE1")).toMatchObject(HELD);
  device.answer(reply);
  expect(device.requests).toHaveLength(1);
  clock.advance(1_000);
  await heldIs(standalone, 0);
  expect(rqisOf(device)).toEqual(["n1", "n1"]);
});

test("past the limit of calls under way a Notify is held, and a verification is refused with 5103", async () => {
  const standalone = await registered({ "calls.maxInFlight": "1" });
  const { clock, device, gateway, notify } = standalone;
  let finish = (): void => {};
  device.answer((request, response) => {
    finish = () => reply(request, response);
  });
  const first = notify("/CAE1", "n1");
  await device.next();
  expect(await notify("/CAE1", "v1", VERIFY.body)).toMatchObject(NOT_REACHABLE);
  expect(await gateway.metric('m2mgw_failures_total{code="GW_LINK_BUSY"}')).toBe(1);
  expect(await notify("/CAE1", "n2")).toMatchObject(HELD);
  finish();
  expect(await first).toMatchObject(SERVED);
  device.answer(reply);
  clock.advance(1_000);
  await heldIs(standalone, 0);
  expect(rqisOf(device)).toEqual(["n1", "n2"]);
});

test("no more than 64 calls to one origin are under way, whatever the limit for all", async () => {
  const { clock, device, gateway, notify } = await registered();
  device.answer(() => {});
  const answers = Array.from({ length: 64 }, (_, n) => notify("/CAE1", `v${n}`, VERIFY.body));
  await gateway.metricIs('m2mgw_exchanges_in_flight{direction="to-registree"}', 64);
  expect(await notify("/CAE1", "v64", VERIFY.body)).toMatchObject(NOT_REACHABLE);
  for (let out = 0; out < 4; out += 1) await device.next();
  clock.advance(8_000);
  const rscs = (await Promise.all(answers)).map(({ rsc }) => rsc);
  // Four went out, one on each connection.
  expect(rscs.filter((rsc) => rsc === 4008)).toHaveLength(4);
  expect(rscs.filter((rsc) => rsc === 5103)).toHaveLength(60);
});

test("who registered without a point of access is reached once it has named one", async () => {
  const { ask, notify, register } = await startStandalone();
  const device = await startHttpRegistree();
  await register([]);
  expect(await notify("/CAE1")).toMatchObject({ status: 501, rsc: 5001 });
  const body = { "m2m:ae": { poa: [`${device.url}/n`] } };
  expect(await ask("CAE1", "PUT", "/cse-in/one", { body })).toMatchObject({ rsc: 2004 });
  expect(await notify("/CAE1", "n2")).toMatchObject(SERVED);
});

test("who takes no requests (requestReachability) is no registree, whatever it names", async () => {
  const { gateway, notify, register } = await startStandalone();
  const device = await startHttpRegistree();
  await register([device.url], { attributes: { rr: false } });
  expect(await notify("/CAE1")).toMatchObject({ status: 501, rsc: 5001 });
  expect(await gateway.metric("m2mgw_registrees")).toBe(0);
});

test.each([
  ["json", '{"m2m:ae":{"api":"N.test","rr":true,"srv":["3"],"poa":["http://127.0.0.1:9"]}}'],
  [
    "xml",
    `<m2m:ae ${XMLNS}><api>N.test</api><poa>http://127.0.0.1:9</poa><rr>true</rr><srv>3</srv></m2m:ae>`,
  ],
])(
  "in front of a CSE a registration over HTTP passes with its own point of access, and is not learnt: %s",
  async (serialization, body) => {
    const cse = await startCse();
    const gateway = await startGateway({ "cse.url": cse.url });
    const answer = await callHttp(gateway.http, {
      method: "POST",
      target: "/cse-in",
      headers: {
        "X-M2M-Origin": "CAE1",
        "X-M2M-RI": "r1",
        "X-M2M-RVI": "3",
        "Content-Type": `application/${serialization};ty=2`,
      },
      body,
    });
    expect(answer).toMatchObject({ rsc: 2001 });
    expect(JSON.parse(cse.requests[0]?.body ?? "")["m2m:ae"].poa).toEqual(["http://127.0.0.1:9"]);
    expect(await gateway.metric("m2mgw_registrees")).toBe(0);
  },
);

test("what is under way when the gateway stops is finished within shutdown.drain", async () => {
  const standalone = await registered();
  const { clock, device, gateway, notify } = standalone;
  await device.stop();
  expect(await notify("/CAE1")).toMatchObject(HELD);
  const again = await startHttpRegistree(device.port);
  const asked = gate();
  again.answer((request, response) => {
    void asked.opened.then(() => reply(request, response));
  });
  clock.advance(1_000);
  await again.next();
  const stopped = gateway.stopAtOnce();
  expect((await fetch(`${gateway.admin}/readyz`)).status).toBe(503);
  expect(storedIn(gateway.stateDir)).toBe(1);
  asked.open();
  await stopped;
  expect(storedIn(gateway.stateDir)).toBe(0);
});

test("what is not answered until then stays held", async () => {
  const standalone = await registered({ "shutdown.drain": "2s" });
  const { clock, device, gateway, notify } = standalone;
  await device.stop();
  expect(await notify("/CAE1")).toMatchObject(HELD);
  const again = await startHttpRegistree(device.port);
  again.answer(() => {});
  clock.advance(1_000);
  await again.next();
  const stopped = gateway.stopAtOnce();
  expect((await fetch(`${gateway.admin}/readyz`)).status).toBe(503);
  clock.advance(2_000);
  await stopped;
  expect(storedIn(gateway.stateDir)).toBe(1);
});

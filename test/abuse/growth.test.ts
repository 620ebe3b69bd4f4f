import { expect, test } from "vitest";
import { ok, startFront } from "../gateway/front.ts";
import { startStandalone } from "../gateway/http-standalone.ts";
import { connectRegistree } from "../helpers/fake-registree.ts";
import { Opcode, rawUpgrade } from "../helpers/raw-upgrade.ts";

const M2M = 'xmlns:m2m="http://www.onem2m.org/xml/protocols"';
// A reader whose time grows with the square of the size needs half a minute for each, and the test runs out of time.
const MANY = 200_000;

test("a point of access of very many slashes costs nobody but its writer (style, Bounds)", async () => {
  const front = await startFront();
  const slashes = "/".repeat(MANY);
  const { ae, point } = await front.ae("CAE1", {
    answer: ok,
    attributes: { poa: [`http://h${slashes}x`, "ws://default"] },
  });
  const poa = [`http://h/x${slashes}x`];
  const update = { op: 3, to: "CAE1", fr: "CAE1", pc: { "m2m:ae": { poa } } };
  expect(await ae.request(update)).toMatchObject({ rsc: 2004 });
  expect(await front.notify(point)).toMatchObject({ rsc: 2000 });
});

test("so does a point of access of a registree CSE that is called over HTTP", async () => {
  const settings = { "ws.allowCseOnPlain": "true" };
  const { ask, clock, notify, gateway } = await startStandalone(settings);
  const csr = { csi: "/id-mn", cb: "/id-mn/cse", rr: true, srv: ["3"] };
  // A registration has a largest size: fewer slashes, which are read more often.
  const poa = [`http://127.0.0.1:9${"/".repeat(MANY / 4)}x`];
  const headers = { "Content-Type": "application/json;ty=16" };
  const body = { "m2m:csr": { ...csr, poa } };
  expect(await ask("/id-mn", "POST", "/cse-in", { headers, body })).toMatchObject({ rsc: 2001 });
  for (let reads = 0; reads < 32; reads++) {
    // Nobody is there, and for a while it is not tried again.
    clock.advance(600_000);
    expect((await notify("/~/id-mn/cse/x")).rsc).toBeGreaterThan(0);
  }
  expect(await gateway.metric("m2mgw_registrees")).toBeGreaterThanOrEqual(0);
});

test("so does a result's target at the gateway with line breaks behind very many slashes", async () => {
  const { ask, clock, gateway, register } = await startStandalone();
  await register(["http://127.0.0.1:9/"]);
  const spy = await connectRegistree(gateway.ws);
  expect(await spy.register("CSpy", { rn: "spy" })).toMatchObject({ rsc: 2001 });
  const nu = [`${gateway.http}/poa/${"/".repeat(MANY)}\nx`];
  const held = { op: 5, to: "/id-in/CAE1", fr: "CSpy", rt: { rtv: 2, nu }, rqet: "50" };
  expect(await spy.request({ ...held, pc: { "m2m:sgn": { sur: "x" } } })).toMatchObject({
    rsc: 1002,
  });
  clock.advance(100);
  await expect
    .poll(() => gateway.log.map(({ msg }) => msg))
    .toContainEqual(expect.stringMatching(/not told/));
  expect(await ask("CB", "GET", "/cse-in")).toMatchObject({ rsc: 2000 });
});

test("so does a number of many noughts on its way to XML", async () => {
  const front = await startFront();
  const { peer } = await rawUpgrade(front.gateway.ws, {
    headers: { "Sec-WebSocket-Protocol": "oneM2M.xml" },
  });
  const ae = `<m2m:rqp ${M2M}><op>1</op><to>cse-in</to><fr>CAE1</fr><rqi>1</rqi><rvi>3</rvi><ty>2</ty><pc><m2m:ae rn="a"><api>N.a</api><rr>true</rr><srv>3</srv></m2m:ae></pc></m2m:rqp>`;
  peer.sendFrame({ opcode: Opcode.TEXT, payload: ae });
  expect((await peer.nextFrame()).payload.toString()).toContain("<rsc>2001</rsc>");
  const cs = `1${"0".repeat(MANY)}1.5`;
  const body = `{"m2m:sgn":{"sur":"a","nev":{"net":3,"rep":{"m2m:cin":{"cs":${cs}}}}}}`;
  const notified = front.notify("/CAE1", { body });
  const answered = peer.nextFrame().then(({ payload }) => {
    const [rqi = ""] = /(?<=<rqi>)[^<]*/.exec(payload.toString()) ?? [];
    peer.send(`<m2m:rsp ${M2M}><rsc>2000</rsc><rqi>${rqi}</rqi></m2m:rsp>`);
  });
  await Promise.race([notified, answered]);
  expect([2000, 4000, 5207]).toContain((await notified).rsc);
});

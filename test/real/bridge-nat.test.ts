import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { gate } from "../gateway/front.ts";
import { defaultScript, type FakeCse, startCse } from "../helpers/fake-cse.ts";
import { callHttp, type HttpAnswer, type HttpCall } from "../helpers/http-client.ts";
import { type HttpRegistree, reply, startHttpRegistree } from "../helpers/http-registree.ts";
import {
  canMakeNetworks,
  type NatNetwork,
  type Place,
  startNatNetwork,
} from "../helpers/network.ts";
import { type RunningGateway, runGateway } from "../helpers/run-gateway.ts";

/** A device and its bridge in the field, the front and its CSE in the cloud, and a router between them. */
interface Sites {
  readonly network: NatNetwork;
  readonly cse: FakeCse;
  readonly front: RunningGateway;
  readonly bridge: RunningGateway;
  /** Registered as CAE1. */
  readonly device: HttpRegistree;
  /** The CSE sends the Notify with this number to the point of access that it was given. */
  notify(number: number): Promise<HttpAnswer>;
  /** The device asks at the bridge. */
  ask(call: HttpCall): Promise<HttpAnswer>;
  create(name: string): Promise<HttpAnswer>;
  atFront(sample: string): Promise<number>;
  atBridge(sample: string): Promise<number>;
}

interface SiteOptions {
  /** Further flags. */
  readonly front?: readonly string[];
  readonly bridge?: readonly string[];
}

/** Whatever is waited for takes that long at most, in ms. */
const PATIENCE = 30_000;
const LINKS = "m2mgw_registrar_links";
const HELD = "m2mgw_hold_entries";
const CONNECTED = 'm2mgw_registrar_dials_total{result="connected"}';
const SOON = ["--cse.reconnectMax", "1s", "--cse.connectTimeout", "1s"];

async function startSites({ front: f = [], bridge: b = [] }: SiteOptions = {}): Promise<Sites> {
  const network = await startNatNetwork();
  const { cloud, field } = network;
  const cse = await startCse(defaultScript, await cloud.listen());
  const front = await runGateway({ place: cloud, cse, flags: f });
  const upwards = { url: front.ws };
  const bridge = await runGateway({ place: field, cse: upwards, flags: [...SOON, ...b] });
  const device = await startHttpRegistree(await field.listen());
  const ask = (call: HttpCall): Promise<HttpAnswer> => callFrom(field, bridge.http, "CAE1", call);
  const createAt = (target: string, type: number, rqi: string, content: object) => {
    const headers = { "X-M2M-RI": rqi, "Content-Type": `application/json;ty=${type}` };
    return ask({ method: "POST", target, headers, body: JSON.stringify(content) });
  };
  const ae = { rn: "one", api: "N.test", rr: true, srv: ["3"], poa: [`${device.url}/n`] };
  const registered = await createAt("/cse-in", 2, "register", { "m2m:ae": ae });
  expect(registered).toMatchObject({ status: 201, rsc: 2001 });
  const point = pointIn(cse, front);
  return {
    network,
    cse,
    front,
    bridge,
    device,
    ask,
    notify: (number) =>
      callFrom(cloud, front.http, "/id-in", {
        method: "POST",
        target: point,
        headers: { "X-M2M-RI": `n${number}`, "Content-Type": "application/json" },
        body: JSON.stringify({ "m2m:sgn": { sur: `/id-in/sub/${number}` } }),
      }),
    create: (name) => createAt("/cse-in/c", 4, name, { "m2m:cin": { con: name } }),
    atFront: (sample) => sampleOf(cloud, front, sample),
    atBridge: (sample) => sampleOf(field, bridge, sample),
  };
}

/** Where the CSE was told to reach the AE. */
function pointIn(cse: FakeCse, front: RunningGateway): string {
  const { poa } = JSON.parse(cse.requests.at(-1)?.body ?? "")["m2m:ae"] as { poa: string[] };
  const [own = ""] = poa.filter((entry) => entry.startsWith(`${front.http}/poa/`));
  return new URL(own).pathname;
}

function callFrom(place: Place, base: string, from: string, call: HttpCall): Promise<HttpAnswer> {
  return callHttp(base, {
    ...call,
    headers: { "X-M2M-Origin": from, "X-M2M-RI": "q", "X-M2M-RVI": "3", ...call.headers },
    agent: place.agent,
    signal: AbortSignal.timeout(PATIENCE),
  });
}

async function sampleOf(place: Place, { admin }: RunningGateway, sample: string): Promise<number> {
  const { body } = await callHttp(admin, { target: "/metrics", agent: place.agent });
  const line = body.split("\n").find((candidate) => candidate.startsWith(`${sample} `));
  return line === undefined ? 0 : Number(line.slice(sample.length + 1));
}

const eventually = (check: () => unknown): Promise<unknown> =>
  vi.waitFor(async () => await check(), { timeout: PATIENCE, interval: 50 });

/** The numbers of the Notifies that came, in order, each as often as it came. */
const numbers = ({ requests }: HttpRegistree): number[] =>
  requests.map(({ bytes }) => Number(/sub\/(\d+)/.exec(String(bytes))?.[1]));
const firstOfEach = (device: HttpRegistree): number[] => [...new Set(numbers(device))];

/** The names in the Creates that reached the CSE. */
const created = ({ requests }: FakeCse): string[] =>
  requests.flatMap(({ body }) => /"con":"(\w+)"/.exec(body)?.[1] ?? []);

describe.skipIf(!canMakeNetworks())("a bridge behind a NAT", { timeout: 120_000 }, () => {
  test("serves an AE over HTTP that the cloud cannot reach (TS-0020, 5.2)", async () => {
    const { network, cse, front, bridge, device, ask, create, notify } = await startSites();
    const { cloud, field, router } = network;
    for (const url of [device.url, bridge.http]) {
      const call = callFrom(cloud, url, "/id-in", { target: "/" });
      await expect(call).rejects.toThrow("EHOSTUNREACH");
    }
    const outwards = await callFrom(field, front.http, "CAE1", { target: "/cse-in" });
    expect(outwards).toMatchObject({ status: 200 });
    const peers = [...front.log().matchAll(/"peer":"([\d.]+)/g)].map(([, peer]) => peer);
    expect(peers).toEqual([router]);

    expect(await notify(1)).toMatchObject({ status: 200, rsc: 2000 });
    expect(await device.next()).toMatchObject({ method: "POST", target: "/n" });
    expect(numbers(device)).toEqual([1]);
    expect(await create("c1")).toMatchObject({ status: 201, rsc: 2001 });
    expect(created(cse)).toEqual(["c1"]);
    expect(await ask({ target: "/cse-in/c" })).toMatchObject({ status: 200, rsc: 2000 });
    expect(cse.requests.at(-1)).toMatchObject({ method: "GET", target: "/cse-in/c" });
  });

  test("has targets called that only its own network knows, wherever they are named (S5)", async () => {
    const { network, cse, front, device, ask } = await startSites();
    const url = (path: string): string => `${device.url}/${path}?x=1`;
    const sub = { nu: [url("nu")], su: url("su"), nfu: [url("nfu")], rn: "watch" };
    const subscribed = await ask({
      method: "POST",
      target: "/cse-in/one?rt=2",
      headers: {
        "Content-Type": "application/json;ty=23",
        "X-M2M-RTU": url("rtu"),
      },
      body: JSON.stringify({ "m2m:sub": sub }),
    });
    expect(subscribed).toMatchObject({ status: 201, rsc: 2001 });
    expect(JSON.parse(subscribed.body)["m2m:sub"]).toMatchObject(sub);
    const atCse = cse.requests.at(-1);
    const told = JSON.parse(atCse?.body ?? "")["m2m:sub"];
    const targets = [told.nu[0], told.su, told.nfu[0], atCse?.headers["x-m2m-rtu"]];
    for (const [at, name] of ["nu", "su", "nfu", "rtu"].entries()) {
      const target = String(targets[at]);
      expect(target.startsWith(`${front.http}/poa/`)).toBe(true);
      const answer = await callFrom(network.cloud, front.http, "/id-in", {
        method: "POST",
        target: target.slice(front.http.length),
        headers: { "X-M2M-RI": name, "Content-Type": "application/json" },
        body: '{"m2m:sgn":{"sur":"/id-in/watch"}}',
      });
      expect([name, answer.rsc]).toEqual([name, 2000]);
      expect(await device.next()).toMatchObject({ method: "POST", target: `/${name}?x=1` });
    }
  });

  test("keeps its connection by pings in a NAT that forgets what is idle", async () => {
    const { network, notify, device, atBridge } = await startSites({
      front: ["--ws.pingAfter", "1h"],
      bridge: ["--ws.pingAfter", "500ms"],
    });
    network.forgetAfter(5);
    await delay(12_000);
    expect(network.mappings()).toBe(1);
    expect(await notify(1)).toMatchObject({ status: 200, rsc: 2000 });
    expect(numbers(device)).toEqual([1]);
    expect(await atBridge(CONNECTED)).toBe(1);
  });

  test("notices that the NAT has forgotten its connection, opens it again, and is given what was held", async () => {
    const { network, notify, device, ask, atBridge, atFront, create } = await startSites({
      front: ["--ws.pingAfter", "1h", "--ws.pongWithin", "2s", "--request.ceiling", "30s"],
      bridge: ["--ws.pingAfter", "8s", "--ws.pongWithin", "1s"],
    });
    network.forgetAfter(1);
    // From this one on nothing is sent until the bridge pings.
    expect(await ask({ target: "/cse-in/c" })).toMatchObject({ rsc: 2000 });
    await eventually(() => expect(network.mappings()).toBe(0));
    // The next connection is to stay.
    network.forgetAfter(3_600);
    expect(await atBridge(LINKS)).toBe(1);
    const answer = notify(1);
    await eventually(async () => expect(await atBridge(CONNECTED)).toBe(2));
    // The front learns only now that what it sent is lost.
    expect(await answer).toMatchObject({ status: 202, rsc: 1000 });
    await eventually(() => expect(firstOfEach(device)).toEqual([1]));
    await eventually(async () => expect(await atFront(HELD)).toBe(0));
    expect(await notify(2)).toMatchObject({ status: 200, rsc: 2000 });
    expect(firstOfEach(device)).toEqual([1, 2]);
    expect(await create("c1")).toMatchObject({ status: 201, rsc: 2001 });
  });

  test("gets all that was acknowledged, in order, and repeats no Create, when nothing passes for a while", async () => {
    const noticing = ["--ws.pingAfter", "1s", "--ws.pongWithin", "2s"];
    const { network, cse, device, notify, create, atBridge, atFront } = await startSites({
      front: noticing,
      bridge: [...noticing, "--cse.timeout", "8s"],
    });
    const outcomes = new Map<number, number | undefined>();
    const tell = async (number: number): Promise<void> => {
      outcomes.set(number, (await notify(number)).rsc);
    };
    for (const number of [1, 2, 3]) await tell(number);
    expect(await create("c1")).toMatchObject({ status: 201, rsc: 2001 });

    // In the middle of two exchanges: the device and the CSE answer when nothing passes any more.
    const cut = gate();
    device.answer((request, response) => {
      void cut.opened.then(() => reply(request, response));
    });
    cse.answer((request) => cut.opened.then(() => defaultScript(request)));
    const told = [tell(4)];
    await eventually(() => expect(numbers(device)).toEqual([1, 2, 3, 4]));
    const answered = create("c2");
    await eventually(() => expect(created(cse)).toEqual(["c1", "c2"]));
    network.cut();
    cut.open();
    // Nobody has noticed yet.
    told.push(tell(5));
    const unnoticed = create("c3");
    expect(await answered).toMatchObject({ status: 504, rsc: 4008 });
    expect([4008, 5103]).toContain((await unnoticed).rsc);
    await eventually(async () => expect(await atBridge(LINKS)).toBe(0));
    expect(await create("c4")).toMatchObject({ status: 404, rsc: 5103 });
    await Promise.all(told);
    await eventually(async () => expect(await atFront("m2mgw_links")).toBe(0));
    for (const number of [6, 7, 8]) await tell(number);
    for (const number of [1, 2, 3]) expect(outcomes.get(number)).toBe(2000);
    for (const number of [4, 5]) expect([1000, 4008, 5103]).toContain(outcomes.get(number));
    for (const number of [6, 7, 8]) expect(outcomes.get(number)).toBe(1000);
    expect(numbers(device)).toEqual([1, 2, 3, 4]);

    network.mend();
    await eventually(async () => expect(await atFront(HELD)).toBe(0));
    expect(await notify(9)).toMatchObject({ status: 200, rsc: 2000 });
    expect(await create("c5")).toMatchObject({ status: 201, rsc: 2001 });
    expect(await atBridge(HELD)).toBe(0);
    const came = firstOfEach(device);
    expect(came).toEqual([...came].sort((one, other) => one - other));
    const acknowledged = [...outcomes.keys()].filter(
      (number) => (outcomes.get(number) ?? 0) < 4000,
    );
    expect(acknowledged.filter((number) => !came.includes(number))).toEqual([]);
    // That one was sent, as far as the bridge knew.
    expect(created(cse).filter((name) => name === "c3").length).toBeLessThanOrEqual(1);
    expect(created(cse).filter((name) => name !== "c3")).toEqual(["c1", "c2", "c5"]);
  });

  test("holds for an AE that is away, and delivers in order when it is back", async () => {
    const { network, device, notify, atBridge, atFront } = await startSites();
    expect(await notify(1)).toMatchObject({ status: 200, rsc: 2000 });
    await device.stop();
    for (const number of [2, 3, 4, 5]) {
      expect(await notify(number)).toMatchObject({ status: 202, rsc: 1000 });
    }
    expect([await atBridge(HELD), await atFront(HELD)]).toEqual([4, 0]);
    const back = await startHttpRegistree(await network.field.listen(device.port));
    await eventually(async () => expect(await atBridge(HELD)).toBe(0));
    expect(numbers(back)).toEqual([2, 3, 4, 5]);
  });
});

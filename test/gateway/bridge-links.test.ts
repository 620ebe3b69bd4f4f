import { describe, expect, test } from "vitest";
import { epochMs } from "../../src/base/clock.ts";
import { CBOR } from "../helpers/coders.ts";
import { type FakeRegistrar, obliging, startRegistrar } from "../helpers/fake-registrar.ts";
import { connectRegistree, type Message } from "../helpers/fake-registree.ts";
import { reply } from "../helpers/http-registree.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { type Bridge, pass, startBridge } from "./bridge-in.ts";
import { gate, inStep, SGN } from "./front.ts";

const originsOf = ({ dialled }: FakeRegistrar): unknown[] =>
  dialled.map(({ handshake }) => handshake.headers["x-m2m-origin"]);

const dials = (bridge: Bridge, result: string): Promise<number> =>
  bridge.gateway.metric(`m2mgw_registrar_dials_total{result="${result}"}`);

describe("the handshake of the client (TS-0020, 6.2.2)", () => {
  test("is GET / with the subprotocols in the configured order and without an originator of its own", async () => {
    const registrar = await startRegistrar({ choose: () => "oneM2M.json" });
    const bridge = await startBridge(registrar.url, {
      "cse.subprotocols": "oneM2M.cbor,oneM2M.json",
    });
    expect(await bridge.ask("CAE1")).toMatchObject({ rsc: 2000 });
    const [{ handshake } = await registrar.next()] = registrar.dialled;
    expect(handshake).toMatchObject({ method: "GET", url: "/", httpVersion: "1.1" });
    expect(handshake.headers["sec-websocket-protocol"]).toBe("oneM2M.cbor,oneM2M.json");
    expect(handshake.headers).not.toHaveProperty("sec-websocket-extensions");
    expect(handshake.headers.host).toBe(`127.0.0.1:${registrar.port}`);
    expect(originsOf(registrar)).toEqual([undefined]);
  });

  test("names cse.originator on a shared connection, unless it is told not to", async () => {
    for (const names of ["true", "false"]) {
      const registrar = await startRegistrar();
      const settings = { "cse.originator": "CGateway", "cse.handshakeOrigin": names };
      const bridge = await startBridge(registrar.url, settings);
      expect(await bridge.ask("CAE1")).toMatchObject({ rsc: 2000 });
      expect(originsOf(registrar)).toEqual([names === "true" ? "CGateway" : undefined]);
    }
  });

  test("names nobody whose name no header field can hold, and takes no harm from it", async () => {
    const registrar = await startRegistrar();
    const bridge = await startBridge(registrar.url, { "cse.links": "per-originator" });
    const ae = await connectRegistree(bridge.gateway.ws);
    const names = ["CAE\r\nX-A: b", "C\u20ac"];
    for (const fr of names) {
      const pc = { "m2m:ae": { api: "N.x", rr: true, aei: fr, ri: fr } };
      expect(await ae.request({ op: 1, ty: 2, to: "cse-in", fr, pc })).toMatchObject({ rsc: 2001 });
    }
    expect(originsOf(registrar)).toEqual([undefined, undefined]);
    expect(await bridge.gateway.metric("m2mgw_upstream_up")).toBe(1);
  });

  test("offers compression where it is configured", async () => {
    const registrar = await startRegistrar({ deflate: true });
    const bridge = await startBridge(registrar.url, { "cse.deflate": "true" });
    expect(await bridge.ask("CAE1")).toMatchObject({ rsc: 2000 });
    const [one] = registrar.dialled;
    expect(one?.handshake.headers["sec-websocket-extensions"]).toContain("permessage-deflate");
    expect(one?.peer.socket.extensions).toContain("permessage-deflate");
  });

  test("what the registrar chooses is spoken", async () => {
    const registrar = await startRegistrar({ ...CBOR, choose: () => "oneM2M.cbor" });
    const bridge = await startBridge(registrar.url, {
      "cse.subprotocols": "oneM2M.json,oneM2M.cbor",
    });
    const answer = await bridge.ask("CAE1", {
      method: "POST",
      target: "/cse-in/c",
      headers: { "Content-Type": "application/json;ty=4" },
      body: '{"m2m:cin":{"con":"x"}}',
    });
    expect(answer).toMatchObject({ status: 201, rsc: 2001 });
    expect(JSON.parse(answer.body)).toEqual({ "m2m:cin": { con: "x" } });
    expect(registrar.dialled[0]?.peer.frames).toMatchObject([{ isBinary: true }]);
  });

  test.each([
    ["not-upgraded", { refuses: () => 403 }, "it answered the handshake with 403 No"],
    ["bad-subprotocol", { choose: () => false as const }, "Server sent no subprotocol"],
  ])(
    "one that fails (%s) is 5103, nothing was sent, and the log says why",
    async (result, options, sentence) => {
      const registrar = await startRegistrar(options);
      const bridge = await startBridge(registrar.url, { "cse.connect": "on-demand" });
      const answer = await bridge.ask("CAE1");
      expect(answer).toMatchObject({ status: 404, rsc: 5103 });
      expect(answer.body).toContain("the CSE cannot be reached; nothing was sent");
      expect(await dials(bridge, result)).toBe(1);
      expect(await bridge.gateway.metric("m2mgw_upstream_up")).toBe(0);
      const lines = bridge.gateway.log.filter(({ error }) => error !== undefined);
      expect(lines).toMatchObject([{ error: sentence, cse: registrar.url }]);
    },
  );

  test("a registrar that is not there is said to have refused, once, however often it is tried", async () => {
    const registrar = await startRegistrar();
    await registrar.stop();
    const bridge = await startBridge(registrar.url);
    while ((await dials(bridge, "refused")) < 3) {
      expect(await Promise.all([bridge.ask("CAE1"), pass(bridge, 1_500)])).toMatchObject([
        { rsc: 5103 },
        undefined,
      ]);
    }
    expect(bridge.gateway.log.filter(({ error }) => error !== undefined)).toHaveLength(1);
  });
});

describe("who shares a connection", () => {
  test("all originators do (TS-0020, 5.2), and each gets its own answer though their identifiers are the same", async () => {
    const asked: Message[] = [];
    const registrar = await startRegistrar({
      answer: (request) => {
        asked.push(request);
        return undefined;
      },
    });
    const bridge = await startBridge(registrar.url);
    const answers = Promise.all(["CAE1", "CAE2", "CAE3"].map((from) => bridge.ask(from)));
    await expect.poll(() => asked).toHaveLength(3);
    expect(new Set(asked.map(({ rqi }) => rqi)).size).toBe(3);
    const [{ peer } = await registrar.next()] = registrar.dialled;
    for (const { rqi = "", fr } of asked.reverse()) {
      peer.send({ rsc: 2000, rqi, rvi: "3", pc: { "m2m:ae": { rn: fr } } });
    }
    expect((await answers).map(({ body }) => JSON.parse(body)["m2m:ae"].rn)).toEqual([
      "CAE1",
      "CAE2",
      "CAE3",
    ]);
    for (const { headers } of await answers) expect(headers["x-m2m-ri"]).toBe("q1");
    expect(registrar.dialled).toHaveLength(1);
  });

  test("or each has one of its own, which names it", async () => {
    const registrar = await startRegistrar();
    const bridge = await startBridge(registrar.url, { "cse.links": "per-originator" });
    for (const from of ["CAE1", "/id-in/CAE1", "CAE2"]) {
      expect(await bridge.ask(from)).toMatchObject({ rsc: 2000 });
    }
    expect(originsOf(registrar)).toEqual(["CAE1", "CAE2"]);
  });

  test("an AE whose ID the registrar assigns is reached on a connection of that name from then on", async () => {
    const registrar = await startRegistrar({
      answer: (request) =>
        request.op === 1
          ? { rsc: 2001, rvi: "3", pc: { "m2m:ae": { aei: "CAE9", ri: "CAE9" } } }
          : obliging(request),
    });
    const bridge = await startBridge(registrar.url, { "cse.links": "per-originator" });
    await bridge.register("C");
    await pass(bridge, 1_000);
    await expect.poll(() => originsOf(registrar)).toEqual(["C", "CAE9"]);
    await pass(bridge, 31_000);
    expect(await registrar.dialled[0]?.peer.closed).toMatchObject({ code: 1000 });
    expect(registrar.dialled[1]?.peer.socket.readyState).toBe(1);
  });

  test.each(["always", "on-demand"])(
    "an AE that has registered under its own name keeps the connection it did so on (%s)",
    async (connect) => {
      const registrar = await startRegistrar();
      const settings = { "cse.links": "per-originator", "cse.connect": connect };
      const bridge = await startBridge(registrar.url, settings);
      await bridge.register("CAE1");
      await pass(bridge, 40_000);
      expect(registrar.dialled).toHaveLength(1);
      expect(registrar.dialled[0]?.peer.socket.readyState).toBe(1);
    },
  );

  test("with a window of one, one request is under way at a time", async () => {
    const asked: Message[] = [];
    const registrar = await startRegistrar({
      answer: (request) => void asked.push(request),
    });
    const bridge = await startBridge(registrar.url, { "cse.window": "1" });
    const answers = Promise.all(["q1", "q2", "q3"].map((rqi) => bridge.ask("CAE1", { rqi })));
    for (let at = 0; at < 3; at += 1) {
      await expect.poll(() => asked).toHaveLength(at + 1);
      await pass(bridge, 100);
      expect(asked).toHaveLength(at + 1);
      registrar.dialled[0]?.peer.send({ rsc: 2000, rqi: asked[at]?.rqi ?? "", rvi: "3" });
    }
    expect(await answers).toMatchObject([{ rsc: 2000 }, { rsc: 2000 }, { rsc: 2000 }]);
  });
});

describe("a connection that is lost", () => {
  test("is opened again by itself, and each registree is made known on it (TS-0020, 5.2, step 15)", async () => {
    const registrar = await startRegistrar();
    const bridge = await startBridge(registrar.url);
    await bridge.register("CAE1");
    await bridge.register("CAE2");
    (await registrar.next()).peer.socket.terminate();
    await bridge.gateway.metricIs("m2mgw_registrar_links", 0);
    await pass(bridge, 3_000);
    const again = await registrar.next();
    const known = [await again.peer.nextRequest(), await again.peer.nextRequest()];
    expect(known.map(({ op, fr }) => `${op} ${fr}`).sort()).toEqual(["2 CAE1", "2 CAE2"]);
    expect(await dials(bridge, "connected")).toBe(2);
  });

  test("leaves a registree that the registrar does not know any more unregistered", async () => {
    const registrar = await startRegistrar();
    const bridge = await startBridge(registrar.url);
    await bridge.register("CAE1");
    (await registrar.next()).peer.socket.terminate();
    await registrar.stop();
    const forgetful = await startRegistrar({
      port: registrar.port,
      answer: () => ({ rsc: 4004, rvi: "3" }),
    });
    await bridge.gateway.metricIs("m2mgw_registrar_links", 0);
    await pass(bridge, 3_000);
    await forgetful.next();
    await bridge.gateway.metricIs("m2mgw_registrees", 0);
  });

  test.each([
    ["did not answer", undefined],
    ["could only say that it is away itself", { rsc: 5103, rvi: "3" }],
  ])("has a registrar that %s about a registree asked about it again", async (_, unready) => {
    let isReady = false;
    const registrar = await startRegistrar({
      answer: (request) => (request.op === 1 || isReady ? obliging(request) : unready),
    });
    const bridge = await startBridge(registrar.url, { "cse.timeout": "2s" });
    await bridge.register("CAE1");
    (await registrar.next()).peer.socket.terminate();
    await bridge.gateway.metricIs("m2mgw_registrar_links", 0);
    await pass(bridge, 2_000);
    const again = await registrar.next();
    expect(await again.peer.nextRequest()).toMatchObject({ op: 2, fr: "CAE1" });
    isReady = true;
    await inStep(again.peer);
    // No more than it takes: the second, too, has to be answered in time.
    while (again.peer.frames.length < 2) await pass(bridge, 100, 100);
    expect(await again.peer.nextRequest()).toMatchObject({ op: 2, fr: "CAE1" });
    await inStep(again.peer);
    await pass(bridge, 20_000);
    expect(again.peer.frames).toHaveLength(2);
  });

  test("has what was under way answered with 4008, but a Retrieve is asked again on the next one", async () => {
    const asked: Message[] = [];
    const registrar = await startRegistrar({
      answer: (request) => (asked.push(request) > 2 ? obliging(request) : undefined),
    });
    const bridge = await startBridge(registrar.url);
    const create = bridge.ask("CAE1", {
      method: "POST",
      headers: { "Content-Type": "application/json;ty=4" },
      body: '{"m2m:cin":{"con":"x"}}',
    });
    const retrieve = bridge.ask("CAE2", { rqi: "q2" });
    await expect.poll(() => asked).toHaveLength(2);
    (await registrar.next()).peer.socket.terminate();
    expect(await create).toMatchObject({ status: 504, rsc: 4008 });
    await pass(bridge, 2_000);
    expect(await retrieve).toMatchObject({ status: 200, rsc: 2000 });
  });

  test("and is half open is noticed when no pong comes, and opened again", async () => {
    const registrar = await startRegistrar({ autoPong: false });
    const bridge = await startBridge(registrar.url, {
      "ws.pingAfter": "25s",
      "ws.pongWithin": "10s",
    });
    await bridge.register("CAE1");
    await pass(bridge, 24_000, 1_000);
    expect(registrar.dialled).toHaveLength(1);
    await pass(bridge, 15_000, 1_000);
    await expect.poll(() => registrar.dialled).toHaveLength(2);
  });

  test("has answers that were still owed told on the next one (websocket-binding, D-3.4)", async () => {
    const registrar = await startRegistrar();
    const bridge = await startBridge(registrar.url);
    const device = await bridge.register("CAE1");
    const held = gate();
    device.answer((request, response) => {
      void held.opened.then(() => reply(request, response));
    });
    const { peer } = await registrar.next();
    peer.send({ op: 5, to: "CAE1", fr: "/id-in", rqi: "n1", rvi: "3", pc: JSON.parse(SGN) });
    await device.next();
    peer.socket.terminate();
    await bridge.gateway.metricIs("m2mgw_registrar_links", 0);
    held.open();
    await pass(bridge, 3_000);
    const again = await registrar.next();
    expect(await again.peer.nextResponse()).toMatchObject({ rqi: "n1", rsc: 2000 });
  });
});

describe("when it is opened (S22)", () => {
  test("before it is needed, by default", async () => {
    const registrar = await startRegistrar();
    const bridge = await startBridge(registrar.url);
    await pass(bridge, 1_000);
    await registrar.next();
    await bridge.gateway.metricIs("m2mgw_registrar_links", 1);
  });

  test("on demand only with the first request, and again only with the next", async () => {
    const registrar = await startRegistrar();
    const bridge = await startBridge(registrar.url, { "cse.connect": "on-demand" });
    await pass(bridge, 60_000, 10_000);
    expect(registrar.dialled).toHaveLength(0);
    expect(await bridge.ask("CAE1")).toMatchObject({ rsc: 2000 });
    (await registrar.next()).peer.socket.close();
    await bridge.gateway.metricIs("m2mgw_registrar_links", 0);
    await pass(bridge, 60_000, 10_000);
    expect(registrar.dialled).toHaveLength(1);
    expect(await bridge.ask("CAE1")).toMatchObject({ rsc: 2000 });
    expect(registrar.dialled).toHaveLength(2);
  });

  test("and closed when it was not used for cse.idleClose", async () => {
    const registrar = await startRegistrar();
    const bridge = await startBridge(registrar.url, { "cse.idleClose": "5m" });
    expect(await bridge.ask("CAE1")).toMatchObject({ rsc: 2000 });
    await pass(bridge, 301_000, 10_000);
    expect(await (await registrar.next()).peer.closed).toEqual({ code: 1000, reason: "idle" });
  });

  test("and within cse.windows only, what is asked outside of them being refused", async () => {
    const registrar = await startRegistrar();
    const clock = new ManualClock(epochMs(Date.UTC(2026, 0, 1, 3, 30)));
    const settings = { "cse.windows": "Thu 02:00-04:00, Fri 02:00-04:00" };
    const bridge = await startBridge(registrar.url, settings, { clock });
    await bridge.register("CAE1");
    const first = await registrar.next();
    await pass(bridge, 31 * 60_000, 60_000);
    expect(await first.peer.closed).toMatchObject({ code: 1000 });
    await bridge.gateway.metricIs("m2mgw_registrar_links", 0);
    expect(await bridge.ask("CAE1")).toMatchObject({ status: 404, rsc: 5103 });
    expect(registrar.dialled).toHaveLength(1);
    await pass(bridge, 22 * 60 * 60_000, 600_000);
    await registrar.next();
    expect(await bridge.ask("CAE1")).toMatchObject({ rsc: 2000 });
  });

  test("what comes down on it is use, too", async () => {
    const registrar = await startRegistrar();
    const bridge = await startBridge(registrar.url, { "cse.idleClose": "10s" });
    await bridge.register("CAE1");
    const { peer } = await registrar.next();
    const pc = JSON.parse(SGN) as Message;
    for (let times = 0; times < 4; times += 1) {
      await pass(bridge, 4_000);
      expect(await peer.request({ op: 5, to: "CAE1", fr: "/id-in", pc })).toMatchObject({
        rsc: 2000,
      });
    }
    await pass(bridge, 11_000);
    expect(await peer.closed).toMatchObject({ reason: "idle" });
  });
});

describe("what comes down", () => {
  test("reaches the registree it is for, and its answer goes back", async () => {
    const registrar = await startRegistrar();
    const bridge = await startBridge(registrar.url);
    const device = await bridge.register("CAE1");
    device.answer((request, response) => reply(request, response, { rsc: 5205, status: 403 }));
    const { peer } = await registrar.next();
    const pc = JSON.parse(SGN) as Message;
    for (const to of ["CAE1", "/id-in/CAE1"]) {
      expect(await peer.request({ op: 5, to, fr: "/id-in", pc })).toMatchObject({ rsc: 5205 });
      expect(await device.next()).toMatchObject({ method: "POST", target: "/n" });
    }
  });

  test("may name a drt that says nothing, as ACME does, and is called without (TS-0004, table 7.2.1.1-1)", async () => {
    const registrar = await startRegistrar();
    const bridge = await startBridge(registrar.url);
    const device = await bridge.register("CAE1");
    const { peer } = await registrar.next();
    const notify = { op: 5, to: "CAE1", fr: "/id-in", drt: 1, pc: JSON.parse(SGN) };
    expect(await peer.request(notify)).toMatchObject({ rsc: 2000 });
    expect(await device.next()).toMatchObject({ target: "/n" });
    expect(await peer.request({ ...notify, drt: 2 })).toMatchObject({ rsc: 4000 });
  });

  test("is 4004 when it is for nobody here: it does not go up again", async () => {
    const registrar = await startRegistrar();
    const bridge = await startBridge(registrar.url);
    await bridge.register("CAE1");
    const { peer } = await registrar.next();
    const before = peer.frames.length;
    expect(await peer.request({ op: 2, to: "/id-in/cse-in/x", fr: "/id-in" })).toMatchObject({
      rsc: 4004,
    });
    expect(peer.frames).toHaveLength(before + 1);
  });

  test("on the connection of one originator is for that one, whatever To says", async () => {
    const registrar = await startRegistrar();
    const bridge = await startBridge(registrar.url, { "cse.links": "per-originator" });
    const device = await bridge.register("CAE1");
    const { peer } = await registrar.next();
    const notify = { op: 5, to: "some/path", fr: "/id-in", pc: JSON.parse(SGN) };
    expect(await peer.request(notify)).toMatchObject({ rsc: 2000 });
    await device.next();
  });

  test("is held while the registree is away, and delivered when it returns", async () => {
    const registrar = await startRegistrar();
    const bridge = await startBridge(registrar.url);
    const device = await bridge.register("CAE1");
    await device.stop();
    const { peer } = await registrar.next();
    const notify = { op: 5, to: "CAE1", fr: "/id-in", pc: JSON.parse(SGN) };
    expect(await peer.request(notify)).toMatchObject({ rsc: 1000 });
    await bridge.gateway.metricIs("m2mgw_hold_entries", 1);
  });
});

test("what a registree has asked before the gateway stops is still carried to the registrar", async () => {
  const asked: Message[] = [];
  const registrar = await startRegistrar({
    answer: (request) => (request.op === 1 ? obliging(request) : void asked.push(request)),
  });
  const bridge = await startBridge(registrar.url, { "ws.window": "1" });
  const ae = await connectRegistree(bridge.gateway.ws);
  expect(await ae.register("CAE1", { aei: "CAE1", ri: "CAE1" })).toMatchObject({ rsc: 2001 });
  const [first, second] = ["a1", "a2"].map((rqi) =>
    ae.request({ op: 2, to: "cse-in/x", fr: "CAE1", rqi }),
  );
  await expect.poll(() => asked).toHaveLength(1);
  const stopped = bridge.gateway.stopAtOnce();
  for (const nth of [0, 1]) {
    await expect.poll(() => asked).toHaveLength(nth + 1);
    registrar.dialled[0]?.peer.send({ rsc: 2000, rqi: asked[nth]?.rqi ?? "", rvi: "3" });
  }
  expect([await first, await second]).toMatchObject([{ rsc: 2000 }, { rsc: 2000 }]);
  await stopped;
});

test("a registrar that restarts is given an answer by a gateway that stops, too", async () => {
  const registrar = await startRegistrar();
  const bridge = await startBridge(registrar.url);
  await bridge.register("CAE1");
  const { peer } = await registrar.next();
  await bridge.gateway.stop();
  expect(await peer.closed).toEqual({ code: 1001, reason: "going away" });
});

import { expect, test } from "vitest";
import { defaultScript } from "../helpers/fake-cse.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { startGateway } from "../helpers/start-gateway.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { asked, frontOf, gate, gatewayUrlIn, inStep, ok, startFront, VERIFY } from "./front.ts";

const RETRIEVE = { op: 2, to: "cse-in/x", fr: "CAE1" };
const NOT_FOUND = { status: 404, rsc: 4004 };
const NOT_REACHABLE = { status: 404, rsc: 5103 };

test("an AE without fr registers by a POST without X-M2M-Origin and is bound to the aei it gets (RG-01)", async () => {
  const front = await startFront();
  const ae = await front.connect({ answer: ok });
  expect(await ae.register(undefined)).toMatchObject({
    rsc: 2001,
    pc: { "m2m:ae": { aei: "CAE1" } },
  });
  const [post] = front.cse.requests;
  expect(post).toMatchObject({ method: "POST", target: "/cse-in" });
  expect(post?.headers).not.toHaveProperty("x-m2m-origin");
  expect(post?.rawHeaders).toEqual(
    expect.arrayContaining(["Content-Type", "application/json;ty=2"]),
  );
  expect(await front.notify("/CAE1")).toMatchObject({ status: 200, rsc: 2000 });
});

test.each([
  ["C", "CAE1", "/CAE1"],
  ["S", "SAE9", "/~/SAE9"],
  ["Cmine", "Cmine", "/Cmine"],
  ["/id-in/Cmine", "Cmine", "/Cmine"],
])(
  "fr %j goes up unchanged and the aei that comes back is bound (RG-02)",
  async (fr, aei, target) => {
    const front = await startFront();
    front.cse.answer((request) => {
      const answer = defaultScript(request) as { body: { "m2m:ae": object } };
      return { ...answer, body: { "m2m:ae": { ...answer.body["m2m:ae"], aei, ri: aei } } };
    });
    const ae = await front.connect({ answer: ok });
    expect(await ae.register(fr)).toMatchObject({ rsc: 2001, pc: { "m2m:ae": { aei } } });
    expect(front.cse.requests[0]?.headers["x-m2m-origin"]).toBe(fr);
    expect(await front.notify(target)).toMatchObject({ status: 200, rsc: 2000 });
  },
);

test.each([
  ["m2m:uri (rcn 2)", { body: { "m2m:uri": "cse-in/ae7" } }, {}],
  ["Content-Location (rcn 0)", { headers: { "Content-Location": "cse-in/ae7" } }, {}],
  ["the name it asked for (rcn 0)", {}, { rn: "ae7" }],
])(
  "without aei in the 2001 the gateway asks for the resource at %s with its own originator (RG-03, D-3.5)",
  async (_where, answer, attributes) => {
    const front = await startFront({ "cse.originator": "CGateway" });
    front.cse.answer((request) =>
      request.method === "POST"
        ? { rsc: 2001, ...answer }
        : { rsc: 2000, body: { "m2m:ae": { aei: "CAE7", ri: "CAE7", rn: "ae7", ty: 2 } } },
    );
    const ae = await front.connect({ answer: ok });
    expect(await ae.register("C", attributes)).toMatchObject({ rsc: 2001 });
    expect(asked(front.cse)).toEqual([
      "POST /cse-in",
      expect.stringMatching(/^GET (\/~\/id-in)?\/cse-in\/ae7$/),
    ]);
    expect(front.cse.requests[1]?.headers["x-m2m-origin"]).toBe("CGateway");
    expect(await front.notify("/CAE7")).toMatchObject({ status: 200, rsc: 2000 });
  },
);

test("without an originator of its own the gateway asks nothing and says so; the AE's next request finds it out (S3, S2)", async () => {
  const front = await startFront();
  front.cse.answer(({ method }) => {
    if (method !== "GET") return { rsc: method === "PUT" ? 2004 : 2001 };
    return { rsc: 2000, body: { "m2m:ae": { aei: "CAE7", ri: "CAE7", rn: "ae7" } } };
  });
  const ae = await front.connect({ answer: ok });
  expect(await ae.register("C", { rn: "ae7" })).toMatchObject({ rsc: 2001 });
  expect(asked(front.cse)).toEqual(["POST /cse-in"]);
  expect(front.gateway.log.filter(({ level }) => level === 40)).toHaveLength(1);
  expect(await ae.request({ ...RETRIEVE, fr: "CAE7" })).toMatchObject({ rsc: 2000 });
  expect(await front.notify("/CAE7")).toMatchObject({ status: 200, rsc: 2000 });
});

test("a full stem in fr needs no aei in the 2001 (RG-03)", async () => {
  const front = await startFront();
  front.cse.answer(() => ({ rsc: 2001 }));
  const ae = await front.connect({ answer: ok });
  expect(await ae.register("CAE7")).toEqual({ rsc: 2001, rqi: "r1" });
  expect(await front.notify("/CAE7")).toMatchObject({ status: 200, rsc: 2000 });
});

test.each([4117, 4126, 4000])(
  "a registration refused with %i is relayed, binds nothing and leaves the socket open (RG-04, D-3.6)",
  async (rsc) => {
    const front = await startFront();
    front.cse.answer((request) =>
      request.headers["content-type"]?.includes("ty=2")
        ? { rsc, body: { "m2m:dbg": "no" } }
        : { rsc: 4004, headers: { "X-From": "cse" } },
    );
    const ae = await front.connect();
    expect(await ae.register("CAE1")).toEqual({ rsc, rqi: "r1", pc: { "m2m:dbg": "no" } });
    expect((await front.notify("/CAE1")).headers).toHaveProperty("x-from", "cse");
    expect(ae.frames).toHaveLength(1);
    front.cse.answer(defaultScript);
    expect(await ae.register("CAE1")).toMatchObject({ rsc: 2001 });
  },
);

test("a request before registration is 4106 and not forwarded (RG-05, 4.4)", async () => {
  const front = await startFront();
  front.cse.answer(() => ({ rsc: 4004 }));
  const ae = await front.connect();
  expect(await ae.request({ ...RETRIEVE, fr: "CX" })).toMatchObject({ rsc: 4106, rqi: "r1" });
  expect(asked(front.cse)).not.toContain("GET /cse-in/x");
});

test("a request without fr is 4000 and not forwarded: it is not filled in from the socket's identity (Q-30)", async () => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1");
  expect(await ae.request({ op: 2, to: "cse-in/x" })).toMatchObject({ rsc: 4000 });
  expect(asked(front.cse)).toEqual(["POST /cse-in"]);
});

test("what follows a registration on the socket waits until it is answered (RG-06, 4.4)", async () => {
  const front = await startFront();
  const held = gate();
  front.cse.answer(async (request) => {
    if (request.headers["content-type"] === "application/json;ty=2") await held.opened;
    return defaultScript(request);
  });
  const ae = await front.connect();
  const registered = ae.register("CAE1");
  const created = Array.from({ length: 16 }, (_, index) =>
    ae.request({ op: 1, to: `CAE1/c${index}`, fr: "CAE1", ty: 3, pc: { "m2m:cnt": {} } }),
  );
  await inStep(ae);
  await front.http({ target: "/cse-in", headers: { "X-M2M-RI": "x", "X-M2M-Origin": "CApp" } });
  expect(asked(front.cse)).toEqual(["POST /cse-in", "GET /cse-in"]);
  held.open();
  expect(await registered).toMatchObject({ rsc: 2001 });
  for (const response of await Promise.all(created)) expect(response).toMatchObject({ rsc: 2001 });
  expect(front.cse.requests).toHaveLength(18);
});

test("what follows a refused registration is judged on its own (4.4)", async () => {
  const front = await startFront();
  front.cse.answer((request) => (request.method === "POST" ? { rsc: 4126 } : { rsc: 4004 }));
  const ae = await front.connect();
  const registered = ae.register("CAE1");
  const next = ae.request(RETRIEVE);
  expect(await registered).toMatchObject({ rsc: 4126 });
  expect(await next).toMatchObject({ rsc: 4106 });
  expect(asked(front.cse)).not.toContain("GET /cse-in/x");
});

test("an update that says nothing of poa goes up byte for byte (RG-12)", async () => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1", { attributes: { poa: ["ws://default"] } });
  const pc = '{ "m2m:ae": {"lbl":["ws://x" , "a"]} }';
  ae.send(`{"op":3,"to":"cse-in/ae-CAE1","fr":"CAE1","rqi":"u1","rvi":"3","pc":${pc}}`);
  expect(await ae.nextResponse()).toMatchObject({ rsc: 2004, rqi: "u1" });
  expect(front.cse.requests.at(-1)).toMatchObject({
    method: "PUT",
    target: "/cse-in/ae-CAE1",
    body: pc,
  });
});

test.each(["CAE1", "cse-in/ae-CAE1", "/id-in/cse-in/ae-CAE1", "-/ae-CAE1"])(
  "deleting the <AE> as %j ends the registration and its point of access (RG-14)",
  async (to) => {
    const front = await startFront();
    const { ae, point } = await front.ae("CAE1", { answer: ok });
    expect(await ae.request({ op: 4, to, fr: "CAE1" })).toMatchObject({ rsc: 2002 });
    expect(await front.notify(point)).toMatchObject(NOT_FOUND);
    front.cse.answer(() => ({ rsc: 4004, status: 404, headers: { "X-From": "cse" } }));
    expect((await front.notify("/CAE1")).headers).toHaveProperty("x-from", "cse");
  },
);

test("deleting something else ends no registration (RG-14)", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1", { answer: ok });
  expect(await ae.request({ op: 4, to: "cse-in/ae-CAE1/c1", fr: "CAE1" })).toMatchObject({
    rsc: 2002,
  });
  front.cse.answer(() => ({ rsc: 4103 }));
  expect(await ae.request({ op: 4, to: "cse-in/ae-CAE1", fr: "CAE1" })).toMatchObject({
    rsc: 4103,
  });
  expect(await front.notify(point)).toMatchObject({ status: 200, rsc: 2000 });
});

test("an <AE> deleted over HTTP is deregistered too (RG-14)", async () => {
  const front = await startFront();
  const { point } = await front.ae("CAE1", { answer: ok });
  const headers = { "X-M2M-Origin": "CAdmin", "X-M2M-RI": "d1", "X-M2M-RVI": "3" };
  expect(await front.http({ method: "DELETE", target: "/cse-in/ae-CAE1", headers })).toMatchObject({
    status: 200,
    rsc: 2002,
  });
  expect(await front.notify(point)).toMatchObject(NOT_FOUND);
});

test("after its deletion an AE has 30 s to register again on the same socket (RG-14, 4.4)", async () => {
  const clock = new ManualClock();
  const front = await startFront({}, { clock });
  const { ae } = await front.ae("CAE1");
  await ae.request({ op: 4, to: "CAE1", fr: "CAE1" });
  clock.advance(29_999);
  expect(await ae.register("CAE1")).toMatchObject({ rsc: 2001 });
});

test("a socket left idle after deregistration is closed with 4002 after 30 s (RG-14)", async () => {
  const clock = new ManualClock();
  const front = await startFront({}, { clock });
  const { ae } = await front.ae("CAE1");
  await ae.request({ op: 4, to: "CAE1", fr: "CAE1" });
  clock.advance(30_000);
  expect(await ae.closed).toMatchObject({ code: 4002 });
});

test("closing does not deregister: the AE is served on its next connection (RG-16; TS-0020, 6.4)", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1");
  await ae.disconnect(1000);
  const again = await front.connect({ answer: ok });
  expect(await again.request(RETRIEVE)).toMatchObject({ rsc: 2000 });
  expect(asked(front.cse)).toEqual(["POST /cse-in", "GET /cse-in/x"]);
  expect(await front.notify(point)).toMatchObject({ status: 200, rsc: 2000 });
});

test("a restart of the gateway forgets no registration and no point of access (RG-17)", async () => {
  const stateDir = tempDir();
  const before = await startFront({}, { stateDir });
  const { point } = await before.ae("CAE1", { attributes: { poa: ["ws://default"] } });
  await before.gateway.stop();
  const gateway = await startGateway({ "cse.url": before.cse.url }, { stateDir });
  const after = frontOf(gateway, before.cse);
  expect(await after.notify(point, VERIFY)).toMatchObject(NOT_REACHABLE);
  const ae = await after.connect({ answer: ok });
  expect(await ae.request(RETRIEVE)).toMatchObject({ rsc: 2000 });
  expect(asked(before.cse)).toEqual(["POST /cse-in", "GET /cse-in/x"]);
  expect(await after.notify(point)).toMatchObject({ status: 200, rsc: 2000 });
});

test.each([
  ["registration response", "2001"],
  ["later update", "2004"],
])(
  "an AE is unknown once the expiration time of its %s has passed (RG-20, 4.3)",
  async (_what, by) => {
    const clock = new ManualClock();
    const front = await startFront({ "ws.pingAfter": "1h" }, { clock });
    const at = (et: string) => ({ "m2m:ae": { aei: "CAE1", ri: "CAE1", rn: "ae-CAE1", et } });
    front.cse.answer(({ method }) =>
      method === "PUT"
        ? { rsc: 2004, body: at("20260101T120100") }
        : { rsc: 2001, body: at(by === "2001" ? "20260101T120100" : "20260101T130000") },
    );
    const { ae, point } = await front.ae("CAE1", { answer: ok });
    if (by === "2004") {
      const pc = { "m2m:ae": { et: "20260101T120100" } };
      await ae.request({ op: 3, to: "CAE1", fr: "CAE1", pc });
    }
    clock.advance(59_000);
    expect(await front.notify(point)).toMatchObject({ status: 200, rsc: 2000 });
    clock.advance(2_000);
    expect(await front.notify(point)).toMatchObject(NOT_FOUND);
  },
);

test("rr false goes up unchanged, and no request is delivered then (RG-21, D-4.1)", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1", { attributes: { rr: false } });
  expect(JSON.parse(front.cse.requests[0]?.body ?? "")["m2m:ae"]).toMatchObject({ rr: false });
  expect(await front.notify(point)).toMatchObject(NOT_REACHABLE);
  expect(await front.notify("/CAE1")).toMatchObject(NOT_REACHABLE);
  await inStep(ae);
  expect(ae.frames).toHaveLength(1);
});

test("an answered update of rr takes effect at once, in both directions (RG-21, D-4.1)", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1", { attributes: { rr: false }, answer: ok });
  for (const [rr, reached] of [
    [true, { status: 200, rsc: 2000 }],
    [false, NOT_REACHABLE],
  ] as const) {
    const update = { op: 3, to: "CAE1", fr: "CAE1", pc: { "m2m:ae": { rr } } };
    expect(await ae.request(update)).toMatchObject({ rsc: 2004 });
    expect(await front.notify(point)).toMatchObject(reached);
  }
});

test("a CSE that answers 4106 no longer knows the AE, and neither does the gateway then (4.3)", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1", { answer: ok });
  front.cse.answer(() => ({ rsc: 4106 }));
  expect(await ae.request(RETRIEVE)).toMatchObject({ rsc: 4106 });
  expect(await front.notify(point)).toMatchObject(NOT_FOUND);
});

test("registering again after deletion gives a fresh token, and the old one stays unknown (RW-09)", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1", { answer: ok });
  await ae.request({ op: 4, to: "CAE1", fr: "CAE1" });
  await ae.register("CAE1");
  const fresh = new URL(gatewayUrlIn(front.poaAtCse(), front.gateway)).pathname;
  expect(fresh).not.toBe(point);
  expect(await front.notify(point)).toMatchObject(NOT_FOUND);
  expect(await front.notify(fresh)).toMatchObject({ status: 200, rsc: 2000 });
});

test.each([
  ["as a list in content", { pc: { "m2m:atrl": ["lbl"] } }, "CAE1"],
  ["behind #", {}, "CAE1#lbl"],
])(
  "a 4004 for an attribute asked for %s does not end the registration (4.3)",
  async (_how, members, to) => {
    const front = await startFront();
    const { ae, point } = await front.ae("CAE1", { answer: ok });
    front.cse.answer(() => ({ rsc: 4004, status: 404 }));
    expect(await ae.request({ op: 2, to, fr: "CAE1", ...members })).toMatchObject({ rsc: 4004 });
    expect(await front.notify(point)).toMatchObject({ status: 200, rsc: 2000 });
    expect(await ae.request({ op: 2, to: "CAE1", fr: "CAE1" })).toMatchObject({ rsc: 4004 });
    expect(await front.notify(point)).toMatchObject(NOT_FOUND);
  },
);

test("a 4004 that somebody else is told about an <AE> does not end its registration (4.3)", async () => {
  const front = await startFront();
  const { point } = await front.ae("CAE1", { answer: ok });
  const { ae: other } = await front.ae("CAE2");
  front.cse.answer(() => ({ rsc: 4004, status: 404 }));
  expect(await other.request({ op: 2, to: "CAE1", fr: "CAE2" })).toMatchObject({ rsc: 4004 });
  expect(await front.notify(point)).toMatchObject({ status: 200, rsc: 2000 });
});

test("a late answer about an earlier registration does not end the one that followed (4.3)", async () => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1", { answer: ok });
  const reached = gate();
  const held = gate();
  front.cse.answer(async (request) => {
    if (request.target !== "/cse-in/slow") return defaultScript(request);
    reached.open();
    await held.opened;
    return { rsc: 4106, status: 403 };
  });
  const slow = ae.request({ op: 2, to: "cse-in/slow", fr: "CAE1" });
  await reached.opened;
  expect(await ae.register("CAE1")).toMatchObject({ rsc: 2001 });
  held.open();
  expect(await slow).toMatchObject({ rsc: 4106 });
  expect(await front.notify("/CAE1")).toMatchObject({ status: 200, rsc: 2000 });
});

test("a deregistration that wants no response is one all the same (rt 5)", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1", { answer: ok });
  ae.send({ op: 4, to: "CAE1", fr: "CAE1", rqi: "d1", rvi: "3", rt: { rtv: 5 } });
  await front.gateway.metricIs("m2mgw_registrees", 0);
  expect(await front.notify(point)).toMatchObject(NOT_FOUND);
  expect(ae.frames).toHaveLength(1);
});

test("who waits for an AE that deregisters is told 4004 at once (4.4)", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1");
  const waiting = front.notify(point);
  await ae.nextRequest();
  expect(await ae.request({ op: 4, to: "CAE1", fr: "CAE1" })).toMatchObject({ rsc: 2002 });
  expect(await waiting).toMatchObject(NOT_FOUND);
});

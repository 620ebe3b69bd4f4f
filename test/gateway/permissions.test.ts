import { describe, expect, test } from "vitest";
import { RawHttp } from "../helpers/raw-http.ts";
import { startGuarded } from "./credentials-in.ts";
import { asked, inStep, ok, registerCse, startFront, VERIFY } from "./front.ts";

const HEADERS = { "X-M2M-Origin": "CApp", "X-M2M-RI": "r1", "X-M2M-RVI": "3" };
const DENIED = { status: 403, rsc: 4103 };

/** Rules as they stand in the environment. */
const rules = (...list: object[]): Record<string, string> => ({
  permissions: JSON.stringify(list),
});

describe("a request over HTTP that no rule permits is answered 4103 and goes nowhere (websocket-binding, 8)", () => {
  const settings = rules({
    originators: ["CApp"],
    operations: ["retrieve"],
    targets: ["/id-in/cse-in/shown/*"],
    credentials: ["none"],
  });

  test("what a rule permits passes", async () => {
    const front = await startFront(settings);
    const answer = await front.http({ method: "GET", target: "/cse-in/shown/x", headers: HEADERS });
    expect(answer.status).toBe(200);
    expect(asked(front.cse)).toEqual(["GET /cse-in/shown/x"]);
  });

  test.each([
    ["another target", "GET", "/cse-in/hidden", HEADERS],
    ["another spelling of another target", "GET", "/~/id-in/-/hidden", HEADERS],
    ["another operation", "DELETE", "/cse-in/shown/x", HEADERS],
    ["another originator", "GET", "/cse-in/shown/x", { ...HEADERS, "X-M2M-Origin": "CEvil" }],
    ["no originator", "GET", "/cse-in/shown/x", { "X-M2M-RI": "r1" }],
    ["a method that oneM2M does not know", "PATCH", "/cse-in/shown/x", HEADERS],
  ])("%s", async (_what, method, target, headers) => {
    const front = await startFront(settings);
    expect(await front.http({ method, target, headers })).toMatchObject(DENIED);
    expect(asked(front.cse)).toEqual([]);
  });

  test.each(["/cse-in/shown/%zz", "/cse-in/shown/../hidden", "/cse-in/shown/%2e%2e/hidden"])(
    "nor does a head pass that cannot be understood: %s",
    async (target) => {
      const front = await startFront(settings);
      const answer = await front.http({ method: "GET", target, headers: HEADERS });
      expect(answer).toMatchObject({ status: 400, rsc: 4000 });
      expect(asked(front.cse)).toEqual([]);
    },
  );
});

describe("what a request is judged by stands once in its head and nowhere else, since the CSE may go by the other one", () => {
  const TYPED = ["Content-Type: application/json", "Content-Type: application/json;ty=2"];
  test.each([
    ["an originator twice", ["X-M2M-Origin: CApp", "X-M2M-Origin: CEvil"]],
    ["another spelling of it", ["X-M2M-Origin: CApp", "X_M2M_Origin: CEvil"]],
    ["a resource type in one of two", ["X-M2M-Origin: CApp", ...TYPED]],
    ["another method", ["X-M2M-Origin: CApp", "X-HTTP-Method-Override: DELETE"]],
    ["another method in another spelling", ["X-M2M-Origin: CApp", "X_HTTP_Method: DELETE"]],
  ])("%s", async (_what, lines) => {
    const front = await startFront(rules({ originators: ["CApp*"], credentials: ["none"] }));
    const raw = new RawHttp(front.gateway.http);
    const head = ["POST /cse-in HTTP/1.1", "Host: gw", "X-M2M-RI: r1", "Content-Length: 2"];
    raw.send([...head, ...lines], "{}");
    expect(await raw.answered()).toMatchObject([{ status: 400 }]);
    expect(asked(front.cse)).toEqual([]);
  });
});

test("a Notify that no rule permits is not held", async () => {
  const front = await startFront(rules({ faces: ["ws"], credentials: ["trusted"] }));
  const { ae } = await front.ae("CAE1");
  await ae.disconnect();
  expect(await front.notify("/~/id-in/CAE1")).toMatchObject(DENIED);
  expect(await front.gateway.metric("m2mgw_held_primitives")).toBe(0);
});

describe("on a WebSocket", () => {
  const settings = rules({
    originators: ["CAE*"],
    operations: ["register", "retrieve"],
    credentials: ["trusted"],
  });

  test("an entity registers and asks as far as a rule permits it", async () => {
    const front = await startFront(settings);
    const { ae } = await front.ae("CAE1");
    const request = { fr: "CAE1", to: "cse-in/x" };
    expect(await ae.request({ ...request, op: 2 })).toMatchObject({ rsc: 2000 });
    expect(await ae.request({ ...request, op: 4 })).toMatchObject({ rsc: 4103 });
    expect(asked(front.cse)).toEqual(["POST /cse-in", "GET /cse-in/x"]);
  });

  test("it does not register as whom no rule permits", async () => {
    const front = await startFront(settings);
    const ae = await front.connect();
    expect(await ae.register("CEvil")).toMatchObject({ rsc: 4103 });
    expect(asked(front.cse)).toEqual([]);
  });

  test("who names itself in its handshake gets nothing in a name that no rule permits", async () => {
    const front = await startFront(settings);
    await inStep(await front.connect({ origin: "CEvil" }));
    const permitted = await front.connect({ origin: "CAE7" });
    await expect.poll(() => asked(front.cse)).toContain("GET /CAE7");
    await inStep(permitted);
    expect(asked(front.cse)).not.toContain("GET /CEvil");
  });

  test("a denial is logged with who asked for what", async () => {
    const front = await startFront(settings);
    const ae = await front.connect();
    await ae.register("CEvil");
    expect(front.gateway.log).toContainEqual(
      expect.objectContaining({
        msg: "request denied",
        face: "ws",
        peer: "127.0.0.1",
        originator: "CEvil",
        act: "register",
        to: "cse-in",
        code: "GW_NOT_PERMITTED",
      }),
    );
  });
});

test("who is let in as a stranger is denied on record what takes more, though a rule permits it", async () => {
  const strangers = rules({ credentials: ["none"] });
  const front = await startGuarded(strangers);
  const stranger = await front.connect();
  const ask = { op: 2, to: "cse-in/x", fr: "CUnknown" };
  expect(await stranger.request(ask)).toMatchObject({ rsc: 4106 });
  expect(await registerCse(stranger, "/id-mn")).toMatchObject({ rsc: 4107 });
  const denied = { stream: "audit", msg: "request denied", face: "ws", peer: "127.0.0.1" };
  expect(front.gateway.log.filter(({ stream }) => stream === "audit")).toMatchObject([
    { ...denied, originator: "CUnknown", act: "retrieve", code: "GW_ORIGINATOR_UNKNOWN" },
    { ...denied, originator: "/id-mn", act: "register", code: "GW_CSE_NEEDS_TLS" },
  ]);
});

describe("a point of access", () => {
  test("is called by whoever knows its token, whatever the rules say", async () => {
    const front = await startFront(rules({ faces: ["ws"], credentials: ["trusted"] }));
    const { point } = await front.ae("CAE1", { answer: ok });
    expect(await front.notify(point, VERIFY)).toMatchObject({ status: 200, rsc: 2000 });
  });

  test.each([
    ["127.0.0.0/8", { status: 200, rsc: 2000 }],
    ["192.0.2.0/24", DENIED],
  ])("from the networks of http.poaNetworks only: %s", async (network, answer) => {
    const front = await startFront({ "http.poaNetworks": network });
    const { point } = await front.ae("CAE1", { answer: ok });
    expect(await front.notify(point, VERIFY)).toMatchObject(answer);
  });

  test("with a credential of http.poaCredentials only", async () => {
    const front = await startFront({ "http.poaCredentials": "certificate:cse" });
    const { point } = await front.ae("CAE1", { answer: ok });
    expect(await front.notify(point, VERIFY)).toMatchObject(DENIED);
  });
});

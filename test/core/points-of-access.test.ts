import { describe, expect, test } from "vitest";
import { BridgePoints } from "../../src/core/bridge-points.ts";
import { FrontPoints } from "../../src/core/front-points.ts";
import { replaced, withGatewayPoint } from "../../src/core/points-of-access.ts";
import type { RequestPrimitive } from "../../src/primitive/primitive.ts";
import { bridgeTargets } from "./bridge-targets.ts";
import { requestOf, textOf } from "./primitives.ts";

const BASE = "https://gw.example/poa/";
const TOKEN = "dG9rZW4tb2YtMTI4LWJpdHM";
const URL = BASE + TOKEN;

const front = new FrontPoints();
front.base = BASE;
const bridge = new BridgePoints(bridgeTargets().targets, "token");
bridge.base = BASE;

describe("the list that the CSE stores", () => {
  test.each<[string, readonly string[], readonly string[]]>([
    ["nothing", [], [URL]],
    ["ws://default", ["ws://default"], [URL]],
    ["ws://", ["ws://"], [URL]],
    ["ws", ["ws"], [URL]],
    ["wss with host, port and path", ["wss://host:1/x"], [URL]],
    ["upper case", ["WS://Host", "WSS"], [URL]],
    ["two ws entries", ["ws://a", "ws://b"], [URL]],
    ["http before ws", ["http://a", "ws://b"], ["http://a", URL]],
    ["ws before http", ["ws://b", "http://a"], [URL, "http://a"]],
    [
      "ws around others",
      ["ws://b", "http://a", "wss://c", "mqtt://d"],
      [URL, "http://a", "mqtt://d"],
    ],
    ["no ws", ["http://a", "coap://b"], ["http://a", "coap://b", URL]],
    ["the gateway's URL", [URL], [URL]],
    ["the gateway's URL and ws", [URL, "ws://a"], [URL]],
    ["an old token", [`${BASE}old`, "http://a"], [URL, "http://a"]],
    [
      "what only begins like ws",
      ["wsx://a", "ws-proxy", "http://ws:1"],
      ["wsx://a", "ws-proxy", "http://ws:1", URL],
    ],
  ])(
    "of %s holds the gateway's URL once, others in their places (TS-0020, 6.2.1)",
    (_, list, expected) => {
      expect(replaced(list, { token: TOKEN }, front)).toEqual(expected);
      expect(replaced(expected, { token: TOKEN }, front)).toEqual(expected);
    },
  );
});

describe("the list that a registrar stores that was dialled", () => {
  test.each<[string, readonly string[], readonly string[]]>([
    ["nothing", [], ["ws://default"]],
    ["a private http entry", ["http://192.168.1.5:9000/n"], ["ws://default"]],
    ["a public one", ["https://device.example"], ["ws://default"]],
    [
      "private, public and ws ones among others",
      ["mqtt://b/x", "http://10.0.0.1", "coap://c", "https://device.example", "ws"],
      ["mqtt://b/x", "ws://default", "coap://c"],
    ],
    ["ws://default", ["ws://default"], ["ws://default"]],
    ["the gateway's own URL", [URL], ["ws://default"]],
    ["neither", ["mqtt://b/x"], ["mqtt://b/x", "ws://default"]],
  ])(
    "of %s holds the connection of the gateway once, others in their places (TS-0020, 6.2.1; S5)",
    (_, list, expected) => {
      expect(replaced(list, { token: TOKEN }, bridge)).toEqual(expected);
      expect(replaced(expected, { token: TOKEN }, bridge)).toEqual(expected);
    },
  );

  test("is told of the registree's own list as that wrote it, but for URLs of the gateway", () => {
    const poa = ["http://10.0.0.1", `${BASE}old`, "ws://default"];
    const create = requestOf({ op: "create", ty: 2, fr: "C", pc: { "m2m:ae": { poa } } });
    const { request, wrote } = withGatewayPoint(create, { token: TOKEN }, bridge);
    expect(request.content?.tree()).toEqual({ "m2m:ae": { poa: ["ws://default"] } });
    expect(wrote).toEqual({ list: ["http://10.0.0.1", "ws://default"] });
  });
});

describe("a registration on its way to the CSE", () => {
  const pointed = (request: RequestPrimitive) => withGatewayPoint(request, { token: TOKEN }, front);
  const create = (pc: unknown) => requestOf({ op: "create", ty: 2, fr: "C", pc });
  const update = (pc: unknown) => requestOf({ op: "update", to: "CAE1", pc });

  test.each(["m2m:ae", "m2m:csr"])(
    "of %s has its point of access replaced, every other byte as it came",
    (root) => {
      const before = `{ "${root}":{"rr" : true,"poa":[ "ws://default" ],"n": 1.50,"lbl":["ws://x"] } }`;
      const { request, wrote } = pointed(create(before));
      expect(textOf(request.content)).toBe(before.replace('[ "ws://default" ]', `["${URL}"]`));
      expect(wrote).toEqual({ list: ["ws://default"] });
    },
  );

  test("has one added where it wrote none, and what it wrote is nothing", () => {
    const { request, wrote } = pointed(create({ "m2m:ae": { rr: true } }));
    expect(request.content?.tree()).toEqual({ "m2m:ae": { rr: true, poa: [URL] } });
    expect(wrote).toEqual({ list: undefined });
  });

  test("keeps everything but its content", () => {
    const before = requestOf({
      op: "create",
      ty: 2,
      fr: "S",
      to: "-",
      pc: { "m2m:ae": {} },
      rt: { rtv: 3 },
    });
    const { content: _, ...rest } = pointed(before).request;
    const { content: __, ...expected } = before;
    expect(rest).toEqual(expected);
  });

  test("never shows the registree's own list with a URL of the gateway in it", () => {
    const { wrote } = pointed(
      create({ "m2m:ae": { poa: ["ws://a", `${BASE}old`, URL, "http://b"] } }),
    );
    expect(wrote).toEqual({ list: ["ws://a", "http://b"] });
  });

  test("takes a single string for a list of one", () => {
    const { request, wrote } = pointed(create({ "m2m:ae": { poa: "ws://a" } }));
    expect(request.content?.tree()).toEqual({ "m2m:ae": { poa: [URL] } });
    expect(wrote).toEqual({ list: ["ws://a"] });
  });

  test("as an update of pointOfAccess has it replaced", () => {
    const { request, wrote } = pointed(update({ "m2m:ae": { poa: ["http://a", "ws://default"] } }));
    expect(request.content?.tree()).toEqual({ "m2m:ae": { poa: ["http://a", URL] } });
    expect(wrote).toEqual({ list: ["http://a", "ws://default"] });
  });

  test("as an update that empties or removes pointOfAccess still leaves the gateway's URL", () => {
    for (const poa of [[], null]) {
      const { request, wrote } = pointed(update({ "m2m:ae": { poa } }));
      expect(request.content?.tree()).toEqual({ "m2m:ae": { poa: [URL] } });
      expect(wrote).toEqual({ list: poa ?? undefined });
    }
  });

  test.each([
    ["an update of something else", update({ "m2m:ae": { lbl: ["ws://x"] } })],
    [
      "another resource",
      requestOf({ op: "create", ty: 3, pc: { "m2m:cnt": { poa: ["ws://x"] } } }),
    ],
    ["no content", requestOf({ op: "delete" })],
    ["content without a root", update({ "m2m:ae": {}, more: {} })],
    ["content that is no object", update('"m2m:ae"')],
  ])("that is %s is left alone", (_, request) => {
    expect(pointed(request)).toEqual({ request, wrote: undefined });
    expect(pointed(request).request).toBe(request);
  });
});

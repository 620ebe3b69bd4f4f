import { describe, expect, test } from "vitest";
import {
  type OwnPoint,
  replaced,
  withGatewayPoint,
  withGatewayTargets,
  withOwnPoints,
} from "../../src/core/points-of-access.ts";
import type { RequestPrimitive } from "../../src/primitive/primitive.ts";
import { requestOf, responseOf, textOf } from "./primitives.ts";

const BASE = "https://gw.example/poa/";
const TOKEN = "dG9rZW4tb2YtMTI4LWJpdHM";
const URL = BASE + TOKEN;

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
      expect(replaced(list, URL, BASE)).toEqual(expected);
      expect(replaced(expected, URL, BASE)).toEqual(expected);
    },
  );
});

describe("a registration on its way to the CSE", () => {
  const pointed = (request: RequestPrimitive) => withGatewayPoint(request, URL, BASE);
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

describe("notification targets of a subscription", () => {
  const own: OwnPoint = { token: TOKEN, pointsOfAccess: ["ws://me:1/x", "http://me"] };
  const moved = (members: object, root = "m2m:sub") =>
    withGatewayTargets(requestOf({ op: "create", ty: 23, pc: { [root]: members } }), own, URL);

  test.each<[unknown, unknown]>([
    [["ws://default"], [URL]],
    [["ws://default?ct=json"], [`${URL}?ct=json`]],
    [["ws://"], [URL]],
    [["ws"], [URL]],
    [["wss://default"], [URL]],
    [["WS://DEFAULT"], [URL]],
    [["ws://me:1/x"], [URL]],
    [["ws://me:1/x?ct=cbor"], [`${URL}?ct=cbor`]],
    ["ws://default", URL],
    [
      ["/id-in/CAE1", "ws://default", "mqtt://b/x"],
      ["/id-in/CAE1", URL, "mqtt://b/x"],
    ],
  ])("that mean the sender itself become the gateway's URL: %j", (before, after) => {
    for (const name of ["nu", "su", "nfu"]) {
      expect(moved({ [name]: before, rn: "s" }).content?.tree()).toEqual({
        "m2m:sub": { [name]: after, rn: "s" },
      });
    }
  });

  test.each<unknown>([
    ["/id-in/CAE1"],
    ["CAE1"],
    ["ws://elsewhere:1"],
    ["ws://elsewhere:1?x=ws://default"],
    ["ws://me:1"],
    ["ws://me:1/x/y"],
    ["ws://defaults"],
    ["http://me"],
    ["http://default"],
    ["mqtt://b/x"],
    ["coap://default"],
    "/id-in/CAE1",
    [],
    null,
    7,
  ])("that mean anything else stay: %j", (target) => {
    for (const name of ["nu", "su", "nfu"]) {
      const request = requestOf({ op: "create", ty: 23, pc: { "m2m:sub": { [name]: target } } });
      expect(withGatewayTargets(request, own, URL)).toBe(request);
    }
  });

  test("are moved together, and every other byte stays", () => {
    const before =
      '{"m2m:sub" : { "nu":["ws://default"], "enc":{"net":[1.0]},"su" :"ws","lbl":["ws://default"] }}';
    const request = requestOf({ op: "create", ty: 23, pc: before });
    expect(textOf(withGatewayTargets(request, own, URL).content)).toBe(
      before.replace('"nu":["ws://default"]', `"nu":["${URL}"]`).replace('"ws"', `"${URL}"`),
    );
  });

  test.each(["m2m:cnt", "m2m:ae", "m2m:sgn"])("in %s are not touched", (root) => {
    const request = requestOf({ op: "create", ty: 3, pc: { [root]: { nu: ["ws://default"] } } });
    expect(withGatewayTargets(request, own, URL)).toBe(request);
  });

  test("of Response Type are moved as well", () => {
    const request = requestOf({
      rt: { rtv: 2, nu: ["ws://default", "http://a", "ws://elsewhere"], x: 1 },
      ec: 4,
    });
    const after = withGatewayTargets(request, own, URL);
    expect(Object.fromEntries(after.carried)).toEqual({
      rt: { rtv: 2, nu: [URL, "http://a", "ws://elsewhere"], x: 1 },
      ec: 4,
    });
    expect(request.carried.get("rt")).toEqual({
      rtv: 2,
      nu: ["ws://default", "http://a", "ws://elsewhere"],
      x: 1,
    });
  });

  test.each([{ rtv: 2 }, { rtv: 2, nu: [] }, { rtv: 2, nu: ["http://a", "/id-in/CAE1"] }, 3, null])(
    "of Response Type %j stay",
    (rt) => {
      const request = requestOf({ rt });
      expect(withGatewayTargets(request, own, URL)).toBe(request);
    },
  );

  test("that name a point of access are only its owner's", () => {
    const stranger: OwnPoint = { token: TOKEN, pointsOfAccess: undefined };
    const request = requestOf({ op: "create", ty: 23, pc: { "m2m:sub": { nu: ["ws://me:1/x"] } } });
    expect(withGatewayTargets(request, stranger, URL)).toBe(request);
  });
});

describe("an answer to the registree", () => {
  const shown = (content: unknown, pointsOfAccess: readonly string[] | undefined) =>
    withOwnPoints(responseOf(2000, content), { token: TOKEN, pointsOfAccess }, URL);

  test.each<
    [string, readonly string[] | undefined, readonly string[], readonly string[] | undefined]
  >([
    ["ws://default", ["ws://default"], [URL], ["ws://default"]],
    ["http and ws", ["http://a", "ws://b"], ["http://a", URL], ["http://a", "ws://b"]],
    ["two of ws", ["ws://a", "ws://b"], [URL], ["ws://a", "ws://b"]],
    ["none", undefined, [URL], undefined],
    ["an empty list", [], [URL], []],
    ["one, and another was added since", ["ws://a"], [URL, "http://new"], ["ws://a", "http://new"]],
    ["none, and one was added since", undefined, [URL, "http://new"], ["http://new"]],
  ])("shows pointOfAccess as it wrote it: %s", (_, wrote, stored, expected) => {
    const poa = expected === undefined ? {} : { poa: expected };
    for (const root of ["m2m:ae", "m2m:csr"]) {
      expect(shown({ [root]: { rn: "a", poa: stored } }, wrote).content?.tree()).toEqual({
        [root]: { rn: "a", ...poa },
      });
      expect(
        shown({ "m2m:rce": { uri: "cse-in/a", [root]: { poa: stored } } }, wrote).content?.tree(),
      ).toEqual({ "m2m:rce": { uri: "cse-in/a", [root]: poa } });
    }
  });

  test("has every other byte as the CSE wrote it", () => {
    const before = `{ "m2m:ae" : {"n":1.0, "poa" : [ "${URL}" ] ,"x":[ ]}}`;
    expect(textOf(shown(before, ["ws://a"]).content)).toBe(
      before.replace(`[ "${URL}" ]`, '["ws://a"]'),
    );
  });

  test("is what a registree can write back, and the CSE then stores the same", () => {
    const wrote = ["http://a", "ws://b"];
    const stored = replaced(wrote, URL, BASE);
    const seen = shown({ "m2m:ae": { poa: stored } }, wrote).content?.tree();
    const back = requestOf({ op: "update", pc: seen });
    expect(withGatewayPoint(back, URL, BASE).request.content?.tree()).toEqual({
      "m2m:ae": { poa: stored },
    });
  });

  test.each<[string, unknown]>([
    ["without content", undefined],
    ["about another one's registration", { "m2m:ae": { poa: [`${BASE}other`] } }],
    ["about another resource", { "m2m:cin": { con: URL } }],
    ["whose point of access is somewhere else", { "m2m:ae": { poa: ["http://a"], lbl: [URL] } }],
    ["that is a list of addresses", { "m2m:uril": [URL] }],
    ["that is text", URL],
  ])("is left alone %s", (_, content) => {
    const response = responseOf(2000, content === URL ? JSON.stringify(URL) : content);
    expect(withOwnPoints(response, { token: TOKEN, pointsOfAccess: ["ws://a"] }, URL)).toBe(
      response,
    );
  });
});

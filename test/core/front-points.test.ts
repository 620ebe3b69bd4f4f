import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FrontPoints } from "../../src/core/front-points.ts";
import { type OwnPoint, replaced, withGatewayPoint } from "../../src/core/points-of-access.ts";
import { requestOf, responseOf, textOf } from "./primitives.ts";
import { pathRest } from "./target-arbitraries.ts";

const BASE = "https://gw.example/poa/";
const TOKEN = "dG9rZW4tb2YtMTI4LWJpdHM";
const URL = BASE + TOKEN;

const front = new FrontPoints();
front.base = BASE;

describe("notification targets of a subscription", () => {
  const own: OwnPoint = { token: TOKEN, pointsOfAccess: ["ws://me:1/x", "http://me"] };
  const moved = (members: object, root = "m2m:sub") =>
    front.toCse(requestOf({ op: "create", ty: 23, pc: { [root]: members } }), own);

  test.each<[unknown, unknown]>([
    [["ws://default"], [URL]],
    [["ws://default?ct=json"], [`${URL}?ct=json`]],
    [["ws://"], [URL]],
    [["ws"], [URL]],
    [["wss://default"], [URL]],
    [["WS://DEFAULT"], [URL]],
    [["ws://default/n/1"], [`${URL}/n/1`]],
    [["WSS://Default/n?ct=cbor&x=1"], [`${URL}/n?ct=cbor&x=1`]],
    [["ws://default/"], [`${URL}/`]],
    [
      ["ws://default", "ws", "wss://default?ct=json"],
      [URL, `${URL}?ct=json`],
    ],
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
    ["ws:///n"],
    ["ws:/default"],
    ["ws://default:80/n"],
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
      expect(front.toCse(request, own)).toBe(request);
    }
  });

  test("are moved together, and every other byte stays", () => {
    const before =
      '{"m2m:sub" : { "nu":["ws://default"], "enc":{"net":[1.0]},"su" :"ws","lbl":["ws://default"] }}';
    const request = requestOf({ op: "create", ty: 23, pc: before });
    expect(textOf(front.toCse(request, own).content)).toBe(
      before.replace('"nu":["ws://default"]', `"nu":["${URL}"]`).replace('"ws"', `"${URL}"`),
    );
  });

  test.each(["m2m:cnt", "m2m:ae", "m2m:sgn"])("in %s are not touched", (root) => {
    const request = requestOf({ op: "create", ty: 3, pc: { [root]: { nu: ["ws://default"] } } });
    expect(front.toCse(request, own)).toBe(request);
  });

  test("of Response Type are moved as well", () => {
    const request = requestOf({
      rt: { rtv: 2, nu: ["ws://default", "http://a", "ws://elsewhere"], x: 1 },
      ec: 4,
    });
    const after = front.toCse(request, own);
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
      expect(front.toCse(request, own)).toBe(request);
    },
  );

  test("that name a point of access are only its owner's", () => {
    const stranger: OwnPoint = { token: TOKEN, pointsOfAccess: undefined };
    const request = requestOf({ op: "create", ty: 23, pc: { "m2m:sub": { nu: ["ws://me:1/x"] } } });
    expect(front.toCse(request, stranger)).toBe(request);
  });
});

describe("an answer to the registree", () => {
  const shown = (content: unknown, pointsOfAccess: readonly string[] | undefined) =>
    front.toRegistree(responseOf(2000, content), { token: TOKEN, pointsOfAccess });

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
    const stored = replaced(wrote, { token: TOKEN }, front);
    const seen = shown({ "m2m:ae": { poa: stored } }, wrote).content?.tree();
    const back = requestOf({ op: "update", pc: seen });
    expect(withGatewayPoint(back, { token: TOKEN }, front).request.content?.tree()).toEqual({
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
    expect(front.toRegistree(response, { token: TOKEN, pointsOfAccess: ["ws://a"] })).toBe(
      response,
    );
  });

  const own: OwnPoint = { token: TOKEN, pointsOfAccess: ["ws://me:1/x"] };
  const subscription = (members: object, root = "m2m:sub") =>
    front.toRegistree(responseOf(2000, { [root]: members }), own).content?.tree();

  test.each<[string, unknown, unknown]>([
    ["the point of access", [URL], ["ws://default"]],
    ["with a path and a query", [`${URL}/n/1?ct=xml`], ["ws://default/n/1?ct=xml"]],
    ["with a query", `${URL}?ct=xml`, "ws://default?ct=xml"],
    ["among others", ["/id-in/CAE1", URL, "mqtt://b"], ["/id-in/CAE1", "ws://default", "mqtt://b"]],
  ])("shows the targets of its subscription as connection: %s (9.2)", (_, stored, shown) => {
    for (const name of ["nu", "su", "nfu"]) {
      expect(subscription({ rn: "s", [name]: stored })).toEqual({
        "m2m:sub": { rn: "s", [name]: shown },
      });
      const created = { uri: "cse-in/s", "m2m:sub": { [name]: stored } };
      expect(subscription(created, "m2m:rce")).toEqual({
        "m2m:rce": { uri: "cse-in/s", "m2m:sub": { [name]: shown } },
      });
    }
  });

  test.each([`${URL}x`, `${BASE}other`, `http://a/${TOKEN}`, `mqtt://b/${URL}`])(
    "shows a target that only looks like it as it is: %s",
    (target) => {
      const response = responseOf(2000, { "m2m:sub": { nu: [target], lbl: [URL] } });
      expect(front.toRegistree(response, own)).toBe(response);
    },
  );

  test("shows what can be written back, whatever path and query a target has", () => {
    fc.assert(
      fc.property(pathRest(), (rest) => {
        const nu = [`ws://default${rest}`, "/id-in/CAE9"];
        const pc = { "m2m:sub": { nu } };
        const sent = front.toCse(requestOf({ op: "create", ty: 23, pc }), own).content?.tree();
        expect(sent).toEqual({ "m2m:sub": { nu: [URL + rest, "/id-in/CAE9"] } });
        const shown = front.toRegistree(responseOf(2001, sent), own).content?.tree();
        expect(shown).toEqual(pc);
      }),
    );
  });
});

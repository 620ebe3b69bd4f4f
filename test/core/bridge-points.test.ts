import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cborCodec } from "../../src/codec/cbor/cbor.ts";
import { jsonCodec } from "../../src/codec/json/json.ts";
import { createXmlCodec } from "../../src/codec/xml/xml.ts";
import { BridgePoints, type TargetForm } from "../../src/core/bridge-points.ts";
import type { Registration } from "../../src/core/registration.ts";
import type { Content } from "../../src/primitive/content.ts";
import type { RequestPrimitive } from "../../src/primitive/primitive.ts";
import { bridgeTargets } from "./bridge-targets.ts";
import { entity, requestOf, responseOf, textOf } from "./primitives.ts";
import { pathRest } from "./target-arbitraries.ts";

const BASE = "http://203.0.113.9:8088/poa/";

const OWN: Registration = {
  id: entity("/id-in/CAE1"),
  kind: "ae",
  token: "own-token",
  addresses: ["/id-in/cse-in/one"],
  pointsOfAccess: ["https://one.example:9000/x", "ws://me.example:1/x", "mqtt://broker.example"],
  reachable: true,
  expires: undefined,
  peerAddress: "198.51.100.7",
};
const OTHER: Registration = { ...OWN, id: entity("/id-in/CAE2"), token: "other-token" };

function bridge(form: TargetForm = "token") {
  const points = new BridgePoints(bridgeTargets().targets, form);
  points.base = BASE;
  return points;
}

const subscribing = (nu: unknown): RequestPrimitive =>
  requestOf({ op: "create", ty: 23, pc: { "m2m:sub": { nu } } });

/** What the registrar is told in the place of `target`. */
async function told(target: string, own = OWN, points = bridge()): Promise<unknown> {
  const sent = (await points.toCse(subscribing([target]), own)).content?.tree();
  return (sent as { "m2m:sub": { nu: readonly string[] } })["m2m:sub"].nu[0];
}

describe("a notification target that a registree names at the bridge", () => {
  test.each([
    ["private", "http://192.168.1.5:9000/n/1"],
    ["loopback", "http://127.0.0.1/n"],
    ["IPv6, unique local", "http://[fd00::5]:80/n"],
    ["a name without a dot", "HTTP://printer/n"],
    ["a name that multicast DNS resolves", "https://cam.local/n"],
    ["on the host of its own point of access, another port", "http://one.example/n"],
    ["on the host of its own ws point of access", "http://ME.example/n"],
    ["at its own address", "http://198.51.100.7:81/n"],
  ])("becomes a URL of the connection: %s (S5)", async (_, url) => {
    expect(await told(url)).toBe("ws://default/m2mgw-to-t1");
  });

  test("at an IPv6 address of its own does, too", async () => {
    const own = { ...OWN, peerAddress: "2001:db8:0::7" };
    expect(await told("http://[2001:db8::7]/n", own)).toBe("ws://default/m2mgw-to-t1");
  });

  test.each([
    "http://203.0.113.20/n",
    "https://app.example/n?ct=xml",
    "http://broker.example/n",
    "http://me.example.org/n",
    "mqtt://192.168.1.5/x",
    "coap://[fd00::5]/x",
    "ws://192.168.1.5:9000",
    "/id-in/CAE1",
    "CAE1",
    "http://",
    "http://192.168.1.5:x/",
  ])("stays where the registrar may call it, or nobody can: %s (S5)", async (url) => {
    const request = subscribing([url]);
    expect(await bridge().toCse(request, OWN)).toBe(request);
  });

  test.each([
    ["http://10.0.0.1/n?ct=json", "ws://default/m2mgw-to-t1?ct=json"],
    ["http://10.0.0.1/n?a=1&ct=cbor#f", "ws://default/m2mgw-to-t1?a=1&ct=cbor"],
    ["http://10.0.0.1?ct=xml", "ws://default/m2mgw-to-t1?ct=xml"],
    ["ws://default", "ws://default"],
    ["WS", "ws://default"],
    ["ws://default/?ct=json", "ws://default?ct=json"],
    ["wss://default?ct=json", "ws://default?ct=json"],
    ["ws://me.example:1/x?ct=json", "ws://default?ct=json"],
    ["ws://default/a/b?ct=json", "ws://default/m2mgw-to-t1?ct=json"],
  ])("keeps its query, which says what is read there: %s (TS-0004, 7.5.1.2.2)", async (url, to) => {
    expect(await told(url)).toBe(to);
  });

  test("is the registree itself where it is the gateway's URL of it; of another it is called as it is", async () => {
    expect(await told(`${BASE}own-token`)).toBe("ws://default");
    expect(await told(`${BASE}own-token?ct=json`)).toBe("ws://default?ct=json");
    expect(await told(`${BASE}own-tokenx`)).toBe(`${BASE}own-tokenx`);
    const inField = bridge();
    inField.base = "http://192.168.1.1:8088/poa/";
    expect(await told(`${inField.base}other-token`, OWN, inField)).toMatch(/^ws:.*m2mgw-to-t1$/);
  });

  test("has one name for each registree, however often it is named, and others have others", async () => {
    const points = bridge();
    const url = "http://10.0.0.1/n";
    const both = (await points.toCse(subscribing([url, "http://10.0.0.2/n"]), OWN)).content?.tree();
    const names = ["ws://default/m2mgw-to-t1", "ws://default/m2mgw-to-t2"];
    expect(both).toEqual({ "m2m:sub": { nu: names } });
    expect(await told(url, OWN, points)).toBe(names[0]);
    expect(await told(url, OTHER, points)).toBe("ws://default/m2mgw-to-t3");
    expect(await told(names[0] ?? "", OWN, points)).toBe(names[0]);
  });

  test("moves with su, nfu and the targets of Response Type, and every other byte stays", async () => {
    const before =
      '{"m2m:sub" : { "nu":["http://10.0.0.1","CAE9"], "enc":{"net":[1.0]},"su" :"http://10.0.0.2","lbl":["http://10.0.0.1"] }}';
    const rt = { rtv: 2, nu: ["http://10.0.0.3", "http://app.example"], x: 1 };
    const request = requestOf({ op: "create", ty: 23, pc: before, rt });
    const after = await bridge().toCse(request, OWN);
    expect(textOf(after.content)).toBe(
      before
        .replace('["http://10.0.0.1","CAE9"]', '["ws://default/m2mgw-to-t1","CAE9"]')
        .replace('"http://10.0.0.2"', '"ws://default/m2mgw-to-t2"'),
    );
    expect(after.carried.get("rt")).toEqual({
      rtv: 2,
      nu: ["ws://default/m2mgw-to-t3", "http://app.example"],
      x: 1,
    });
  });

  test.each(["m2m:cnt", "m2m:ae", "m2m:sgn"])("in %s is content like any other", async (root) => {
    const request = requestOf({ op: "create", pc: { [root]: { nu: ["http://10.0.0.1"] } } });
    expect(await bridge().toCse(request, OWN)).toBe(request);
  });

  test("waits for nothing where there is none", () => {
    expect(bridge().toCse(requestOf(), OWN)).not.toBeInstanceOf(Promise);
    expect(bridge().toCse(subscribing(["CAE1"]), OWN)).not.toBeInstanceOf(Promise);
  });
});

describe("for a registrar that finds connections by AE-ID", () => {
  test.each([
    [["http://10.0.0.1/n?ct=json"], ["CAE1"]],
    [["ws://default"], ["CAE1"]],
    [
      ["http://app.example", "http://10.0.0.1/n", "ws://default/x"],
      ["http://app.example", "CAE1"],
    ],
    ["http://10.0.0.1/n", "CAE1"],
  ])("the originator's ID stands in the place of %j (S5)", async (nu, expected) => {
    const sent = await bridge("originator").toCse(subscribing(nu), OWN);
    expect(sent.content?.tree()).toEqual({ "m2m:sub": { nu: expected } });
  });

  test("an AE behind a registree CSE is named by its own", async () => {
    const cse: Registration = { ...OWN, id: entity("/id-mn"), kind: "cse" };
    const points = bridge("originator");
    const request = { ...subscribing(["http://10.0.0.1/n"]), from: "/id-mn/CAE5" };
    expect((await points.toCse(request, cse)).content?.tree()).toEqual({
      "m2m:sub": { nu: ["/id-mn/CAE5"] },
    });
  });
});

describe("an answer to a registree of the bridge", () => {
  const stored = { "m2m:ae": { rn: "one", poa: ["ws://default", "mqtt://broker.example"] } };

  test("shows pointOfAccess as it wrote it only where it is about itself (9.2)", () => {
    const response = responseOf(2000, stored);
    expect(bridge().toRegistree(response, OWN, true).content?.tree()).toEqual({
      "m2m:ae": { rn: "one", poa: OWN.pointsOfAccess },
    });
    expect(bridge().toRegistree(response, OWN, false)).toBe(response);
  });

  test("shows its own targets as it wrote them, and nobody else's", async () => {
    const points = bridge();
    const url = "http://10.0.0.1/n?ct=json";
    const seen = await told(url, OWN, points);
    const other = await told(url, OTHER, points);
    const nu = [seen, other, "ws://default", "ws://default/m2mgw-to-unknown"];
    for (const members of [{ nu }, { nu: ["CAE9"], su: seen, nfu: seen }]) {
      const response = responseOf(2000, { "m2m:sub": members });
      const shown = points.toRegistree(response, OWN, false).content?.tree();
      const expected = JSON.parse(JSON.stringify(members).replaceAll(`"${seen}"`, `"${url}"`));
      expect(shown).toEqual({ "m2m:sub": expected });
    }
  });

  test("shows what can be written back, whatever path and query a target has", async () => {
    const points = bridge();
    const start = fc.constantFrom("http://10.0.0.1", "https://cam.local:1", "ws://default/n");
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.tuple(start, pathRest())), async (written) => {
        const nu = [...new Set(written.map((it) => it.join(""))), "/id-in/CAE9"];
        const request = subscribing(nu);
        const sent = (await points.toCse(request, OWN)).content;
        expect(sent?.mentions("10.0.0.1") || sent?.mentions("cam.local")).toBe(false);
        const answer = { ...responseOf(2001), content: sent };
        expect(points.toRegistree(answer, OWN, false).content?.tree()).toEqual(
          request.content?.tree(),
        );
        const shown = points.toRegistree(answer, OWN, false).content;
        const again = await points.toCse({ ...request, content: shown }, OWN);
        expect(again.content?.tree()).toEqual(sent?.tree());
      }),
      { numRuns: 60 },
    );
  });

  test.each([
    ["CBOR", cborCodec],
    ["XML", createXmlCodec({ onUnknown: () => {} })],
    ["JSON", jsonCodec],
  ])("and the request go through in %s, too", async (_, codec) => {
    const through = (content: Content | undefined): Content => {
      if (content === undefined) throw new Error("there is no content");
      const bytes = codec.encodeContent(content, NO_NULLS);
      return codec.decodeContent(Buffer.from(bytes), NO_NULLS);
    };
    const points = bridge();
    const { content } = subscribing(["http://10.0.0.1/n", "CAE9"]);
    const sent = await points.toCse({ ...subscribing([]), content: through(content) }, OWN);
    const there = through(sent.content);
    expect(there.tree()).toEqual({ "m2m:sub": { nu: ["ws://default/m2mgw-to-t1", "CAE9"] } });
    const shown = points.toRegistree({ ...responseOf(2001), content: there }, OWN, false);
    expect(through(shown.content).tree()).toEqual(content?.tree());
  });
});

const NO_NULLS = { emptyIsNull: false };

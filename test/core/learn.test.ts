import { describe, expect, test } from "vitest";
import {
  learnRegistration,
  learnRetrieved,
  learnUpdate,
  registersA,
} from "../../src/core/learn.ts";
import { DOMAIN, requestOf, responseOf } from "./primitives.ts";

const ET = "20270101T120000";
const ET_MS = Date.UTC(2027, 0, 1, 12);

test.each([
  ["create", 2, "ae"],
  ["create", 16, "cse"],
  ["create", 3, undefined],
  ["create", 1, undefined],
  ["create", 10_002, undefined],
  ["update", 2, undefined],
  ["retrieve", 16, undefined],
  ["notify", undefined, undefined],
])(
  "%s of resource type %s registers: %s (TS-0004, 7.4.5.2.1 and 7.4.4.2.1)",
  (op, ty, expected) => {
    expect(registersA(requestOf({ op, ty, pc: { a: 1 } }))).toBe(expected);
  },
);

describe("an answered registration of an AE", () => {
  const ae = (members: object = {}) => ({ "m2m:ae": { api: "Napp", rr: true, ...members } });
  const learn = (
    asked: Record<string, unknown>,
    rsc: number,
    answered?: unknown,
    domain = DOMAIN,
  ) =>
    learnRegistration(
      "ae",
      requestOf({ op: "create", ty: 2, to: "cse-in", pc: ae(), ...asked }),
      responseOf(rsc, answered),
      domain,
    );

  test.each([1000, 1001, 2000, 2004, 4000, 4105, 4117, 4126, 5103])(
    "with %i teaches nothing",
    (rsc) => {
      expect(learn({ fr: "CAE1" }, rsc, ae({ aei: "CAE1", ri: "CAE1" }))).toBeUndefined();
    },
  );

  test("tells everything there is to know", () => {
    expect(
      learn(
        { fr: "C", pc: ae({ poa: ["ws://default"], rn: "lamp" }) },
        2001,
        ae({ aei: "CAE7", ri: "CAE7", rn: "lamp", poa: ["http://gw"], et: ET }),
      ),
    ).toEqual({
      kind: "ae",
      id: "/id-in/CAE7",
      addresses: expect.arrayContaining(["/id-in/CAE7", "/id-in/cse-in/lamp"]),
      pointsOfAccess: ["http://gw"],
      reachable: true,
      expires: ET_MS,
    });
  });

  test.each<[string, string | undefined, unknown, string | undefined]>([
    ["chose from C", "C", ae({ aei: "CAE7" }), "/id-in/CAE7"],
    ["chose from S", "S", ae({ aei: "SAE7" }), "/SAE7"],
    ["chose freely", undefined, ae({ aei: "CAE7" }), "/id-in/CAE7"],
    ["chose otherwise than asked", "CAE1", ae({ aei: "CAE7" }), "/id-in/CAE7"],
    ["repeats the stem asked for", "CAE1", ae({ aei: "CAE1" }), "/id-in/CAE1"],
    ["says SP-relative", "C", ae({ aei: "/id-in/CAE7" }), "/id-in/CAE7"],
    [
      "says in m2m:rce",
      "C",
      { "m2m:rce": { uri: "cse-in/x", "m2m:ae": { aei: "CAE7" } } },
      "/id-in/CAE7",
    ],
    ["leaves out, a stem being asked for", "CAE1", undefined, "/id-in/CAE1"],
    ["leaves out, an S-stem being asked for", "SAE1", { "m2m:uri": "cse-in/x" }, "/SAE1"],
    ["leaves out, an SP-relative S-stem being asked for", "/SAE1", undefined, "/SAE1"],
    ["leaves out, C being asked for", "C", undefined, undefined],
    ["leaves out, S being asked for", "S", { "m2m:uri": "cse-in/x" }, undefined],
    ["leaves out, /S being asked for", "/S", undefined, undefined],
    ["leaves out, nothing being asked for", undefined, ae(), undefined],
  ])("gives the AE-ID that the registrar %s", (_, fr, answered, expected) => {
    expect(learn({ fr }, 2001, answered)?.id).toBe(expected);
  });

  test.each<[string, string, object, unknown, readonly string[]]>([
    ["resource ID", "cse-in", {}, ae({ ri: "CAE1" }), ["/id-in/CAE1"]],
    ["name in the answer", "cse-in", {}, ae({ rn: "a" }), ["/id-in/cse-in/a"]],
    ["name in the request", "cse-in", { rn: "a" }, undefined, ["/id-in/cse-in/a"]],
    ["name under the dash", "-", { rn: "a" }, undefined, ["/id-in/cse-in/a"]],
    [
      "name under the SP-relative CSEBase",
      "/id-in/cse-in",
      { rn: "a" },
      undefined,
      ["/id-in/cse-in/a"],
    ],
    [
      "name under an absolute CSEBase",
      "//sp.example/id-in/-",
      { rn: "a" },
      undefined,
      ["/id-in/cse-in/a"],
    ],
    [
      "name under the CSEBase's resource ID",
      "cb1",
      { rn: "a" },
      undefined,
      ["/id-in/cb1/a", "/id-in/cse-in/a"],
    ],
    ["address alone", "cse-in", {}, { "m2m:uri": "cse-in/a" }, ["/id-in/cse-in/a"]],
    [
      "address in m2m:rce",
      "cse-in",
      {},
      { "m2m:rce": { uri: "/id-in/cse-in/a", "m2m:ae": { ri: "CAE1" } } },
      ["/id-in/CAE1", "/id-in/cse-in/a"],
    ],
    ["nothing", "cse-in", {}, undefined, []],
  ])("gives its addresses from: %s", (_, to, asked, answered, expected) => {
    const addresses = learn({ fr: "CAE1", to, pc: ae(asked) }, 2001, answered)?.addresses ?? [];
    expect([...addresses].sort()).toEqual([...expected].sort());
  });

  test("finds no further address without the CSEBase's name", () => {
    const domain = { ...DOMAIN, cseName: undefined };
    const learnt = learn(
      { fr: "CAE1", to: "base", pc: ae({ rn: "a" }) },
      2001,
      ae({ ri: "CAE1" }),
      domain,
    );
    expect([...(learnt?.addresses ?? [])].sort()).toEqual(["/id-in/CAE1", "/id-in/base/a"]);
  });

  test.each<[string, object, unknown, boolean]>([
    ["asked true, not repeated", { rr: true }, undefined, true],
    ["asked false, not repeated", { rr: false }, undefined, false],
    ["asked true, answered false", { rr: true }, { "m2m:ae": { rr: false } }, false],
    ["asked false, answered true", { rr: false }, { "m2m:ae": { rr: true } }, true],
  ])("says whether it takes requests: %s", (_, asked, answered, expected) => {
    expect(learn({ fr: "CAE1", pc: ae(asked) }, 2001, answered)?.reachable).toBe(expected);
  });

  test.each<[string, object, unknown, number | undefined]>([
    ["in the answer", {}, { "m2m:ae": { et: ET } }, ET_MS],
    ["shortened by the registrar", { et: "20990101T000000" }, { "m2m:ae": { et: ET } }, ET_MS],
    ["asked for and not repeated", { et: ET }, undefined, ET_MS],
    ["nowhere", {}, undefined, undefined],
    ["unreadable", { et: "for ever" }, undefined, undefined],
  ])("says when it expires: %s", (_, asked, answered, expected) => {
    expect(learn({ fr: "CAE1", pc: ae(asked) }, 2001, answered)?.expires).toBe(expected);
  });
});

describe("an answered registration of a CSE", () => {
  const learn = (fr: string | undefined, asked: object, answered?: unknown) =>
    learnRegistration(
      "cse",
      requestOf({ op: "create", ty: 16, fr, to: "cse-in", pc: { "m2m:csr": asked } }),
      responseOf(2001, answered),
      DOMAIN,
    );

  test.each<[string, string, object, unknown, string]>([
    ["the answer", "/id-x", { csi: "/id-y" }, { "m2m:csr": { csi: "/id-mn" } }, "/id-mn"],
    ["the request", "/id-x", { csi: "/id-mn" }, undefined, "/id-mn"],
    ["the originator", "/id-mn", {}, undefined, "/id-mn"],
    ["an absolute one", "/id-x", { csi: "//sp.example/id-mn" }, undefined, "/id-mn"],
  ])("gives its CSE-ID from %s (TS-0004, 7.4.4.2.1)", (_, fr, asked, answered, expected) => {
    expect(learn(fr, asked, answered)).toMatchObject({ kind: "cse", id: expected });
  });

  test("gives the address of its remoteCSE", () => {
    const learnt = learn("/id-mn", { csi: "/id-mn" }, { "m2m:csr": { ri: "csr1", rn: "id-mn" } });
    expect([...(learnt?.addresses ?? [])].sort()).toEqual(["/id-in/cse-in/id-mn", "/id-in/csr1"]);
  });
});

describe("a retrieved AE", () => {
  test("tells what a registration tells", () => {
    const content = {
      "m2m:ae": { aei: "CAE7", ri: "CAE7", rn: "lamp", rr: false, et: ET, poa: ["http://a"] },
    };
    expect(learnRetrieved(responseOf(2000, content), DOMAIN)).toEqual({
      kind: "ae",
      id: "/id-in/CAE7",
      addresses: ["/id-in/CAE7", "/id-in/cse-in/lamp"],
      pointsOfAccess: ["http://a"],
      reachable: false,
      expires: ET_MS,
    });
  });

  test.each<[string, number, unknown]>([
    ["not found", 4004, { "m2m:dbg": "no" }],
    ["forbidden", 4103, undefined],
    ["another resource", 2000, { "m2m:cnt": { ri: "c" } }],
    ["a remoteCSE", 2000, { "m2m:csr": { csi: "/id-mn" } }],
    ["without content", 2000, undefined],
    ["accepted only", 1000, { "m2m:ae": { aei: "CAE7" } }],
  ])("teaches nothing when it is %s", (_, rsc, content) => {
    expect(learnRetrieved(responseOf(rsc, content), DOMAIN)).toBeUndefined();
  });
});

test.each<[string, unknown, unknown, number | undefined]>([
  ["the answer", { "m2m:ae": { et: "20990101T000000" } }, { "m2m:ae": { et: ET } }, ET_MS],
  ["the request", { "m2m:ae": { et: ET } }, undefined, ET_MS],
  [
    "the request, the answer being about something else",
    { "m2m:ae": { et: ET } },
    { "m2m:ae": { lt: "x" } },
    ET_MS,
  ],
  ["neither", { "m2m:ae": { lbl: [] } }, { "m2m:ae": { lbl: [] } }, undefined],
  ["an unreadable time", { "m2m:ae": { et: "x" } }, undefined, undefined],
])("the expiration after an update comes from %s", (_, asked, answered, expected) => {
  const request = requestOf({ op: "update", to: "CAE1", pc: asked });
  expect(learnUpdate(request, responseOf(2004, answered)).expires).toBe(expected);
});

test.each<[string, unknown, unknown, boolean | undefined]>([
  ["the answer", { "m2m:ae": { rr: false } }, { "m2m:ae": { rr: true } }, true],
  ["the request", { "m2m:ae": { rr: false } }, undefined, false],
  ["neither", { "m2m:ae": { lbl: [] } }, { "m2m:ae": { lbl: [] } }, undefined],
])("whether requests can be sent after an update comes from %s", (_, asked, answered, expected) => {
  const request = requestOf({ op: "update", to: "CAE1", pc: asked });
  expect(learnUpdate(request, responseOf(2004, answered)).reachable).toBe(expected);
});

test.each([
  [["cbor"], ["cbor"]],
  [
    ["xml", "json"],
    ["xml", "json"],
  ],
  [
    ["application/cbor", "application/json"],
    ["cbor", "json"],
  ],
  [["application/vnd.onem2m-ntfy+xml"], ["xml"]],
  [["protobuf", "json"], ["json"]],
  [["protobuf"], []],
  [null, []],
  [undefined, undefined],
])("contentSerialization %j is read as %j (TS-0004, m2m:serializations; ACME)", (csz, reads) => {
  const created = requestOf({ op: "create", ty: 2, pc: { "m2m:ae": { csz } } });
  const answer = responseOf(2001, { "m2m:ae": { aei: "CAE1" } });
  expect(learnRegistration("ae", created, answer, DOMAIN)?.reads).toEqual(reads);
  const updated = requestOf({ op: "update", pc: { "m2m:ae": { csz } } });
  expect(learnUpdate(updated, responseOf(2004)).reads).toEqual(reads);
});

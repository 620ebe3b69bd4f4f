import { describe, expect, test } from "vitest";
import { readQuery, writeQuery } from "../../../src/binding/http/query.ts";

const invalid = expect.objectContaining({ code: "GW_REQUEST_INVALID", rsc: 4000 });
const read = (query: string): unknown => Object.fromEntries(readQuery(query).carried);
const write = (carried: object, attributes: readonly string[] = []): string =>
  writeQuery(new Map(Object.entries(carried)), attributes);

describe("reading a query (TS-0009, 6.2.2.2)", () => {
  test.each<[string, object]>([
    ["rcn=4&da=1&tqi=false", { rcn: 4, da: true, tqi: false }],
    ["rt=2", { rt: { rtv: 2 } }],
    ["rp=P0Y0M0DT0H0M30S", { rp: "P0Y0M0DT0H0M30S" }],
    ["tids=a%40b+c&tids=d", { tids: ["a@b", "c", "d"] }],
    ["grtm=%2Fid-in%2Fa+b", { grtm: ["/id-in/a", "b"] }],
    ["ty=2+3&ty=4", { fc: { ty: [2, 3, 4] } }],
    ["lbl=key:value+x%2By", { fc: { lbl: ["key:value", "x+y"] } }],
    ["clbl=a&palb=b&chty=3&pty=2+5", { fc: { clbl: ["a"], palb: ["b"], chty: [3], pty: [2, 5] } }],
    ["smf=a+b%2Bc&smf=d", { fc: { smf: ["a b+c", "d"] } }],
    ["cfq=$.a+b&cfs=1", { fc: { cfq: "$.a b", cfs: 1 } }],
    ["lbq=a&arp=b/c&lim=0", { fc: { lbq: "a", arp: "b/c", lim: 0 } }],
    ["cr=Sam+Smith", { fc: { atr: [{ nm: "cr", val: "Sam Smith" }] } }],
    [
      "cr=A&cr=B&c.con=on&p.cr=C&c%2Ecr=D",
      {
        fc: {
          atr: [
            { nm: "cr", val: "A" },
            { nm: "cr", val: "B" },
          ],
          catr: [
            { nm: "con", val: "on" },
            { nm: "cr", val: "D" },
          ],
          patr: [{ nm: "cr", val: "C" }],
        },
      },
    ],
    ["atr=x", { fc: { atr: [{ nm: "atr", val: "x" }] } }],
    ["__proto__=x", { fc: { atr: [{ nm: "__proto__", val: "x" }] } }],
    ["cnd=", { fc: { atr: [{ nm: "cnd", val: "" }] } }],
    ["&&rcn=1&", { rcn: 1 }],
    ["%72cn=1", { rcn: 1 }],
  ])("%s", (query, carried) => {
    expect(read(query)).toEqual(carried);
  });

  test("atrl is the list of attributes to retrieve, and no parameter", () => {
    const { carried, attributeList } = readQuery("atrl=ri+lbl&atrl=rr");
    expect(carried.size).toBe(0);
    expect(attributeList).toEqual(["ri", "lbl", "rr"]);
  });

  test.each([
    ["rcn=1&rcn=2", "twice"],
    ["lim=1&lim=1", "twice"],
    ["rcn=one", "number"],
    ["rcn=", "number"],
    ["rcn=4?fu=1", "number"],
    ["ty=3+x", "number"],
    ["ty=", "empty item"],
    ["lbl=a++b", "empty item"],
    ["da=yes", "boolean"],
    ["rcn", "no value"],
    ["=x", "no name"],
    ["c.=x", "no name"],
    ["ct=20260101T000000", "cannot be a condition"],
    ["c.lbl=x", "cannot be a condition"],
    ["p.st=1", "cannot be a condition"],
    ["cr=%", "percent"],
    ["cr=%ff", "percent"],
    ["%=x", "percent"],
  ])("%s is refused with a word about %s", (query, word) => {
    expect(() => readQuery(query)).toThrow(invalid);
    expect(() => readQuery(query)).toThrow(word);
  });
});

describe("writing a query", () => {
  test.each<[object, string]>([
    [{}, ""],
    [{ rcn: 4, da: true }, "rcn=4&da=true"],
    [{ rt: { rtv: 1, nu: ["x"] } }, "rt=1"],
    [{ tids: ["a b", "c+d"] }, "tids=a%20b+c%2Bd"],
    [{ tids: [] }, ""],
    [{ fc: { ty: [2, 3], fu: 1 } }, "ty=2+3&fu=1"],
    [{ fc: { smf: ["a b", "c"] } }, "smf=a%20b&smf=c"],
    [{ fc: { atr: [{ nm: "cr", val: "Sam" }] } }, "cr=Sam"],
    [
      { fc: { catr: [{ nm: "con", val: 1 }], patr: [{ nm: "rr", val: true }] } },
      "c.con=1&p.rr=true",
    ],
    [{ ec: 2, rqet: "1", vnd: 5 }, ""],
  ])("%j becomes %j", (carried, query) => {
    expect(write(carried)).toBe(query);
  });

  test.each<[object, string]>([
    [{ fc: { cr: "Sam", ty: 3, lbl: "a" } }, "cr=Sam&ty=3&lbl=a"],
    [{ fc: { "c.con": "on", cr: ["A", "B"] } }, "c.con=on&cr=A&cr=B"],
  ])(
    "conditions among the members of fc, as ACME and mobius4 write them, count: %j",
    (carried, query) => {
      expect(write(carried)).toBe(query);
    },
  );

  test("the attribute list goes with it", () => {
    expect(write({ rcn: 1 }, ["ri", "lbl"])).toBe("rcn=1&atrl=ri+lbl");
  });

  test.each<[string, object]>([
    ["a text for a number", { rcn: "all" }],
    ["an object for a boolean", { da: {} }],
    ["fc that is no object", { fc: "ty=3" }],
    ["rt that is no object", { rt: 2 }],
    ["rt without its number", { rt: {} }],
    ["a condition without a name", { fc: { atr: [{ val: "x" }] } }],
    ["a condition with an object", { fc: { atr: [{ nm: "cr", val: {} }] } }],
    ["a condition that would be a parameter", { fc: { atr: [{ nm: "rcn", val: "4" }] } }],
    ["a condition that would be a filter", { fc: { atr: [{ nm: "lim", val: "1" }] } }],
    ["a condition that would be an attribute list", { fc: { atrl: "ri" } }],
    ["a flattened condition that would be a parameter", { fc: { rt: "2" } }],
    [
      "a condition on an attribute with filters of its own",
      { fc: { atr: [{ nm: "cs", val: 1 }] } },
    ],
    ["a flattened condition on such an attribute", { fc: { "c.lbl": "x" } }],
    ["half of a surrogate pair", { fc: { lbl: ["\ud800"] } }],
  ])("%s is refused", (_title, carried) => {
    expect(() => write(carried)).toThrow(invalid);
  });
});

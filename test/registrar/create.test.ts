import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Tree } from "../../src/primitive/content.ts";
import {
  type Asked,
  createAe,
  createCse,
  membersOf,
  sentenceOf,
  startRegistrar,
} from "./asking.ts";

const NOW = "20260101T120000,000";
const YEAR_LATER = "20270101T120000,000";

test("a created AE is answered whole, in the order of the schema (TS-0004, 7.4.5.2.1)", async () => {
  const { ask } = startRegistrar();
  const response = await ask(createAe("CAE1", { rn: "lamp", poa: ["ws://default"], lbl: [] }));
  expect(response.responseStatusCode).toBe(2001);
  expect(response.failure).toBeUndefined();
  expect(response.releaseVersion).toBe("3");
  expect(JSON.stringify(response.content?.tree())).toBe(
    JSON.stringify({
      "m2m:ae": {
        rn: "lamp",
        ty: 2,
        ri: "CAE1",
        pi: "id-in",
        ct: NOW,
        lt: NOW,
        lbl: [],
        et: YEAR_LATER,
        api: "Napp",
        aei: "CAE1",
        poa: ["ws://default"],
        rr: true,
        srv: ["3"],
      },
    }),
  );
});

test("a created remoteCSE is answered whole, with an ID that is no AE-ID (TS-0004, 7.4.4.2.1)", async () => {
  const { ask } = startRegistrar();
  const response = await ask(createCse("/id-mn"));
  expect(response.responseStatusCode).toBe(2001);
  expect(response.content?.tree()).toEqual({
    "m2m:csr": {
      rn: "id-mn",
      ty: 16,
      ri: "csrx1",
      pi: "id-in",
      ct: NOW,
      lt: NOW,
      et: YEAR_LATER,
      cb: "/id-mn/cse-mn",
      csi: "/id-mn",
      rr: true,
    },
  });
});

describe("AE-ID assignment (TS-0001, 10.2.2.2; TS-0004, 7.4.5.2.1)", () => {
  test.each([
    { fr: undefined, stem: "Cx1", what: "an invented C-stem for no From" },
    { fr: "", stem: "Cx1", what: "an invented C-stem for an empty From" },
    { fr: "C", stem: "Cx1", what: "an invented C-stem for C" },
    { fr: "S", stem: "Sx1", what: "an invented S-stem for S" },
    { fr: "CAE1", stem: "CAE1", what: "the C-stem asked for" },
    { fr: "S.ae-1_a", stem: "S.ae-1_a", what: "the S-stem asked for" },
  ])("$what", async ({ fr, stem }) => {
    const { ask } = startRegistrar();
    const created = membersOf(await ask(createAe(fr)));
    expect(created).toMatchObject({ aei: stem, ri: stem, rn: stem });
  });

  test.each([
    { fr: "/id-in/CAE1", says: "AE-ID-Stem alone" },
    { fr: "/SAE1", says: "AE-ID-Stem alone" },
    { fr: "//sp.example/id-in/CAE1", says: "AE-ID-Stem alone" },
    { fr: "XAE1", says: "must begin with C or S" },
    { fr: "cae1", says: "must begin with C or S" },
    { fr: "C AE", says: "letters, digits" },
    { fr: "Cé", says: "letters, digits" },
    { fr: `C${"x".repeat(255)}`, says: "at most 255" },
  ])("$fr is refused with 4000", async ({ fr, says }) => {
    const { ask } = startRegistrar();
    const response = await ask(createAe(fr));
    expect(response.responseStatusCode).toBe(4000);
    expect(sentenceOf(response)).toContain(says);
  });

  test("an active AE-ID is refused with 4117, also while its creation is not durable yet", async () => {
    const { ask } = startRegistrar();
    const both = await Promise.all([ask(createAe("CAE1")), ask(createAe("CAE1"))]);
    expect(both.map((response) => response.responseStatusCode)).toEqual([2001, 4117]);
    expect(sentenceOf(await ask(createAe("CAE1")))).toContain("CAE1 is registered already");
  });

  test("an AE-ID is free again after its deletion", async () => {
    const { ask } = startRegistrar();
    await ask(createAe("CAE1"));
    await ask({ op: "delete", to: "CAE1", fr: "CAE1" });
    expect((await ask(createAe("CAE1"))).responseStatusCode).toBe(2001);
  });

  test("an AE-ID that reads like a registered CSE's ID is taken", async () => {
    const { ask } = startRegistrar();
    await ask(createCse("/Smn", { csi: "/Smn" }));
    expect((await ask(createAe("Smn"))).responseStatusCode).toBe(4117);
  });

  test("whatever is created and deleted, no AE-ID is given twice at a time", async () => {
    const step = fc.oneof(
      fc.constantFrom(undefined, "C", "S", "CA", "CB", "SA", "Cx1", "Cx2", "Sx3").map((fr) => ({
        fr,
        leave: false,
      })),
      fc.constantFrom("CA", "CB", "SA", "Cx1", "Cx2").map((fr) => ({ fr, leave: true })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const { ask } = startRegistrar();
        const active = new Set<unknown>();
        for (const { fr, leave } of steps) {
          if (leave) {
            const { responseStatusCode } = await ask({ op: "delete", to: fr ?? "", fr });
            expect(responseStatusCode).toBe(active.delete(fr) ? 2002 : 4004);
            continue;
          }
          const response = await ask(createAe(fr));
          if (response.responseStatusCode === 4117) {
            expect(active.has(fr)).toBe(true);
            continue;
          }
          const { aei } = membersOf(response);
          expect(active.has(aei)).toBe(false);
          active.add(aei);
        }
      }),
    );
  });
});

describe("what a Create is refused for", () => {
  const rows: readonly { title: string; asked: Asked; rsc: number; says: string }[] = [
    row("an AE without api (TS-0004, 7.4.5.1)", createAe("C1", { api: undefined }), "api must be"),
    row(
      "api not with R, r or N (TS-0004, 7.4.5.2.1)",
      createAe("C1", { api: "app" }),
      "begin with R",
    ),
    row("an AE without rr (TS-0004, 7.4.5.1)", createAe("C1", { rr: undefined }), "rr must be"),
    row("rr as a string (TS-0004, 6.3.3)", createAe("C1", { rr: "true" }), "rr must be true or"),
    row("an AE without srv (TS-0004, 7.4.5.1)", createAe("C1", { srv: undefined }), "srv must be"),
    row(
      "an AE without anything",
      createAe("C1", { api: undefined, rr: undefined, srv: undefined }),
      "api, rr, srv must be given",
    ),
    row("srv that is no list", createAe("C1", { srv: "3" }), "srv must be an array of strings"),
    row("poa that is no list", createAe("C1", { poa: "ws://default" }), "poa must be an array"),
    row("lbl of numbers", createAe("C1", { lbl: [1] }), "lbl must be an array of strings"),
    row("csz that is no list", createAe("C1", { csz: "json" }), "csz must be an array"),
    row("a null", createAe("C1", { apn: null }), "apn cannot be null"),
    row("an AE-ID sent (TS-0004, 7.4.5.2.1)", createAe("C1", { aei: "C1" }), "aei must not be"),
    row(
      "attributes that the CSE assigns",
      createAe("C1", { ri: "C1", pi: "x", ct: "x", lt: "x", ty: 2 }),
      "ri, pi, ct, lt, ty must not be sent",
    ),
    row(
      "attributes an AE does not have",
      createAe("C1", { con: "x", foo: 1 }),
      "m2m:ae has no attribute con, foo",
    ),
    row("a name of other characters (TS-0004, 6.2.3)", createAe("C1", { rn: "a/b" }), "rn must be"),
    row("an expiration in the past", createAe("C1", { et: "20250101T000000" }), "in the past"),
    row("an expiration that is now", createAe("C1", { et: "20260101T120000" }), "in the past"),
    row("an expiration that is no timestamp", createAe("C1", { et: "5000" }), "be a timestamp"),
    row("another root", createAe("C1", {}, { pc: { "m2m:cnt": {} } }), "must be one m2m:ae"),
    row("two roots", createAe("C1", {}, { pc: { "m2m:ae": {}, x: {} } }), "must be one m2m:ae"),
    row("no content", createAe("C1", {}, { pc: undefined }), "must be one m2m:ae"),
    row("no type (TS-0004, 7.2.1.1)", createAe("C1", {}, { ty: undefined }), "resource type"),
    row("filter criteria (TS-0004, 7.3.2.1)", createAe("C1", {}, { fc: { lim: 1 } }), "fc"),
    row("one attribute as a target", createAe("C1", {}, { to: "cse-in#lbl" }), "single attribute"),
    row("rcn of Retrieve (TS-0001, 8.1.2)", createAe("C1", {}, { rcn: 4 }), "rcn 4 is not"),
    row("no originator (TS-0004, 7.3.2.1)", createCse(undefined), "originator"),
    row("a CSE without cb", createCse("/id-mn", { cb: undefined }), "cb must be given"),
    row("a CSE without csi", createCse("/id-mn", { csi: undefined }), "csi must be given"),
    row("a CSE without rr", createCse("/id-mn", { rr: undefined }), "rr must be given"),
    row("a csi that is none", createCse("/id-mn", { csi: "id-mn" }), "csi must be a CSE-ID"),
    row("a CSE in another's name", createCse("/id-other"), "the CSE-ID in its csi"),
    row("a CSE in an AE's name", createCse("CAE1"), "the CSE-ID in its csi"),
  ];

  test.each(rows)("$title: $rsc", async ({ asked, rsc, says }) => {
    const { ask } = startRegistrar();
    const response = await ask(asked);
    expect(response.responseStatusCode).toBe(rsc);
    expect(sentenceOf(response)).toContain(says);
  });

  function row(title: string, asked: Asked, says: string) {
    return { title, asked, rsc: 4000, says };
  }
});

test("a name that is taken is 4105, and a name nobody asked for avoids it", async () => {
  const { ask } = startRegistrar();
  await ask(createAe("CAE1", { rn: "CAE2" }));
  expect((await ask(createAe("CAE3", { rn: "CAE2" }))).responseStatusCode).toBe(4105);
  expect(membersOf(await ask(createAe("CAE2")))).toMatchObject({ rn: "ae-x1", ri: "CAE2" });
});

test("a CSE registers once, in whichever spelling (TS-0004, 7.4.4.2.1)", async () => {
  const { ask } = startRegistrar();
  expect((await ask(createCse("//sp.example/id-mn"))).responseStatusCode).toBe(2001);
  expect((await ask(createCse("/id-mn"))).responseStatusCode).toBe(4117);
  const own = createCse("/id-in", { csi: "/id-in" });
  expect((await ask(own)).responseStatusCode).toBe(4117);
});

describe("Result Content of a Create (TS-0004, table 7.5.2-2)", () => {
  const lamp = { rn: "lamp", et: "20300101T000000" };

  test.each([
    { rcn: 0, tree: undefined },
    { rcn: 2, tree: { "m2m:uri": "cse-in/lamp" } },
    {
      rcn: 9,
      tree: { "m2m:ae": { ty: 2, ri: "Cx1", pi: "id-in", ct: NOW, lt: NOW, aei: "Cx1" } },
    },
  ])("rcn $rcn", async ({ rcn, tree }) => {
    const { ask } = startRegistrar();
    const response = await ask(createAe("C", lamp, { rcn }));
    expect(response.responseStatusCode).toBe(2001);
    expect(response.content?.tree()).toEqual(tree);
  });

  test("rcn 3 is the resource with its address", async () => {
    const { ask } = startRegistrar();
    const response = await ask(createAe("CAE1", lamp, { rcn: 3 }));
    expect(response.content?.tree()).toEqual({
      "m2m:rce": { "m2m:ae": expect.objectContaining({ aei: "CAE1" }), uri: "cse-in/lamp" },
    });
  });
});

test("a resource of more than 64 KiB is 4000, when it is created and when it grows; what fits is kept", async () => {
  const { ask } = startRegistrar();
  const fits = "x".repeat(64_000);
  const tooLarge = "x".repeat(66_000);
  const refused = await ask(createAe("CAE1", { apn: tooLarge }));
  expect(refused).toMatchObject({ responseStatusCode: 4000, failure: "GW_CONTENT_TOO_LARGE" });
  expect(await ask(createAe("CAE1", { apn: fits }))).toMatchObject({ responseStatusCode: 2001 });
  const update = (apn: Tree) =>
    ask({ op: "update", to: "CAE1", fr: "CAE1", pc: { "m2m:ae": { apn } } });
  expect(await update(tooLarge)).toMatchObject({ responseStatusCode: 4000 });
  const { apn } = membersOf(await ask({ op: "retrieve", to: "CAE1", fr: "CAE1" }));
  expect(apn).toBe(fits);
  expect(await update(null)).toMatchObject({ responseStatusCode: 2004 });
});

test("beyond the bytes of all resources nobody is taken in and nothing grows, until something has shrunk or gone", async () => {
  const { ask } = startRegistrar({ maxBytes: 10_000 });
  const create = (fr: string, bytes: number) => ask(createAe(fr, { apn: "x".repeat(bytes) }));
  const update = (bytes: number) =>
    ask({ op: "update", to: "CAE1", fr: "CAE1", pc: { "m2m:ae": { apn: "x".repeat(bytes) } } });
  expect(await create("CAE1", 8_000)).toMatchObject({ responseStatusCode: 2001 });
  expect(await create("CAE2", 8_000)).toMatchObject({ responseStatusCode: 5103 });
  expect(await update(12_000)).toMatchObject({ responseStatusCode: 5103 });
  expect(await update(4_000)).toMatchObject({ responseStatusCode: 2004 });
  expect(await create("CAE2", 4_000)).toMatchObject({ responseStatusCode: 2001 });
  expect(await create("CAE3", 4_000)).toMatchObject({ responseStatusCode: 5103 });
  expect(await ask({ op: "delete", to: "CAE1", fr: "CAE1" })).toMatchObject({
    responseStatusCode: 2002,
  });
  expect(await create("CAE3", 4_000)).toMatchObject({ responseStatusCode: 2001 });
});

test("beyond its limit the registrar takes nobody in, and says so", async () => {
  const { ask } = startRegistrar({ maxResources: 1 });
  await ask(createAe("CAE1"));
  const response = await ask(createAe("CAE2"));
  expect(response).toMatchObject({ responseStatusCode: 5103, failure: "GW_OVERLOADED" });
});

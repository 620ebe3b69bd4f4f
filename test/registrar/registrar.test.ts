import { describe, expect, test } from "vitest";
import { epochMs } from "../../src/base/clock.ts";
import { GatewayError } from "../../src/base/errors.ts";
import type { Table } from "../../src/core/ports.ts";
import type { StoredResource } from "../../src/registrar/resources.ts";
import { memoryTable } from "../../src/store/memory-table.ts";
import {
  type Asked,
  type Asking,
  createAe,
  createCse,
  membersOf,
  requestOf,
  sentenceOf,
  startRegistrar,
} from "./asking.ts";

/** A registrar with one AE, `lamp`. */
async function withLamp(): Promise<Asking> {
  const asking = startRegistrar();
  await asking.ask(createAe("CAE1", { rn: "lamp", apn: "Lamp", poa: ["ws://default"] }));
  return asking;
}

describe("Retrieve", () => {
  test.each([
    "cse-in",
    "-",
    "id-in",
    "/id-in",
    "/id-in/cse-in",
    "/id-in/-",
    "/id-in/id-in",
    "//sp.example/id-in",
    "//sp.example/id-in/-",
  ])("%s is the CSEBase, for anyone (TS-0001, 7.2; TS-0004, 7.4.3.1)", async (to) => {
    const { ask } = startRegistrar();
    const response = await ask({ op: "retrieve", to, fr: "CStranger" });
    expect(response.responseStatusCode).toBe(2000);
    expect(response.content?.tree()).toEqual({
      "m2m:cb": {
        rn: "cse-in",
        ty: 5,
        ri: "id-in",
        ct: "20260101T120000,000",
        lt: "20260101T120000,000",
        cst: 1,
        csi: "/id-in",
        srt: [2, 5, 16],
        poa: [],
        srv: ["2a", "3", "4", "5"],
      },
    });
  });

  test.each([
    "cse-in/lamp",
    "-/lamp",
    "id-in/lamp",
    "CAE1",
    "/id-in/CAE1",
    "/id-in/cse-in/lamp",
    "/id-in/-/lamp",
    "//sp.example/id-in/CAE1",
    "//SP.example/id-in/-/lamp",
  ])("%s is the AE (TS-0001, 7.2)", async (to) => {
    const { ask } = await withLamp();
    const response = await ask({ op: "retrieve", to, fr: "CStranger", rcn: 1 });
    expect(response.responseStatusCode).toBe(2000);
    expect(membersOf(response)).toMatchObject({ ri: "CAE1", rn: "lamp" });
  });

  test.each([
    { title: "#attr", asked: { to: "cse-in/lamp#apn" } },
    { title: "a list", asked: { to: "cse-in/lamp", pc: { "m2m:atrl": ["apn"] } } },
    { title: "a list without prefix", asked: { to: "CAE1", pc: { atrl: ["apn", "or"] } } },
  ])("gives the attributes that $title names (TS-0009, 6.2.2.2)", async ({ asked }) => {
    const { ask } = await withLamp();
    const response = await ask({ op: "retrieve", fr: "C1", ...asked });
    expect(response.content?.tree()).toEqual({ "m2m:ae": { apn: "Lamp" } });
  });

  test("gives single attributes of the CSEBase", async () => {
    const { ask } = startRegistrar();
    const response = await ask({ op: "retrieve", to: "cse-in#csi", fr: "C1" });
    expect(response.content?.tree()).toEqual({ "m2m:cb": { csi: "/id-in" } });
  });
});

describe("Update (TS-0004, 7.3.3.7)", () => {
  const update = (members: object, more: object = {}): Asked =>
    ({ op: "update", to: "CAE1", fr: "CAE1", pc: { "m2m:ae": members }, ...more }) as Asked;

  test("changes and removes attributes and renews lt", async () => {
    const { ask, clock } = await withLamp();
    clock.advance(1000);
    const response = await ask(update({ apn: null, lbl: ["x"], rr: false }));
    expect(response.responseStatusCode).toBe(2004);
    const expected = { lbl: ["x"], rr: false, lt: "20260101T120001,000", poa: ["ws://default"] };
    expect(membersOf(response)).toMatchObject(expected);
    expect(membersOf(response)).not.toHaveProperty("apn");
    const read = await ask({ op: "retrieve", to: "-/lamp", fr: "CX" });
    expect(membersOf(read)).toEqual(membersOf(response));
  });

  test.each(["CAE1", "/id-in/CAE1", "//sp.example/id-in/CAE1"])(
    "is the entity's own right, whose From may be %s",
    async (fr) => {
      const { ask } = await withLamp();
      expect((await ask(update({ lbl: [] }, { fr }))).responseStatusCode).toBe(2004);
    },
  );

  test("is a CSE's own right for its remoteCSE too", async () => {
    const { ask } = startRegistrar();
    await ask(createCse("/id-mn"));
    const asked: Asked = { op: "update", to: "-/id-mn", pc: { "m2m:csr": { poa: ["ws://x"] } } };
    expect((await ask({ ...asked, fr: "/id-mn" })).responseStatusCode).toBe(2004);
    expect((await ask({ ...asked, fr: "CAE1" })).responseStatusCode).toBe(4103);
  });

  test.each([
    { rcn: 0, tree: undefined },
    { rcn: 9, tree: { "m2m:ae": { lt: "20260101T120001,000", apn: null } } },
  ])("answers rcn $rcn with what it asks for", async ({ rcn, tree }) => {
    const { ask, clock } = await withLamp();
    clock.advance(1000);
    const response = await ask(update({ apn: null, lbl: ["x"] }, { rcn }));
    expect(response.content?.tree()).toEqual(tree);
  });

  test.each(["rn", "ri", "ty", "pi", "ct", "lt", "aei", "api"])(
    "cannot change %s",
    async (name) => {
      const { ask } = await withLamp();
      const response = await ask(update({ [name]: "Nx" }));
      expect(response.responseStatusCode).toBe(4000);
      expect(sentenceOf(response)).toBe(`${name} cannot be changed`);
    },
  );

  test.each(["csi", "cb"])("of a remoteCSE cannot change %s", async (name) => {
    const { ask } = startRegistrar();
    await ask(createCse("/id-mn"));
    const pc = { "m2m:csr": { [name]: "/x" } };
    const response = await ask({ op: "update", to: "-/id-mn", fr: "/id-mn", pc });
    expect(response.responseStatusCode).toBe(4000);
  });

  test.each([
    { members: { rr: null }, says: "rr cannot be removed" },
    { members: { et: null, srv: null }, says: "et, srv cannot be removed" },
    { members: { foo: 1 }, says: "m2m:ae has no attribute foo" },
    { members: { poa: "x" }, says: "poa must be an array" },
    { members: { et: "20200101T000000" }, says: "in the past" },
  ])("is refused with 4000: $says", async ({ members, says }) => {
    const { ask } = await withLamp();
    const response = await ask(update(members));
    expect(response.responseStatusCode).toBe(4000);
    expect(sentenceOf(response)).toContain(says);
  });

  test("of the same resource follow each other", async () => {
    const { ask } = await withLamp();
    await Promise.all([ask(update({ lbl: ["a"] })), ask(update({ apn: "b" }))]);
    const read = await ask({ op: "retrieve", to: "CAE1", fr: "CX" });
    expect(membersOf(read)).toMatchObject({ lbl: ["a"], apn: "b" });
  });
});

describe("Delete", () => {
  test("takes the registration out and says nothing", async () => {
    const { ask, expired } = await withLamp();
    const response = await ask({ op: "delete", to: "cse-in/lamp", fr: "CAE1" });
    expect(response).toMatchObject({ responseStatusCode: 2002, content: undefined });
    expect((await ask({ op: "retrieve", to: "CAE1", fr: "C1" })).responseStatusCode).toBe(4004);
    expect(expired).toEqual([]);
  });

  test("with rcn 1 gives what was there", async () => {
    const { ask } = await withLamp();
    const response = await ask({ op: "delete", to: "CAE1", fr: "CAE1", rcn: 1 });
    expect(membersOf(response)).toMatchObject({ aei: "CAE1" });
  });

  test("twice at a time succeeds once", async () => {
    const { ask } = await withLamp();
    const asked: Asked = { op: "delete", to: "CAE1", fr: "CAE1" };
    const both = await Promise.all([ask(asked), ask(asked)]);
    expect(both.map((response) => response.responseStatusCode)).toEqual([2002, 4004]);
  });
});

describe("is answered with", () => {
  const fr = "CAE1";
  const rows: readonly { rsc: number; title: string; asked: Asked }[] = [
    { rsc: 4004, title: "a name that is not there", asked: { op: "retrieve", to: "-/x", fr } },
    { rsc: 4004, title: "an ID that is not there", asked: { op: "update", to: "C2", fr } },
    { rsc: 4004, title: "an attribute not set", asked: { op: "retrieve", to: "CAE1#or", fr } },
    { rsc: 4000, title: "an attribute unknown", asked: { op: "retrieve", to: "CAE1#x", fr } },
    { rsc: 4000, title: "one attribute updated", asked: { op: "update", to: "CAE1#apn", fr } },
    {
      rsc: 4000,
      title: "a Retrieve with other content",
      asked: { op: "retrieve", to: "CAE1", fr, pc: { "m2m:ae": {} } },
    },
    { rsc: 4000, title: "a Retrieve without From", asked: { op: "retrieve", to: "CAE1" } },
    { rsc: 4000, title: "an rcn of Create", asked: { op: "retrieve", to: "CAE1", fr, rcn: 2 } },
    { rsc: 4000, title: "an rcn of Retrieve", asked: { op: "update", to: "CAE1", fr, rcn: 4 } },
    { rsc: 4000, title: "an rcn of nothing", asked: { op: "delete", to: "CAE1", fr, rcn: 77 } },
    { rsc: 4000, title: "an unknown rt", asked: { op: "delete", to: "CAE1", fr, rt: { rtv: 9 } } },
    { rsc: 4103, title: "another's Update", asked: { op: "update", to: "CAE1", fr: "C2" } },
    { rsc: 4103, title: "another's Delete", asked: { op: "delete", to: "CAE1", fr: "/id-mn" } },
    { rsc: 4005, title: "an Update of the CSEBase", asked: { op: "update", to: "-", fr } },
    { rsc: 4005, title: "a Delete of the CSEBase", asked: { op: "delete", to: "/id-in", fr } },
    {
      rsc: 5206,
      title: "rt 1",
      asked: { op: "delete", to: "CAE1", fr, rt: { rtv: 1 } },
    },
  ];

  test.each(rows)("$rsc: $title", async ({ rsc, asked }) => {
    const { ask } = await withLamp();
    const response = await ask(asked);
    expect(response.responseStatusCode).toBe(rsc);
    expect(response.failure).toBeUndefined();
    expect(sentenceOf(response)).not.toBe("undefined");
  });

  const needCse: readonly { title: string; asked: Asked }[] = [
    { title: "Create of a container", asked: { op: "create", ty: 3, fr, pc: { "m2m:cnt": {} } } },
    { title: "Create below an AE", asked: createAe("C9", {}, { to: "cse-in/lamp" }) },
    { title: "Create below nothing", asked: createAe("C9", {}, { to: "cse-in/x" }) },
    { title: "Create at another CSE", asked: createAe("C9", {}, { to: "/id-mn/cse-mn" }) },
    { title: "Retrieve at another CSE", asked: { op: "retrieve", to: "/id-mn/x", fr } },
    { title: "another provider's CSE", asked: { op: "retrieve", to: "//other.x/id-in", fr } },
    { title: "Notify to an AE", asked: { op: "notify", to: "CAE1", fr, pc: { "m2m:sgn": {} } } },
    { title: "a child of an AE", asked: { op: "delete", to: "-/lamp/x", fr } },
    { title: "a child by ID", asked: { op: "retrieve", to: "CAE1/pcu", fr } },
    { title: "discovery", asked: { op: "retrieve", to: "cse-in", fr, fc: { fu: 1 } } },
    { title: "a conditional Delete", asked: { op: "delete", to: "CAE1", fr, fc: { lbl: ["x"] } } },
    { title: "child resources", asked: { op: "retrieve", to: "cse-in", fr, rcn: 4 } },
    { title: "a Delete's children", asked: { op: "delete", to: "CAE1", fr, rcn: 8 } },
    { title: "rt 2", asked: { op: "delete", to: "CAE1", fr, rt: { rtv: 2 } } },
  ];

  test.each(needCse)("5001, for it needs a CSE: $title", async ({ asked }) => {
    const { ask } = await withLamp();
    const response = await ask(asked);
    expect(response).toMatchObject({ responseStatusCode: 5001, failure: "GW_NO_CSE" });
    expect(sentenceOf(response)).toContain("needs a CSE");
  });
});

describe("an expiration", () => {
  const at = (to: string): Asked => ({ op: "retrieve", to, fr: "CX" });

  test("takes the resource out at its time, tells the entity and frees its AE-ID", async () => {
    const { ask, clock, expired } = startRegistrar();
    await ask(createAe("CAE1", { et: "20260101T120100" }));
    clock.advance(59_999);
    expect((await ask(at("CAE1"))).responseStatusCode).toBe(2000);
    clock.advance(1);
    expect((await ask(at("CAE1"))).responseStatusCode).toBe(4004);
    expect(expired).toEqual(["/id-in/CAE1"]);
    expect((await ask(createAe("CAE1"))).responseStatusCode).toBe(2001);
    expect((await ask(at("CAE1"))).responseStatusCode).toBe(2000);
  });

  test("works years ahead", async () => {
    const { ask, clock, expired } = startRegistrar();
    await ask(createAe("SAE1", { et: "20360101T120000" }));
    clock.advance(Date.UTC(2036, 0, 1, 12) - clock.now() - 1);
    expect(expired).toEqual([]);
    clock.advance(1);
    expect(expired).toEqual(["/SAE1"]);
  });

  test("moves with an Update of et, and goes with a Delete", async () => {
    const { ask, clock, expired } = startRegistrar();
    await ask(createAe("CAE1", { et: "20260101T120100" }));
    const pc = { "m2m:ae": { et: "20260101T130000" } };
    await ask({ op: "update", to: "CAE1", fr: "CAE1", pc });
    clock.advance(60_000);
    expect(expired).toEqual([]);
    await ask({ op: "delete", to: "CAE1", fr: "CAE1" });
    clock.advance(3_600_000);
    expect(expired).toEqual([]);
  });

  test("does not happen any more once the registrar is closed", async () => {
    const { ask, clock, expired, registrar } = startRegistrar();
    await ask(createAe("CAE1", { et: "20260101T120100" }));
    registrar.close();
    registrar.close();
    clock.advance(60_000);
    expect(expired).toEqual([]);
  });

  test("wins over an Update that is not durable yet", async () => {
    const { ask, clock, table } = withStalls();
    await ask(createAe("CAE1", { et: "20260101T120001" }));
    const resume = table.stall();
    const pc = { "m2m:ae": { et: "20270101T000000" } };
    const update = ask({ op: "update", to: "CAE1", fr: "CAE1", pc });
    await new Promise(setImmediate);
    clock.advance(1000);
    resume();
    expect((await update).responseStatusCode).toBe(4004);
    await new Promise(setImmediate);
    expect([...table.entries()]).toEqual([]);
  });
});

describe("a restart", () => {
  test("finds what was registered, and what expired meanwhile goes at once", async () => {
    const resources = memoryTable<StoredResource>();
    const before = startRegistrar({ resources });
    await before.ask(createAe("CAE1", { rn: "lamp", et: "20260101T120100" }));
    await before.ask(createAe("CAE2"));
    await before.ask(createCse("/id-mn"));
    before.registrar.close();
    before.clock.advance(60_000);
    const after = startRegistrar({ resources, clock: before.clock });
    expect(after.expired).toEqual(["/id-in/CAE1"]);
    const read = (to: string) => after.ask({ op: "retrieve", to, fr: "CX" });
    expect((await read("-/lamp")).responseStatusCode).toBe(4004);
    expect(membersOf(await read("CAE2"))).toMatchObject({ aei: "CAE2", srv: ["3"] });
    expect(membersOf(await read("-/id-mn"))).toMatchObject({ csi: "/id-mn" });
    expect((await after.ask(createAe("CAE2"))).responseStatusCode).toBe(4117);
    expect([...resources.entries()].map(([key]) => key)).toEqual(["CAE2", "csrx1"]);
    after.clock.advance(366 * 24 * 3600 * 1000);
    expect(after.expired).toEqual(["/id-in/CAE1", "/id-in/CAE2", "/id-mn"]);
  });
});

describe("the table", () => {
  test("has a change before it is answered, and nobody sees it earlier", async () => {
    const { ask, table } = withStalls();
    const resume = table.stall();
    let answered = false;
    const created = ask(createAe("CAE1")).then((response) => {
      answered = true;
      return response.responseStatusCode;
    });
    await new Promise(setImmediate);
    expect(answered).toBe(false);
    const early = await ask({ op: "retrieve", to: "CAE1", fr: "CX" });
    expect(early.responseStatusCode).toBe(4004);
    resume();
    expect(await created).toBe(2001);
  });

  test("that fails leaves everything as it was, and is reported to us only", async () => {
    const { ask, table, warnings } = withStalls();
    await ask(createAe("CAE1"));
    table.fail = true;
    const pc = { "m2m:ae": { apn: "x" } };
    const refused = await Promise.all([
      ask(createAe("CAE2")),
      ask({ op: "update", to: "CAE1", fr: "CAE1", pc }),
      ask({ op: "delete", to: "CAE1", fr: "CAE1" }),
    ]);
    for (const response of refused) {
      expect(response).toMatchObject({ responseStatusCode: 5000, failure: "GW_STORE_FAILED" });
      expect(sentenceOf(response)).toBe("the gateway cannot use its state");
    }
    expect(warnings).toHaveLength(3);
    table.fail = false;
    const read = await ask({ op: "retrieve", to: "CAE1", fr: "CX" });
    expect(membersOf(read)).not.toHaveProperty("apn");
    expect((await ask(createAe("CAE2"))).responseStatusCode).toBe(2001);
  });

  test("that does not answer until the deadline is 4008: it may have been carried out", async () => {
    const { clock, registrar, table } = withStalls();
    const resume = table.stall();
    const deadline = epochMs(clock.now() + 1000);
    const created = registrar.request(requestOf(createAe("CAE1")), deadline);
    await new Promise(setImmediate);
    clock.advance(1000);
    expect(await created).toMatchObject({
      responseStatusCode: 4008,
      failure: "GW_CSE_NO_ANSWER",
    });
    resume();
  });
});
test("an answered request leaves no timer behind", async () => {
  const { ask, clock } = startRegistrar();
  await ask({ op: "retrieve", to: "-", fr: "CX" });
  expect(clock.waiting).toBe(0);
});

interface StallingTable extends Table<StoredResource> {
  fail: boolean;
  /** Writes wait from now on, until what it returns is called. */
  stall(): () => void;
}

function withStalls(): Asking & { table: StallingTable } {
  const inner = memoryTable<StoredResource>();
  let gate = Promise.resolve();
  const pass = async () => {
    await gate;
    if (table.fail) throw new GatewayError("GW_STORE_FAILED");
  };
  const table: StallingTable = {
    fail: false,
    stall() {
      let open = () => {};
      gate = new Promise((resolve) => {
        open = resolve;
      });
      return open;
    },
    entries: () => inner.entries(),
    get: (key) => inner.get(key),
    async put(key, value) {
      await pass();
      await inner.put(key, value);
    },
    async remove(key) {
      await pass();
      await inner.remove(key);
    },
  };
  return { ...startRegistrar({ resources: table }), table };
}

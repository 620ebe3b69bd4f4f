import { describe, expect, test, vi } from "vitest";
import type { ResponsePrimitive } from "../../src/primitive/primitive.ts";
import {
  AE,
  CSE,
  DAY,
  HOUR,
  HoldProcess,
  MINUTE,
  rqisOf,
  SECOND,
  stateOf,
} from "./hold-process.ts";
import { requestOf } from "./primitives.ts";

const CREATE = { op: "create", to: "/id-mn/x", ty: 3, pc: { "m2m:cnt": { rn: "c" } }, rqi: "n1" };
const KEPT = { ...CREATE, rt: { rtv: 1 } };
/** From a registree, so that it is told by what is held for it. */
const NOTIFIED = { ...CREATE, fr: "CAE7", rt: { rtv: 2 } };

const membersOf = (response: ResponsePrimitive): Record<string, unknown> => {
  const tree = response.content?.tree() as Record<string, Record<string, unknown>> | undefined;
  return tree?.["m2m:req"] ?? {};
};

/** Sends, and gives the address of its `<request>`. */
async function begin(
  process: HoldProcess,
  members: Readonly<Record<string, unknown>> = KEPT,
): Promise<string> {
  const { content } = await process.send(CSE, members);
  const uri = (content?.tree() as Record<string, unknown> | undefined)?.["m2m:uri"];
  expect(uri).toMatch(/^m2mgw-req-/);
  return String(uri);
}

async function ask(
  process: HoldProcess,
  id: string,
  op = "retrieve",
  fr: string | undefined = "CSRC",
): Promise<ResponsePrimitive> {
  const request = requestOf({ op, fr, to: id, rqi: "q" });
  const timedRequest = { request, expires: undefined, arrived: process.clock.now() };
  return await process.holding.exchanges.carry({ via: "request", id }, timedRequest);
}

describe("the <request> of a request whose originator does not wait (TS-0004, 7.4.12)", () => {
  test("is pending, then forwarded, then completed with the result (6.3.4.2.7)", async () => {
    const process = new HoldProcess();
    const id = await begin(process);
    expect(membersOf(await ask(process, id))).toMatchObject({
      ri: id,
      ty: 17,
      op: 1,
      tg: "/id-mn/x",
      org: "CSRC",
      rid: "n1",
      mi: { ty: 3, rvi: "3", rt: { rtv: 1 } },
      pc: { "m2m:cnt": { rn: "c" } },
      rs: 3,
    });
    const link = process.connect(CSE);
    await process.quiet();
    expect(membersOf(await ask(process, id))).toMatchObject({ rs: 4 });
    link.answerOldest(2001);
    await process.quiet();
    expect(membersOf(await ask(process, id))).toMatchObject({
      rs: 1,
      ors: { rsc: 2001, rqi: "n1", to: "CSRC" },
    });
  });

  test("has failed when the registree answered with an error", async () => {
    const process = new HoldProcess();
    const id = await begin(process);
    const link = process.connect(CSE);
    await process.quiet();
    link.answerOldest(4105);
    await process.quiet();
    expect(membersOf(await ask(process, id))).toMatchObject({ rs: 2, ors: { rsc: 4105 } });
  });

  test("is there for its originator only", async () => {
    const process = new HoldProcess();
    const id = await begin(process);
    for (const op of ["retrieve", "delete"]) {
      for (const fr of ["COTHER", ""]) {
        expect(await stateOf(ask(process, id, op, fr))).toBe("waits");
        expect(await ask(process, id, op, fr)).toMatchObject({
          responseStatusCode: 4103,
          failure: "GW_REQUEST_OF_ANOTHER",
        });
      }
    }
    expect(process.held().length).toBe(1);
    expect(await ask(process, id)).toMatchObject({ responseStatusCode: 2000 });
  });

  test("is neither updated nor notified; another address has none", async () => {
    const process = new HoldProcess();
    const id = await begin(process);
    for (const op of ["update", "create", "notify"]) {
      expect(await ask(process, id, op)).toMatchObject({ failure: "GW_REQUEST_NOT_CHANGED" });
    }
    expect(await ask(process, `${id}x`)).toMatchObject({ responseStatusCode: 4004 });
  });

  test("takes what is pending back when it is deleted; nobody is told (D-5.5)", async () => {
    const process = new HoldProcess();
    const id = await begin(process, NOTIFIED);
    expect(await ask(process, id, "delete", "CAE7")).toMatchObject({ responseStatusCode: 2002 });
    await process.quiet();
    expect(process.held()).toEqual([]);
    expect(process.counts).toMatchObject({ accepted: 1, cancelled: 1 });
    expect([...process.table.entries()]).toEqual([]);
    const link = process.connect(CSE);
    await process.quiet();
    expect(link.sent).toEqual([]);
  });

  test("cannot be deleted while it is on its way: 5220 (TS-0004, 7.4.12.2.4)", async () => {
    const process = new HoldProcess();
    const id = await begin(process);
    const link = process.connect(CSE);
    await process.quiet();
    expect(await ask(process, id, "delete")).toMatchObject({ responseStatusCode: 5220 });
    link.answerOldest();
    await process.quiet();
    expect(await ask(process, id, "delete")).toMatchObject({ responseStatusCode: 2002 });
    expect(await ask(process, id)).toMatchObject({ responseStatusCode: 4004 });
    expect(process.counts).toMatchObject({ delivered: 1, cancelled: 0 });
  });

  test("is not kept for longer than anything is held, whatever rp says", async () => {
    const process = new HoldProcess({ maxRequests: 1 });
    process.connect(CSE).answers = true;
    await process.send(CSE, { ...KEPT, rqi: "1", rp: "99991231T235959" });
    await process.pass(8 * DAY, DAY);
    const next = await process.send(CSE, { ...KEPT, rqi: "2" });
    expect(next).toMatchObject({ responseStatusCode: 1001 });
  });

  test("is forgotten an hour after its result, or when rp says (TS-0004, 6.4.1)", async () => {
    for (const [members, kept] of [
      [KEPT, HOUR],
      [{ ...KEPT, rp: "20260102T120000" }, DAY],
    ] as const) {
      const process = new HoldProcess();
      const id = await begin(process, members);
      const link = process.connect(CSE);
      await process.quiet();
      link.answerOldest();
      await process.pass(kept - 1);
      expect(await ask(process, id)).toMatchObject({ responseStatusCode: 2000 });
      await process.pass(1);
      expect(await ask(process, id)).toMatchObject({ responseStatusCode: 4004 });
      expect([...process.table.entries()]).toEqual([]);
    }
  });

  test("is not kept for longer without a result either, whatever its request names", async () => {
    const process = new HoldProcess();
    const id = await begin(process, { ...KEPT, rqet: "99991231T235959" });
    const kept = Number(process.table.get(id)?.expires) - process.clock.now();
    expect(kept).toBe(7 * DAY + HOUR);
  });

  test("is made for so many at a time; then 5103, and nothing is held", async () => {
    const process = new HoldProcess({ maxRequests: 2 });
    const id = await begin(process);
    await begin(process, { ...KEPT, rqi: "n2" });
    const refused = await process.send(CSE, { ...KEPT, rqi: "n3" });
    expect(refused).toMatchObject({ responseStatusCode: 5103, failure: "GW_OVERLOADED" });
    expect(process.held().length).toBe(2);
    await ask(process, id, "delete");
    await process.quiet();
    await begin(process, { ...KEPT, rqi: "n4" });
  });

  test("is not left over when its request could not be stored", async () => {
    const full = new HoldProcess({ limits: { maxEntries: 1 } });
    await begin(full);
    expect(await full.send(CSE, { ...KEPT, rqi: "n2" })).toMatchObject({ failure: "GW_HOLD_FULL" });
    expect([...full.table.entries()].length).toBe(1);
    const failing = new HoldProcess();
    failing.disk.failing.set("put", 1);
    expect(await failing.send(CSE, KEPT)).toMatchObject({ failure: "GW_HOLD_FAILED" });
    expect([...failing.table.entries()]).toEqual([]);
    expect(failing.held()).toEqual([]);
  });

  test("is stored with its request, also of one that comes behind another of event category latest: no crash leaves it alone (D-5.1)", async () => {
    const process = new HoldProcess();
    process.disk.slowness = 2;
    const answers = ["a", "b"].map((rqi) => process.send(CSE, { ...KEPT, ec: 4, rqi }));
    const waiting = new Set<string>();
    for (let turns = 0; turns < 20; turns += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      for (const [id, { request, result }] of process.table.entries()) {
        const held = process.held().some(({ reference }) => reference === id);
        expect(held).toBe(result === undefined);
        waiting.add(request.requestIdentifier);
      }
    }
    expect(await Promise.all(answers)).toMatchObject([{ held: true }, { held: true }]);
    expect([...waiting]).toEqual(["a", "b"]);
  });

  test("has room taken for it while its request waits to be stored", async () => {
    const process = new HoldProcess({ maxRequests: 2 });
    process.disk.slowness = 2;
    const answers = ["a", "b", "c"].map((rqi) => process.send(CSE, { ...KEPT, ec: 4, rqi }));
    await process.quiet();
    expect(await Promise.all(answers.map(stateOf))).toEqual(["1001", "1001", "5103 GW_OVERLOADED"]);
  });

  test("knows where its request is held: neither taking it back nor sending it again looks through all that is", async () => {
    const before = new HoldProcess();
    await begin(before, { ...KEPT, rqi: "n0" });
    // The last has the place of the one before it.
    for (const rqi of ["n1", "n2"]) {
      await before.pass(SECOND);
      await begin(before, { ...KEPT, ec: 4, rqi });
    }
    const { clock, store, table } = before;
    const after = new HoldProcess({ clock, store, table });
    const looks = vi.spyOn(store, "list");
    const id = await begin(after, { ...KEPT, ec: 4, rqi: "n2" });
    expect(await ask(after, id, "delete")).toMatchObject({ responseStatusCode: 2002 });
    await after.quiet();
    expect(looks).not.toHaveBeenCalled();
    expect(rqisOf(after.held())).toEqual(["n0"]);
  });

  test("belongs to nobody without an originator, and is not made", async () => {
    const process = new HoldProcess();
    const anonymous = await process.send(CSE, { ...KEPT, fr: undefined });
    expect(anonymous).toMatchObject({ failure: "GW_ORIGINATOR_MISSING" });
    expect(process.held()).toEqual([]);
  });
});

describe("whoever is to be told the result (TS-0004, 7.5.1.2.5)", () => {
  const resultsFor = (process: HoldProcess) =>
    process
      .held(AE)
      .map(
        ({ request }) =>
          (request.content?.tree() as Record<string, unknown> | undefined)?.["m2m:rsp"],
      );

  test("is told what the registree answered", async () => {
    const process = new HoldProcess();
    await begin(process, NOTIFIED);
    const link = process.connect(CSE);
    await process.quiet();
    link.answerOldest(2001);
    await process.quiet();
    expect(resultsFor(process)).toMatchObject([{ rsc: 2001, rqi: "n1", to: "CAE7" }]);
    expect(process.counts).toMatchObject({ accepted: 2, delivered: 1 });
  });

  test("is told that it expired", async () => {
    const process = new HoldProcess();
    await begin(process, NOTIFIED);
    await process.pass(HOUR, 10 * MINUTE);
    expect(resultsFor(process)).toMatchObject([{ rsc: 4008, rqi: "n1" }]);
    expect(process.counts).toMatchObject({ expired: 1 });
  });

  test("is told that a later one took its place", async () => {
    const process = new HoldProcess();
    await begin(process, { ...NOTIFIED, ec: 4 });
    await process.pass(SECOND);
    await begin(process, { ...NOTIFIED, ec: 4, rqi: "n2" });
    await process.quiet();
    expect(resultsFor(process)).toMatchObject([{ rsc: 5103, rqi: "n1" }]);
    expect(rqisOf(process.held(CSE))).toEqual(["n2"]);
    expect(process.counts).toMatchObject({ superseded: 1 });
  });

  test("is not told so of a later one that the disk has no room for", async () => {
    const process = new HoldProcess();
    await begin(process, { ...NOTIFIED, ec: 4 });
    await process.pass(SECOND);
    process.disk.isFull = true;
    const later = process.send(CSE, { ...NOTIFIED, ec: 4, rqi: "n2" });
    await process.quiet();
    expect(await stateOf(later)).toBe("5103 GW_HOLD_FAILED");
    expect(resultsFor(process)).toEqual([]);
    expect(rqisOf(process.held(CSE))).toEqual(["n1"]);
    expect(process.holding.hold.accepting).toBe(false);
  });

  test("is told that the registree is no more", async () => {
    const process = new HoldProcess();
    await begin(process, NOTIFIED);
    await process.registry.deregister(CSE);
    await process.quiet();
    expect(resultsFor(process)).toMatchObject([{ rsc: 4004, rqi: "n1" }]);
  });

  test("are the targets that the request names; nobody when it names none", async () => {
    const named = { ...NOTIFIED, rt: { rtv: 2, nu: ["/id-in/CAE8", "/id-mn/y", "http://x/y"] } };
    const nobody = { ...NOTIFIED, rt: { rtv: 2, nu: [] } };
    for (const [members, told] of [
      [named, ["/id-mn", "/id-in/CAE8"]],
      [nobody, []],
    ] as const) {
      const process = new HoldProcess();
      await begin(process, members);
      await process.pass(HOUR, 10 * MINUTE);
      expect(new Set(process.held().map(({ registree }) => registree))).toEqual(new Set(told));
    }
  });

  test("is told once after a restart in between, and finds the result there (D4)", async () => {
    const before = new HoldProcess();
    const id = await begin(before, NOTIFIED);
    const first = before.connect(CSE);
    await before.quiet();
    // The answer is known, and its end cannot be written before the process ends.
    before.disk.failing.set("remove", 1);
    first.answerOldest(2001);
    await before.quiet();
    before.disk.crash();
    const { clock, store, table } = before;
    const after = new HoldProcess({ clock, store, table });
    after.connect(CSE);
    await after.quiet();
    expect(resultsFor(after)).toMatchObject([{ rsc: 2001, rqi: "n1" }]);
    expect(membersOf(await ask(after, id, "retrieve", "CAE7"))).toMatchObject({
      rs: 1,
      ors: { rsc: 2001 },
    });
    await after.pass(HOUR);
    expect(await ask(after, id, "retrieve", "CAE7")).toMatchObject({ responseStatusCode: 4004 });
  });
});

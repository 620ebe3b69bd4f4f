import { describe, expect, test, vi } from "vitest";
import { GatewayError } from "../../src/base/errors.ts";
import type { EntityId } from "../../src/primitive/identifiers.ts";
import type { RequestPrimitive, ResponsePrimitive } from "../../src/primitive/primitive.ts";
import { AnsweringLink } from "./answering-link.ts";
import { AE, CSE, HoldProcess, MINUTE, NOTE, rqisOf, SECOND, stateOf } from "./hold-process.ts";
import { entity, requestOf } from "./primitives.ts";

const CREATE = { op: "create", to: "/id-mn/x", ty: 3, pc: { "m2m:cnt": { rn: "c" } }, rqi: "n1" };
const KEPT = { ...CREATE, rt: { rtv: 1 } };
/** Its result is for an originator that is no registree: the CSE is told. */
const TOLD = { ...CREATE, fr: "CSRC", rt: { rtv: 2 } };

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Until the disk is writing. */
async function writing({ disk }: HoldProcess): Promise<void> {
  while (disk.underWay === 0) await turn();
}

describe("a registree that deregisters (TS-0020, 6.4)", () => {
  test("gets no Create that was being marked as sent", async () => {
    const process = new HoldProcess();
    await process.send(CSE, KEPT);
    process.disk.slowness = 3;
    const link = process.connect(CSE);
    await writing(process);
    await process.registry.deregister(CSE);
    await process.quiet();
    expect(link.sent).toEqual([]);
    expect(process.counts).toMatchObject({ accepted: 1, cancelled: 1 });
  });

  test("has nothing held for it again when a call that was under way fails without having sent", async () => {
    const process = new HoldProcess();
    await process.send(CSE, KEPT);
    const link = new AnsweringLink(process.clock);
    let fail = (): void => {};
    const called = vi.spyOn(link, "deliver").mockReturnValue(
      new Promise((_, reject) => {
        fail = () => reject(new GatewayError("GW_TARGET_OFFLINE"));
      }),
    );
    process.connect(CSE, link);
    await process.quiet();
    expect(called).toHaveBeenCalledOnce();
    await process.registry.deregister(CSE);
    fail();
    await process.quiet();
    expect(process.held()).toEqual([]);
    expect(process.counts).toMatchObject({ accepted: 1, cancelled: 1 });
  });

  test.each([
    ["later", false],
    ["meanwhile", true],
  ])(
    "leaves what was routed to it before with 4004, and nothing to who registers under its ID %s",
    async (_when, meanwhile) => {
      const process = new HoldProcess();
      const token = process.registry.registration(AE)?.token ?? "";
      await process.registry.deregister(AE);
      if (meanwhile) process.register(AE, "t2");
      for (const rt of [undefined, { rtv: 3 }]) {
        const answer = await carry(process, { registree: AE, token }, rt);
        expect(answer).toMatchObject({ responseStatusCode: 4004, failure: "GW_TARGET_UNKNOWN" });
      }
      process.register(AE, "t2");
      const link = process.connect(AE);
      await process.quiet();
      expect(link.sent).toEqual([]);
      expect(process.counts.accepted).toBe(0);
    },
  );

  test("leaves an originator whose request was being stored with 4004, and nobody is notified of a result", async () => {
    const process = new HoldProcess();
    process.disk.slowness = 3;
    const answer = process.send(CSE, TOLD);
    await writing(process);
    await process.registry.deregister(CSE);
    await process.quiet();
    expect(await stateOf(answer)).toBe("4004 GW_TARGET_UNKNOWN");
    expect(process.asked).toEqual([]);
    expect([...process.table.entries()]).toEqual([]);
  });
});

const carry = (
  { clock, holding }: HoldProcess,
  registration: { readonly registree: EntityId; readonly token: string },
  rt: object | undefined,
): Promise<ResponsePrimitive> => {
  const request = requestOf({ ...NOTE, ...(rt && { rt }) });
  const timedRequest = { request, arrived: clock.now(), expires: undefined };
  return holding.exchanges.carry({ via: "registree", ...registration }, timedRequest);
};

describe("nothing more goes out once the gateway drains", () => {
  test("of what was sent and not answered in time: it stays stored", async () => {
    const process = new HoldProcess();
    await process.send(AE, NOTE);
    const link = process.connect(AE);
    await process.quiet();
    const drained = process.holding.hold.drain().then(() => true);
    await process.pass(MINUTE, SECOND);
    expect(rqisOf(link.sent)).toEqual(["r1"]);
    expect(await Promise.race([drained, false])).toBe(true);
    expect(rqisOf(process.held())).toEqual(["r1"]);
    expect(process.counts).toMatchObject({ accepted: 1, dropped: 0 });
  });

  test("of what was being marked as sent: it is not marked any more (S12)", async () => {
    const process = new HoldProcess();
    await process.send(CSE, KEPT);
    process.disk.slowness = 3;
    const link = process.connect(CSE);
    await writing(process);
    const drained = process.holding.hold.drain().then(() => true);
    await process.quiet();
    expect(link.sent).toEqual([]);
    expect(await Promise.race([drained, false])).toBe(true);
    expect(process.held()).toMatchObject([{ sent: false }]);
  });
});

test("a CSE that gives another sign of life is not sent what stands behind a Create that is being marked (S12)", async () => {
  const process = new HoldProcess();
  await process.send(CSE, KEPT);
  await process.send(CSE, { op: "retrieve", to: "/id-mn/x", rqi: "n2", rt: { rtv: 1 } });
  process.disk.slowness = 3;
  const link = process.connect(CSE);
  await writing(process);
  process.holding.hold.returned(CSE);
  await process.quiet();
  expect(rqisOf(link.sent)).toEqual(["n1", "n2"]);
});

test("an exchange whose link is lost while the gateway drains ends then: it may have arrived", async () => {
  const process = new HoldProcess();
  const rqet = String(5 * MINUTE);
  const open = process.send(AE, { ...NOTE, rt: { rtv: 3 }, rqet });
  const link = process.connect(AE);
  await process.quiet();
  expect(rqisOf(link.sent)).toEqual(["r1"]);
  void process.holding.hold.drain();
  process.drop(link);
  await process.quiet();
  expect(await stateOf(open)).toBe("4008 GW_LINK_LOST");
  expect(process.counts).toMatchObject({ accepted: 1, cancelled: 1 });
});

test("an exchange that would be kept open while the gateway drains is refused", async () => {
  const process = new HoldProcess();
  void process.holding.hold.drain();
  const rqet = String(5 * MINUTE);
  const open = process.send(AE, { ...NOTE, rt: { rtv: 3 }, rqet });
  await process.quiet();
  expect(await stateOf(open)).toBe("5103 GW_DRAINING");
  expect(process.counts.accepted).toBe(0);
});

test("open exchanges of silent registrees take the room of others for answerWithin only", async () => {
  const process = new HoldProcess();
  const silent = Array.from({ length: 1_100 }, (_, n) => entity(`/id-in/CS${n}`));
  const blocking = { ...NOTE, rt: { rtv: 3 }, rqet: String(10 * MINUTE) };
  for (const id of silent) {
    process.register(id);
    void process.send(id, { ...blocking, to: id });
  }
  await process.send(AE, NOTE);
  for (const id of silent) process.connect(id, new AnsweringLink(process.clock, id));
  const link = process.connect(AE);
  await process.pass(10 * SECOND - 1);
  expect(link.sent).toEqual([]);
  await process.pass(1);
  expect(rqisOf(link.sent)).toEqual(["r1"]);
});

describe("the result of a non-blocking request (TS-0004, 7.5.1.2.5)", () => {
  /** One that the registree is about to answer. */
  async function sent(process: HoldProcess): Promise<AnsweringLink> {
    await process.send(CSE, TOLD);
    const link = process.connect(CSE);
    await process.quiet();
    return link;
  }

  const toldBy = ({ asked }: HoldProcess): unknown[] => asked.map(resultIn);

  test("is told to the CSE when it is written, once, however often that fails", async () => {
    const process = new HoldProcess();
    const link = await sent(process);
    process.disk.failing.set("put", 3);
    process.disk.failing.set("remove", 2);
    link.answerOldest(2001);
    await process.pass(9 * SECOND, SECOND);
    expect(toldBy(process)).toEqual([]);
    await process.pass(MINUTE, SECOND);
    expect(toldBy(process)).toMatchObject([{ rsc: 2001 }]);
  });

  test("is not told to the CSE by a process that ends before it is written", async () => {
    const before = new HoldProcess();
    const link = await sent(before);
    before.disk.slowness = 1;
    link.answerOldest(2001);
    await writing(before);
    before.disk.crash();
    await before.quiet();
    expect(toldBy(before)).toEqual([]);
    const after = restarted(before);
    after.connect(CSE);
    await after.quiet();
    expect(toldBy(after)).toMatchObject([{ rsc: 4008 }]);
  });

  test("is told to the CSE again, the same, when the process ended before the CSE had answered; then no more", async () => {
    const before = new HoldProcess({ cse: () => new Promise(() => {}) });
    const link = await sent(before);
    link.answerOldest(2001);
    await before.quiet();
    expect(toldBy(before)).toMatchObject([{ rsc: 2001 }]);
    before.disk.crash();
    const after = restarted(before);
    await after.quiet();
    expect(toldBy(after)).toEqual(toldBy(before));
    after.disk.crash();
    const third = restarted(after);
    await third.pass(MINUTE);
    expect(third.asked).toEqual([]);
  });

  test("is written with the request that takes its place (H.2.4)", async () => {
    const process = new HoldProcess();
    await process.send(CSE, { ...KEPT, ec: 4, rqi: "a" });
    const [[id = ""] = []] = process.table.entries();
    process.disk.slowness = 2;
    void process.send(CSE, { ...KEPT, ec: 4, rqi: "b" });
    while (rqisOf(process.held())[0] !== "b") await turn();
    expect(process.table.get(id)?.result).toMatchObject({ failure: "GW_SUPERSEDED" });
  });
});

/** A process that starts on what another has left. */
function restarted({ clock, store, table }: HoldProcess): HoldProcess {
  const process = new HoldProcess({ clock, store, table });
  process.holding.resume();
  return process;
}

const resultIn = ({ content }: RequestPrimitive): unknown =>
  (content?.tree() as Record<string, unknown> | undefined)?.["m2m:rsp"];

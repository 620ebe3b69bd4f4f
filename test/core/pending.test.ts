import { describe, expect, test, vi } from "vitest";
import { GatewayError } from "../../src/base/errors.ts";
import { PendingRequests, Waiting } from "../../src/core/pending.ts";
import type { ResponsePrimitive } from "../../src/primitive/primitive.ts";
import { entity, requestOf, responseOf } from "./primitives.ts";

const REGISTREE = entity("/id-in/CAE1");

interface Asked {
  readonly waiting: Waiting;
  readonly outcomes: (ResponsePrimitive | GatewayError)[];
}

function ask(members: Record<string, unknown> = {}, registree = REGISTREE): Asked {
  const outcomes: (ResponsePrimitive | GatewayError)[] = [];
  const waiting = new Waiting(requestOf(members), registree, (outcome) => outcomes.push(outcome));
  return { waiting, outcomes };
}

const answer = (rqi: string, rsc = 2000): ResponsePrimitive => responseOf(rsc, undefined, rqi);
const inUse = expect.objectContaining({ code: "GW_REQUEST_IDENTIFIER_IN_USE" });

describe("correlating (TS-0001, 7.1.7)", () => {
  test("an answer ends the waiting of the request with its identifier, in any order", () => {
    const pending = new PendingRequests();
    const asked = Array.from({ length: 50 }, (_, index) => ask({ rqi: `r${index}` }));
    for (const { waiting } of asked) pending.add(waiting);
    expect(pending.size).toBe(50);
    for (let index = 49; index >= 0; index -= 1) {
      expect(pending.settle(answer(`r${index}`, 2000 + index))).toBe(true);
    }
    expect(pending.size).toBe(0);
    expect(asked.map(({ outcomes }) => outcomes)).toEqual(
      asked.map((_, index) => [answer(`r${index}`, 2000 + index)]),
    );
  });

  test("an answer that nobody waits for is told so: late, repeated or never asked for", () => {
    const pending = new PendingRequests();
    const { waiting, outcomes } = ask();
    expect(pending.settle(answer("r1"))).toBe(false);
    pending.add(waiting);
    expect(pending.settle(answer("other"))).toBe(false);
    expect(pending.settle(answer("r1"))).toBe(true);
    expect(pending.settle(answer("r1"))).toBe(false);
    expect(outcomes).toHaveLength(1);
  });

  test("an identifier can be used again once its request is answered", () => {
    const pending = new PendingRequests();
    for (const rsc of [2000, 2004]) {
      const { waiting, outcomes } = ask();
      expect(pending.add(waiting)).toBe("r1");
      pending.settle(answer("r1", rsc));
      expect(outcomes).toEqual([answer("r1", rsc)]);
    }
  });

  test("the same identifier of two originators is substituted on the wire, and each gets its own answer", () => {
    const pending = new PendingRequests();
    const first = ask({ fr: "/id-a" });
    const second = ask({ fr: "/id-b" });
    expect(pending.add(first.waiting)).toBe("r1");
    const wireId = pending.add(second.waiting);
    expect(wireId).not.toBe("r1");
    pending.settle(answer(wireId, 2002));
    pending.settle(answer("r1", 2001));
    expect(first.outcomes).toEqual([answer("r1", 2001)]);
    expect(second.outcomes).toEqual([answer("r1", 2002)]);
  });

  test("a substitute is never an identifier that is in use", () => {
    const pending = new PendingRequests();
    pending.add(ask({ fr: "/id-a" }).waiting);
    const substitute = new PendingRequests();
    substitute.add(ask({ fr: "/id-a" }).waiting);
    const next = substitute.add(ask({ fr: "/id-b" }).waiting);
    pending.add(ask({ fr: "/id-c", rqi: next }).waiting);
    const used = new Set(["r1", next]);
    for (const fr of ["/id-d", "/id-e", "/id-f"]) {
      const wireId = pending.add(ask({ fr }).waiting);
      expect(used).not.toContain(wireId);
      used.add(wireId);
    }
    expect(pending.size).toBe(5);
  });

  test.each(["create", "retrieve", "update", "delete"])(
    "a second %s of the same originator under the same identifier is refused while the first waits",
    (op) => {
      const pending = new PendingRequests();
      const first = ask({ op, pc: { a: 1 } });
      pending.add(first.waiting);
      expect(() => pending.add(ask({ op, pc: { a: 2 } }).waiting)).toThrow(inUse);
      expect(pending.size).toBe(1);
      pending.settle(answer("r1"));
      expect(first.outcomes).toHaveLength(1);
    },
  );

  test("a second request of the same originator is refused also when the identifier of the first one had to be substituted", () => {
    const pending = new PendingRequests();
    pending.add(ask({ fr: "/id-a" }).waiting);
    pending.add(ask({ fr: "/id-b" }).waiting);
    expect(() => pending.add(ask({ fr: "/id-b" }).waiting)).toThrow(inUse);
  });

  test("a second request of the same originator is refused also when the request that took its identifier is answered in the meantime", () => {
    const pending = new PendingRequests();
    pending.add(ask({ fr: "/id-a" }).waiting);
    pending.add(ask({ fr: "/id-b" }).waiting);
    pending.settle(answer("r1"));
    expect(() => pending.add(ask({ fr: "/id-b" }).waiting)).toThrow(inUse);
  });

  test("a Notify is never refused for its identifier, since some hosts use one for all", () => {
    const pending = new PendingRequests();
    const asked = Array.from({ length: 5 }, () => ask({ op: "notify", fr: "/id-in" }));
    const wireIds = asked.map(({ waiting }) => pending.add(waiting));
    expect(new Set(wireIds).size).toBe(5);
    for (const [index, wireId] of wireIds.entries()) pending.settle(answer(wireId, 2000 + index));
    for (const [index, { outcomes }] of asked.entries()) {
      expect(outcomes).toEqual([answer("r1", 2000 + index)]);
    }
  });
});

describe("a request that was given up", () => {
  const giveUp = (pending: PendingRequests, members: Record<string, unknown>): void => {
    const { waiting } = ask(members);
    pending.add(waiting);
    waiting.settle(new GatewayError("GW_NO_ANSWER"));
  };

  test("does not have its late answer taken for that of another originator under the same identifier", () => {
    const pending = new PendingRequests();
    giveUp(pending, { fr: "/id-a" });
    const { waiting, outcomes } = ask({ fr: "/id-b" });
    const wireId = pending.add(waiting);
    expect(wireId).not.toBe("r1");
    expect(pending.settle(answer("r1"))).toBe(false);
    expect(outcomes).toEqual([]);
    expect(pending.settle(answer(wireId))).toBe(true);
    expect(outcomes).toEqual([answer("r1")]);
  });

  test("may be sent again by its originator under the same identifier (TS-0004, 5.4.3)", () => {
    const pending = new PendingRequests();
    giveUp(pending, { fr: "/id-a" });
    expect(pending.add(ask({ fr: "/id-a" }).waiting)).toBe("r1");
  });

  test("leaves its identifier to others when its answer has come", () => {
    const pending = new PendingRequests();
    giveUp(pending, { fr: "/id-a" });
    pending.settle(answer("r1"));
    expect(pending.add(ask({ fr: "/id-b" }).waiting)).toBe("r1");
  });

  test("is remembered among the latest 128 only", () => {
    const pending = new PendingRequests();
    for (let n = 0; n <= 128; n += 1) giveUp(pending, { fr: "/id-a", rqi: `g${n}` });
    expect(pending.add(ask({ fr: "/id-b", rqi: "g0" }).waiting)).toBe("g0");
    expect(pending.add(ask({ fr: "/id-b", rqi: "g1" }).waiting)).not.toBe("g1");
  });
});

describe("a waiting request", () => {
  test("is settled once, whatever comes afterwards", () => {
    const settled = vi.fn();
    const waiting = new Waiting(requestOf(), REGISTREE, settled);
    const pending = new PendingRequests();
    pending.add(waiting);
    waiting.settle(new GatewayError("GW_NO_ANSWER"));
    waiting.settle(answer("r1"));
    expect(pending.settle(answer("r1"))).toBe(false);
    pending.lose();
    expect(settled).toHaveBeenCalledOnce();
    expect(settled.mock.calls[0]?.[0]).toMatchObject({ code: "GW_NO_ANSWER" });
  });

  test("is in no table any more once it has been settled by itself", () => {
    const pending = new PendingRequests();
    const { waiting } = ask();
    pending.add(waiting);
    waiting.settle(new GatewayError("GW_NO_ANSWER"));
    expect(pending.size).toBe(0);
    expect(pending.add(ask().waiting)).toBe("r1");
  });
});

describe("when links change", () => {
  test("requests on a link that is lost fail with the reason, once each", () => {
    const pending = new PendingRequests();
    const asked = [ask({ rqi: "a" }), ask({ rqi: "b" })];
    for (const { waiting } of asked) pending.add(waiting);
    pending.lose();
    pending.lose();
    expect(pending.size).toBe(0);
    for (const { outcomes } of asked) {
      expect(outcomes).toEqual([expect.objectContaining({ code: "GW_LINK_LOST" })]);
    }
  });

  test("after a take-over the answer may come on the new link", () => {
    const [old, next] = [new PendingRequests(), new PendingRequests()];
    const { waiting, outcomes } = ask();
    old.add(waiting);
    next.inherit(old, REGISTREE);
    expect(next.settle(answer("r1"))).toBe(true);
    expect(outcomes).toEqual([answer("r1")]);
    expect(old.size).toBe(0);
    expect(old.settle(answer("r1"))).toBe(false);
  });

  test("after a take-over the answer may still come on the old link", () => {
    const [old, next] = [new PendingRequests(), new PendingRequests()];
    const { waiting, outcomes } = ask();
    old.add(waiting);
    next.inherit(old, REGISTREE);
    expect(old.settle(answer("r1"))).toBe(true);
    expect(outcomes).toEqual([answer("r1")]);
    expect(next.size).toBe(0);
  });

  test("an inherited request that may be repeated fails with the link it was sent on (TS-0004, 5.4.3)", () => {
    const [old, next] = [new PendingRequests(), new PendingRequests()];
    const { waiting, outcomes } = ask({ op: "notify" });
    old.add(waiting);
    next.inherit(old, REGISTREE);
    old.lose();
    expect(outcomes).toEqual([expect.objectContaining({ code: "GW_LINK_LOST", sentAs: "r1" })]);
    expect(next.settle(answer("r1"))).toBe(false);
  });

  test("an inherited request that may be repeated outlives a later link", () => {
    const [old, next] = [new PendingRequests(), new PendingRequests()];
    const { waiting, outcomes } = ask({ op: "notify" });
    old.add(waiting);
    next.inherit(old, REGISTREE);
    next.lose();
    expect(outcomes).toEqual([]);
    expect(old.settle(answer("r1"))).toBe(true);
  });

  test("an inherited request that must not be repeated survives its old link, and fails with the last one", () => {
    const [old, next] = [new PendingRequests(), new PendingRequests()];
    const { waiting, outcomes } = ask({ op: "create" });
    old.add(waiting);
    next.inherit(old, REGISTREE);
    old.lose();
    expect(outcomes).toEqual([]);
    next.lose();
    expect(outcomes).toEqual([expect.objectContaining({ code: "GW_LINK_LOST" })]);
  });

  test("a substituted identifier is inherited as it is on the wire", () => {
    const [old, next] = [new PendingRequests(), new PendingRequests()];
    old.add(ask({ fr: "/id-a" }).waiting);
    const { waiting, outcomes } = ask({ fr: "/id-b" });
    const wireId = old.add(waiting);
    next.inherit(old, REGISTREE);
    next.settle(answer(wireId));
    expect(outcomes).toEqual([answer("r1")]);
    const fresh = ["/id-c", "/id-d"].map((fr) => next.add(ask({ fr }).waiting));
    expect(new Set([...fresh, "r1"]).size).toBe(3);
  });

  test("what each table has of a registree is told: as it is sent, inherited, refused, and settled wherever that was", () => {
    const counts = new Map<string, number>();
    const counting = (table: string): PendingRequests => {
      const count = (by: number) => (registree: string) => {
        const key = `${table} ${registree}`;
        counts.set(key, (counts.get(key) ?? 0) + by);
      };
      return new PendingRequests(count(-1), count(1));
    };
    const [old, next] = [counting("old"), counting("next")];
    old.add(ask({ op: "create", rqi: "a" }).waiting);
    old.add(ask({ op: "create", rqi: "b" }, entity("/id-in/CAE2")).waiting);
    expect(() => old.add(ask({ op: "create", rqi: "a" }).waiting)).toThrow(inUse);
    next.inherit(old, REGISTREE);
    expect(Object.fromEntries(counts)).toEqual({
      "old /id-in/CAE1": 1,
      "old /id-in/CAE2": 1,
      "next /id-in/CAE1": 1,
    });
    next.settle(answer("a"));
    old.settle(answer("b"));
    expect([...counts.values()]).toEqual([0, 0, 0]);
  });

  test("the requests of other registrees on the old link stay there", () => {
    const [old, next] = [new PendingRequests(), new PendingRequests()];
    const mine = ask({ op: "create", rqi: "a" });
    const other = ask({ op: "create", rqi: "b" }, entity("/id-in/CAE2"));
    old.add(mine.waiting);
    old.add(other.waiting);
    next.inherit(old, REGISTREE);
    expect(next.settle(answer("b"))).toBe(false);
    old.lose();
    expect(mine.outcomes).toEqual([]);
    expect(other.outcomes).toHaveLength(1);
  });

  test("an identifier in use on the new link is not overwritten by an inherited one", () => {
    const [old, next] = [new PendingRequests(), new PendingRequests()];
    const inherited = ask({ fr: "/id-a" });
    const own = ask({ fr: "/id-b" });
    old.add(inherited.waiting);
    next.add(own.waiting);
    next.inherit(old, REGISTREE);
    next.settle(answer("r1", 2004));
    expect(own.outcomes).toEqual([answer("r1", 2004)]);
    expect(inherited.outcomes).toEqual([]);
    old.settle(answer("r1", 2000));
    expect(inherited.outcomes).toEqual([answer("r1", 2000)]);
  });
});

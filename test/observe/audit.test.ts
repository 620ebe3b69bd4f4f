import { describe, expect, test } from "vitest";
import type { Clock } from "../../src/base/clock.ts";
import { Credential } from "../../src/core/credential.ts";
import type { Asking, Refusal } from "../../src/core/ports.ts";
import { Audit } from "../../src/observe/audit.ts";
import { createLog } from "../../src/observe/log.ts";
import { observeAll } from "../../src/observe/observers.ts";
import { type CseId, type Domain, entityIdOf } from "../../src/primitive/identifiers.ts";
import { FakeLink } from "../helpers/fake-link.ts";
import { ManualClock } from "../helpers/manual-clock.ts";

const DOMAIN: Domain = { cseId: "/id-in" as CseId, spId: undefined, cseName: "cse-in" };
const METER = entityIdOf("Cmeter", DOMAIN);

/** The records that `tell` gives rise to. */
function recordsOf(
  tell: (audit: Audit) => void,
  level = "silent",
  clock: Clock = new ManualClock(),
): object[] {
  const records: object[] = [];
  const log = createLog(level, { write: (line) => records.push(JSON.parse(line)) });
  tell(new Audit(log, clock));
  return records;
}

test("what is audited is recorded whatever the level of the log is, as a stream of its own", () => {
  const link = new FakeLink({ id: "l2" });
  expect(recordsOf((audit) => audit.takeoverRefused(link, METER))).toMatchObject([
    { stream: "audit", msg: "take-over refused", link: "l2", registree: METER },
  ]);
});

test("a binding is a take-over only where another link had the identity", () => {
  const [link, other] = [new FakeLink({ id: "l2" }), new FakeLink({ id: "l1" })];
  expect(recordsOf((audit) => audit.bound(link, METER, undefined))).toEqual([]);
  expect(recordsOf((audit) => audit.bound(link, METER, other))).toMatchObject([
    { msg: "identity taken over", link: "l2", displaced: "l1", registree: METER },
  ]);
});

test("a denial names who asked for what, with which credential, and by which failure it ended", () => {
  const asking: Asking = {
    peer: {
      face: "http",
      address: "192.0.2.1",
      credential: new Credential("basic", "app", ["CApp"], DOMAIN),
      trusted: false,
    },
    originator: "CEvil",
    act: "register",
    to: "cse-in",
  };
  expect(recordsOf((audit) => audit.denied(asking, "GW_ORIGINATOR_NOT_YOURS"))).toMatchObject([
    {
      msg: "request denied",
      face: "http",
      peer: "192.0.2.1",
      credential: "basic:app",
      originator: "CEvil",
      act: "register",
      to: "cse-in",
      code: "GW_ORIGINATOR_NOT_YOURS",
    },
  ]);
});

describe("refusals do not fill a disk, whoever causes them", () => {
  const refusalFrom = (address: string): Refusal => ({
    face: "ws",
    address,
    shown: "bearer",
    why: "unknown",
  });

  test("who has many addresses is recorded no more than all together are", () => {
    const clock = new ManualClock();
    const records = recordsOf(
      (audit) => {
        for (let n = 0; n < 200; n += 1) audit.accessRefused(refusalFrom(`192.0.2.${n}`));
        clock.advance(1_000);
        for (let n = 0; n < 5; n += 1) audit.accessRefused(refusalFrom(`198.51.100.${n}`));
      },
      "info",
      clock,
    );
    expect(records).toHaveLength(122);
    expect(records[120]).toMatchObject({ peer: "198.51.100.0", leftOut: 80 });
  });

  const denialOf = (peer: Partial<Asking["peer"]>): Asking => ({
    peer: { face: "http", address: undefined, credential: undefined, trusted: false, ...peer },
    originator: "Cmeter",
    act: "retrieve",
    to: "cse-in",
  });

  test("strangers use up nothing of those who have proven who they are, nor of operators", () => {
    const credential = new Credential("basic", "alice", ["Cmeter"], DOMAIN);
    const records = recordsOf((audit) => {
      for (let n = 0; n < 200; n += 1) audit.accessRefused(refusalFrom(`192.0.2.${n}`));
      audit.accessRefused({ ...refusalFrom("198.51.100.1"), face: "admin" });
      audit.denied(denialOf({ credential }), "GW_NOT_PERMITTED");
    });
    expect(records).toHaveLength(122);
    expect(records.at(-1)).toMatchObject({ msg: "request denied", credential: credential.id });
  });

  test("a header field that says a proxy speaks makes nobody one of all behind proxies", () => {
    const denied = (audit: Audit, otherEnd: string): void =>
      audit.denied(denialOf({ otherEnd }), "GW_NOT_PERMITTED");
    const records = recordsOf((audit) => {
      for (let n = 0; n < 50; n += 1) denied(audit, "192.0.2.1");
      denied(audit, "192.0.2.2");
    });
    expect(records).toHaveLength(11);
  });

  test("addresses of one IPv6 network count as one, and another is recorded beside it", () => {
    const records = recordsOf((audit) => {
      for (let n = 0; n < 50; n += 1) audit.accessRefused(refusalFrom(`2001:db8::${n}`));
      audit.accessRefused(refusalFrom("::ffff:192.0.2.1"));
    });
    expect(records).toHaveLength(11);
    expect(records.at(-1)).toMatchObject({ peer: "192.0.2.1", leftOut: 40 });
  });
});

test("an operator's action is recorded with what it was about", () => {
  expect(recordsOf((audit) => audit.acted("reload", { live: ["log.level"] }))).toMatchObject([
    { msg: "operator acted", action: "reload", live: ["log.level"] },
  ]);
});

test.each([0, 1, 2, 3])(
  "%i observers all hear what they want to hear, and the others nothing",
  (count) => {
    const heard: unknown[] = [];
    const observers = Array.from({ length: count }, (_, n) => ({
      acted: (action: string) => heard.push([n, action]),
    }));
    const observer = observeAll(...observers, { warn: () => heard.push("warned") });
    observer.acted("kick", {});
    observer.unmatched(new FakeLink({ id: "l1" }));
    expect(heard).toEqual(observers.map((_, n) => [n, "kick"]));
  },
);

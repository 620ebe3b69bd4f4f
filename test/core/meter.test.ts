import { expect, test } from "vitest";
import { Limits } from "../../src/core/limits.ts";
import { Meter, payerOf } from "../../src/core/meter.ts";
import { limitValues } from "../helpers/limit-values.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { entity } from "./primitives.ts";

const SECOND = { burst: 1_000 };

test.each([
  ["its credential", { id: "basic:one" }, "/id-in/CAE1", "192.0.2.1", "credential basic:one"],
  ["else the registree that it is", undefined, "/id-in/CAE1", "192.0.2.1", "registree /id-in/CAE1"],
  ["else its address", undefined, undefined, "192.0.2.1", "address 192.0.2.1"],
  ["else nobody", undefined, undefined, undefined, undefined],
])("a peer is charged as %s", (_what, credential, registree, address, payer) => {
  expect(
    payerOf(credential, registree === undefined ? undefined : entity(registree), address),
  ).toBe(payer);
});

test("primitives past the rate are refused until time has passed, and other payers are not touched", () => {
  const clock = new ManualClock();
  const meter = new Meter(new Limits(limitValues({ ...SECOND, primitives: 3 })), clock);
  const taken = (payer: string): number =>
    Array.from({ length: 5 }, () => meter.take(payer, 0)).filter(Boolean).length;
  expect([taken("a"), taken("a"), taken("b")]).toEqual([3, 0, 3]);
  clock.advance(1_000);
  expect(taken("a")).toBe(3);
});

test("a body larger than the burst passes, and is paid for before anything else does", () => {
  const clock = new ManualClock();
  const meter = new Meter(new Limits(limitValues({ ...SECOND, bytes: 100 })), clock);
  expect(meter.take("a", 400)).toBe(true);
  expect(meter.take("a", 0)).toBe(false);
  clock.advance(2_999);
  expect(meter.take("a", 0)).toBe(false);
  clock.advance(1);
  expect(meter.take("a", 0)).toBe(true);
});

test("what has come is counted, and the longer of both waits is said", () => {
  const meter = new Meter(
    new Limits(limitValues({ ...SECOND, primitives: 10, bytes: 100 })),
    new ManualClock(),
  );
  expect(meter.spend("a", 10, 100)).toBe(0);
  expect(meter.spend("a", 1, 50)).toBe(500);
  expect(meter.spend("a", 10, 0)).toBe(1_100);
});

test("other limits hold from the next primitive on", () => {
  const limits = new Limits(limitValues({ ...SECOND, primitives: 1 }));
  const meter = new Meter(limits, new ManualClock());
  expect([meter.take("a", 0), meter.take("a", 0)]).toEqual([true, false]);
  limits.configure(limitValues({ ...SECOND, primitives: 5 }));
  expect([meter.take("b", 0), meter.take("b", 0)]).toEqual([true, true]);
});

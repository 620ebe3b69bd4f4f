import { expect, test } from "vitest";
import { RegistreeTraffic } from "../../src/core/registree-traffic.ts";
import type { EntityId } from "../../src/primitive/identifiers.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { requestOf } from "./primitives.ts";

const AE = "/id-in/CAE1" as EntityId;

test("what a registree is sent is counted, and how it answers", () => {
  const clock = new ManualClock();
  const traffic = new RegistreeTraffic(clock);
  const send = (): void => traffic.stepped(requestOf(), { is: "sent", registree: AE, by: "l1" });
  for (let count = 0; count < 60; count += 1) send();
  traffic.stepped(requestOf(), { is: "failed", registree: AE, code: "GW_NO_ANSWER" });
  expect(traffic.of(AE)).toEqual({ sent: 60, answered: 0, failed: 1, perMinute: 60 });
  clock.advance(90_000);
  expect(traffic.of(AE)).toMatchObject({ sent: 60, perMinute: 30 });
  clock.advance(60_000);
  expect(traffic.of(AE)).toMatchObject({ sent: 60, perMinute: 0 });
});

test("those that were sent something first give way when there are too many", () => {
  const traffic = new RegistreeTraffic(new ManualClock());
  for (let at = 0; at <= 10_000; at += 1) {
    traffic.stepped(requestOf(), { is: "sent", registree: `/id-in/C${at}` as EntityId, by: "l1" });
  }
  expect(traffic.of("/id-in/C0" as EntityId)).toMatchObject({ sent: 0 });
  expect(traffic.of("/id-in/C1" as EntityId)).toMatchObject({ sent: 1 });
});

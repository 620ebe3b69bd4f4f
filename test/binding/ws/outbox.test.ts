import { expect, test } from "vitest";
import { later, millis } from "../../../src/base/clock.ts";
import { GatewayError } from "../../../src/base/errors.ts";
import { Outbox } from "../../../src/binding/ws/outbox.ts";
import type { EntityId } from "../../../src/primitive/identifiers.ts";
import type { RequestId, RequestPrimitive } from "../../../src/primitive/primitive.ts";
import { requestOf, responseOf } from "../../core/primitives.ts";
import { ManualClock } from "../../helpers/manual-clock.ts";

const LAMP = "/id-in/CLamp" as EntityId;
const DOOR = "/id-in/CDoor" as EntityId;

function open(send: (request: RequestPrimitive, wireId: RequestId) => void = () => {}) {
  const clock = new ManualClock();
  const outbox: Outbox = new Outbox({
    limits: { window: 1, queue: 10_000, maxBuffered: 1_000_000 },
    clock,
    send,
    isSlow: () => false,
    waited: () => {},
    ended: () => outbox.progress(),
  });
  const deliver = (rqi: string, registree = LAMP) =>
    outbox.deliver(requestOf({ op: "notify", rqi }), later(clock.now(), millis(1_000)), registree);
  return { outbox, deliver };
}

test("any number of requests that cannot be written fail one after the other, not one inside the other", async () => {
  const unsayable = new GatewayError("GW_CONTENT_NOT_TRANSCODABLE");
  const { outbox, deliver } = open((request) => {
    if (request.requestIdentifier !== "first") throw unsayable;
  });
  const first = deliver("first");
  const others = Array.from({ length: 8_000 }, (_, index) => deliver(`q${index}`));
  outbox.settle(responseOf(2000, undefined, "first"));
  await first;
  const outcomes = await Promise.allSettled(others);
  expect(outcomes.every((it) => it.status === "rejected" && it.reason === unsayable)).toBe(true);
});

test("what waits for a registree that is no more is not sent into the room that it leaves", async () => {
  const sent: string[] = [];
  const { outbox, deliver } = open((request) => sent.push(request.requestIdentifier));
  const outcomes = [deliver("a"), deliver("b"), deliver("c", DOOR)];
  outbox.abandon(LAMP);
  await expect(outcomes[0]).rejects.toMatchObject({ code: "GW_TARGET_UNKNOWN" });
  await expect(outcomes[1]).rejects.toMatchObject({ code: "GW_TARGET_UNKNOWN" });
  expect(sent).toEqual(["a", "c"]);
});

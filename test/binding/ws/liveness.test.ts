import { expect, test } from "vitest";
import { millis } from "../../../src/base/clock.ts";
import { Liveness } from "../../../src/binding/ws/liveness.ts";
import { ManualClock } from "../../helpers/manual-clock.ts";

/** Pings after 25 s and waits 10 s; notes what it did and when, in seconds. */
function watched(): { clock: ManualClock; liveness: Liveness; done: string[] } {
  const clock = new ManualClock();
  const start = clock.now();
  const done: string[] = [];
  const note = (what: string) => () => void done.push(`${what} ${(clock.now() - start) / 1000}`);
  const liveness = new Liveness(
    clock,
    { pingAfter: millis(25_000), pongWithin: millis(10_000) },
    { ping: (mark) => note(mark === "" ? "ping" : mark)(), dead: note("dead") },
  );
  return { clock, liveness, done };
}

test.each<[string, readonly number[], readonly number[], number, string[]]>([
  ["mute from the start", [], [], 100, ["ping 25", "dead 35"]],
  ["heard before the first ping", [10], [], 100, ["ping 35", "dead 45"]],
  ["heard at the very moment of the ping", [25], [], 49, ["ping 25"]],
  ["heard just in time", [34], [], 58, ["ping 25"]],
  ["heard after the first ping only", [30], [], 100, ["ping 25", "ping 55", "dead 65"]],
  ["heard all the time", [20, 40, 60, 80], [], 100, []],
  ["answering every ping", [26, 52, 78], [], 100, ["ping 25", "ping 51", "ping 77"]],
  ["probed and mute", [], [5], 100, ["probe 1 5", "dead 15"]],
  ["probed twice, which pings once", [], [5, 8], 100, ["probe 1 5", "dead 15"]],
  ["probed and heard", [6], [5], 40, ["probe 1 5", "ping 31"]],
  ["probed while a ping is out", [], [30], 100, ["ping 25", "probe 1 30", "dead 35"]],
])("a peer %s (S18; RFC 6455, 5.5.2)", (_what, heard, probed, until, expected) => {
  const { clock, liveness, done } = watched();
  for (let second = 1; second <= until; second += 1) {
    clock.advance(1_000);
    if (heard.includes(second)) liveness.heard();
    if (probed.includes(second)) void liveness.probe();
  }
  expect(done).toEqual(expected);
});

test("a peer is declared dead once", () => {
  const { clock, done } = watched();
  clock.advance(1_000_000);
  expect(done).toEqual(["ping 25", "dead 35"]);
});

test.each<[string, string, readonly number[], number, boolean]>([
  ["lives when the pong of the probe comes", "probe 1", [], 6, true],
  ["is not said to live by what comes at once without being that", "", [6, 7], 14, false],
  ["lives when it was heard, though that pong does not come in time", "", [6, 7], 15, true],
])(
  "a peer that is probed %s (D-3.3; RFC 6455, 5.5.3)",
  async (_what, pong, heard, until, lives) => {
    const { clock, liveness } = watched();
    clock.advance(5_000);
    const told: boolean[] = [];
    void liveness.probe().then((outcome) => told.push(outcome));
    for (let second = 6; second <= until; second += 1) {
      clock.advance(1_000);
      if (heard.includes(second)) liveness.heard();
      liveness.ponged(pong);
    }
    await Promise.resolve();
    expect(told).toEqual(lives ? [true] : []);
  },
);

test("a probe of a connection that ends resolves with false, then and later", async () => {
  const { liveness } = watched();
  const probes = [liveness.probe(), liveness.probe()];
  liveness.stop();
  expect(await Promise.all([...probes, liveness.probe()])).toEqual([false, false, false]);
});

test("after stop nothing happens and no timer is left", () => {
  const { clock, liveness, done } = watched();
  liveness.stop();
  expect(clock.waiting).toBe(0);
  clock.advance(100_000);
  expect(done).toEqual([]);
});

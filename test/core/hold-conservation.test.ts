import fc from "fast-check";
import { describe, test } from "vitest";
import { MemoryHoldStore } from "../../src/store/memory-hold-store.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { directWriter, openHoldStore } from "../store/open-hold-store.ts";
import { type Schedule, STEPS } from "./hold-schedules.ts";
import { World } from "./hold-world.ts";

/** So many schedules; by hand many more. */
const RUNS = Number(process.env["HOLD_RUNS"] ?? 300);
const RUNS_ON_DISK = Math.ceil(RUNS / 20);

const SLOWNESS = fc.nat(2);

describe("whatever happens, and whenever it happens", () => {
  test("every primitive that was accepted has one outcome, in order and in time (D4, S10)", async () => {
    await fc.assert(
      fc.asyncProperty(SLOWNESS, STEPS, async (slowness, steps) => {
        const store = new MemoryHoldStore();
        await follow(steps, new World(slowness, () => store));
      }),
      { numRuns: RUNS },
    );
  }, 600_000);

  test("the same on disk, over restarts (D4, S10)", async () => {
    const dir = tempDir();
    let run = 0;
    await fc.assert(
      fc.asyncProperty(SLOWNESS, STEPS, async (slowness, steps) => {
        run += 1;
        let file = openHoldStore(`${dir}/${run}`, directWriter);
        const world = new World(slowness, async (closes) => {
          if (closes) {
            await file.close();
            file = openHoldStore(`${dir}/${run}`, directWriter);
          }
          return file.store;
        });
        try {
          await follow(steps, world);
        } finally {
          await file.close();
        }
      }),
      { numRuns: RUNS_ON_DISK },
    );
  }, 600_000);
});

/** Takes the steps, some of them before the one before has come to rest, then brings everything to its end. */
async function follow(steps: Schedule, world: World): Promise<void> {
  await world.start();
  try {
    for (const together of steps) {
      for (const step of together) await world.take(step);
      await world.check();
    }
    await world.finish();
  } finally {
    world.end();
  }
}

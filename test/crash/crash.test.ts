import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { tempDir } from "../helpers/temp-dir.ts";
import { runRounds } from "./rounds.ts";

const PROGRAM = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const ROUNDS = 20;
/** The schedule follows from it, as far as the machine's speed allows; `npm run crash` takes others. */
const SEED = 4;

test("what a gateway that is killed again and again has acknowledged is delivered, in order, or has expired; nothing that must not be delivered twice is (D4, D-5.1, S12)", async () => {
  const { figures, violations } = await runRounds({
    program: PROGRAM,
    stateDir: tempDir(),
    rounds: ROUNDS,
    seed: SEED,
    aes: 6,
  });
  expect(violations).toEqual([]);
  // That nothing is lost says something only where there was something to lose.
  expect(figures.held).toBeGreaterThan(100);
  expect(figures.delivered).toBeGreaterThan(100);
  expect(figures.expired).toBeGreaterThan(0);
  expect(figures.results).toBeGreaterThan(0);
}, 240_000);

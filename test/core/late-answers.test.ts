import { beforeEach, expect, test } from "vitest";
import { millis } from "../../src/base/clock.ts";
import { LateAnswers } from "../../src/core/late-answers.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { entity, requestOf, responseOf } from "./primitives.ts";

const MIB = 1024 * 1024;
const [one, two] = [entity("/id-in/CAE1"), entity("/id-in/CAE2")];
const large = { "m2m:cin": { con: "x".repeat(5 * MIB) } };
const small = { "m2m:cin": { con: "x" } };

let clock: ManualClock;
let answers: LateAnswers;
beforeEach(() => {
  clock = new ManualClock();
  answers = new LateAnswers({ clock, keptFor: millis(10_000) });
});

const keep = (registree: typeof one, rqi: string, pc: unknown, asked?: unknown): void =>
  answers.keep(
    registree,
    { request: requestOf({ rqi, pc: asked }), response: responseOf(2000, pc, rqi) },
    clock.now(),
  );
const taken = (registree: typeof one): string[] =>
  answers.take(registree).map(({ request }) => request.requestIdentifier);

test("of more than 16 MiB of all registrees the earliest are given up, whosever they are (TS-0004, H.2.4)", () => {
  keep(one, "small", small);
  keep(one, "1", large);
  // What was asked counts, too.
  keep(two, "2", small, large);
  keep(two, "3", large);
  keep(one, "4", large);
  expect(taken(one)).toEqual(["4"]);
  expect(taken(two)).toEqual(["2", "3"]);
  expect(clock.waiting).toBe(0);
});

test("what has been taken, or has expired, makes room", () => {
  for (const rqi of ["1", "2", "3"]) keep(one, rqi, large);
  expect(taken(one)).toEqual(["1", "2", "3"]);
  for (const rqi of ["4", "5", "6"]) keep(one, rqi, large);
  clock.advance(10_000);
  for (const rqi of ["7", "8", "9"]) keep(two, rqi, large);
  expect(taken(one)).toEqual([]);
  expect(taken(two)).toEqual(["7", "8", "9"]);
});

test("of one registree the latest 64 are kept", () => {
  for (let n = 0; n < 70; n += 1) keep(one, String(n), small);
  expect(taken(one)).toEqual(Array.from({ length: 64 }, (_, index) => String(index + 6)));
});

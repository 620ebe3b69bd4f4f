import { expect, test } from "vitest";
import { HoldTurns } from "../../src/core/hold-turns.ts";
import { HoldProcess, NOTE } from "./hold-process.ts";
import { entity } from "./primitives.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("200 lines of 50 that come home at once are served alike", async () => {
  const process = new HoldProcess();
  const ids = Array.from({ length: 200 }, (_, n) => entity(`/id-in/C${n}`));
  for (const id of ids) {
    process.register(id);
    for (let n = 1; n <= 50; n += 1) void process.send(id, { ...NOTE, to: id, rqi: `n${n}` });
  }
  await process.quiet();
  const [first = entity("")] = ids;
  const link = process.connect(first);
  link.answers = true;
  for (const id of ids) process.connect(id, link);
  let others = 0;
  let before = 0;
  let most = 0;
  while (link.sent.length < 10_000) {
    await turn();
    others += 1;
    most = Math.max(most, link.sent.length - before);
    before = link.sent.length;
  }
  const got = new Map(ids.map((id) => [id, 0]));
  let ahead = 0;
  for (const { registree } of link.sent) {
    got.set(registree, (got.get(registree) ?? 0) + 1);
    const counts = [...got.values()];
    ahead = Math.max(ahead, Math.max(...counts) - Math.min(...counts));
  }
  // Nobody gets its third before everybody had its first.
  expect(ahead).toBeLessThanOrEqual(2);
  expect(most).toBeLessThanOrEqual(32);
  expect(others).toBeGreaterThanOrEqual(10_000 / 32);
  await process.quiet();
  expect(process.counts).toMatchObject({ accepted: 10_000, delivered: 10_000 });
});

test("whoever has more to do goes to the end", async () => {
  const left = new Map([
    ["a", 3],
    ["b", 1],
    ["c", 2],
  ]);
  const went: string[] = [];
  const turns = new HoldTurns<string>(
    (who) => {
      went.push(who);
      left.set(who, (left.get(who) ?? 0) - 1);
      return left.get(who) !== 0;
    },
    () => true,
  );
  for (const who of ["a", "b", "c", "a"]) turns.schedule(who);
  expect(went).toEqual([]);
  await turn();
  expect(went).toEqual(["a", "b", "c", "a", "c", "a"]);
});

test("nobody goes while there is no room, until it is told that there is", async () => {
  let room = 1;
  const went: number[] = [];
  const turns = new HoldTurns<number>(
    (who) => {
      room -= 1;
      went.push(who);
      return false;
    },
    () => room > 0,
  );
  for (const who of [1, 2, 3]) turns.schedule(who);
  await turn();
  await turn();
  expect(went).toEqual([1]);
  room = 2;
  turns.resume();
  await turn();
  expect(went).toEqual([1, 2, 3]);
});
